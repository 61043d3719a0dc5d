"""YAML text -> plain data, with the position of every key and value.

Not PyYAML's own constructor: YAML 1.1 would make `True` of Starlake's key `on`, 8 of `010` and 45000 of `12:30:00`. Here every
key and every scalar is the text as written; a plain `null`, `~` or nothing is None. Types are the business of the models.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, cast

import yaml
from yaml.composer import ComposerError

from sl_assets.facts import Facts
from sl_assets.spec.document import WIDTH, Data, Document, Marks, mark
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place

Locate = Callable[[int, int], tuple[int, int]]

_NULL = "tag:yaml.org,2002:null"
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_REAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_MERGE = "tag:yaml.org,2002:merge"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MOST_VALUES = 500_000
"""More values than any real file has; stops a file whose aliases multiply without end."""
_KIND = "yaml-2"


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
    own = Findings()
    reader = _Reader(file, own, locate)
    try:
        read = reader.read_text(text)
    except yaml.YAMLError as error:
        findings.error("SL101", reader.place(getattr(error, "problem_mark", None)), "", _told(error))
        return None
    except (RecursionError, _TooBigError):
        findings.error("SL101", Place(file), "", "this YAML is nested without end (an alias that contains itself?).")
        return None
    findings.extend(own.sorted())
    return Document(file, read.data, read.marks)


def recall_yaml(text: str, file: Path, findings: Findings, facts: Facts) -> Document | None:
    """The same as `parse_yaml`, parsing only what it has not parsed before. What is wrong with a text is not kept."""
    known = facts.get(_KIND, text)
    if known is not None:
        return Document(file, known[0], known[1])
    own = Findings()
    document = parse_yaml(text, file, own)
    findings.extend(own.sorted())
    if document is not None and not own.sorted():
        facts.put(_KIND, text, fact=[document.data, document.marks])
    return document


@lru_cache(10_000)
def plain_value(text: str) -> int | float | bool | None:
    """What a scalar without quotes means; None: it is text, as `010` and `on` are.

    Example:
        >>> plain_value("-3"), plain_value("1e3"), plain_value("true"), plain_value("010")
        (-3, 1000.0, True, None)
    """
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else None


class _TooBigError(Exception):
    pass


class _Read(NamedTuple):
    """A value, its marks, how many values are in it, and the text of a scalar."""

    data: Data
    marks: Marks
    size: int = 1
    text: str | None = None


class _Reader:
    """Makes data of events, without the tree of nodes that PyYAML would build first."""

    def __init__(self, file: Path, findings: Findings, locate: Locate | None) -> None:
        self.file = file
        self.findings = findings
        self.locate = locate
        self.size = 0
        self.anchors: dict[str, _Read | None] = {}
        self.started: dict[str, yaml.Mark] = {}

    def place(self, start: yaml.Mark | None) -> Place:
        at = None if start is None else self._mark(start)
        return Place(self.file) if at is None else Place(self.file, at // WIDTH, at % WIDTH)

    def read_text(self, text: str) -> _Read:
        loader = yaml.CSafeLoader(text)
        self.next = cast("Callable[[], yaml.Event]", loader.get_event)
        try:
            self.next()  # the stream begins
            event = self.next()
            if isinstance(event, yaml.StreamEndEvent):
                return _Read(None, None)
            read = self._read(self.next())
            self.next()  # the document ends
            second = self.next()
            if not isinstance(second, yaml.StreamEndEvent):
                context = "expected a single document in the stream"
                raise ComposerError(context, event.start_mark, "but found another document", second.start_mark)
            return read
        finally:
            loader.dispose()

    def _mark(self, start: yaml.Mark) -> int:
        line, column = start.line + 1, start.column + 1
        return mark(line, column) if self.locate is None else mark(*self.locate(line, column))

    def _read(self, event: yaml.Event) -> _Read:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._count()
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is not None:
            self._start(anchor, event.start_mark)
        before = self.size
        if isinstance(event, yaml.ScalarEvent):
            text: str = event.value
            at = self._mark(event.start_mark)
            is_plain = not event.style and plain_value(text) is not None
            read = _Read(None if _means(event, _NULL, _NULLS) else text, -at if is_plain else at, 1, text)
        elif isinstance(event, yaml.MappingStartEvent):
            read = self._mapping(self._mark(event.start_mark))
        else:
            read = self._sequence(self._mark(event.start_mark))
        if anchor is not None:
            self.anchors[anchor] = read._replace(size=self.size - before + 1)
        return read

    def _count(self) -> None:
        self.size += 1
        if self.size > _MOST_VALUES:
            raise _TooBigError

    def _start(self, anchor: str, start: yaml.Mark) -> None:
        if anchor in self.anchors:
            context = "found duplicate anchor; first occurrence"
            raise ComposerError(context, self.started[anchor], "second occurrence", start)
        self.anchors[anchor] = None
        self.started[anchor] = start

    def _alias(self, event: yaml.AliasEvent) -> _Read:
        if event.anchor not in self.anchors:
            raise ComposerError(None, None, "found undefined alias", event.start_mark)
        read = self.anchors[event.anchor]
        if read is None:
            raise _TooBigError
        self.size += read.size
        if self.size > _MOST_VALUES:
            raise _TooBigError
        return read

    def _sequence(self, at: int) -> _Read:
        items: list[Data] = []
        marks: list[Marks] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            item = self._read(event)
            items.append(item.data)
            marks.append(item.marks)
        return _Read(items, [at, marks])

    def _mapping(self, at: int) -> _Read:
        merged: dict[str, Data] = {}
        merged_marks: dict[str, Marks] = {}
        own: dict[str, Data] = {}
        marks: dict[str, Marks] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent) and _means(event, _MERGE, ("<<",)):
                for data, below in self._merged(self.next()):
                    merged = {**data, **merged}
                    merged_marks = {**below, **merged_marks}
                continue
            key_at = self._mark(event.start_mark)
            key = self._key(event)
            value = self._read(self.next())
            if key in own:
                first = self._line(marks[key])
                place = Place(self.file, key_at // WIDTH, key_at % WIDTH)
                self.findings.error("SL102", place, key, f"is written twice; first in line {first}.")
                continue
            own[key] = value.data
            marks[key] = [key_at, value.marks]
        if merged:
            own, marks = {**merged, **own}, {**merged_marks, **marks}
        return _Read(own, [at, marks])

    def _merged(self, event: yaml.Event) -> list[tuple[dict[str, Data], dict[str, Marks]]]:
        """The mappings that `<<` names: one, or a list of them."""
        read = self._read(event)
        several = isinstance(read.data, list)
        data = read.data if isinstance(read.data, list) else [read.data]
        below = read.marks[1] if several and isinstance(read.marks, list) else [read.marks]
        found: list[tuple[dict[str, Data], dict[str, Marks]]] = []
        for one, marks in zip(data, below if isinstance(below, list) else [], strict=True):
            children = marks[1] if isinstance(one, dict) and isinstance(marks, list) else None
            if isinstance(one, dict) and isinstance(children, dict):
                found.append((one, children))
        if len(found) != len(data):
            self.findings.error("SL101", self.place(event.start_mark), "<<", "merges something that is not a mapping.")
        return found

    def _key(self, event: yaml.Event) -> str:
        if isinstance(event, yaml.ScalarEvent) and event.anchor is None:
            self._count()
            return str(event.value)
        text = self._read(event).text
        if text is not None:
            return text
        self.findings.error(
            "SL101",
            self.place(event.start_mark),
            "",
            "a key is a list or a mapping.",
            "A value that begins with { must be quoted.",
        )
        return "?"

    def _line(self, pair: Marks) -> int:
        at = pair[0] if isinstance(pair, list) else None
        return at // WIDTH if isinstance(at, int) else 0


def _means(event: yaml.ScalarEvent, tag: str, plain: Iterable[str]) -> bool:
    """Whether a scalar has a tag, written or by being plain text that means it."""
    if event.tag is None or event.tag == "!":
        return event.value in plain and bool(event.implicit[0])
    return bool(event.tag == tag)


def _told(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).split("\n", maxsplit=1)[0]
    context = getattr(error, "context", None)
    return f"not valid YAML: {problem}{f' ({context})' if context else ''}."
