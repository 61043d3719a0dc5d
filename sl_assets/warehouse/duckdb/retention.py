"""Rows that retention is about: archived files in the ledger, and old rows of the audit tables.

Giving up an archived file takes two steps, so that a kill between them loses nothing: its row is marked (PRUNED_AT), the file is
removed, and then the row forgets the path. A row that is marked and still has its path is one to finish.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import quote_name
from sl_assets.warehouse.duckdb.ledger import FileIdentity, LedgerRow, known_files
from sl_assets.warehouse.duckdb.values import as_rows, from_rows


def tables_in(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> tuple[TableKey, ...]:
    """The tables that one of the audit tables has rows of, those the project has no more included."""
    rows = connection.execute(f"SELECT DISTINCT DOMAIN, SCHEMA FROM {_table(schema, name)} ORDER BY ALL").fetchall()
    return tuple(TableKey(*row) for row in rows)


def archived_before(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, before: datetime) -> tuple[LedgerRow, ...]:
    """The files of a table that are in the archive and were loaded before a moment (UTC, without a zone)."""
    rows = known_files(connection, schema, key)
    return tuple(row for row in rows if row.archive and row.pruned_at is None and row.loaded_at < before)


def half_pruned(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey) -> tuple[LedgerRow, ...]:
    """The files of a table that an earlier prune marked and did not come to remove."""
    return tuple(row for row in known_files(connection, schema, key) if row.archive and row.pruned_at)


def mark_pruned(
    connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, rows: Sequence[LedgerRow], at: datetime
) -> None:
    """Say that the archived bytes of files are given up; `at` in UTC without a zone."""
    _update(connection, schema, key, "PRUNED_AT = $4", [row.identity for row in rows], at)


def forget_archive(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, rows: Sequence[LedgerRow]) -> None:
    """Say that files are not in the archive any more. Their rows stay: the files are still known as loaded."""
    _update(connection, schema, key, "ARCHIVE = $4", [row.identity for row in rows], None)


def restore_archive(
    connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, identity: FileIdentity, path: Path
) -> None:
    """Say that a file that was given up came again, and where it is kept now."""
    _update(connection, schema, key, "PRUNED_AT = NULL, ARCHIVE = $4", [identity], str(path))


def count_older(connection: duckdb.DuckDBPyConnection, schema: str, name: str, key: TableKey, before: datetime) -> int:
    """How many rows of a table an audit table has from before a moment (UTC, without a zone)."""
    row = connection.execute(f"SELECT count(*) FROM {_table(schema, name)} WHERE {_OLDER}", [*key, before]).fetchone()
    return int(row[0]) if row else 0


def delete_older(connection: duckdb.DuckDBPyConnection, schema: str, name: str, key: TableKey, before: datetime) -> None:
    """Delete what `count_older` counts."""
    connection.execute(f"DELETE FROM {_table(schema, name)} WHERE {_OLDER}", [*key, before])


_OLDER = "DOMAIN = $1 AND SCHEMA = $2 AND TIMESTAMP < $3"


def _table(schema: str, name: str) -> str:
    return f"{quote_name(schema)}.{quote_name(name)}"


def _update(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    key: TableKey,
    assignment: str,
    files: Sequence[FileIdentity],
    value: object,
) -> None:
    if files:
        connection.execute(
            f"UPDATE {_table(schema, 'files')} SET {assignment} WHERE DOMAIN = $1 AND SCHEMA = $2 AND (NAME, HASH) IN "
            f"(SELECT (name, hash) FROM {from_rows('$3', ['name', 'hash'])})",
            [key.domain, key.name, as_rows(files), value],
        )
