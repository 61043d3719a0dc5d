"""Expectations and the macros they call."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes

from sl_assets.project.library import library_macros, library_text
from sl_assets.project.quality import Expectation, Wanted
from sl_assets.spec.findings import Findings, allowed, suggest
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source, read_text
from sl_assets.spec.table import ExpectationSpec
from sl_assets.spec.template import environment, load_macros

_VARIABLE = frozenset({"varargs", "kwargs"})
_OLD = re.compile(r"\s*=>(.*)$", re.DOTALL)
_RESULT = re.compile(r"\s*result\s*\(\s*0\s*\)\s*(==|!=|<=|>=|<|>)\s*(-?\d{1,18})[lL]?\s*")
_QUERY = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_CATEGORY = re.compile(r"^\s*[A-Za-z_]\w*\.(?=[A-Za-z_]\w*\s*\()")


@dataclass(frozen=True)
class Signature:
    """The parameters of a macro, and those that have no default; `open`: it takes any number of arguments."""

    parameters: tuple[str, ...]
    required: tuple[str, ...]
    open: bool = False


@cache
def signatures(text: str) -> Mapping[str, Signature]:
    """The macros of a template text by name; none of a text that cannot be parsed."""
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError:
        return {}
    return {macro.name: _signature(macro) for macro in tree.find_all(nodes.Macro)}


def _signature(macro: nodes.Macro) -> Signature:
    names = tuple(each.name for each in macro.args)
    takes_all = any(each.name in _VARIABLE for each in macro.find_all(nodes.Name))
    return Signature(names, names[: len(names) - len(macro.defaults)], takes_all)


@dataclass(frozen=True)
class Macros:
    """A project's macro libraries: their text, one after the other, and what they define."""

    text: str = ""
    names: tuple[str, ...] = ()

    def signature(self, name: str) -> Signature | None:
        """How a macro is called: the project's own, else one of the library; None: there is none, or nobody can tell."""
        own = signatures(self.text)
        return own.get(name) if name in self.names else signatures(library_text()).get(name)


def read_macros(metadata: Path, variables: Mapping[str, str], findings: Findings) -> Macros:
    """Read all `.j2` files of `expectations/` and `macros/`; a broken one (SL103) is left out, of two macros the later counts."""
    texts: list[str] = []
    names: dict[str, None] = {}
    for folder in ("expectations", "macros"):
        for file in sorted((metadata / folder).rglob("*.j2")):
            text = read_text(file, findings)
            if text is not None and (found := load_macros(text, variables, file, findings)):
                texts.append(text)
                names.update(dict.fromkeys(found))
    return Macros("\n".join(texts), tuple(names))


def read_expectations(
    specs: Iterable[tuple[ExpectationSpec, Source]],
    macros: Macros,
    findings: Findings,
    *,
    fail_on_error: bool | None,
    dialect: str,
) -> tuple[Expectation, ...]:
    """Expectations, checked (SL220).

    Args:
        specs: Each with where it is written.
        macros: What they can call.
        findings: Takes what is wrong.
        fail_on_error: The application's switch, where it is written; an expectation's own wins.
        dialect: What the project's own macros are written in; those of the library are DuckDB's.
    """
    found: list[Expectation] = []
    for spec, source in specs:
        if spec.expect is None:
            continue  # a row expectation, see `row_expectations`
        _check_call(spec.expect, source, macros, findings)
        own = "fail_on_error" in spec.model_fields_set
        fail = spec.fail_on_error if own or fail_on_error is None else fail_on_error
        expect = macro_call(spec.expect)
        own_macro = (call := _call(expect)) is not None and call.name in macros.names
        wanted = _wanted(spec.expect) or Wanted()
        found.append(Expectation(expect, fail, wanted, dialect if own_macro else "duckdb", source.place("expect")))
    return tuple(found)


def macro_call(text: str) -> str:
    """The call without what older projects write around it.

    Example:
        >>> macro_call("uniqueness.is_unique('id') => count > 0")
        "is_unique('id')"
    """
    return _CATEGORY.sub("", _OLD.sub("", text)).strip()


def _wanted(text: str) -> Wanted | None:
    """What must come out, where a text says it as older projects do; None where it says it in a way we do not read.

    Example:
        >>> str(_wanted("is_row_count_to_be_between(1, 9) => result(0) == 1"))
        '1'
    """
    behind = _OLD.search(text)
    if behind is None:
        return Wanted()
    match = _RESULT.fullmatch(behind[1])
    return Wanted(match[1], int(match[2])) if match else None


@dataclass(frozen=True)
class _Call:
    name: str
    positional: int
    keywords: tuple[str, ...]
    open: bool  # with * or **


def _check_call(text: str, source: Source, macros: Macros, findings: Findings) -> None:
    place, subject = source.place("expect"), source.subject("expect")
    if _wanted(text) is None:
        hint = "An expectation holds when its query yields 0, or as result(0) says it, such as => result(0) == 1."
        findings.warning("SL220", place, subject, "what follows => is ignored.", hint)
    call = _call(macro_call(text))
    if call is None:
        inside = "SQL belongs in a macro of expectations/; of incoming rows, row and aggregate take it as it is."
        hint = inside if _QUERY.match(text) else "Write name(arguments)."
        findings.error("SL220", place, subject, f'"{text}" is not a call of a macro.', hint)
    elif call.name not in macros.names and call.name not in library_macros():
        fact = f'there is no macro "{call.name}" in expectations/ or macros/, nor in the library.'
        hint = suggest(call.name, [*macros.names, *library_macros()]) or allowed(sorted(macros.names))
        findings.error("SL220", place, subject, fact, hint)
    else:
        _check_arguments(call, macros, place, subject, findings)


def _check_arguments(call: _Call, macros: Macros, place: Place, subject: str, findings: Findings) -> None:
    """What a template leaves out is empty text in the SQL, which then says something else, or nothing."""
    signature = macros.signature(call.name)
    if signature is None or signature.open or call.open:
        return
    shown = f"{call.name}({', '.join(signature.parameters)})"
    tell = findings.warning if call.name in macros.names else findings.error  # Starlake takes it as empty text
    given = set(signature.parameters[: call.positional]) | set(call.keywords)
    missing = [each for each in signature.required if each not in given]
    unknown = [each for each in call.keywords if each not in signature.parameters]
    if call.positional > len(signature.parameters) or unknown:
        what = f'has no argument "{unknown[0]}"' if unknown else f"takes {len(signature.parameters)} arguments"
        tell("SL220", place, subject, f"{call.name} {what}.", f"It is {shown}.")
    elif missing:
        tell("SL220", place, subject, f"{call.name} is called without {', '.join(missing)}.", f"It is {shown}.")


def _call(text: str) -> _Call | None:
    """The macro that a text calls; None when it is no call."""
    try:
        tree = environment().parse(f"{{{{ {text} }}}}")
    except TemplateSyntaxError:
        return None
    outputs = [node for output in tree.find_all(nodes.Output) for node in output.nodes]
    first = outputs[0] if len(outputs) == 1 else None
    if not isinstance(first, nodes.Call) or not isinstance(first.node, nodes.Name):
        return None
    keywords = tuple(each.key for each in first.kwargs)
    return _Call(first.node.name, len(first.args), keywords, open=bool(first.dyn_args or first.dyn_kwargs))
