"""Which loads, transforms and checks run in the DuckDB that a run keeps: those that can leave nothing behind in it."""

import pytest

from sl_assets.project.records import TableKey
from sl_assets.steps.expect import expect
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse


def starts_of(shop, started, name, times=2):
    """How often DuckDB is started when a table is loaded or a task run, and what is expected of it is checked, so many times."""
    project = shop.project()
    key = TableKey(*name.split("."))
    node = project.tables.get(key) or project.tasks[key]
    before = len(started)
    with Warehouse.of(project.settings).kept() as warehouse:
        for number in range(times):
            if key in project.tables:
                shop.land(f"goods{number}.csv", f"id,label\n{number},a\n")
                assert load(project, warehouse, project.tables[key], Run(f"r{number}")).failures == ()
            else:
                transform(project, warehouse, project.tasks[key], Run(f"r{number}"))
            assert all(report.passed for report in expect(project, warehouse, node, Run(f"r{number}")))
    return len(started) - before


@pytest.mark.parametrize(
    ("label", "extra", "starts"),
    [
        ("string", "", 1),
        ("string", "expectations: [{expect: 'even(2)'}]", 1),
        ("string", "expectations: [{expect: 'settled()'}]", 3),
        ("string", 'presql: ["SET threads = 1"]', 2),
        ("string", 'postsql: ["SET threads = 1"]', 2),
        ("string, privacy: SHA512", "", 2),
    ],
)
def test_a_load_shares_what_is_kept_unless_it_runs_statements_or_functions(shop, started, label, extra, starts):
    settled = "{% macro settled() %}SET threads = 1; SELECT 0{% endmacro %}"
    shop.write("config/expectations/own.j2", "{% macro even(n) %}SELECT {{ n }} % 2{% endmacro %}" + settled)
    attributes = f"  attributes: [{{name: id, type: long}}, {{name: label, type: {label}}}]\n"
    body = f"version: 1\ntable:\n  name: goods\n  pattern: 'goods.*'\n{attributes}" + (f"  {extra}\n" if extra else "")
    shop.write("config/load/shop/goods.sl.yml", body)
    assert starts_of(shop, started, "shop.goods") == starts


@pytest.mark.parametrize(
    ("extra", "starts"),
    [
        ("writeStrategy: {type: OVERWRITE}", 1),
        ("writeStrategy: {type: UPSERT_BY_KEY, key: [id]}", 1),
        ("sink: {materializedView: VIEW}", 1),
        ('presql: ["SET threads = 1"]', 2),
        ('postsql: ["SET threads = 1"]', 2),
        ("parseSQL: false", 2),
    ],
)
def test_a_transform_shares_what_is_kept_unless_it_runs_statements(shop, started, extra, starts):
    sql = "CREATE OR REPLACE TABLE kpi.total AS SELECT 1 AS id" if "parse" in extra else "SELECT 1 AS id"
    shop.task("total", sql, extra)
    assert starts_of(shop, started, "kpi.total") == starts


def test_a_function_of_the_projects_own_has_one_to_itself(shop, started):
    shop.task("orders", "SELECT 1 AS id")
    transform(shop.project(), Warehouse.of(shop.project().settings), shop.node("kpi.orders"), Run("r"))
    shop.write("config/transform/kpi/total.py", "def total(orders):\n    return orders\n")
    assert starts_of(shop, started, "kpi.total") == 2
