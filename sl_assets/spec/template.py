"""Jinja over text, the way Starlake does it: before YAML is read, in a sandbox, and nothing unknown stops it.

`{{x}}` that nobody defines becomes empty (and a warning tells so); `${x}` is replaced when x is known and stays when it is not.
Each piece of the result remembers where it comes from, so that places are right behind `{% if %}` and `{{x}}` too.
"""

import re
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from types import CodeType, MappingProxyType

from jinja2 import ChainableUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sl_assets.spec.findings import Findings, suggest
from sl_assets.spec.origin import Origin, Piece
from sl_assets.spec.place import Place

_MARK = re.compile("\ue000([0-9]+),([0-9]+)\ue001")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_DOLLAR = re.compile(r"\$\{\s*([A-Za-z_]\w*)\s*\}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_FAULTS = (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError)
_LONGEST = 1_000_000
_LARGEST_POWER = 10_000
_TEMPLATES = frozenset({"<template>", "<unknown>"})
"""What Jinja calls a template without a file in tracebacks."""
_DBT: Mapping[str, str] = MappingProxyType(
    {
        "ref": "A table is named as it is: domain.table.",
        "source": "A table is named as it is: domain.table.",
        "var": "A variable of env.sl.yml is named as it is: {{ name }}.",
        "env_var": "A variable of the process is named as it is: {{ NAME }}.",
        "config": "What a task is written like stands in its YAML: writeStrategy, sink, schedule, tags.",
    }
)
"""What projects of dbt call, and what stands in its place here."""
_OTHER_FILES = (nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends)
_JINJA = ("{{", "{%", "{#")


@dataclass(frozen=True)
class Rendered:
    """Text after its templates; `origins` lead from it back to the file, the last step first; none when it is the same.

    `broken`: a template in it could not be rendered; the text is as it was.
    """

    text: str
    origins: tuple[Origin, ...] = ()
    broken: bool = False

    def line(self, number: int) -> int:
        """The line in the file of line `number` of the text, both from 1."""
        for origin in self.origins:
            number = origin.line(number)
        return number

    def locate(self, line: int, column: int) -> tuple[int, int]:
        """The line and column in the file of a position in the text, all from 1."""
        for origin in self.origins:
            line, column = origin.locate(line, column)
        return line, column


class AtRunTime(str):
    """A value that only a run knows: `{{x}}` becomes `${x}`, and nothing else can be made of it before."""

    __slots__ = ()

    def __getitem__(self, _: object) -> str:
        """No part of it is known."""
        raise TemplateError(f"{str(self).strip('${}')} is only known when the task runs; write it into a .sql file.")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which does not take for ever over a number or a text that nobody can want."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """The power or the product; SecurityError, which is SL103, when it is too large."""
        numbers = [each for each in (left, right) if isinstance(each, int)]
        sizes = [len(each) for each in (left, right) if isinstance(each, Sized)]
        power = operator == "**" and len(numbers) == len((left, right)) and abs(numbers[0]) > 1 and numbers[1] > _LARGEST_POWER
        if power or (sizes and numbers and sizes[0] * numbers[0] > _LONGEST):
            raise SecurityError(f"{operator} makes something too large")
        return super().call_binop(context, operator, left, right)


def environment() -> ImmutableSandboxedEnvironment:
    """A fresh sandbox: no attribute that begins with an underscore, no change to a value handed in."""
    return _Sandbox(undefined=ChainableUndefined, keep_trailing_newline=True, autoescape=False)


def _compiled(sandbox: ImmutableSandboxedEnvironment, text: str) -> Template:
    """`sandbox.from_string(text)`, and what was compiled lately is not again: all transforms of a run share macros."""
    return Template.from_code(sandbox, _code(text), sandbox.make_globals(None))


@lru_cache(maxsize=256)
def _code(text: str) -> CodeType:
    return environment().compile(text)


def render_text(
    text: str,
    variables: Mapping[str, object],
    file: Path,
    findings: Findings,
    *,
    quiet: frozenset[str] = frozenset(),
    macros: Mapping[str, object] = MappingProxyType({}),
    comment: str = "#",
) -> Rendered:
    """Render one text.

    Args:
        text: Text with `{{ }}`, `{% %}`, `{# #}` and `${ }`.
        variables: What templates may name.
        file: Where the text comes from, for places.
        findings: Takes broken templates (SL103, error) and unknown variables (SL104, warning).
        quiet: Names that may be unknown without a warning.
        macros: What templates may call besides, see `load_macros`.
        comment: What begins a comment in this language; what is unknown in a comment needs no warning.

    Returns:
        The rendered text; a broken template leaves it as it was.
    """
    if not any(mark in text for mark in _JINJA):
        return _without_dollars(Rendered(text), variables)
    sandbox = environment()
    known = {**macros, **variables}
    try:
        tree = sandbox.parse(text)
        unknown = meta.find_undeclared_variables(tree) - known.keys() - sandbox.globals.keys() - _asked_about(tree)
        if _refused(tree, _Template(text, file, comment), unknown, known, findings):
            return Rendered(text, broken=True)
        _warn_of_unknown(tree, _Template(text, file, comment), unknown - quiet, known, findings)
        marked = _compiled(sandbox, _mark_lines(sandbox, text)).render(known)
    except _FAULTS as error:
        findings.error("SL103", _fault_place(error, file), "", _fault(error))
        return Rendered(text, broken=True)
    return _without_dollars(_unmark(marked, text), variables)


def load_macros(text: str, variables: Mapping[str, object], file: Path, findings: Findings) -> Mapping[str, object]:
    """Every macro and value that a template text defines at its top; nothing, and SL103, when it is broken.

    Example:
        >>> macros = load_macros("{% macro one() %}1{% endmacro %}", {}, Path("a.j2"), Findings())
        >>> str(macros["one"]())
        '1'
    """
    try:
        module = _compiled(environment(), text).make_module(dict(variables))
    except _FAULTS as error:
        findings.error("SL103", _fault_place(error, file), "", _fault(error))
        return {}
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


def replace_dollars(text: str, variables: Mapping[str, object]) -> str:
    """Replace `${x}` where x is known; leave it where it is not.

    Example:
        >>> replace_dollars("${a} ${b}", {"a": "1"})
        '1 ${b}'
    """
    if "${" not in text:
        return text

    def known(match: re.Match[str]) -> str:
        name = match.group(1)
        return str(variables[name]) if name in variables else match.group(0)

    return _DOLLAR.sub(known, text)


def words(text: str) -> frozenset[str]:
    """Every word of a text that a template could mean as a variable; empty when there is no template in it."""
    if "${" not in text and not any(mark in text for mark in _JINJA):
        return frozenset()
    return frozenset(_WORD.findall(text))


def _fault(error: Exception) -> str:
    return f"the template cannot be rendered: {str(error).rstrip('.')}."


def _fault_place(error: Exception, file: Path) -> Place:
    """Where a template broke: Jinja tells it of its syntax, and names the line in the traceback of what it ran."""
    if isinstance(error, TemplateSyntaxError):
        return Place(file, error.lineno, 1)
    lines = [lineno for frame, lineno in walk_tb(error.__traceback__) if frame.f_code.co_filename in _TEMPLATES]
    return Place(file, lines[0], 1) if lines else Place(file)


def _refused(
    tree: nodes.Template, template: "_Template", unknown: set[str], known: Mapping[str, object], findings: Findings
) -> bool:
    """Whether a template names another file, or calls what there is not: SL103 with the line of it."""
    refused = False
    for one in tree.find_all(_OTHER_FILES):
        fact = "the template cannot be rendered: no other file can be named in it."
        hint = "Every macro of macros/*.j2 can be called without an import."
        findings.error("SL103", Place(template.file, one.lineno, 1), "", fact, hint)
        refused = True
    for call in tree.find_all(nodes.Call):
        called = call.node
        while isinstance(called, nodes.Getattr | nodes.Getitem):
            called = called.node
        if isinstance(called, nodes.Name) and called.name in unknown:
            place = template.place(called.lineno, called.name) or Place(template.file, called.lineno, 1)
            hint = _DBT.get(called.name) or suggest(called.name, known) or "Macros are written in macros/*.j2."
            findings.error("SL103", place, called.name, "is called, and there is no macro of that name.", hint)
            refused = True
    return refused


def _mark_lines(sandbox: ImmutableSandboxedEnvironment, text: str) -> str:
    """Put in front of every piece of text (not inside a tag), and of every line in it, where it stands and how long it is."""
    text, at, parts = _NEWLINE.sub("\n", text), 0, list[str]()
    for _, kind, value in sandbox.lex(text):
        at = max(text.find(value, at), at)  # spaces that `-%}` takes away are skipped
        parts.append("".join(_marked(value, at)) if kind == "data" else value)
        at += len(value)
    return "".join(parts)


def _marked(value: str, at: int) -> Iterator[str]:
    for line in _LINE.findall(value):
        yield f"\ue000{at},{len(line)}\ue001{line}"
        at += len(line)


def _unmark(marked: str, text: str) -> Rendered:
    pieces: list[Piece] = []
    parts: list[str] = []
    end = at = 0
    for mark in _MARK.finditer(marked):
        parts.append(marked[end : mark.start()])
        at += len(parts[-1])
        pieces.append(Piece(at, int(mark[1]), int(mark[2])))
        end = mark.end()
    rendered = "".join((*parts, marked[end:]))
    return Rendered(rendered, (Origin.of(pieces, rendered, _NEWLINE.sub("\n", text)),))


def _without_dollars(rendered: Rendered, variables: Mapping[str, object]) -> Rendered:
    """Replace `${x}`, as `replace_dollars` does."""
    pieces: list[Piece] = []
    parts: list[str] = []
    end = at = 0
    for match in _DOLLAR.finditer(rendered.text) if "${" in rendered.text else ():
        if match.group(1) in variables:
            pieces.append(Piece(at, end, match.start() - end))
            parts += [rendered.text[end : match.start()], str(variables[match.group(1)])]
            at, end = at + len(parts[-2]) + len(parts[-1]), match.end()
    if not pieces:
        return rendered
    text = "".join((*parts, rendered.text[end:]))
    pieces.append(Piece(at, end, len(rendered.text) - end))
    return Rendered(text, (Origin.of(pieces, text, rendered.text), *rendered.origins))


@dataclass(frozen=True)
class _Template:
    text: str
    file: Path
    comment: str

    def place(self, line: int, name: str) -> Place | None:
        """Where `name` stands in a line; None when that is in a comment."""
        lines = self.text.split("\n")
        text = lines[line - 1] if line <= len(lines) else ""
        found = re.search(rf"\b{re.escape(name)}\b", text)
        before = text[: found.start()] if found else ""
        if re.search(rf"(^|\s){re.escape(self.comment)}", before):
            return None
        return Place(self.file, line, len(before) + 1)


def _warn_of_unknown(
    tree: nodes.Template, template: _Template, unknown: set[str], variables: Mapping[str, object], findings: Findings
) -> None:
    if not unknown:
        return
    guarded = _guarded(tree)
    for name in tree.find_all(nodes.Name):
        if name.name not in unknown or id(name) in guarded:
            continue
        if (place := template.place(name.lineno, name.name)) is not None:
            hint = suggest(name.name, variables) or "Define it in env.sl.yml or in the process's environment."
            findings.warning("SL104", place, name.name, "is not defined, so it becomes empty text.", hint)


def _asked_about(tree: nodes.Template) -> set[str]:
    """Names that a template itself asks about: `x is defined`."""
    tests = (one for one in tree.find_all(nodes.Test) if one.name in ("defined", "undefined"))
    return {one.node.name for one in tests if isinstance(one.node, nodes.Name)}


def _guarded(tree: nodes.Template) -> set[int]:
    """Names whose being unknown is provided for: `x | default('a')`."""
    return {id(one.node) for one in tree.find_all(nodes.Filter) if one.name in ("default", "d") and one.node is not None}
