"""The structure of JSON files: of all records, merged by DuckDB's `json_group_structure`."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import duckdb

from sl_assets.formats.guess.fields import Field, Guess, GuessError, Kind
from sl_assets.formats.reader import file_list
from sl_assets.project.records import Format
from sl_assets.sql.text import quote_text

_KINDS: dict[str, Kind] = {
    "UBIGINT": "whole",
    "BIGINT": "whole",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "VARCHAR": "quoted",
    "NULL": "empty",
}
_MOST_FIELDS = 500
_WHITE = b" \t\r\n"


def guess_json(files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Guess:
    """JSON files: one record a line, one array, or records that span lines.

    Raises:
        GuessError: A file is not well-formed, or its values are no objects.
    """
    arrays = [_first_byte(file) == b"[" for file in files]
    form = Format(name="JSON", array=all(arrays), multiline=not all(arrays) and not _by_line(files, arrays, connection))
    return Guess(form, json_shape(files, form, connection))


def json_shape(files: Sequence[str], form: Format, connection: duckdb.DuckDBPyConnection) -> tuple[Field, ...]:
    """The fields of JSON files whose layout is known.

    Raises:
        GuessError: A file is not well-formed, or its values are no objects.
    """
    by_layout: dict[str, list[str]] = {}
    for file in files:
        array = form.array or _first_byte(file) == b"["
        layout = "array" if array else "unstructured" if form.multiline else "newline_delimited"
        by_layout.setdefault(layout, []).append(file)
    sources = " UNION ALL ".join(_objects(group, layout) for layout, group in by_layout.items())
    structure = _structure(f"({sources})", "json", files, connection)
    if not isinstance(structure, dict):
        fact = "holds no records" if structure == "NULL" else "holds values that are no objects"
        raise GuessError(files[0], "content", fact, "a record is a JSON object: {...}.")
    members = cast("dict[str, object]", structure)
    return tuple(_settled(_nested(name, value), f"({sources})", connection) for name, value in members.items())


def _by_line(files: Sequence[str], arrays: Sequence[bool], connection: duckdb.DuckDBPyConnection) -> bool:
    lines = [file for file, array in zip(files, arrays, strict=True) if not array]
    try:
        connection.execute(f"SELECT count(json_type(json)) FROM ({_objects(lines, 'newline_delimited')})").fetchone()
    except duckdb.Error:
        return False
    return True


def _objects(files: Sequence[str], layout: str) -> str:
    return f"SELECT json FROM read_json_objects({file_list(files)}, format='{layout}')"


def _structure(relation: str, column: str, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> object:
    try:
        row = connection.execute(f"SELECT json_group_structure({column}) FROM {relation}").fetchone()
    except duckdb.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise GuessError(files[0], "JSON", f"cannot be read: {reason}") from error
    return json.loads(row[0]) if row and row[0] else "NULL"


def _settled(field: Field, relation: str, connection: duckdb.DuckDBPyConnection, above: str = "$") -> Field:
    """Where values of several kinds meet, a look says whether objects or arrays are among them; else they are scalars."""
    path = f"{above}.{json.dumps(field.name, ensure_ascii=False)}{'[*]' if field.array else ''}"
    if field.fields:
        return replace(field, fields=tuple(_settled(each, relation, connection, path) for each in field.fields))
    if field.kind != "scalar":
        return field
    values = f"json_extract(json, {quote_text(path)})"
    values = values if "[*]" in path else f"[{values}]"
    nested = f"len(list_filter({values}, lambda x: json_type(x) IN ('OBJECT', 'ARRAY'))) > 0"
    row = connection.execute(f"SELECT bool_or({nested}) FROM {relation}").fetchone()
    return Field(field.name, "variant") if row and row[0] else field


def _nested(name: str, structure: object) -> Field:
    if isinstance(structure, list):
        return _array(name, cast("list[object]", structure))
    if isinstance(structure, dict):
        return _object(name, cast("dict[str, object]", structure))
    return Field(name, _KINDS.get(str(structure), "scalar"))


def _array(name: str, structure: list[object]) -> Field:
    inner = _nested(name, structure[0] if structure else "NULL")
    if inner.array or inner.kind == "variant":
        return Field(name, "variant")
    return replace(inner, array=True)


def _object(name: str, structure: dict[str, object]) -> Field:
    fields = tuple(_nested(inner, value) for inner, value in structure.items())
    if not fields:
        return Field(name, "variant")
    if len(fields) > _MOST_FIELDS:
        return Field(name, "variant", note=f"an object with {len(fields)} different keys: its keys are data rather than names")
    if len({field.name.casefold() for field in fields}) < len(fields):
        return Field(name, "variant", note="an object with keys that differ in letter case only")
    return Field(name, "struct", fields=fields)


def _first_byte(file: str) -> bytes:
    with Path(file).open("rb") as stream:
        while chunk := stream.read(4096):
            if text := chunk.lstrip(_WHITE):
                return text[:1]
    return b""
