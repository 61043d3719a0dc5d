"""Rejected records as a file of their own format, for a person to correct and load again (Starlake's replay file)."""

import io
from collections.abc import Sequence
from pathlib import PurePath

from sl_assets.formats.compressed import opened
from sl_assets.formats.errors import FormatError
from sl_assets.project.records import Format

_PACKED = frozenset({".gz", ".gzip", ".zst", ".bz2"})


def replay_name(name: str, *marks: str) -> str:
    """What the replay file of a file is called: `orders.csv.gz` becomes `orders-<marks>.csv`, because it is not packed."""
    path = PurePath(name)
    if path.suffix.lower() in _PACKED:
        path = path.with_suffix("")
    return f"{path.stem}-{'-'.join(marks)}{path.suffix}"


def replay_content(form: Format, file: str, first_line: int | None, records: Sequence[str]) -> bytes:
    """The bytes of a file that holds some records of another one.

    Args:
        form: How both are written.
        file: The file the records are from; what stands before its first record (a header) is copied.
        first_line: The line of its first record, from 1; None: it cannot be told.
        records: Their raw text, in order.

    Raises:
        FormatError: The format has no text that a person could correct.
    """
    if form.name == "PARQUET":
        raise FormatError("the records of a PARQUET file are no text; there is no replay file of them.")
    if form.name == "XML":
        rows = "\n".join(records)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<records>\n{rows}\n</records>\n'.encode()
    if form.name in ("JSON", "JSON_FLAT"):
        text = "[\n" + ",\n".join(records) + "\n]\n" if form.array else "\n".join(records) + "\n"
        return text.encode(form.encoding)
    before = (first_line - 1) if first_line else int(form.with_header and form.name == "DSV")
    head, newline = _head(file, form.encoding, before)
    return (head + "".join(record.rstrip("\r\n") + newline for record in records)).encode(form.encoding)


def _head(file: str, encoding: str, lines: int) -> tuple[str, str]:
    """The first lines of a file, and how it ends its lines."""
    with opened(file) as stream, io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="") as text:
        head = [text.readline() for _ in range(lines)]
        following = head[0] if head else text.readline()
    return "".join(head), "\r\n" if following.endswith("\r\n") else "\n"
