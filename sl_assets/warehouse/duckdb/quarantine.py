"""`<domain>.<table>_quarantine`: the rows that row expectations keep out of a table, with the names of all rules they break.

It follows the table: what the write strategy replaces there is replaced here, so that running twice does not double it. A row
stands in the table, here, or (dropped) nowhere. It is written in the transaction of the table's rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from sl_assets.project.records import QUARANTINE_COLUMNS, TableKey, WriteStrategy, quarantine_of
from sl_assets.project.windows import Window, merge_windows
from sl_assets.sql.text import qualified, quote_name, quote_names, quote_text
from sl_assets.warehouse.duckdb.catalog import drop_table, has_table, sync_table
from sl_assets.warehouse.duckdb.strategies.incoming import same

KEYED = frozenset({"UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP", "DELETE_THEN_INSERT", "SCD2"})
"""Strategies by which a row of a key takes the place of what was there under it: then also of what was put aside under it."""


@dataclass(frozen=True)
class Aside:
    """Rows to put aside: a relation with `columns` (name -> type); `own`: an expression for each known quarantine column."""

    relation: str
    columns: Mapping[str, str]
    own: Mapping[str, str]


def keep_quarantine(
    connection: duckdb.DuckDBPyConnection,
    key: TableKey,
    strategy: WriteStrategy,
    incoming: str,
    aside: Aside | None = None,
    *,
    windows: tuple[str, Sequence[Window]] | None = None,
    fresh: bool = False,
) -> None:
    """Bring the quarantine of a table up to its new rows. It is made when the first row is put aside.

    Args:
        connection: In the transaction of the table's rows.
        key: The table.
        strategy: How the table is written.
        incoming: All new rows, those that are put aside too, as a relation in SQL.
        aside: The rows to put aside.
        windows: The partition column and the windows that are replaced.
        fresh: The table is made anew.

    Raises:
        SchemaDriftError: A column has another type there.
    """
    target = quarantine_of(key)
    is_there = has_table(connection, target)
    if is_there and fresh:
        drop_table(connection, target)
        is_there = False
    if aside:  # columns before rows: DuckDB does not commit an ALTER of a table whose rows were changed before it
        sync_table(connection, target, {**aside.columns, **QUARANTINE_COLUMNS}, ())
    if is_there:
        _clear(connection, qualified(target), strategy, incoming, windows)
    if aside:
        if not is_there:
            comment = f"Rows of {key} that were put aside: sl_rules names the row expectations they break."
            connection.execute(f"COMMENT ON TABLE {qualified(target)} IS {quote_text(comment)}")
        names = quote_names([*aside.columns, *aside.own])
        values = ", ".join([quote_names(aside.columns), *aside.own.values()])
        connection.execute(f"INSERT INTO {qualified(target)} ({names}) SELECT {values} FROM {aside.relation}")


def _clear(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    strategy: WriteStrategy,
    incoming: str,
    windows: tuple[str, Sequence[Window]] | None,
) -> None:
    """Remove the quarantined rows that the new rows replace."""
    if windows:
        column = quote_name(windows[0])
        for window in merge_windows(windows[1]):
            connection.execute(f"DELETE FROM {name} WHERE {column} >= $1 AND {column} < $2", [window.start, window.end])
    elif strategy.template is not None:
        return
    elif strategy.type == "OVERWRITE":
        connection.execute(f"DELETE FROM {name}")
    elif strategy.type == "OVERWRITE_BY_PARTITION":
        _delete_like(connection, name, incoming, strategy.partition, "IS NOT DISTINCT FROM")
    elif strategy.type in KEYED:
        _delete_like(connection, name, incoming, strategy.key, "=")


def _delete_like(connection: duckdb.DuckDBPyConnection, name: str, incoming: str, columns: Sequence[str], operator: str) -> None:
    touched = f"SELECT DISTINCT {quote_names(columns)} FROM {incoming}"
    connection.execute(f"DELETE FROM {name} AS target USING ({touched}) AS source WHERE {same(columns, operator)}")
