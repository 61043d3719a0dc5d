"""XML files: every element named `options.rowTag` is a record.

The records are written down as JSON in a temporary folder, one a line, and read from there as JSON files are.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from sl_assets.formats.copies import Copies, CopyFolder, copies_of
from sl_assets.formats.errors import FormatError, UnreadableFileError
from sl_assets.formats.json_files import JSON, json_reading
from sl_assets.formats.located import Located, keep
from sl_assets.formats.reader import Counts, FormatReader, Wanted
from sl_assets.formats.xml_elements import Element, local_name, records
from sl_assets.formats.xml_lines import places
from sl_assets.formats.xml_refused import judge_of, numbers_in_file, refusals, refused_numbers, refused_records
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
    copies = Copies(CopyFolder(connection), dict(enumerate(files, start=1)))
    with refusals(copies).open("w", encoding="utf-8") as refused:
        judge = judge_of(table, refused)
        for file, copy in copies.paths.items():
            found = records(file, tag)
            elements = judge.obeyed(file, found) if judge else found
            _write_json(file, copy, elements, attributes, table.format.null_value)
    reading = json_reading(tuple(copies.paths.values()), "newline_delimited", table.format, attributes, connection)
    return (replace(reading, files=tuple(files), sql=copies.named(reading.sql, reading.files), kept=copies),)


def _write_json(file: str, copy: str, elements: Iterator[Element], attributes: tuple[Attribute, ...], null: str | None) -> None:
    with Path(copy).open("w", encoding="utf-8", newline="\n") as stream:
        try:
            stream.writelines(f"{json.dumps(fields_of(element, attributes, null), ensure_ascii=False)}\n" for element in elements)
        except EntityError as error:
            raise UnreadableFileError(file, f"{error}.") from error


def _malformed(reading: Reading, connection: duckdb.DuckDBPyConnection) -> str | None:
    copies = copies_of(reading)
    return refused_records(copies, reading.files, _row_tag(reading.format), connection) if copies else None


def _locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None, _counts: Counts | None) -> str:
    tag, copies = _row_tag(reading.format), copies_of(reading)
    refused: Mapping[str, Sequence[int]] = refused_numbers(copies, connection) if copies else {}
    files = [file for file in reading.files if wanted is None or wanted.get(file)]
    return keep(
        ((file, _places(file, tag, None if wanted is None else wanted[file], refused.get(file, ()))) for file in files),
        connection,
    )


def _places(file: str, tag: str, wanted: Collection[int] | None, refused: Sequence[int]) -> Iterator[Located]:
    if wanted is None:
        others = frozenset(refused)
        given = (place for place in places(file, tag, None) if place.record not in others)
        return (place._replace(record=number) for number, place in enumerate(given, start=1))
    numbers = numbers_in_file(wanted, refused)
    return (place._replace(record=numbers[place.record]) for place in places(file, tag, numbers))


def _unreadable(reading: Reading, error: Exception, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    copies = copies_of(reading)
    if copies is None:
        return tuple((file, f"cannot be read as XML: {error}") for file in reading.files)
    written = replace(reading, files=tuple(copies.paths.values()))
    return tuple((copies.original(file), reason) for file, reason in JSON.unreadable(written, error, connection))


XML = FormatReader(_readings, _malformed, _locate, _unreadable)
"""XML."""
