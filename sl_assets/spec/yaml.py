"""YAML text -> plain data, with the position of every key and value.

Not PyYAML's own constructor: YAML 1.1 would make `True` of Starlake's key `on`, 8 of `010` and 45000 of `12:30:00`. Here every
key and every scalar is the text as written; a plain `null`, `~` or nothing is None. Types are the business of the models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place

Data = None | str | list["Data"] | dict[str, "Data"]
"""What a YAML file can hold, for us."""

Route = tuple[str | int, ...]
"""The way to a value: keys and list indices from the top of the file."""

Locate = Callable[[int, int], tuple[int, int]]

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_MOST_VALUES = 500_000
"""More values than any real file has; stops a file whose aliases multiply without end."""


@dataclass(frozen=True)
class Document:
    """A file's data and where everything in it stands. `keys` and `values` hold the place of each key and each value."""

    file: Path
    data: Data
    keys: Mapping[Route, Place] = field(default_factory=dict[Route, Place], repr=False)
    values: Mapping[Route, Place] = field(default_factory=dict[Route, Place], repr=False)

    def place(self, route: Route) -> Place:
        """Where the value at `route` stands; where that is not written, the nearest thing around it."""
        for length in range(len(route), -1, -1):
            if place := self.values.get(route[:length]):
                return place
        return Place(self.file)

    def key_place(self, route: Route) -> Place:
        """Where the key at the end of `route` stands; where there is none, its value."""
        return self.keys.get(route) or self.place(route)


def parse_yaml(text: str, file: Path, findings: Findings, locate: Locate | None = None) -> Document | None:
    """Read YAML text.

    Args:
        text: The text, templates already rendered.
        file: Where it comes from, for places.
        findings: Takes syntax errors (SL101) and duplicate keys (SL102).
        locate: From a line and column of `text` (from 1) to those in the file, where rendering templates moved them.

    Returns:
        The document, its data None when the text is empty; None when the text is no YAML.

    Example:
        >>> document = parse_yaml("on: 010", Path("a.sl.yml"), Findings())
        >>> document.data
        {'on': '010'}
    """
    reader = _Reader(file, findings, locate)
    try:
        data = reader.read_text(text)
    except yaml.YAMLError as error:
        findings.error("SL101", reader.place(getattr(error, "problem_mark", None)), "", _told(error))
        return None
    except (RecursionError, _TooBigError):
        findings.error("SL101", Place(file), "", "this YAML is nested without end (an alias that contains itself?).")
        return None
    return Document(file, data, reader.keys, reader.values)


class _TooBigError(Exception):
    pass


class _Reader:
    def __init__(self, file: Path, findings: Findings, locate: Locate | None) -> None:
        self.file = file
        self.findings = findings
        self.locate = locate
        self.keys: dict[Route, Place] = {}
        self.values: dict[Route, Place] = {}

    def place(self, mark: yaml.Mark | None) -> Place:
        if mark is None:
            return Place(self.file)
        position = mark.line + 1, mark.column + 1
        return Place(self.file, *(self.locate(*position) if self.locate else position))

    def read_text(self, text: str) -> Data:
        loader = yaml.CSafeLoader(text)
        try:
            node: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
        return None if node is None else self.read(node, ())

    def read(self, node: yaml.Node, route: Route) -> Data:
        if len(self.values) > _MOST_VALUES:
            raise _TooBigError
        self.values[route] = self.place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, route)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(child, (*route, index)) for index, child in enumerate(node.value)]
        return None if node.tag == _NULL else str(node.value)

    def _mapping(self, node: yaml.MappingNode, route: Route) -> dict[str, Data]:
        merged: dict[str, Data] = {}
        own: dict[str, Data] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                for source in self._merged(value_node):
                    merged = {**self._mapping(source, route), **merged}
                continue
            key = self._key(key_node)
            if key in own:
                self.findings.error(
                    "SL102",
                    self.place(key_node.start_mark),
                    key,
                    f"is written twice; first in line {self.keys[(*route, key)].line}.",
                )
                continue
            own[key] = self.read(value_node, (*route, key))
            self.keys[(*route, key)] = self.place(key_node.start_mark)
        return {**merged, **own}

    def _merged(self, node: yaml.Node) -> list[yaml.MappingNode]:
        nodes: list[yaml.Node] = node.value if isinstance(node, yaml.SequenceNode) else [node]
        mappings = [one for one in nodes if isinstance(one, yaml.MappingNode)]
        if len(mappings) != len(nodes):
            self.findings.error("SL101", self.place(node.start_mark), "<<", "merges something that is not a mapping.")
        return mappings

    def _key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.findings.error(
            "SL101",
            self.place(node.start_mark),
            "",
            "a key is a list or a mapping.",
            "A value that begins with { must be quoted.",
        )
        return "?"


def _told(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).split("\n", maxsplit=1)[0]
    context = getattr(error, "context", None)
    return f"not valid YAML: {problem}{f' ({context})' if context else ''}."
