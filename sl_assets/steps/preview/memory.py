"""What the warehouse knows, read at once with one short look: nothing is locked, made or waited for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import duckdb

from sl_assets.lock import LockTimeoutError
from sl_assets.project.records import Project, TableKey
from sl_assets.steps.drift.grid import refuse_other_grid
from sl_assets.warehouse.duckdb.catalog import table_columns
from sl_assets.warehouse.duckdb.code_versions import read_code_versions
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.duckdb.ledger import LedgerRow, known_files, last_runs
from sl_assets.warehouse.duckdb.shadow import Column, Shapes, read_shapes
from sl_assets.warehouse.errors import SchemaDriftError, WarehouseError

PATIENCE = timedelta(seconds=2)
"""How long a look waits for a writer to end."""


@dataclass(frozen=True)
class Memory:
    """What the warehouse knows of some tables.

    Attributes:
        ledger: The files loaded into each table.
        last_runs: The run that changed a table without partitions last.
        refused: Tables whose loads are refused, because they were loaded under other partitions, with the sentence.
        code: What earlier code versions were made of, as `code_parts` has it.
        shapes: The columns of the tables and views that are there.
        unread: Why it could not be read; everything else is empty then. Empty when it was read, or is not there yet.
        exists: Whether there is a warehouse.
    """

    ledger: Mapping[TableKey, tuple[LedgerRow, ...]] = field(default_factory=dict[TableKey, tuple[LedgerRow, ...]])
    last_runs: Mapping[TableKey, str] = field(default_factory=dict[TableKey, str])
    refused: Mapping[TableKey, str] = field(default_factory=dict[TableKey, str])
    code: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    shapes: Shapes = field(default_factory=dict[TableKey, Sequence[Column]])
    unread: str = ""
    exists: bool = False


def recall(
    project: Project, loaded: Collection[TableKey], others: Collection[TableKey], versions: Collection[str] = ()
) -> Memory:
    """What the warehouse knows of tables that are loaded from files, the columns of these and of others, and code versions."""
    warehouse = replace(Warehouse.of(project.settings), lock_timeout=PATIENCE)
    if not project.settings.database.exists():
        return Memory()
    try:
        with warehouse.reader() as connection:
            return _read(connection, project, loaded, others, versions)
    except (WarehouseError, LockTimeoutError, duckdb.Error) as error:
        return Memory(unread=str(error), exists=True)


def _read(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    loaded: Collection[TableKey],
    others: Collection[TableKey],
    versions: Collection[str],
) -> Memory:
    schema = project.settings.audit_schema
    shapes = read_shapes(connection, {*loaded, *others})
    if not table_columns(connection, TableKey(schema, "files")):
        return Memory(shapes=shapes, exists=True)
    ledger = {key: known_files(connection, schema, key) for key in loaded}
    runs = {key: last_runs(connection, schema, key).get(None) for key, rows in ledger.items() if rows}
    refused: dict[TableKey, str] = {}
    for key in loaded:
        try:
            refuse_other_grid(connection, schema, project.tables[key])
        except SchemaDriftError as error:
            refused[key] = str(error)
    code = read_code_versions(connection, schema, versions)
    return Memory(ledger, {key: run for key, run in runs.items() if run}, refused, code, shapes, exists=True)


def blind(project: Project) -> Project:
    """The project as it is for somebody who cannot read its warehouse: what asks for it finds none, and does not wait."""
    nowhere = Path(f"{project.settings.database}.unread")
    return replace(project, settings=replace(project.settings, database=nowhere))


def patient(project: Project) -> Project:
    """The project for somebody who does not wait long for its warehouse."""
    return replace(project, settings=replace(project.settings, lock_timeout=PATIENCE))
