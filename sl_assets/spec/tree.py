"""A document that can be rearranged: every key and value keeps the place where a person wrote it."""

from dataclasses import dataclass
from pathlib import Path

from sl_assets.spec.document import Data, Document, Marks, Route, mark
from sl_assets.spec.place import Place


@dataclass
class _Entry:
    place: Place
    node: "_Node"


@dataclass
class _Node:
    place: Place
    value: "str | list[_Node] | dict[str, _Entry] | None"


class Tree:
    """A document while old syntax is taken out of it; `document` is what it comes to."""

    def __init__(self, document: Document) -> None:
        self._file: Path = document.file
        self._root = _grow(document, (), document.data)

    @property
    def document(self) -> Document:
        """The document as it is now."""
        return Document(self._file, _data(self._root), _marks(self._root))

    def get(self, route: Route) -> Data:
        """The value at a route; None where there is none."""
        node = self._at(route)
        return None if node is None else _data(node)

    def place(self, route: Route) -> Place:
        """Where the key at a route was written, else its value, else the nearest thing around it."""
        for length in range(len(route), 0, -1):
            above = self._at(route[: length - 1])
            if above is not None and isinstance(above.value, dict) and (entry := above.value.get(str(route[length - 1]))):
                return entry.place
            if (node := self._at(route[:length])) is not None:
                return node.place
        return self._root.place

    def rename(self, route: Route, name: str) -> None:
        """Give a key another name; its position among its neighbours stays."""
        above = self._mapping(route[:-1])
        renamed = {name if key == route[-1] else key: entry for key, entry in above.items()}
        above.clear()
        above.update(renamed)

    def remove(self, route: Route) -> None:
        """Take a key out."""
        del self._mapping(route[:-1])[str(route[-1])]

    def put(self, route: Route, value: Data, source: Route) -> None:
        """Write a value, and the mappings above it that are missing; it stands where `source` stands."""
        self._set(route, _Entry(self.place(source), _made(value, self.place(source))))

    def move(self, route: Route, to: Route) -> None:
        """Take a key with all below it to another place."""
        entry = self._mapping(route[:-1]).pop(str(route[-1]))
        self._set(to, entry)

    def wrap(self, key: str) -> None:
        """Put everything below one key."""
        self._root = _Node(self._root.place, {key: _Entry(self._root.place, self._root)})

    def _set(self, route: Route, entry: _Entry) -> None:
        for length in range(1, len(route)):
            if self._at(route[:length]) is None or self.get(route[:length]) is None:
                self._mapping(route[: length - 1])[str(route[length - 1])] = _Entry(entry.place, _Node(entry.place, {}))
        self._mapping(route[:-1])[str(route[-1])] = entry

    def _mapping(self, route: Route) -> dict[str, _Entry]:
        node = self._at(route)
        if node is None or not isinstance(node.value, dict):
            raise TypeError(route)
        return node.value

    def _at(self, route: Route) -> _Node | None:
        node = self._root
        for step in route:
            if isinstance(node.value, dict) and str(step) in node.value:
                node = node.value[str(step)].node
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node


def _grow(document: Document, route: Route, data: Data) -> _Node:
    place = document.place(route)
    if isinstance(data, dict):
        entries = {
            key: _Entry(document.key_place((*route, key)), _grow(document, (*route, key), value)) for key, value in data.items()
        }
        return _Node(place, entries)
    if isinstance(data, list):
        return _Node(place, [_grow(document, (*route, index), value) for index, value in enumerate(data)])
    return _Node(place, data)


def _made(value: Data, place: Place) -> _Node:
    if isinstance(value, dict):
        return _Node(place, {key: _Entry(place, _made(each, place)) for key, each in value.items()})
    if isinstance(value, list):
        return _Node(place, [_made(each, place) for each in value])
    return _Node(place, value)


def _data(node: _Node) -> Data:
    if isinstance(node.value, dict):
        return {key: _data(entry.node) for key, entry in node.value.items()}
    if isinstance(node.value, list):
        return [_data(each) for each in node.value]
    return node.value


def _marks(node: _Node) -> Marks:
    at = mark(node.place.line, node.place.column)
    if isinstance(node.value, dict):
        return [at, {key: [mark(entry.place.line, entry.place.column), _marks(entry.node)] for key, entry in node.value.items()}]
    if isinstance(node.value, list):
        return [at, [_marks(each) for each in node.value]]
    return at
