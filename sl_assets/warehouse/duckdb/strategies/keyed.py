"""Strategies by key that keep no history: the two upserts, and DELETE_THEN_INSERT."""

import duckdb

from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.sql.text import qualified, quote_name, quote_names
from sl_assets.warehouse.duckdb.strategies.incoming import Incoming, any_null, newer, newest_first, same
from sl_assets.warehouse.duckdb.strategies.whole import insert


def upsert_by_key(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy) -> None:
    """The last row of a key wins; under SOURCE_AND_TARGET with a timestamp, the one of its file with the latest."""
    by_time = [newest_first(strategy.timestamp)] if strategy.timestamp and strategy.on == "SOURCE_AND_TARGET" else []
    ranking = [*incoming.by_batch("DESC"), *by_time, f"{incoming.order} DESC"]
    _merge(connection, target, incoming, strategy.key, incoming.best(strategy.key, ranking))


def upsert_by_key_and_timestamp(
    connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy
) -> None:
    """A row is replaced only by one with a greater timestamp; of equal ones in one file the last counts."""
    timestamp = strategy.timestamp or ""
    # a later file does not replace an equal timestamp of an earlier one
    ranking = [newest_first(timestamp), *incoming.by_batch("ASC"), f"{incoming.order} DESC"]
    _merge(connection, target, incoming, strategy.key, incoming.best(strategy.key, ranking), f"AND {newer(timestamp)} ")


def delete_then_insert(
    connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy
) -> None:
    """Remove every row whose key comes again, insert all that came; a key that one file repeats is there as often."""
    keys = f"SELECT DISTINCT {quote_names(strategy.key)} FROM {incoming.relation}"
    connection.execute(f"DELETE FROM {qualified(target)} AS target USING ({keys}) AS source WHERE {same(strategy.key)}")
    last = incoming.last_batch(strategy.key)
    insert(connection, target, incoming, last if incoming.batch is None else f"{last} OR {any_null(strategy.key)}")


def _merge(
    connection: duckdb.DuckDBPyConnection,
    target: TableKey,
    incoming: Incoming,
    keys: tuple[str, ...],
    rows: str,
    condition: str = "",
) -> None:
    folded = {key.lower() for key in keys}
    others = [column for column in incoming.columns if column.lower() not in folded]
    assignments = ", ".join(f"{quote_name(column)} = source.{quote_name(column)}" for column in others)
    values = ", ".join(f"source.{quote_name(column)}" for column in incoming.columns)
    update = f"WHEN MATCHED {condition}THEN UPDATE SET {assignments} " if others else ""
    connection.execute(
        f"MERGE INTO {qualified(target)} AS target USING ({rows}) AS source ON {same(keys)} {update}"
        f"WHEN NOT MATCHED THEN INSERT ({quote_names(incoming.columns)}) VALUES ({values})"
    )
