from itertools import product

import pytest

from sl_assets.project import load_project
from sl_assets.project.orchestration import Combined
from sl_assets.project.records import TableKey
from sl_assets.project.trigger_rules import RuleError, find_named, names_in, parse_rule
from sl_assets.project.triggers import Clocks, longest_interval

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


def test_a_task_is_run_by_what_runs_the_tables_it_reads_however_far_up(shop):
    shop.table("orders", "id: long!", "metadata: {schedule: daily}")
    shop.table("customers", "id: long!")
    shop.task("base", "select o.id from shop.orders o join shop.customers using (id)")
    shop.task("hourly", "select id from kpi.base", "schedule: hourly")
    shop.task("other", "select id from kpi.base")
    shop.task("top", "select b.id from kpi.base b join kpi.other using (id) join kpi.hourly using (id)")
    shop.task("above", "select b.id from kpi.base b join kpi.top using (id) join kpi.other using (id)")
    clocks = Clocks(shop.project())
    names = {name: [str(key) for key in clocks.of(TableKey("kpi", name))] for name in ("above", "top", "other", "base", "hourly")}
    assert names == {
        "above": ["shop.orders", "shop.customers", "kpi.hourly"],
        "top": ["shop.orders", "shop.customers", "kpi.hourly"],
        "other": ["shop.orders", "shop.customers"],
        "base": ["shop.orders", "shop.customers"],
        "hourly": ["kpi.hourly"],
    }


def test_a_long_chain_is_looked_at_once_for_each_link(shop, monkeypatch):
    shop.table("orders", "id: long!")
    length = 60
    for each in range(length):
        above = f"kpi.t{each - 1}" if each else "shop.orders"
        shop.task(f"t{each}", f"select id from {above}")
    clocks, asked = Clocks(shop.project()), []
    above = clocks._above
    monkeypatch.setattr(clocks, "_above", lambda key: (asked.append(key), above(key))[1])
    for each in reversed(range(length)):
        assert clocks.of(TableKey("kpi", f"t{each}")) == (TableKey("shop", "orders"),)
    assert len(asked) < 4 * length


def test_a_circle_ends(shop):
    shop.task("a", "select id from kpi.b")
    shop.task("b", "select id from kpi.a")
    assert Clocks(load_project(shop.root, {})).of(TableKey("kpi", "a")) == ()
