"""Diagnostics for people and for programs: with the line they are about, in one line each, or as JSON."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

from sl_assets.cli.excerpt import end_column, excerpt, read_line
from sl_assets.spec.codes import CODES
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.place import Place

COLORS = {"error": "bold red", "warning": "bold yellow"}
_GUTTER = "blue"
_HINT = "green"
_SENTENCES = re.compile(r"(?<=\?) (?=\S)|(?<=\.) (?=Allowed: |Or write )")
"""Where a hint is broken into lines: after the likely fix, before what is allowed."""


def print_diagnostics(console: Console, diagnostics: Iterable[Diagnostic], *, full: bool | None = None) -> None:
    """All of them; `full` with the lines they are about, which is what a terminal gets when nothing else is said."""
    for each in diagnostics:
        if console.is_terminal if full is None else full:
            _print_full(console, each)
        else:
            _print_line(console, each)


def as_json(diagnostic: Diagnostic) -> Mapping[str, object]:
    """A diagnostic for other programs; lines and columns count from 1 and are null for a file as a whole."""
    place = diagnostic.place
    line = read_line(place)
    return {
        "file": str(place.file),
        "line": place.line or None,
        "column": place.column if place.line else None,
        "endColumn": end_column(line, place) if line is not None else None,
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "meaning": CODES[diagnostic.code],
        "subject": diagnostic.subject,
        "message": diagnostic.fact,
        "hint": diagnostic.hint,
    }


def _print_line(console: Console, each: Diagnostic) -> None:
    """Place, severity, what, hint, code: one line, which `grep` and editors understand."""
    line = Text.assemble((str(each.place), "bold"), "  ", (each.severity, COLORS[each.severity]), "  ")
    if each.subject:
        line.append(f"{each.subject}: ", "cyan")
    line.append(each.fact)
    if each.hint:
        line.append(f" {each.hint}", _HINT)
    line.append(f" [{each.code}]", "dim")
    console.print(line, soft_wrap=True, highlight=False)


def _print_full(console: Console, each: Diagnostic) -> None:
    color = COLORS[each.severity]
    line = read_line(each.place)
    indent = len(str(each.place.line)) if line is not None else 1
    title = Text.assemble((f"{each.severity}[{each.code}]", color), (": ", "bold"))
    if each.subject:
        title.append(f"{each.subject}: ", "bold cyan")
    title.append(each.fact, "bold")
    parts = [title, Text.assemble((f"{' ' * indent}--> ", _GUTTER), _linked(each.place))]
    edge = Text(f"{' ' * indent} |", _GUTTER)
    if line is not None:
        shown = excerpt(line, each.place, console.width - indent - 4)
        source = Text.assemble((f"{each.place.line} | ", _GUTTER), shown.before, (shown.marked, color), shown.after)
        mark = Text.assemble(edge, " " * (shown.start + 1), ("^" * shown.width, color))
        parts += [edge, source, mark]
    for sentence in _SENTENCES.split(each.hint) if each.hint else ():
        parts += _hint(sentence, indent, console)
    for part in parts:
        console.print(part, soft_wrap=part is not title or not console.is_terminal, highlight=False)
    console.print()


def _hint(sentence: str, indent: int, console: Console) -> list[Text]:
    """A sentence behind a `=`; on a terminal broken at its width, later lines below the first one's text."""
    width = console.width - indent - 3 if console.is_terminal else len(sentence)
    lines = textwrap.wrap(sentence, max(width, 20), break_long_words=False, break_on_hyphens=False)
    starts = [" = ", *["   "] * len(lines)]
    return [Text.assemble(" " * indent, (start, _GUTTER), (line, _HINT)) for start, line in zip(starts, lines, strict=False)]


def _linked(place: Place) -> Text:
    """The place as seen from here, for terminals that open what is clicked on."""
    shown = Place(near(place.file), place.line, place.column)
    link = place.file.as_uri() if place.file.is_absolute() else None
    return Text(str(shown), Style(link=link))


def near(file: Path) -> Path:
    """A file as seen from the working directory, when it is below it."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
