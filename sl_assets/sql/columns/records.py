"""What a query says about its columns: where each comes from, what could not be worked out, what is surely wrong."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple


class Origin(NamedTuple):
    """A column of a table that a value comes from; `path` is the field in it, where it is a struct: `line.price`."""

    domain: str
    table: str
    column: str
    path: str = ""


NOTHING: frozenset[Origin] = frozenset()


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression is made of. `type` is DuckDB's, empty when not known.

    `fields` are those of a struct, or of the structs in a list, by folded name; None when it is neither or not known.
    """

    origins: frozenset[Origin] = NOTHING
    type: str = ""
    fields: Mapping[str, "Named"] | None = None


class Named(NamedTuple):
    """A column of a query or of a table, or a field of a struct."""

    name: str
    value: Value


@dataclass(frozen=True)
class Known:
    """A table as SQL may read it.

    `columns` is None where nobody says what it has. `open`: it may have more. `sure`: it has these columns whatever happens; not
    so where it is only described here and made elsewhere.
    """

    domain: str
    table: str
    columns: tuple[Named, ...] | None = None
    open: bool = False
    sure: bool = True

    @cached_property
    def told(self) -> str:
        """All of it that the columns of a query depend on, as text."""
        columns = None if self.columns is None else [[name, value.type, _shape(value.fields)] for name, value in self.columns]
        return json.dumps([self.domain, self.table, columns, self.open, self.sure])


def _shape(fields: Mapping[str, Named] | None) -> object:
    return fields and [[name, value.type, _shape(value.fields)] for name, value in fields.values()]


Schema = Callable[[tuple[str, ...]], Known | None]
"""From a table as written to what is known of it; None: not a table of the project."""


@dataclass(frozen=True)
class Gap:
    """Something whose columns cannot be worked out, at a position of the text (0 when unknown)."""

    reason: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Fault:
    """A name that means nothing, or several things.

    `known` is what it could have been, `within` the table or struct it is looked for in.
    """

    kind: Literal["column", "table", "field", "ambiguous"]
    name: str
    line: int
    column: int
    known: tuple[str, ...] = ()
    within: str = ""
    sure: bool = True


@dataclass(frozen=True)
class Flow:
    """The columns of a query in their order. They are all of them, and all that they come from is told, when `gaps` is empty."""

    columns: tuple[Named, ...]
    gaps: tuple[Gap, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass
class Relation:
    """What stands in FROM. `key` is the table it is, if it is one; `rest` is what a column comes from that is not listed.

    `open`: it may have other columns than those listed. `joined`: its columns that USING made one with earlier ones.
    """

    name: str
    columns: tuple[Named, ...] = ()
    parts: tuple[str, ...] = ()
    key: tuple[str, str] | None = None
    open: bool = False
    sure: bool = True
    rest: Value | None = None
    joined: set[str] = field(default_factory=set[str])
    _index: dict[str, Named] | None = None

    def find(self, name: str) -> Value | None:
        """The column of that name, whatever its letter case; the first one where there are several."""
        found = self.named(name)
        return None if found is None else found.value

    def named(self, name: str) -> Named | None:
        """The same, with the name as the relation spells it."""
        if self._index is None:
            self._index = {}
            for each in self.columns:
                self._index.setdefault(each.name.casefold(), each)
        return self._index.get(name.casefold())

    def guess(self, name: str) -> Value:
        """A column that is not listed, of a relation that is open."""
        if self.rest is not None:
            return self.rest
        return Value(frozenset({Origin(*self.key, name)})) if self.key else Value()

    @property
    def whole(self) -> Value:
        """All columns as one struct."""
        return Value(
            merged(value for _, value in self.columns), "", {name.casefold(): Named(name, v) for name, v in self.columns}
        )


def merged(values: Iterable[Value]) -> frozenset[Origin]:
    """All that several values come from."""
    return NOTHING.union(*(value.origins for value in values))


def unique_names(columns: Iterable[Named]) -> Iterator[Named]:
    """DuckDB's names in a table or subquery: the second `a` is `a_1`."""
    taken: set[str] = set()
    for name, value in columns:
        given, number = name, 0
        while given.casefold() in taken:
            number += 1
            given = f"{name}_{number}"
        taken.add(given.casefold())
        yield Named(given, value)
