"""Write strategies: how new rows meet the rows already there. Each is SQL on one relation and one table.

MERGE semantics throughout: a key occurs once in the result, whatever the input repeats; of several new rows with one key the
last in the order of the input wins, as if they had come one after the other. A row with NULL in its key matches nothing and is
inserted (Starlake: plain equality).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from sl_assets.project.records import StrategyName, TableKey, WriteStrategy
from sl_assets.project.windows import Window, merge_windows
from sl_assets.sql.text import qualified, quote_name, quote_names


@dataclass(frozen=True)
class Incoming:
    """New rows: a relation in SQL with `columns`; `order` is an expression that grows with the order of the input."""

    relation: str
    columns: tuple[str, ...]
    order: str

    @property
    def select(self) -> str:
        """The rows with their columns in order."""
        return f"SELECT {quote_names(self.columns)} FROM {self.relation}"


def write_rows(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy) -> None:
    """Apply a write strategy inside the caller's transaction. The target exists and has every column of `incoming`."""
    WRITERS[strategy.type](connection, target, incoming, strategy)


def replace_windows(
    connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, column: str, windows: Sequence[Window]
) -> None:
    """Replace exactly the rows whose `column` lies in the windows by the new rows, inside the caller's transaction."""
    for window in merge_windows(windows):
        connection.execute(
            f"DELETE FROM {qualified(target)} WHERE {quote_name(column)} >= $1 AND {quote_name(column)} < $2",
            [window.start, window.end],
        )
    _insert(connection, target, incoming)


def _append(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, _strategy: WriteStrategy) -> None:
    _insert(connection, target, incoming)


def _overwrite(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, _strategy: WriteStrategy) -> None:
    connection.execute(f"DELETE FROM {qualified(target)}")
    _insert(connection, target, incoming)


def _upsert_by_key(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy) -> None:
    keys = strategy.key
    others = [column for column in incoming.columns if column.lower() not in {key.lower() for key in keys}]
    is_null = " OR ".join(f"{quote_name(key)} IS NULL" for key in keys)
    latest = (
        f"SELECT {quote_names(incoming.columns)} FROM {incoming.relation} "
        f"QUALIFY row_number() OVER (PARTITION BY {quote_names(keys)} ORDER BY {incoming.order} DESC) = 1 OR {is_null}"
    )
    match = " AND ".join(f"target.{quote_name(key)} = source.{quote_name(key)}" for key in keys)
    assignments = ", ".join(f"{quote_name(column)} = source.{quote_name(column)}" for column in others)
    values = ", ".join(f"source.{quote_name(column)}" for column in incoming.columns)
    update = f"WHEN MATCHED THEN UPDATE SET {assignments} " if others else ""
    connection.execute(
        f"MERGE INTO {qualified(target)} AS target USING ({latest}) AS source ON {match} {update}"
        f"WHEN NOT MATCHED THEN INSERT ({quote_names(incoming.columns)}) VALUES ({values})"
    )


def _insert(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming) -> None:
    connection.execute(f"INSERT INTO {qualified(target)} ({quote_names(incoming.columns)}) {incoming.select}")


WRITERS: dict[StrategyName, Callable[[duckdb.DuckDBPyConnection, TableKey, Incoming, WriteStrategy], None]] = {
    "APPEND": _append,
    "OVERWRITE": _overwrite,
    "UPSERT_BY_KEY": _upsert_by_key,
}
