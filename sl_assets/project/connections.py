"""Starlake's connections -> the one DuckDB file that everything runs on, and the SQL dialect each of them is written in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sl_assets.project.location import Location, local_path
from sl_assets.spec.application import ApplicationSpec, ConnectionSpec
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.read import Source

_BY_TYPE: Mapping[str, str] = {
    "bq": "bigquery",
    "bigquery": "bigquery",
    "snowflake": "snowflake",
    "fs": "spark",
    "local": "spark",
    "filesystem": "spark",
    "hive": "spark",
    "spark": "spark",
    "databricks": "databricks",
    "duckdb": "duckdb",
}
_BY_URL: Mapping[str, str] = {
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "duckdb": "duckdb",
    "hive2": "hive",
    "mariadb": "mysql",
    "mysql": "mysql",
    "oracle": "oracle",
    "postgresql": "postgres",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "spark": "spark",
    "sqlite": "sqlite",
    "sqlserver": "tsql",
    "trino": "trino",
}
_DUCKDB = "jdbc:duckdb:"


@dataclass(frozen=True)
class Connections:
    """What the project's connections come to. `dialects` has each declared connection's dialect, by name."""

    database: Path
    dialects: Mapping[str, str]
    files: Mapping[str, Path]
    load: str | None = None
    transform: str | None = None
    memory_limit: str | None = None

    def dialect(self, name: str | None) -> str:
        """The dialect of a connection, by sqlglot's name; DuckDB's without one."""
        return self.dialects.get(name or self.transform or "", "duckdb")


def resolve_connections(spec: ApplicationSpec, source: Source, location: Location, findings: Findings) -> Connections:
    """Find the database file: that of the load connection when it is DuckDB, else `<datasets>/duckdb.db`."""
    local = location.areas.datasets / "duckdb.db"
    dialects = {name: _dialect(connection) for name, connection in spec.connections.items()}
    files = {
        name: file
        for name, connection in spec.connections.items()
        if dialects[name] == "duckdb" and (file := _file(connection, location.root)) is not None
    }
    load_key = "loadConnectionRef" if spec.load_connection_ref else "connectionRef"
    transform_key = "transformConnectionRef" if spec.transform_connection_ref else "connectionRef"
    load = check_connection(spec.load_connection_ref or spec.connection_ref, source, findings, dialects, load_key)
    transform = check_connection(spec.transform_connection_ref or spec.connection_ref, source, findings, dialects, transform_key)
    database = files.get(load or "", local)
    for name, key in ((load, load_key), (transform, transform_key)):
        if name is not None and name not in files:
            _say_local(name, source.below(key), dialects[name], _near(local, location.root), findings)
    if transform is not None and files.get(transform, database) != database:
        fact = f'"{transform}" is another DuckDB file than the one loads go to; two files in one project are not supported yet.'
        findings.error("SL110", source.place(transform_key), transform_key, fact)
    options = spec.connections[load].options if load is not None else {}
    _warn_of_options(load, options, source, findings)
    return Connections(database, dialects, files, load, transform, options.get("memory_limit"))


def check_connection(name: str | None, source: Source, findings: Findings, known: Mapping[str, str], *steps: str) -> str | None:
    """A reference to a connection: its name, or None (and SL202) when there is none of that name."""
    if name is None or name in known:
        return name
    fact = f'there is no connection "{name}".'
    findings.error("SL202", source.place(*steps), source.subject(*steps), fact, allowed(known, name))
    return None


def _dialect(connection: ConnectionSpec) -> str:
    if "sfUrl" in connection.options:
        return "snowflake"
    url = connection.options.get("url", "")
    match = re.match(r"jdbc:([\w-]+):", url)
    if match and match.group(1) == "arrow-flight-sql":
        return _BY_URL.get(connection.options.get("dialect", "duckdb").lower(), "duckdb")
    return _BY_URL.get(match.group(1).lower() if match else "", _BY_TYPE.get(connection.type.lower(), "duckdb"))


def _file(connection: ConnectionSpec, root: Path) -> Path | None:
    url = connection.options.get("url", "")
    path = re.split(r"[;?]", url.removeprefix(_DUCKDB), maxsplit=1)[0]
    if not url.startswith(_DUCKDB) or not path or path.startswith(":memory:"):
        return None
    return local_path(root, path)


def _near(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _say_local(name: str, source: Source, dialect: str, local: str, findings: Findings) -> None:
    what = "names no DuckDB file" if dialect == "duckdb" else f"is {dialect}, which is not supported as a target yet"
    findings.warning("SL203", source.place(), source.subject(), f'"{name}" {what}; it runs on the local DuckDB file {local}.')


def _warn_of_options(name: str | None, options: Mapping[str, str], source: Source, findings: Findings) -> None:
    for option in ("preActions", "postActions"):
        if name is not None and options.get(option):
            steps = ("connections", name, "options", option)
            findings.warning("SL109", source.place(*steps), source.subject(*steps), "is not supported by this engine, ignored.")
