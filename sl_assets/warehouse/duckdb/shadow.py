"""A shadow of the warehouse: its tables in memory without a row, where changes of columns can be tried out and leave no trace."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import qualified, quote_name
from sl_assets.warehouse.changes import ColumnTypes
from sl_assets.warehouse.duckdb.catalog import create_schema, drop_table, relation_columns, table_columns
from sl_assets.warehouse.duckdb.connect import CATALOG


@dataclass(frozen=True)
class Column:
    """A column of a table that is there."""

    name: str
    type: str
    nullable: bool = True


Shapes = Mapping[TableKey, Sequence[Column]]
"""The columns of tables and views, in order."""


def read_shapes(connection: duckdb.DuckDBPyConnection, keys: Collection[TableKey]) -> Shapes:
    """The columns of those of the tables and views that are there; their names count without their case."""
    wanted = {(key.domain.lower(), key.name.lower()): key for key in keys}
    shapes: dict[TableKey, list[Column]] = {}
    for schema, table, name, kind, nullable in connection.execute(
        "SELECT lower(schema_name), lower(table_name), column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY column_index"
    ).fetchall():
        key = wanted.get((schema, table))
        if key is not None:
            shapes.setdefault(key, []).append(Column(name, kind, nullable))
    return shapes


def open_shadow(shapes: Shapes, timezone: str) -> duckdb.DuckDBPyConnection:
    """A connection to a database in memory that has these tables, empty. A view is there as a table.

    It has the name of the real one, so that SQL means the same in both. The caller closes it.
    """
    connection = duckdb.connect()
    connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
    connection.execute(f"USE {CATALOG}")
    connection.execute("SET TimeZone = $zone", {"zone": timezone})
    for key, columns in shapes.items():
        create_schema(connection, key.domain)
        defined = [f"{quote_name(each.name)} {each.type}{'' if each.nullable else ' NOT NULL'}" for each in columns]
        connection.execute(f"CREATE TABLE {qualified(key)} ({', '.join(defined)})")
    return connection


def result_columns(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str] | None:
    """The columns of a query, without running it; None where only the rows could tell them (PIVOT).

    Raises:
        duckdb.Error: The query does not fit the tables.
    """
    return relation_columns(connection, sql) if len(connection.extract_statements(sql)) == 1 else None


def replace_shape(connection: duckdb.DuckDBPyConnection, key: TableKey, columns: Mapping[str, str] | None) -> None:
    """Make a table of the shadow anew with these columns, in a schema that is there; with None it goes, for it is not known."""
    drop_table(connection, key)
    if columns:
        defined = ", ".join(f"{quote_name(name)} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE TABLE {qualified(key)} ({defined})")


@dataclass(frozen=True)
class ShapeChange:
    """What a table that is made anew has more, has no longer, and has of another type."""

    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    retyped: tuple[ColumnTypes, ...] = ()

    def __str__(self) -> str:
        parts = [f"adds {', '.join(self.added)}"] if self.added else []
        parts += [f"loses {', '.join(self.lost)}"] if self.lost else []
        parts += [str(each) for each in self.retyped]
        return "; ".join(parts)


def compare_shapes(connection: duckdb.DuckDBPyConnection, key: TableKey, columns: Mapping[str, str]) -> ShapeChange:
    """What changes for a table that is there when it is made anew with `columns`."""
    before = {name.lower(): (name, kind) for name, kind in table_columns(connection, key).items()}
    after = {name.lower(): (name, kind) for name, kind in columns.items()}
    return ShapeChange(
        added=tuple(f"{name} {kind}" for folded, (name, kind) in after.items() if folded not in before),
        lost=tuple(name for folded, (name, _) in before.items() if folded not in after),
        retyped=tuple(
            ColumnTypes(name, before[folded][1], kind)
            for folded, (name, kind) in after.items()
            if folded in before and before[folded][1] != kind
        ),
    )
