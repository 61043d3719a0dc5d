"""`audit.definitions`: how each table was defined when it was last written, as far as a later definition can clash with it.

The ledger knows files and their partitions; it cannot tell a month from the first day of that month, nor which was the key.
Written in the transaction of the rows it speaks of.
"""

from dataclasses import astuple, dataclass

import duckdb

from sl_assets.project.records import Table, TableKey
from sl_assets.sql.text import quote_name
from sl_assets.warehouse.duckdb.audit import now

COLUMNS = "STRATEGY, KEY, GRAIN, TIMEZONE, PARTITION_COLUMN"


@dataclass(frozen=True)
class Definition:
    """`strategy`: its types, `key`: its columns, both with commas between; the last three are None without partitions."""

    strategy: str
    key: str
    grain: str | None = None
    timezone: str | None = None
    column: str | None = None

    @classmethod
    def of(cls, table: Table) -> "Definition":
        """A table's definition of today."""
        strategy, partitions = table.strategy, table.partitions
        written = cls(",".join(strategy.types), ",".join(sorted(strategy.key)))
        if partitions is None:
            return written
        return cls(written.strategy, written.key, partitions.grain, partitions.timezone, partitions.column)

    @property
    def grid(self) -> str:
        """The partitions in words; "no partitions" without."""
        return "no partitions" if self.grain is None else f"{self.grain} partitions by {self.column} in {self.timezone}"


def read_definition(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey) -> Definition | None:
    """How a table was defined when it was last written; None when that was never written down. The audit tables exist."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM {quote_name(schema)}.definitions WHERE DOMAIN = $1 AND SCHEMA = $2", [key.domain, key.name]
    ).fetchone()
    return None if row is None else Definition(*row)


def write_definition(connection: duckdb.DuckDBPyConnection, schema: str, table: Table) -> None:
    """Write down how a table is defined, if that is news."""
    definition = Definition.of(table)
    if read_definition(connection, schema, table.key) == definition:
        return
    name = f"{quote_name(schema)}.definitions"
    key = [table.key.domain, table.key.name]
    connection.execute(f"DELETE FROM {name} WHERE DOMAIN = $1 AND SCHEMA = $2", key)
    connection.execute(
        f"INSERT INTO {name} (DOMAIN, SCHEMA, {COLUMNS}, WRITTEN_AT) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [*key, *astuple(definition), now()],
    )
