"""XML files: every element named `options.rowTag` is a record.

The records are written down as JSON in a temporary folder, one a line, and read from there as JSON files are.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from sl_assets.formats.copies import Copies, CopyFolder, copies_of
from sl_assets.formats.errors import FormatError, UnreadableFileError
from sl_assets.formats.json_files import JSON, json_reading
from sl_assets.formats.located import keep
from sl_assets.formats.reader import Counts, FormatReader, Wanted
from sl_assets.formats.xml_elements import local_name, records
from sl_assets.formats.xml_lines import places
from sl_assets.formats.xml_values import EntityError, fields_of
from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Format, Table


def _row_tag(form: Format) -> str:
    tag = local_name(form.options.get("rowTag", "").strip().strip("<>"))
    if not tag:
        raise FormatError("metadata.options.rowTag: is missing. It names the element that is a record.")
    return tag


def _readings(table: Table, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> tuple[Reading, ...]:
    tag = _row_tag(table.format)
    attributes = tuple(attribute for attribute in table.attributes if attribute.script is None)
    copies = Copies(CopyFolder(), dict(enumerate(files, start=1)))
    for file, copy in copies.paths.items():
        _write_json(file, copy, tag, attributes, table.format.null_value)
    reading = json_reading(tuple(copies.paths.values()), "newline_delimited", table.format, attributes, connection)
    return (replace(reading, files=tuple(files), sql=copies.named(reading.sql, reading.files), kept=copies),)


def _write_json(file: str, copy: str, tag: str, attributes: tuple[Attribute, ...], null: str | None) -> None:
    with Path(copy).open("w", encoding="utf-8", newline="\n") as stream:
        try:
            stream.writelines(
                f"{json.dumps(fields_of(element, attributes, null), ensure_ascii=False)}\n" for element in records(file, tag)
            )
        except EntityError as error:
            raise UnreadableFileError(file, f"{error}.") from error


def _malformed(_reading: Reading, _connection: duckdb.DuckDBPyConnection) -> str | None:
    return None


def _locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None, _counts: Counts | None) -> str:
    tag = _row_tag(reading.format)
    files = [file for file in reading.files if wanted is None or wanted.get(file)]
    return keep(((file, places(file, tag, None if wanted is None else wanted[file])) for file in files), connection)


def _unreadable(reading: Reading, error: Exception, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    copies = copies_of(reading)
    if copies is None:
        return tuple((file, f"cannot be read as XML: {error}") for file in reading.files)
    written = replace(reading, files=tuple(copies.paths.values()))
    return tuple((copies.original(file), reason) for file, reason in JSON.unreadable(written, error, connection))


XML = FormatReader(_readings, _malformed, _locate, _unreadable)
"""XML."""
