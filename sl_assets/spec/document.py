"""A YAML file as plain data, and where everything in it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sl_assets.spec.place import Place

Data = None | str | list["Data"] | dict[str, "Data"]
"""What a YAML file can hold, for us."""

Route = tuple[str | int, ...]
"""The way to a value: keys and list indices from the top of the file."""

Marks = None | int | list["Marks"] | dict[str, "Marks"]
"""Where a value and everything in it stands, in the shape of the value, as JSON can say it.

A scalar: its position. A list: its position and the marks of its items. A mapping: its position and by key a list of two, the
position of the key and the marks of its value. Of a position, `WIDTH` times the line and the column are the sum; that of a
scalar without quotes that is a number, true or false is negative.
"""

WIDTH = 1 << 20


def mark(line: int, column: int) -> int:
    """A position as a number."""
    return line * WIDTH + (column if column < WIDTH else WIDTH - 1)


@dataclass(frozen=True)
class Document:
    """A file's data and where everything in it stands."""

    file: Path
    data: Data
    marks: Marks = field(default=None, repr=False)

    def place(self, route: Route) -> Place:
        """Where the value at `route` stands; where that is not written, the nearest thing around it."""
        found = marks = self.marks
        for step in route:
            marks = _below(marks, step)
            if marks is None:
                break
            found = marks
        return self._place(found)

    def key_place(self, route: Route) -> Place:
        """Where the key at the end of `route` stands; where there is none, its value."""
        above = self._find(route[:-1]) if route else None
        children = above[1] if isinstance(above, list) else None
        pair = children.get(str(route[-1])) if isinstance(children, dict) else None
        return self._place(pair[0]) if isinstance(pair, list) else self.place(route)

    def places(self, route: Route) -> list[Place]:
        """Where each item of the list at `route` stands; none where that is no list."""
        found = self._find(route)
        items = found[1] if isinstance(found, list) else None
        return [self._place(each) for each in items] if isinstance(items, list) else []

    def has(self, route: Route) -> bool:
        """Whether the value at `route` is written."""
        return self._find(route) is not None

    def route_at(self, line: int, column: int) -> Route:
        """The way to what stands at a position: the last key or item that begins there or before."""
        before = [each for each in _routes(self.marks, ()) if each[0] <= mark(line, column)]
        return max(before, key=lambda each: (each[0], len(each[1])), default=(0, ()))[1]

    def is_plain(self, route: Route) -> bool:
        """Whether the value at `route` is a number, true or false, written without quotes."""
        found = self._find(route)
        return isinstance(found, int) and found < 0

    def _find(self, route: Route) -> Marks:
        marks = self.marks
        for step in route:
            marks = _below(marks, step)
        return marks

    def _place(self, marks: Marks) -> Place:
        at = marks[0] if isinstance(marks, list) else marks
        return Place(self.file, abs(at) // WIDTH, abs(at) % WIDTH) if isinstance(at, int) else Place(self.file)


def _routes(marks: Marks, route: Route) -> Iterator[tuple[int, Route]]:
    """The position of each key and item below `route`, with the way to it."""
    children = marks[1] if isinstance(marks, list) else None
    if isinstance(children, dict):
        for key, pair in children.items():
            if isinstance(pair, list) and isinstance(pair[0], int):
                yield abs(pair[0]), (*route, key)
                yield from _routes(pair[1], (*route, key))
    elif isinstance(children, list):
        for index, below in enumerate(children):
            at = below[0] if isinstance(below, list) else below
            if isinstance(at, int):
                yield abs(at), (*route, index)
            yield from _routes(below, (*route, index))


def _below(marks: Marks, step: str | int) -> Marks:
    if isinstance(marks, list):
        children = marks[1]
        if isinstance(children, dict):
            pair = children.get(str(step))
            return pair[1] if isinstance(pair, list) else None
        if isinstance(children, list) and isinstance(step, int) and step < len(children):
            return children[step]
    return None
