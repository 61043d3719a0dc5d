"""The cheap ways to a verdict: each is compared with the rule it stands for, on every short text, and so are wrong ones."""

import random
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product

import duckdb
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]
import pytest

from sl_assets.project.records import Type
from sl_assets.sql.text import quote_text
from sl_assets.validation.number_patterns import is_number, is_whole, lengths_of_digits
from sl_assets.validation.numbers import decimal_rule, double_rule, whole_rule
from sl_assets.validation.regex import covered
from sl_assets.validation.rules import ScalarRule
from sl_assets.validation.scalars import prepared
from sl_assets_tests.validation.oracle import first_match_is_all
from sl_assets_tests.validation.tables import BUILT_IN, NUMBER, attribute

QUICK = "regexp_full_match"
JAVA_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
ATOMS = ["a", "b", ".", "1", "[ab]", "[^a]", "[a1]", r"\d", r"\w", r"\.", "[b-]", r"\D", r"[\d.]", "-"]
TIMES = ["", "", "?", "*", "+", "{2}", "{0,1}", "{1,2}", "{0,2}", "{2,}"]
NOT_SIMPLE = ["a|ab", "a*(ab)?", "a{0,2}(ab)?", "(a|b)*c", "a*?", "a+?b?", "a??", "^a$", "(?i)a", "[ab]|b"]
NUMBER_PATTERNS = [
    *["[0-9]", "[0-9]+", r"\d{2}", "[0-9]{2,3}", r"\d{1,}", "-?[0-9]{1,2}", r"[-+]?\d{2,}"],
    *[r"-?\d+\.\d{2}", r"[0-9]{1,4}\.[0-9]{1,2}", r"[+-]?\d+[.]\d+", r"-\d"],
    *[r"\d*", "[0-9]{0,2}", r"\d+\.?\d*", r".\d", "[0-9]{1,2}|x", "[0-9.]+", "[-+|0-9]+"],
]
SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


def texts(alphabet: str, longest: int) -> list[str]:
    return ["".join(letters) for size in range(longest + 1) for letters in product(alphabet, repeat=size)]


def where(connection: duckdb.DuckDBPyConnection, condition: str, among: Sequence[str | None]) -> set[str]:
    """The texts `t` for which an expression is true."""
    connection.register("tried", pa.table({"t": among}))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return {row[0] for row in connection.execute(f"SELECT t FROM tried WHERE {condition}").fetchall()}


def some_patterns(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)  # noqa: S311 - the same patterns in every run
    return ["".join(chance.choice(ATOMS) + chance.choice(TIMES) for _ in range(chance.randint(1, 5))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_of_characters_one_after_the_other_is_asked_the_quick_way_and_means_the_same(
    seed: int, connection: duckdb.DuckDBPyConnection
) -> None:
    tried = [*texts("ab1-", 4), "a\n", "\n", "aé1", "aab1b", "abab1-", "11aab", "b.1.a"]
    for pattern in some_patterns(seed, 60):
        assert QUICK in covered("t", pattern), pattern
        expected = {text for text in tried if first_match_is_all(pattern, text)}
        assert where(connection, covered("t", pattern), tried) == expected, pattern


@pytest.mark.parametrize("pattern", NOT_SIMPLE)
def test_a_pattern_with_alternatives_groups_or_reluctance_is_asked_the_long_way(
    pattern: str, connection: duckdb.DuckDBPyConnection
) -> None:
    assert QUICK not in covered("t", pattern)
    tried = texts("abc", 4)
    assert where(connection, covered("t", pattern), tried) == {text for text in tried if first_match_is_all(pattern, text)}


@pytest.mark.parametrize("pattern", ["a|ab", "a{0,2}(ab)?", "a*?", "a??b?"])
def test_the_quick_way_would_be_wrong_for_those(pattern: str, connection: duckdb.DuckDBPyConnection) -> None:
    tried = texts("abc", 4)
    quick = where(connection, f"regexp_full_match(t, {quote_text(pattern)})", tried)
    assert quick != {text for text in tried if first_match_is_all(pattern, text)}


@pytest.mark.parametrize("pattern", NUMBER_PATTERNS)
def test_what_is_said_of_a_pattern_of_numbers_is_true_of_every_text_it_matches(pattern: str) -> None:
    tried = texts("019.-+x", 4)
    matched = {text for text in tried if re.fullmatch(pattern, text)}
    if is_number(pattern):
        assert all(JAVA_NUMBER.fullmatch(text) for text in matched)
    if is_whole(pattern):
        assert all(re.fullmatch("[-+]?[0-9]+", text) for text in matched)
    if lengths := lengths_of_digits(pattern):
        low, high = lengths
        digits = {text for text in tried if text.isdecimal() and low <= len(text) <= (high or len(text))}
        assert matched == digits


def test_what_is_no_pattern_of_numbers_is_not_taken_for_one() -> None:
    assert [pattern for pattern in NUMBER_PATTERNS if is_number(pattern)] == NUMBER_PATTERNS[:11]
    assert [pattern for pattern in NUMBER_PATTERNS if is_whole(pattern)] == [*NUMBER_PATTERNS[:7], r"-\d"]
    assert [pattern for pattern in NUMBER_PATTERNS if lengths_of_digits(pattern)] == NUMBER_PATTERNS[:5]


def numbers() -> Iterable[tuple[ScalarRule, str]]:
    for pattern in (*NUMBER_PATTERNS, NUMBER, r"-?\d+", "[-|+|0-9][0-9]*"):
        yield whole_rule(Type("n", "long", pattern, "BIGINT")), pattern
        yield whole_rule(Type("n", "byte", pattern, "TINYINT")), pattern
        yield double_rule(Type("n", "double", pattern, "DOUBLE")), pattern
        yield decimal_rule(Type("n", "decimal", pattern, "DECIMAL(20,2)")), pattern


TRIED = [None, *texts("019.eE+-_ \t", 4), *texts("19.e_ ", 5), "1e999", "9" * 19, "9" * 400, "0x1F", "0b11", "inf", "nan", "1\r"]


def wrongly_sure(connection: duckdb.DuckDBPyConnection, rule: ScalarRule, surely: Callable[[str, str], str]) -> set[str]:
    """Texts of which a cheap condition says that they are good, and the rule says that they are not."""
    assert rule.matches is not None
    assert rule.converts is not None
    value = rule.cast("t")
    exact = f"coalesce(t IS NULL OR ({rule.matches('t')} AND {rule.converts('t', value)}), false)"
    return where(connection, f"{surely('t', value)} AND NOT {exact}", TRIED)


@pytest.mark.slow
def test_what_is_surely_a_number_is_one_by_the_rule(connection: duckdb.DuckDBPyConnection) -> None:
    sure = [(rule, pattern) for rule, pattern in numbers() if rule.surely is not None]
    assert len(sure) > 60
    for rule, pattern in sure:
        assert rule.surely is not None
        assert wrongly_sure(connection, rule, rule.surely) == set(), pattern


def test_the_usual_spellings_are_found_good_the_cheap_way(connection: duckdb.DuckDBPyConnection) -> None:
    """Without the rule's own expressions, which a cheap condition may fall back to."""
    for kind, usual in (("long", ["0", "12", "-7"]), ("double", ["0.0", "1.5", "-.5", "1e5"]), ("decimal", ["0.0", "1.5"])):
        rule = {"long": whole_rule, "double": double_rule, "decimal": decimal_rule}[kind](BUILT_IN[kind])
        assert rule.surely is not None
        cheap = rule.surely("t", rule.cast("t")).partition(" OR (regexp_full_match(t, '(?s)")[0].removeprefix("(")
        cheap = cheap if kind == "long" else rule.surely("t", rule.cast("t"))
        assert where(connection, cheap, [*usual, "x"]) == set(usual)


PRICE = Type("n", "double", r"\d+\.\d{2}", "DOUBLE")
CODE = Type("n", "long", "[0-9]{2,3}", "BIGINT")


@pytest.mark.parametrize(
    ("rule", "left_out"),
    [
        (whole_rule(CODE), " >= 0"),
        (whole_rule(CODE), "strlen(t) >= 2"),
        (whole_rule(CODE), "strlen(t) <= 3"),
        (whole_rule(CODE), "t = CAST(TRY_CAST(t AS BIGINT) AS VARCHAR)"),
        (double_rule(PRICE), covered("t", PRICE.pattern)),
        (double_rule(BUILT_IN["double"]), "isfinite(TRY_CAST(t AS DOUBLE))"),
        (double_rule(BUILT_IN["double"]), r"regexp_full_match(t, '[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?')"),
        (whole_rule(BUILT_IN["long"]), "(t IS NOT DISTINCT FROM CAST(TRY_CAST(t AS BIGINT) AS VARCHAR))"),
    ],
)
def test_each_part_of_a_cheap_condition_is_needed(rule: ScalarRule, left_out: str, connection: duckdb.DuckDBPyConnection) -> None:
    assert rule.surely is not None
    whole = rule.surely("t", rule.cast("t"))
    assert left_out in whole
    mutant = whole.replace(left_out, " IS NOT NULL" if left_out == " >= 0" else "(TRY_CAST(t AS DOUBLE) IS NOT NULL)", 1)
    assert wrongly_sure(connection, rule, lambda _text, _value: mutant)


@pytest.mark.parametrize("side", ["LEFT", "RIGHT", "BOTH"])
def test_a_trimmed_column_is_what_the_engine_makes_of_it(side: str, connection: duckdb.DuckDBPyConnection) -> None:
    every = [chr(code) for code in (*range(1, 0xD800), *range(0xE000, 0x11000))]
    ends = [f"{one}{middle}{other}" for one, middle, other in product(" \ta\n" + SPACES, ["", "b", "é "], " a\t\u3000")]
    tried = [None, "", *ends, *(f"{letter}a" for letter in every), *(f"a{letter}" for letter in every)]
    quick = prepared(attribute("x", trim=side), "t", empty_is_null=False, read_as_null=True)
    plain = {"LEFT": "ltrim", "RIGHT": "rtrim", "BOTH": "trim"}[side]
    assert where(connection, f"{quick} IS DISTINCT FROM {plain}(t)", tried) == set()
    for mutant in (quick.replace("strlen(t) = length(t)", "true"), quick.replace("_with(t, ' ')", "_with(t, 'a')")):
        assert where(connection, f"{mutant} IS DISTINCT FROM {plain}(t)", tried)
