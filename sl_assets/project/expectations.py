"""Expectations and the macros they call."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes

from sl_assets.project.records import Expectation
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.read import Source, read_text
from sl_assets.spec.table import ExpectationSpec
from sl_assets.spec.template import environment, load_macros

_OLD = re.compile(r"\s*=>.*$", re.DOTALL)
_CATEGORY = re.compile(r"^\s*[A-Za-z_]\w*\.(?=[A-Za-z_]\w*\s*\()")


@dataclass(frozen=True)
class Macros:
    """A project's macro libraries: their text, one after the other, and what they define."""

    text: str = ""
    names: tuple[str, ...] = ()


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
    specs: Iterable[tuple[ExpectationSpec, Source]], macros: Macros, findings: Findings, *, fail_on_error: bool | None
) -> tuple[Expectation, ...]:
    """Expectations, checked (SL220).

    Args:
        specs: Each with where it is written.
        macros: What they can call.
        findings: Takes what is wrong.
        fail_on_error: The application's switch, where it is written; an expectation's own wins.
    """
    found: list[Expectation] = []
    for spec, source in specs:
        _check_call(spec.expect, source, macros, findings)
        own = "fail_on_error" in spec.model_fields_set
        fail = spec.fail_on_error if own or fail_on_error is None else fail_on_error
        found.append(Expectation(macro_call(spec.expect), fail, source.place("expect")))
    return tuple(found)


def macro_call(text: str) -> str:
    """The call without what older projects write around it.

    Example:
        >>> macro_call("uniqueness.is_unique('id') => count > 0")
        "is_unique('id')"
    """
    return _CATEGORY.sub("", _OLD.sub("", text)).strip()


def _check_call(text: str, source: Source, macros: Macros, findings: Findings) -> None:
    place, subject = source.place("expect"), source.subject("expect")
    if "=>" in text:
        findings.warning("SL220", place, subject, "what follows => is ignored.", "An expectation holds when its query yields 0.")
    call = _call(macro_call(text))
    if call is None:
        findings.error("SL220", place, subject, f'"{text}" is not a call of a macro.', "Write name(arguments).")
    elif call not in macros.names:
        fact = f'there is no macro "{call}" in expectations/ or macros/.'
        findings.error("SL220", place, subject, fact, allowed(sorted(macros.names), call))


def _call(text: str) -> str | None:
    """The name of the macro that a text calls; None when it is no call."""
    try:
        tree = environment().parse(f"{{{{ {text} }}}}")
    except TemplateSyntaxError:
        return None
    outputs = [node for output in tree.find_all(nodes.Output) for node in output.nodes]
    first = outputs[0] if len(outputs) == 1 else None
    return first.node.name if isinstance(first, nodes.Call) and isinstance(first.node, nodes.Name) else None
