"""Write strategies of a project's own: its template says in SQL what becomes of the new rows."""

from collections.abc import Callable, Mapping

import duckdb

from sl_assets.project.records import StrategyTemplate, TableKey, WriteStrategy
from sl_assets.sql.statements import Statement
from sl_assets.sql.text import qualified, quote_name, quote_names
from sl_assets.warehouse.duckdb.statements import run_writes
from sl_assets.warehouse.duckdb.strategies.incoming import Incoming

Compile = Callable[[StrategyTemplate, Mapping[str, object]], tuple[Statement, ...]]
"""Renders a template with `template_values`."""


def run_template(
    connection: duckdb.DuckDBPyConnection, target: TableKey, incoming: Incoming, strategy: WriteStrategy, compiled: Compile
) -> None:
    """Run a strategy's template; tables in memory that it makes are gone afterwards, so that it can make them for the next file.

    Raises:
        StatementError: A statement failed or is not allowed.
    """
    if strategy.template is None:
        raise ValueError(f"{strategy.type} is no template.")
    before = _temporary(connection)
    run_writes(connection, compiled(strategy.template, template_values(target, incoming, strategy)))
    for kind, name in sorted(_temporary(connection) - before, reverse=True):  # views first
        connection.execute(f"DROP {kind} temp.{quote_name(name)}")


def template_values(target: TableKey, incoming: Incoming, strategy: WriteStrategy) -> dict[str, object]:
    """Starlake's variables of a write strategy (reference section 5.6), for one write.

    `strategyKey`, `strategyTimestamp`, `tableColumnNames` and the like are bare names, as in Starlake; what is called `quoted`,
    `...Csv`, `...Condition` or `...Expression` is quoted, and so is `tableFullName`. Ours are `quotedStrategyTimestamp` and
    `strategyNow`, the time of the load as SCD2 keeps it.
    """
    columns, keys = list(incoming.columns), list(strategy.key)
    ours = ", ".join(f"SL_INCOMING.{quote_name(name)}" for name in columns)
    update = "SET " + ", ".join(f"{quote_name(name)} = SL_INCOMING.{quote_name(name)}" for name in columns)
    values = f"({quote_names(columns)}) VALUES ({ours})"
    joined = " AND ".join(f"SL_INCOMING.{quote_name(name)} = SL_EXISTING.{quote_name(name)}" for name in keys)
    return {
        "strategyType": strategy.type,
        "strategyKey": keys,
        "quotedStrategyKey": [quote_name(name) for name in keys],
        "strategyKeyCsv": quote_names(keys),
        "strategyKeyJoinCondition": joined,
        "strategyTimestamp": strategy.timestamp or "",
        "quotedStrategyTimestamp": quote_name(strategy.timestamp) if strategy.timestamp else "",
        "strategyOn": strategy.on,
        "strategyStartTs": strategy.start,
        "strategyEndTs": strategy.end,
        "strategyNow": incoming.moment,
        "strategyQueryFilter": "",
        "tableDatabase": "",
        "tableDomain": target.domain,
        "tableName": target.name,
        "tableFullName": qualified(target),
        "tableExists": True,
        "tableColumnNames": columns,
        "quotedTableColumnNames": [quote_name(name) for name in columns],
        "tableColumnsCsv": quote_names(columns),
        "tableIncomingColumnsCsv": ours,
        "tableInsert": f"INSERT {values}",
        "tableParamsForInsertSql": values,
        "tableParamsForUpdateSql": update,
        "tableUpdateSetExpression": update,
        "tableTruncate": False,
        "tableFormat": "",
        "materializedView": "TABLE",
        "sinkPartition": list(strategy.partition),
        "sinkTablePartitionClause": "",
        "sinkClustering": [],
        "selectStatement": incoming.select,
        "quote": '"',
    }


def _temporary(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    rows = connection.execute(
        "SELECT 'TABLE', table_name FROM duckdb_tables() WHERE database_name = 'temp' "
        "UNION ALL SELECT 'VIEW', view_name FROM duckdb_views() WHERE database_name = 'temp' AND NOT internal"
    ).fetchall()
    return {(kind, name) for kind, name in rows}
