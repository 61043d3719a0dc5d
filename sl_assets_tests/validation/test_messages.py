from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from sl_assets.project.reading import Reading
from sl_assets.project.records import Format, Partitions, Type
from sl_assets.validation import PatternError, RuleError, compile_validation
from sl_assets_tests.validation.tables import attribute, messages, rules, table, text_reading, validated

EMAIL = Type("email", "string", "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", "VARCHAR")


def test_a_row_tells_all_its_faults_in_the_order_of_the_attributes(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(
        attribute("id", "int", required=True),
        attribute("mail", EMAIL),
        attribute("day", "date"),
        attribute("gone", required=True),
    )
    reading = text_reading(connection, {"id": [None, "99999999999"], "mail": ["x", "a@b"], "day": ["2024-1-2", "2024-01-02"]})
    assert messages(validated(connection, orders, reading)) == [
        [
            "`id`  can't be null",
            "`mail` (email) doesn't match pattern `[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+`",
            "`day` (date) doesn't match pattern `yyyy-MM-dd`",
            "`gone` is required",
        ],
        ["`id` cannot be converted to `long` with sl type `int`", "`gone` is required"],
    ]


def test_a_message_ends_with_the_value_where_the_project_wants_it(connection: duckdb.DuckDBPyConnection) -> None:
    reading = text_reading(connection, {"id": ["x"]})
    rows = validated(connection, table(attribute("id", "long")), reading, reject_with_value=True)
    assert messages(rows) == [[r"`id` (long) doesn't match pattern `-?\d+`: x"]]


def test_a_private_value_is_in_no_message(connection: duckdb.DuckDBPyConnection) -> None:
    reading = text_reading(connection, {"mail": ["secret"]})
    (row,) = validated(connection, table(attribute("mail", EMAIL, privacy="MD5")), reading, reject_with_value=True)
    assert row["sl_errors"][0]["value"] == "***"
    assert "secret" not in str(row["sl_errors"])


def test_an_accepted_row_has_no_faults_and_columns_in_the_order_of_the_yaml(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(attribute("b", rename="second"), attribute("a", "long"), attribute("c", "decimal"))
    reading = text_reading(connection, {"a": ["1"], "b": ["x"]})
    assert validated(connection, orders, reading) == [{"sl_file": "f", "second": "x", "a": 1, "c": None, "sl_errors": None}]
    types = connection.execute("SELECT column_type FROM (DESCRIBE batch)").fetchall()
    assert [row[0] for row in types[:-1]] == ["VARCHAR", "VARCHAR", "BIGINT", "DECIMAL(38,9)"]


def test_trim_comes_before_empty_is_null_and_default(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(
        attribute("a", trim="BOTH", default="none"), attribute("b", "long", trim="LEFT"), attribute("c", default="new")
    )
    reading = text_reading(connection, {"a": ["  ", " x ", None], "b": [" 7", "7 ", " "]})
    rows = validated(connection, orders, reading)
    assert [(row["a"], row["b"] if not row["sl_errors"] else rules(row), row["c"]) for row in rows] == [
        ("none", 7, "new"),
        ("x", ["pattern"], "new"),
        ("none", None, "new"),
    ]


def test_empty_text_stays_where_empty_is_not_null(connection: duckdb.DuckDBPyConnection) -> None:
    orders = table(attribute("a", trim="BOTH", required=True), format=Format(empty_is_null=False))
    assert [row["a"] for row in validated(connection, orders, text_reading(connection, {"a": [" "]}))] == [""]


def test_a_row_outside_the_window_of_its_file_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    start, end = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)
    for kind, texts in {
        "date": ["2024-01-01", "2024-01-02", "2024-01-03", None, "x"],
        "timestamp": ["2024-01-01 23:59:59", "2024-01-02 00:00:00", "2024-01-03 00:00:00", None, "x"],
    }.items():
        orders = table(attribute("d", kind, rename="day"), partitions=Partitions("daily", start, "day"))
        rows = validated(connection, orders, text_reading(connection, {"d": texts}), windows={"f": (start, end)})
        assert [rules(row) for row in rows] == [["partition"], [], ["partition"], ["partition"], ["pattern"]], kind
        assert rows[0]["sl_errors"][0]["message"] == "`d` is not within the partition [2024-01-02 00:00, 2024-01-03 00:00)"


def days_from(first: datetime, names: Iterable[str]) -> dict[str, tuple[datetime, datetime]]:
    """One day after the other for the files of these names."""
    return {name: (first + timedelta(days=number), first + timedelta(days=number + 1)) for number, name in enumerate(names)}


def reading_of_days(connection: duckdb.DuckDBPyConnection, days: Sequence[str]) -> Reading:
    """A reading of the files a to e; each has one row for each day."""
    whole = text_reading(connection, {"d": days})
    sql = f"SELECT file AS sl_file, * EXCLUDE (sl_file, file) FROM ({whole.sql}), unnest(['a', 'b', 'c', 'd', 'e']) AS t(file)"
    return replace(whole, files=("a", "b", "c", "d", "e"), sql=sql)


def test_each_file_has_the_window_of_its_own(connection: duckdb.DuckDBPyConnection) -> None:
    first = datetime(2024, 1, 1, tzinfo=UTC)
    days = [f"2024-01-0{number}" for number in range(1, 6)]
    orders = table(attribute("d", "date", rename="day"), partitions=Partitions("daily", first, "day"))
    windows = days_from(first, "abcd")  # nothing is known of e: all of its rows are taken
    rows = validated(connection, orders, reading_of_days(connection, days), windows=windows)
    good = {(row["sl_file"], str(row["day"])) for row in rows if row["sl_errors"] is None}
    assert good == {*zip("abcd", days, strict=False), *(("e", day) for day in days)}
    messages = {(row["sl_file"], row["sl_errors"][0]["message"][-36:]) for row in rows if row["sl_errors"]}
    assert messages == {
        (name, f"[2024-01-0{number} 00:00, 2024-01-0{number + 1} 00:00)") for number, name in enumerate("abcd", start=1)
    }


def test_a_statement_does_not_carry_the_windows_of_files_that_it_does_not_read(connection: duckdb.DuckDBPyConnection) -> None:
    """A year of files is read by many statements: with all windows in each of them, planning took longer than reading."""
    first = datetime(2024, 1, 1, tzinfo=UTC)
    orders = table(attribute("d", "date", rename="day"), partitions=Partitions("daily", first, "day"))
    reading = text_reading(connection, {"d": ["2024-01-01"]})
    alone, year = (
        compile_validation(orders, reading, timezone="UTC", windows=windows)
        for windows in (days_from(first, "f"), days_from(first, ["f", *map(str, range(365))]))
    )
    assert alone == year


def test_a_text_cannot_be_the_partition_column(connection: duckdb.DuckDBPyConnection) -> None:
    start = datetime(2024, 1, 2, tzinfo=UTC)
    orders = table(attribute("d"), partitions=Partitions("daily", start, "d"))
    with pytest.raises(RuleError, match="must be a date or a timestamp"):
        validated(connection, orders, text_reading(connection, {"d": ["x"]}), windows={"f": (start, start)})


@pytest.mark.parametrize(
    ("primitive", "pattern", "reason"),
    [
        ("string", "(?=a)b", "which DuckDB's regular expressions"),
        ("string", "(a)\\1", "which DuckDB's regular expressions"),
        ("string", "a++", "which DuckDB's regular expressions"),
        ("string", "(unclosed", "missing"),
        ("date", "yyyy-QQ", "has 'QQ'"),
        ("date", "yyyy[-MM", "brackets"),
        ("boolean", "yes", "lacks '<-TF->'"),
    ],
)
def test_a_pattern_that_cannot_be_done_is_refused_by_name(
    primitive: str, pattern: str, reason: str, connection: duckdb.DuckDBPyConnection
) -> None:
    kind = Type("mine", primitive, pattern, "DATE" if primitive == "date" else "VARCHAR")  # type: ignore[arg-type]
    with pytest.raises(PatternError, match="attribute 'a'") as raised:
        validated(connection, table(attribute("a", kind)), text_reading(connection, {"a": ["x"]}))
    assert pattern in str(raised.value)
    assert reason in str(raised.value)


def test_quotes_in_names_and_patterns_stay_text(connection: duckdb.DuckDBPyConnection) -> None:
    kind = Type("it's", "string", "a'\"b", "VARCHAR")
    orders = table(attribute("x\"y'z", kind, rename='p"q', default="d'"))
    rows = validated(connection, orders, text_reading(connection, {"x\"y'z": ["a'\"b", "'; DROP TABLE raw; --"]}))
    assert [(row['p"q'], rules(row)) for row in rows] == [("a'\"b", []), ("'; DROP TABLE raw; --", ["pattern"])]
