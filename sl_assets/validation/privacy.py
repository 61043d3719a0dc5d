"""Starlake's standard privacy levels as SQL over the accepted values."""

from sl_assets.project.records import Attribute
from sl_assets.validation.errors import PrivacyError

_TEXT_LEVELS = {
    "HIDE": "''",
    "HIDE10X": "'XXXXXXXXXX'",
    "MD5": "md5({0})",
    "SHA1": "sha1({0})",
    "SHA256": "sha256({0})",
    "INITIALS": "array_to_string(list_transform(regexp_extract_all({0}, '\\S+'), lambda w: w[1] || '.'), '')",
}
_WHOLE_LEVELS = {"APPROXLONG20": "CAST(round({0} * (0.8 + 0.4 * random())) AS {1})"}


def is_private(attribute: Attribute) -> bool:
    """Whether values of the attribute, or of one within it, must not be shown."""
    return attribute.privacy.strip().upper() not in {"", "NONE"} or any(is_private(field) for field in attribute.attributes)


def private_within(attribute: Attribute, value: str) -> str:
    """`private` for an element of an array or a field of a struct, where there is no column that an expression could name.

    Raises:
        PrivacyError: As `private`, or the level is a SQL expression.
    """
    if attribute.privacy.strip().upper().startswith("SQL:"):
        raise PrivacyError(
            attribute.name, attribute.privacy, "is an expression, which can be given for a column of its own only."
        )
    return private(attribute, value) or value


def private(attribute: Attribute, value: str) -> str | None:
    """SQL of the value as its privacy level shows it, NULL staying NULL; None: it is shown as it is.

    Raises:
        PrivacyError: The level is unknown, or its output does not fit the attribute's type.
    """
    level = attribute.privacy.strip()
    if level.upper() in {"", "NONE"}:
        return None
    if level.upper().startswith("SQL:"):
        return f"CAST(({level[4:].strip()}) AS {attribute.type.ddl})"
    levels = {"string": _TEXT_LEVELS, "long": _WHOLE_LEVELS, "short": _WHOLE_LEVELS}.get(attribute.type.primitive, {})
    shape = levels.get(level.upper())
    if shape is None or attribute.array:
        known = ", ".join(sorted({*_TEXT_LEVELS, *_WHOLE_LEVELS}))
        reason = (
            "input and privacy output type are not compatible"
            if level.upper() in {*_TEXT_LEVELS, *_WHOLE_LEVELS}
            else "is unknown"
        )
        raise PrivacyError(
            attribute.name, level, f"{reason}. Allowed: {known}, SQL:<expression>; on text, and APPROXLONG20 on integers."
        )
    return f"CASE WHEN {value} IS NOT NULL THEN {shape.format(value, attribute.type.ddl)} END"
