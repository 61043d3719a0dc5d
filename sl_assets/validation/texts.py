"""Rules of `string` and `variant`."""

from sl_assets.project.records import Type
from sl_assets.validation.regex import covered
from sl_assets.validation.rules import OfText, ScalarRule, null_or_value, value_exists

_TEXT = frozenset({"VARCHAR", "TEXT", "STRING"})


def string_rule(kind: Type) -> ScalarRule:
    """`string`: the pattern decides; a `ddl` other than text must be convertible to as well."""
    matches = _pattern(kind.pattern)
    if kind.ddl.upper() in _TEXT:
        return ScalarRule(cast=lambda text: text, matches=matches)
    return ScalarRule(_to(kind.ddl), matches, converts=value_exists, surely=None if matches else null_or_value)


def _pattern(pattern: str) -> OfText | None:
    return None if covered("x", pattern) == "true" else lambda text: covered(text, pattern)


def variant_rule(_kind: Type) -> ScalarRule:
    """`variant`: never refused; text that is not JSON becomes a JSON string."""
    return ScalarRule(cast=lambda text: f"CASE WHEN json_valid({text}) THEN CAST({text} AS JSON) ELSE to_json({text}) END")


def _to(ddl: str) -> OfText:
    return lambda text: f"TRY_CAST({text} AS {ddl})"
