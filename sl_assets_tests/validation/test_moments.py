from datetime import UTC, date, datetime

import duckdb
import pytest

from sl_assets.project.records import Type
from sl_assets_tests.validation.tables import attribute, table, text_reading, validated

REFUSED = None


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def read(connection: duckdb.DuckDBPyConnection, kind: Type, text: str, **settings: str) -> object:
    (row,) = validated(connection, table(attribute("a", kind)), text_reading(connection, {"a": [text]}), **settings)
    return REFUSED if row["sl_errors"] else row["a"]


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        ("yyyyMMdd", "20240102", date(2024, 1, 2)),
        ("yyyyMMdd", "2024-01-02", REFUSED),
        ("dd/MM/yyyy", "02/01/2024", date(2024, 1, 2)),
        ("dd/MM/yyyy", "2/1/2024", REFUSED),
        ("d/M/yyyy", "2/11/2024", date(2024, 11, 2)),
        ("dd/MM/yyyy", "31/02/2024", REFUSED),
        ("yyyy-MM", "2024-03", date(2024, 3, 1)),
        ("dd.MM.yy", "01.02.69", date(2069, 2, 1)),
        ("yyMMdd", "240102", date(2024, 1, 2)),
        ("dd MMM yyyy", "05 Jan 2024", date(2024, 1, 5)),
        ("dd MMM yyyy", "05 jan 2024", REFUSED),
        ("d MMMM yyyy", "5 March 2024", date(2024, 3, 5)),
        ("yyyyDDD", "2024060", date(2024, 2, 29)),
        ("yyyy[-MM[-dd]]", "2024-05", date(2024, 5, 1)),
        ("yyyy[-MM[-dd]]", "2024", date(2024, 1, 1)),
        ("'day 'yyyy-MM-dd", "day 2024-01-02", date(2024, 1, 2)),
        ("yyyy''MM''dd", "2024'01'02", date(2024, 1, 2)),
    ],
)
def test_a_date_is_read_by_its_java_pattern(
    pattern: str, text: str, value: object, connection: duckdb.DuckDBPyConnection
) -> None:
    assert read(connection, Type("day", "date", pattern, "DATE"), text) == value


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        ("yyyy-MM-dd HH:mm:ss", "2024-1-2 3:4:5", at(2024, 1, 2, 3, 4, 5)),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2024-01-02 03:04:05.120", at(2024, 1, 2, 3, 4, 5, 120000)),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2024-01-02 03:04:05.12", REFUSED),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS", "2024-01-02T03:04:05.123456789", at(2024, 1, 2, 3, 4, 5, 123456)),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-01-02T03:04:05+02:00", at(2024, 1, 2, 1, 4, 5)),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-01-02T03:04:05Z", at(2024, 1, 2, 3, 4, 5)),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-01-02T03:04:05+0200", REFUSED),
        ("yyyy-MM-dd HH:mm:ss Z", "2024-01-02 03:04:05 -0530", at(2024, 1, 2, 8, 34, 5)),
        ("yyyy-MM-dd HH:mm z", "2024-07-02 03:04 Europe/Paris", at(2024, 7, 2, 1, 4)),
        ("MM/dd/yyyy hh:mm a", "01/02/2024 12:30 AM", at(2024, 1, 2, 0, 30)),
        ("yyyyMMddHHmmss", "20240102030405", at(2024, 1, 2, 3, 4, 5)),
        ("yyyy-MM-dd HH:mm:ss[.SSS]", "2024-01-02 03:04:05", at(2024, 1, 2, 3, 4, 5)),
        ("yyyy-MM-dd", "2024-01-02", at(2024, 1, 2)),
        ("ISO_LOCAL_DATE", "2024-01-02", at(2024, 1, 2)),
        ("ISO_LOCAL_DATE_TIME", "2024-01-02T03:04", at(2024, 1, 2, 3, 4)),
        ("ISO_LOCAL_DATE_TIME", "2024-01-02T03:04:05.5", at(2024, 1, 2, 3, 4, 5, 500000)),
        ("ISO_LOCAL_DATE_TIME", "2024-01-02 03:04:05", REFUSED),
        ("ISO_LOCAL_DATE_TIME", "2024-01-02T03:04:05Z", REFUSED),
        ("ISO_OFFSET_DATE_TIME", "2024-01-02T03:04:05+02:00", at(2024, 1, 2, 1, 4, 5)),
        ("ISO_OFFSET_DATE_TIME", "2024-01-02T03:04:05", REFUSED),
        ("ISO_ZONED_DATE_TIME", "2024-01-02T03:04:05+01:00[Europe/Paris]", at(2024, 1, 2, 2, 4, 5)),
        ("ISO_DATE_TIME", "2024-01-02T03:04:05", at(2024, 1, 2, 3, 4, 5)),
        ("ISO_DATE_TIME", "2024-01-02T03:04:05+01:00[Europe/Paris]", at(2024, 1, 2, 2, 4, 5)),
        ("ISO_DATE", "2024-01-02+02:00", at(2024, 1, 1, 22)),
        ("ISO_DATE", "2024-01-02", at(2024, 1, 2)),
        ("ISO_OFFSET_DATE", "2024-01-02Z", at(2024, 1, 2)),
        ("ISO_INSTANT", "2024-01-02T03:04:05.123Z", at(2024, 1, 2, 3, 4, 5, 123000)),
        ("ISO_INSTANT", "2024-01-02T03:04:05", REFUSED),
        ("iso_instant", "2024-01-02T24:00:00Z", REFUSED),
        ("BASIC_ISO_DATE", "20240102", at(2024, 1, 2)),
        ("BASIC_ISO_DATE", "20240102+0200", at(2024, 1, 1, 22)),
        ("ISO_ORDINAL_DATE", "2024-060", at(2024, 2, 29)),
        ("ISO_WEEK_DATE", "2024-W05-3", at(2024, 1, 31)),
        ("RFC_1123_DATE_TIME", "Tue, 3 Jun 2008 11:05:30 GMT", at(2008, 6, 3, 11, 5, 30)),
        ("RFC_1123_DATE_TIME", "3 Jun 2008 11:05 +0200", at(2008, 6, 3, 9, 5)),
        ("RFC_1123_DATE_TIME", "3 Jun 2008 11:05", REFUSED),
        ("epoch_second", "1704164645", at(2024, 1, 2, 3, 4, 5)),
        ("epoch_milli", "1704164645120", at(2024, 1, 2, 3, 4, 5, 120000)),
        ("epoch_milli", "99999999999999999999", REFUSED),
        ("epoch_second", "9223372036854775807", REFUSED),
        ("epoch_second", "1.5", REFUSED),
    ],
)
def test_a_timestamp_is_read_by_its_java_pattern(
    pattern: str, text: str, value: object, connection: duckdb.DuckDBPyConnection
) -> None:
    assert read(connection, Type("moment", "timestamp", pattern, "TIMESTAMPTZ"), text) == value


@pytest.mark.parametrize("pattern", ["yyyy-MM-dd HH:mm:ss", "ISO_LOCAL_DATE_TIME", "yyyy-MM-dd'X'HH:mm:ss"])
@pytest.mark.parametrize(("zone", "timezone"), [("Europe/Paris", "UTC"), (None, "Europe/Paris")])
def test_a_local_time_is_at_the_zone_of_its_type_else_of_the_project(
    pattern: str, zone: str | None, timezone: str, connection: duckdb.DuckDBPyConnection
) -> None:
    between = {"ISO_LOCAL_DATE_TIME": "T", "yyyy-MM-dd'X'HH:mm:ss": "X"}.get(pattern, " ")
    kind = Type("moment", "timestamp", pattern, "TIMESTAMPTZ", zone)
    assert read(connection, kind, f"2024-07-02{between}03:04:05", timezone=timezone) == at(2024, 7, 2, 1, 4, 5)


def test_a_plain_timestamp_column_keeps_the_local_time(connection: duckdb.DuckDBPyConnection) -> None:
    kind = Type("moment", "timestamp", "ISO_DATE_TIME", "TIMESTAMP", "Europe/Paris")
    assert read(connection, kind, "2024-07-02T03:04:05") == datetime(2024, 7, 2, 3, 4, 5)
    assert read(connection, kind, "2024-07-02T03:04:05Z") == datetime(2024, 7, 2, 5, 4, 5)


def test_a_double_with_a_french_zone_has_a_decimal_comma(connection: duckdb.DuckDBPyConnection) -> None:
    kind = Type("montant", "double", r"-?\d+([,.]\d+)?", "DOUBLE", "fr_FR")
    assert read(connection, kind, "12,5") == 12.5
    assert read(connection, kind, "12.5") is REFUSED


def test_a_decimal_has_the_precision_of_its_column(connection: duckdb.DuckDBPyConnection) -> None:
    kind = Type("price", "decimal", r"-?\d+(\.\d+)?", "DECIMAL(5,2)", "5,2")
    assert str(read(connection, kind, "999.994")) == "999.99"
    assert read(connection, kind, "999.995") is REFUSED
