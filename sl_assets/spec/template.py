"""Jinja over text, the way Starlake does it: before YAML is read, in a sandbox, and nothing unknown stops it.

`{{x}}` that nobody defines becomes empty (and a warning tells so); `${x}` is replaced when x is known and stays when it is not.
Each line of the result remembers the line it comes from, so that places are right behind `{% if %}` too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sl_assets.spec.findings import Findings, suggest
from sl_assets.spec.place import Place

_MARKS = re.compile("\ue000([0-9]+)\ue001")
_DOLLAR = re.compile(r"\$\{\s*([A-Za-z_]\w*)\s*\}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_FAULTS = (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError)
_JINJA = ("{{", "{%", "{#")


@dataclass(frozen=True)
class Rendered:
    """Text after its templates; `lines` holds for each of its lines the line in the file, None when they are the same."""

    text: str
    lines: Sequence[int] | None = None

    def line(self, number: int) -> int:
        """The line in the file of line `number` of the text, both from 1."""
        return self.lines[min(number, len(self.lines)) - 1] if self.lines else number


def environment() -> ImmutableSandboxedEnvironment:
    """A fresh sandbox: no attribute that begins with an underscore, no change to a value handed in."""
    return ImmutableSandboxedEnvironment(undefined=ChainableUndefined, keep_trailing_newline=True, autoescape=False)


def render_text(
    text: str,
    variables: Mapping[str, object],
    file: Path,
    findings: Findings,
    *,
    quiet: frozenset[str] = frozenset(),
    macros: Mapping[str, object] = MappingProxyType({}),
) -> Rendered:
    """Render one text.

    Args:
        text: Text with `{{ }}`, `{% %}`, `{# #}` and `${ }`.
        variables: What templates may name.
        file: Where the text comes from, for places.
        findings: Takes broken templates (SL103, error) and unknown variables (SL104, warning).
        quiet: Names that may be unknown without a warning.
        macros: What templates may call besides, see `load_macros`.

    Returns:
        The rendered text; a broken template leaves it as it was.
    """
    if not any(mark in text for mark in _JINJA):
        return Rendered(replace_dollars(text, variables))
    sandbox = environment()
    known = {**macros, **variables}
    try:
        _warn_of_unknown(sandbox, text, known, file, findings, quiet)
        marked = sandbox.from_string(_mark_lines(sandbox, text)).render(known)
    except _FAULTS as error:
        findings.error("SL103", _fault_place(error, file), "", _fault(error))
        return Rendered(text)
    rendered = _unmark(marked)
    return Rendered(replace_dollars(rendered.text, variables), rendered.lines)


def load_macros(text: str, variables: Mapping[str, object], file: Path, findings: Findings) -> Mapping[str, object]:
    """Every macro and value that a template text defines at its top; nothing, and SL103, when it is broken.

    Example:
        >>> macros = load_macros("{% macro one() %}1{% endmacro %}", {}, Path("a.j2"), Findings())
        >>> str(macros["one"]())
        '1'
    """
    try:
        module = environment().from_string(text).make_module(dict(variables))
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
    return Place(file, error.lineno, 1) if isinstance(error, TemplateSyntaxError) else Place(file)


def _mark_lines(sandbox: ImmutableSandboxedEnvironment, text: str) -> str:
    """Put the line number at the beginning of every line that is text (not inside a tag)."""
    parts: list[str] = ["\ue0001\ue001"]
    parts += [_number(value, line) if kind == "data" else value for line, kind, value in sandbox.lex(text)]
    return "".join(parts)


def _number(value: str, line: int) -> str:
    first, *rest = value.split("\n")
    return first + "".join(f"\n\ue000{line + count}\ue001{part}" for count, part in enumerate(rest, start=1))


def _unmark(marked: str) -> Rendered:
    lines: list[int] = []
    texts: list[str] = []
    current = 1
    for text in marked.split("\n"):
        found = _MARKS.findall(text)
        # the last mark wins: a line glued from two (by `-%}`) is looked for where its own text stands
        current = int(found[-1]) if found else current
        lines.append(current)
        texts.append(_MARKS.sub("", text))
    same = all(number == index for index, number in enumerate(lines, start=1))
    return Rendered("\n".join(texts), None if same else lines)


def _warn_of_unknown(
    sandbox: ImmutableSandboxedEnvironment,
    text: str,
    variables: Mapping[str, object],
    file: Path,
    findings: Findings,
    quiet: frozenset[str],
) -> None:
    tree = sandbox.parse(text)
    unknown = meta.find_undeclared_variables(tree) - variables.keys() - quiet - sandbox.globals.keys()
    if not unknown:
        return
    guarded = _guarded(tree)
    for name in tree.find_all(nodes.Name):
        if name.name in unknown and id(name) not in guarded:
            findings.warning(
                "SL104",
                Place(file, name.lineno, _column(text, name.lineno, name.name)),
                name.name,
                "is not defined, so it becomes empty text.",
                suggest(name.name, variables) or "Define it in env.sl.yml or in the process's environment.",
            )


def _guarded(tree: nodes.Template) -> set[int]:
    """Names whose being unknown is provided for: `x | default('a')`, `x is defined`."""
    found: set[int] = set()
    for one in tree.find_all((nodes.Filter, nodes.Test)):
        if one.name in ("default", "d", "defined", "undefined") and one.node is not None:
            found.add(id(one.node))
    return found


def _column(text: str, line: int, name: str) -> int:
    lines = text.split("\n")
    if line > len(lines):
        return 1
    match = re.search(rf"\b{re.escape(name)}\b", lines[line - 1])
    return match.start() + 1 if match else 1
