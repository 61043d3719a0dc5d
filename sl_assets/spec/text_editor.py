"""The text of a YAML file, changed key by key: what is not changed stays as it is written, comments and spaces too."""

from pathlib import Path
from typing import NamedTuple, cast

import yaml

from sl_assets.spec.document import Data, Document, Route
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.spec.written import scalar
from sl_assets.spec.yaml import parse_yaml

_STEP = 2
"""How far what is nested is indented."""


class _Entry(NamedTuple):
    """A key, its value, and the mapping both are in."""

    above: yaml.MappingNode
    key: yaml.Node
    value: yaml.Node


class TextEditor:
    """An `Editor` (see `old_syntax`) of text whose lines end with a line feed, which must be YAML with its templates in it.

    `text` is what it has come to. Keys that a change leaves without neighbours become `{}`.
    """

    def __init__(self, text: str, file: Path) -> None:
        self.text = text if text.endswith("\n") or not text else f"{text}\n"
        self._file = file
        self._seen: tuple[str, Document | None] = ("", None)

    def get(self, route: Route) -> Data:
        """The value at a route; None where there is none."""
        document = self._document()
        data = document.data if document else None
        for step in route:
            if isinstance(data, dict):
                data = data.get(str(step))
            elif isinstance(data, list) and isinstance(step, int) and step < len(data):
                data = data[step]
            else:
                return None
        return data

    def place(self, route: Route) -> Place:
        """Where it is written, as far as it is there."""
        document = self._document()
        return document.key_place(route) if document else Place(self._file)

    def rename(self, route: Route, name: str) -> None:
        """Give a key another name."""
        key = self._entry(route).key
        self._splice(self._start(key), self._end(key), scalar(name))

    def remove(self, route: Route) -> None:
        """Take a key out, with all below it and the comments in it."""
        above, key, value = self._entry(route)
        names = [each for each, _ in above.value]
        if len(names) == 1:
            self._splice(self._start(above), max(self._end(above), self._end(key) + 1), "{}")
            return
        index = names.index(key)
        if above.flow_style:
            start, end = self._start(key), self._end(value)
            if index + 1 < len(names):
                end = self._start(names[index + 1])
            else:
                start = self._end(above.value[index - 1][1])
            self._splice(start, end, "")
        elif not self._begins_line(key):  # the first key of a list's item: the next one takes its place
            self._splice(self._start(key), self._start(names[index + 1]), "")
        else:
            self._splice(self._line_start(self._start(key)), self._line_end(max(self._end(value), self._end(key))), "")

    def put(self, route: Route, value: Data, source: Route) -> None:
        """Write a value; a new key stands before `source` where that is in the same mapping."""
        entry = self._find(route)
        if entry is not None:
            after = self._end(entry.key)
            self._splice(after, max(self._end(entry.value), after + 1), f": {_flow(value)}")
            return
        depth = next(length for length in range(len(route) - 1, -1, -1) if isinstance(self.get(route[:length]), dict))
        if self.get(route[:depth]) == {} or (depth and self._node(route[:depth]) is None):
            self._fill(route, depth, value)
            return
        above = cast("yaml.MappingNode", self._node(route[:depth]))
        nested = [str(step) for step in route[depth:]]
        if above.flow_style:
            text = _flow(_nest(nested[1:], value))
            self._splice(self._end(above.value[-1][1]), self._end(above.value[-1][1]), f", {nested[0]}: {text}")
            return
        indent = self._column(above)
        lines = [f"{' ' * (indent + _STEP * level)}{step}:" for level, step in enumerate(nested)]
        lines[-1] = f"{lines[-1]} {_flow(value)}"
        at = self._line_end(self._end(above.value[-1][1]))
        beside = self._find(source) if source[:-1] == route[:depth] else None
        if beside is not None and self._begins_line(beside.key):
            at = self._line_start(self._start(beside.key))
        self._splice(at, at, "".join(f"{line}\n" for line in lines))

    def move(self, route: Route, to: Route) -> None:
        """Take a key to another place. Its value stays as it is written where it fits on its line; its comment goes with it."""
        data = self.get(route)
        value = self._entry(route).value
        start, end = self._start(value), self._end(value)
        written = self.text[start:end]
        rest = self.text[end : self._line_end(end)].strip()
        in_line = "\n" not in written and end > start and not (isinstance(value, yaml.CollectionNode) and not value.flow_style)
        self.remove(route)
        self.put(to, data, ())
        if in_line:
            entry = self._entry(to)
            at = (self._start(entry.value), self._end(entry.value))
            comment = f" {rest}" if rest.startswith("#") and not entry.above.flow_style else ""
            self._splice(*at, f"{written}{comment}")

    def wrap(self, key: str) -> None:
        """Put everything below one key, under the comments at the top of the file."""
        node = self._root()
        start = self._line_start(self._start(node))
        inner = self.text[start:].splitlines(keepends=True)
        indented = "".join(f"{' ' * _STEP}{line}" if line.strip() else line for line in inner)
        self.text = f"{self.text[:start]}{key}:\n{indented}"

    def say_version(self) -> None:
        """`version: 1` before the first key."""
        root = self._root()
        start = self._start(root)
        if self._find(("version",)) is not None:
            self.put(("version",), "1", ())
        elif isinstance(root, yaml.MappingNode) and root.flow_style:
            self._splice(start + 1, start + 1, "version: 1, ")
        else:
            line = self._line_start(start)
            self._splice(line, line, f"{self.text[line:start]}version: 1\n")

    def _document(self) -> Document | None:
        if self._seen[0] != self.text:
            self._seen = (self.text, parse_yaml(self.text, self._file, Findings()))
        return self._seen[1]

    def _fill(self, route: Route, depth: int, value: Data) -> None:
        """Put the first key into an empty mapping."""
        entry = self._entry(route[:depth])
        after = self._end(entry.key)
        nested = _nest([str(step) for step in route[depth:]], value)
        self._splice(after, max(self._end(entry.value), after + 1), f": {_flow(nested)}")

    def _root(self) -> yaml.Node:
        loader = yaml.CSafeLoader(self.text)
        try:
            node: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
        if node is None:
            raise KeyError(())
        return node

    def _node(self, route: Route) -> yaml.Node | None:
        node: yaml.Node | None = self._root()
        for step in route:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = cast("yaml.Node", node.value[step])
            elif isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == step), None)
            else:
                return None
        return node

    def _find(self, route: Route) -> _Entry | None:
        above = self._node(route[:-1]) if route else None
        if not isinstance(above, yaml.MappingNode):
            return None
        return next((_Entry(above, key, value) for key, value in above.value if key.value == route[-1]), None)

    def _entry(self, route: Route) -> _Entry:
        entry = self._find(route)
        if entry is None:
            raise KeyError(route)
        return entry

    def _splice(self, start: int, end: int, text: str) -> None:
        self.text = f"{self.text[:start]}{text}{self.text[end:]}"

    def _offset(self, mark: yaml.Mark) -> int:
        offset = 0
        for _ in range(mark.line):
            found = self.text.find("\n", offset)
            if found < 0:
                return len(self.text)
            offset = found + 1
        return offset + mark.column

    def _start(self, node: yaml.Node) -> int:
        return self._offset(node.start_mark)

    def _end(self, node: yaml.Node) -> int:
        """Where the last character of a node ends; a block ends, for the parser, where the next thing begins."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(node, yaml.MappingNode) else last)
        start, end = self._start(node), self._offset(node.end_mark)
        return start + len(self.text[start:end].rstrip())

    def _line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1

    def _line_end(self, offset: int) -> int:
        found = self.text.find("\n", offset)
        return len(self.text) if found < 0 else found + 1

    def _column(self, node: yaml.Node) -> int:
        return int(node.start_mark.column)

    def _begins_line(self, node: yaml.Node) -> bool:
        start = self._start(node)
        return not self.text[self._line_start(start) : start].strip()


def _nest(steps: list[str], value: Data) -> Data:
    for step in reversed(steps):
        value = {step: value}
    return value


def _flow(value: Data) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    if value is None:
        return "null"
    return value if value in ("true", "false") else scalar(value)
