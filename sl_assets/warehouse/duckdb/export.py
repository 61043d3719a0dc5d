"""Rows into files, and files as a view: the SQL of both."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import duckdb

from sl_assets.project.recipe import FileFormatName
from sl_assets.sql.text import quote_name, quote_names, quote_text
from sl_assets.warehouse.duckdb.files import literal_path

_WRITTEN: Mapping[FileFormatName, str] = MappingProxyType(
    {"CSV": "FORMAT csv, HEADER true", "JSON_LINES": "FORMAT json", "PARQUET": "FORMAT parquet, COMPRESSION zstd"}
)
_READ: Mapping[FileFormatName, str] = MappingProxyType({"CSV": "read_csv", "JSON_LINES": "read_json", "PARQUET": "read_parquet"})

_CSV = """, header = true, delim = ',', quote = '"', nullstr = '', allow_quoted_nulls = false"""


def write_files(
    connection: duckdb.DuckDBPyConnection, sql: str, path: Path, kind: FileFormatName, partition: Sequence[str] = ()
) -> int:
    """Write the rows of a query to a file, or with `partition` to a folder by the values of these columns; how many they are."""
    folders = f", PARTITION_BY ({quote_names(partition)})" if partition else ""
    row = connection.execute(f"COPY ({sql}) TO {quote_text(str(path))} ({_WRITTEN[kind]}{folders})").fetchone()
    if partition:
        path.mkdir(exist_ok=True)  # there is none for no rows
    return int(row[0]) if row else _count(connection, path, kind, partition)  # of a PIVOT, DuckDB tells no number


def _count(connection: duckdb.DuckDBPyConnection, path: Path, kind: FileFormatName, partition: Sequence[str]) -> int:
    if partition and not any(each.is_file() for each in path.rglob("*")):
        return 0
    options = f"{_CSV}, all_varchar = true" if kind == "CSV" else ""
    row = connection.execute(f"SELECT count(*) FROM {_READ[kind]}({quote_text(_pattern(path, partition))}{options})").fetchone()
    return int(row[0]) if row else 0


def files_query(columns: Mapping[str, str], path: Path, kind: FileFormatName, partition: Sequence[str] = (), *, rows: int) -> str:
    """The rows of such files again, under the same names and types and in the same order."""
    if rows == 0:
        empty = ", ".join(f"CAST(NULL AS {type_}) AS {quote_name(name)}" for name, type_ in columns.items())
        return f"SELECT {empty} WHERE false"
    folded = {name.casefold() for name in partition}
    within = {name: type_ for name, type_ in columns.items() if name.casefold() not in folded}
    options = ""
    if kind != "PARQUET":
        options += f", columns = {_types(within)}"
        options += _CSV if kind == "CSV" else ", format = 'newline_delimited'"
    if partition:
        outer = {name: type_ for name, type_ in columns.items() if name.casefold() in folded}
        options += f", hive_partitioning = true, hive_types = {_types(outer)}"
    return f"SELECT {quote_names(columns)} FROM {_READ[kind]}({quote_text(_pattern(path, partition))}{options})"


def _pattern(path: Path, partition: Sequence[str]) -> str:
    return literal_path(path) + ("/" + "*/" * len(partition) + "*" if partition else "")


def _types(columns: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{quote_text(name)}: {quote_text(type_)}" for name, type_ in columns.items()) + "}"
