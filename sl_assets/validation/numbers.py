r"""Rules of `long`, `short`, `byte`, `double` and `decimal`.

DuckDB casts texts that Starlake refuses (`1.5`, ` 12 `, `1_000`, `0x1F` as BIGINT; `1.`, `+-5`, `inf` as DOUBLE), so a cast alone
is no rule. For whole numbers the cheapest proof is to write the value back and compare: only the usual spelling comes back equal.
"""

import re

from sl_assets.project.records import Type
from sl_assets.sql.text import quote_text
from sl_assets.validation.number_patterns import is_number, is_whole, lengths_of_digits
from sl_assets.validation.regex import covered
from sl_assets.validation.rules import OfText, OfTextAndValue, ScalarRule, same_spelling

_CANONICAL = frozenset({r"-?\d+", "[-|+|0-9][0-9]*", "-?[0-9]+", r"[-+]?\d+", "[-+]?[0-9]+"})
"""Patterns that accept every whole number as DuckDB writes it."""

_NUMBER = r"[-+]?\d*\.?\d+[Ee]?[-+]?\d*"
_PLAIN = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
"""Texts that `_NUMBER` and `_JAVA_NUMBER` both take. So written it is one way through, which RE2 has a faster matcher for."""
_JAVA_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMMA_LANGUAGES = frozenset(
    {"bg", "cs", "da", "de", "el", "es", "fi", "fr", "hr", "hu", "it", "nb", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "tr"}
)
_WHOLE_COLUMNS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
"""Columns in which nothing but a whole number can be, so that a value written back says what its text was."""
_SHORT_DECIMAL = 18
_FARTHEST = 500
"""Places a decimal point is moved at most; nothing of a DECIMAL is left long before."""


def whole_rule(kind: Type) -> ScalarRule:
    """`long`, `short`, `byte` (and `int`, whose primitive is `long`): digits with a sign, within the range of the column."""
    matches = _pattern(kind.pattern)

    def converts(text: str, value: str) -> str:
        return f"({value} IS NOT NULL AND regexp_full_match({text}, '[-+]?[0-9]+'))"

    def surely(text: str, value: str) -> str:
        return f"({_surely_whole(kind.pattern, text, value)} OR ({matches(text)} AND {converts(text, value)}))"

    return ScalarRule(
        cast=lambda text: f"TRY_CAST({text} AS {kind.ddl})",
        matches=matches,
        converts=converts,
        surely=surely if kind.ddl.upper() in _WHOLE_COLUMNS else None,
        typed=("UBIGINT", "BIGINT"),
    )


def _surely_whole(pattern: str, text: str, value: str) -> str:
    """The value written back is the text, and the pattern takes it; a pattern of digits is asked by sign and length."""
    if pattern in _CANONICAL:
        return same_spelling(text, value)
    if lengths := lengths_of_digits(pattern):
        low, high = lengths
        long_enough = f"strlen({text}) >= {low}" + ("" if high is None else f" AND strlen({text}) <= {high}")
        return f"({text} IS NULL OR ({value} >= 0 AND {long_enough} AND {text} = CAST({value} AS VARCHAR)))"
    if is_whole(pattern):
        return f"({text} IS NULL OR ({value} IS NOT NULL AND {covered(text, pattern)}))"
    return f"{text} IS NULL"


def double_rule(kind: Type) -> ScalarRule:
    """`double`: a finite number; with a `zone` whose language writes decimals with a comma, that comma."""
    comma = _writes_comma(kind.zone)

    def cast(text: str) -> str:
        return f"TRY_CAST({_with_point(text, comma=comma)} AS {kind.ddl})"

    def converts(text: str, value: str) -> str:
        point = _with_point(text, comma=comma)
        return f"({value} IS NOT NULL AND isfinite({value}) AND regexp_full_match({point}, {quote_text(_JAVA_NUMBER)}))"

    surely = None if comma else _surely(kind.pattern, "isfinite")
    return ScalarRule(cast, _pattern(kind.pattern), converts, surely, typed=("UBIGINT", "BIGINT", "DOUBLE"))


def decimal_rule(kind: Type) -> ScalarRule:
    """`decimal`: rounded half up to the scale of the column, within its precision."""
    return ScalarRule(
        cast=lambda text: _decimal(text, kind.ddl),
        matches=_pattern(kind.pattern),
        converts=lambda text, value: f"({value} IS NOT NULL AND regexp_full_match({text}, {quote_text(_JAVA_NUMBER)}))",
        surely=_surely(kind.pattern, ""),
        typed=("UBIGINT", "BIGINT", "DOUBLE"),
    )


def _decimal(text: str, ddl: str) -> str:
    """The cast. DuckDB reads `6.8e-12` as 0.000000001: a number with a negative exponent is first written without it."""
    return (
        f"CASE WHEN contains({text}, 'e-') OR contains({text}, 'E-') THEN {_shifted(text, ddl)} ELSE {_positional(text, ddl)} END"
    )


def _positional(text: str, ddl: str) -> str:
    """The cast; a wide decimal goes by way of a narrow one where the number fits in, which is a hundred times as fast."""
    match = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", ddl.upper())
    if match is None or int(match[1]) <= _SHORT_DECIMAL or int(match[2]) >= _SHORT_DECIMAL:
        return f"TRY_CAST({text} AS {ddl})"
    narrow = f"CAST(TRY_CAST({text} AS DECIMAL({_SHORT_DECIMAL},{match[2]})) AS {ddl})"
    return f"coalesce({narrow}, TRY_CAST({text} AS {ddl}))"


def _shifted(text: str, ddl: str) -> str:
    pattern = r"^([-+]?)(\d*)\.?(\d*)[eE]-0*(\d+)$"
    parts = f"regexp_extract({text}, {quote_text(pattern)}, ['sign', 'whole', 'part', 'shift'])"
    shift = f"least(coalesce(TRY_CAST(p.shift AS INTEGER), {_FARTHEST}), {_FARTHEST})"
    digits = f"(repeat('0', {shift}) || p.whole)"
    plain = f"p.sign || left({digits}, length(p.whole)) || '.' || right({digits}, {shift}) || p.part"
    return f"list_transform([{parts}], lambda p: CASE WHEN p.shift <> '' THEN TRY_CAST({plain} AS {ddl}) END)[1]"


def _pattern(pattern: str) -> OfText:
    return lambda text: covered(text, pattern)


def _surely(pattern: str, finite: str) -> OfTextAndValue | None:
    if pattern == _NUMBER:
        plain = quote_text(_PLAIN)
        return lambda text, value: (
            f"({text} IS NULL OR (regexp_full_match({text}, {plain}) AND {finite}({value}){_exists(finite)}))"
        )
    if is_number(pattern):
        return lambda text, value: f"({text} IS NULL OR ({covered(text, pattern)} AND {finite}({value}){_exists(finite)}))"
    return None


def _exists(finite: str) -> str:
    return "" if finite else " IS NOT NULL"


def _writes_comma(zone: str | None) -> bool:
    language = re.split("[_-]", zone)[0].lower() if zone else ""
    return language in _COMMA_LANGUAGES


def _with_point(text: str, *, comma: bool) -> str:
    return f"(CASE WHEN NOT contains({text}, '.') THEN replace({text}, ',', '.') END)" if comma else text
