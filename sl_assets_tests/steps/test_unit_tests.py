"""Unit tests of a project: what they are given, that the real load and transform run, and what is told when rows differ."""

import pytest

from sl_assets.steps.unit_tests.cases import find_cases, select_cases
from sl_assets.steps.unit_tests.coverage import coverage
from sl_assets.steps.unit_tests.run import run_case, sandbox
from sl_assets_tests.shop import APPLICATION

LOAD, TRANSFORM = "config/tests/load/shop/goods/one", "config/tests/transform/kpi/total/one"


@pytest.fixture
def goods(shop):
    shop.table(
        "goods",
        "id: long!, price: double, label: string",
        "metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}\nprimaryKey: [id]",
    )
    shop.write(f"{LOAD}/_incoming.goods1.csv", "id,price,label\n1,1.5,a\n2,2,b\n")
    return shop


@pytest.fixture
def total(shop):
    shop.table("goods", "id: long!, price: double, label: string")
    shop.task("total", "SELECT label, sum(price) AS price, count(*) AS n FROM shop.goods GROUP BY ALL")
    shop.write(f"{TRANSFORM}/shop.goods.csv", "id,price,label\n1,1.5,a\n2,2,a\n3,7,\n")
    return shop


def run(shop):
    """The one test of a project."""
    project = shop.project()
    (case,) = find_cases(project)
    with sandbox(project) as box:
        return run_case(case, box)


def rows(report):
    (difference,) = report.differences
    return [(row.kind, row.expected, row.found) for row in difference.rows]


def test_a_load_is_compared_with_the_whole_table_whatever_the_order(goods):
    goods.write(f"{LOAD}/_expected.csv", "LABEL;id;price\nb;2;2.0\na;1;1.50\n")
    report = run(goods)
    assert (report.error, report.differences, report.counts.accepted) == ("", (), 2)


def test_what_is_there_before_is_met_by_the_write_strategy(goods):
    goods.write(f"{LOAD}/shop.goods.json", '{"id": 1, "price": 9}\n{"id": 7, "label": "x"}\n')
    goods.write(
        f"{LOAD}/_expected.json",
        '[{"id": 1, "price": 1.5, "label": "a"}, {"id": 2, "price": 2, "label": "b"}, {"id": 7, "label": "x"}]',
    )
    goods.write(f"{LOAD}/_expected.sql", "SELECT id, price, label FROM shop.goods")
    assert run(goods).passed


def test_several_files_are_loaded_in_the_order_of_their_names(goods):
    goods.write(f"{LOAD}/_incoming.goods2.csv", "id,price,label\n2,3,later\n")
    goods.write(f"{LOAD}/_expected.csv", "id,price,label\n1,1.5,a\n2,3,later\n")
    assert run(goods).passed


def test_rows_of_one_key_that_differ_are_told_cell_by_cell(goods):
    goods.write(f"{LOAD}/_expected.csv", "id,price,label\n1,1.6,a\n3,3,c\n")
    report = run(goods)
    assert rows(report) == [
        ("changed", ("1", "1.6", "a"), ("1", "1.5", "a")),
        ("unexpected", None, ("2", "2", "b")),
        ("missing", ("3", "3", "c"), None),
    ]
    assert report.differences[0].rows[0].changed == {1}


def test_rows_count_as_often_as_they_occur(shop):
    shop.table("goods", "id: long")
    shop.write(f"{LOAD}/_incoming.goods1.csv", "id\n1\n1\n")
    shop.write(f"{LOAD}/_expected.csv", "id\n1\n")
    assert rows(run(shop)) == [("unexpected", None, ("1",))]


def test_without_a_key_a_row_is_compared_with_the_one_that_resembles_it(total):
    total.write(f"{TRANSFORM}/_expected.csv", "label,price,n\na,3.5,3\nnull,8,2\n")
    assert rows(run(total)) == [
        ("unexpected", None, (None, "7", "1")),
        ("missing", (None, "8", "2"), None),
        ("changed", ("a", "3.5", "3"), ("a", "3.5", "2")),
    ]


def test_nothing_null_and_quoted_nothing_are_told_apart(total):
    total.write(f"{TRANSFORM}/_expected.csv", "label,price,n\na,3.5,2\nnull,7,1\n")
    assert run(total).passed
    total.write(f"{TRANSFORM}/_expected.csv", 'label,price,n\na,3.5,2\n"",7,1\n')
    assert rows(run(total)) == [("changed", ("", "7", "1"), (None, "7", "1"))]


def test_columns_that_are_missing_or_too_many_are_named(total):
    total.write(f"{TRANSFORM}/_expected.csv", "label,prize,n\na,1,2\nnull,1,1\n")
    (difference,) = run(total).differences
    assert (difference.missing_columns, difference.extra_columns, difference.rows) == (("prize",), ("price",), ())


def test_a_query_or_a_list_of_columns_says_what_is_compared(total):
    total.write(f"{TRANSFORM}/_expected_labels.csv", "label\na\nnull\n")
    total.write(f"{TRANSFORM}/_expected_labels.sql", "-- a list\nlabel")
    total.write(f"{TRANSFORM}/_expected_sum.csv", "all_of_it\n10.5\n")
    total.write(f"{TRANSFORM}/_expected_sum.sql", "SELECT sum(price) AS all_of_it FROM kpi.total;")
    assert run(total).passed
    total.write(f"{TRANSFORM}/_expected_sum.csv", "all_of_it\n10\n")
    (difference,) = run(total).differences
    assert (difference.file, difference.rows[0].found) == ("_expected_sum.csv", ("10.5",))


@pytest.mark.slow
def test_set_up_statements_run_before_and_name_variables_of_the_test(total):
    total.write(f"{TRANSFORM}/setup.sql", "INSERT INTO shop.goods (id, price, label) VALUES (4, {{ extra }}, 'a');")
    total.write("config/tests/env.sl.yml", "version: 1\nenv: {extra: 1}\n")
    total.write(f"{TRANSFORM}/env.sl.yml", "version: 1\nenv: {extra: 100}\n")
    total.write(f"{TRANSFORM}/_expected.csv", "label,price,n\na,103.5,3\nnull,7,1\n")
    assert run(total).error == ""
    assert run(total).passed


def test_tables_that_are_read_and_not_given_are_empty(total):
    (total.root / f"{TRANSFORM}/shop.goods.csv").unlink()
    total.write(f"{TRANSFORM}/_expected.csv", "label,price,n\n")
    assert run(total).passed


def test_nothing_of_the_project_is_touched(goods):
    goods.write(
        "config/load/shop/_config.sl.yml", f"version: 1\nload:\n  metadata: {{directory: {goods.root}/real, separator: ','}}\n"
    )
    goods.write("config/application.sl.yml", APPLICATION.replace("{{SL_DATASETS}}", str(goods.root / "real")))
    goods.write("real/goods9.csv", "id,price,label\n9,9,z\n")
    goods.write(f"{LOAD}/_expected.csv", "id,price,label\n1,1.5,a\n2,2,b\n")
    assert run(goods).passed
    assert sorted(path.name for path in (goods.root / "real").iterdir()) == ["goods9.csv"]
    assert not (goods.root / "datasets").exists()


@pytest.mark.slow
def test_a_partitioned_task_builds_the_partitions_of_the_expected_rows(shop):
    shop.table("goods", "id: long, day: date")
    shop.task(
        "daily",
        "SELECT day, count(*) AS n FROM shop.goods WHERE day >= '{{ sl_start_date }}' AND day < '{{ sl_end_date }}' GROUP BY day",
        "partitions: {grain: daily, start: 2026-01-01, column: day}",
    )
    folder = "config/tests/transform/kpi/daily/one"
    shop.write(f"{folder}/shop.goods.csv", "id,day\n1,2026-01-01\n2,2026-01-02\n3,2026-01-03\n4,2026-01-04\n")
    shop.write(f"{folder}/_expected.csv", "day,n\n2026-01-02,1\n2026-01-03,1\n")
    assert run(shop).passed
    shop.write(f"{folder}/env.sl.yml", "version: 1\nenv: {sl_start_date: 2026-01-03, sl_end_date: 2026-01-05}\n")
    assert rows(run(shop)) == [("changed", ("2026-01-02", "1"), ("2026-01-04", "1"))]
    shop.write(f"{folder}/_expected.csv", "n\n")
    (shop.root / folder / "env.sl.yml").unlink()
    assert "sl_start_date" in run(shop).error


def test_a_partitioned_load_builds_the_partitions_of_its_files(shop):
    shop.table(
        "goods",
        "id: long, day: date!",
        "partitions: {grain: daily, start: 2026-01-01, column: day, format: yyyyMMdd}",
        pattern=r"goods_(?<partition>\d{8}).csv",
    )
    shop.write(f"{LOAD}/_incoming.goods_20260102.csv", "id,day\n1,2026-01-02\n2,2026-01-03\n")
    shop.write(f"{LOAD}/_expected.csv", "id,day\n1,2026-01-02\n")
    report = run(shop)
    assert (report.passed, report.counts.rejected) == (True, 1)


NO_TABLE = 'shop.gods.csv: this project neither makes nor reads a table shop.gods. Did you mean "shop.goods"?'
NO_NUMBER = "shop.goods.csv: Conversion Error: Could not convert string 'one' to INT64"
NO_MATCH = "other.csv was not loaded: its name does not match the pattern goods.*."
MISTAKES = {
    "no such column": (
        "shop.goods.csv",
        "id,prize\n1,2\n",
        "shop.goods.csv: there is no column prize. Allowed: id, price, label.",
    ),
    "a column twice": ("shop.goods.json", '{"id": 1}\n{"ID": 2}', "shop.goods.json: ID and id are the same column."),
    "wrong type": ("shop.goods.csv", "id\none\n", NO_NUMBER),
    "no such table": ("shop.gods.csv", "id\n1\n", NO_TABLE),
    "unknown file": ("_expectd.parquet", "", "_expectd.parquet is none of the files of a test."),
    "query without rows": ("_expected_x.sql", "id", "_expected_x.sql has no _expected_x.csv or _expected_x.json beside it."),
    "other file name": ("_incoming.other.csv", "id,price,label\n", NO_MATCH),
    "broken JSON": ("_expected.json", "{", "_expected.json: "),
    "no header": ("_expected_y.csv", "\n", "_expected_y.csv: the first line has to name the columns."),
}


@pytest.mark.parametrize(("name", "text", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_test_that_cannot_be_run_says_why(goods, name, text, told):
    goods.write(f"{LOAD}/_expected_id.csv", "id\n1\n2\n")
    goods.write(f"{LOAD}/_expected_id.sql", "id")
    goods.write(f"{LOAD}/{name}", text)
    report = run(goods)
    assert report.error.startswith(told)


def test_what_the_load_or_the_transform_says_is_told(total):
    total.task("total", "SELECT label, price / (SELECT 'x') AS p FROM shop.goods")
    total.write(f"{TRANSFORM}/_expected.csv", "label\na\n")
    assert "config/transform/kpi/total.sql" in run(total).error


def test_a_folder_of_nobody_and_an_empty_one_are_told(shop):
    shop.table("goods", "id: long")
    shop.write("config/tests/load/shop/gods/one/_incoming.goods.csv", "id\n1\n")
    assert run(shop).error == (
        'there is no loaded table shop.gods. Did you mean "shop.goods"?\n'
        "nothing is expected: write _expected.csv or _expected.json."
    )


def test_tests_are_selected_by_domain_table_or_name_and_counted_for_coverage(total):
    total.write("config/tests/load/shop/goods/first/_incoming.goods.csv", "id,price,label\n1,1,a\n")
    total.write("config/tests/load/shop/goods/first/_expected.csv", "id,price,label\n1,1,a\n")
    total.write("config/tests/load/shop/goods/broken/_expected.csv", "id\n")
    total.table("other", "id: long")
    project = total.project()
    cases = find_cases(project)
    assert [str(case) for case in cases] == ["load shop.goods broken", "load shop.goods first", "transform kpi.total one"]
    for pattern, names in {"shop": 2, "SHOP.goods": 2, "*.first": 1, "kpi.*": 1, "shop.goods.fi*": 1, "nobody": 0}.items():
        assert len(select_cases(cases, [pattern])) == names
    assert len(select_cases(cases, ["kpi", "*.first"])) == 2
    found = coverage(project, cases)
    assert ([str(key) for key in found.tables.tested], [str(key) for key in found.tables.untested]) == (
        ["shop.goods"],
        ["shop.other"],
    )
    assert found.tasks.tested == ()  # its one test expects nothing, so it counts for nothing


def test_a_transform_reads_the_files_of_the_test_and_writes_a_table_instead_of_files(shop):
    shop.task(
        "total",
        "SELECT sum(n) AS n FROM {sources.counts}",
        "sources:\n  - {name: counts, path: datasets/counts/*.csv}\nsink: {format: CSV, path: out/total.csv}\nsteps:\n"
        "  - sql: SELECT sum(n) AS n FROM {sources.counts}",
    )
    (shop.root / "config/transform/kpi/total.sql").unlink()
    shop.write(f"{TRANSFORM}/_datasets/counts/one.csv", "n\n1\n")
    shop.write(f"{TRANSFORM}/_datasets/counts/two.csv", "n\n2\n")
    shop.write(f"{TRANSFORM}/_expected.csv", "n\n3\n")
    report = run(shop)
    assert (report.error, report.passed) == ("", True)
    assert not (shop.root / "datasets").exists()
