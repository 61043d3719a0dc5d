"""Where a project and the data that is already there disagree: told as warnings, never guessed, never mended by itself.

Each function takes the project and an `Inventory` and yields diagnostics with a place in the YAML, codes SL401 to SL410.
"""

from collections.abc import Iterator, Sequence

import duckdb

from sl_assets.project.records import Project, Table
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.steps.drift.files import check_files, check_stage
from sl_assets.steps.drift.gone import check_gone
from sl_assets.steps.drift.grid import check_grid
from sl_assets.steps.drift.shape import check_columns, check_strategy
from sl_assets.warehouse.duckdb.inventory import Inventory, read_inventory

__all__ = ["find_drift"]


def find_drift(project: Project, connection: duckdb.DuckDBPyConnection) -> tuple[Sequence[Diagnostic], int]:
    """Compare a project without errors with its warehouse, and the files in stage with its patterns.

    Returns:
        The diagnostics by place, and the number of loaded files that were looked at.
    """
    inventory = read_inventory(connection, project.settings.audit_schema)
    found = [*check_gone(project, inventory), *check_stage(project)]
    for table in project.tables.values():
        found += _of_table(project, table, inventory, connection)
    in_order = sorted(found, key=lambda each: (each.place, each.code, each.subject, each.fact))
    return in_order, sum(len(files) for files in inventory.files.values())


def _of_table(
    project: Project, table: Table, inventory: Inventory, connection: duckdb.DuckDBPyConnection
) -> Iterator[Diagnostic]:
    yield from check_files(project, table, inventory)
    if inventory.columns_of(table.key):
        yield from check_grid(table, inventory)
        yield from check_columns(table, inventory, connection)
        yield from check_strategy(table, inventory, connection)
