"""Tables and readings for the tests, made by hand."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from sl_assets.project.privacy import PrivacyNames
from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Format, Table, TableKey, Type
from sl_assets.sql.text import quote_name
from sl_assets.validation import compile_validation, prepare_privacy

NUMBER = r"[-+]?\d*\.?\d+[Ee]?[-+]?\d*"
BUILT_IN = {
    kind.name: kind
    for kind in (
        Type("string", "string", ".*", "VARCHAR"),
        Type("variant", "variant", ".+", "JSON"),
        Type("int", "long", "[-|+|0-9][0-9]*", "INTEGER"),
        Type("byte", "byte", ".", "TINYINT"),
        Type("short", "short", r"-?\d+", "SMALLINT"),
        Type("long", "long", r"-?\d+", "BIGINT"),
        Type("double", "double", NUMBER, "DOUBLE"),
        Type("decimal", "decimal", NUMBER, "DECIMAL(38,9)"),
        Type("boolean", "boolean", "(?i)true|yes|[y1]|t<-TF->(?i)false|no|[n0]|f", "BOOLEAN"),
        Type("date", "date", "yyyy-MM-dd", "DATE"),
        Type("timestamp", "timestamp", "yyyy-MM-dd HH:mm:ss", "TIMESTAMPTZ"),
        Type("struct", "struct", "", "STRUCT"),
    )
}
Row = dict[str, Any]


def attribute(name: str, kind: str | Type = "string", **settings: Any) -> Attribute:
    if isinstance(settings.get("privacy"), str):
        settings["privacy"] = PrivacyNames().read(settings["privacy"])
    return Attribute(name, settings.pop("rename", name), BUILT_IN[kind] if isinstance(kind, str) else kind, **settings)


def table(*attributes: Attribute, **settings: Any) -> Table:
    form = settings.pop("format", Format())
    return Table(TableKey("sales", "orders"), "orders", "sales", ".*", attributes, form, Path("orders.sl.yml"), **settings)


def text_reading(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Sequence[str | None]], kind: str = "text"
) -> Reading:
    """A reading of columns of texts (or JSON texts) that stand in a temporary table; all rows are of the file `f`."""
    raw = "JSON" if kind == "json" else "VARCHAR"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE raw (sl_n INTEGER, {', '.join(f'{quote_name(name)} {raw}' for name in columns)})"
    )
    rows = list(zip(*columns.values(), strict=True))
    marks = ", ".join("?" * (len(columns) + 1))
    connection.executemany(f"INSERT INTO raw VALUES ({marks})", [(number, *row) for number, row in enumerate(rows)])
    sql = "SELECT 'f' AS sl_file, * EXCLUDE sl_n FROM raw ORDER BY sl_n"
    return Reading(("f",), sql, "json" if kind == "json" else "text", frozenset(columns))


def validated(connection: duckdb.DuckDBPyConnection, orders: Table, reading: Reading, **settings: Any) -> list[Row]:
    """The validated rows, as dictionaries."""
    prepare_privacy(connection, orders, settings.pop("key", None))
    sql = compile_validation(orders, reading, timezone=settings.pop("timezone", "UTC"), **settings)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {sql}")
    connection.execute("SET TimeZone = 'UTC'")
    found = connection.execute("SELECT * FROM batch ORDER BY rowid")
    names = [column[0] for column in found.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    connection.execute("SET TimeZone = 'America/New_York'")
    return rows


def rules(row: Row) -> list[str]:
    return [fault["rule"] for fault in row["sl_errors"] or []]


def messages(rows: Iterable[Row]) -> list[list[str]]:
    return [[fault["message"] for fault in row["sl_errors"] or []] for row in rows]
