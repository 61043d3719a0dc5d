"""SCD2: every version of a row is kept, with the time from which and until which it was the current one.

Both times are those of the load or transform (one for all rows it writes), as in Starlake; a table that is loaded afresh gets
those of the loads before. What a version says about time itself is in the strategy's timestamp column.
"""

import duckdb

from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.sql.text import qualified, quote_name, quote_names
from sl_assets.warehouse.duckdb.catalog import relation_columns
from sl_assets.warehouse.duckdb.strategies.incoming import Incoming, any_null, newer, newest_first, same
from sl_assets.warehouse.errors import SchemaDriftError

_VERSIONS = "sl_versions"
_KNOWN = quote_name("sl current rows")  # a name that no column of a key has


def written_columns(connection: duckdb.DuckDBPyConnection, incoming: Incoming, strategy: WriteStrategy) -> dict[str, str]:
    """Column name -> type of everything that writing these rows fills: their own columns, under SCD2 its two as well.

    Raises:
        SchemaDriftError: The rows bring a column that SCD2 fills.
    """
    columns = relation_columns(connection, incoming.select)
    if strategy.type != "SCD2":
        return columns
    clash = [name for name in columns if name.lower() in (strategy.start.lower(), strategy.end.lower())]
    if clash:
        raise SchemaDriftError(
            f"The new rows have a column {clash[0]}, which SCD2 fills itself. Nothing was written. "
            "Hint: leave it out, or give SCD2 other columns with startTs and endTs."
        )
    added = f"SELECT NULL::TIMESTAMPTZ AS {quote_name(strategy.start)}, NULL::TIMESTAMPTZ AS {quote_name(strategy.end)}"
    return columns | relation_columns(connection, added)


def add_versions(connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy) -> None:
    """Insert what is newer than the current version of its key, and end that one.

    Several newer versions of a key come in the order of their timestamps: each ends the one before it.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_VERSIONS} AS {_newer_than_current(target, incoming, strategy)}")
    keys, end = quote_names(strategy.key), quote_name(strategy.end)
    connection.execute(
        f"UPDATE {qualified(target)} AS target SET {end} = {incoming.moment} "
        f"FROM (SELECT DISTINCT {keys} FROM {_VERSIONS}) AS source WHERE target.{end} IS NULL AND {same(strategy.key)}"
    )
    follows = f"lead(true) OVER (PARTITION BY {keys} ORDER BY {quote_name(_timestamp(strategy))} NULLS FIRST)"
    ended = f"CASE WHEN {follows} AND NOT {any_null(strategy.key)} THEN {incoming.moment} END"
    columns = quote_names(incoming.columns)
    connection.execute(
        f"INSERT INTO {qualified(target)} ({columns}, {quote_name(strategy.start)}, {end}) "
        f"SELECT {columns}, {incoming.moment}, {ended} FROM {_VERSIONS}"
    )
    connection.execute(f"DROP TABLE {_VERSIONS}")


def _newer_than_current(target: TableKey, incoming: Incoming, strategy: WriteStrategy) -> str:
    keys, timestamp = quote_names(strategy.key), _timestamp(strategy)
    current = (
        f"SELECT {keys}, max({quote_name(timestamp)}) AS {quote_name(timestamp)}, true AS {_KNOWN} FROM {qualified(target)} "
        f"WHERE {quote_name(strategy.end)} IS NULL GROUP BY {keys}"
    )
    return (
        f"SELECT source.* FROM ({_candidates(incoming, strategy)}) AS source LEFT JOIN ({current}) AS target "
        f"ON {same(strategy.key)} WHERE target.{_KNOWN} IS NULL OR {newer(timestamp)}"
    )


def _candidates(incoming: Incoming, strategy: WriteStrategy) -> str:
    """One row for each version in the input: SOURCE_AND_TARGET takes the latest of a file, TARGET all of them."""
    timestamp = _timestamp(strategy)
    batch = [] if incoming.batch is None else [incoming.batch]
    one_of = [quote_names(strategy.key), *batch, *([quote_name(timestamp)] if strategy.on == "TARGET" else [])]
    row = f"row_number() OVER (PARTITION BY {', '.join(one_of)} ORDER BY {newest_first(timestamp)}, {incoming.order} DESC) = 1"
    if incoming.batch is None:
        return f"{incoming.select} QUALIFY {row} OR {any_null(strategy.key)}"
    name = quote_name(timestamp)
    earlier = (
        f"WINDOW earlier AS (PARTITION BY {quote_names(strategy.key)} ORDER BY {incoming.batch} "
        "GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    late = f"(count(*) OVER earlier > 0 AND ({name} IS NULL OR coalesce({name} <= max({name}) OVER earlier, false)))"
    return f"{incoming.select} {earlier} QUALIFY ({row} AND NOT {late}) OR {any_null(strategy.key)}"


def _timestamp(strategy: WriteStrategy) -> str:
    return strategy.timestamp or ""
