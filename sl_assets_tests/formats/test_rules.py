"""Every format x validation rule, against files read back in plain Python and judged by the oracle of the rules."""

import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets import formats
from sl_assets.project.records import Attribute, Format
from sl_assets.validation import compile_validation
from sl_assets_tests.formats.written import LISTS, WAYS, WIDTH, Cells, Way
from sl_assets_tests.validation.oracle import Verdict, judge
from sl_assets_tests.validation.tables import BUILT_IN, table

TRIMS = {"NONE": str, "LEFT": str.lstrip, "RIGHT": str.rstrip, "BOTH": str.strip}
KINDS = ["string", "int", "long", "double", "decimal", "boolean", "date"]
GOOD = ["12", "-7", "1.5", "true", "x", "NA", "  12", "12  ", "", " ", "2024-1-2", "20240102", "é;", "<&>", "99999999"]
CELLS: list[str | None] = [None, *GOOD]


def attribute(kind: str, **rules: object) -> Attribute:
    return Attribute("a", "a", BUILT_IN[kind], position=(WIDTH, 2 * WIDTH - 1), **rules)  # type: ignore[arg-type]


def expected(one: Attribute, cell: str | None, form: Format, *, nulls: bool) -> Verdict:
    if cell is not None and nulls and form.null_value is not None:
        bare = cell.strip(" ") if form.name == "POSITION" else cell
        cell = None if bare == form.null_value else cell
    if cell is not None:
        cell = TRIMS[one.trim](cell, " ") if one.trim != "NONE" else cell  # type: ignore[call-arg, operator]
    if cell == "" and form.empty_is_null:
        cell = None
    cell = one.default if cell is None else cell
    return Verdict(rule="required") if cell is None and one.required else judge(one.type, cell)


def loaded(connection: duckdb.DuckDBPyConnection, one: Attribute, form: Format, file: Path) -> list[Verdict]:
    number = Attribute("n", "n", BUILT_IN["string"], position=(0, WIDTH - 1))
    typed = table(number, one, format=form)
    (reading,) = formats.readings(typed, [str(file)], connection)
    sql = compile_validation(typed, reading, timezone="UTC")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {sql}")
    rows = connection.execute("SELECT a, sl_errors FROM batch ORDER BY rowid").fetchall()
    return [Verdict(rule=faults[0]["rule"]) if faults else Verdict(value) for value, faults in rows]


def agree(connection: duckdb.DuckDBPyConnection, way: Way, one: Attribute, form: Format, cells: Cells) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cells"
        way.write(file, cells)
        wanted = [expected(one, cell, form, nulls=way.nulls) for cell in way.read(file)]
        assert len(wanted) == len(cells)
        assert list(zip(cells, loaded(connection, one, form, file), strict=True)) == list(zip(cells, wanted, strict=True))


RULES = {
    "plain": {},
    "required": {"required": True},
    "trim left": {"trim": "LEFT"},
    "trim right": {"trim": "RIGHT"},
    "trim both": {"trim": "BOTH", "required": True},
    "default": {"default": "7", "trim": "BOTH"},
}
FORMS = {"usual": {}, "nullValue": {"null_value": "NA"}, "empty": {"empty_is_null": False}}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("nulls", FORMS)
def test_every_rule_holds_in_every_format(name: str, rule: str, nulls: str, connection: duckdb.DuckDBPyConnection) -> None:
    way = WAYS[name]
    for kind in KINDS:
        agree(connection, way, attribute(kind, **RULES[rule]), replace(way.form, **FORMS[nulls]), CELLS)  # type: ignore[arg-type]


LETTERS = st.text(alphabet="0123456789+-.eE_ :/TZabé;<&,NA", max_size=WIDTH)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KINDS),
    cells=st.lists(st.none() | st.sampled_from(GOOD) | LETTERS, min_size=1, max_size=40),
    rule=st.sampled_from(list(RULES.values())),
    form=st.sampled_from(list(FORMS.values())),
)
def test_generated_cells_are_judged_alike_in_every_format(
    name: str,
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    cells: list[str | None],
    rule: dict[str, object],
    form: dict[str, object],
) -> None:
    way = WAYS[name]
    agree(connection, way, attribute(kind, **rule), replace(way.form, **form), cells)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KINDS),
    lists=st.lists(st.none() | st.lists(st.sampled_from(GOOD) | LETTERS, min_size=1, max_size=4), min_size=1, max_size=20),
    required=st.booleans(),
)
def test_every_item_of_an_array_is_judged_alike_in_every_format(
    name: str, connection: duckdb.DuckDBPyConnection, kind: str, lists: list[list[str] | None], required: bool
) -> None:
    form = WAYS[name].form
    typed = table(attribute(kind, array=True, required=required, trim="BOTH"), format=form)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lists"
        LISTS[name](file, lists)
        (reading,) = formats.readings(typed, [str(file)], connection)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {compile_validation(typed, reading, timezone='UTC')}")
    rows = connection.execute("SELECT a, sl_errors FROM batch ORDER BY rowid").fetchall()
    item = attribute(kind, trim="BOTH")
    for each, (value, faults) in zip(lists, rows, strict=True):
        verdicts = [expected(item, cell, form, nulls=False) for cell in each or ()]
        wanted = [(f"a[{index}]", verdict.rule) for index, verdict in enumerate(verdicts) if verdict.rule]
        if each is None:
            wanted = [("a", "required")] if required else []
        assert [(fault["attribute"], fault["rule"]) for fault in faults or ()] == wanted
        if not wanted:
            assert value == (None if each is None else [verdict.value for verdict in verdicts])
