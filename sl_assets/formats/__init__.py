"""One module per file format: files -> a relation of text or JSON columns, and the way back from a record to its line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import duckdb

from sl_assets.formats.dsv import DSV
from sl_assets.formats.errors import FormatError, UnreadableFileError
from sl_assets.formats.json_files import JSON
from sl_assets.formats.reader import FormatReader, Wanted
from sl_assets.project.reading import Reading
from sl_assets.project.records import Table

__all__ = ["FormatError", "UnreadableFileError", "locate", "malformed", "readings", "unreadable"]

_READERS: Mapping[str, FormatReader] = MappingProxyType({"DSV": DSV, "JSON": JSON, "JSON_FLAT": JSON})

_COMPRESSED: Mapping[bytes, str] = MappingProxyType(
    {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"PK\x03\x04": "zip"}
)


def readings(table: Table, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> tuple[Reading, ...]:
    """Group the files of a table into readings: consecutive files of the same shape together, order kept.

    Args:
        table: Whose files they are.
        files: Local paths, in load order.
        connection: Used to look into the files; nothing is left behind in it.

    Raises:
        FormatError: The table's format or one of its `metadata` keys cannot be read.
        UnreadableFileError: A file is compressed, or its header names none of the table's columns.
        OSError: A file cannot be opened.
    """
    for file in files:
        _refuse_compressed(file)
    return _reader(table.format.name).readings(table, files, connection)


def malformed(reading: Reading, connection: duckdb.DuckDBPyConnection) -> str | None:
    """SQL of (sl_file, line, rule, message, raw): the records the reader refused, one row each, in order; None: there are none.

    Ask after `reading.sql` has run, once, on the same connection.
    """
    return _reader(reading.format.name).malformed(reading, connection)


def locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None = None) -> str:
    """SQL of (sl_file, sl_record, line, raw): where each record that `reading.sql` returned stands in its file.

    `sl_record` counts from 1 within the file. A file whose records cannot be told from its lines with certainty has no rows.

    Args:
        reading: What was read.
        connection: Gets a temporary table that the SQL reads.
        wanted: File -> record numbers; None: all records of all files. Give it: the relation is then as small as the answer.
    """
    return _reader(reading.format.name).locate(reading, connection, wanted)


def unreadable(reading: Reading, error: Exception, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    """Which files made `reading.sql` fail, each with one plain sentence why (and the line, if known)."""
    return _reader(reading.format.name).unreadable(reading, error, connection)


def _refuse_compressed(file: str) -> None:
    with Path(file).open("rb") as stream:
        start = stream.read(4)
    for magic, name in _COMPRESSED.items():
        if start.startswith(magic):
            reason = f"is a compressed file ({name}), which is not supported yet. Hint: unpack it before it lands."
            raise UnreadableFileError(file, reason)


def _reader(name: str) -> FormatReader:
    reader = _READERS.get(name)
    if reader is None:
        raise FormatError(f"format {name} cannot be read yet. Allowed: {', '.join(_READERS)}.")
    return reader
