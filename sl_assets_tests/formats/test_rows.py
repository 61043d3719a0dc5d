"""Whole rows x every format x every rule: what is accepted, what is rejected, why and on which line, against a row-by-row oracle.

Files are generated, read back by plain Python (`rows`) and judged cell by cell (`validation.oracle`); the load's own first half
(`read_batch`) must come to the same.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.project.records import Attribute, Format, Settings
from sl_assets.sql.text import quote_name
from sl_assets.steps.batch import read_batch
from sl_assets.steps.candidates import Candidate
from sl_assets.steps.reports import Counts
from sl_assets_tests.formats.rows import FLAT, ROW_WAYS, WIDTH, Junk, Row, RowWay
from sl_assets_tests.formats.test_rules import TRIMS
from sl_assets_tests.validation.oracle import Verdict, judge
from sl_assets_tests.validation.tables import BUILT_IN, table

pytestmark = pytest.mark.slow

KINDS = ["string", "int", "long", "short", "double", "decimal", "boolean", "date"]
GOOD = [
    "12",
    "-7",
    "1.5",
    "true",
    "No",
    "x",
    "NA",
    " 12",
    "12 ",
    "",
    " ",
    "2024-01-02",
    "2024-02-30",
    "é;",
    "<&>",
    '"q"',
    "99999",
]
RULES: list[dict[str, Any]] = [
    {},
    {"required": True},
    {"trim": "LEFT"},
    {"trim": "RIGHT", "required": True},
    {"trim": "BOTH"},
    {"default": "7", "trim": "BOTH"},
    {"rename": True},
    {"ignore": True, "required": True},
]
FIT = {"string": ["x", "é;", "NA"], "int": ["12", "-7"], "long": ["12", "99999"], "short": ["12"], "double": ["1.5", "12"]}
FIT |= {"decimal": ["1.5", "-7"], "boolean": ["true", "No"], "date": ["2024-01-02", "2024-02-29"]}
FORMS: list[dict[str, Any]] = [{}, {"null_value": "NA"}, {"empty_is_null": False}, {"null_value": "NA", "empty_is_null": False}]
Faults = list[tuple[str, str]]


@dataclass(frozen=True)
class Told:
    """What a file comes to: accepted rows in order; (line, faults) of the rejected ones."""

    accepted: list[tuple[object, ...]]
    rejected: list[tuple[int, Faults]]


def attribute(name: str, kind: str, rules: Mapping[str, Any]) -> Attribute:
    place = FLAT.index(name) * WIDTH if name in FLAT else 0
    others = {key: value for key, value in rules.items() if key != "rename"}
    final = f"{name}_final" if rules.get("rename") else name
    return Attribute(name, final, BUILT_IN[kind], position=(place, place + WIDTH - 1), **others)


def oracle(way: RowWay, form: Format, attributes: Sequence[Attribute], file: Path) -> Told:
    accepted: list[tuple[object, ...]] = []
    rejected: list[tuple[int, Faults]] = []
    for line, record in way.read(file):
        if isinstance(record, Junk):
            rejected.append((line, [("", record.rule)]))
            continue
        values, faults = _judged(record, way, form, attributes)
        if faults:
            rejected.append((line, faults))
        else:
            accepted.append(values)
    return Told(accepted, sorted(rejected))


def _judged(row: Row, way: RowWay, form: Format, attributes: Sequence[Attribute]) -> tuple[tuple[object, ...], Faults]:
    values: list[object] = []
    faults: Faults = []
    for one in attributes:
        value = _value(one, row.get(one.source), one.source, way, form, faults)
        if not one.ignore:
            values.append(value)
    return tuple(values), faults


def _value(one: Attribute, cell: Any, path: str, way: RowWay, form: Format, faults: Faults) -> object:
    if one.array or one.type.primitive == "struct":
        if cell is None:
            faults += [(path, "required")] if one.required else []
            return None
        within = replace(way, nulls="top" if way.nulls == "within" else "none")
        if one.array:
            item = replace(one, array=False, required=False)
            return [_value(item, each, f"{path}[{index}]", within, form, faults) for index, each in enumerate(cell)]
        return {
            field.name: _value(field, cell.get(field.source), f"{path}.{field.source}", within, form, faults)
            for field in one.attributes
        }
    verdict = _scalar(one, cell, form, nulls=way.nulls != "none")
    faults += [(path, verdict.rule)] if verdict.rule else []
    return verdict.value


def _scalar(one: Attribute, cell: str | None, form: Format, *, nulls: bool) -> Verdict:
    if cell is not None and nulls and form.null_value is not None:
        bare = cell.strip(" ") if form.name == "POSITION" else cell
        cell = None if bare == form.null_value else cell
    if cell is not None and one.trim != "NONE":
        cell = TRIMS[one.trim](cell, " ")  # type: ignore[call-arg, operator]
    cell = None if cell == "" and form.empty_is_null else cell
    cell = one.default if cell is None else cell
    return Verdict(rule="required") if cell is None and one.required else judge(one.type, cell)


def loaded(connection: duckdb.DuckDBPyConnection, form: Format, attributes: Sequence[Attribute], file: Path) -> Told:
    typed = table(*attributes, format=form)
    candidate = Candidate(file, file.name, lambda: "digest", file.stat().st_size, datetime(2026, 1, 1), None, None)
    counts = read_batch(connection, typed, [candidate], Settings(Path("unused.duckdb")))[file]
    names = ", ".join(quote_name(one.name) for one in typed.columns)
    rows = connection.execute(f"SELECT {names} FROM sl_batch WHERE sl_errors IS NULL ORDER BY rowid").fetchall()
    bad = connection.execute("SELECT line, findings FROM sl_rejected ORDER BY line").fetchall()
    assert counts == Counts(len(rows) + len(bad), len(rows), len(bad))
    told = [(line, [(fault["attribute"] or "", fault["rule"]) for fault in faults]) for line, faults in bad]
    return Told(rows, sorted(told))


CELLS = st.none() | st.sampled_from(GOOD) | st.text(alphabet="0123456789+-.eE_ :/TZabé;<&,NA'\"", max_size=WIDTH)
LONG_CELLS = CELLS | st.sampled_from(["two\nlines", "a;\n\n<b>", "x" * 300])
Described = tuple[str, dict[str, Any]]
"""A kind and the rules of an attribute."""
ATTRIBUTES = st.tuples(st.sampled_from(KINDS), st.sampled_from(RULES))
COLUMN = ATTRIBUTES.filter(lambda described: "ignore" not in described[1])


def cells_for(way: RowWay, described: Described) -> st.SearchStrategy[str | None]:
    """Mostly cells that fit, so that rows of many attributes are accepted too."""
    kind, rules = described
    spaces = st.sampled_from(["", " "]) if "trim" in rules else st.just("")
    fit = st.builds("{0}{1}{2}".format, spaces, st.sampled_from(FIT[kind]), spaces)
    return st.sampled_from(range(6)).flatmap(lambda die: fit if die else (LONG_CELLS if way.breaks else CELLS))


def rows_of(way: RowWay, flat: Sequence[Described], inner: Sequence[Described]) -> st.SearchStrategy[list[Row | Junk]]:
    fields: dict[str, st.SearchStrategy[Any]] = {
        name: cells_for(way, described) for name, described in zip(FLAT, flat, strict=True)
    }
    if way.nested:
        many, x, y = (cells_for(way, described) for described in inner)
        texts = many.filter(lambda cell: cell is not None)
        fields["many"] = st.none() | st.lists(texts, min_size=1, max_size=3)
        fields["inner"] = st.none() | st.fixed_dictionaries({"x": x, "y": y})
    rows: st.SearchStrategy[Any] = st.fixed_dictionaries(fields)
    junk = st.sampled_from([Junk(rule) for rule in way.junk]) if way.junk else rows
    return st.lists(st.sampled_from(range(8)).flatmap(lambda die: rows if die else junk), min_size=5, max_size=25)


def attributes_of(flat: Sequence[Described], inner: Sequence[Described]) -> Iterator[Attribute]:
    for name, (kind, rules) in zip(FLAT, flat, strict=True):
        yield attribute(name, kind, rules)
    if inner:
        (many, many_rules), *fields = inner
        items = attribute("many", many, {"trim": many_rules.get("trim", "NONE"), "required": "required" in many_rules})
        yield replace(items, array=True)
        within = tuple(
            attribute(name, kind, {**rules, "ignore": False}) for name, (kind, rules) in zip("xy", fields, strict=True)
        )
        yield replace(attribute("inner", "struct", {"required": "required" in fields[0][1]}), attributes=within)


@pytest.mark.parametrize("name", ROW_WAYS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_of_every_format_are_judged_as_the_oracle_does(
    name: str, connection: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    way = ROW_WAYS[name]
    form = replace(way.form, **data.draw(st.sampled_from(FORMS), "format"))
    drawn = data.draw(st.tuples(COLUMN, *[ATTRIBUTES] * (len(FLAT) - 1)), "attributes")
    flat = [(kind, {"trim": "BOTH"} | rules if form.name == "POSITION" else rules) for kind, rules in drawn]
    inner = data.draw(st.tuples(*[ATTRIBUTES] * 3), "within") if way.nested else ()
    attributes = tuple(attributes_of(flat, inner))
    rows = data.draw(rows_of(way, flat, inner), "rows")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows"
        way.write(file, rows)
        wanted = oracle(way, form, attributes, file)
        assert loaded(connection, form, attributes, file) == wanted
