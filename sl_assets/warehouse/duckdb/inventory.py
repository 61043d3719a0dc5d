"""What the warehouse holds and knows, read at once, for comparing a whole project with it.

Nothing is assumed to exist: the database may be somebody else's, or of an earlier version.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import qualified, quote_name, quote_names
from sl_assets.warehouse.duckdb.definitions import COLUMNS, Definition
from sl_assets.warehouse.duckdb.widening import Clash, common_type

Folded = tuple[str, str]


@dataclass(frozen=True)
class LoadedFile:
    """A file the ledger knows: its name, and the partition it was loaded into."""

    name: str
    partition: str | None


@dataclass(frozen=True)
class Inventory:
    """`files` by table, `built`: tables that a transform made, `columns` (name -> type) and `definitions` by table."""

    files: Mapping[TableKey, Sequence[LoadedFile]] = field(default_factory=dict[TableKey, list[LoadedFile]])
    built: frozenset[TableKey] = frozenset()
    definitions: Mapping[TableKey, Definition] = field(default_factory=dict[TableKey, Definition])
    columns: Mapping[Folded, Mapping[str, str]] = field(default_factory=dict[Folded, dict[str, str]])

    def columns_of(self, key: TableKey) -> Mapping[str, str]:
        """Column -> type of a table, whatever its letter case; empty when there is none."""
        return self.columns.get(_fold(key), {})


def read_inventory(connection: duckdb.DuckDBPyConnection, schema: str) -> Inventory:
    """Everything of the current database; `schema` is that of the audit tables."""
    columns: dict[Folded, dict[str, str]] = defaultdict(dict)
    for domain, table, column, kind in connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY column_index"
    ).fetchall():
        columns[domain.casefold(), table.casefold()][column] = kind
    files: dict[TableKey, list[LoadedFile]] = defaultdict(list)
    definitions: dict[TableKey, Definition] = {}
    built: frozenset[TableKey] = frozenset()
    audit = quote_name(schema)
    if _fold(TableKey(schema, "files")) in columns:
        rows = connection.execute(f"SELECT DOMAIN, SCHEMA, NAME, PARTITION FROM {audit}.files ORDER BY ALL").fetchall()
        for domain, table, name, partition in rows:
            files[TableKey(domain, table)].append(LoadedFile(name, partition))
    if _fold(TableKey(schema, "definitions")) in columns:
        rows = connection.execute(f"SELECT DOMAIN, SCHEMA, {COLUMNS} FROM {audit}.definitions").fetchall()
        definitions = {TableKey(row[0], row[1]): Definition(*row[2:]) for row in rows}
    if _fold(TableKey(schema, "audit")) in columns:
        rows = connection.execute(
            f"SELECT DISTINCT DOMAIN, SCHEMA FROM {audit}.audit WHERE STEP = 'TRANSFORM' AND SUCCESS"
        ).fetchall()
        built = frozenset(TableKey(*row) for row in rows)
    return Inventory(dict(files), built, definitions, dict(columns))


def count_repeated_keys(connection: duckdb.DuckDBPyConnection, key: TableKey, columns: Sequence[str], end: str | None) -> int:
    """How many values of a key several rows have; with `end`, among the current versions of an SCD2 table only.

    A row with NULL in its key matches nothing, so it repeats nothing either.
    """
    conditions = [f"{quote_name(column)} IS NOT NULL" for column in columns]
    conditions += [f"{quote_name(end)} IS NULL"] if end else []
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {qualified(key)} WHERE {' AND '.join(conditions)} "
        f"GROUP BY {quote_names(columns)} HAVING count(*) > 1)"
    ).fetchone()
    return int(row[0]) if row else 0


def compare_types(connection: duckdb.DuckDBPyConnection, there: str, here: str) -> Literal["same", "widened", "kept", "clash"]:
    """What the next load makes of a column whose type is `here` in the project: as `sync_table` decides it."""
    before, after = connection.sqltype(there), connection.sqltype(here)
    common = common_type(before, after)
    if isinstance(common, Clash):
        return "clash"
    target = str(connection.sqltype(common))
    if target != str(before):
        return "widened"
    return "same" if target == str(after) else "kept"


def _fold(key: TableKey) -> Folded:
    return key.domain.casefold(), key.name.casefold()
