"""Strategies without a key: APPEND, OVERWRITE, OVERWRITE_BY_PARTITION, and the replacement of windows."""

from collections.abc import Sequence

import duckdb

from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.project.windows import Window, merge_windows
from sl_assets.sql.text import qualified, quote_name, quote_names
from sl_assets.warehouse.duckdb.strategies.incoming import Incoming, same


def insert(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, select: str | None = None) -> None:
    """Insert all rows, or those of `select`."""
    connection.execute(f"INSERT INTO {qualified(target)} ({quote_names(incoming.columns)}) {select or incoming.select}")


def replace_windows(
    connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, column: str, windows: Sequence[Window]
) -> None:
    """Replace exactly the rows whose `column` lies in the windows by the new rows, inside the caller's transaction."""
    for window in merge_windows(windows):
        connection.execute(
            f"DELETE FROM {qualified(target)} WHERE {quote_name(column)} >= $1 AND {quote_name(column)} < $2",
            [window.start, window.end],
        )
    insert(connection, target, incoming)


def append(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, _strategy: WriteStrategy) -> None:
    """All new rows, beside those already there."""
    insert(connection, target, incoming)


def overwrite(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, _strategy: WriteStrategy) -> None:
    """The new rows and nothing else. Of several files only the last counts, even an empty one: they are written one by one."""
    connection.execute(f"DELETE FROM {qualified(target)}")
    insert(connection, target, incoming)


def overwrite_by_partition(
    connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy
) -> None:
    """Replace whole every partition (values of all partition columns, NULL being one) that has a new row; keep the others."""
    touched = f"SELECT DISTINCT {quote_names(strategy.partition)} FROM {incoming.relation}"
    connection.execute(
        f"DELETE FROM {qualified(target)} AS target USING ({touched}) AS source "
        f"WHERE {same(strategy.partition, 'IS NOT DISTINCT FROM')}"
    )
    insert(connection, target, incoming, incoming.last_batch(strategy.partition))
