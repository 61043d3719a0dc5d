"""What a template text asks for by name, without rendering it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import TemplateError, meta, nodes

from sl_assets.spec.template import environment


@dataclass(frozen=True)
class MacroText:
    """A macro: all that it is made of as text, comments and blanks between tags left out, and what it names in turn."""

    text: str
    names: frozenset[str]


@lru_cache(maxsize=2048)
def names_in(text: str) -> frozenset[str]:
    """The names that a text's templates do not define themselves; none where it has no template, or a broken one.

    Example:
        >>> sorted(names_in("{% set a = b %}{{ a }} {{ c(d) }} e"))
        ['b', 'c', 'd']
    """
    if "{{" not in text and "{%" not in text:
        return frozenset()
    try:
        return frozenset(meta.find_undeclared_variables(environment().parse(text)))
    except (TemplateError, RecursionError):
        return frozenset()


@lru_cache(maxsize=16)
def macros_in(text: str) -> Mapping[str, MacroText]:
    """The macros that a text defines, by name; none where it is broken.

    Example:
        >>> macros_in("{% macro a(x) %}{{ b(x) }}{% endmacro %}")["a"].names
        frozenset({'b'})
    """
    try:
        tree = environment().parse(text)
    except (TemplateError, RecursionError):
        return {}
    return {each.name: _macro(each) for each in tree.find_all(nodes.Macro)}


def _macro(node: nodes.Macro) -> MacroText:
    alone = nodes.Template([node])
    alone.set_environment(environment())
    return MacroText(repr(node), frozenset(meta.find_undeclared_variables(alone)))
