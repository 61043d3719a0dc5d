"""Adding to YAML files that people wrote: text is put in, nothing else of the file is touched, not a comment, not a space.

Each change is proved before it is given out: read again, the file says what it said before and the addition, and nothing more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from sl_assets.spec.document import Data, Route
from sl_assets.spec.findings import Findings
from sl_assets.spec.written import WrittenAttribute, attribute_flow, attribute_lines, scalar
from sl_assets.spec.yaml import parse_yaml

Lines = Callable[[int], Sequence[str]]
"""Items of a list as lines, for the column at which each is to begin."""


class AmendError(Exception):
    """A file that cannot be amended by itself: the message says which and why."""


@dataclass(frozen=True)
class _Place:
    """Offsets in the text: where a value begins and where its last visible character ends."""

    start: int
    end: int


def data_of(text: str, file: Path) -> Data:
    """What a file says, its templates left as they are.

    Raises:
        AmendError: It is no YAML while its templates are not rendered.
    """
    document = parse_yaml(text, file, Findings())
    if document is None:
        hint = "Hint: it has templates outside of quotes; add the text by hand"
        raise AmendError(f"{file}  cannot be amended: it is no YAML before its templates are rendered. {hint}.")
    return document.data


def append_attributes(text: str, route: Route, attributes: Sequence[WrittenAttribute], file: Path) -> str:
    """The text with attributes at the end of the list at `route`, which must exist.

    Raises:
        AmendError: There is no such list, or the file cannot be amended.
    """
    flow = ", ".join(attribute_flow(each) for each in attributes)
    return _append(text, route, lambda indent: attribute_lines(attributes, indent), flow, len(attributes), file)


def append_items(text: str, route: Route, lines: Lines, file: Path, number: int = 1) -> str:
    """The text with items at the end of a list that is written one item a line.

    Raises:
        AmendError: There is no such list, or the file cannot be amended.
    """
    return _append(text, route, lines, None, number, file)


def change_type(text: str, route: Route, kind: str, file: Path) -> str:
    """The text with another `type` of the attribute at `route`.

    Raises:
        AmendError: There is no such attribute, or the file cannot be amended.
    """
    node = _mapping(_node(text, route, file), route, file)
    entries = {str(key.value): (key, value) for key, value in node.value}
    if "type" in entries:
        place = _place(text, entries["type"][1])
        changed = f"{text[: place.start]}{scalar(kind)}{text[place.end :]}"
    elif node.flow_style:
        end = _place(text, entries["name"][1]).end
        changed = f"{text[:end]}, type: {scalar(kind)}{text[end:]}"
    else:
        key, value = entries["name"]
        at = _line_end(text, _place(text, value).end)
        changed = _with_lines(text, at, [f"{' ' * key.start_mark.column}type: {scalar(kind)}"])
    wanted = _changed(data_of(text, file), (*route, "type"), kind)
    return _proved(changed, wanted, file)


def _append(text: str, route: Route, lines: Lines, flow: str | None, number: int, file: Path) -> str:
    node = _node(text, route, file)
    if not isinstance(node, yaml.SequenceNode):
        raise AmendError(f"{file}  cannot be amended: {_dotted(route)} is no list.")
    if node.flow_style:
        if flow is None:
            raise AmendError(f"{file}  cannot be amended: {_dotted(route)} is written between brackets.")
        end = _place(text, node.value[-1]).end if node.value else _offset(text, node.start_mark) + 1
        changed = f"{text[:end]}{', ' if node.value else ''}{flow}{text[end:]}"
    else:
        at = _line_end(text, _place(text, node.value[-1]).end)
        changed = _with_lines(text, at, lines(node.start_mark.column))
    return _proved(changed, _appended(data_of(text, file), route, data_of(changed, file), number), file)


def _with_lines(text: str, at: int, lines: Sequence[str]) -> str:
    ending = "\r\n" if "\r\n" in text else "\n"
    before = text[:at] if at == 0 or text[at - 1] == "\n" else text[:at] + ending
    return before + "".join(line + ending for line in lines) + text[at:]


def _line_end(text: str, offset: int) -> int:
    """Where the next line begins."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _node(text: str, route: Route, file: Path) -> yaml.Node:
    data_of(text, file)
    loader = yaml.CSafeLoader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    for step in route:
        node = _child(node, step)
    if node is None:
        raise AmendError(f"{file}  cannot be amended: it has no {_dotted(route)}.")
    return node


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return cast("yaml.Node", node.value[step])
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _mapping(node: yaml.Node, route: Route, file: Path) -> yaml.MappingNode:
    if not isinstance(node, yaml.MappingNode):
        raise AmendError(f"{file}  cannot be amended: {_dotted(route)} is no mapping.")
    return node


def _place(text: str, node: yaml.Node) -> _Place:
    """A block ends, for the parser, where the next thing begins: its end is that of the last thing in it."""
    start = _offset(text, node.start_mark)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _Place(start, _place(text, node.value[-1]).end)
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _Place(start, _place(text, node.value[-1][1]).end)
    end = _offset(text, node.end_mark)
    return _Place(start, start + len(text[start:end].rstrip()))


def _offset(text: str, mark: yaml.Mark) -> int:
    offset = 0
    for _ in range(mark.line):
        offset = text.index("\n", offset) + 1
    return offset + mark.column


def _appended(before: Data, route: Route, after: Data, number: int) -> Data:
    """What the file has to say afterwards: what it said, with the last items of the new list."""
    items = _at(after, route)
    added = items[-number:] if isinstance(items, list) else []
    return _changed(before, route, [*cast("list[Data]", _at(before, route) or []), *added])


def _at(data: Data, route: Route) -> Data:
    for step in route:
        if isinstance(data, list) and isinstance(step, int):
            data = data[step]
        elif isinstance(data, dict):
            data = data.get(str(step))
    return data


def _changed(data: Data, route: Route, value: Data) -> Data:
    if not route:
        return value
    step, *rest = route
    if isinstance(data, list):
        return [_changed(each, tuple(rest), value) if number == step else each for number, each in enumerate(data)]
    known = data if isinstance(data, dict) else {}
    return {**known, str(step): _changed(known.get(str(step)), tuple(rest), value)}


def _proved(changed: str, wanted: Data, file: Path) -> str:
    if data_of(changed, file) != wanted:
        raise AmendError(f"{file}  cannot be amended without changing what else it says. Hint: add the text by hand.")
    return changed


def _dotted(route: Route) -> str:
    return ".".join(str(step) for step in route)
