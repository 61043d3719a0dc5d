"""`refs.sl.yml`: names in SQL that stand for tables of another name, as Starlake resolves them."""

from pathlib import Path

import pytest

from sl_assets.project import load_project
from sl_assets.project.compile import compile_task
from sl_assets.project.records import Project, TableKey

FILES = {
    "application.sl.yml": "version: 1\napplication:\n  refs: [{input: {table: late}, output: {domain: sales, table: orders}}]\n",
    "load/sales/orders.sl.yml": "version: 1\ntable: {name: orders, pattern: orders.*, attributes: [{name: id}]}\n",
    "load/sales/customers.sl.yml": "version: 1\ntable: {name: customers, pattern: customers.*, attributes: [{name: id}]}\n",
    "refs.sl.yml": """version: 1
refs:
  - input: {database: prod, domain: raw, table: .*}
    output: {database: SL_THIS_DATABASE, domain: sales, table: SL_THIS_TABLE}
  - input: {domain: old_.*, table: ORDERS_V1}
    output: {domain: sales, table: orders}
  - input: {table: commandes}
    output: {domain: sales, table: orders}
  - input: {table: customers}
    output: {table: SL_THIS_TABLE}
""",
}
ORDERS = TableKey("sales", "orders")


def make(root: Path, sql: str) -> Project:
    for name, text in {**FILES, "transform/kpi/a.sql": sql}.items():
        file = root / "metadata" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return load_project(root, {})


@pytest.mark.parametrize("name", ["prod.raw.orders", "old_shop.ORDERS_V1", "commandes", "late"])
def test_a_name_stands_for_the_table_that_the_first_matching_reference_says(tmp_path: Path, name: str) -> None:
    project = make(tmp_path, f"SELECT o.id FROM {name} AS o")
    task = project.tasks[TableKey("kpi", "a")]
    assert task.dependencies == (ORDERS,)
    assert project.diagnostics == ()
    assert compile_task(project, task, {}) == 'SELECT o.id FROM "sales"."orders" AS o'


def test_a_reference_is_for_names_of_as_many_parts_as_its_input_has(tmp_path: Path) -> None:
    project = make(tmp_path, "SELECT * FROM raw.orders")
    assert project.tasks[TableKey("kpi", "a")].dependencies == (TableKey("raw", "orders"),)


def test_the_name_that_was_written_can_still_be_used_in_the_query(tmp_path: Path) -> None:
    project = make(tmp_path, "SELECT commandes.id FROM commandes")
    compiled = compile_task(project, project.tasks[TableKey("kpi", "a")], {})
    assert compiled == 'SELECT commandes.id FROM "sales"."orders" AS "commandes"'


def test_an_output_without_a_domain_is_found_by_its_name(tmp_path: Path) -> None:
    project = make(tmp_path, "SELECT * FROM customers")
    assert project.tasks[TableKey("kpi", "a")].dependencies == (TableKey("sales", "customers"),)
