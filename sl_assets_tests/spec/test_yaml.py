from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sl_assets.spec.document import Document
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.spec.yaml import parse_yaml

FILE = Path("orders.sl.yml")


def read(text: str) -> Document:
    findings = Findings()
    document = parse_yaml(text, FILE, findings)
    assert findings.sorted() == ()
    assert document is not None
    return document


@pytest.mark.parametrize("scalar", ["on", "010", "12:30:00", "yes", "1e3", "2024-01-01", "0x1f", "1_000", "true"])
def test_a_plain_scalar_stays_the_text_as_written(scalar: str) -> None:
    assert read(f"{scalar}: {scalar}").data == {scalar: scalar}


@pytest.mark.parametrize("nothing", ["null", "~", "", "Null"])
def test_a_plain_null_is_nothing_and_a_quoted_one_is_text(nothing: str) -> None:
    assert read(f"a: {nothing}\nb: '{nothing}'").data == {"a": None, "b": nothing}


def test_every_key_and_value_has_its_place() -> None:
    document = read("table:\n  name: orders\n  key: [id,\n    day]\n")
    assert document.key_place(("table", "name")) == Place(FILE, 2, 3)
    assert document.place(("table", "name")) == Place(FILE, 2, 9)
    assert document.place(("table", "key", 1)) == Place(FILE, 4, 5)


def test_what_is_not_written_is_looked_for_around_it() -> None:
    assert read("a:\n  b: 1\n").place(("a", "b", "c", 3)) == Place(FILE, 2, 6)


def test_aliases_and_merged_mappings_are_read() -> None:
    assert read("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\n").data == {
        "base": {"x": "1", "y": "2"},
        "own": {"x": "1", "y": "3"},
    }


def test_a_key_written_twice_is_told_with_both_lines() -> None:
    findings = Findings()
    document = parse_yaml("a: 1\nb: 2\na: 3\n", FILE, findings)
    assert document is not None
    assert document.data == {"a": "1", "b": "2"}
    assert [(one.code, one.place.line, one.fact) for one in findings.sorted()] == [
        ("SL102", 3, "is written twice; first in line 1.")
    ]


@pytest.mark.parametrize(
    "text", ["a: [1", "a: 1\n b: 2", "a: &x {b: *x}", "- &a [x, x]\n" + "- &b [*a]\na: 1", "a: 1\n---\nb: 2", "\x00"]
)
def test_what_is_no_yaml_is_told_and_read_as_nothing(text: str) -> None:
    findings = Findings()
    assert parse_yaml(text, FILE, findings) is None
    assert {one.code for one in findings.sorted()} == {"SL101"}


def test_aliases_that_multiply_without_end_are_stopped() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    findings = Findings()
    assert parse_yaml(text, FILE, findings) is None
    assert [one.code for one in findings.sorted()] == ["SL101"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=30))
def test_any_quoted_text_comes_back(value: str) -> None:
    quoted = value.replace("'", "''")
    assert read(f"a: '{quoted}'").data == {"a": value}
