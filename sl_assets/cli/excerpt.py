"""One line of a file with a mark under a place in it, in the cells of a terminal, whatever the line has in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

from sl_assets.spec.place import Place

_TAB = 4
_JOINERS = "\u200d\ufe0e\ufe0f"
"""Characters that terminals disagree about: without them every sign has the width that it has everywhere."""
_CUT = "…"
_LEAST = 20
"""Cells; a narrower line shows nothing that helps."""

_QUOTED = r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^']|'')*'"
_TEMPLATE = r"\{\{.*?\}\}|\{%.*?%\}|\$\{.*?\}"
_NAME = r'(?:"[^"]*"|`[^`]*`|[\w$]+)'
_SQL = re.compile(rf"{_TEMPLATE}|'(?:[^']|'')*'|{_NAME}(?:\.{_NAME})*|.")
_BLOCK = re.compile(rf"{_QUOTED}|(?:{_TEMPLATE}|:(?!\s|$)|(?<!\s)#|[^:#]|\s#(?=\S))+|.")
_FLOW = re.compile(rf"{_QUOTED}|(?:{_TEMPLATE}|:(?!\s|$)|(?<!\s)#|[^:#,\[\]{{}}])+|.")


@dataclass(frozen=True)
class Excerpt:
    """A line as a terminal shows it: text before, under and after the mark, and where the mark begins and ends, in cells."""

    before: str
    marked: str
    after: str

    @property
    def start(self) -> int:
        """The cell in which the mark begins, from 0."""
        return cell_len(self.before)

    @property
    def width(self) -> int:
        """How many cells are marked, at least one."""
        return max(cell_len(self.marked), 1)


def read_line(place: Place) -> str | None:
    """The line at a place; None when that is a file as a whole, or the line cannot be read."""
    if place.line == 0:
        return None
    lines = _lines(place.file)
    return lines[place.line - 1] if place.line <= len(lines) else None


def end_column(line: str, place: Place) -> int:
    """The column (from 1) behind what stands at a place: a key, a value, a name in SQL."""
    start = place.column - 1
    if start >= len(line):
        return place.column
    kind = _kind(line, place)
    if kind is not _SQL and line[start] in "{[" and not line.startswith("{{", start):
        return _closing(line, start) + 2
    found = kind.match(line, start)
    return start + max(len(found[0].rstrip()) if found else 0, 1) + 1


def excerpt(line: str, place: Place, width: int) -> Excerpt:
    """A line cut to `width` cells around a place."""
    start, end = place.column - 1, end_column(line, place) - 1
    shown = _shown(line)
    before, marked, after = "".join(shown[:start]), "".join(shown[start:end]), "".join(shown[end:])
    width = max(width, _LEAST)
    if cell_len(before) + cell_len(marked) + cell_len(after) <= width:
        return Excerpt(before, marked, after)
    marked = _first(marked, width * 2 // 3)
    room = width - cell_len(marked)
    left = min(cell_len(before), max(room // 3, room - cell_len(after)))
    before = _last(before, left)
    return Excerpt(before, marked, _first(after, width - cell_len(before) - cell_len(marked)))


def _lines(file: Path) -> Sequence[str]:
    try:
        return re.split(r"\r\n|\r|\n", file.read_text(encoding="utf-8-sig", errors="replace"))
    except OSError:
        return []


def _kind(line: str, place: Place) -> re.Pattern[str]:
    if ".sql" in place.file.suffixes or place.file.suffix == ".j2":
        return _SQL
    before = re.sub(rf"{_QUOTED}|{_TEMPLATE}", "", line[: place.column - 1])
    opened = sum(before.count(each) for each in "{[") - sum(before.count(each) for each in "}]")
    return _FLOW if opened > 0 else _BLOCK


def _closing(line: str, start: int) -> int:
    """Where a list or mapping ends that begins at `start`; `start` itself when that is in another line."""
    depth = 0
    for part in re.finditer(rf"{_QUOTED}|{_TEMPLATE}|[{{\[]|[}}\]]", line[start:]):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(part[0], 0)
        if depth == 0:
            return start + part.end() - 1
    return start


def _shown(line: str) -> list[str]:
    """Each character as it is shown: a tab as spaces, what a terminal would obey as its escape."""
    parts: list[str] = []
    at = 0
    for each in line:
        if each == "\t":
            part = " " * (_TAB - at % _TAB)
        elif each in _JOINERS:
            part = ""
        else:
            part = each if each.isprintable() else repr(each)[1:-1]
        parts.append(part)
        at += cell_len(part)
    return parts


def _first(text: str, width: int) -> str:
    """The first cells of a text, with a sign where it is cut."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[: max(width - 1, len(text) // 2)] if cell_len(text) > 4 * width else text[:-1]
    return f"{text}{_CUT}" if width > 0 else ""


def _last(text: str, width: int) -> str:
    """The last cells of a text, with a sign where it is cut."""
    if cell_len(text) <= width:
        return text
    text = text[-width:] if width > 0 else ""
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return f"{_CUT}{text}" if width > 0 else ""
