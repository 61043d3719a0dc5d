"""File names that two patterns both match: as automata walked side by side, the shortest such name comes first."""

import importlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

_PARSER = importlib.import_module("re._parser")
"""Python's own reader of regular expressions: there is no public one, and a second one would read some differently."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "".join(
    each for each in map(chr, range(32, 127)) if not each.isalnum() and each not in "/_-."
)
"""What file names are looked for in, the nicest characters first."""
_FIXED = re.compile(r"(?:[A-Za-z0-9_-](?![*+?{]))*")
_MOST_STATES, _MOST_STEPS = 2_000, 100_000

Characters = frozenset[str]
_ALL = frozenset(_ALPHABET)
_CLASSES = {
    "CATEGORY_DIGIT": frozenset(each for each in _ALPHABET if each.isdigit()),
    "CATEGORY_WORD": frozenset(each for each in _ALPHABET if each.isalnum() or each == "_"),
    "CATEGORY_SPACE": frozenset(" "),
}


class _TooHardError(Exception):
    """A pattern that is not compared: it refers to what it matched before, or is very large."""


class _Edge(NamedTuple):
    to: int
    characters: Characters | None
    """None: no character is needed."""


@dataclass
class _Automaton:
    """States from 0, the one it begins in; `end` is the one it must come to."""

    edges: list[list[_Edge]] = field(default_factory=lambda: [[]])
    end: int = 0

    def state(self) -> int:
        if len(self.edges) > _MOST_STATES:
            raise _TooHardError
        self.edges.append([])
        return len(self.edges) - 1

    def step(self, start: int, characters: Characters | None, to: int | None = None) -> int:
        to = self.state() if to is None else to
        self.edges[start].append(_Edge(to, characters))
        return to


@dataclass(frozen=True)
class Pattern:
    """A pattern to be compared. `prefix`: a text that every name begins with."""

    text: str

    @cached_property
    def prefix(self) -> str:
        """As many of the first characters as are seen to be fixed at a glance: it must cost nothing."""
        alone = "|" not in re.sub(r"\\.|\([^()]*\)", "", self.text)
        found = _FIXED.match(self.text) if alone else None
        return found[0] if found else ""

    @cached_property
    def automaton(self) -> _Automaton | None:
        """What is walked; None when the pattern cannot be compared."""
        automaton = _Automaton()
        try:
            tree = _PARSER.parse(self.text)
            automaton.end = _sequence(tree, 0, automaton, folded=bool(tree.state.flags & re.IGNORECASE))
        except (_TooHardError, re.error, RecursionError, OverflowError):
            return None
        return automaton


def common_name(first: Pattern, second: Pattern) -> str | None:
    """A file name that both match; None when there is none, or none is found.

    Example:
        >>> common_name(Pattern("orders.*"), Pattern("(orders|items)_lines[.]csv"))
        'orders_lines.csv'
    """
    if first.automaton is None or second.automaton is None:
        return None
    name = _walk(first.automaton, second.automaton)
    # the automata know neither look-around nor anchors: what they find is tried
    found = name is not None and re.fullmatch(first.text, name) and re.fullmatch(second.text, name)
    return name if found else None


def overlapping(patterns: Sequence[Pattern]) -> Iterator[tuple[int, int, str]]:
    """Each pair of patterns, by position, that have a name in common, and that name."""
    known = sorted((each.prefix, number) for number, each in enumerate(patterns))
    for position, (prefix, number) in enumerate(known):
        for other_prefix, other in known[position + 1 :]:
            if not other_prefix.startswith(prefix):
                break
            one, two = sorted((number, other))
            name = common_name(patterns[one], patterns[two])
            if name is not None:
                yield one, two, name


def _walk(first: _Automaton, second: _Automaton) -> str | None:
    queue = deque([((0, 0), "")])
    seen = {((0, 0), False)}
    for _ in range(_MOST_STEPS):
        if not queue:
            return None
        (one, two), name = queue.popleft()
        if name and (one, two) == (first.end, second.end):
            return name
        for pair, letter in _steps(first.edges[one], second.edges[two], one, two):
            longer = name + letter
            if (pair, bool(longer)) not in seen:
                seen.add((pair, bool(longer)))
                # a step without a character is no step: it is looked at before all longer names
                (queue.append if letter else queue.appendleft)((pair, longer))
    return None


def _steps(first: Iterable[_Edge], second: Sequence[_Edge], one: int, two: int) -> Iterator[tuple[tuple[int, int], str]]:
    yield from (((edge.to, two), "") for edge in first if edge.characters is None)
    yield from (((one, edge.to), "") for edge in second if edge.characters is None)
    for edge in first:
        for other in second:
            both = (edge.characters or frozenset()) & (other.characters or frozenset())
            if both:
                yield (edge.to, other.to), min(both, key=_ALPHABET.index)


def _sequence(items: Any, start: int, automaton: _Automaton, *, folded: bool) -> int:
    for kind, value in items:
        start = _item(str(kind), value, start, automaton, folded=folded)
    return start


def _item(kind: str, value: Any, start: int, automaton: _Automaton, *, folded: bool) -> int:
    if kind in ("AT", "ASSERT", "ASSERT_NOT"):
        return start
    if kind == "BRANCH":
        end = automaton.state()
        for branch in value[1]:
            automaton.step(_sequence(branch, automaton.step(start, None), automaton, folded=folded), None, end)
        return end
    if kind == "SUBPATTERN":
        return _sequence(value[3], start, automaton, folded=folded or bool(value[1] & re.IGNORECASE))
    if kind == "ATOMIC_GROUP":
        return _sequence(value, start, automaton, folded=folded)
    if kind.endswith("_REPEAT"):
        least, most, below = value
        return _repeat(least, most, below, start, automaton, folded=folded)
    characters = _characters(kind, value)
    if folded:
        characters |= frozenset(each.swapcase() for each in characters) & _ALL
    return automaton.step(start, characters)


def _repeat(least: int, most: Any, items: Any, start: int, automaton: _Automaton, *, folded: bool) -> int:
    for _ in range(least):
        start = _sequence(items, start, automaton, folded=folded)
    if most == _PARSER.MAXREPEAT:
        loop = automaton.step(start, None)
        automaton.step(_sequence(items, loop, automaton, folded=folded), None, loop)
        return automaton.step(loop, None)
    end = automaton.state()
    automaton.step(start, None, end)
    for _ in range(int(most) - least):
        start = _sequence(items, start, automaton, folded=folded)
        automaton.step(start, None, end)
    return end


def _characters(kind: str, value: Any) -> Characters:
    if kind == "LITERAL":
        return frozenset(chr(value)) & _ALL
    if kind == "NOT_LITERAL":
        return _ALL - {chr(value)}
    if kind == "ANY":
        return _ALL
    if kind == "RANGE":
        return frozenset(each for each in _ALPHABET if value[0] <= ord(each) <= value[1])
    if kind == "CATEGORY":
        name = str(value)
        return _ALL - _CLASSES[name.replace("_NOT_", "_")] if "_NOT_" in name else _CLASSES[name]
    if kind == "IN":
        negated = str(value[0][0]) == "NEGATE"
        found = frozenset[str]().union(*(_characters(str(each), what) for each, what in value[negated:]))
        return _ALL - found if negated else found
    raise _TooHardError
