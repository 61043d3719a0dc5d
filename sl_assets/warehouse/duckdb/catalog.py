"""Tables as the database has them, and how they are brought in line with the project without losing anything."""

from collections.abc import Sequence

import duckdb

from sl_assets.project.records import Attribute, TableKey
from sl_assets.sql.text import qualified, quote_name, quote_text
from sl_assets.warehouse.errors import SchemaDriftError


def table_columns(connection: duckdb.DuckDBPyConnection, key: TableKey) -> dict[str, str]:
    """Column name -> type of a table or view, in order; empty when there is none."""
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2) ORDER BY column_index",
        [key.domain, key.name],
    ).fetchall()
    return dict(rows)


def count_rows(connection: duckdb.DuckDBPyConnection, key: TableKey) -> int:
    """The number of rows of a table."""
    row = connection.execute(f"SELECT count(*) FROM {qualified(key)}").fetchone()
    return int(row[0]) if row else 0


def create_schema(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make sure a schema exists."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(name)}")


def relation_columns(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    """Column name -> type of a SELECT, without running it."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {sql}").fetchall()}


def sync_table(connection: duckdb.DuckDBPyConnection, key: TableKey, wanted: dict[str, str]) -> tuple[str, ...]:
    """Create the table, or add the columns it lacks; return the names of the columns added to an existing one.

    Columns that only the database has are kept: nothing is dropped that nobody asked to drop.

    Raises:
        SchemaDriftError: A column has another type in the database than in the project.
    """
    create_schema(connection, key.domain)
    present = {name.lower(): kind for name, kind in table_columns(connection, key).items()}
    if not present:
        columns = ", ".join(f"{quote_name(name)} {kind}" for name, kind in wanted.items())
        connection.execute(f"CREATE TABLE {qualified(key)} ({columns})")
        return ()
    drifted = {name: kind for name, kind in wanted.items() if present.get(name.lower(), kind) != kind}
    if drifted:
        raise SchemaDriftError(_drift(key, present, drifted))
    missing = [name for name in wanted if name.lower() not in present]
    for name in missing:
        connection.execute(f"ALTER TABLE {qualified(key)} ADD COLUMN {quote_name(name)} {wanted[name]}")
    return tuple(missing)


def _drift(key: TableKey, present: dict[str, str], drifted: dict[str, str]) -> str:
    columns = "; ".join(f"{name} is {present[name.lower()]} there, {kind} here" for name, kind in drifted.items())
    return (
        f"{key} has other column types in the warehouse than in the project: {columns}. Nothing was written. "
        "Hint: set the type back, or rename the column, or drop the table and load it afresh."
    )


def describe_table(
    connection: duckdb.DuckDBPyConnection, key: TableKey, comment: str, attributes: Sequence[Attribute], *, view: bool = False
) -> None:
    """Put the project's comments on the table and its columns, for whoever opens the warehouse with another tool."""
    present = {name.lower() for name in table_columns(connection, key)}
    if comment:
        kind = "VIEW" if view else "TABLE"
        connection.execute(f"COMMENT ON {kind} {qualified(key)} IS {quote_text(comment)}")
    if view:
        return  # DuckDB has no comments on the columns of a view
    for attribute in attributes:
        if attribute.comment and attribute.name.lower() in present:
            column = f"{qualified(key)}.{quote_name(attribute.name)}"
            connection.execute(f"COMMENT ON COLUMN {column} IS {quote_text(attribute.comment)}")
