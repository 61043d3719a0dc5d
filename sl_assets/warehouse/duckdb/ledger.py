"""The ledger (`audit.files`): which file was loaded, when, by which run, where it went. Written with the data it speaks of.

A file is (domain, table, name, content hash); size and modification time are information. The row is written in the
transaction of the file's rows, so the file is loaded if and only if the ledger knows it. Moves of files follow the ledger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import quote_name
from sl_assets.warehouse.duckdb.audit import insert_rows, now
from sl_assets.warehouse.duckdb.values import as_rows, from_rows

COLUMNS = (
    "DOMAIN, SCHEMA, NAME, HASH, SIZE, MODIFIED_AT, PARTITION, ARCHIVE, LOADED_AT, RUN, JOBID, "
    "COUNT, COUNTACCEPTED, COUNTREJECTED, COUNTQUARANTINED, COUNTDROPPED, PRUNED_AT, CHANGED_AT"
)


class FileIdentity(NamedTuple):
    """What makes a file of a table the same file: its name and the SHA-256 of its bytes."""

    name: str
    digest: str


@dataclass(frozen=True)
class LedgerRow:
    """One loaded file. `archive` is where its bytes are now (None: not kept); times in UTC without a zone.

    `pruned_at`: when retention gave up its archived bytes. Where `archive` is still there beside it, removing them was
    interrupted, and the next prune does it. `loaded_at` stays when the file is loaded afresh or some of its records are replayed;
    CHANGED_AT, in the table only, is when the row was written.
    """

    key: TableKey
    name: str
    digest: str
    size: int
    modified_at: datetime
    partition: str | None
    archive: Path | None
    loaded_at: datetime
    run: str
    job: str
    read: int
    accepted: int
    rejected: int
    quarantined: int = 0
    dropped: int = 0
    pruned_at: datetime | None = None

    @property
    def identity(self) -> FileIdentity:
        """Name and content."""
        return FileIdentity(self.name, self.digest)


def known_files(
    connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, partitions: Sequence[str] | None = None
) -> tuple[LedgerRow, ...]:
    """The loaded files of a table, in the order they were loaded; with `partitions`, those of these partitions only."""
    condition = "" if partitions is None else f"AND PARTITION IN (SELECT part FROM {from_rows('$3', ['part'])})"
    parameters: list[object] = [key.domain, key.name]
    if partitions is not None:
        parameters.append(as_rows([part] for part in partitions))
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM {quote_name(schema)}.files WHERE DOMAIN = $1 AND SCHEMA = $2 {condition} "
        "ORDER BY LOADED_AT, MODIFIED_AT, NAME",
        parameters,
    ).fetchall()
    return tuple(_row(row) for row in rows)


def files_by_partition(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey) -> dict[str | None, int]:
    """How many files of a table were loaded into each partition; under None those that were loaded into none."""
    rows = connection.execute(
        f"SELECT PARTITION, count(*) FROM {quote_name(schema)}.files WHERE DOMAIN = $1 AND SCHEMA = $2 GROUP BY ALL ORDER BY ALL",
        [key.domain, key.name],
    ).fetchall()
    return dict(rows)


def last_runs(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey) -> dict[str | None, str]:
    """The run that changed the rows last, for each partition of a table; under None for a table without partitions."""
    rows = connection.execute(
        "SELECT PARTITION, arg_max(RUN, coalesce(CHANGED_AT, LOADED_AT)) "
        f"FROM {quote_name(schema)}.files WHERE DOMAIN = $1 AND SCHEMA = $2 "
        "GROUP BY PARTITION",
        [key.domain, key.name],
    ).fetchall()
    return dict(rows)


def archive_paths(connection: duckdb.DuckDBPyConnection, schema: str, domain: str) -> frozenset[Path]:
    """Every archive path promised to a file of a domain."""
    rows = connection.execute(
        f"SELECT ARCHIVE FROM {quote_name(schema)}.files WHERE DOMAIN = $1 AND ARCHIVE IS NOT NULL", [domain]
    ).fetchall()
    return frozenset(Path(row[0]) for row in rows)


def write_ledger(connection: duckdb.DuckDBPyConnection, schema: str, rows: Iterable[LedgerRow]) -> None:
    """Add loaded files; a file loaded again (its partition was rebuilt) replaces its row."""
    values = [
        [
            *(row.key.domain, row.key.name, row.name, row.digest, row.size, row.modified_at, row.partition),
            *(str(row.archive) if row.archive else None, row.loaded_at, row.run, row.job, row.read, row.accepted, row.rejected),
            *(row.quarantined, row.dropped, row.pruned_at, now()),
        ]
        for row in rows
    ]
    if not values:
        return
    connection.execute(
        f"DELETE FROM {quote_name(schema)}.files WHERE DOMAIN = $1 AND SCHEMA = $2 AND (NAME, HASH) IN "
        f"(SELECT (name, hash) FROM {from_rows('$3', ['name', 'hash'])})",
        [values[0][0], values[0][1], as_rows([value[2], value[3]] for value in values)],
    )
    insert_rows(connection, f"{quote_name(schema)}.files", COLUMNS, values)


def _row(row: tuple[object, ...]) -> LedgerRow:
    domain, table, name, digest, size, modified_at, partition, archive, loaded_at, run, job, *counts, pruned_at, _changed_at = row
    read, accepted, rejected, quarantined, dropped = (int(str(count or 0)) for count in counts)
    return LedgerRow(
        key=TableKey(str(domain), str(table)),
        name=str(name),
        digest=str(digest),
        size=int(str(size)),
        modified_at=_moment(modified_at),
        partition=None if partition is None else str(partition),
        archive=None if archive is None else Path(str(archive)),
        loaded_at=_moment(loaded_at),
        run=str(run),
        job=str(job),
        read=read,
        accepted=accepted,
        rejected=rejected,
        quarantined=quarantined,
        dropped=dropped,
        pruned_at=None if pruned_at is None else _moment(pruned_at),
    )


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"the ledger holds {value!r} where a time should be")
    return value
