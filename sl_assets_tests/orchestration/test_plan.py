import dagster as dg
import pytest

from sl_assets.orchestration.launch import launch_all
from sl_assets.orchestration.plan import ranges
from sl_assets.project.records import TableKey
from sl_assets_tests.orchestration.dagster_project import Silent

GOODS = "id,label\n1,one\n2,two\n"
DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})_\d\.json', format: yyyyMMdd}
"""
PER_DAY = """select cast(sold_at as date) as day, count(*) as n from shop.sales
             where sold_at >= '{{ sl_start_date }}' and sold_at < '{{ sl_end_date }}' group by 1"""


def launch(shop, dagster, selection=None):
    outcomes = launch_all(shop.project(), dagster.defs, dagster.instance, selection, Silent())
    return {outcome.name: outcome.state for outcome in outcomes.all}


def build(shop):
    shop.table("goods", "id: long!, label: string")
    shop.task("labels", "select label, count(*) as n from shop.goods group by label")
    shop.task("top", "select * from kpi.labels order by n desc limit 1")


@pytest.mark.slow
def test_the_first_run_builds_all_and_the_second_nothing(shop, dagster):
    build(shop)
    shop.land("goods1.csv", GOODS)
    assert launch(shop, dagster) == {"shop/import": "done", "shop/goods": "done", "kpi/labels": "done", "kpi/top": "done"}
    assert launch(shop, dagster) == {"shop/import": "unchanged", "shop/goods": "unchanged"}


@pytest.mark.slow
def test_a_new_file_makes_everything_below_it_due(shop, dagster):
    build(shop)
    shop.table("other", "id: long!")
    shop.task("others", "select * from shop.other")
    shop.land("goods1.csv", GOODS)
    shop.land("other1.csv", "id\n1\n")
    launch(shop, dagster)
    shop.land("goods2.csv", GOODS)
    states = launch(shop, dagster)
    assert {name for name, state in states.items() if state == "done"} == {"shop/import", "shop/goods", "kpi/labels", "kpi/top"}


@pytest.mark.slow
def test_changed_sql_is_due_with_what_reads_it(shop, dagster):
    build(shop)
    shop.land("goods1.csv", GOODS)
    launch(shop, dagster)
    shop.task("top", "select * from kpi.labels order by n limit 1")
    states = launch(shop, dagster)
    assert {name for name, state in states.items() if state == "done" and name.startswith("kpi")} == {"kpi/top"}


@pytest.mark.slow
def test_a_changed_comment_is_not_due(shop, dagster):
    build(shop)
    shop.land("goods1.csv", GOODS)
    launch(shop, dagster)
    shop.task("top", "select * from kpi.labels order by n desc limit 1", "comment: the best\nwriteStrategy: {type: OVERWRITE}")
    assert "kpi/top" not in launch(shop, dagster)


@pytest.mark.slow
def test_a_selection_is_built_whether_due_or_not(shop, dagster):
    build(shop)
    shop.land("goods1.csv", GOODS)
    launch(shop, dagster)
    assert launch(shop, dagster, 'key:"kpi/labels"') == {"kpi/labels": "done"}


@pytest.mark.slow
def test_a_transform_waits_for_a_table_that_was_never_loaded(shop, dagster):
    build(shop)
    shop.table("goods", "id: long!, label: string", "metadata: {format: JSON}")
    shop.land("goods1.json", "nonsense")
    states = launch(shop, dagster)
    assert (states["shop/goods"], states["kpi.labels" if "kpi.labels" in states else "kpi/labels"]) == ("failed", "not run")


@pytest.mark.slow
def test_partitions_with_new_files_are_loaded_and_their_downstream_follows(shop, dagster):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}_\d\.json")
    shop.task("per_day", PER_DAY, "partitions: {grain: daily, start: 2026-01-01, column: day}")
    shop.task("total", "select sum(n)::bigint as n from kpi.per_day")
    for day in ("01", "02", "05"):
        shop.land(f"sales_202601{day}_1.json", f'{{"id": 1, "sold_at": "2026-01-{day} 12:00:00"}}\n')
    launch(shop, dagster)
    assert shop.rows("SELECT day::VARCHAR, n FROM kpi.per_day ORDER BY day") == [
        ("2026-01-01", 1),
        ("2026-01-02", 1),
        ("2026-01-05", 1),
    ]
    shop.land("sales_20260102_2.json", '{"id": 2, "sold_at": "2026-01-02 13:00:00"}\n')
    states = launch(shop, dagster)
    assert states == {"shop/import": "done", "shop/sales": "done", "kpi/per_day": "done", "kpi/total": "done"}
    assert shop.rows("SELECT n FROM kpi.total") == [(4,)]
    assert "shop/sales" not in launch(shop, dagster)


def test_contiguous_partitions_are_one_range(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}_\d\.json")
    partitions = shop.project().tables[TableKey("shop", "sales")].partitions
    assert ranges(partitions, ["2026-01-05", "2026-01-01", "2026-01-02"]) == [
        ("2026-01-01", "2026-01-02"),
        ("2026-01-05", "2026-01-05"),
    ]


def forget_events(dagster, name):
    """As if the run had been killed between its commit and its event."""
    dagster.instance.wipe_assets([dg.AssetKey(name.split("/"))])


@pytest.mark.slow
def test_a_load_whose_run_died_before_it_could_say_so_is_told_by_the_next_run(shop, dagster):
    build(shop)
    shop.land("goods1.csv", GOODS)
    launch(shop, dagster, 'key:"shop/goods"')
    forget_events(dagster, "shop/goods")
    assert launch(shop, dagster) == {"shop/import": "unchanged", "shop/goods": "done", "kpi/labels": "done", "kpi/top": "done"}
    assert launch(shop, dagster)["shop/goods"] == "unchanged"
    assert shop.rows("SELECT count(*) FROM shop.goods") == [(2,)]


@pytest.mark.slow
def test_a_partition_whose_run_died_before_it_could_say_so_is_built_again(shop, dagster):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}_\d\.json")
    shop.land("sales_20260101_1.json", '{"id": 1, "sold_at": "2026-01-01 12:00:00"}\n')
    launch(shop, dagster)
    forget_events(dagster, "shop/sales")
    assert launch(shop, dagster)["shop/sales"] == "done"
    assert "shop/sales" not in launch(shop, dagster)
    assert shop.rows("SELECT count(*) FROM shop.sales") == [(1,)]
