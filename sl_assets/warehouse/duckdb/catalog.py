"""Tables as the database has them, and how they are brought in line with the project without losing anything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import duckdb

from sl_assets.project.records import Attribute, SyncStrategy, TableKey
from sl_assets.sql.text import qualified, quote_name, quote_text
from sl_assets.warehouse.changes import ColumnTypes, SchemaChanges
from sl_assets.warehouse.duckdb.widening import Clash, common_type
from sl_assets.warehouse.errors import SchemaDriftError


def table_columns(connection: duckdb.DuckDBPyConnection, key: TableKey) -> dict[str, str]:
    """Column name -> type of a table or view, in order; empty when there is none.

    DuckDB lists the columns of all tables for whoever asks for those of one: with a thousand tables that costs fifty times what
    describing the one does. So only a view is looked up that way, when what it reads is not there any more.
    """
    try:
        return relation_columns(connection, qualified(key))
    except duckdb.CatalogException:
        return _listed_columns(connection, key) if _is_view(connection, key) else {}
    except duckdb.BinderException:
        return _listed_columns(connection, key)


def has_table(connection: duckdb.DuckDBPyConnection, key: TableKey) -> bool:
    """Whether a table is there that is no view in any case: to look for one among the views costs more."""
    try:
        return bool(relation_columns(connection, qualified(key)))
    except duckdb.CatalogException:
        return False


def _is_view(connection: duckdb.DuckDBPyConnection, key: TableKey) -> bool:
    row = connection.execute(
        "SELECT 1 FROM duckdb_views() WHERE database_name = current_database() "
        f"AND lower(schema_name) = lower({quote_text(key.domain)}) AND lower(view_name) = lower({quote_text(key.name)})"
    ).fetchone()
    return row is not None


def _listed_columns(connection: duckdb.DuckDBPyConnection, key: TableKey) -> dict[str, str]:
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2) ORDER BY column_index",
        [key.domain, key.name],
    ).fetchall()
    return dict(rows)


def replace_statement(key: TableKey, sql: str, *, view: bool = False) -> str:
    """The statement that makes a table or view anew from a query; whoever reads sees the old one or the new one."""
    return f"CREATE OR REPLACE {'VIEW' if view else 'TABLE'} {qualified(key)} AS {sql}"


def count_rows(connection: duckdb.DuckDBPyConnection, key: TableKey) -> int:
    """The number of rows of a table."""
    row = connection.execute(f"SELECT count(*) FROM {qualified(key)}").fetchone()
    return int(row[0]) if row else 0


def create_schema(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make sure a schema exists."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(name)}")


def drop_table(connection: duckdb.DuckDBPyConnection, key: TableKey) -> None:
    """Drop a table, if it is there; views on it stay, and work again when it is made anew."""
    connection.execute(f"DROP TABLE IF EXISTS {qualified(key)}")


def relation_columns(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    """Column name -> type of a SELECT, without running it; or of a table or view that is there, by its name in SQL."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {sql}").fetchall()}


def sync_table(
    connection: duckdb.DuckDBPyConnection,
    key: TableKey,
    wanted: dict[str, str],
    required: Collection[str] | None = None,
    sync: SyncStrategy = "ADD",
) -> SchemaChanges:
    """Create the table, or add the columns and struct fields it lacks and widen those that are too narrow.

    Columns that only the database has are kept, and so are types that hold more than the wanted ones: nothing is dropped that
    nobody asked to drop. Views on the table stay what they are. It comes first in its transaction: DuckDB does not commit an
    ALTER of a table whose rows were changed before it.

    Args:
        connection: In a transaction.
        key: The table.
        wanted: Column name -> type; the names count without their case.
        required: Columns that never hold NULL: NOT NULL in a table that is made (as in Starlake); every other column of one that
            is there may then hold NULL. None: constraints are left alone.
        sync: `ALL` drops the columns that only the database has; `NONE` changes nothing of a table that is there.

    Raises:
        SchemaDriftError: A type in the database does not hold every value of the wanted one, nor the other way round; or the
            table lacks a column, with `NONE`. Nothing was changed.
    """
    plan = plan_sync(connection, key, wanted, required, sync)
    for statement in plan.statements:
        if plan.is_new:
            connection.execute(statement)
        else:
            _alter(connection, key, statement)
    return plan.changes


@dataclass(frozen=True)
class Sync:
    """What brings a table in line with the project: SQL, and in words what it does to a table that is there."""

    statements: tuple[str, ...]
    changes: SchemaChanges = field(default_factory=SchemaChanges)
    is_new: bool = False


def plan_sync(
    connection: duckdb.DuckDBPyConnection,
    key: TableKey,
    wanted: dict[str, str],
    required: Collection[str] | None = None,
    sync: SyncStrategy = "ADD",
) -> Sync:
    """What `sync_table` would do, with the same arguments and errors. Nothing is changed: the connection may be read-only."""
    present = {name.lower(): (name, kind) for name, kind in table_columns(connection, key).items()}
    if not present:
        never_null = {name.lower() for name in required or ()}
        columns = ", ".join(
            f"{quote_name(name)} {kind}{' NOT NULL' if name.lower() in never_null else ''}" for name, kind in wanted.items()
        )
        create = f"CREATE TABLE {qualified(key)} ({columns})"
        return Sync((*missing_schema(connection, key.domain), create), is_new=True)
    missing = [name for name in wanted if name.lower() not in present]
    if sync == "NONE":
        if missing:
            raise SchemaDriftError(_lacking(key, missing))
        return Sync(())
    both = [ColumnTypes(*present[name.lower()], kind) for name, kind in wanted.items() if name.lower() in present]
    widened, kept = _compare(connection, key, [each for each in both if each.before != each.after])
    changes = [f"ADD COLUMN {quote_name(name)} {wanted[name]}" for name in missing]
    changes += [f"ALTER COLUMN {quote_name(each.name)} SET DATA TYPE {each.after}" for each in widened]
    if required is not None:
        changes += [f"ALTER COLUMN {quote_name(name)} DROP NOT NULL" for name in _freed(connection, key, required)]
    asked = {name.lower() for name in wanted}
    gone = [name for lower, (name, _) in present.items() if lower not in asked] if sync == "ALL" else []
    changes += [f"DROP COLUMN {quote_name(name)}" for name in gone]
    altered = SchemaChanges(tuple(missing), tuple(widened), tuple(kept), tuple(gone))
    return Sync(tuple(f"ALTER TABLE {qualified(key)} {change}" for change in changes), altered)


def missing_schema(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, ...]:
    """The statement that makes a schema, where it is not there yet."""
    there = connection.execute(
        "SELECT 1 FROM duckdb_schemas() WHERE database_name = current_database() AND lower(schema_name) = lower($1)", [name]
    ).fetchone()
    return () if there else (f"CREATE SCHEMA IF NOT EXISTS {quote_name(name)}",)


def _compare(
    connection: duckdb.DuckDBPyConnection, key: TableKey, drifted: Sequence[ColumnTypes]
) -> tuple[list[ColumnTypes], list[ColumnTypes]]:
    """Of columns with another type those to widen and those to keep."""
    widened: list[ColumnTypes] = []
    kept: list[ColumnTypes] = []
    clashes: list[tuple[str, Clash]] = []
    for each in drifted:
        before, after = connection.sqltype(each.before), connection.sqltype(each.after)
        common = common_type(before, after)
        if isinstance(common, Clash):
            clashes.append((each.name, common))
            continue
        target = str(connection.sqltype(common))
        if target != str(before):
            widened.append(ColumnTypes(each.name, each.before, target))
        elif target != str(after):
            kept.append(each)
    if clashes:
        raise SchemaDriftError(_drift(key, clashes))
    return widened, kept


def _lacking(key: TableKey, missing: Sequence[str]) -> str:
    return (
        f"{key} has no column {', '.join(missing)} in the warehouse, and syncStrategy is NONE. Nothing was written. "
        "Hint: write syncStrategy: ADD, or add the column by hand, or leave it out of the task."
    )


def _freed(connection: duckdb.DuckDBPyConnection, key: TableKey, required: Collection[str]) -> list[str]:
    """Columns that are NOT NULL and of which that is not known any more."""
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND NOT is_nullable "
        "AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2) ORDER BY column_index",
        [key.domain, key.name],
    ).fetchall()
    never_null = {name.lower() for name in required}
    return [name for (name,) in rows if name.lower() not in never_null]


def _alter(connection: duckdb.DuckDBPyConnection, key: TableKey, statement: str) -> None:
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        raise SchemaDriftError(
            f"{key} cannot be brought in line with the project ({statement}): {error}. Nothing was written. "
            "Hint: drop an index or a key that stands on the table, or load the table afresh."
        ) from error


def _drift(key: TableKey, clashes: Sequence[tuple[str, Clash]]) -> str:
    columns = "; ".join(f"{name}{clash.path} is {clash.before} there, {clash.after} here" for name, clash in clashes)
    hints = "".join(f"{clash.hint} " for _, clash in clashes if clash.hint)
    return (
        f"{key} has other column types in the warehouse than in the project: {columns}. Nothing was written. "
        f"Hint: {hints}Set the type back, or rename the column, or make it anew (a loaded one: sl-assets run ... --reload)."
    )


def describe_table(
    connection: duckdb.DuckDBPyConnection, key: TableKey, comment: str, attributes: Sequence[Attribute], *, view: bool = False
) -> None:
    """Put the project's comments on the table and its columns, for whoever opens the warehouse with another tool."""
    if comment:
        kind = "VIEW" if view else "TABLE"
        connection.execute(f"COMMENT ON {kind} {qualified(key)} IS {quote_text(comment)}")
    told = [] if view else [each for each in attributes if each.comment]  # DuckDB has no comments on the columns of a view
    present = {name.lower() for name in table_columns(connection, key)} if told else set[str]()
    for attribute in told:
        if attribute.name.lower() in present:
            column = f"{qualified(key)}.{quote_name(attribute.name)}"
            connection.execute(f"COMMENT ON COLUMN {column} IS {quote_text(attribute.comment)}")
