import hashlib

import duckdb
import pytest

from sl_assets.validation import PrivacyError
from sl_assets_tests.validation.tables import attribute, table, text_reading, validated


def test_scripts_see_final_names_earlier_scripts_and_the_file(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(
        attribute("id", "long", rename="order_id"),
        attribute("hidden", "long", ignore=True),
        attribute("twice", "long", script="order_id * 2 + hidden"),
        attribute("again", "string", script="twice || ' of ' || sl_input_file_name"),
    )
    (row,) = validated(connection, orders, text_reading(connection, {"id": ["3"], "hidden": ["1"]}))
    assert row == {"sl_file": "f", "order_id": 3, "twice": 7, "again": "7 of f", "sl_errors": None}


def test_a_script_is_not_run_for_a_rejected_row(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(attribute("id", "long"), attribute("name"), attribute("n", "long", script="name::BIGINT"))
    rows = validated(connection, orders, text_reading(connection, {"id": ["x", "1"], "name": ["boom", "5"]}))
    assert [row["n"] for row in rows] == [None, 5]


def test_an_ignored_attribute_is_validated_and_dropped(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(attribute("a"), attribute("b", "long", ignore=True))
    (row,) = validated(connection, orders, text_reading(connection, {"a": ["x"], "b": ["y"]}))
    assert "b" not in row
    assert row["sl_errors"][0]["attribute"] == "b"


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("hide", ""),
        ("HIDE10X", "XXXXXXXXXX"),
        ("md5", hashlib.md5(b"Jean van Damme", usedforsecurity=False).hexdigest()),
        ("SHA1", hashlib.sha1(b"Jean van Damme", usedforsecurity=False).hexdigest()),
        ("SHA256", hashlib.sha256(b"Jean van Damme").hexdigest()),
        ("INITIALS", "J.v.D."),
        ("SQL: upper(name)", "JEAN VAN DAMME"),
        ("NONE", "Jean van Damme"),
    ],
)
def test_privacy_is_applied_to_accepted_values_and_null_stays_null(
    level: str, shown: str, connection: duckdb.DuckDBPyConnection
) -> None:
    rows = validated(
        connection, table(attribute("name", privacy=level)), text_reading(connection, {"name": ["Jean van Damme", None]})
    )
    assert [row["name"] for row in rows] == [shown, None]


@pytest.mark.parametrize(
    ("kind", "level"),
    [("date", "MD5"), ("long", "SHA512"), ("variant", "HIDE10X"), ("string", "APPROXLONG20"), ("struct", "HIDE")],
)
def test_a_privacy_level_that_does_not_fit_is_refused(kind: str, level: str, connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(PrivacyError, match="input and privacy output type are not compatible"):
        validated(connection, table(attribute("a", kind, privacy=level)), text_reading(connection, {"a": [None]}))


def test_privacy_reaches_into_structs_and_arrays_and_their_faults(connection: duckdb.DuckDBPyConnection) -> None:
    person = attribute("p", "struct", attributes=(attribute("name", privacy="INITIALS"), attribute("age", "int")))
    orders = table(person, attribute("m", array=True, privacy="HIDE"))
    texts = {"p": ['{"name":"Ann Lee"}', '["Ann"]', '{"name":"Ann","age":"x"}'], "m": ['["a",null]', None, '"Bob"']}
    rows = validated(connection, orders, text_reading(connection, texts, "json"), reject_with_value=True)
    assert (rows[0]["p"]["name"], rows[0]["m"]) == ("A.L.", ["", None])
    assert [[(fault["attribute"], fault["value"]) for fault in row["sl_errors"]] for row in rows[1:]] == [
        [("p", "***")],
        [("p.age", "x"), ("m", "***")],
    ]
    assert "Ann" not in str(rows[1]["sl_errors"])


def test_an_expression_cannot_be_the_privacy_of_a_field(connection: duckdb.DuckDBPyConnection) -> None:
    person = attribute("p", "struct", attributes=(attribute("name", privacy="SQL:upper(name)"),))
    with pytest.raises(PrivacyError, match="for a column of its own only"):
        validated(connection, table(person), text_reading(connection, {"p": ["{}"]}, "json"))


def test_an_approximate_number_stays_within_a_fifth(connection: duckdb.DuckDBPyConnection) -> None:
    reading = text_reading(connection, {"n": ["1000"] * 50})
    values = [row["n"] for row in validated(connection, table(attribute("n", "long", privacy="APPROXLONG20")), reading)]
    assert all(800 <= value <= 1200 for value in values)
    assert len(set(values)) > 1


def test_the_filter_marks_accepted_rows_it_drops(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(attribute("id", "long"), filter="id > 1")
    rows = validated(connection, orders, text_reading(connection, {"id": ["1", "2", None, "x"]}))
    assert [(row["sl_errors"] is None, row["sl_filtered"]) for row in rows] == [
        (True, True),
        (True, False),
        (True, True),
        (False, False),
    ]
