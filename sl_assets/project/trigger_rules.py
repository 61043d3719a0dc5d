"""`dataset_triggering_strategy`: `any`, `all`, or a boolean expression over what a task reads.

    rule  = both { ("|" | "or") both }          both = term { ("&" | "and") term }
    term  = "(" rule ")" | the name of a table: sales.orders

Read into a tree, never evaluated as code.
"""

import re
from collections.abc import Sequence
from typing import Literal

from sl_assets.project.orchestration import Combined, Rule
from sl_assets.project.records import TableKey

_TOKEN = re.compile(r"\s*(?:(&&?|\|\|?|[()])|([A-Za-z_][\w$-]*(?:\.[A-Za-z_][\w$-]*)*))")
_OPERATORS: dict[str, Literal["&", "|"]] = {"&": "&", "&&": "&", "and": "&", "|": "|", "||": "|", "or": "|"}
_DEEPEST = 50


class RuleError(ValueError):
    """A rule cannot be read; the text says why."""


def parse_rule(text: str) -> Rule:
    """A strategy as a rule. `any` and `all` are taken whatever their letter case.

    Raises:
        RuleError: It is neither of the two nor an expression.

    Example:
        >>> parse_rule("a & (b | c)")
        Combined(operator='&', rules=('a', Combined(operator='|', rules=('b', 'c'))))
    """
    reader = _Reader(_tokens(text))
    rule = reader.either(0)
    if reader.next:
        raise RuleError(f'"{reader.next}" is not expected there.')
    return rule.lower() if isinstance(rule, str) and rule.lower() in ("any", "all") else rule


def names_in(rule: Rule) -> tuple[str, ...]:
    """The names an expression is made of, each once, as written."""
    if isinstance(rule, str):
        return (rule,)
    return tuple(dict.fromkeys(name for each in rule.rules for name in names_in(each)))


def find_named(name: str, keys: Sequence[TableKey]) -> TableKey | None:
    """Which of the tables a name means: `domain.table`, or `table` where only one has that name. Letter case does not count."""
    fold = name.casefold()
    exact = [key for key in keys if str(key).casefold() == fold]
    short = [key for key in keys if key.name.casefold() == fold]
    return exact[0] if exact else short[0] if len(short) == 1 else None


class _Reader:
    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = [*tokens, ""]
        self._at = 0

    @property
    def next(self) -> str:
        return self._tokens[self._at]

    def either(self, depth: int) -> Rule:
        return self._joined("|", depth)

    def _joined(self, operator: Literal["&", "|"], depth: int) -> Rule:
        rules = [self._part(operator, depth)]
        while _OPERATORS.get(self.next.lower()) == operator:
            self._at += 1
            rules.append(self._part(operator, depth))
        return rules[0] if len(rules) == 1 else Combined(operator, tuple(rules))

    def _part(self, operator: Literal["&", "|"], depth: int) -> Rule:
        return self._joined("&", depth) if operator == "|" else self._term(depth)

    def _term(self, depth: int) -> Rule:
        if depth > _DEEPEST:
            raise RuleError("it is nested too deeply.")
        found = self.next
        if found == "(":
            self._at += 1
            rule = self.either(depth + 1)
            if self.next != ")":
                raise RuleError('")" is missing.')
            self._at += 1
            return rule
        if not found or found == ")" or found.lower() in _OPERATORS:
            raise RuleError(f"the name of a table is missing {f'before {chr(34)}{found}{chr(34)}' if found else 'at the end'}.")
        self._at += 1
        return found


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise RuleError(f'"{text[at:].strip()}" is not expected there.')
        found.append(match[1] or match[2])
        at = match.end()
    return found
