"""Rows that retention is about: archived files in the ledger, and old rows of the audit tables and of quarantines.

Giving up an archived file takes two steps, so that a kill between them loses nothing: its row is marked (PRUNED_AT), the file is
removed, and then the row forgets the path. A row that is marked and still has its path is one to finish.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from sl_assets.project.records import TableKey, quarantine_of
from sl_assets.sql.text import quote_name
from sl_assets.warehouse.duckdb.ledger import FileIdentity, LedgerRow, known_files
from sl_assets.warehouse.duckdb.values import as_rows, from_rows

_QUARANTINE = quarantine_of(TableKey("", "")).name


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


def quarantined_tables(connection: duckdb.DuckDBPyConnection) -> tuple[TableKey, ...]:
    """The tables beside which there is one for quarantined rows, those the project has no more included."""
    rows = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND column_name = 'sl_quarantined_at' AND ends_with(table_name, $1) ORDER BY ALL",
        [_QUARANTINE],
    ).fetchall()
    return tuple(TableKey(domain, name.removesuffix(_QUARANTINE)) for domain, name in rows)


@dataclass(frozen=True)
class OldRows:
    """The rows of a relation that are too old, in SQL with its parameters."""

    relation: str
    condition: str
    parameters: tuple[object, ...]


def old_in_audit(schema: str, name: str, key: TableKey, before: datetime) -> OldRows:
    """The rows of a table that an audit table has from before a moment (UTC, without a zone)."""
    return OldRows(_table(schema, name), "DOMAIN = $1 AND SCHEMA = $2 AND TIMESTAMP < $3", (*key, before))


def old_in_quarantine(key: TableKey, before: datetime) -> OldRows:
    """The rows that were put aside for a table before a moment (UTC, without a zone)."""
    return OldRows(_table(*quarantine_of(key)), "sl_quarantined_at < $1", (before,))


def count_old(connection: duckdb.DuckDBPyConnection, old: OldRows) -> int:
    """How many they are."""
    row = connection.execute(f"SELECT count(*) FROM {old.relation} WHERE {old.condition}", old.parameters).fetchone()
    return int(row[0]) if row else 0


def delete_old(connection: duckdb.DuckDBPyConnection, old: OldRows) -> None:
    """Delete them."""
    connection.execute(f"DELETE FROM {old.relation} WHERE {old.condition}", old.parameters)


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
