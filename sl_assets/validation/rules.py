"""What a scalar type does to a text, as SQL expressions that are put together by `cells`."""

from collections.abc import Callable
from dataclasses import dataclass

OfText = Callable[[str], str]
OfTextAndValue = Callable[[str, str], str]


@dataclass(frozen=True)
class ScalarRule:
    """The rule of one type. Every field makes SQL out of SQL; None means "always so".

    Attributes:
        cast: Text -> value of the column's type, NULL where there is none. Only right for a text that `matches` and `converts`.
        matches: Whether a text (not NULL) obeys the type's pattern.
        converts: Whether a text that `matches` became a value.
        surely: A cheap condition that implies both, for NULL too; what it leaves open is decided by the other two.
        typed: JSON types (`json_type`) that are the type already, so that the pattern is not asked.
    """

    cast: OfText
    matches: OfText | None = None
    converts: OfTextAndValue | None = None
    surely: OfTextAndValue | None = None
    typed: tuple[str, ...] = ()

    @property
    def always(self) -> bool:
        """Whether every text is accepted."""
        return self.matches is None and self.converts is None


def value_exists(_text: str, value: str) -> str:
    """The simplest `converts`."""
    return f"{value} IS NOT NULL"


def null_or_value(text: str, value: str) -> str:
    """The simplest `surely`, for casts that give a value to accepted texts only."""
    return f"({text} IS NULL OR {value} IS NOT NULL)"


def same_spelling(text: str, value: str) -> str:
    """A `surely`: the value is written just like the text, which only the usual spelling is."""
    return f"({text} IS NOT DISTINCT FROM CAST({value} AS VARCHAR))"
