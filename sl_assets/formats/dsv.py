"""Delimited text (Starlake's DSV): readings, and the records the reader refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import uuid4

import duckdb

from sl_assets.formats.columns import null_if, positions
from sl_assets.formats.dsv_dialect import Dialect, dialect_of, scan_options
from sl_assets.formats.dsv_header import header_of, skipped_rows
from sl_assets.formats.dsv_lines import locate
from sl_assets.formats.dsv_quotes import dialect_for
from sl_assets.formats.dsv_refused import number_lines, show_bytes
from sl_assets.formats.errors import UnreadableFileError
from sl_assets.formats.reader import FormatReader, file_column, file_list, has_glob
from sl_assets.project.reading import Reading
from sl_assets.project.records import Format, Table
from sl_assets.sql.text import quote_name, quote_text

_LONGEST_QUOTE = 200

_WORDS = r"""CASE error.error_type::VARCHAR
    WHEN 'TOO MANY COLUMNS' THEN 'has ' || regexp_extract(error.error_message, 'Found: (\d+)', 1) || ' values for '
        || regexp_extract(error.error_message, 'Columns: (\d+)', 1) || ' columns'
    WHEN 'MISSING COLUMNS' THEN 'has fewer values than the file has columns'
    WHEN 'UNQUOTED VALUE' THEN 'has a quoted value that does not end where it should'
    WHEN 'INVALID ENCODING' THEN 'is not text in the encoding of the file'
    WHEN 'LINE SIZE OVER MAXIMUM' THEN 'is longer than a record may be'
    ELSE error.error_message END"""
_RULE = "replace(lower(first(error.error_type::VARCHAR ORDER BY error.byte_position)), 'invalid encoding', 'encoding')"


@dataclass(frozen=True)
class _Shape:
    """What files read together have in common. `alone` keeps a file apart whose path DuckDB would not report as given."""

    columns: tuple[str, ...]
    skip: int
    dialect: Dialect
    alone: str = ""


def _readings(table: Table, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> tuple[Reading, ...]:
    sources = tuple(attribute.source for attribute in table.attributes if attribute.script is None)
    shapes = [(_shape(file, table.format, sources, connection), file) for file in files]
    return tuple(
        _reading(tuple(file for _, file in group), shape, table.format, sources)
        for shape, group in groupby(shapes, key=lambda pair: pair[0])
    )


def _shape(file: str, form: Format, sources: tuple[str, ...], connection: duckdb.DuckDBPyConnection) -> _Shape:
    dialect, skip = dialect_of(form), skipped_rows(form)
    columns = sources
    if form.with_header:
        columns, skip = header_of(file, dialect, skip) or (sources, skip + 1)
        if not positions(columns, sources):
            named, wanted = ", ".join(columns)[:_LONGEST_QUOTE], ", ".join(sources)
            reason = f"has none of the table's columns in its header: there is `{named}`, wanted are {wanted}."
            raise UnreadableFileError(file, f"{reason} Hint: see metadata.separator, withHeader and encoding.")
    alone = file if has_glob(file) else ""
    return _Shape(columns, skip, dialect_for(file, dialect, len(columns), skip, connection), alone)


def _reading(files: tuple[str, ...], shape: _Shape, form: Format, sources: tuple[str, ...]) -> Reading:
    # In a file of one column DuckDB tells a blank line from an empty value only while empty is not NULL.
    alone = len(shape.columns) == 1
    scan = scan_options(shape.dialect, len(shape.columns), shape.skip, empty_is_null=form.empty_is_null and not alone)
    nulls = [null for null in (form.null_value, "" if alone and form.empty_is_null else None) if null is not None]
    prefix = f"sl_rejects_{uuid4().hex}"
    found = positions(shape.columns, sources)
    columns = [f"{file_column(files)} AS sl_file"]
    columns += [f"{null_if(f'c{index}', nulls)} AS {quote_name(source)}" for source, index in found.items()]
    rejects = f"store_rejects=true, rejects_limit=0, rejects_table='{prefix}_errors', rejects_scan='{prefix}_scans'"
    sql = f"SELECT {', '.join(columns)} FROM read_csv({file_list(files)}, {scan}, {rejects})"
    return Reading(
        files=files,
        sql=sql,
        representation="text",
        present=frozenset(found),
        rejects=prefix,
        format=form,
        scan=scan,
        skip=shape.skip,
        by_line=shape.dialect.padded and shape.dialect.parallel,
    )


def refused_lines(reading: Reading, connection: duckdb.DuckDBPyConnection) -> str | None:
    """SQL of the records that DuckDB's CSV reader refused; see `sl_assets.formats.malformed`."""
    if reading.rejects is None:
        return None
    errors, scans = quote_name(f"{reading.rejects}_errors"), quote_name(f"{reading.rejects}_scans")
    if connection.execute(f"SELECT 1 FROM {errors} LIMIT 1").fetchone() is None:
        return None
    number_lines(reading, connection)
    show_bytes(reading, connection)
    file = quote_text(reading.files[0]) if len(reading.files) == 1 else "scan.file_path"
    return f"""
SELECT
    {file} AS sl_file,
    first(error.line)::BIGINT AS line,
    {_RULE} AS rule,
    last({_WORDS} ORDER BY error.byte_position, error.column_idx) AS message,
    first(trim(error.csv_line, chr(13) || chr(10))) AS raw,
    first(error.byte_offset) AS byte_offset
FROM {errors} AS error JOIN {scans} AS scan USING (scan_id, file_id)
GROUP BY error.scan_id, error.file_id, scan.file_path, error.line_byte_position
ORDER BY error.file_id, error.line_byte_position"""


def broken_files(reading: Reading, error: Exception, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    """Which files DuckDB's CSV reader cannot read, and why; see `sl_assets.formats.unreadable`."""
    words = "lines of text" if reading.format.name == "POSITION" else "delimited text"
    found: list[tuple[str, str]] = []
    for file in reading.files:
        try:
            connection.execute(f"SELECT count(COLUMNS(*)) FROM read_csv({file_list([file])}, {reading.scan}, ignore_errors=true)")
        except duckdb.Error as fault:
            found.append((file, f"cannot be read as {words}: {_first_line(fault)}"))
    return tuple(found) or tuple((file, f"cannot be read as {words}: {_first_line(error)}") for file in reading.files)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0]


DSV = FormatReader(_readings, refused_lines, locate, broken_files)
"""Delimited text."""
