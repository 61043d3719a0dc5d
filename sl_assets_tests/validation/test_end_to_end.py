import json
from pathlib import Path

import duckdb

from sl_assets import formats
from sl_assets.project.records import Format
from sl_assets.validation import compile_validation
from sl_assets_tests.validation.tables import attribute, table


def test_every_record_of_a_file_is_accepted_or_rejected_once_and_found_again(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = [
        f"{number if number % 7 else 'x'};{number}.5;2024-01-02{';too;many' if number % 11 == 0 else ''}"
        for number in range(30_000)
    ]
    file = tmp_path / "a.csv"
    file.write_text("id;amount;day\n" + "\n".join(lines) + "\n")
    orders = table(attribute("id", "long", required=True), attribute("amount", "double"), attribute("day", "date"))
    (reading,) = formats.readings(orders, [str(file)], connection)
    connection.execute(f"CREATE TEMP TABLE batch AS {compile_validation(orders, reading, timezone='UTC')}")
    refused = formats.malformed(reading, connection)
    assert refused is not None
    bad = connection.execute("SELECT rowid + 1 FROM batch WHERE sl_errors IS NOT NULL").fetchall()
    places = formats.locate(reading, connection, {str(file): {number for (number,) in bad}})
    located = connection.execute(f"SELECT line, raw FROM ({places}) ORDER BY sl_record").fetchall()
    expected = [(number + 2, line) for number, line in enumerate(lines) if line.startswith("x") and "many" not in line]
    assert located == expected
    assert connection.execute(f"SELECT count(*) FROM ({refused})").fetchone() == (sum("many" in line for line in lines),)
    assert connection.execute("SELECT count(*) FROM batch").fetchone() == (sum("many" not in line for line in lines),)


def test_a_nested_json_file_becomes_typed_rows(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    orders = [{"id": number, "lines": [{"qty": number % 5 or "none"}]} for number in range(10_000)]
    file.write_text("\n".join(json.dumps(order) for order in orders))
    lines = attribute("lines", "struct", array=True, attributes=(attribute("qty", "int"),))
    typed = table(attribute("id", "long"), lines, format=Format("JSON"))
    (reading,) = formats.readings(typed, [str(file)], connection)
    connection.execute(f"CREATE TEMP TABLE batch AS {compile_validation(typed, reading, timezone='UTC')}")
    found = connection.execute(
        "SELECT count(*), count(sl_errors), sum(lines[1].qty) FILTER (sl_errors IS NULL) FROM batch"
    ).fetchone()
    assert found == (10_000, 2_000, 20_000)
    faults = connection.execute(
        "SELECT DISTINCT unnest(sl_errors).attribute, typeof(lines) FROM batch WHERE id % 5 = 0"
    ).fetchall()
    assert faults == [("lines[0].qty", "STRUCT(qty INTEGER)[]")]
    assert connection.execute("SELECT bool_and(id = rowid) FROM batch").fetchone() == (True,)
