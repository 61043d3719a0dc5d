"""One scalar: how its text is made ready, and its fault if it has one."""

from sl_assets.project.records import Attribute
from sl_assets.sql.text import quote_text
from sl_assets.validation.messages import Subject
from sl_assets.validation.rules import ScalarRule

_TRIMS = {"LEFT": "ltrim", "RIGHT": "rtrim", "BOTH": "trim"}


def prepared(attribute: Attribute, text: str, *, empty_is_null: bool, read_as_null: bool) -> str:
    """SQL of the text after trim, empty-is-null and default, in this order.

    Args:
        attribute: Whose `trim` and `default` they are.
        text: SQL of the raw text.
        empty_is_null: The table's `emptyIsNull`.
        read_as_null: Whether it is a column of which the reader has made empty texts NULL already.
    """
    trims = attribute.trim in _TRIMS
    if trims:
        text = _trimmed(attribute.trim, text) if read_as_null else f"{_TRIMS[attribute.trim]}({text})"
    if empty_is_null and (trims or not read_as_null) and attribute.type.primitive != "variant":
        text = f"nullif({text}, '')"
    return text if attribute.default is None else f"coalesce({text}, {quote_text(attribute.default)})"


def _trimmed(side: str, text: str) -> str:
    """The trim of a column. DuckDB decodes every letter for it, so that it is asked only where there may be something to trim.

    That is where a space stands at the end in question, or where a letter has more bytes than one: other spaces have.
    """
    first, last = f"NOT starts_with({text}, ' ')", f"NOT ends_with({text}, ' ')"
    ends = {"LEFT": first, "RIGHT": last, "BOTH": f"{first} AND {last}"}[side]
    bare = f"strlen({text}) = length({text}) AND {ends}"
    return f"CASE WHEN {bare} THEN {text} ELSE {_TRIMS[side]}({text}) END"


def json_text(value: str) -> str:
    """SQL of the text of a JSON scalar: a string without its quotes, a number as it is written."""
    return f"({value} ->> '$')"


def is_container(value: str) -> str:
    """SQL: a JSON value (not NULL) is an object or an array."""
    return f"(starts_with({value}, '{{') OR starts_with({value}, '['))"


def json_kind(value: str) -> str:
    """SQL of what a JSON value is, in Starlake's words."""
    return (
        f"CASE json_type({value}) WHEN 'OBJECT' THEN 'struct' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'"
        f" WHEN 'BOOLEAN' THEN 'boolean' WHEN 'DOUBLE' THEN 'double' ELSE 'long' END"
    )


def scalar_fault(rule: ScalarRule, subject: Subject, text: str, value: str, json: str | None) -> str:
    """SQL of a fault, or NULL.

    Args:
        rule: Of the attribute's type.
        subject: What the fault names.
        text: SQL of the prepared text.
        value: SQL of the cast value.
        json: SQL of the JSON value the text came from.
    """
    cases: list[tuple[str, str]] = []
    if json is not None and subject.attribute.type.primitive != "variant":
        cases.append((f"{is_container(json)}", subject.mistaken(json_kind(json))))
    cases.append((f"{text} IS NULL", subject.null() if subject.attribute.required else "NULL"))
    if rule.matches is not None:
        fails = f"NOT {rule.matches(text)}"
        if json is not None and rule.typed:
            types = ", ".join(quote_text(name) for name in rule.typed)
            fails = f"coalesce(json_type({json}) NOT IN ({types}), true) AND {fails}"
        cases.append((fails, subject.pattern()))
    if rule.converts is not None:
        cases.append((f"NOT {rule.converts(text, value)}", subject.cast()))
    return f"CASE {' '.join(f'WHEN {when} THEN {then}' for when, then in cases)} END"


def certainly(rule: ScalarRule, attribute: Attribute, text: str, value: str, json: str | None) -> str | None:
    """SQL of a cheap condition that implies "no fault"; None: there can be no fault."""
    parts: list[str] = []
    if json is not None and attribute.type.primitive != "variant":
        parts.append(f"({json} IS NULL OR NOT {is_container(json)})")
    if attribute.required:
        parts.append(f"{text} IS NOT NULL")
    if rule.surely is not None:
        parts.append(rule.surely(text, value))
    elif not rule.always:
        matches = rule.matches(text) if rule.matches else "true"
        converts = rule.converts(text, value) if rule.converts else "true"
        parts.append(f"({text} IS NULL OR ({matches} AND {converts}))")
    return " AND ".join(parts) if parts else None
