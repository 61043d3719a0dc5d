"""One module per file format: files -> a relation of text or JSON columns, and the way back from a record to its line."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import duckdb

from sl_assets.formats.copies import by_copy, copies_of
from sl_assets.formats.dsv import DSV
from sl_assets.formats.errors import FormatError, NoRoomError, UnreadableFileError
from sl_assets.formats.json_files import JSON
from sl_assets.formats.parquet import PARQUET
from sl_assets.formats.plain import plain_copies
from sl_assets.formats.position import POSITION
from sl_assets.formats.reader import Counts, FormatReader, Wanted
from sl_assets.formats.xml_files import XML
from sl_assets.project.reading import Reading
from sl_assets.project.records import Table

__all__ = ["FormatError", "NoRoomError", "UnreadableFileError", "locate", "malformed", "readings", "unreadable"]

_READERS: Mapping[str, FormatReader] = MappingProxyType(
    {"DSV": DSV, "JSON": JSON, "JSON_FLAT": JSON, "PARQUET": PARQUET, "POSITION": POSITION, "XML": XML}
)


def readings(table: Table, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> tuple[Reading, ...]:
    """Group the files of a table into readings: consecutive files of the same shape together, order kept.

    A file that came compressed or in another encoding than UTF-8 is read through a copy; hold on to the reading until the last
    question about it is asked.

    Args:
        table: Whose files they are.
        files: Local paths, in load order.
        connection: Used to look into the files; nothing is left behind in it.

    Raises:
        FormatError: The table's format or one of its `metadata` keys cannot be read.
        UnreadableFileError: A file is an archive, or damaged, or its header names none of the table's columns.
        OSError: A file cannot be opened, or there is no room to unpack it.
    """
    reader = _reader(table.format.name)
    copies = plain_copies(table, files, connection)
    if copies is None:
        return reader.readings(table, files, connection)
    paths = copies.paths
    try:
        found = reader.readings(table, [paths.get(file, file) for file in files], connection)
    except UnreadableFileError as error:
        raise UnreadableFileError(copies.original(error.file), error.reason) from error
    return tuple(copies.reading(reading) for reading in found)


def malformed(reading: Reading, connection: duckdb.DuckDBPyConnection) -> str | None:
    """SQL of (sl_file, line, rule, message, raw, byte_offset): the refused records, one row each, in order; None: there are none.

    Ask after `reading.sql` has run, once, on the same connection.
    """
    copies = copies_of(reading)
    if reading.copied is None or copies is None:
        return _reader(reading.format.name).malformed(reading, connection)
    sql = malformed(reading.copied, connection)
    return copies.placed(sql, reading.copied.files, refused=True) if sql else None


def locate(
    reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None = None, counts: Counts | None = None
) -> str:
    """SQL of (sl_file, sl_record, line, raw, byte_offset): where each record that `reading.sql` returned stands in its file.

    `sl_record` counts from 1 within the file. A file whose records cannot be told from its lines with certainty has no rows.

    Args:
        reading: What was read.
        connection: Gets a temporary table that the SQL reads.
        wanted: File -> record numbers; None: all records of all files. Give it: the relation is then as small as the answer.
        counts: File -> how many records `reading.sql` gave of it; None: they are counted, which takes another scan.
    """
    copies = copies_of(reading)
    if reading.copied is None or copies is None:
        return _reader(reading.format.name).locate(reading, connection, wanted, counts)
    numbers = None if wanted is None else by_copy(wanted, copies)
    sql = locate(reading.copied, connection, numbers, None if counts is None else by_copy(counts, copies))
    return copies.placed(sql, reading.copied.files)


def unreadable(reading: Reading, error: Exception, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    """Which files made `reading.sql` fail, each with one plain sentence why (and the line, if known)."""
    copies = copies_of(reading)
    if reading.copied is None or copies is None:
        return _reader(reading.format.name).unreadable(reading, error, connection)
    return tuple((copies.original(file), reason) for file, reason in unreadable(reading.copied, error, connection))


def _reader(name: str) -> FormatReader:
    reader = _READERS.get(name)
    if reader is None:
        raise FormatError(f"format {name} cannot be read yet. Allowed: {', '.join(_READERS)}.")
    return reader
