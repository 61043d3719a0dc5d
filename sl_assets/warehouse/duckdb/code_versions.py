"""`audit.code_versions`: what each code version of a table or transform was made of, so that a later one can say what it changed.

Digests of the parts and never their text, which may hold what the environment put into it. Written in the transaction of the
rows that the version made, once for each version.
"""

import json
from collections.abc import Collection, Mapping

import duckdb

from sl_assets.project.records import TableKey
from sl_assets.sql.text import quote_name, quote_text
from sl_assets.warehouse.duckdb.audit import now
from sl_assets.warehouse.duckdb.catalog import table_columns
from sl_assets.warehouse.duckdb.values import as_rows, from_rows

TABLE = "code_versions"


def write_code_version(connection: duckdb.DuckDBPyConnection, schema: str, version: str, parts: Mapping[str, str]) -> None:
    """Write a version down, if that is news. The audit tables exist."""
    name = f"{quote_name(schema)}.{TABLE}"
    if connection.execute(f"SELECT 1 FROM {name} WHERE VERSION = {quote_text(version)}").fetchone() is None:
        connection.execute(
            f"INSERT INTO {name} (VERSION, PARTS, WRITTEN_AT) VALUES ($1, $2, $3)", [version, json.dumps(dict(parts)), now()]
        )


def read_code_versions(
    connection: duckdb.DuckDBPyConnection, schema: str, versions: Collection[str]
) -> Mapping[str, Mapping[str, str]]:
    """The parts of those of the versions that were ever written down."""
    if not table_columns(connection, TableKey(schema, TABLE)):
        return {}
    rows = connection.execute(
        f"SELECT VERSION, PARTS FROM {quote_name(schema)}.{TABLE} WHERE VERSION IN "
        f"(SELECT version FROM {from_rows('$1', ['version'])})",
        [as_rows([version] for version in versions)],
    ).fetchall()
    return {version: json.loads(parts) for version, parts in rows}
