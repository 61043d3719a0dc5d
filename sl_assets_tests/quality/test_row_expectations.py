"""Row expectations: every row that comes in lands in the table, in quarantine or nowhere, exactly once, and is counted there."""

import re

import pytest

from sl_assets.steps.held import RuleBrokenError
from sl_assets.steps.replay import replay
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import StatementError

GRID = "partitions: {grain: daily, start: 2024-01-01, column: day, file: 'goods_(?<partition>\\d{8})\\.csv', format: yyyyMMdd}"
PRICES = "id,price\n1,5\n2,\n3,-1\n4,2000\n5,7\n"
TWO = """
expectations:
  - {name: has_price, row: price IS NOT NULL, action: quarantine}
  - {name: positive, row: price > 0, action: quarantine}
  - {name: cheap, row: price < 1000, action: drop}
"""
QUARANTINE = "SELECT id, list_sort(sl_rules) FROM shop.goods_quarantine ORDER BY id"
AUDIT = "SELECT COUNT, COUNTACCEPTED, COUNTREJECTED, COUNTQUARANTINED, COUNTDROPPED FROM audit.audit ORDER BY TIMESTAMP"
LEDGER = "SELECT COUNT, COUNTACCEPTED, COUNTREJECTED, COUNTQUARANTINED, COUNTDROPPED FROM audit.files ORDER BY NAME"


def ids(shop, table="shop.goods"):
    return [row[0] for row in shop.rows(f"SELECT id FROM {table} ORDER BY id")]


def one(rule):
    return f"expectations:\n  - {{{rule}}}"


@pytest.mark.slow
def test_each_row_goes_to_one_place_and_quarantined_ones_say_why(shop, run):
    shop.table("goods", "id: long!, price: double", TWO)
    shop.land("goods1.csv", PRICES + "x,1\n")
    report = run("shop.goods")
    assert report.counts == Counts(6, 2, 1, 2, 1)
    assert ids(shop) == [1, 5]
    assert shop.rows(QUARANTINE) == [(2, ["cheap", "has_price", "positive"]), (3, ["positive"])]
    assert shop.rows(AUDIT) == shop.rows(LEDGER) == [(6, 2, 1, 2, 1)]
    told = shop.rows("SELECT sl_file, length(sl_hash), sl_partition, sl_job, sl_quarantined_at FROM shop.goods_quarantine")
    (job,) = shop.rows("SELECT JOBID FROM audit.audit")[0]
    assert {row[:4] for row in told} == {("goods1.csv", 64, None, job)}
    assert all(row[4] for row in told)


def test_each_rule_has_its_row_in_the_audit_and_its_report(shop, run):
    shop.table("goods", "id: long!, price: double", TWO)
    shop.land("goods1.csv", PRICES)
    report = run("shop.goods")
    assert [(each.name, each.count, each.rows, each.passed, each.blocking) for each in report.expectations] == [
        ("has_price", 1, 5, False, False),
        ("positive", 2, 5, False, False),
        ("cheap", 2, 5, False, False),
    ]
    assert shop.rows("SELECT NAME, PARAMS, COUNT, SUCCESS FROM audit.expectations ORDER BY NAME") == [
        ("cheap", "price < 1000", 2, False),
        ("has_price", "price IS NOT NULL", 1, False),
        ("positive", "price > 0", 2, False),
    ]
    assert report.expectations[1].message == "2 of 5 rows break it; put into quarantine"
    assert report.expectations[1].sample.rows == (("2", None), ("3", "-1.0"))


def test_a_rule_that_warns_changes_no_row(shop, run):
    shop.table("goods", "id: long!, price: double", one("name: positive, row: price > 0"))
    shop.land("goods1.csv", PRICES)
    report = run("shop.goods")
    assert report.counts == Counts(5, 5, 0)
    assert [(each.count, each.passed) for each in report.expectations] == [(2, False)]
    assert shop.rows("SELECT count(*) FROM information_schema.tables WHERE table_name = 'goods_quarantine'") == [(0,)]


def test_a_rule_that_fails_lets_nothing_be_written(shop, run):
    shop.table("goods", "id: long!, price: double", one("name: positive, row: price > 0, action: fail"))
    shop.land("goods1.csv", PRICES)
    shop.land("goods2.csv", "id,price\n6,1\n")
    report = run("shop.goods")
    assert [file.status for file in report.files] == ["failed", "loaded"]
    assert report.failures == (
        "goods1.csv: expectation positive: 2 of 5 rows break it, and its action is fail; nothing was written.",
    )
    assert ids(shop) == [6]
    assert shop.rows("SELECT COUNT, SUCCESS FROM audit.expectations ORDER BY COUNT") == [(0, True), (2, False)]
    assert [(each.name, each.passed, each.blocking, each.count) for each in report.expectations] == [("positive", False, True, 2)]
    assert shop.rows("SELECT SUCCESS, COUNT, COUNTACCEPTED, COUNTQUARANTINED FROM audit.audit WHERE NOT SUCCESS") == [
        (False, 5, 0, 0)
    ]


@pytest.mark.parametrize(
    ("rule", "left", "passed"),
    [
        ("tolerance: {count: 2}, action: quarantine", [1, 2, 3, 4, 5], True),
        ("tolerance: {count: 1}, action: quarantine", [1, 4, 5], False),
        ("tolerance: {rate: 0.4}, action: drop", [1, 2, 3, 4, 5], True),
        ("tolerance: {rate: 0.39}, action: drop", [1, 4, 5], False),
        ("tolerance: {count: 2}, action: fail", [1, 2, 3, 4, 5], True),
        ("tolerance: {rate: 0.4}, action: warn", [1, 2, 3, 4, 5], True),
        ("tolerance: {rate: 0.3}, action: warn", [1, 2, 3, 4, 5], False),
        ("nulls: pass, action: drop", [1, 2, 4, 5], False),
    ],
)
def test_what_is_tolerated_holds_and_removes_nothing(shop, run, rule, left, passed):
    shop.table("goods", "id: long!, price: double", one(f"name: positive, row: price > 0, {rule}"))
    shop.land("goods1.csv", PRICES)
    report = run("shop.goods")
    assert ids(shop) == left
    assert report.expectations[0].passed is passed
    assert shop.rows("SELECT SUCCESS FROM audit.expectations") == [(passed,)]


@pytest.mark.parametrize(
    ("rule", "loaded"),
    [
        ("aggregate: count(*) > 2", False),
        ("aggregate: count(*) > 2, empty: pass", True),
        ("aggregate: sum(price) >= 0", False),
        ("aggregate: 'sum(price) >= 0', nulls: pass", True),
        ("aggregate: count(*) = 0", True),
        ("aggregate: 'count(*) = 0', empty: fail", False),
        ("row: price > 0", True),
        ("row: price > 0, empty: fail", False),
    ],
)
def test_a_file_without_rows_is_judged_by_a_stated_policy(shop, run, rule, loaded):
    shop.table("goods", "id: long!, price: double", one(f"name: some, action: fail, {rule}"))
    shop.land("goods1.csv", "id,price\n")
    assert [file.status for file in run("shop.goods").files] == ["loaded" if loaded else "failed"]


def test_aggregates_see_the_valid_rows_and_each_file_by_itself(shop, run):
    shop.table("goods", "id: long!, price: double", one("name: few, aggregate: count(*) <= 2, action: fail"))
    shop.land("goods1.csv", "id,price\n1,1\n2,2\nx,3\n")
    shop.land("goods2.csv", "id,price\n3,1\n4,2\n")
    shop.land("goods3.csv", "id,price\n5,1\n6,2\n7,2\n")
    report = run("shop.goods")
    assert [file.status for file in report.files] == ["loaded", "loaded", "failed"]
    assert "count(*) <= 2 is not true of 3 rows" in report.failures[0]


def test_rows_that_the_filter_leaves_out_are_not_asked(shop, run):
    rules = "filter: price IS NOT NULL\n" + one("name: positive, row: price > 0, action: quarantine")
    shop.table("goods", "id: long!, price: double", rules)
    shop.land("goods1.csv", PRICES)
    report = run("shop.goods")
    assert (report.counts, ids(shop)) == (Counts(5, 4, 0, 1), [1, 4, 5])
    assert report.expectations[0].rows == 4


def test_each_row_is_asked_each_rule_once(shop, run):
    """A rule that gave another answer when asked twice would put a row in two places or in none."""
    rule = "name: even, row: nextval('shop.turns') % 2 = 0, action: quarantine"
    shop.table("goods", "id: long!", "presql: [SELECT 1]\n" + one(rule))
    with Warehouse.of(shop.project().settings).writer("a test", print) as connection:
        connection.execute("CREATE SCHEMA shop; CREATE SEQUENCE shop.turns")
    shop.land("goods1.csv", "id\n" + "".join(f"{number}\n" for number in range(5000)))
    report = run("shop.goods")
    assert report.counts == Counts(5000, 2500, 0, 2500)
    (asked,) = shop.rows("SELECT last_value FROM duckdb_sequences() WHERE sequence_name = 'turns'")[0]
    assert asked in (5000, 5001)  # DuckDB keeps the value given last, or the next one
    assert shop.rows("SELECT count(*) FROM (FROM shop.goods UNION FROM (SELECT id FROM shop.goods_quarantine))") == [(5000,)]


@pytest.mark.parametrize("strategy", ["UPSERT_BY_KEY", "DELETE_THEN_INSERT"])
def test_a_corrected_row_of_the_same_key_takes_the_place_of_the_quarantined_one(shop, run, strategy):
    extra = f"metadata: {{writeStrategy: {{type: {strategy}, key: [id]}}}}\n"
    shop.table("goods", "id: long!, price: double", extra + one("name: positive, row: price > 0, action: quarantine"))
    shop.land("goods1.csv", "id,price\n1,1\n2,-2\n3,-3\n", at=1)
    shop.land("goods2.csv", "id,price\n2,2\n4,-4\n", at=2)
    run("shop.goods")
    assert ids(shop) == [1, 2]
    assert ids(shop, "shop.goods_quarantine") == [3, 4]


@pytest.mark.slow
def test_overwrite_replaces_the_quarantine_too_also_when_the_rules_are_gone(shop, run):
    extra = "metadata: {writeStrategy: {type: OVERWRITE}}\n"
    shop.table("goods", "id: long!, price: double", extra + one("name: positive, row: price > 0, action: quarantine"))
    shop.land("goods1.csv", "id,price\n1,1\n2,-2\n")
    run("shop.goods")
    shop.land("goods2.csv", "id,price\n3,1\n4,-2\n")
    run("shop.goods")
    assert (ids(shop), ids(shop, "shop.goods_quarantine")) == ([3], [4])
    shop.table("goods", "id: long!, price: double", extra)
    shop.land("goods3.csv", "id,price\n5,-1\n")
    run("shop.goods")
    assert (ids(shop), ids(shop, "shop.goods_quarantine")) == ([5], [])


@pytest.mark.slow
def test_a_partition_that_is_overwritten_takes_its_quarantine_along(shop, run):
    extra = "metadata: {writeStrategy: {type: OVERWRITE_BY_PARTITION}, sink: {partition: [day]}}\n"
    shop.table("goods", "id: long!, day: date", extra + one("name: small, row: id < 10, action: quarantine"))
    shop.land("goods1.csv", "id,day\n1,2024-01-01\n11,2024-01-01\n12,2024-01-02\n2,2024-01-02\n")
    run("shop.goods")
    shop.land("goods2.csv", "id,day\n3,2024-01-01\n13,2024-01-01\n")
    run("shop.goods")
    assert (ids(shop), ids(shop, "shop.goods_quarantine")) == ([2, 3], [12, 13])


@pytest.mark.slow
def test_appended_files_keep_theirs_side_by_side(shop, run):
    shop.table("goods", "id: long!, price: double", one("name: positive, row: price > 0, action: quarantine"))
    for number in (1, 2):
        shop.land(f"goods{number}.csv", PRICES)
        run("shop.goods")
    run("shop.goods")
    assert shop.rows("SELECT sl_file, count(*) FROM shop.goods_quarantine GROUP BY ALL ORDER BY ALL") == [
        ("goods1.csv", 2),
        ("goods2.csv", 2),
    ]


@pytest.mark.slow
def test_a_reload_judges_everything_by_the_rules_of_today(shop, run):
    shop.table("goods", "id: long!, price: double", one("name: positive, row: price > 0, action: quarantine"))
    for number in (1, 2):
        shop.land(f"goods{number}.csv", PRICES)
    run("shop.goods")
    shop.table("goods", "id: long!, price: double", one("name: cheap, row: price < 1000, nulls: pass, action: quarantine"))
    report = run("shop.goods", reload=True)
    assert report.counts == Counts(10, 8, 0, 2)
    assert shop.rows("SELECT id, sl_rules FROM shop.goods_quarantine") == [(4, ["cheap"]), (4, ["cheap"])]
    shop.table("goods", "id: long!, price: double")
    assert run("shop.goods", reload=True).counts == Counts(10, 10, 0)
    assert shop.rows("SELECT count(*) FROM information_schema.tables WHERE table_name = 'goods_quarantine'") == [(0,)]


@pytest.mark.slow
def test_a_reload_that_a_rule_stops_leaves_everything_as_it_was(shop, run):
    shop.table("goods", "id: long!, price: double", one("name: positive, row: price > 0, action: quarantine"))
    shop.land("goods1.csv", PRICES)
    run("shop.goods")
    shop.table("goods", "id: long!, price: double", one("name: positive, row: price > 0, action: fail"))
    report = run("shop.goods", reload=True)
    assert "expectation positive: 2 of 5 rows break it" in report.failures[0]
    assert (ids(shop), ids(shop, "shop.goods_quarantine")) == ([1, 4, 5], [2, 3])
    assert [each.passed for each in report.expectations] == [False]


@pytest.mark.slow
def test_rebuilding_a_partition_replaces_its_quarantine_and_no_other(shop, run):
    shop.table("goods", "id: long!, day: date", GRID + "\n" + one("name: small, row: id < 10, action: quarantine"))
    shop.land("goods_20240101.csv", "id,day\n1,2024-01-01\n11,2024-01-01\n")
    shop.land("goods_20240102.csv", "id,day\n2,2024-01-02\n12,2024-01-02\n")
    report = run("shop.goods", "2024-01-01", "2024-01-02", "2024-01-03")
    assert [each.counts for each in report.partitions] == [Counts(2, 1, 0, 1), Counts(2, 1, 0, 1), Counts()]
    run("shop.goods", "2024-01-02")
    assert ids(shop, "shop.goods_quarantine") == [11, 12]
    assert shop.rows("SELECT DISTINCT sl_partition FROM shop.goods_quarantine ORDER BY 1") == [("2024-01-01",), ("2024-01-02",)]
    shop.table("goods", "id: long!, day: date", GRID)
    run("shop.goods", "2024-01-02")
    assert (ids(shop), ids(shop, "shop.goods_quarantine")) == ([1, 2, 12], [11])


def test_a_partition_that_a_rule_stops_is_left_as_it_was_and_the_others_are_built(shop, run):
    shop.table("goods", "id: long!, day: date", GRID + "\n" + one("name: small, row: id < 10, action: fail"))
    shop.land("goods_20240101.csv", "id,day\n1,2024-01-01\n11,2024-01-01\n")
    shop.land("goods_20240102.csv", "id,day\n2,2024-01-02\n")
    report = run("shop.goods", "2024-01-01", "2024-01-02")
    assert [bool(each.failure) for each in report.partitions] == [True, False]
    assert ids(shop) == [2]
    assert [(each.count, each.rows, each.passed) for each in report.expectations] == [(1, 3, False)]
    assert shop.rows("SELECT SUCCESS, COUNT FROM audit.expectations ORDER BY TIMESTAMP") == [(False, 1), (True, 0)]


def test_what_is_tolerated_is_counted_in_each_partition(shop, run):
    rule = one("name: small, row: id < 10, action: quarantine, tolerance: {rate: 0.5}")
    shop.table("goods", "id: long!, day: date", GRID + "\n" + rule)
    shop.land("goods_20240101.csv", "id,day\n1,2024-01-01\n11,2024-01-01\n")
    shop.land("goods_20240102.csv", "id,day\n2,2024-01-02\n12,2024-01-02\n13,2024-01-02\n")
    run("shop.goods", "2024-01-01", "2024-01-02")
    assert (ids(shop), ids(shop, "shop.goods_quarantine")) == ([1, 2, 11], [12, 13])


def test_a_partition_without_files_is_judged_too(shop, run):
    shop.table("goods", "id: long!, day: date", GRID + "\n" + one("name: some, aggregate: count(*) > 0, action: fail"))
    shop.land("goods_20240101.csv", "id,day\n1,2024-01-01\n")
    report = run("shop.goods", "2024-01-01", "2024-01-02")
    assert [each.failure for each in report.partitions] == [
        "",
        "expectation some: count(*) > 0 is not true of 0 rows, and its action is fail; nothing was written.",
    ]
    report = run("shop.goods", "2024-01-03")
    assert report.partitions[0].failure
    assert shop.rows("SELECT SUCCESS, count(*) FROM audit.expectations GROUP BY ALL ORDER BY ALL") == [(False, 2), (True, 1)]


@pytest.mark.slow
def test_a_replayed_record_is_judged_as_well(shop, run):
    rules = one("name: small, row: id < 3, action: quarantine")
    shop.table("goods", "id: long!, price: double!", rules)
    shop.land("goods1.csv", "id,price\n1,1\n2,\n3,\n4,-1\nx,1\n")
    run("shop.goods")
    shop.table("goods", "id: long!, price: double", rules)
    project = shop.project()
    report = replay(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("r9"))
    assert [(file.status, file.counts) for file in report.files] == [("replayed", Counts(3, 1, 1, 1))]
    assert (ids(shop), ids(shop, "shop.goods_quarantine")) == ([1, 2], [3, 4])
    assert shop.rows(LEDGER) == [(5, 2, 1, 2, 0)]
    assert shop.rows(AUDIT) == [(5, 1, 3, 1, 0), (3, 1, 1, 1, 0)]


TASK = "select * from (values (1, 5.0), (2, null), (3, -1.0), (4, 2000.0), (5, 7.0)) as prices(id, price)"


@pytest.mark.slow
def test_the_rows_of_a_task_are_judged_before_they_are_written(shop, run):
    shop.task("sales", TASK, "writeStrategy: {type: OVERWRITE}\n" + TWO)
    report = run("kpi.sales")
    assert (report.written, report.rows, report.counts) == (2, 2, Counts(5, 2, 0, 2, 1))
    assert ids(shop, "kpi.sales") == [1, 5]
    assert shop.rows("SELECT id, len(sl_rules), sl_file, sl_job FROM kpi.sales_quarantine ORDER BY id") == [
        (2, 3, None, "kpi.sales-r1"),
        (3, 1, None, "kpi.sales-r1"),
    ]
    assert shop.rows(AUDIT) == [(5, 2, 0, 2, 1)]
    assert [(each.name, each.count) for each in report.expectations] == [("has_price", 1), ("positive", 2), ("cheap", 2)]
    run("kpi.sales")
    assert ids(shop, "kpi.sales_quarantine") == [2, 3]
    shop.task("sales", TASK, "writeStrategy: {type: OVERWRITE}")
    run("kpi.sales")
    assert (ids(shop, "kpi.sales"), ids(shop, "kpi.sales_quarantine")) == ([1, 2, 3, 4, 5], [])


def test_a_task_that_a_rule_stops_writes_nothing_and_says_so(shop, run):
    shop.task("sales", TASK, "writeStrategy: {type: OVERWRITE}\n" + one("name: few, aggregate: count(*) < 3, action: fail"))
    with pytest.raises(RuleBrokenError, match=r"kpi.sales: expectation few: count\(\*\) < 3 is not true of 5 rows"):
        run("kpi.sales")
    assert shop.rows("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'kpi'") == [(0,)]
    assert shop.rows("SELECT SUCCESS FROM audit.audit") == [(False,)]
    assert shop.rows("SELECT NAME, SUCCESS FROM audit.expectations") == [("few", False)]


SALES = """
select * from (values (1, date '2026-01-01'), (11, date '2026-01-01'), (2, date '2026-01-02'), (12, date '2026-01-02'),
    (13, date '2026-01-02')) as sales(id, day) where day >= '{{ sl_start_date }}' and day < '{{ sl_end_date }}'
"""
DAILY = "partitions: {grain: daily, start: 2026-01-01, column: day}\n"


@pytest.mark.slow
def test_partitions_of_a_task_replace_their_quarantine(shop, run):
    shop.task("sales", SALES, DAILY + one("name: small, row: id < 10, action: quarantine"))
    report = run("kpi.sales", "2026-01-01", "2026-01-02")
    assert [each.counts for each in report.partitions] == [Counts(2, 1, 0, 1), Counts(3, 1, 0, 2)]
    assert report.counts == Counts(5, 2, 0, 3)
    run("kpi.sales", "2026-01-02")
    assert ids(shop, "kpi.sales_quarantine") == [11, 12, 13]
    assert ids(shop, "kpi.sales") == [1, 2]


def test_a_partition_of_a_task_that_a_rule_stops_does_not_stop_the_others(shop, run):
    shop.task("sales", SALES, DAILY + one("name: small, row: id < 10, action: fail, tolerance: {count: 1}"))
    report = run("kpi.sales", "2026-01-01", "2026-01-02")
    assert [bool(each.failure) for each in report.partitions] == [False, True]
    assert ids(shop, "kpi.sales") == [1, 11]
    assert [(each.count, each.rows, each.passed) for each in report.expectations] == [(3, 5, False)]


@pytest.mark.parametrize(
    ("sql", "rules", "told"),
    [
        (
            "SELECT 'x' AS a\n     , nope",
            "{name: good, row: a > ''}",
            r"(?s)sales\.sql:2:1, as it was sent:.*\n> 2 \|      , nope",
        ),
        (
            "SELECT 'x' AS a,\n1 AS b -- one",
            "{name: good, row: b = 1}, {name: whole, row: a::INT > 0, action: drop}",
            r"(?s)sales\.sl\.yml:\d+:\d\d  expectation whole: .*'x' to INT32.*\n\nNothing was written\.$",
        ),
        (
            "SELECT 'x' AS a",
            "{name: enough, aggregate: sum(a::INT) > 0}",
            r"(?s)sales\.sl\.yml:\d+:\d\d  expectation enough: .*'x' to INT32.*\n\nNothing was written\.$",
        ),
    ],
)
def test_sql_that_fails_is_told_with_its_place_be_it_the_query_or_the_rule(shop, run, sql, rules, told):
    shop.task("sales", sql, f"writeStrategy: {{type: OVERWRITE}}\nexpectations: [{rules}]")
    if "nope" in sql:
        shop.write("config/external/erp/rates.sl.yml", "version: 1\ntable: {name: rates}\n")
        shop.task("sales", f"{sql} FROM erp.rates", f"writeStrategy: {{type: OVERWRITE}}\nexpectations: [{rules}]")
        warehouse = Warehouse.of(shop.project().settings)
        with warehouse.writer("test", print) as connection:
            connection.execute("CREATE SCHEMA erp; CREATE TABLE erp.rates AS SELECT 1 AS x")
    with pytest.raises((StatementError, TransformError)) as caught:
        run("kpi.sales")
    assert re.search(told, str(caught.value)), str(caught.value)
