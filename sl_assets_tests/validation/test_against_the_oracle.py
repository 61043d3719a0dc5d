import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.project.records import Format
from sl_assets_tests.validation.oracle import Verdict, judge
from sl_assets_tests.validation.tables import BUILT_IN, attribute, rules, table, text_reading, validated

SPELLINGS = [
    *["1.5", "1e3", "1_000", " 12 ", "+5", "-", "+", "", "0x1F", "0b1", "12.", ".5", "007", "-0", "1e2", "15e2", "12\n", "\n12"],
    *[
        "--5",
        "+-5",
        "-+5",
        "inf",
        "-inf",
        "nan",
        "infinity",
        "1.e5",
        "1e",
        "1e+",
        "1e999",
        "-1e999",
        "1+5",
        "1-5",
        "-.5",
        "1,5",
        "|5",
    ],
    *["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "2147483648", "32768", "128"],
    *[
        "99999999999999999999999999999.5",
        "1.0000000005",
        "0.9999999995",
        "-0.0000000005",
        "12345678901234567890.5",
        "999999999.9999999995",
        "6.8e-12",
        "5e-10",
        "4.9e-10",
        "-15E-010",
        "123456.5e-3",
        ".5e-1",
        "1e-99999999999",
        "12e0",
        "1.23456e3",
    ],
    *[
        "true",
        " TRUE ",
        "yes",
        "Y",
        "t",
        "1",
        "0",
        "no",
        "F",
        "on",
        "off",
        "tru",
        "\ttrue",
        "true\x01",
        "\u2003true",
        "yes no",
        "ye\u017f",
    ],
    *["2024-01-02", "2024-1-2", "2024/01/02", "2024 01 02", " 2024-1-02", "2024-1-2  ", "2024-02-30", "2023-02-29", "2024-02-29"],
    *[
        "0000-01-01",
        "0001-01-01",
        "12024-01-01",
        "-024-01-01",
        "epoch",
        "2024-01-02 (BC)",
        "9999-12-31",
        "2024-13-01",
        "2024-01-32",
    ],
    *[
        "2024-01-02 03:04:05",
        "2024-01-02T03:04:05",
        "2024-1-2 3:4:5",
        "2024-01-02 24:00:00",
        "2024-01-02 03:04:60",
        "2024-1-2 24:0:0",
    ],
    *[
        "2024-01-02 03:04:05.1",
        "2024-01-02 03:04:05Z",
        "2024-01-02 03:04:05+02",
        "2024-01-02 03:04:05 UTC",
        "2024-1-02 3:04:05+1",
    ],
    *[
        "2024-03-10 02:30:00",
        "0000-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "2024-01-02 03:04",
        "a",
        "é",
        "٣",
        "\uff19",
        "1٣",
        "\u00a012",
    ],
]
LETTERS = st.text(alphabet="0123456789+-.eE_ :/TZtfxn|\n", max_size=20)
DIGITS = st.integers(-(10**20), 10**20).map(str)
FLOATS = st.floats().map(repr)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**30), max_value=10**30).map(str)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(microsecond=0)).map(str)
LOOSE = st.from_regex(r"\A[0-9]{3,5}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})?\Z")
CELLS = st.one_of(
    st.none(), st.sampled_from(SPELLINGS), LETTERS, DIGITS, FLOATS, DECIMALS, MOMENTS, MOMENTS.map(lambda m: m[:10]), LOOSE
)
TYPES = [name for name in BUILT_IN if name not in {"struct", "variant"}]


def agree(connection: duckdb.DuckDBPyConnection, name: str, cells: list[str | None]) -> None:
    kind = BUILT_IN[name]
    rows = validated(
        connection, table(attribute("a", kind), format=Format(empty_is_null=False)), text_reading(connection, {"a": cells})
    )
    expected = [judge(kind, cell) for cell in cells]
    found = [Verdict(rule=rules(row)[0]) if rules(row) else Verdict(value=row["a"]) for row in rows]
    assert list(zip(cells, found, strict=True)) == list(zip(cells, expected, strict=True))


@pytest.mark.parametrize("name", TYPES)
def test_every_known_spelling_is_judged_as_the_rules_say(name: str, connection: duckdb.DuckDBPyConnection) -> None:
    agree(connection, name, [None, *SPELLINGS])


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELLS, min_size=1, max_size=150))
def test_generated_cells_are_judged_as_the_rules_say(
    name: str, connection: duckdb.DuckDBPyConnection, cells: list[str | None]
) -> None:
    agree(connection, name, cells)
