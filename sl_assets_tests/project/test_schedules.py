import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError):
        return False
    return True


@pytest.mark.slow
@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["a", "7", "_", "-", ".", "\\.", "\\d", "\\", "*", "+", "?", "{8}", "{", "}", "(", ")", "|"])).map(
        "".join
    )
)
def test_a_pattern_is_taken_exactly_when_python_can_compile_it(java: str) -> None:
    """Simple ones are not compiled to know it."""
    if is_pattern(java):
        assert python_pattern(java) == java
    else:
        with pytest.raises(re.error):
            python_pattern(java)
