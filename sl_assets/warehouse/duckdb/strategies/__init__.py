"""Write strategies: how new rows meet the rows already there. Each is SQL on one relation and one table.

MERGE semantics throughout: a key occurs once in the result, whatever the input repeats. A row with NULL in its key matches
nothing and is inserted (Starlake: plain equality). A timestamp that is NULL is older than any other. Several files written
together (`Incoming.batch`) leave what they leave one after the other.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import duckdb

from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.warehouse.duckdb.strategies.custom import Compile, run_template, template_values
from sl_assets.warehouse.duckdb.strategies.incoming import Incoming
from sl_assets.warehouse.duckdb.strategies.keyed import delete_then_insert, upsert_by_key, upsert_by_key_and_timestamp
from sl_assets.warehouse.duckdb.strategies.versions import add_versions, written_columns
from sl_assets.warehouse.duckdb.strategies.whole import append, overwrite, overwrite_by_partition, replace_windows

__all__ = ["WRITERS", "Incoming", "replace_windows", "template_values", "write_rows", "written_columns"]

Writer = Callable[[duckdb.DuckDBPyConnection, TableKey, Incoming, WriteStrategy], None]

WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "APPEND": append,
        "OVERWRITE": overwrite,
        "OVERWRITE_BY_PARTITION": overwrite_by_partition,
        "UPSERT_BY_KEY": upsert_by_key,
        "UPSERT_BY_KEY_AND_TIMESTAMP": upsert_by_key_and_timestamp,
        "DELETE_THEN_INSERT": delete_then_insert,
        "SCD2": add_versions,
    }
)


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    target: TableKey,
    incoming: Incoming,
    strategy: WriteStrategy,
    compiled: Compile | None = None,
) -> None:
    """Apply a write strategy inside the caller's transaction. The target exists and has every column of `written_columns`.

    Args:
        connection: In a transaction.
        target: The table.
        incoming: The new rows.
        strategy: A built-in one, or one of the project's own.
        compiled: Renders the template of the latter.

    Raises:
        StatementError: SQL of the project's own failed or is not allowed.
    """
    if strategy.template is None or compiled is None:
        WRITERS[strategy.type](connection, target, incoming, strategy)
    else:
        run_template(connection, target, incoming, strategy, compiled)
