from itertools import product

import pytest

from sl_assets.project.orchestration import Combined
from sl_assets.project.records import TableKey
from sl_assets.project.trigger_rules import RuleError, find_named, names_in, parse_rule
from sl_assets.project.triggers import longest_interval

KEYS = [TableKey("sales", "orders"), TableKey("sales", "goods"), TableKey("stock", "goods")]


@pytest.mark.parametrize("text", ["any", "ANY", " all "])
def test_the_two_words_are_themselves(text):
    assert parse_rule(text) == text.strip().lower()


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("a & b | c", "(a and b) or c"),
        ("a | b & c", "a or (b and c)"),
        ("a & (b | c)", "a and (b or c)"),
        ("(a || b) && c", "(a or b) and c"),
        ("a and b or c", "(a and b) or c"),
        ("((a))", "a"),
        ("a&b&c", "a and b and c"),
    ],
)
def test_an_expression_means_what_it_means_everywhere(text, python):
    rule = parse_rule(text)
    for values in product([False, True], repeat=3):
        names = dict(zip("abc", values, strict=True))
        assert holds(rule, names) == eval(python, {}, names)  # noqa: S307 - the oracle


@pytest.mark.parametrize("text", ["a &", "& a", "a b", "(a", "a)", "a ; b", "1a", "a & & b", "", "()", "(" * 60 + "a" + ")" * 60])
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(RuleError):
        parse_rule(text)


def test_names_are_told_once_each():
    assert names_in(parse_rule("sales.orders & (goods | sales.orders)")) == ("sales.orders", "goods")


@pytest.mark.parametrize(
    ("name", "found"),
    [("sales.orders", KEYS[0]), ("ORDERS", KEYS[0]), ("goods", None), ("stock.goods", KEYS[2]), ("shop.orders", None)],
)
def test_a_name_is_looked_up_among_what_a_task_reads(name, found):
    assert find_named(name, KEYS) == found


@pytest.mark.parametrize(
    ("cron", "hours"), [("0 * * * *", 1), ("0 9-17 * * *", 16), ("0 0 * * 1-5", 72), ("0 0 1 * *", 31 * 24), ("0 0 * * 1", 168)]
)
def test_the_longest_interval_of_a_cron_does_not_depend_on_when_it_is_asked(cron, hours):
    assert longest_interval(cron).total_seconds() / 3600 == hours


def holds(rule, names) -> bool:
    if isinstance(rule, Combined):
        return (all if rule.operator == "&" else any)(holds(each, names) for each in rule.rules)
    return names[rule]
