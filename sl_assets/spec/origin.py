"""Where a text that templates were rendered in stood before: a caret points at what a person wrote, not at what became of it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import NamedTuple


class Piece(NamedTuple):
    """Text that was taken over as it stood: `length` characters at `at` of the new text, from `source` of the old one."""

    at: int
    source: int
    length: int


@dataclass(frozen=True)
class Origin:
    """The way back from a text to the one that it was made of. `after` and `before`: the offsets at which their lines begin."""

    pieces: Sequence[Piece]
    after: Sequence[int]
    before: Sequence[int]

    @classmethod
    def of(cls, pieces: Sequence[Piece], after: str, before: str) -> "Origin":
        """That of two texts."""
        return cls(pieces, _line_starts(after), _line_starts(before))

    def locate(self, line: int, column: int) -> tuple[int, int]:
        """Line and column (from 1) in the old text; what a template brought in is where that template begins."""
        return self._old(self._start(line) + column - 1)

    def line(self, number: int) -> int:
        """The line in the old text of a whole line: of one glued from several, the last."""
        end = self.after[number] - 1 if number < len(self.after) else inf
        return self._old(end)[0]

    def _start(self, line: int) -> int:
        return self.after[min(line, len(self.after)) - 1]

    def _old(self, offset: float) -> tuple[int, int]:
        index = bisect_right(self.pieces, (offset, inf, inf)) - 1
        piece = self.pieces[index] if index >= 0 else Piece(0, 0, 0)
        found = piece.source + int(min(offset - piece.at, piece.length))
        line = bisect_right(self.before, found)
        return line, found - self.before[line - 1] + 1


def _line_starts(text: str) -> Sequence[int]:
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]
