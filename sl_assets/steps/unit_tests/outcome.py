"""What is there after a test, compared with what was expected."""

from pathlib import Path

import duckdb

from sl_assets.project.records import Project, Table, TableKey, Task
from sl_assets.project.strategies import history_columns
from sl_assets.sql.text import qualified, quote_name
from sl_assets.steps.unit_tests.cases import Expected
from sl_assets.steps.unit_tests.differences import Difference, compare
from sl_assets.steps.unit_tests.given import statements_of
from sl_assets.steps.unit_tests.rows import NULL_TEXT, CaseError, column_names, read_rows
from sl_assets.warehouse.duckdb.catalog import relation_columns
from sl_assets.warehouse.duckdb.history import rejected_rows

MOST_REJECTS = 5
_EXPECTED = "sl_expected"


def check(connection: duckdb.DuckDBPyConnection, project: Project, node: Table | Task, expected: Expected) -> Difference | None:
    """Compare one file of expected rows with the table, or with what its query gives; None when they are the same.

    Raises:
        CaseError: The file or its query cannot be used.
    """
    actual = _query(connection, project, node, expected)
    types = relation_columns(connection, actual)
    names = column_names(connection, expected.file)
    if expected.sql is None:
        # the two times of SCD2 are those of the test: they count where they are expected
        unasked = {each.name.casefold() for each in history_columns(node.strategy)} - {name.casefold() for name in names}
        types = {name: kind for name, kind in types.items() if name.casefold() not in unasked}
    by_fold = {name.casefold(): kind for name, kind in types.items()}
    wanted = {name: by_fold.get(name.casefold(), "VARCHAR") for name in names} or types
    read_rows(connection, expected.file, wanted, NULL_TEXT, into=_EXPECTED)
    key = node.primary_key or node.strategy.key
    return compare(connection, expected.file.name, (f"SELECT * FROM {_EXPECTED}", wanted), (actual, types), key)


def expected_values(file: Path, column: str) -> tuple[str, ...]:
    """The values that a file of expected rows has in a column, as text; none where it has no such column."""
    with duckdb.connect() as connection:
        names = {name.casefold(): name for name in column_names(connection, file)}
        if column.casefold() not in names:
            return ()
        read_rows(connection, file, dict.fromkeys(names.values(), "VARCHAR"), NULL_TEXT, into=_EXPECTED)
        name = quote_name(names[column.casefold()])
        rows = connection.execute(f"SELECT DISTINCT {name} FROM {_EXPECTED} WHERE {name} IS NOT NULL").fetchall()
        return tuple(str(value) for (value,) in rows)


def first_rejects(connection: duckdb.DuckDBPyConnection, project: Project, key: TableKey) -> tuple[str, ...]:
    """Why the first records were rejected, each with its file and line."""
    rows = rejected_rows(connection, project.settings.audit_schema, key, MOST_REJECTS).select("file, line, message")
    return tuple(f"{file}:{line} {message}" for file, line, message in rows.fetchall())


def _query(connection: duckdb.DuckDBPyConnection, project: Project, node: Table | Task, expected: Expected) -> str:
    """The query whose rows are compared: the file's, or of the whole table, or of some of its columns."""
    if expected.sql is None:
        return f"SELECT * FROM {qualified(node.key)}"
    statements = statements_of(project, [expected.sql])
    if len(statements) != 1:
        raise CaseError(f"{expected.sql.name} has {len(statements)} statements: write one SELECT, or a list of columns.")
    text = statements[0].text
    try:
        connection.extract_statements(text)
    except duckdb.ParserException:
        return f"SELECT {text} FROM {qualified(node.key)}"
    return text
