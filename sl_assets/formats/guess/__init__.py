"""What files look like when no YAML says it: their format, their encoding, their fields."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from sl_assets.formats.guess.dsv import dsv_shape, guess_dsv
from sl_assets.formats.guess.encodings import Encoding, guess_encoding
from sl_assets.formats.guess.fields import Field, Guess, GuessError, Kind
from sl_assets.formats.guess.json_shape import guess_json, json_shape
from sl_assets.formats.guess.kinds import guess_format
from sl_assets.formats.guess.parquet_shape import guess_parquet, parquet_shape
from sl_assets.formats.guess.xml_shape import guess_xml, xml_shape
from sl_assets.formats.plain import plain_copies
from sl_assets.project.records import Format, FormatName, Table, TableKey
from sl_assets.spec.place import Place

__all__ = ["Encoding", "Field", "Guess", "GuessError", "Kind", "PlainFiles", "guess_files", "guess_shape", "plain_files"]


@dataclass(frozen=True)
class PlainFiles:
    """Files as they can be looked at: unpacked, and in UTF-8; keep the record for as long as they are read.

    Attributes:
        originals: The files themselves.
        paths: Where they can be read.
        format: Their format.
        encoding: What they were in.
    """

    originals: tuple[str, ...]
    paths: tuple[str, ...]
    format: FormatName
    encoding: Encoding
    kept: tuple[object, ...] = field(default=(), compare=False, repr=False)


def plain_files(files: Sequence[str], connection: duckdb.DuckDBPyConnection, form: Format | None = None) -> PlainFiles:
    """Files made ready to look at; `form` is their format where it is known, `connection` says where copies may be.

    Raises:
        GuessError: They are empty, of no format that is known, or not all of one format and encoding.
        UnreadableFileError: A compressed file is damaged, or is an archive.
        OSError: A file cannot be opened, or there is no room for copies.
    """
    unpacked, first = _copied(files, Format(name="DSV"), connection)
    with _named(unpacked, files):
        name = form.name if form else guess_format(unpacked)
        encoding = Encoding(form.encoding if form else "UTF-8")
        if form is None and name in ("DSV", "JSON"):
            encoding = guess_encoding(unpacked)
    paths, second = _copied(unpacked, form or Format(name=name, encoding=encoding.name), connection)
    return PlainFiles(tuple(files), paths, name, encoding, (first, second))


@contextmanager
def _named(copies: Sequence[str], originals: Sequence[str]) -> Generator[None]:
    """What is said of a copy is said of its original."""
    try:
        yield
    except GuessError as error:
        raise error.about(dict(zip(copies, originals, strict=True)).get(error.file, error.file)) from error


def _copied(files: Sequence[str], form: Format, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], object]:
    table = Table(TableKey("infer", "files"), "files", "infer", ".*", (), form, Place(Path()))
    copies = plain_copies(table, files, connection)
    if copies is None:
        return tuple(files), None
    return tuple(copies.paths.get(file, file) for file in files), copies


def guess_files(
    files: PlainFiles, connection: duckdb.DuckDBPyConnection, *, header: bool | None = None, row_tag: str | None = None
) -> Guess:
    """What files that belong together are: format, dialect and fields. The format's encoding is UTF-8, as the files are now.

    Args:
        files: The files.
        connection: Reads them; nothing is left behind in it.
        header: Whether delimited text has a header, where the caller knows.
        row_tag: The element of XML that is a record, where the caller knows.

    Raises:
        GuessError: They are damaged, or nothing can be told from them.
    """
    with _named(files.paths, files.originals):
        if files.format == "PARQUET":
            return guess_parquet(files.paths, connection)
        if files.format == "XML":
            return guess_xml(files.paths, row_tag)
        if files.format == "JSON":
            return guess_json(files.paths, connection)
        return guess_dsv(files.paths, header=header)


def guess_shape(files: PlainFiles, form: Format, connection: duckdb.DuckDBPyConnection) -> tuple[Field, ...]:
    """The fields of files whose format is known.

    Raises:
        GuessError: The files are not of this format, or the format tells no fields (POSITION).
    """
    with _named(files.paths, files.originals):
        if form.name == "POSITION":
            raise GuessError(files.paths[0], "POSITION", "its fields are told by their positions, and no file says these")
        if form.name == "PARQUET":
            return parquet_shape(files.paths, connection)
        if form.name == "XML":
            return xml_shape(files.paths, form.options.get("rowTag", ""))
        if form.name == "DSV":
            return dsv_shape(files.paths, form)
        return json_shape(files.paths, form, connection)
