"""`audit.inputs`: how far each task has read what it reads the new part of only. Written in the transaction of the task's rows.

Of a table one row: the greatest value of the column that was read, as text, and how many rows have one up to it. Of a source of
files one row for each file: the SHA-256 of its bytes, its size and modification time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import quote_name
from sl_assets.warehouse.duckdb.audit import insert_rows, now
from sl_assets.warehouse.duckdb.values import as_rows, from_rows


@dataclass(frozen=True)
class InputRow:
    """One row: `source` is the table or the source's name, `name` the column or the file; `mark` what was read of it."""

    source: str
    name: str
    mark: str | None
    count: int = 0
    size: int | None = None
    modified: int | None = None


def read_inputs(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, source: str) -> tuple[InputRow, ...]:
    """What a task has read of one of its inputs. The audit tables exist."""
    rows = connection.execute(
        f"SELECT INPUT, NAME, MARK, COUNT, SIZE, MODIFIED_NS FROM {quote_name(schema)}.inputs "
        "WHERE DOMAIN = $1 AND SCHEMA = $2 AND INPUT = $3",
        [key.domain, key.name, source],
    ).fetchall()
    return tuple(InputRow(*row) for row in rows)


def write_inputs(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey, run: str, rows: Iterable[InputRow]) -> None:
    """Write down what a task has read now, in the place of what was written of the same before."""
    table, moment, rows = f"{quote_name(schema)}.inputs", now(), tuple(rows)
    if not rows:
        return
    connection.execute(
        f"DELETE FROM {table} WHERE DOMAIN = $domain AND SCHEMA = $schema AND (INPUT, NAME) IN "
        f"(SELECT (input, name) FROM {from_rows('$rows', ['input', 'name'])})",
        {"domain": key.domain, "schema": key.name, "rows": as_rows((row.source, row.name) for row in rows)},
    )
    values = [
        [key.domain, key.name, row.source, row.name, row.mark, row.count, row.size, row.modified, run, moment] for row in rows
    ]
    columns = "DOMAIN, SCHEMA, INPUT, NAME, MARK, COUNT, SIZE, MODIFIED_NS, RUN, READ_AT"
    insert_rows(connection, table, columns, values)


def forget_inputs(connection: duckdb.DuckDBPyConnection, schema: str, key: TableKey) -> None:
    """Let a task read everything again."""
    connection.execute(f"DELETE FROM {quote_name(schema)}.inputs WHERE DOMAIN = $1 AND SCHEMA = $2", [key.domain, key.name])
