"""From the number of a delimited record back to its line and its first byte.

Records and lines are one to one unless a quoted field holds a line break; either way of counting is checked against the number
of records DuckDB returned, so that a line is right or not told.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

import duckdb

from sl_assets.formats.dsv_dialect import Dialect, dialect_of
from sl_assets.formats.dsv_refused import number_lines
from sl_assets.formats.line_index import records_in_lines
from sl_assets.formats.located import Located, keep
from sl_assets.formats.reader import Counts, Wanted
from sl_assets.formats.text_lines import Line, lines_of
from sl_assets.project.reading import Reading
from sl_assets.sql.text import quote_name, quote_text


def locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None, counts: Counts | None) -> str:
    """SQL of (sl_file, sl_record, line, raw, byte_offset); see `sl_assets.formats.locate`."""
    number_lines(reading, connection)
    files = [file for file in reading.files if wanted is None or wanted.get(file)]
    given = _counts(reading, connection) if counts is None else counts
    return keep(
        (
            (file, _places(_Search(file, reading, given.get(file, 0), _refused(file, reading, connection), _of(wanted, file))))
            for file in files
        ),
        connection,
    )


class _Record(NamedTuple):
    """A record without its number: the line and the byte it starts at, and its text."""

    line: int
    raw: str
    byte_offset: int


@dataclass(frozen=True)
class _Search:
    """Which records of a file are looked for, and what is known of it: records given, lines refused."""

    file: str
    reading: Reading
    count: int
    refused: frozenset[int]
    wanted: frozenset[int] | None


def _of(wanted: Wanted | None, file: str) -> frozenset[int] | None:
    return None if wanted is None else frozenset(wanted[file])


def _places(search: _Search) -> Iterator[Located]:
    if search.reading.by_line:
        found = records_in_lines(search.file, search.reading.skip, search.refused, search.wanted)
        if found.records == search.count:
            return iter(found.asked)
    if _count(search) != search.count:
        return iter(())
    kept = enumerate(_kept(search), start=1)
    return (Located(number, *record) for number, record in kept if search.wanted is None or number in search.wanted)


def _count(search: _Search) -> int | None:
    try:
        return sum(1 for _ in _kept(search))
    except csv.Error:  # a field longer than 128 KiB, where Python's reader gives up
        return None


def _kept(search: _Search) -> Iterator[_Record]:
    form = search.reading.format
    records = _lines(search.file) if search.reading.by_line else _quoted(search.file, dialect_of(form))
    return (each for each in records if each.line > search.reading.skip and each.line not in search.refused)


def _counts(reading: Reading, connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Records per file. The scan is the load's own, to other reject tables: with `ignore_errors` DuckDB keeps other records."""
    if reading.rejects is None:
        return {}
    prefix = f"sl_counts_{uuid4().hex}"
    scan = reading.sql.replace(reading.rejects, prefix)
    sql = f"SELECT sl_file, count(*), count(COLUMNS(*)) FROM ({scan}) GROUP BY ALL"
    rows = connection.execute(sql).fetchall()  # counting every column makes DuckDB look at every value, as the load did
    for table in (f"{prefix}_errors", f"{prefix}_scans"):
        connection.execute(f"DROP TABLE {quote_name(table)}")
    return {str(row[0]): int(row[1]) for row in rows}


def _refused(file: str, reading: Reading, connection: duckdb.DuckDBPyConnection) -> frozenset[int]:
    errors, scans = quote_name(f"{reading.rejects}_errors"), quote_name(f"{reading.rejects}_scans")
    condition = "true" if len(reading.files) == 1 else f"scan.file_path = {quote_text(file)}"
    sql = f"SELECT DISTINCT error.line FROM {errors} AS error JOIN {scans} AS scan USING (scan_id, file_id) WHERE {condition}"
    return frozenset(int(row[0]) for row in connection.execute(sql).fetchall())


def _lines(file: str) -> Iterator[_Record]:
    for line in lines_of(file):
        raw = line.text.rstrip("\r\n")
        if raw:
            yield _Record(line.number, raw, line.byte_offset)


def _quoted(file: str, dialect: Dialect) -> Iterator[_Record]:
    taken: list[Line] = []
    reader = csv.reader(
        _tee(lines_of(file), taken),
        delimiter=dialect.separator[0],
        quotechar=dialect.quote or None,
        escapechar=dialect.escape if dialect.escape not in {"", dialect.quote} else None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    )
    for record in reader:
        if record:
            yield _Record(taken[0].number, "".join(line.text for line in taken).rstrip("\r\n"), taken[0].byte_offset)
        taken.clear()


def _tee(lines: Iterator[Line], taken: list[Line]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line.text
