"""What another tool's expectations get wrong, each with the test here that shows the right behaviour."""

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.project.quality import RowExpectation, Tolerance
from sl_assets.steps.judge import Judged, judge
from sl_assets.validation.row_rules import rule_faults, with_broken

HERE = Path(__file__).parent
DEFECTS = {
    "each rule collects the whole frame": ("test_row_expectations.py", "test_each_row_is_asked_each_rule_once"),
    "an empty frame always passes": ("test_row_expectations.py", "test_a_file_without_rows_is_judged_by_a_stated_policy"),
    "a rule that is NULL is no failure, and its row vanishes": (
        "test_known_defects.py",
        "test_a_row_of_which_a_rule_is_null_is_put_aside",
    ),
    "of two rules only rows that break both are quarantined, the others are lost": (
        "test_known_defects.py",
        "test_rows_that_break_one_of_two_rules_are_each_in_one_place",
    ),
    "rows are removed although the rule holds (tolerance)": (
        "test_row_expectations.py",
        "test_what_is_tolerated_holds_and_removes_nothing",
    ),
    "without a rule of quarantine the quarantine gets everything": (
        "test_row_expectations.py",
        "test_a_rule_that_warns_changes_no_row",
    ),
    "the quarantine gets the good rows": (
        "test_row_expectations.py",
        "test_each_row_goes_to_one_place_and_quarantined_ones_say_why",
    ),
    "quarantined rows do not say why": (
        "test_row_expectations.py",
        "test_each_row_goes_to_one_place_and_quarantined_ones_say_why",
    ),
    "COUNT(*) and other SQL is not understood": ("test_known_defects.py", "test_rules_may_say_what_sql_can_say"),
    "the rows that were checked are not those that are written": (
        "test_known_defects.py",
        "test_output_quarantine_and_dropped_are_the_input",
    ),
    "results live in memory only": ("test_row_expectations.py", "test_each_rule_has_its_row_in_the_audit_and_its_report"),
    "fail does not come before every write": (
        "test_row_expectations.py",
        "test_a_task_that_a_rule_stops_writes_nothing_and_says_so",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_defect_has_its_test(defect):
    file, name = DEFECTS[defect]
    assert f"def {name}(" in (HERE / file).read_text(encoding="utf-8")


def placed(rows, rules):
    """Where each row (id, a, b) goes, and the verdicts."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE incoming (id INTEGER, a INTEGER, b INTEGER)")
        if rows:
            connection.executemany("INSERT INTO incoming VALUES (?, ?, ?)", rows)
        connection.execute(f"CREATE TABLE held AS {with_broken('SELECT * FROM incoming', rules)}")
        judgement = judge(connection, rules, Judged("held", ("id", "a", "b")))
        places = {
            name: sorted(row[0] for row in connection.execute(f"SELECT id FROM held WHERE {condition}").fetchall())
            for name, condition in (
                ("output", judgement.accepted),
                ("quarantine", judgement.quarantined),
                ("dropped", judgement.dropped),
            )
        }
    return places, judgement.verdicts


def test_rows_that_break_one_of_two_rules_are_each_in_one_place():
    rules = [RowExpectation("a", "a > 0", "quarantine"), RowExpectation("b", "b > 0", "quarantine")]
    places, _ = placed([(1, 1, 1), (2, 0, 1), (3, 1, 0), (4, 0, 0), (5, None, 1)], rules)
    assert places == {"output": [1], "quarantine": [2, 3, 4, 5], "dropped": []}


@pytest.mark.parametrize(("action", "place"), [("drop", "dropped"), ("quarantine", "quarantine"), ("warn", "output")])
def test_a_row_of_which_a_rule_is_null_is_put_aside(action, place):
    places, verdicts = placed([(1, None, 1)], [RowExpectation("a", "a > 0", action)])
    assert (places[place], verdicts[0].failures) == ([1], 1)
    places, verdicts = placed([(1, None, 1)], [RowExpectation("a", "a > 0", action, nulls_pass=True)])
    assert (places["output"], verdicts[0].failures) == ([1], 0)


SQL = [
    "a IN (1, 2)",
    "a BETWEEN -5 AND 5",
    "a::VARCHAR LIKE '%1%'",
    "a > -1",
    "CASE WHEN a = 1 THEN b > 0 ELSE true END",
    "CAST(a AS DOUBLE) > 0.5",
    "COALESCE(a, 0) = 0",
    "LENGTH(a::VARCHAR) = 1",
    "a IS NOT NULL AND NOT b IS NULL",
]
AGGREGATES = ["COUNT(*) > 0", "COUNT(DISTINCT a) = COUNT(a)", "SUM(a) FILTER (b > 0) >= 0", "MAX(a) - MIN(a) < 10"]


def test_rules_may_say_what_sql_can_say():
    rules = [RowExpectation(f"r{number}", sql) for number, sql in enumerate(SQL)]
    rules += [RowExpectation(f"a{number}", sql, aggregate=True) for number, sql in enumerate(AGGREGATES)]
    _, verdicts = placed([(1, 1, 1)], rules)
    assert [each.holds for each in verdicts] == [not each.rule.sql.startswith("COALESCE") for each in verdicts]
    with duckdb.connect() as connection:
        wrong = [RowExpectation("x", "missing > 0"), RowExpectation("y", "a + 1"), RowExpectation("z", "a > 0")]
        faults = {rule.name: fact for rule, fact in rule_faults({"a": "INTEGER"}, wrong, connection)}
    assert faults.keys() == {"x", "y"}
    assert faults["y"] == "gives INTEGER, not true or false."


CONDITIONS = {"a > 0": lambda a, _: None if a is None else a > 0, "b < 2": lambda _, b: None if b is None else b < 2}
values = st.one_of(st.none(), st.integers(-2, 3))
tolerances = st.one_of(
    st.just(Tolerance()),
    st.integers(0, 4).map(Tolerance),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]).map(lambda rate: Tolerance(0, rate)),
)
rules_of = st.lists(
    st.tuples(
        st.sampled_from(list(CONDITIONS)), st.sampled_from(["warn", "drop", "quarantine", "fail"]), tolerances, st.booleans()
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(values, values), max_size=8), drawn=rules_of)
def test_output_quarantine_and_dropped_are_the_input(rows, drawn):
    rules = [
        RowExpectation(f"r{number}", sql, action, tolerance=tolerance, nulls_pass=nulls)
        for number, (sql, action, tolerance, nulls) in enumerate(drawn)
    ]
    numbered = [(number, *row) for number, row in enumerate(rows)]
    places, verdicts = placed(numbered, rules)
    assert sorted(id_ for ids in places.values() for id_ in ids) == list(range(len(rows)))
    expected = {"output": [], "quarantine": [], "dropped": []}
    breaks = {rule.name: {row[0] for row in numbered if not _holds(rule, row)} for rule in rules}
    acting = [rule for rule in rules if len(breaks[rule.name]) > _most(rule, len(rows))]
    for number, *_ in numbered:
        actions = {rule.action for rule in acting if number in breaks[rule.name]}
        place = "quarantine" if "quarantine" in actions else "dropped" if "drop" in actions else "output"
        expected[place].append(number)
    assert places == expected
    assert [each.failures for each in verdicts] == [len(breaks[rule.name]) for rule in rules]
    assert [each.holds for each in verdicts] == [rule not in acting for rule in rules]


def _holds(rule, row):
    found = CONDITIONS[rule.sql](row[1], row[2])
    return rule.nulls_pass if found is None else found


def _most(rule, total):
    return rule.tolerance.count if rule.tolerance.rate is None else rule.tolerance.rate * total
