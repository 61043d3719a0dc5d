"""Rule of `boolean`: `true-part<-TF->false-part`, two regular expressions, asked on the trimmed text."""

from sl_assets.project.records import Type
from sl_assets.validation.regex import fully
from sl_assets.validation.rules import ScalarRule, null_or_value

_SEPARATOR = "<-TF->"
_BUILT_IN = "(?i)true|yes|[y1]|t<-TF->(?i)false|no|[n0]|f"
_JAVA_TRIM = "".join(chr(code) for code in range(1, 33))


def boolean_rule(kind: Type) -> ScalarRule:
    """The built-in pattern is what DuckDB's own cast reads, spaces around it apart.

    Raises:
        ValueError: The pattern has no separator, or one of its parts cannot be translated.
    """
    true, separator, false = kind.pattern.partition(_SEPARATOR)
    if not separator:
        raise ValueError(f"lacks {_SEPARATOR!r} between what is true and what is false")

    def by_pattern(text: str) -> str:
        bare = _trimmed(text)
        return f"CASE WHEN {fully(bare, true)} THEN true WHEN {fully(bare, false)} THEN false END"

    def built_in(text: str) -> str:
        return f"coalesce(TRY_CAST({text} AS BOOLEAN), TRY_CAST({_trimmed(text)} AS BOOLEAN))"

    cast = built_in if kind.pattern == _BUILT_IN else by_pattern
    return ScalarRule(cast, matches=lambda text: f"{cast(text)} IS NOT NULL", surely=null_or_value, typed=("BOOLEAN",))


def _trimmed(text: str) -> str:
    controls = " || ".join(f"chr({ord(letter)})" for letter in _JAVA_TRIM)
    return f"trim({text}, {controls})"
