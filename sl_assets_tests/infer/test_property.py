"""Whatever is in a delimited file: the YAML proposed for it loads every row of it, and every value is what the file says."""

import csv
import datetime as dt
import io
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.project.records import Type
from sl_assets_tests.infer.trip import trip
from sl_assets_tests.shop import Shop

pytestmark = pytest.mark.slow

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp")), max_size=8)
NASTY = st.sampled_from(
    [
        *(
            "1_000",
            "01",
            "+5",
            "-0",
            "1e5",
            "1.",
            ".5",
            "18446744073709551616",
            "1,5",
            "NaN",
            "NA",
            "null",
            "yes",
            "no",
            "y",
            "t",
            "true",
        ),
        *(
            "a;b",
            "a|b",
            "a\tb",
            'say "x"',
            "two\nlines",
            "'q'",
            "\\",
            'x\\"',
            " x ",
            "2024-02-30",
            "2024-01-01",
            "{{x}}",
            "#",
            "--",
            "é",
        ),
    ]
)
KINDS: list[st.SearchStrategy[str]] = [
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.integers(0, 99_999).map(lambda n: f"{n:05}"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-99_999, 99_999, places=2).map(lambda n: f"{n:.2f}"),
    st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)).map(str),
    st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)).map(lambda day: f"{day:%d/%m/%Y}"),
    st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2099, 1, 1)).map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}"),
    st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2099, 1, 1)).map(lambda at: at.isoformat() + "Z"),
    st.sampled_from(["true", "false", "True"]),
    st.sampled_from(["yes", "no"]),
    WORDS,
    NASTY,
    st.just(""),
]


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows of a file, none of them blank."""
    columns = draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=6))
    cells = [st.one_of(kind, st.just("")) if draw(st.booleans()) else kind for kind in columns]
    rows = draw(st.lists(st.tuples(*cells), min_size=2, max_size=12))
    return [[f"r{number}", *row] for number, row in enumerate(rows)]


@settings(max_examples=25, deadline=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
@given(
    rows=tables(),
    separator=st.sampled_from(",;\t|"),
    header=st.booleans(),
    always=st.booleans(),
    codec=st.sampled_from(["utf-8", "utf-16"]),
)
def test_every_row_of_a_file_is_loaded_by_its_yaml_and_every_value_is_right(rows, separator, header, always, codec):
    target = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL
    writer = csv.writer(target, delimiter=separator, lineterminator="\n", quoting=quoting)
    if header:
        writer.writerow(["row", *(f"name of {number}" for number in range(1, len(rows[0])))])
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        done = trip(Shop(Path(folder)), {"things.csv": target.getvalue().encode(codec)}, header=header)
        assert done.report.counts.read == len(rows)
        null = done.table.format.null_value
        for number, attribute in enumerate(done.table.attributes):
            expected = [meaning(row[number], attribute.type, null) for row in rows]
            assert [row[number] for row in done.rows] == expected, (attribute.name, attribute.type.name)


def meaning(text: str, kind: Type, null: str | None) -> Any:
    """What a text is as a value of a type."""
    if text in ("", null):
        return None
    if kind.primitive == "double":
        return float(text.replace(",", "."))
    if kind.primitive == "date":
        order = {"yyyy-MM-dd": "ymd", "dd/MM/yyyy": "dmy", "MM/dd/yyyy": "mdy"}[kind.pattern]
        parts = dict(zip(order, re.split("[-/]", text), strict=True))
        return dt.date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    if kind.primitive == "timestamp":
        at = dt.datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return {"long": int, "decimal": Decimal, "boolean": lambda word: word.lower() in ("true", "yes", "y", "t"), "string": str}[
        kind.primitive
    ](text)
