"""What was loaded and what was refused, asked of ledger and audit. Each answer is rows with named columns."""

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import quote_name

TABLE = quote_name("table")
MESSAGES = "list_aggregate([each.message FOR each IN FINDINGS], 'string_agg', '; ')"


def loaded_files(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey | None, limit: int) -> duckdb.DuckDBPyRelation:
    """Files of one table or all, latest load first: which run loaded each, when, with which counts, and where it is now."""
    condition, parameters = _of_table(key)
    return connection.sql(
        f"SELECT DOMAIN || '.' || SCHEMA AS {TABLE}, NAME AS file, strftime(LOADED_AT, '%Y-%m-%d %H:%M:%S') AS loaded_at_utc, "
        "PARTITION AS partition, COUNT AS read, COUNTACCEPTED AS accepted, COUNTREJECTED AS rejected, "
        "coalesce(COUNTQUARANTINED, 0) AS quarantined, coalesce(COUNTDROPPED, 0) AS dropped, RUN AS run, "
        f"ARCHIVE AS archive FROM {_files(schema)} WHERE {condition} "
        f"ORDER BY LOADED_AT DESC, NAME DESC LIMIT {int(limit)}",
        params=parameters,
    )


def rejected_rules(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey | None) -> duckdb.DuckDBPyRelation:
    """How many findings each rule made on each attribute, over the latest load of every file."""
    condition, parameters = _of_table(key)
    return connection.sql(
        f"SELECT {TABLE}, attribute, rule, count(DISTINCT (FILE, LINE, JOBID)) AS rows, any_value(value) AS example FROM ("
        f"SELECT DOMAIN || '.' || SCHEMA AS {TABLE}, FILE, LINE, JOBID, unnest(FINDINGS, recursive := true) "
        f"FROM {_open(schema)} WHERE {condition}) GROUP BY ALL ORDER BY {TABLE}, rows DESC, attribute, rule",
        params=parameters,
    )


def rejected_rows(
    connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey | None, limit: int
) -> duckdb.DuckDBPyRelation:
    """The rejected rows themselves, of the latest load of every file, by file and line."""
    condition, parameters = _of_table(key)
    return connection.sql(
        f"SELECT DOMAIN || '.' || SCHEMA AS {TABLE}, FILE AS file, LINE AS line, BYTE_OFFSET AS byte_offset, "
        f"ATTRIBUTE AS attribute, RULE AS rule, VALUE AS value, {MESSAGES} AS message, RECORD AS record "
        f"FROM {_open(schema)} WHERE {condition} ORDER BY {TABLE}, FILE, LINE LIMIT {int(limit)}",
        params=parameters,
    )


def _open(schema: str) -> str:
    """The rejected rows that are open: no later load took them in or made them moot.

    A ledger that no run of this version has written to yet lacks the younger columns, and a reader cannot add them.
    """
    younger = "SELECT NULL::BIGINT AS BYTE_OFFSET, NULL::VARCHAR AS REPLAYED_BY WHERE false"
    rejected = f"(SELECT * FROM {quote_name(schema)}.rejected UNION ALL BY NAME {younger})"
    return f"(SELECT * FROM {rejected} WHERE REPLAYED_BY IS NULL)"


def _files(schema: str) -> str:
    """The ledger; a reader cannot add the columns that one of an earlier version lacks."""
    younger = "SELECT NULL::BIGINT AS COUNTQUARANTINED, NULL::BIGINT AS COUNTDROPPED WHERE false"
    return f"(SELECT * FROM {quote_name(schema)}.files UNION ALL BY NAME {younger})"


def _of_table(key: TableKey | None) -> tuple[str, list[str]]:
    return ("true", []) if key is None else ("DOMAIN = $1 AND SCHEMA = $2", [key.domain, key.name])
