"""From the number of a delimited record back to its line.

Records and lines are one to one unless a quoted field holds a line break; either way of counting is checked against the number
of records DuckDB returned, so that a line is right or not told.
"""

# Polars annotates its expressions with types of optional packages that are not installed.
# pyright: reportUnknownMemberType=false

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from uuid import uuid4

import duckdb
import polars as pl

from sl_assets.formats.dsv_dialect import Dialect, dialect_of
from sl_assets.formats.located import Located, keep
from sl_assets.formats.reader import Counts, Wanted
from sl_assets.project.reading import Reading
from sl_assets.sql.text import quote_name, quote_text


def locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None, counts: Counts | None) -> str:
    """SQL of (sl_file, sl_record, line, raw); see `sl_assets.formats.locate`."""
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


def number_lines(reading: Reading, connection: duckdb.DuckDBPyConnection) -> None:
    """Set right the `line` of refused records: DuckDB counts a record that spans lines as one line.

    It does know the byte where a record starts, from which the line follows.
    """
    if reading.by_line or reading.rejects is None or dialect_of(reading.format).encoding != "utf-8":
        return
    errors, scans = quote_name(f"{reading.rejects}_errors"), quote_name(f"{reading.rejects}_scans")
    sql = f"SELECT DISTINCT scan_id, file_id, line_byte_position FROM {errors} ORDER BY ALL"
    paths = {
        (scan, file): reading.files[0] if len(reading.files) == 1 else path
        for scan, file, path in connection.execute(f"SELECT scan_id, file_id, file_path FROM {scans}").fetchall()
    }
    starts = connection.execute(sql).fetchall()
    for (scan, file), group in groupby(starts, key=lambda start: (start[0], start[1])):
        lines = _lines_at(paths[scan, file], [start[2] for start in group])
        connection.executemany(
            f"UPDATE {errors} SET line = $line WHERE scan_id = $scan AND file_id = $file AND line_byte_position = $byte",
            [{"line": line, "scan": scan, "file": file, "byte": byte} for byte, line in lines],
        )


def _lines_at(file: str, starts: list[int]) -> Iterator[tuple[int, int]]:
    content = Path(file).read_bytes()
    line, counted = 1, 0
    for start in starts:
        at = len(content) - len(content[start - 1 :].lstrip(b"\r\n"))
        line, counted = line + content.count(b"\n", counted, at), at
        yield start, line


def _places(search: _Search) -> Iterator[Located]:
    dialect = dialect_of(search.reading.format)
    if search.reading.by_line and dialect.encoding == "utf-8":
        try:
            found = _in_lines(search)
        except pl.exceptions.PolarsError:
            found = None  # not UTF-8 everywhere: the slow way replaces what it cannot read
        if found is not None:
            return iter(found)
    records = _lines if search.reading.by_line else _quoted
    if sum(1 for _ in _kept(records(search.file, dialect), search)) != search.count:
        return iter(())
    kept = enumerate(_kept(records(search.file, dialect), search), start=1)
    return (Located(number, line, raw) for number, (line, raw) in kept if search.wanted is None or number in search.wanted)


def _in_lines(search: _Search) -> list[Located] | None:
    """The records of a file with one on each line, found without Python looking at a line; None: the counts do not agree."""
    line, raw, record = pl.col("line"), pl.col("raw"), pl.col("record")
    numbered = pl.scan_lines(search.file, name="raw", row_index_name="line", row_index_offset=1)
    kept = numbered.with_columns(raw.str.strip_prefix("\ufeff").str.strip_chars_end("\r\n")).filter(
        (raw != "") & (line > search.reading.skip) & ~line.is_in(sorted(search.refused))
    )
    records = kept.with_row_index("record", offset=1)
    asked = records if search.wanted is None else records.filter(record.is_in(sorted(search.wanted)))
    counted, found = pl.collect_all([kept.select(pl.len()), asked.select("record", "line", "raw")], engine="streaming")
    return [Located(*row) for row in found.rows()] if counted.item() == search.count else None


def _kept(records: Iterator[tuple[int, str]], search: _Search) -> Iterator[tuple[int, str]]:
    return ((line, raw) for line, raw in records if line > search.reading.skip and line not in search.refused)


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


def _lines(file: str, dialect: Dialect) -> Iterator[tuple[int, str]]:
    with Path(file).open(encoding=dialect.codec, errors="replace", newline="") as stream:
        for number, line in enumerate(stream, start=1):
            raw = line.rstrip("\r\n")
            if raw:
                yield number, raw


def _quoted(file: str, dialect: Dialect) -> Iterator[tuple[int, str]]:
    with Path(file).open(encoding=dialect.codec, errors="replace", newline="") as stream:
        taken: list[str] = []
        reader = csv.reader(
            _tee(stream, taken),
            delimiter=dialect.separator[0],
            quotechar=dialect.quote or None,
            escapechar=dialect.escape if dialect.escape not in {"", dialect.quote} else None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        )
        start = 1
        for record in reader:
            if record:
                yield start, "".join(taken).rstrip("\r\n")
            start = reader.line_num + 1
            taken.clear()


def _tee(stream: io.TextIOWrapper, taken: list[str]) -> Iterator[str]:
    for line in stream:
        taken.append(line)
        yield line
