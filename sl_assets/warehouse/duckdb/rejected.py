"""`audit.rejected` after it was written: which rejected records are still open, and which were answered by a later load.

A record is answered when its file was loaded again (a rebuilt partition, a reload, another attempt), when it was replayed, or
when a corrected copy of it was loaded. REPLAYED_BY then names the job that did it, or the file with the corrected copy.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import quote_name
from sl_assets.warehouse.duckdb.values import as_rows, from_rows

CORRECTED_IN = "file "
"""What REPLAYED_BY begins with where corrected records came in a file of their own; its name follows."""


class Correction(NamedTuple):
    """A rejected record, by number or (the reader refused it) by line, and the name of the file that brought it corrected."""

    record: int | None
    line: int | None
    name: str


class Attempt(NamedTuple):
    """One file in one load: where it is read from, its JOBID, and its identity."""

    path: str
    job: str
    name: str
    digest: str


def answer_rejected(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, attempts: Sequence[Attempt]) -> None:
    """Mark the open rejected records of these files, from earlier attempts at them, as answered by this one."""
    connection.execute(
        f"UPDATE {quote_name(schema)}.rejected AS old SET REPLAYED_BY = attempt.job "
        f"FROM {from_rows('$attempts', ['job', 'name', 'hash'])} AS attempt "
        "WHERE old.REPLAYED_BY IS NULL AND old.DOMAIN = $domain AND old.SCHEMA = $table "
        "AND old.FILE = attempt.name AND old.HASH = attempt.hash",
        {"domain": key.domain, "table": key.name, "attempts": as_rows((each.job, each.name, each.digest) for each in attempts)},
    )


def answer_all_rejected(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, by: str) -> None:
    """Mark every open rejected record of a table as answered: the rows it stood beside are no longer there."""
    connection.execute(
        f"UPDATE {quote_name(schema)}.rejected SET REPLAYED_BY = $1 WHERE REPLAYED_BY IS NULL AND DOMAIN = $2 AND SCHEMA = $3",
        [by, key.domain, key.name],
    )


class OpenFile(NamedTuple):
    """A file with open rejected records: their numbers among the records the reader gave, and how many it refused itself."""

    name: str
    digest: str
    records: tuple[int, ...]
    refused: int

    @property
    def mark(self) -> str:
        """A short hash of which records are open: another one when any of them was answered."""
        return hashlib.sha256(repr((self.digest, self.records, self.refused)).encode()).hexdigest()[:8]


class Place(NamedTuple):
    """Where a rejected record stands in its file; None: it cannot be told."""

    line: int | None
    byte_offset: int | None


def open_files(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey) -> tuple[OpenFile, ...]:
    """The files of a table that have open rejected records, first rejected first."""
    rows = connection.execute(
        "SELECT FILE, HASH, list(RECORD_NUMBER ORDER BY RECORD_NUMBER) FILTER (RECORD_NUMBER IS NOT NULL), "
        f"count(*) FILTER (RECORD_NUMBER IS NULL) FROM {quote_name(schema)}.rejected "
        "WHERE REPLAYED_BY IS NULL AND DOMAIN = $1 AND SCHEMA = $2 AND HASH IS NOT NULL "
        "GROUP BY FILE, HASH ORDER BY min(TIMESTAMP), FILE",
        [key.domain, key.name],
    ).fetchall()
    return tuple(OpenFile(name, digest, tuple(records or ()), refused) for name, digest, records, refused in rows)


def places_of(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, file: OpenFile) -> dict[int, Place]:
    """Where the open rejected records of a file were found when they were rejected."""
    rows = connection.execute(
        f"SELECT RECORD_NUMBER, LINE, BYTE_OFFSET FROM {quote_name(schema)}.rejected WHERE REPLAYED_BY IS NULL "
        "AND DOMAIN = $1 AND SCHEMA = $2 AND FILE = $3 AND HASH = $4 AND RECORD_NUMBER IS NOT NULL",
        [key.domain, key.name, file.name, file.digest],
    ).fetchall()
    return {number: Place(line, offset) for number, line, offset in rows}


def answer_records(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    key: TableKey,
    file: OpenFile,
    by: str,
    records: Sequence[int] | None = None,
) -> None:
    """Mark open rejected records of a file as answered: those with these numbers, or all."""
    condition = (
        "" if records is None else f"AND RECORD_NUMBER IN (SELECT record::BIGINT FROM {from_rows('$records', ['record'])})"
    )
    parameters: dict[str, object] = {"by": by, "domain": key.domain, "table": key.name, "file": file.name, "hash": file.digest}
    if records is not None:
        parameters["records"] = as_rows([record] for record in records)
    connection.execute(
        f"UPDATE {quote_name(schema)}.rejected SET REPLAYED_BY = $by WHERE REPLAYED_BY IS NULL "
        f"AND DOMAIN = $domain AND SCHEMA = $table AND FILE = $file AND HASH = $hash {condition}",
        parameters,
    )


def corrected_records(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, digest: str) -> tuple[Correction, ...]:
    """The rejected records of a file for which corrected ones were loaded from another file."""
    rows = connection.execute(
        f"SELECT DISTINCT RECORD_NUMBER, LINE, substr(REPLAYED_BY, {len(CORRECTED_IN) + 1}) FROM {quote_name(schema)}.rejected "
        f"WHERE starts_with(REPLAYED_BY, '{CORRECTED_IN}') AND DOMAIN = $1 AND SCHEMA = $2 AND HASH = $3",
        [key.domain, key.name, digest],
    ).fetchall()
    return tuple(Correction(*row) for row in rows)


def keep_corrections(
    connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, digest: str, corrections: Sequence[Correction]
) -> None:
    """Mark the rejected records of a file that was loaded afresh as corrected, where they were before."""
    connection.execute(
        f"UPDATE {quote_name(schema)}.rejected AS new SET REPLAYED_BY = '{CORRECTED_IN}' || old.name "
        f"FROM {from_rows('$old', ['record', 'line', 'name'])} AS old WHERE new.REPLAYED_BY IS NULL "
        "AND new.DOMAIN = $domain AND new.SCHEMA = $table AND new.HASH = $hash "
        "AND new.RECORD_NUMBER IS NOT DISTINCT FROM old.record::BIGINT "
        "AND (old.record IS NOT NULL OR new.LINE IS NOT DISTINCT FROM old.line::BIGINT)",
        {"domain": key.domain, "table": key.name, "hash": digest, "old": as_rows(corrections)},
    )
