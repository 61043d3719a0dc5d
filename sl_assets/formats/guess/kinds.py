"""Which format files have, by their first bytes; the name decides only between text that could be either."""

import codecs
from collections.abc import Sequence
from pathlib import Path

from sl_assets.formats.guess.fields import GuessError
from sl_assets.project.records import FormatName

_DELIMITED = (".csv", ".tsv", ".psv", ".tab", ".dsv")
_START = 1 << 16
_WHITE = b" \t\r\n\0"
_UNKNOWN = {
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PK\x03\x04": "an archive or an Excel workbook",
    b"%PDF": "PDF",
    b"SQLite format 3": "SQLite",
}


def guess_format(files: Sequence[str]) -> FormatName:
    """DSV, JSON, XML or PARQUET.

    Raises:
        GuessError: A file is empty, of a format that nobody reads here, or of another one than the file before.
    """
    found: FormatName | None = None
    for file in files:
        name = _format(file)
        if found not in (None, name):
            raise GuessError(file, "format", f"is {name}, another file is {found}", "infer them one by one, as two tables.")
        found = name
    if found is None:
        raise GuessError("", "files", "there are none")
    return found


def _format(file: str) -> FormatName:
    with Path(file).open("rb") as stream:
        start = stream.read(_START)
    if start.startswith(b"PAR1"):
        return "PARQUET"
    unknown = next((name for beginning, name in _UNKNOWN.items() if start.startswith(beginning)), None)
    if unknown:
        hint = "formats that can be guessed: delimited text, JSON, XML, Parquet."
        raise GuessError(file, "format", f"is {unknown}, which is not supported", hint)
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        start = start.removeprefix(mark)
    first = start.lstrip(_WHITE)[:1]
    if not first:
        raise GuessError(file, "content", "is empty, so nothing can be inferred from it", "give a file with records in it.")
    if Path(file).suffix.lower() in _DELIMITED:
        return "DSV"
    return "JSON" if first in b"{[" else "XML" if first == b"<" else "DSV"
