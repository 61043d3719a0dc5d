"""What is there before a test: tables with the rows of its files, and empty ones of all else that is read."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from sl_assets.project.columns import column_types
from sl_assets.project.compile import compile_statements
from sl_assets.project.records import Project, SqlText, Table, TableKey, Task
from sl_assets.project.strategies import history_columns
from sl_assets.spec.findings import suggest
from sl_assets.spec.place import Place
from sl_assets.sql.statements import Statement
from sl_assets.sql.text import qualified, quote_names
from sl_assets.steps.unit_tests.cases import Case, Seed
from sl_assets.steps.unit_tests.rows import NULL_TEXT, CaseError, read_rows
from sl_assets.warehouse.duckdb.catalog import relation_columns, sync_table, table_columns
from sl_assets.warehouse.duckdb.statements import run_statements

_SEED = "sl_seed"


def prepare(connection: duckdb.DuckDBPyConnection, project: Project, node: Table | Task, case: Case) -> None:
    """Fill the database of a test, in a transaction: its rows, empty tables for what else the transform reads, its set-up.

    Raises:
        CaseError: A file of rows is about no table, or does not fit it.
        StatementError: The set-up failed.
    """
    keys = _keys(project)
    for seed in case.seeds:
        key = keys.get((seed.key.domain.casefold(), seed.key.name.casefold()))
        if key is None:
            near = suggest(str(seed.key), [str(each) for each in keys.values()])
            raise CaseError(f"{seed.file.name}: this project neither makes nor reads a table {seed.key}. {near}".rstrip())
        _fill(connection, project, key, seed)
    for key in node.dependencies if isinstance(node, Task) else ():
        types = _types(project, key)
        if types and not table_columns(connection, key):
            sync_table(connection, key, types)
    run_statements(connection, statements_of(project, case.setup))


def statements_of(project: Project, files: Iterable[Path]) -> tuple[Statement, ...]:
    """The statements of SQL files, templates rendered.

    Raises:
        ProjectError: A template cannot be rendered.
    """
    texts = [SqlText(file.read_text(encoding="utf-8-sig"), Place(file, 1, 1), numbered=True) for file in files]
    return compile_statements(project, texts, {})


def _fill(connection: duckdb.DuckDBPyConnection, project: Project, key: TableKey, seed: Seed) -> None:
    types = _types(project, key)
    read_rows(connection, seed.file, types, NULL_TEXT, into=_SEED)
    columns = relation_columns(connection, f"SELECT * FROM {_SEED}")
    if not table_columns(connection, key):
        sync_table(connection, key, types or columns)
    names = quote_names(columns)
    connection.execute(f"INSERT INTO {qualified(key)} ({names}) SELECT {names} FROM {_SEED}")


def _keys(project: Project) -> Mapping[tuple[str, str], TableKey]:
    """Every table by what it may be called: its final name, or the one before `rename`."""
    keys = [*project.externals, *project.tables, *project.tasks]
    before = {(table.source_domain.casefold(), table.source.casefold()): key for key, table in project.tables.items()}
    return before | {(key.domain.casefold(), key.name.casefold()): key for key in keys}


def _types(project: Project, key: TableKey) -> dict[str, str] | None:
    """Column -> type of a table of the project; None where only its SQL, or somebody else, knows."""
    node = project.tables.get(key) or project.tasks.get(key)
    if node is None:
        return None
    columns = node.columns if isinstance(node, Table) else node.attributes
    return column_types((*columns, *history_columns(node.strategy))) if columns else None
