"""TPC-H as a project: eight tables of Parquet files and 22 transforms, from DuckDB's own extension (a wheel, no network)."""

import importlib.resources
from pathlib import Path

import duckdb

from sl_assets_tests.shop import APPLICATION

SCALE = 0.01
TYPES = {"BIGINT": "long", "INTEGER": "int", "VARCHAR": "string", "DATE": "date", "DECIMAL(15,2)": "money"}
MONEY = """
version: 1
types:
  - {name: money, primitiveType: decimal, pattern: '-?\\d+(\\.\\d+)?', ddlMapping: {duckdb: "DECIMAL(15,2)"}}
"""
DOMAIN = 'version: 1\nload:\n  metadata: {directory: "{{SL_INCOMING}}/tpch", format: PARQUET}\n'


def generator() -> duckdb.DuckDBPyConnection:
    """A database with the generated tables, `tpch_queries()` and `tpch_answers()`."""
    folder = importlib.resources.files("duckdb_extension_tpch") / "extensions" / f"v{duckdb.__version__}"
    connection = duckdb.connect()
    connection.load_extension(str(folder / "tpch.duckdb_extension"))
    connection.execute(f"CALL dbgen(sf = {SCALE})")
    return connection


def write_project(root: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """YAML and SQL as a person would write them, and the tables as files that have just landed."""

    def write(path: str, text: str) -> None:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    write("config/application.sl.yml", APPLICATION)
    write("config/types/types.sl.yml", MONEY)
    write("config/load/tpch/_config.sl.yml", DOMAIN)
    write("config/transform/q/_config.sl.yml", "version: 1\ntransform:\n  default: {writeStrategy: {type: OVERWRITE}}\n")
    (root / "datasets/incoming/tpch").mkdir(parents=True)
    for (table,) in connection.execute("SHOW TABLES").fetchall():
        columns = connection.execute(f"DESCRIBE {table}").fetchall()
        attributes = "".join(f"    - {{name: {name}, type: {TYPES[kind]}}}\n" for name, kind, *_ in columns)
        write(
            f"config/load/tpch/{table}.sl.yml",
            f"version: 1\ntable:\n  name: {table}\n  pattern: {table}\\.parquet\n  attributes:\n{attributes}",
        )
        connection.execute(f"COPY {table} TO '{root}/datasets/incoming/tpch/{table}.parquet' (FORMAT parquet)")
    for number, query in connection.execute("SELECT query_nr, query FROM tpch_queries()").fetchall():
        write(f"config/transform/q/q{number:02}.sql", query)


def answers(connection: duckdb.DuckDBPyConnection) -> dict[str, list[list[str]]]:
    """The reference answer of each query, its rows as texts."""
    rows = connection.execute("SELECT query_nr, answer FROM tpch_answers() WHERE scale_factor = $1", [SCALE]).fetchall()
    return {f"q{number:02}": [line.split("|") for line in answer.removesuffix("\n").split("\n")[1:]] for number, answer in rows}
