from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sl_assets import formats
from sl_assets.formats import UnreadableFileError
from sl_assets.project.records import Attribute, Format, Partitions, Type
from sl_assets.validation import compile_validation
from sl_assets_tests.formats.loading import load, write
from sl_assets_tests.formats.loading import table as strings
from sl_assets_tests.validation.tables import BUILT_IN, attribute, messages, table, validated

PARQUET = Format("PARQUET")


def parquet(folder: Path, name: str, **columns: object) -> str:
    path = folder / name
    pq.write_table(pa.table(columns), path)
    return str(path)


def judged(connection: duckdb.DuckDBPyConnection, file: str, *attributes: Attribute, **settings: str) -> list[dict[str, object]]:
    typed = table(*attributes, format=PARQUET)
    (reading,) = formats.readings(typed, [file], connection)
    return validated(connection, typed, reading, **settings)


def values(rows: list[dict[str, object]], name: str = "a") -> list[object]:
    return [row["sl_errors"] or row[name] for row in rows]


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("long", pa.array([1, None, -(2**63)], pa.int64())),
        ("int", pa.array([1, None, 2], pa.int32())),
        ("double", pa.array([1.5, None, float("inf")], pa.float64())),
        ("boolean", pa.array([True, None, False])),
        ("date", pa.array([date(2024, 1, 2), None, date(1, 1, 1)])),
        ("decimal", pa.array([Decimal("1.5"), None, Decimal("-0.000000001")], pa.decimal128(38, 9))),
        ("timestamp", pa.array([datetime(2024, 1, 2, 3, 4, 5, 678901, UTC), None, datetime(1970, 1, 1, tzinfo=UTC)])),
    ],
)
def test_a_column_that_is_of_the_type_already_is_taken_as_it_is(
    kind: str, column: pa.Array, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = parquet(tmp_path, "a", a=column)
    assert values(judged(connection, file, attribute("a", kind))) == column.to_pylist()


@pytest.mark.parametrize(
    ("kind", "column", "found"),
    [
        ("long", pa.array([1, None], pa.int16()), [1, None]),
        ("short", pa.array([1, 70_000], pa.int64()), [1, "cast"]),
        ("long", pa.array([1.5, 2.0]), ["pattern", "pattern"]),
        ("double", pa.array([1, 2], pa.int8()), [1.0, 2.0]),
        ("double", pa.array([0.1], pa.float32()), [0.1]),
        ("decimal", pa.array([Decimal("1.50")], pa.decimal128(10, 2)), [Decimal("1.5")]),
        ("string", pa.array([1, None]), ["1", None]),
        ("string", pa.array([date(2024, 1, 2)]), ["2024-01-02"]),
        ("date", pa.array(["2024-01-02", "2024-1-2"]), [date(2024, 1, 2), "pattern"]),
        ("boolean", pa.array([1, 0, 2]), [True, False, "pattern"]),
        ("long", pa.array([[1], None]), ["scalar", None]),
        ("string", pa.array([{"k": 1}, None]), ["scalar", None]),
        ("variant", pa.array([{"k": 1}, None]), ['{"k":1}', None]),
    ],
)
def test_any_other_column_goes_through_its_text(
    kind: str, column: pa.Array, found: list[object], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = judged(connection, parquet(tmp_path, "a", a=column), attribute("a", kind))
    assert [row["sl_errors"][0]["rule"] if row["sl_errors"] else row["a"] for row in rows] == found  # type: ignore[index]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_local_time_is_one_at_the_zone_of_its_type(unit: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = parquet(tmp_path, "a", a=pa.array([datetime(2024, 1, 2, 12)], pa.timestamp(unit)))
    connection.execute("SET TimeZone = 'America/New_York'")
    local = attribute("a", "timestamp")
    paris = attribute("a", Type("paris", "timestamp", "yyyy-MM-dd HH:mm:ss", "TIMESTAMPTZ", "Europe/Paris"))
    naive = attribute("a", Type("naive", "timestamp", "yyyy-MM-dd HH:mm:ss", "TIMESTAMP"))
    new_york = timezone(timedelta(hours=-5))
    assert values(judged(connection, file, local)) == [datetime(2024, 1, 2, 12, tzinfo=new_york)]
    assert values(judged(connection, file, paris)) == [datetime(2024, 1, 2, 11, tzinfo=UTC)]
    assert values(judged(connection, file, naive)) == [datetime(2024, 1, 2, 12)]


def test_required_and_default_hold_for_typed_columns_too(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = parquet(tmp_path, "a", a=pa.array([1, None]), b=pa.array([None, 2]))
    rows = judged(connection, file, attribute("a", "long", required=True), attribute("b", "long", default="7"))
    assert messages(rows) == [[], ["`a`  can't be null"]]
    assert [row["b"] for row in rows] == [7, 2]


def test_columns_come_by_name_unknown_ones_are_dropped_and_missing_ones_told(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = parquet(tmp_path, "a", more=["x"], A=["1"], filename=["f"])
    rows = judged(connection, file, attribute("a"), attribute("gone", required=True), attribute("filename"))
    assert [(row["a"], row["filename"]) for row in rows] == [("1", "f")]
    assert messages(rows) == [["`gone` is required"]]


def test_lists_and_structs_are_checked_as_json_is(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = pa.array([[{"qty": 1, "day": date(2024, 1, 2), "x": 0}], [{"qty": None, "day": None, "x": 1}], None, []])
    file = parquet(tmp_path, "a", lines=lines, tags=pa.array([["a", None], ["b"], [], None]))
    nested = attribute(
        "lines", "struct", array=True, attributes=(attribute("qty", "int", required=True), attribute("day", "date"))
    )
    rows = judged(connection, file, nested, attribute("tags", array=True))
    assert messages(rows) == [[], ["`lines[0].qty`  can't be null"], [], []]
    assert [row["lines"] for row in rows if not row["sl_errors"]] == [[{"qty": 1, "day": date(2024, 1, 2)}], None, []]
    assert [row["tags"] for row in rows] == [["a", None], ["b"], [], None]


def test_a_scalar_column_is_no_array(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = judged(connection, parquet(tmp_path, "a", a=[1]), attribute("a", "long", array=True))
    assert messages(rows) == [["`a` is not an array"]]


def test_a_row_is_found_again_by_its_number(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = parquet(tmp_path, "a*", a=["x", "y", "z"], more=[1, 2, 3])
    loaded = load(connection, strings(PARQUET, "a"), file)
    assert loaded.places == [(1, 1, '{"a":"x","more":1}'), (2, 2, '{"a":"y","more":2}'), (3, 3, '{"a":"z","more":3}')]
    places = formats.locate(loaded.reading, connection, {file: [2]})
    assert connection.execute(places).fetchall() == [(file, 2, 2, '{"a":"y","more":2}', None)]


@pytest.mark.slow
def test_rows_are_in_order_across_files_and_row_groups(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("b", "a")]
    for file in files:
        pq.write_table(pa.table({"a": range(300_000)}), file, row_group_size=10_000)
    (reading,) = formats.readings(strings(PARQUET, "a"), files, connection)
    connection.execute(f"CREATE TEMP TABLE batch AS {reading.sql}")
    rows = connection.execute(
        "SELECT sl_file, count(*), bool_and(a::INT = rowid % 300000) FROM batch GROUP BY 1 ORDER BY min(rowid)"
    )
    assert rows.fetchall() == [(file, 300_000, True) for file in files]


def test_files_of_other_types_are_read_apart(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [parquet(tmp_path, name, a=column) for name, column in {"a": [1], "b": [2], "c": ["3"]}.items()]
    found = formats.readings(table(attribute("a", "long"), format=PARQUET), files, connection)
    assert [(len(reading.files), reading.kinds) for reading in found] == [(2, {"a": "typed"}), (1, {"a": "text"})]


def test_a_folder_that_looks_like_a_partition_adds_no_column(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    folder = tmp_path / "a=9"
    folder.mkdir()
    assert load(connection, strings(PARQUET, "a"), parquet(folder, "x", a=["1"])).rows == [("1",)]


@pytest.mark.parametrize("content", [b"", b"PAR1 no", b"a;b\n1;2\n"])
def test_what_is_not_parquet_is_broken(content: bytes, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="cannot be read as Parquet"):
        formats.readings(strings(PARQUET, "a"), [write(tmp_path, "a", content)], connection)


def test_a_file_without_our_columns_is_broken(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="none of the table's columns: there is `x, y`, wanted are a"):
        formats.readings(strings(PARQUET, "a"), [parquet(tmp_path, "a", x=[1], y=[2])], connection)


def test_a_file_damaged_within_fails_alone(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    good = parquet(tmp_path, "good", a=[str(number) for number in range(10_000)])
    content = bytearray(Path(good).read_bytes())
    content[4:2_000] = b"\xff" * 1_996
    bad = write(tmp_path, "bad", bytes(content))
    typed = strings(PARQUET, "a")
    (reading,) = formats.readings(typed, [good, bad], connection)
    with pytest.raises(duckdb.Error) as raised:
        connection.execute(compile_validation(typed, reading, timezone="UTC")).fetchall()
    ((file, sentence),) = formats.unreadable(reading, raised.value, connection)
    assert file == bad
    assert sentence.startswith("cannot be read as Parquet: ")


def test_numbers_that_json_lacks_do_no_harm(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = parquet(tmp_path, "a", a=[[1.5, float("nan")]])
    rows = judged(connection, file, Attribute("a", "a", BUILT_IN["double"], array=True))
    assert [fault["attribute"] for fault in rows[0]["sl_errors"] or []] == ["a[1]"]  # type: ignore[attr-defined]


def test_a_typed_column_is_held_to_the_window_of_its_file(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = parquet(tmp_path, "a", day=[date(2024, 1, 1), date(2024, 1, 2), None])
    partitions = Partitions("daily", datetime(2024, 1, 1), "day")
    typed = table(attribute("day", "date"), format=PARQUET, partitions=partitions)
    (reading,) = formats.readings(typed, [file], connection)
    window = (datetime(2024, 1, 1), datetime(2024, 1, 2))
    rows = validated(connection, typed, reading, windows={file: window})
    assert [[fault["rule"] for fault in row["sl_errors"] or []] for row in rows] == [[], ["partition"], ["partition"]]
