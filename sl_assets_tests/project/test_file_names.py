"""Two patterns have a file name in common exactly when some name matches both."""

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.project.file_names import Pattern, common_name, overlapping

PIECE = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "(a|bb)", "a?", "b*", "(?:ab)+", "a{2}", "b{1,2}", "\\d?", "(?P<x>a)?"])
PATTERN = st.lists(PIECE, min_size=1, max_size=4, unique=True).map("".join)
NAMES = ["".join(letters) for length in range(1, 6) for letters in product("ab1", repeat=length)]


@settings(max_examples=150, deadline=None)
@given(PATTERN, PATTERN)
def test_a_name_is_found_where_there_is_one_and_only_there(first, second):
    found = common_name(Pattern(first), Pattern(second))
    if found is None:
        assert [name for name in NAMES if re.fullmatch(first, name) and re.fullmatch(second, name)] == []
    else:
        assert re.fullmatch(first, found)
        assert re.fullmatch(second, found)


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("orders.*", r"orders_lines.*\.csv", "orders_lines.csv"),
        (r"orders_\d{8}\.csv", r"orders_(?P<day>20[0-9]+)\.csv", "orders_20000000.csv"),
        (r".*_daily\.csv", "(sales|orders)_.*", "sales_daily.csv"),
        ("(?i)ORDERS.CSV", r"orders\.csv", "orders.csv"),
        (r"a.*\.csv", r".*\.json", None),
        ("orders_[0-9]+", "orders_[a-z]+", None),
        ("(?!orders_x).*", "orders_x", None),
        (r"(a)\1", "aa", None),
        ("[0-9]{5000}", ".*", None),
    ],
)
def test_the_shortest_name_is_told(first, second, name):
    assert common_name(Pattern(first), Pattern(second)) == name
    assert list(overlapping([Pattern(first), Pattern(second)])) == ([(0, 1, name)] if name else [])


def test_of_many_tables_only_those_are_compared_whose_names_can_begin_the_same_way():
    patterns = [Pattern(rf"table_{number}_(?P<day>\d{{8}})\.csv") for number in range(500)]
    assert list(overlapping([*patterns, Pattern("table_77_.*")])) == [(77, 500, "table_77_00000000.csv")]
    assert sum("automaton" in vars(each) for each in patterns) == 1
