from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from sl_assets.project.reading import Reading
from sl_assets.project.records import Table
from sl_assets.validation import Origin
from sl_assets.validation.origins import PSEUDO_COLUMNS
from sl_assets_tests.validation.tables import Row, attribute, table, text_reading, validated

AT = datetime(2026, 3, 1, 12, 30, 0, 250_000)
ORIGIN = Origin(Path("/kept/it's-1f.csv"), "it's.csv", 2**33, AT)


def one(connection: duckdb.DuckDBPyConnection, orders: Table, origins: dict[str, Origin] | None) -> Row:
    (row,) = validated(connection, orders, text_reading(connection, {"id": ["3"]}), origins=origins)
    return row


def scripted(script: str, kind: str = "string") -> Table:
    return table(attribute("id", "long"), attribute("told", kind, script=script))


@pytest.mark.parametrize(
    ("script", "kind", "told"),
    [
        ("sl_input_file_name", "string", "/kept/it's.csv"),
        ("SL_Input_File_Path", "string", "/kept/it's-1f.csv"),
        ("sl_input_file_size", "long", 2**33),
        ("sl_input_file_modified_at", "timestamp", AT.replace(tzinfo=UTC)),
        ("_metadata.file_name", "string", "it's.csv"),
        ("_metadata.file_path", "string", "/kept/it's.csv"),
        ("_metadata.file_size + id", "long", 2**33 + 3),
        ("_metadata.file_modification_time", "timestamp", AT.replace(tzinfo=UTC)),
        ("regexp_extract(sl_input_file_name, '.+/(.+)$', 1)", "string", "it's.csv"),
    ],
)
def test_a_script_may_ask_about_the_file(script: str, kind: str, told: object, connection: duckdb.DuckDBPyConnection) -> None:
    row = one(connection, scripted(script, kind), {"f": ORIGIN})
    assert row == {"sl_file": "f", "id": 3, "told": told, "sl_errors": None}


def test_the_filter_and_privacy_may_ask_too(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(attribute("id", privacy="SQL: id || _metadata.file_name"), filter="sl_input_file_size > 5")
    row = one(connection, orders, {"f": ORIGIN})
    assert (row["id"], row["sl_filtered"]) == ("3it's.csv", False)


def test_of_a_file_that_nobody_told_about_the_path_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    assert one(connection, scripted("sl_input_file_name || coalesce(sl_input_file_size, 0)"), None)["told"] == "f0"


def test_each_row_is_told_about_its_own_file_and_order_is_kept(connection: duckdb.DuckDBPyConnection) -> None:
    files = tuple(f"file {number}" for number in range(300))
    origins = {file: Origin(Path(f"/kept/{file}"), file, number, AT) for number, file in enumerate(files)}
    sql = "SELECT 'file ' || (i // 7) AS sl_file, i::VARCHAR AS id FROM range(2100) AS numbers(i) ORDER BY i"
    orders = table(attribute("id", "long"), attribute("size", "long", script="sl_input_file_size"))
    rows = validated(connection, orders, Reading(files, sql, "text", frozenset({"id"})), origins=origins)
    assert [(row["id"], row["size"]) for row in rows] == [(number, number // 7) for number in range(2100)]


@pytest.mark.parametrize("name", PSEUDO_COLUMNS)
def test_an_attribute_of_that_name_is_the_one_that_is_meant(name: str, connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(attribute("id", "long", rename=name), attribute("told", "long", script=f"{name} + 1"))
    assert one(connection, orders, {"f": ORIGIN}) == {"sl_file": "f", name: 3, "told": 4, "sl_errors": None}


def test_a_script_may_have_the_name_of_what_it_asks(connection: duckdb.DuckDBPyConnection) -> None:
    asks = attribute("sl_input_file_name", script="parse_filename(sl_input_file_name)")
    orders = table(attribute("id", "long"), asks, attribute("again", script="upper(sl_input_file_name)"))
    row = one(connection, orders, {"f": ORIGIN})
    assert (row["sl_input_file_name"], row["again"]) == ("it's.csv", "IT'S.CSV")
