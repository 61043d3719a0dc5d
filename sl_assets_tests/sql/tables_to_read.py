"""Three tables, for DuckDB and as what is known of them: the same to both."""

import duckdb

from sl_assets.sql.columns import Known, Named, Origin, Value

TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop.t (a INTEGER, b INTEGER, c INTEGER, l INTEGER[], s STRUCT(f INTEGER, g STRUCT(h INTEGER)),
    ls STRUCT(p INTEGER, q INTEGER)[]);
CREATE TABLE shop.u (a INTEGER, b INTEGER, z INTEGER);
CREATE TABLE shop.r (id INTEGER, v DECIMAL(10, 2), seen TIMESTAMP, name VARCHAR);
CREATE TABLE shop.somewhere (x INTEGER, y INTEGER);
USE shop;
"""


def named(table: str, column: str, kind: str, path: str = "", fields: tuple[Named, ...] = ()) -> Named:
    inner = {each.name: each for each in fields} or None
    return Named((path or column).rpartition(".")[2], Value(frozenset({Origin("shop", table, column, path)}), kind, inner))


def known_tables() -> dict[str, Known]:
    deepest = named("t", "s", "INTEGER", "g.h")
    struct = (named("t", "s", "INTEGER", "f"), named("t", "s", "STRUCT(h INTEGER)", "g", (deepest,)))
    items = (named("t", "ls", "INTEGER", "p"), named("t", "ls", "INTEGER", "q"))
    t = (
        *(named("t", each, "INTEGER") for each in "abc"),
        named("t", "l", "INTEGER[]"),
        named("t", "s", "STRUCT(f INTEGER, g STRUCT(h INTEGER))", "", struct),
        named("t", "ls", "STRUCT(p INTEGER, q INTEGER)[]", "", items),
    )
    kinds = {"id": "INTEGER", "v": "DECIMAL(10,2)", "seen": "TIMESTAMP", "name": "VARCHAR"}
    return {
        "t": Known("shop", "t", t),
        "u": Known("shop", "u", tuple(named("u", each, "INTEGER") for each in "abz")),
        "r": Known("shop", "r", tuple(named("r", column, kind) for column, kind in kinds.items())),
        "somewhere": Known("shop", "somewhere", sure=False),  # there, but nobody says what is in it
    }


def schema(parts: tuple[str, ...]) -> Known | None:
    return known_tables().get(parts[-1].lower())


def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection
