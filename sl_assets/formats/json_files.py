"""JSON files: one value per line, one array, or documents one after the other; records are objects, values stay JSON."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

import duckdb

from sl_assets.formats.json_lines import locate
from sl_assets.formats.reader import FormatReader, file_column, file_list, has_glob
from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Format, Table
from sl_assets.sql.text import quote_name, quote_text

Layout = Literal["newline_delimited", "array", "unstructured"]

_WHITE = b" \t\r\n"
_PLACE = re.compile(r"in (?P<kind>line|record/value) (?P<number>\d+)")


def _readings(table: Table, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> tuple[Reading, ...]:
    attributes = tuple(attribute for attribute in table.attributes if attribute.script is None)
    keys: list[tuple[Layout, str, str]] = [(_layout(file, table.format), file if has_glob(file) else "", file) for file in files]
    readings: list[Reading] = []
    for _, group in groupby(keys, key=lambda key: (key[0], key[1])):
        layouts, _, grouped = zip(*group, strict=True)
        readings.append(json_reading(grouped, layouts[0], table.format, attributes, connection))
    return tuple(readings)


_FILE = "sl name of file"
"""DuckDB's column for the path; by itself it is called `filename`, which may be a field."""


def _layout(file: str, form: Format) -> Layout:
    if form.array or _first_byte(file) == b"[":
        return "array"
    return "unstructured" if form.multiline else "newline_delimited"


def _first_byte(file: str) -> bytes:
    with Path(file).open("rb") as stream:
        while chunk := stream.read(4096):
            if text := chunk.lstrip(_WHITE):
                return text[:1]
    return b""


def json_reading(
    files: tuple[str, ...],
    layout: Layout,
    form: Format,
    attributes: tuple[Attribute, ...],
    connection: duckdb.DuckDBPyConnection,
) -> Reading:
    """A reading of files of one layout."""
    types = ", ".join(f"{quote_text(attribute.source)}: 'JSON'" for attribute in attributes)
    # Without `records`, DuckDB takes a table of one JSON column for "the whole record in this column".
    scan = f"format='{layout}', records='true', columns={{{types}}}, filename={quote_text(_FILE)}"
    file = f"{file_column(files, quote_name(_FILE))} AS sl_file"
    columns = ", ".join([file, *(quote_name(attribute.source) for attribute in attributes)])
    sql = f"SELECT {columns} FROM read_json({file_list(files)}, {scan})"
    present = frozenset(
        attribute.source
        for attribute in attributes
        if not attribute.required or _occurs(attribute.source, files, layout, connection)
    )
    return Reading(files, sql, "json", present, None, form, scan, by_line=layout == "newline_delimited")


def _occurs(source: str, files: tuple[str, ...], layout: Layout, connection: duckdb.DuckDBPyConnection) -> bool:
    path = quote_text('$."' + source.replace('"', '\\"') + '"')
    objects = f"read_json_objects({file_list(files)}, format='{layout}')"
    try:
        return connection.execute(f"SELECT 1 FROM {objects} WHERE json_exists(json, {path}) LIMIT 1").fetchone() is not None
    except duckdb.Error:
        return True


def _malformed(_reading: Reading, _connection: duckdb.DuckDBPyConnection) -> str | None:
    return None


def _unreadable(reading: Reading, error: Exception, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    found = [(file, fault) for file in reading.files if (fault := _fault(file, reading, connection)) is not None]
    return tuple(found) or tuple((file, _sentence(file, error, reading.format)) for file in reading.files)


def _fault(file: str, reading: Reading, connection: duckdb.DuckDBPyConnection) -> str | None:
    try:
        connection.execute(f"SELECT count(COLUMNS(*)) FROM read_json({file_list([file])}, {reading.scan})").fetchall()
    except duckdb.Error as error:
        return _sentence(file, error, reading.format)
    return None


def _sentence(file: str, error: Exception, form: Format) -> str:
    text = str(error)
    place = _PLACE.search(text)
    where = _where(place, late="Malformed JSON" in text) if place else "the file"
    reasons = {
        "Expected top-level JSON array": "is not a JSON array, although metadata.array is true",
        "UTF-8": f"is not {form.encoding} text ({where})",
        "Expected OBJECT": f"holds something other than an object ({where})",
        "maximum_object_size": f"holds a record that is too large ({where})",
    }
    for sign, reason in reasons.items():
        if sign in text:
            return reason
    if not Path(file).exists():
        return "is not there any more"
    hint = "" if form.array or form.multiline else "; a file whose records span lines needs metadata.multiline: true"
    ends = "ends in the middle of a record" if "unexpected end" in text and form.array else "is not well-formed JSON"
    return f"{ends} ({where}{hint})"


def _where(place: re.Match[str], *, late: bool) -> str:
    number = int(place["number"]) - late  # DuckDB has counted a malformed record before it says its number
    return f"{'line' if place['kind'] == 'line' else 'record'} {max(number, 1)}"


JSON = FormatReader(_readings, _malformed, locate, _unreadable)
"""JSON and JSON_FLAT."""
