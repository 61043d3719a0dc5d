"""Errors of the rules themselves, raised when they are compiled; faults of rows are data."""


class RuleError(ValueError):
    """An attribute's rule cannot be compiled. `attribute` and `text` (the pattern, level or expression) are in the message."""

    def __init__(self, attribute: str, text: str, reason: str) -> None:
        self.attribute = attribute
        self.text = text
        super().__init__(f"attribute {attribute!r}: `{text}` {reason}")


class PatternError(RuleError):
    """A pattern that DuckDB (RE2 for regular expressions, strptime for dates) cannot do exactly."""


class PrivacyError(RuleError):
    """A privacy method that does not fit the type of its attribute, or lacks its key or its function."""
