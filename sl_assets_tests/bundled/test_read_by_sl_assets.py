"""The projects as sl_assets itself reads them."""

from pathlib import Path

import pytest

from sl_assets.project import load_project
from sl_assets.project.records import Project, TableKey

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bakery() -> Project:
    return load_project(REPOSITORY, {})


@pytest.mark.parametrize("root", [".", "sl_assets_tests/projects/nycflights"])
def test_nothing_is_found_wrong_with_it(root: str) -> None:
    project = load_project(REPOSITORY / root, {})
    assert [str(each) for each in project.diagnostics] == []
    assert project.externals == ()


def test_every_table_has_a_schedule_a_freshness_and_a_landing_directory(bakery: Project) -> None:
    tables = bakery.tables.values()
    assert {table.key.name: table.schedule for table in tables} == {
        "customers": "0 0 * * *",
        "deliveries": "0 0 * * *",
        "ingredients": "0 0 * * *",
        "orders": "0 * * * *",
        "products": "0 0 * * *",
        "statement_lines": "0 0 * * *",
        "stock_counts": "0 0 * * *",
    }
    assert all(table.freshness and table.freshness.warn and table.freshness.error for table in tables)
    assert {table.landing for table in tables} == {REPOSITORY / "datasets" / "incoming" / "starbake"}


def test_the_tables_show_every_format_of_text(bakery: Project) -> None:
    formats = {(table.format.name, bool(table.format.options)) for table in bakery.tables.values()}
    assert formats == {("DSV", False), ("JSON", False), ("POSITION", False), ("XML", True)}
    assert [key.name for key, table in bakery.tables.items() if table.pattern.endswith(r"\.gz")] == ["stock_counts"]


def test_only_the_weekly_report_has_a_schedule_among_the_tasks(bakery: Project) -> None:
    assert [key.name for key, task in bakery.tasks.items() if task.schedule] == ["weekly_report"]


def test_the_revenue_is_partitioned_like_the_orders_it_reads(bakery: Project) -> None:
    orders, revenue = bakery.tables[TableKey("starbake", "orders")], bakery.tasks[TableKey("sales", "daily_revenue")]
    assert orders.key in revenue.dependencies
    assert orders.partitions is not None
    assert revenue.partitions is not None
    assert (orders.partitions.grain, orders.partitions.start) == (revenue.partitions.grain, revenue.partitions.start)


def test_a_name_without_a_domain_is_resolved(bakery: Project) -> None:
    assert bakery.tasks[TableKey("sales", "revenue_trend")].dependencies == (TableKey("sales", "daily_revenue"),)
