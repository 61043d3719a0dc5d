"""Faults of a row as SQL values, in Starlake's words."""

from dataclasses import dataclass

from sl_assets.project.records import Attribute
from sl_assets.sql.text import quote_text
from sl_assets.validation.privacy import is_private

FAULT = "STRUCT(attribute VARCHAR, rule VARCHAR, value VARCHAR, message VARCHAR)"
"""DuckDB type of one fault; `sl_errors` is a list of them."""

NONE = f"CAST([] AS {FAULT}[])"
_MASK = "'***'"


@dataclass(frozen=True)
class Subject:
    """What a fault is about. `path` and `value` are SQL; a private value is never shown."""

    attribute: Attribute
    path: str
    value: str
    with_value: bool

    def fault(self, rule: str, words: str) -> str:
        """SQL of one fault. `words` is SQL of what follows the path in backquotes."""
        shown = self._shown(rule)
        message = f"'`' || {self.path} || '` ' || {words}"
        if self.with_value and shown != "NULL":
            message += f" || coalesce(': ' || {shown}, '')"
        value = f"CAST({shown} AS VARCHAR)"
        return f"{{'attribute': {self.path}, 'rule': {quote_text(rule)}, 'value': {value}, 'message': {message}}}"

    def _shown(self, rule: str) -> str:
        if rule == "required":
            return "NULL"
        return _MASK if is_private(self.attribute) else self.value

    def absent(self) -> str:
        """The column is not in the file."""
        return self.fault("required", "'is required'")

    def null(self) -> str:
        """The value is NULL."""
        return self.fault("required", quote_text(" can't be null"))

    def pattern(self) -> str:
        """The text does not obey the pattern."""
        kind = self.attribute.type
        return self.fault("pattern", quote_text(f"({kind.name}) doesn't match pattern `{kind.pattern}`"))

    def cast(self) -> str:
        """The text obeys the pattern but is no value of the type."""
        kind = self.attribute.type
        return self.fault("cast", quote_text(f"cannot be converted to `{kind.primitive}` with sl type `{kind.name}`"))

    def not_array(self) -> str:
        """Something else than an array."""
        return self.fault("array", "'is not an array'")

    def mistaken(self, found: str) -> str:
        """A container where a scalar is expected, or the reverse. `found` is SQL."""
        return self.fault("scalar", f"{quote_text(f'expected to be a {self.attribute.type.name} but found ')} || {found}")

    def outside(self, window: str) -> str:
        """The partition column lies outside the window of the file. `window` is SQL."""
        return self.fault("partition", f"{quote_text('is not within the partition ')} || {window}")
