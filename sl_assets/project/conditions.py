"""The expressions of `writeStrategy.types`: a small language of our own, read and never evaluated as code.

    condition  = both { "||" both }           both = equality { "&&" equality }
    equality   = ordering { ("==" | "!=") ordering }
    ordering   = term [ ("<" | "<=" | ">" | ">=") term ]
    term       = "!" term | "(" condition ")" | number | "text" | true | false | group(1) | group("name") | a name

Precedence is Scala's, in which Starlake runs them. Kinds are checked while reading: `fileSize == "1"` is refused.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from sl_assets.project.file_facts import FLAGS, NUMBERS, FileFacts
from sl_assets.spec.findings import allowed

Kind = Literal["condition", "number", "text"]
Value = bool | int | str | None
Evaluate = Callable[[FileFacts], Value]

_TOKEN = re.compile(r'\s*(?:([0-9][0-9_]{0,30})[lL]?|("[^"\\]*")|([A-Za-z]\w*)|(&&|\|\||[=!<>]=|[!<>()]))')
_EQUAL: Mapping[str, Callable[[object, object], bool]] = MappingProxyType({"==": operator.eq, "!=": operator.ne})
_ORDER = MappingProxyType({"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge})
_ARTICLE = {"condition": "a condition", "number": "a number", "text": "text"}
_DEEPEST = 50
"""So many brackets and `!` may be open at once."""


class ConditionError(ValueError):
    """An expression cannot be read; the text says why."""


@dataclass(frozen=True)
class _Term:
    kind: Kind
    of: Evaluate


class _Token(NamedTuple):
    kind: Literal["number", "text", "name", "sign", "end"]
    text: str


class _Reader:
    def __init__(self, text: str, groups: Collection[str | int] | None) -> None:
        self._tokens = _tokens(text)
        self._groups = groups
        self._at = 0
        self._depth = 0

    def whole(self) -> _Term:
        term = self._either()
        if self._next.kind != "end":
            raise ConditionError(f'"{self._next.text}" is not expected there.')
        return _wanted(term, "condition", "the whole")

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *signs: str) -> str:
        """The next sign when it is one of these, else nothing."""
        found = self._next
        if found.kind != "sign" or found.text not in signs:
            return ""
        self._at += 1
        return found.text

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise ConditionError(f'"{sign}" is missing {self._before()}.')

    def _before(self) -> str:
        return "at the end" if self._next.kind == "end" else f'before "{self._next.text}"'

    def _either(self) -> _Term:
        term = self._both()
        while self._take("||"):
            left, right = _wanted(term, "condition", '"||"'), _wanted(self._both(), "condition", '"||"')
            term = _Term("condition", _joined(left, right, stop=True))
        return term

    def _both(self) -> _Term:
        term = self._equality()
        while self._take("&&"):
            left, right = _wanted(term, "condition", '"&&"'), _wanted(self._equality(), "condition", '"&&"')
            term = _Term("condition", _joined(left, right, stop=False))
        return term

    def _equality(self) -> _Term:
        term = self._ordering()
        while sign := self._take(*_EQUAL):
            term = _compared(term, self._ordering(), sign)
        return term

    def _ordering(self) -> _Term:
        term = self._term()
        sign = self._take(*_ORDER)
        return _compared(term, self._term(), sign) if sign else term

    def _term(self) -> _Term:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ConditionError("it is nested too deeply.")
        term = self._negated() if self._take("!") else self._bracketed() if self._take("(") else self._plain()
        self._depth -= 1
        return term

    def _negated(self) -> _Term:
        term = _wanted(self._term(), "condition", '"!"')
        return _Term("condition", lambda file: not term.of(file))

    def _bracketed(self) -> _Term:
        term = self._either()
        self._expect(")")
        return term

    def _plain(self) -> _Term:
        token = self._next
        if token.kind in ("sign", "end"):
            raise ConditionError(f"a value is missing {self._before()}.")
        self._at += 1
        if token.kind == "number":
            number = int(token.text)
            return _Term("number", lambda _: number)
        if token.kind == "text":
            return _Term("text", lambda _: token.text)
        return self._group() if token.text == "group" else _named(token.text)

    def _group(self) -> _Term:
        self._expect("(")
        token = self._next
        if token.kind not in ("number", "text"):
            raise ConditionError('group takes a number or a name in double quotes, such as group("mode").')
        self._at += 1
        self._expect(")")
        which = int(token.text) if token.kind == "number" else token.text
        if self._groups is not None and which not in self._groups:
            raise ConditionError(f"the table's pattern has no group {token.text}.")
        return _Term("text", lambda file: file.groups.get(which))


def parse_condition(text: str, groups: Collection[str | int] | None = None) -> Callable[[FileFacts], bool]:
    """Read an expression; what comes back says whether it is true of a file.

    Args:
        text: As written.
        groups: What `group(...)` may ask for; None: anything.

    Raises:
        ConditionError: It is no condition of this language.

    Example:
        >>> from datetime import datetime
        >>> monday = datetime(2024, 1, 1)
        >>> fits = parse_condition('group("mode") == "FULL" && fileSizeKo < 10')
        >>> fits(FileFacts({"mode": "FULL"}, 2048, monday, monday))
        True
    """
    term = _Reader(text, groups).whole()
    return lambda file: bool(term.of(file))


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, text = 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ConditionError(f'"{text[at:].split()[0]}" is not understood. Text stands in double quotes.')
        number, quoted, name, sign = match.groups()
        if number:
            found.append(_Token("number", number.replace("_", "")))
        elif quoted:
            found.append(_Token("text", quoted[1:-1]))
        else:
            found.append(_Token("name", name) if name else _Token("sign", sign))
        at = match.end()
    return [*found, _Token("end", "")]


def _named(name: str) -> _Term:
    if name in ("true", "false"):
        return _Term("condition", lambda _: name == "true")
    if name in NUMBERS:
        return _Term("number", NUMBERS[name])
    if name in FLAGS:
        return _Term("condition", FLAGS[name])
    raise ConditionError(f'"{name}" is unknown. {allowed(["group", *NUMBERS, *FLAGS], name)}')


def _wanted(term: _Term, kind: Kind, where: str) -> _Term:
    if term.kind != kind:
        raise ConditionError(f"{where} wants {_ARTICLE[kind]}, found {_ARTICLE[term.kind]}.")
    return term


def _joined(left: _Term, right: _Term, *, stop: bool) -> Evaluate:
    return lambda file: stop if bool(left.of(file)) is stop else bool(right.of(file))


def _compared(left: _Term, right: _Term, sign: str) -> _Term:
    if left.kind != right.kind:
        raise ConditionError(f'"{sign}" compares {_ARTICLE[left.kind]} with {_ARTICLE[right.kind]}.')
    if sign in _EQUAL:
        return _Term("condition", lambda file: _EQUAL[sign](left.of(file), right.of(file)))
    if left.kind == "condition":
        raise ConditionError(f'"{sign}" compares numbers or texts, not conditions.')
    return _Term("condition", lambda file: _in_order(left.of(file), right.of(file), sign))


def _in_order(left: Value, right: Value, sign: str) -> bool:
    """A group that took no part in the match comes neither before nor after anything."""
    return left is not None and right is not None and bool(_ORDER[sign](left, right))  # pyright: ignore[reportArgumentType, reportOperatorIssue]
