"""The lines of a UTF-8 file with the bytes they start at; bytes that are no text stay countable."""

import codecs
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import accumulate
from pathlib import Path
from typing import IO, NamedTuple

_CHUNK = 1 << 15  # few lines, so that it is quick to find one in the chunk that has it


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


def starts_of(file: str, lines: Iterable[int]) -> Iterator[int]:
    r"""The byte that each of some lines starts at, a byte order mark not counted as part of the first.

    Args:
        file: Its path.
        lines: Their numbers, in order, counted by `\n` alone.

    Raises:
        ValueError: The file has fewer lines.
    """
    wanted = iter(lines)
    line = next(wanted, None)
    with Path(file).open("rb") as stream:
        begin, passed = _pass_over_mark(stream), 0
        if line == 1:
            yield begin
            line = next(wanted, None)
        while line is not None and (chunk := stream.read(_CHUNK)):
            within = chunk.count(b"\n")
            if line <= passed + within + 1:
                starts = list(accumulate((len(each) + 1 for each in chunk.split(b"\n")), initial=begin))
                while line is not None and line <= passed + within + 1:
                    yield starts[line - passed - 1]
                    line = next(wanted, None)
            begin, passed = begin + len(chunk), passed + within
    if line is not None:
        raise ValueError(f"{file} has no line {line}")


def _pass_over_mark(stream: IO[bytes]) -> int:
    """Go to the first byte of the text, and say which that is."""
    offset = len(codecs.BOM_UTF8) if stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0
    stream.seek(offset)
    return offset
