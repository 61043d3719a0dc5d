import json
from datetime import date

import duckdb
import pytest

from sl_assets_tests.validation.tables import attribute, messages, rules, table, text_reading, validated

LINES = attribute(
    "lines",
    "struct",
    array=True,
    attributes=(
        attribute("qty", "int", required=True, rename="quantity"),
        attribute("tags", array=True),
        attribute("ship", "struct", attributes=(attribute("day", "date"), attribute("secret", ignore=True))),
    ),
)


def judged(connection: duckdb.DuckDBPyConnection, value: object, *attributes: object) -> list[list[str]]:
    reading = text_reading(connection, {"a": [json.dumps(value)]}, "json")
    return messages(validated(connection, table(*attributes), reading))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("long", "12", 12),
        ("long", '"12"', 12),
        ("byte", "12", 12),
        ("double", "1.5", 1.5),
        ("double", "12", 12.0),
        ("boolean", "true", True),
        ("boolean", '"yes"', True),
        ("boolean", "0", False),
        ("string", "12", "12"),
        ("string", "true", "true"),
        ("string", r'"a\"b\n"', 'a"b\n'),
        ("date", '"2024-01-02"', date(2024, 1, 2)),
        ("variant", '{"k":[1]}', '{"k":[1]}'),
        ("variant", '"x"', '"x"'),
        ("long", None, None),
    ],
)
def test_a_json_scalar_becomes_its_value(kind: str, written: str, value: object, connection: duckdb.DuckDBPyConnection) -> None:
    (row,) = validated(connection, table(attribute("a", kind)), text_reading(connection, {"a": [written]}, "json"))
    assert (row["a"], row["sl_errors"]) == (value, None)


@pytest.mark.parametrize(
    ("kind", "written", "rule"),
    [
        ("long", "1.5", "pattern"),
        ("long", "12345678901234567890123", "cast"),
        ("long", "9223372036854775808", "cast"),
        ("int", "3000000000", "cast"),
        ("long", '" 12"', "pattern"),
        ("long", '{"k": 1}', "scalar"),
        ("string", "[1]", "scalar"),
        ("date", "20240102", "pattern"),
        ("boolean", "2", "pattern"),
    ],
)
def test_a_json_value_of_another_kind_is_refused(
    kind: str, written: str, rule: str, connection: duckdb.DuckDBPyConnection
) -> None:
    (row,) = validated(connection, table(attribute("a", kind)), text_reading(connection, {"a": [written]}, "json"))
    assert rules(row) == [rule]


def test_a_container_for_a_scalar_and_the_reverse_are_told_in_starlakes_words(connection: duckdb.DuckDBPyConnection) -> None:
    assert judged(connection, {"k": 1}, attribute("a", "long")) == [["`a` expected to be a long but found struct"]]
    assert judged(connection, [1], attribute("a")) == [["`a` expected to be a string but found array"]]
    struct = attribute("a", "struct", attributes=(attribute("k"),))
    assert judged(connection, 5, struct) == [["`a` expected to be a struct but found long"]]
    assert judged(connection, 5, attribute("a", "long", array=True)) == [["`a` is not an array"]]


def test_nested_values_are_typed_and_renamed(connection: duckdb.DuckDBPyConnection) -> None:
    value = [{"qty": 1, "tags": ["x", None, 2], "ship": {"day": "2024-01-02", "secret": "s"}, "more": 1}, None, {"qty": "2"}]
    (row,) = validated(connection, table(LINES), text_reading(connection, {"lines": [json.dumps(value)]}, "json"))
    assert row["sl_errors"] is None
    assert row["lines"] == [
        {"quantity": 1, "tags": ["x", None, "2"], "ship": {"day": date(2024, 1, 2)}},
        None,
        {"quantity": 2, "tags": None, "ship": None},
    ]


def test_every_nested_fault_is_told_with_its_path(connection: duckdb.DuckDBPyConnection) -> None:
    value = [{"qty": 1}, {"qty": "x", "tags": "no", "ship": {"day": "2024-1-2"}}, {"tags": [{}]}, 5]
    (row,) = validated(connection, table(LINES), text_reading(connection, {"lines": [json.dumps(value)]}, "json"))
    assert [(fault["attribute"], fault["rule"]) for fault in row["sl_errors"]] == [
        ("lines[1].qty", "pattern"),
        ("lines[1].tags", "array"),
        ("lines[1].ship.day", "pattern"),
        ("lines[2].qty", "required"),
        ("lines[2].tags[0]", "scalar"),
        ("lines[3]", "scalar"),
    ]
    assert row["sl_errors"][0]["message"] == "`lines[1].qty` (int) doesn't match pattern `[-|+|0-9][0-9]*`"
    assert row["sl_errors"][0]["value"] == "x"


def test_missing_and_null_containers_are_null(connection: duckdb.DuckDBPyConnection) -> None:
    rows = validated(connection, table(LINES), text_reading(connection, {"lines": [None, "[]"]}, "json"))
    assert [(row["lines"], row["sl_errors"]) for row in rows] == [(None, None), ([], None)]
