"""The audit tables: Starlake's, column for column, so that existing dashboards work, then ours.

`audit`, `rejected` and `expectations` follow Starlake (`reference-engines.conf`); the columns after PATH in `rejected` are ours,
and so are COUNTQUARANTINED and COUNTDROPPED: COUNT = COUNTACCEPTED + COUNTREJECTED + COUNTQUARANTINED + COUNTDROPPED.
One row of `rejected` is one rejected record: its count equals COUNTREJECTED of the same JOBID. BYTE_OFFSET is where the record's
first byte stands in the uncompressed bytes of FILE, from 0 (NULL: it cannot be told); REPLAYED_BY the JOBID of the load that took
the record in later or made it moot (NULL: it is still open); HASH the content of the file; RECORD_NUMBER the record's number
among those the reader gave (NULL: the reader itself refused it).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import quote_name
from sl_assets.warehouse.duckdb.catalog import create_schema
from sl_assets.warehouse.duckdb.values import as_rows, from_rows
from sl_assets.warehouse.errors import LedgerVersionError

FINDINGS = "STRUCT(attribute VARCHAR, rule VARCHAR, value VARCHAR, message VARCHAR)[]"

TABLES = {
    "audit": (
        "JOBID VARCHAR NOT NULL, PATHS VARCHAR NOT NULL, DOMAIN VARCHAR NOT NULL, SCHEMA VARCHAR NOT NULL, "
        "SUCCESS BOOLEAN NOT NULL, COUNT BIGINT NOT NULL, COUNTACCEPTED BIGINT NOT NULL, COUNTREJECTED BIGINT NOT NULL, "
        "TIMESTAMP TIMESTAMP NOT NULL, DURATION BIGINT NOT NULL, MESSAGE VARCHAR NOT NULL, STEP VARCHAR NOT NULL, "
        "DATABASE VARCHAR, TENANT VARCHAR, SCHEDULED_DATE TIMESTAMP NOT NULL, "
        "COUNTQUARANTINED BIGINT, COUNTDROPPED BIGINT"
    ),
    "rejected": (
        "JOBID VARCHAR NOT NULL, TIMESTAMP TIMESTAMP NOT NULL, DOMAIN VARCHAR NOT NULL, SCHEMA VARCHAR NOT NULL, "
        "ERROR VARCHAR NOT NULL, PATH VARCHAR NOT NULL, "
        f"FILE VARCHAR, LINE BIGINT, ATTRIBUTE VARCHAR, RULE VARCHAR, VALUE VARCHAR, RECORD VARCHAR, FINDINGS {FINDINGS}, "
        "BYTE_OFFSET BIGINT, REPLAYED_BY VARCHAR, HASH VARCHAR, RECORD_NUMBER BIGINT"
    ),
    "expectations": (
        "JOBID VARCHAR NOT NULL, DATABASE VARCHAR, DOMAIN VARCHAR NOT NULL, SCHEMA VARCHAR NOT NULL, "
        "TIMESTAMP TIMESTAMP NOT NULL, NAME VARCHAR NOT NULL, PARAMS VARCHAR, SQL VARCHAR, COUNT BIGINT, "
        "EXCEPTION VARCHAR, SUCCESS BOOLEAN NOT NULL"
    ),
    "files": (
        "DOMAIN VARCHAR NOT NULL, SCHEMA VARCHAR NOT NULL, NAME VARCHAR NOT NULL, HASH VARCHAR NOT NULL, "
        "SIZE BIGINT NOT NULL, MODIFIED_AT TIMESTAMP NOT NULL, PARTITION VARCHAR, ARCHIVE VARCHAR, "
        "LOADED_AT TIMESTAMP NOT NULL, RUN VARCHAR NOT NULL, JOBID VARCHAR NOT NULL, "
        "COUNT BIGINT NOT NULL, COUNTACCEPTED BIGINT NOT NULL, COUNTREJECTED BIGINT NOT NULL, PRUNED_AT TIMESTAMP, "
        "CHANGED_AT TIMESTAMP, COUNTQUARANTINED BIGINT, COUNTDROPPED BIGINT"
    ),
    "definitions": (
        "DOMAIN VARCHAR NOT NULL, SCHEMA VARCHAR NOT NULL, STRATEGY VARCHAR NOT NULL, KEY VARCHAR NOT NULL, "
        "GRAIN VARCHAR, TIMEZONE VARCHAR, PARTITION_COLUMN VARCHAR, WRITTEN_AT TIMESTAMP NOT NULL"
    ),
    "inputs": (
        "DOMAIN VARCHAR NOT NULL, SCHEMA VARCHAR NOT NULL, INPUT VARCHAR NOT NULL, NAME VARCHAR NOT NULL, MARK VARCHAR, "
        "COUNT BIGINT NOT NULL, SIZE BIGINT, MODIFIED_NS BIGINT, RUN VARCHAR NOT NULL, READ_AT TIMESTAMP NOT NULL"
    ),
    "code_versions": "VERSION VARCHAR NOT NULL, PARTS VARCHAR NOT NULL, WRITTEN_AT TIMESTAMP NOT NULL",
    "version": "LEDGER INTEGER NOT NULL",
}

LEDGER_VERSION = 3
"""1 was the first; 2 added four columns to `rejected` (those after FINDINGS), two to `files` (PRUNED_AT, CHANGED_AT), and two
tables: `definitions` and `code_versions`; 3 the table `inputs`, and COUNTQUARANTINED and COUNTDROPPED to `audit` and `files`
(NULL: none)."""


@dataclass(frozen=True)
class AuditRow:
    """One row of `audit.audit`: a load of one file, or one transform. `duration` in milliseconds, times in UTC."""

    job: str
    paths: str
    key: TableKey
    success: bool
    read: int
    accepted: int
    rejected: int
    at: datetime
    duration: int
    message: str
    step: str
    scheduled: datetime
    quarantined: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class ExpectationRow:
    """One row of `audit.expectations`; `count` is the value the expectation's SQL gave."""

    job: str
    key: TableKey
    at: datetime
    name: str
    params: str
    sql: str
    count: int | None
    exception: str | None
    success: bool


def now() -> datetime:
    """The time for an audit row: UTC without a zone, as Starlake's TIMESTAMP columns have it."""
    return datetime.now(UTC).replace(tzinfo=None)


def naive_utc(moment: datetime) -> datetime:
    """An aware time as the audit tables keep it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def ensure_audit_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Make the audit tables that are missing, and bring older ones (Starlake's or ours) to this version: columns are only added.

    Call it within a transaction: tables, columns and the number of the version change together or not at all.

    Raises:
        LedgerVersionError: A later version of the product has written there; nothing is changed.
    """
    try:
        found = _version(connection, schema)
    except duckdb.CatalogException:
        _create_missing_tables(connection, schema)
        found = _version(connection, schema)
    if found is not None and found > LEDGER_VERSION:
        raise LedgerVersionError(
            f"{schema}.version: the ledger has version {found}, written by a later sl-assets; this one knows versions up to "
            f"{LEDGER_VERSION}. Nothing was written. Hint: install the release that the other runs of this project use."
        )
    if found != LEDGER_VERSION:  # else they are there: looking costs more than all the rest of this
        _add_missing_columns(connection, schema)
        connection.execute(f"DELETE FROM {quote_name(schema)}.version")
        connection.execute(f"INSERT INTO {quote_name(schema)}.version VALUES ($1)", [LEDGER_VERSION])


def _version(connection: duckdb.DuckDBPyConnection, schema: str) -> int | None:
    """The version that is there; None: none yet. The other tables are named as well: one that is missing is an error at once."""
    others = (f"UNION ALL SELECT NULL FROM {quote_name(schema)}.{quote_name(name)} WHERE false" for name in TABLES)
    row = connection.execute(
        f"SELECT max(LEDGER) FROM (SELECT LEDGER FROM {quote_name(schema)}.version {' '.join(others)})"
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _create_missing_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    create_schema(connection, schema)
    for name, columns in TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {quote_name(schema)}.{quote_name(name)} ({columns})")


def _add_missing_columns(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    for table, columns in TABLES.items():
        place = f"{quote_name(schema)}.{quote_name(table)}"
        # Asked of each table: duckdb_columns() looks at every column that there is.
        have = {str(each[0]).lower() for each in connection.execute(f"FROM {place} LIMIT 0").description}
        for column in columns.replace(FINDINGS, "FINDINGS_TYPE").split(", "):
            name, kind = column.split(" ", 1)
            if name.lower() not in have:
                nullable = kind.replace(" NOT NULL", "").replace("FINDINGS_TYPE", FINDINGS)
                connection.execute(f"ALTER TABLE {place} ADD COLUMN {quote_name(name)} {nullable}")


def write_audit(connection: duckdb.DuckDBPyConnection, schema: str, rows: Iterable[AuditRow]) -> None:
    """Add rows to `audit.audit`."""
    values = [
        [
            *(row.job, row.paths, row.key.domain, row.key.name, row.success, row.read, row.accepted, row.rejected),
            *(row.at, row.duration, row.message, row.step, row.scheduled),
            *(row.quarantined, row.dropped),
        ]
        for row in rows
    ]
    if values:
        columns = (
            "JOBID, PATHS, DOMAIN, SCHEMA, SUCCESS, COUNT, COUNTACCEPTED, COUNTREJECTED, TIMESTAMP, DURATION, MESSAGE, STEP, "
            "SCHEDULED_DATE, COUNTQUARANTINED, COUNTDROPPED"
        )
        insert_rows(connection, f"{quote_name(schema)}.audit", columns, values)


def write_expectations(connection: duckdb.DuckDBPyConnection, schema: str, rows: Iterable[ExpectationRow]) -> None:
    """Add rows to `audit.expectations`."""
    values = [
        [
            *(row.job, row.key.domain, row.key.name, row.at, row.name, row.params, row.sql),
            *(row.count, row.exception, row.success),
        ]
        for row in rows
    ]
    if values:
        columns = "JOBID, DOMAIN, SCHEMA, TIMESTAMP, NAME, PARAMS, SQL, COUNT, EXCEPTION, SUCCESS"
        insert_rows(connection, f"{quote_name(schema)}.expectations", columns, values)


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows of values in one statement."""
    names = [f"c{number}" for number in range(len(rows[0]))]
    connection.execute(
        f"INSERT INTO {table} ({columns}) SELECT {', '.join(names)} FROM {from_rows('$rows', names)}", {"rows": as_rows(rows)}
    )
