"""The only place where a name or a value becomes SQL text."""

from collections.abc import Iterable
from typing import NamedTuple


def quote_name(name: str) -> str:
    """An identifier, quoted: `a"b` -> `"a""b"`."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(value: str) -> str:
    """A string literal: `it's` -> `'it''s'`. The value must not hold a NUL character.

    Raises:
        ValueError: The value holds NUL, which no SQL engine takes in a literal.
    """
    if "\0" in value:
        raise ValueError("a NUL character cannot stand in a SQL literal")
    return "'" + value.replace("'", "''") + "'"


def quote_names(names: Iterable[str]) -> str:
    """Several identifiers, quoted, with commas between."""
    return ", ".join(quote_name(name) for name in names)


def qualified(key: NamedTuple) -> str:
    """A table's name in SQL: `TableKey("starbake", "orders")` -> `"starbake"."orders"`."""
    return ".".join(quote_name(str(part)) for part in key)
