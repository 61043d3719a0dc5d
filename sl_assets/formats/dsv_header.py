"""The first lines of a delimited file: what is skipped and which columns the header names."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from sl_assets.formats.dsv_dialect import Dialect
from sl_assets.formats.errors import FormatError
from sl_assets.project.records import Format

_LONGEST_HEADER = 4 * 1024 * 1024


def skipped_rows(form: Format) -> int:
    """`options.skipRows`: lines before the header or the first record.

    Raises:
        FormatError: It is not a whole number.
    """
    text = form.options.get("skipRows", "0")
    if not text.strip().isdecimal():
        raise FormatError(f"metadata.options.skipRows: {text!r} must be a whole number.")
    return int(text)


def header_of(file: str, dialect: Dialect, skip: int) -> tuple[tuple[str, ...], int] | None:
    """The names in a file's header and the lines DuckDB skips to get past it; None: the file has no line left.

    Blank lines before the header are passed over.
    """
    with Path(file).open("rb") as stream:
        start = stream.read(_LONGEST_HEADER)
    text = start.decode("utf-8-sig", errors="replace")
    records = _records(text, dialect)
    for number, record in enumerate(records, start=1):
        if number > skip and any(record):
            return tuple(record), number
    return None


def _records(text: str, dialect: Dialect) -> Iterator[list[str]]:
    if len(dialect.separator) > 1 or not dialect.quote:
        return (line.split(dialect.separator) if line else [] for line in text.replace("\r\n", "\n").split("\n"))
    return csv.reader(io.StringIO(text, newline=""), delimiter=dialect.separator, quotechar=dialect.quote)
