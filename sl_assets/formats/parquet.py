"""Parquet files: columns by name, each with a type of its own.

A column that has the type of its attribute is taken as it is, lists and structs go by way of JSON, anything else by way of its
text, so that the rules of the attribute's type are asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import uuid4

import duckdb

from sl_assets.formats.columns import null_if, positions
from sl_assets.formats.errors import UnreadableFileError
from sl_assets.formats.reader import Counts, FormatReader, Wanted, file_list, has_glob
from sl_assets.project.reading import Reading, Representation
from sl_assets.project.records import Attribute, Format, Table
from sl_assets.sql.text import quote_name, quote_text

_ZONED = "TIMESTAMP WITH TIME ZONE"
_MOMENTS = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", _ZONED})
_NESTED = ("STRUCT(", "MAP(", "UNION(")


@dataclass(frozen=True)
class _Shape:
    """Names and types of a file's columns; `alone` keeps a file apart whose path DuckDB would not report as given."""

    columns: tuple[tuple[str, str], ...]
    alone: str = ""


def _readings(table: Table, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> tuple[Reading, ...]:
    attributes = tuple(attribute for attribute in table.attributes if attribute.script is None)
    wanted = _column_types(attributes, connection)
    shapes = [(_shape(file, attributes, connection), file) for file in files]
    return tuple(
        _reading(tuple(file for _, file in group), shape, table.format, attributes, wanted)
        for shape, group in groupby(shapes, key=lambda pair: pair[0])
    )


def _column_types(attributes: tuple[Attribute, ...], connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """The type of each attribute's column as DuckDB spells it: `TIMESTAMPTZ` is `TIMESTAMP WITH TIME ZONE`."""
    scalars = [attribute for attribute in attributes if not attribute.array and attribute.type.primitive != "struct"]
    if not scalars:
        return {}
    types = ", ".join(f"typeof(CAST(NULL AS {attribute.type.ddl}))" for attribute in scalars)
    row = connection.execute(f"SELECT {types}").fetchone() or ()
    return {attribute.source: str(kind) for attribute, kind in zip(scalars, row, strict=True)}


def _shape(file: str, attributes: tuple[Attribute, ...], connection: duckdb.DuckDBPyConnection) -> _Shape:
    try:
        columns = _columns(file, connection)
    except duckdb.Error as error:
        raise UnreadableFileError(file, f"cannot be read as Parquet: {_first_line(error)}") from error
    sources = [attribute.source for attribute in attributes]
    if not positions([name for name, _ in columns], sources):
        named = ", ".join(name for name, _ in columns)
        raise UnreadableFileError(file, f"has none of the table's columns: there is `{named}`, wanted are {', '.join(sources)}.")
    return _Shape(columns, file if has_glob(file) else "")


def _scan(files: Sequence[str], options: str = "") -> str:
    # Left to itself, DuckDB makes columns of folders that are named like `day=2024-01-01`.
    return f"read_parquet({file_list(files)}, hive_partitioning=false{options})"


def _reading(
    files: tuple[str, ...], shape: _Shape, form: Format, attributes: tuple[Attribute, ...], wanted: Mapping[str, str]
) -> Reading:
    found = positions([name for name, _ in shape.columns], [attribute.source for attribute in attributes])
    columns = ["sl_file"]
    kinds: dict[str, Representation] = {}
    for attribute in attributes:
        if attribute.source in found:
            column, kind = shape.columns[found[attribute.source]]
            sql, kinds[attribute.source] = _column(attribute, quote_name(column), kind, wanted, form)
            columns.append(f"{sql} AS {quote_name(attribute.source)}")
    scan = _scan(files, ", filename='sl_file'")
    if len(files) == 1:
        columns[0], scan = f"{quote_text(files[0])} AS sl_file", _scan(files)
    return Reading(files, f"SELECT {', '.join(columns)} FROM {scan}", "text", frozenset(found), None, form, kinds=kinds)


def _column(attribute: Attribute, column: str, kind: str, wanted: Mapping[str, str], form: Format) -> tuple[str, Representation]:
    """The SQL of an attribute's raw column, and what it is."""
    if kind in {"VARCHAR", "JSON"}:
        nulls = [null for null in (form.null_value, "" if form.empty_is_null else None) if null is not None]
        return null_if(f"CAST({column} AS VARCHAR)", nulls), "text"
    target = wanted.get(attribute.source)
    if target is None or kind.endswith("]") or kind.startswith(_NESTED):
        return f"to_json({column})", "json"
    if kind == target:
        return column, "typed"
    if {kind, target} <= _MOMENTS:
        return _moment(attribute, column, kind, target), "typed"
    return f"CAST({column} AS VARCHAR)", "text"


def _moment(attribute: Attribute, column: str, kind: str, target: str) -> str:
    """A timestamp as the column's kind of timestamp: a local time is one at the type's zone, else at the connection's."""
    zone = attribute.type.zone
    source = column if kind == _ZONED else f"CAST({column} AS TIMESTAMP)"
    if (kind == _ZONED) == (target == _ZONED):
        return f"CAST({source} AS {target})"
    return f"timezone({quote_text(zone)}, {source})" if zone else f"CAST({source} AS {target})"


def _malformed(_reading: Reading, _connection: duckdb.DuckDBPyConnection) -> str | None:
    return None


def _locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None, _counts: Counts | None) -> str:
    """The number of a row stands for the line, and the row as JSON for its text; a row has no bytes of its own."""
    name = quote_name(f"sl_located_{uuid4().hex}")
    connection.execute(
        f"CREATE TEMP TABLE {name} (sl_file VARCHAR, sl_record BIGINT, line BIGINT, raw VARCHAR, byte_offset BIGINT)"
    )
    for file in reading.files:
        if wanted is None:
            connection.execute(f"INSERT INTO {name} {_rows(file, connection)}")
        elif wanted.get(file):
            chosen = "WHERE sl_record IN (SELECT unnest($numbers::BIGINT[]))"
            numbers = {"numbers": list(wanted[file])}
            connection.execute(f"INSERT INTO {name} SELECT * FROM ({_rows(file, connection)}) {chosen}", numbers)
    return f"SELECT sl_file, sl_record, line, raw, byte_offset FROM {name}"


def _rows(file: str, connection: duckdb.DuckDBPyConnection) -> str:
    names = [name for name, _ in _columns(file, connection)]
    fields = ", ".join(f"{quote_text(name)}: {quote_name(name)}" for name in names)
    scan = _scan([file], ", file_row_number=true")
    number = "file_row_number + 1"
    raw = f"CAST(to_json({{{fields}}}) AS VARCHAR)"
    return f"SELECT {quote_text(file)}, {number} AS sl_record, {number}, {raw}, CAST(NULL AS BIGINT) FROM {scan}"


def _columns(file: str, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {_scan([file])}").fetchall()
    return tuple((str(row[0]), str(row[1])) for row in rows)


def _unreadable(reading: Reading, error: Exception, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for file in reading.files:
        alone = reading.sql.replace(file_list(reading.files), file_list([file]))
        try:  # a count alone would be answered from the file's last bytes
            connection.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM ({alone})").fetchall()
        except duckdb.Error as fault:
            found.append((file, f"cannot be read as Parquet: {_first_line(fault)}"))
    return tuple(found) or tuple((file, f"cannot be read as Parquet: {_first_line(error)}") for file in reading.files)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0]


PARQUET = FormatReader(_readings, _malformed, _locate, _unreadable)
"""Parquet."""
