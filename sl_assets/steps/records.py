"""Single records of the batch that was read last, when it is one file: which are valid, where they stand, what their text is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from sl_assets.formats import locate
from sl_assets.sql.text import quote_name
from sl_assets.steps.batch import BATCH, RECORD, REJECTED, Batch
from sl_assets.steps.reports import Counts
from sl_assets.warehouse.duckdb.rejected import OpenFile, Place
from sl_assets.warehouse.duckdb.values import as_rows, from_rows


def valid_records(connection: duckdb.DuckDBPyConnection, records: Sequence[int]) -> tuple[int, ...]:
    """Of a batch of one file the records, by their numbers among those the reader gave, that are valid."""
    rows = connection.execute(
        f"SELECT {RECORD} FROM {BATCH} WHERE sl_errors IS NULL AND {RECORD} IN "
        f"(SELECT record::BIGINT FROM {from_rows('$records', ['record'])}) ORDER BY 1",
        {"records": as_rows([record] for record in records)},
    ).fetchall()
    return tuple(row[0] for row in rows)


def places_in(connection: duckdb.DuckDBPyConnection, batch: Batch, path: Path, records: Sequence[int]) -> dict[int, Place]:
    """Line and byte offset of some records of the file of the batch, as it reads today."""
    found: dict[int, Place] = {}
    for reading in batch.shapes:
        places = locate(reading, connection, {str(path): frozenset(records)}, {str(path): _records(connection)})
        rows = connection.execute(f"SELECT sl_record, line, byte_offset FROM ({places})").fetchall()
        found |= {record: Place(line, offset) for record, line, offset in rows}
    return found


def texts_of(connection: duckdb.DuckDBPyConnection, batch: Batch, path: Path, file: OpenFile) -> tuple[str, ...]:
    """The raw text, not masked, of the open rejected records of the file of the batch, in their order."""
    found: list[tuple[int, int, str]] = []
    for reading in batch.shapes:
        places = locate(reading, connection, {str(path): frozenset(file.records)}, {str(path): _records(connection)})
        found += connection.execute(f"SELECT line, byte_offset, raw FROM ({places})").fetchall()
    if file.refused:
        refused = f"SELECT line, byte_offset, raw FROM {REJECTED} WHERE sl_file = $1 AND record IS NULL"
        found += connection.execute(refused, [str(path)]).fetchall()
    return tuple(raw or "" for _, _, raw in sorted(found, key=lambda each: (each[0] or 0, each[1] or 0)))


def first_line(connection: duckdb.DuckDBPyConnection, batch: Batch, path: Path) -> int | None:
    """The line of the first record of the file of the batch, valid or not; None: it cannot be told."""
    row = connection.execute(f"SELECT min(line) FROM {REJECTED} WHERE sl_file = $1", [str(path)]).fetchone()
    lines = [row[0] if row else None, *(place.line for place in places_in(connection, batch, path, [1]).values())]
    return min((line for line in lines if line is not None), default=None)


def refused_records(connection: duckdb.DuckDBPyConnection) -> int:
    """How many records of the batch the reader itself refused."""
    row = connection.execute(f"SELECT count(*) FROM {REJECTED} WHERE record IS NULL").fetchone()
    return int(row[0]) if row else 0


def hold_back(
    connection: duckdb.DuckDBPyConnection, batch: Batch, schema: str, path: Path, digest: str, marks: Mapping[int, str]
) -> Batch:
    """Reject records of the file of the batch for which corrected ones were loaded (`marks`: the number -> from which file)."""
    valid = valid_records(connection, tuple(marks))
    if not valid:
        return batch
    rows = as_rows((number, f"corrected in {marks[number]}") for number in valid)
    finding = "[{'attribute': NULL, 'rule': 'corrected', 'value': NULL, 'message': mark.message}]"
    source = f"{from_rows('$rows', ['number', 'message'])} AS mark"
    connection.execute(
        f"UPDATE {BATCH} SET sl_errors = {finding} FROM {source} WHERE {RECORD} = mark.number::BIGINT",
        {"rows": rows},
    )
    connection.execute(
        f"INSERT INTO {REJECTED} SELECT $path, any_value(LINE), any_value(RECORD), any_value({finding}), any_value(BYTE_OFFSET), "
        f"RECORD_NUMBER FROM {quote_name(schema)}.rejected JOIN {source} ON RECORD_NUMBER = mark.number::BIGINT "
        "WHERE HASH = $digest GROUP BY RECORD_NUMBER",
        {"rows": rows, "path": str(path), "digest": digest},
    )
    before = batch[path]
    accepted = before.accepted + before.quarantined + before.dropped - len(valid)  # what row expectations say is asked again
    counts = Counts(before.read, accepted, before.rejected + len(valid))
    return replace(batch, counts={**batch.counts, path: counts})


def _records(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(f"SELECT count(*) FROM {BATCH}").fetchone()
    return int(row[0]) if row else 0
