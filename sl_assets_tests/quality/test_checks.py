"""Expectations as Dagster asset checks, in a run and alone."""

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions

PRICES = "id,price\n1,5\n2,\n3,-1\n"
RULES = """
expectations:
  - {name: positive, row: price > 0, action: quarantine}
  - {name: some, aggregate: count(*) > 1, action: fail}
  - {expect: "few(2)", failOnError: true}
"""
MACROS = "{% macro few(most) %}select count(*) from sl_this where id > {{ most }}{% endmacro %}"


@pytest.fixture
def goods(shop):
    shop.write("config/expectations/own.j2", MACROS)
    shop.table("goods", "id: long!, price: double", RULES)
    shop.task("total", "select count(*) as n from shop.goods")
    return shop


def run(shop, instance, *, keys=None, checks=None, partition=None):
    """A run of some assets, or of some checks alone."""
    job = build_definitions(shop.project()).resolve_implicit_global_asset_job_def()
    if checks is not None:
        job = job.get_subset(asset_selection=set(), asset_check_selection=set(checks))
    else:
        job = job.get_subset(asset_selection={dg.AssetKey(key.split("/")) for key in keys})
    tags = {"dagster/partition": partition} if partition else {}
    return job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)


def told(result):
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


def check(name, asset="shop/goods"):
    return dg.AssetCheckKey(dg.AssetKey(asset.split("/")), name)


@pytest.mark.slow
def test_checks_tell_count_sql_and_a_sample(goods):
    goods.land("goods1.csv", PRICES)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(goods, instance, keys=["shop/goods", "kpi/total"])
    assert result.success
    checks = told(result)
    assert {name: (each.passed, each.severity.value, each.blocking) for name, each in checks.items()} == {
        "positive": (False, "WARN", False),
        "some": (True, "ERROR", True),
        "few__2": (True, "ERROR", True),
    }
    metadata = {key: value.value for key, value in checks["positive"].metadata.items()}
    assert (metadata["count"], metadata["rows"], metadata["action"], metadata["expectation"]) == (2, 3, "quarantine", "price > 0")
    assert [record.data for record in metadata["sample"].records] == [{"id": "2", "price": ""}, {"id": "3", "price": "-1.0"}]
    assert 'FROM "shop"."goods" WHERE NOT ((price > 0) IS TRUE)' in metadata["sql"]
    (event,) = result.asset_materializations_for_node("shop__goods")
    assert {key: event.metadata[key].value for key in ("rows_read", "rows_accepted", "rows_quarantined")} == {
        "rows_read": 3,
        "rows_accepted": 1,
        "rows_quarantined": 2,
    }


@pytest.mark.slow
def test_a_failed_blocking_check_stops_what_is_below_it(goods):
    goods.land("goods1.csv", "id,price\n1,5\n3,2\n4,2\n")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(goods, instance, keys=["shop/goods", "kpi/total"])
    assert not result.success
    assert told(result)["few__2"].description == "2 found, 0 expected"
    assert [record.data["id"] for record in told(result)["few__2"].metadata["sample"].records] == ["3", "4"]
    assert result.asset_materializations_for_node("shop__goods")
    assert not result.asset_materializations_for_node("kpi__total")


@pytest.mark.slow
def test_a_row_expectation_that_fails_stops_the_asset_itself_and_its_check_says_why(goods):
    goods.land("goods1.csv", "id,price\n1,5\n")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(goods, instance, keys=["shop/goods", "kpi/total"])
    assert not result.success
    assert {name: each.passed for name, each in told(result).items()} == {"positive": True, "some": False}
    assert told(result)["some"].description == "count(*) > 1 is not true of 1 rows"
    assert not result.asset_materializations_for_node("shop__goods")
    assert not result.asset_materializations_for_node("kpi__total")


@pytest.mark.slow
def test_checks_of_a_task_that_a_rule_stops_say_why(shop):
    shop.task("total", "select 1 as n", "expectations:\n  - {name: high, row: n > 1, action: fail}")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(shop, instance, keys=["kpi/total"])
    assert (result.success, told(result)["high"].passed, told(result)["high"].blocking) == (False, False, True)


@pytest.mark.slow
def test_checks_run_alone_and_make_nothing(goods):
    goods.land("goods1.csv", "id,price\n1,5\n2,1\n")
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(goods, instance, keys=["shop/goods"]).success
        rules = RULES.replace("price > 0", "price > 3")
        goods.table("goods", "id: long!, price: double", rules)
        result = run(goods, instance, checks=[check("positive"), check("few__2")])
        assert result.success
        assert not result.get_asset_materialization_events()
    assert {name: (each.passed, each.description) for name, each in told(result).items()} == {
        "positive": (False, "1 of 2 rows break it"),
        "few__2": (True, "as expected"),
    }
    assert goods.rows("SELECT count(*) FROM shop.goods") == [(2,)]


@pytest.mark.slow
def test_a_check_alone_can_be_asked_of_one_partition(shop):
    grid = (
        "partitions: {grain: daily, start: 2024-01-01, column: day, file: 'goods_(?<partition>\\d{8})\\.csv', format: yyyyMMdd}"
    )
    rules = "expectations:\n  - {name: small, row: id < 10}\n"
    shop.table("goods", "id: long!, day: date", f"{grid}\n{rules}")
    for day, number in (("01", 1), ("02", 12)):
        shop.land(f"goods_202401{day}.csv", f"id,day\n{number},2024-01-{day}\n")
    with dg.DagsterInstance.ephemeral() as instance:
        for day in ("2024-01-01", "2024-01-02"):
            assert run(shop, instance, keys=["shop/goods"], partition=day).success
        results = [run(shop, instance, checks=[check("small")], partition=day) for day in (None, "2024-01-01", "2024-01-02")]
    assert [told(each)["small"].passed for each in results] == [False, True, False]


@pytest.mark.slow
def test_a_check_of_a_table_that_is_not_there_fails_and_says_so(goods):
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(goods, instance, checks=[check("positive"), check("few__2")])
    assert {each.description for each in told(result).values()} == {"shop.goods is not in the warehouse yet"}
    assert not any(each.passed for each in told(result).values())


@pytest.mark.slow
def test_an_asset_can_be_made_without_its_checks(goods):
    goods.land("goods1.csv", PRICES)
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(goods.project()).resolve_implicit_global_asset_job_def()
        job = job.get_subset(asset_selection={dg.AssetKey(["shop", "goods"])}, asset_check_selection=set())
        result = job.execute_in_process(instance=instance)
    assert (result.success, told(result)) == (True, {})


@pytest.mark.slow
def test_private_values_are_in_no_sample(shop):
    shop.write("config/application.sl.yml", shop.root.joinpath("config/application.sl.yml").read_text())
    shop.write(
        "config/load/shop/people.sl.yml",
        """
version: 1
table:
  name: people
  pattern: people.*
  expectations:
    - {name: adult, row: age >= 18, action: quarantine}
    - {expect: "young()", failOnError: false}
  attributes:
    - {name: name, type: string, privacy: HIDE}
    - {name: age, type: long}
""",
    )
    shop.write("config/expectations/own.j2", "{% macro young() %}select count(*) from sl_this where age > 1{% endmacro %}")
    shop.land("people1.csv", "name,age\nElvira Madigan,17\nBo,30\n")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(shop, instance, keys=["shop/people"])
    samples = {name: [record.data for record in each.metadata["sample"].records] for name, each in told(result).items()}
    assert {name: {row["name"] for row in rows} for name, rows in samples.items()} == {
        "adult": {"(private)"},
        "young": {"(private)"},
    }
    assert "Elvira" not in str(shop.rows("FROM shop.people_quarantine"))


def test_every_check_can_be_executed_by_itself_in_the_ui(goods):
    """Dagster's `canExecuteIndividually` is so where a check is executed together with nothing else."""
    graph = build_definitions(goods.project()).resolve_asset_graph()
    keys = graph.asset_check_keys
    assert {key.name for key in keys} == {"positive", "some", "few__2"}
    assert [graph.get_execution_set_asset_and_check_keys(key) for key in keys] == [{key} for key in keys]
