"""The first rows of a table, and how it came to be as it is: what a person wants to see after a run. Reads only."""

from collections.abc import Collection

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.project.windows import Window
from sl_assets.sql.text import qualified, quote_name, quote_names, quote_text
from sl_assets.warehouse.duckdb.catalog import relation_columns, table_columns

LONGEST_CELL = 80  # characters
MOST_COLUMNS = 50
PRIVATE = "(private)"
CUT = "…"


def first_rows(
    connection: duckdb.DuckDBPyConnection,
    key: TableKey,
    limit: int,
    private: Collection[str],
    window: tuple[str, Window] | None = None,
) -> tuple[dict[str, str], list[tuple[str | None, ...]]]:
    """Column -> type, and up to `limit` rows as text, long cells cut.

    Args:
        connection: Reads.
        key: The table.
        limit: How many rows.
        private: Columns (in any letter case) whose values are not shown.
        window: A column and the window its values are to lie in; None: any rows.
    """
    hidden = {name.casefold() for name in private}
    columns = dict(list(table_columns(connection, key).items())[:MOST_COLUMNS])
    cells = ", ".join(_cell(name, hide=name.casefold() in hidden) for name in columns)
    where, bounds = _inside(window)
    few = (
        f"SELECT {quote_names(columns)} FROM {qualified(key)}{where} LIMIT {int(limit)}"  # first, or thousands of cells are cast
    )
    rows = connection.execute(f"SELECT {cells} FROM ({few})", bounds).fetchall()
    return columns, [tuple(_shortened(cell) for cell in row) for row in rows]


def some_rows(
    connection: duckdb.DuckDBPyConnection, select: str, limit: int, private: Collection[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str | None, ...], ...]]:
    """Columns with their types, and up to `limit` rows of any SELECT as text, shown as `first_rows` shows them."""
    hidden = {name.casefold() for name in private}
    columns = dict(list(relation_columns(connection, select).items())[:MOST_COLUMNS])
    cells = ", ".join(_cell(name, hide=name.casefold() in hidden) for name in columns)
    rows = connection.execute(
        f"SELECT {cells} FROM (SELECT {quote_names(columns)} FROM ({select}) LIMIT {int(limit)})"
    ).fetchall()
    return tuple(columns.items()), tuple(tuple(_shortened(cell) for cell in row) for row in rows)


def _cell(name: str, *, hide: bool) -> str:
    column = quote_name(name)
    if hide:
        return f"CASE WHEN {column} IS NOT NULL THEN '{PRIVATE}' END"
    return f"left(CAST({column} AS VARCHAR), {LONGEST_CELL + 1})"


def _shortened(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 1] + CUT


def _inside(window: tuple[str, Window] | None) -> tuple[str, list[object]]:
    if window is None:
        return "", []
    name = quote_name(window[0])
    return f" WHERE {name} >= ? AND {name} < ?", [window[1].start, window[1].end]


Point = tuple[str, int, int]
"""A label, the accepted rows, the rejected rows."""


def recent_loads(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, limit: int) -> list[Point]:
    """The last runs that loaded files into a table, oldest first; the label is when (UTC)."""
    return _points(
        connection,
        "SELECT strftime(max(LOADED_AT), '%Y-%m-%d %H:%M') AS label, sum(COUNTACCEPTED), sum(COUNTREJECTED) "
        f"FROM {quote_name(schema)}.files WHERE {_of(key)} GROUP BY RUN ORDER BY max(LOADED_AT) DESC, RUN",
        limit,
    )


def recent_partitions(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, limit: int) -> list[Point]:
    """The latest partitions of a table that have files, oldest first; the label is the partition's key."""
    return _points(
        connection,
        f"SELECT PARTITION, sum(COUNTACCEPTED), sum(COUNTREJECTED) FROM {quote_name(schema)}.files "
        f"WHERE {_of(key)} AND PARTITION IS NOT NULL GROUP BY PARTITION ORDER BY PARTITION DESC",
        limit,
    )


def recent_transforms(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, limit: int) -> list[Point]:
    """The last successful runs of a transform, oldest first; the label is when (UTC)."""
    return _points(
        connection,
        f"SELECT strftime(TIMESTAMP, '%Y-%m-%d %H:%M'), COUNT, 0 FROM {quote_name(schema)}.audit "
        f"WHERE {_of(key)} AND STEP = 'TRANSFORM' AND SUCCESS ORDER BY TIMESTAMP DESC",
        limit,
    )


def _of(key: TableKey) -> str:
    return f"DOMAIN = {quote_text(key.domain)} AND SCHEMA = {quote_text(key.name)}"


def _points(connection: duckdb.DuckDBPyConnection, sql: str, limit: int) -> list[Point]:
    rows = connection.execute(f"{sql} LIMIT {int(limit)}").fetchall()
    return [(label, int(accepted), int(rejected)) for label, accepted, rejected in reversed(rows)]
