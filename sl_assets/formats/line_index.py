"""Records that are one line each, found in a file piece by piece: no line passes through Python, and the size does not matter."""

import codecs
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sl_assets.formats.located import Located

_PIECE = 1 << 23
_FEED, _RETURN = 10, 13

Numbers = NDArray[np.int64]


class Found(NamedTuple):
    """How many records there are, and those that were asked for."""

    records: int
    asked: tuple[Located, ...]


class _Piece(NamedTuple):
    """Some whole lines of a file: their bytes, and the byte and the line number (from 1) at which they begin."""

    content: bytes
    offset: int
    line: int


def records_in_lines(file: str, skip: int, refused: Collection[int], wanted: Collection[int] | None) -> Found:
    r"""Number the lines that are records: all but the first `skip`, the `refused` ones and the empty ones; `\n` ends a line.

    Args:
        file: Its path; UTF-8, or anything in which a line feed is one byte.
        skip: How many lines come before the first record.
        refused: Lines that are none, by number from 1.
        wanted: The records asked for, by number from 1; None: all.
    """
    out, asked = _sorted(refused), None if wanted is None else _sorted(wanted)
    count = 0
    found: list[Located] = []
    for piece in _pieces(file):
        starts, ends = _lines(piece.content)
        kept = starts < ends
        kept[: max(0, skip + 1 - piece.line)] = False
        lost = out[np.searchsorted(out, piece.line) : np.searchsorted(out, piece.line + len(starts))]
        kept[lost - piece.line] = False
        places = np.flatnonzero(kept)
        first = count + 1
        count += len(places)
        numbers = np.arange(first, count + 1) if asked is None else _within(asked, first, count)
        found += _located(piece, numbers, places[numbers - first], starts, ends)
    return Found(count, tuple(found))


def _pieces(file: str) -> Iterator[_Piece]:
    with Path(file).open("rb") as stream:
        offset, line, rest = _pass_over_mark(stream), 1, b""
        while chunk := stream.read(_PIECE):
            whole, feed, tail = chunk.rpartition(b"\n")
            if not feed:
                rest += chunk
                continue
            content, rest = rest + whole + feed, tail
            yield _Piece(content, offset, line)
            offset += len(content)
            line += content.count(b"\n")
        if rest:
            yield _Piece(rest, offset, line)


def _pass_over_mark(stream: IO[bytes]) -> int:
    mark = len(codecs.BOM_UTF8)
    offset = mark if stream.read(mark) == codecs.BOM_UTF8 else 0
    stream.seek(offset)
    return offset


def _lines(content: bytes) -> tuple[Numbers, Numbers]:
    """Where each line starts and ends, its carriage returns at the end left out."""
    letters = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(letters == _FEED)
    if letters[-1] != _FEED:
        ends = np.append(ends, len(letters))
    starts = np.concatenate(([0], ends[:-1] + 1))
    while len(returns := np.flatnonzero((starts < ends) & (letters[np.maximum(ends - 1, 0)] == _RETURN))):
        ends[returns] -= 1
    return starts, ends


def _located(piece: _Piece, numbers: Numbers, places: Numbers, starts: Numbers, ends: Numbers) -> Iterator[Located]:
    for number, place in zip(numbers.tolist(), places.tolist(), strict=True):
        start = int(starts[place])
        text = piece.content[start : int(ends[place])].decode("utf-8", "replace")
        yield Located(number, piece.line + place, text, piece.offset + start)


def _sorted(numbers: Collection[int]) -> Numbers:
    return np.array(sorted(numbers), np.int64)


def _within(numbers: Numbers, first: int, last: int) -> Numbers:
    return numbers[np.searchsorted(numbers, first) : np.searchsorted(numbers, last, side="right")]
