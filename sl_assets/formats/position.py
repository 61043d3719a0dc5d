"""Fixed-width text (Starlake's POSITION): every line is a record, every attribute a range of its characters, or of its bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from uuid import uuid4

import duckdb

from sl_assets.formats.dsv import broken_files, refused_lines
from sl_assets.formats.dsv_dialect import dialect_of, scan_options
from sl_assets.formats.dsv_lines import locate
from sl_assets.formats.errors import FormatError
from sl_assets.formats.reader import FormatReader, file_column, file_list, has_glob
from sl_assets.formats.transcoded import FILLER, counts_bytes, skipped_lines
from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Format, Table
from sl_assets.sql.text import quote_name, quote_text

_NO_SEPARATOR = "\x1d\x1e"
"""Text that no file holds: DuckDB then reads a line as one value."""


def _readings(table: Table, files: Sequence[str], _connection: duckdb.DuckDBPyConnection) -> tuple[Reading, ...]:
    attributes = tuple(attribute for attribute in table.attributes if attribute.script is None)
    groups = groupby(files, key=lambda file: file if has_glob(file) else "")
    return tuple(_reading(tuple(group), table.format, attributes) for _, group in groups)


def _reading(files: tuple[str, ...], form: Format, attributes: tuple[Attribute, ...]) -> Reading:
    plain = replace(form, separator=_NO_SEPARATOR, quote="", escape="")
    skip = skipped_lines(form)
    options = scan_options(dialect_of(plain), 1, skip, empty_is_null=False)
    scan = f"{options}, strict_mode=false"  # strict, DuckDB refuses a file whose lines do not all end alike
    prefix = f"sl_rejects_{uuid4().hex}"
    rejects = f"store_rejects=true, rejects_limit=0, rejects_table='{prefix}_errors', rejects_scan='{prefix}_scans'"
    columns = ", ".join([f"{file_column(files)} AS sl_file", *_fields(attributes, form)])
    return Reading(
        files=files,
        sql=f"SELECT {columns} FROM read_csv({file_list(files)}, {scan}, {rejects}) WHERE c0 <> ''",
        representation="text",
        present=frozenset(attribute.source for attribute in attributes),
        rejects=prefix,
        format=plain,
        scan=scan,
        skip=skip,
    )


def _fields(attributes: tuple[Attribute, ...], form: Format) -> Iterator[str]:
    for attribute in attributes:
        if attribute.position is None:
            raise FormatError(f"attribute {attribute.source} has no position, which a table of format POSITION needs.")
        first, last = attribute.position
        # Only a line that ends before the field leaves it empty.
        text = f"nullif(substring(c0, {first + 1}, {last - first + 1}), '')"
        if counts_bytes(form):
            text = f"replace({text}, {quote_text(FILLER)}, '')"
        if form.null_value is not None:
            text = f"CASE WHEN trim({text}) <> {quote_text(form.null_value.strip(' '))} THEN {text} END"
        yield f"{text} AS {quote_name(attribute.source)}"


def _malformed(reading: Reading, connection: duckdb.DuckDBPyConnection) -> str | None:
    refused = refused_lines(reading, connection)
    if refused is None or not counts_bytes(reading.format):
        return refused
    words = quote_text(", or a position cuts a character in two")
    message = f"CASE WHEN rule = 'encoding' THEN message || {words} ELSE message END"
    return f"SELECT * REPLACE ({message} AS message) FROM (\n{refused}\n)"


POSITION = FormatReader(_readings, _malformed, locate, broken_files)
"""POSITION and FIXED."""
