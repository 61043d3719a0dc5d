"""The mark under a line points at what is meant, whatever stands before it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from sl_assets.cli.excerpt import end_column, excerpt, read_line
from sl_assets.spec.place import Place

YAML, SQL = Path("load/shop/orders.sl.yml"), Path("transform/kpi/a.sql")


def marked(line: str, word: str, file: Path = YAML, width: int = 200) -> str:
    """What is marked when the place is where `word` begins."""
    return excerpt(line, Place(file, 1, line.index(word) + 1), width).marked


@pytest.mark.parametrize(
    ("line", "word", "mark"),
    [
        ("  conectionRef: duckdb", "con", "conectionRef"),
        ("  pattern: orders_(a:b).*, x # why", "orders", "orders_(a:b).*, x"),
        ('  pattern: "a # b \\" c" # why', '"a', '"a # b \\" c"'),
        ("  pattern: 'it''s' # why", "'it", "'it''s'"),
        ("  - {name: id, type: lnog}", "lnog", "lnog"),
        ("  - {name: id, type: lnog}", "{", "{name: id, type: lnog}"),
        ("  key: [a, 'b]', c], d", "[", "[a, 'b]', c]"),
        ("  sink: {partition: [", "{", "{"),
        ('  directory: "{{ A }}/x"', '"', '"{{ A }}/x"'),
        ("  directory: {{ A }}/x: y", "{{", "{{ A }}/x"),
        ("  - {name: {{ A, B }}, type: lnog}", "{{", "{{ A, B }}"),
    ],
)
def test_in_yaml_a_key_or_a_value_is_marked(line, word, mark):
    assert marked(line, word) == mark


@pytest.mark.parametrize(
    ("line", "word", "mark"),
    [
        ('from sales."or ders" as o', "sales", 'sales."or ders"'),
        ("where a.b.c = 1", "a.", "a.b.c"),
        ("where a = 'x y'", "'x", "'x y'"),
        ("select {{ one }} from", "{{", "{{ one }}"),
        ("select ) from", ")", ")"),
    ],
)
def test_in_sql_a_name_is_marked(line, word, mark):
    assert marked(line, word, SQL) == mark


BEFORE = {"\t": 4, "ab\t": 4, "漢字": 4, "😀": 2, "👨\u200d👩": 4, "e\u0301": 1, "\x1b[31m": 8, "❤\ufe0f": 1}


@pytest.mark.parametrize(("before", "cells"), BEFORE.items())
def test_the_mark_begins_behind_what_stands_before_it_in_cells(before, cells):
    shown = excerpt(f"{before}x", Place(SQL, 1, len(before) + 1), 100)
    assert (shown.start, shown.marked) == (cells, "x")
    assert "\x1b" not in shown.before


def test_a_long_line_is_cut_on_both_sides_of_the_mark():
    line = f"{'a' * 200} lnog {'b' * 200}"
    shown = excerpt(line, Place(SQL, 1, 202), 60)
    assert shown.marked == "lnog"
    assert shown.before.startswith("…a")
    assert shown.after.endswith("b…")
    assert cell_len(shown.before + shown.marked + shown.after) == 60


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.integers(1, 90), st.integers(20, 60), st.sampled_from([YAML, SQL]))
def test_no_line_is_wider_than_asked_for_and_none_breaks_it(line, column, width, file):
    place = Place(file, 1, column)
    shown = excerpt(line, place, width)
    assert cell_len(shown.before) + cell_len(shown.marked) + cell_len(shown.after) <= width
    assert (shown.before + shown.marked + shown.after).isprintable()
    assert end_column(line, place) > place.column or column > len(line)


def test_a_line_that_is_not_there_is_none(tmp_path):
    file = tmp_path / "a.sl.yml"
    file.write_bytes("\ufeffone\r\ntwo".encode())
    assert [read_line(Place(file, line, 1)) for line in (0, 1, 2, 3)] == [None, "one", "two", None]
    assert read_line(Place(tmp_path / "gone", 1, 1)) is None
