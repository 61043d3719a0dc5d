"""The lines of a UTF-8 file with the bytes they start at; bytes that are no text stay countable."""

import codecs
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import IO, NamedTuple


class Line(NamedTuple):
    """A line: its number from 1, its text with the line's end, and the byte it starts at, from 0."""

    number: int
    text: str
    byte_offset: int


def lines_of(file: str) -> Iterator[Line]:
    r"""The lines of a file, each ended by `\n`, `\r` or `\r\n`. A byte order mark is not part of the first one.

    What is no text is `U+FFFD` in the text, and is counted with the bytes it has.
    """
    with Path(file).open("rb") as stream:
        offset = _pass_over_mark(stream)
        text = TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
        for number, line in enumerate(text, start=1):
            content = line.encode("utf-8", "surrogateescape")
            yield Line(number, content.decode("utf-8", "replace"), offset)
            offset += len(content)


def _pass_over_mark(stream: IO[bytes]) -> int:
    """Go to the first byte of the text, and say which that is."""
    offset = len(codecs.BOM_UTF8) if stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0
    stream.seek(offset)
    return offset
