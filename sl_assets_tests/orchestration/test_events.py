"""A materialization event means the data is there, and nothing else does."""

import pytest

PRELOAD = """
version: 1
dag:
  options: {pre_load_strategy: imported}
"""
GOODS = "id,label\n1,one\n2,two\n"
DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, label: string")
    shop.task("labels", "select label, count(*) as n from shop.goods group by label")
    return shop


@pytest.fixture
def gated(goods):
    goods.write("config/dags/load.sl.yml", PRELOAD)
    application = goods.root / "config/application.sl.yml"
    application.write_text(application.read_text() + "  dagRef: {load: load}\n")
    return goods


@pytest.fixture
def sales(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    for day in ("01", "02", "03"):
        shop.land(f"sales_202601{day}.json", f'{{"id": {day[1]}, "sold_at": "2026-01-{day} 12:00:00"}}\n')
    return shop


@pytest.mark.slow
def test_a_load_is_a_materialization_with_its_numbers(goods, dagster):
    goods.land("goods1.csv", GOODS + "x,three\n")
    result = dagster.run("shop/import", "shop/goods", "kpi/labels")
    assert result.success
    assert dagster.materialized(result) == {"shop/import", "shop/goods", "kpi/labels"}
    told = dagster.metadata("shop/goods")
    assert {key: told[key] for key in ("dagster/row_count", "files", "rows_read", "rows_accepted", "rows_rejected")} == {
        "dagster/row_count": 2,
        "files": 1,
        "rows_read": 3,
        "rows_accepted": 2,
        "rows_rejected": 1,
    }


@pytest.mark.slow
def test_a_load_with_nothing_new_is_an_observation_and_its_downstream_runs(goods, dagster):
    goods.land("goods1.csv", GOODS)
    dagster.run("shop/import", "shop/goods")
    result = dagster.run("shop/goods", "kpi/labels")
    assert result.success
    assert dagster.observed(result) == {"shop/goods"}
    assert dagster.materialized(result) == {"kpi/labels"}
    assert dagster.skipped(result) == set()


@pytest.mark.slow
def test_materializing_a_table_alone_sees_the_file_that_just_landed(goods, dagster):
    goods.land("goods1.csv", GOODS)
    assert dagster.materialized(dagster.run("shop/goods")) == {"shop/goods"}


@pytest.mark.slow
def test_a_domain_that_is_not_ready_is_skipped_with_what_hangs_on_it_and_the_run_succeeds(gated, dagster):
    result = dagster.run("shop/preload", "shop/import", "shop/goods", "kpi/labels")
    assert result.success
    assert dagster.materialized(result) == set()
    assert dagster.skipped(result) == {"shop__import", "shop__goods", "kpi__labels"}


@pytest.mark.slow
def test_a_ready_domain_goes_through(gated, dagster):
    gated.land("goods1.csv", GOODS)
    result = dagster.run("shop/preload", "shop/import", "shop/goods")
    assert dagster.materialized(result) == {"shop/preload", "shop/import", "shop/goods"}
    assert dagster.metadata("shop/preload")["files"] == 1


@pytest.mark.slow
def test_a_failed_load_has_no_event_and_says_why(shop, dagster):
    shop.table("goods", "id: long!", "metadata: {format: JSON}")
    shop.task("twice", "select id * 2 as id from shop.goods")
    shop.land("goods1.json", "nonsense")
    result = dagster.run("shop/goods", "kpi/twice")
    assert not result.success
    assert dagster.materialized(result) == set()
    assert "goods1.json" in dagster.failed(result)["shop__goods"]


@pytest.mark.slow
def test_one_good_and_one_broken_file_leave_an_event_for_the_good_one_and_a_failure(shop, dagster):
    shop.table("goods", "id: long!", "metadata: {format: JSON}")
    shop.land("goods1.json", '{"id": 1}')
    shop.land("goods2.json", "nonsense")
    result = dagster.run("shop/goods")
    assert not result.success
    assert dagster.materialized(result) == {"shop/goods"}


@pytest.mark.slow
def test_a_range_marks_each_partition_by_itself(sales, dagster):
    result = dagster.run("shop/sales", partitions=("2026-01-01", "2026-01-04"))
    assert result.success
    assert dagster.materialized(result) == {f"shop/sales@2026-01-0{day}" for day in (1, 2, 3, 4)}
    assert dagster.metadata("shop/sales", "2026-01-02")["dagster/partition_row_count"] == 1
    assert dagster.metadata("shop/sales", "2026-01-04")["dagster/partition_row_count"] == 0


@pytest.mark.slow
def test_a_bad_partition_fails_and_the_good_ones_are_materialized(sales, dagster):
    sales.land("sales_20260102.json", "nonsense")
    result = dagster.run("shop/sales", partitions=("2026-01-01", "2026-01-03"))
    assert not result.success
    assert dagster.materialized(result) == {"shop/sales@2026-01-01", "shop/sales@2026-01-03"}
    assert "partition 2026-01-02" in dagster.failed(result)["shop__sales"]


@pytest.mark.slow
def test_a_partitioned_load_lets_its_downstream_run_in_the_same_run(sales, dagster):
    extra = "partitions: {grain: daily, start: 2026-01-01, column: day}"
    sql = """select cast(sold_at as date) as day, count(*) as n from shop.sales
             where sold_at >= '{{ sl_start_date }}' and sold_at < '{{ sl_end_date }}' group by 1"""
    sales.task("per_day", sql, extra)
    result = dagster.run("shop/sales", "kpi/per_day", partition="2026-01-02")
    assert dagster.materialized(result) == {"shop/sales@2026-01-02", "kpi/per_day@2026-01-02"}
    assert sales.rows("SELECT day::VARCHAR, n FROM kpi.per_day") == [("2026-01-02", 1)]


@pytest.mark.slow
def test_a_partitioned_asset_without_a_key_is_an_error(sales, dagster):
    result = dagster.run("shop/sales")
    assert "the run names no partition" in dagster.failed(result)["shop__sales"]


@pytest.mark.slow
def test_a_failing_expectation_that_blocks_stops_its_downstream(goods, dagster):
    goods.write(
        "config/expectations/default.j2",
        "{% macro none_of(label) %}select count(*) from sl_this where label = '{{ label }}'{% endmacro %}",
    )
    goods.table("goods", "id: long!, label: string", "expectations: [{expect: \"none_of('two')\", failOnError: true}]")
    goods.land("goods1.csv", GOODS)
    result = dagster.run("shop/goods", "kpi/labels")
    assert not result.success
    assert dagster.materialized(result) == {"shop/goods"}
    assert goods.rows("SELECT NAME, PARAMS, COUNT, SUCCESS FROM audit.expectations") == [("none_of", "'two'", 1, False)]


@pytest.mark.slow
def test_a_failing_expectation_that_does_not_block_is_a_warning(goods, dagster):
    goods.write(
        "config/expectations/default.j2",
        "{% macro none_of(label) %}select count(*) from sl_this where label = '{{ label }}'{% endmacro %}",
    )
    goods.table("goods", "id: long!, label: string", "expectations: [{expect: \"none_of('two')\", failOnError: false}]")
    goods.land("goods1.csv", GOODS)
    result = dagster.run("shop/goods", "kpi/labels")
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity.value, check.metadata["count"].value) == (False, "WARN", 1)


@pytest.mark.slow
def test_what_was_loaded_beside_a_broken_file_is_checked_too(shop, dagster):
    shop.write("config/expectations/default.j2", "{% macro one_row() %}select count(*) - 1 from sl_this{% endmacro %}")
    shop.table("goods", "id: long!", 'metadata: {format: JSON}\nexpectations: [{expect: "one_row()", failOnError: false}]')
    shop.land("goods1.json", '{"id": 1}')
    shop.land("goods2.json", "nonsense")
    result = dagster.run("shop/goods")
    assert not result.success
    assert shop.rows("SELECT NAME, SUCCESS FROM audit.expectations") == [("one_row", True)]


@pytest.mark.slow
def test_a_failing_transform_shows_the_databases_words_and_the_sql(goods, dagster):
    goods.task("labels", "select label, 1 / 0 as n, error('no such thing') as e from shop.goods")
    goods.land("goods1.csv", GOODS)
    result = dagster.run("shop/goods", "kpi/labels")
    reason = dagster.failed(result)["kpi__labels"]
    assert "no such thing" in reason
    assert "labels.sql" in reason
    assert goods.rows("SELECT SUCCESS FROM audit.audit WHERE STEP = 'TRANSFORM'") == [(False,)]
