import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.validation.regex import covered, fully, to_re2
from sl_assets_tests.validation.oracle import first_match_is_all

PATTERNS = [
    *[
        "a|ab",
        "ab|a",
        "a*(ab)?",
        ".*",
        ".+",
        "[A-Z][0-9]{6}",
        "[0-9]{6}",
        "a?",
        "",
        "x*",
        r"\d{2}-\w+",
        "[^a]+b",
        "(?i)a.b",
        "a b*",
    ],
    *["[a-c]{2}[0-9]", r"\w\d", "[ab]+", "a.b", "^a$", r"(a|b)*c", r"a{2}b+"],
]


def holds(connection: duckdb.DuckDBPyConnection, sql: str, text: str) -> bool:
    row = connection.execute(f"SELECT {sql} FROM (SELECT ? AS x)", [text]).fetchone()
    assert row is not None
    return bool(row[0])


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="aabbABc012-\n .xé", max_size=8))
def test_the_first_match_must_be_the_whole_text(pattern: str, connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert holds(connection, covered("x", pattern), text) == first_match_is_all(pattern, text)


@pytest.mark.parametrize(
    ("java", "text", "expected"),
    [
        (r"(?<year>\d{4})", "2024", True),
        (r"\s+", "\x0b \t", True),
        (r"[\s,]+", "\x0b,", True),
        (r"\S+", "a\x0b", False),
        (r"\p{Alpha}+", "abZ", True),
        (r"[\p{Digit}x]+", "1x", True),
        (r"\P{Alpha}", "a", False),
        (r"\p{IsGreek}", "λ", True),
        (r"\u00e9", "é", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        (r"\h", "\u00a0", True),
        (r"a\R", "a\r\n", True),
        (r"[a&b]+", "a&b", True),
        (r"[*+]+", "+*", True),
        (r"[^\]]+", "a[", True),
        (r"[]a]+", "]a", True),
    ],
)
def test_what_java_spells_otherwise_means_the_same(
    java: str, text: str, expected: bool, connection: duckdb.DuckDBPyConnection
) -> None:
    assert holds(connection, fully("x", java), text) is expected


@pytest.mark.parametrize(
    "java", ["(?=a)", "(?<!a)b", "(?>a)", "a*+", "[a-z&&[^b]]", "[a[b]]", r"(a)\1", r"\k<n>", "(?x)a b", r"a{2}+"]
)
def test_what_re2_lacks_is_refused(java: str) -> None:
    with pytest.raises(ValueError, match="RE2"):
        to_re2(java)


@pytest.mark.parametrize("java", ["(", "a)", "[a", "a{2000}", "*a"])
def test_what_is_no_pattern_at_all_is_refused(java: str) -> None:
    with pytest.raises(ValueError, match="is no regular expression"):
        fully("x", java)
