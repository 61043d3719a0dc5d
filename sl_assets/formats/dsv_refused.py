"""Where the records that DuckDB's CSV reader refused stand: their lines set right, and their bytes."""

import mmap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import IO
from uuid import uuid4

import duckdb
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from sl_assets.project.reading import Reading
from sl_assets.sql.text import quote_name, quote_text

_BREAKS = "chr(13) || chr(10)"


def number_lines(reading: Reading, connection: duckdb.DuckDBPyConnection) -> None:
    """Set right the `line` of refused records, and give the reject table the column `byte_offset`; once is enough.

    DuckDB counts a record that spans lines as one line. It does know the byte where a record, with blank lines before it, starts.
    """
    if reading.rejects is None or _is_done(f"{reading.rejects}_errors", connection):
        return
    errors = quote_name(f"{reading.rejects}_errors")
    connection.execute(f"ALTER TABLE {errors} ADD COLUMN byte_offset BIGINT")
    connection.execute(
        f"UPDATE {errors} SET byte_offset = line_byte_position - 1 + length(csv_line) - length(ltrim(csv_line, {_BREAKS}))"
    )
    if reading.by_line:
        return
    for scan, number, file, offsets in _by_file(reading, connection):
        _update(errors, scan, number, "line", dict(_lines_at(file, offsets)), connection)


def show_bytes(reading: Reading, connection: duckdb.DuckDBPyConnection) -> None:
    r"""Put the bytes that are no text into the text of their records, as `\xff`: DuckDB has question marks there.

    Ask after `number_lines`.
    """
    errors = quote_name(f"{reading.rejects}_errors")
    sql = (
        f"SELECT DISTINCT scan_id, file_id, byte_offset, strlen(trim(csv_line, {_BREAKS})) FROM {errors} "
        "WHERE error_type = 'INVALID ENCODING' ORDER BY ALL"
    )
    rows = connection.execute(sql).fetchall()
    if not rows:
        return
    paths = _paths(reading, connection)
    for (scan, number), group in groupby(rows, key=lambda row: (row[0], row[1])):
        with Path(paths[scan, number]).open("rb") as stream:
            texts = {offset: _shown(stream, offset, size) for _, _, offset, size in group}
        _update(errors, scan, number, "csv_line", texts, connection)


def _shown(stream: IO[bytes], offset: int, size: int) -> str:
    stream.seek(offset)
    return stream.read(size).decode("utf-8", "backslashreplace")


def _is_done(table: str, connection: duckdb.DuckDBPyConnection) -> bool:
    sql = f"SELECT 1 FROM duckdb_columns() WHERE table_name = {quote_text(table)} AND column_name = 'byte_offset'"
    return connection.execute(sql).fetchone() is not None


def _by_file(reading: Reading, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, str, list[int]]]:
    errors = quote_name(f"{reading.rejects}_errors")
    paths = _paths(reading, connection)
    sql = f"SELECT DISTINCT scan_id, file_id, byte_offset FROM {errors} ORDER BY ALL"
    for (scan, number), group in groupby(connection.execute(sql).fetchall(), key=lambda row: (row[0], row[1])):
        yield scan, number, paths[scan, number], [row[2] for row in group]


def _paths(reading: Reading, connection: duckdb.DuckDBPyConnection) -> Mapping[tuple[int, int], str]:
    scans = quote_name(f"{reading.rejects}_scans")
    return {
        (scan, number): reading.files[0] if len(reading.files) == 1 else path
        for scan, number, path in connection.execute(f"SELECT scan_id, file_id, file_path FROM {scans}").fetchall()
    }


def _lines_at(file: str, offsets: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each of the offsets, which are in order, with its line."""
    line, counted = 1, 0
    with Path(file).open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for offset in offsets:
            while counted < offset:
                end = min(offset, counted + (1 << 24))
                line, counted = line + content[counted:end].count(b"\n"), end
            yield offset, line


def _update(
    errors: str,
    scan: int,
    file: int,
    column: str,
    values: Mapping[int, int] | Mapping[int, str],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Set a column of the refused records that begin at the given bytes."""
    view = f"sl_places_{uuid4().hex}"
    columns = {"byte_offset": list(values), "value": list(values.values())}
    connection.register(view, pa.table(columns))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    connection.execute(
        f"UPDATE {errors} AS error SET {column} = place.value FROM {view} AS place "
        "WHERE error.byte_offset = place.byte_offset AND error.scan_id = $scan AND error.file_id = $file",
        {"scan": scan, "file": file},
    )
    connection.unregister(view)
