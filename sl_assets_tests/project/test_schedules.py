from datetime import timedelta

import pytest

from sl_assets.project.patterns import python_pattern
from sl_assets.project.schedules import parse_duration


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2 days", 48),
        ("48h", 48),
        ("1 hour", 1),
        ("90 minutes", 1.5),
        ("1 day 6 hours", 30),
        ("PT36H", 36),
        ("P1DT12H", 36),
        ("1w", 168),
        ("2 Days", 48),
    ],
)
def test_a_duration_is_read(text: str, hours: float) -> None:
    assert parse_duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "soon", "2", "2 moons", "days", "2 days or so", "P", "0h", "-1 day", "1.5 h"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("java", "python"),
    [
        (r"a_(?<day>\d+)_\k<day>\.csv", r"a_(?P<day>\d+)_(?P=day)\.csv"),
        (r"(?<!x)a(?<=a)", r"(?<!x)a(?<=a)"),
        (r"\Qa.b\E.*", r"a\.b.*"),
        (r"\p{Digit}+", "[0-9]+"),
    ],
)
def test_a_java_pattern_becomes_pythons(java: str, python: str) -> None:
    assert python_pattern(java) == python
