"""Starlake's connections -> the one DuckDB file that everything runs on, and the SQL dialect each of them is written in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sl_assets.project.location import Location, local_path
from sl_assets.spec.application import ApplicationSpec, ConnectionSpec
from sl_assets.spec.document import Data, Route
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
    "awsathena": "athena",
    "athena": "athena",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "duckdb": "duckdb",
    "hive2": "hive",
    "mariadb": "mysql",
    "mysql": "mysql",
    "oracle": "oracle",
    "postgresql": "postgres",
    "presto": "presto",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "spark": "spark",
    "sqlite": "sqlite",
    "sqlserver": "tsql",
    "starrocks": "starrocks",
    "teradata": "teradata",
    "trino": "trino",
    "vertica": "postgres",
}
_BY_TRANSPILER: Mapping[str, str] = {
    "ANY": "",
    "AMAZON_REDSHIFT": "redshift",
    "DATABRICKS": "databricks",
    "DUCK_DB": "duckdb",
    "GOOGLE_BIG_QUERY": "bigquery",
    "SNOWFLAKE": "snowflake",
}
"""`_transpileDialect` -> dialect; nothing for that of the engine."""

_DUCKDB = "jdbc:duckdb:"
_ENGINE = re.compile(r"jdbc:([\w-]+):", re.IGNORECASE)
_ELSEWHERE = ("md:", "motherduck:", "ducklake:", "s3:", "http:", "https:")
"""How a DuckDB URL begins that is no file of this machine."""


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

    def target(self, name: str | None) -> str:
        """The dialect of the connection that a load writes to, the project's without a name; DuckDB's without one."""
        return self.dialects.get(name or self.load or "", "duckdb")


def resolve_connections(spec: ApplicationSpec, source: Source, location: Location, findings: Findings) -> Connections:
    """Find the database file: that of the load connection when it is DuckDB, else `<datasets>/duckdb.db`.

    In `duckdbMode` it is `duckdbPath`, else `<datasets>/duckdb.db`, for every connection, as in Starlake.
    """
    local = location.areas.datasets / "duckdb.db"
    dialects = {
        name: _dialect(connection, source.below("connections", name), findings) for name, connection in spec.connections.items()
    }
    load_key = "loadConnectionRef" if spec.load_connection_ref else "connectionRef"
    transform_key = "transformConnectionRef" if spec.transform_connection_ref else "connectionRef"
    load = check_connection(spec.load_connection_ref or spec.connection_ref, source, findings, dialects, load_key)
    transform = check_connection(spec.transform_connection_ref or spec.connection_ref, source, findings, dialects, transform_key)
    options = spec.connections[load].options if load is not None else {}
    _warn_of_options(load, options, source, findings)
    memory_limit = options.get("memory_limit")
    if spec.duckdb_mode:
        database = _duckdb_path(spec, source, location, findings) or local
        return Connections(database, dialects, dict.fromkeys(dialects, database), load, transform, memory_limit)
    files = {name: file for name, one in spec.connections.items() if (file := _file(one, location.root)) is not None}
    database = files.get(load or "", local)
    for name, key in ((load, load_key), (transform, transform_key)):
        if name is not None and name not in files:
            _say_local(name, source.below(key), spec.connections[name], _near(local, location.root), findings)
    if transform is not None and files.get(transform, database) != database:
        refuse_second_file(transform, source.below(transform_key), findings)
    return Connections(database, dialects, files, load, transform, memory_limit)


def is_idle(data: Data, route: Route) -> bool:
    """Whether a value of the application file asks for nothing.

    So does an option of a connection that is not DuckDB, where nobody connects, and an audit that is where the data is.

    Args:
        data: The whole file.
        route: Of the value.
    """
    if route == ("application", "audit", "sink"):
        target = _at(data, ("application", "loadConnectionRef")) or _at(data, ("application", "connectionRef"))
        return target is not None and _at(data, route) == {"connectionRef": target}
    if route[:2] != ("application", "connections") or route[3:4] != ("options",):
        return False
    kind, options = _at(data, (*route[:3], "type")), _at(data, route[:4])
    texts = {name: text for name, text in options.items() if isinstance(text, str)} if isinstance(options, dict) else {}
    engine = _engine(ConnectionSpec(type=kind if isinstance(kind, str) else "JDBC", options=texts))
    return engine not in ("jdbc", "duckdb")


def _at(data: Data, route: Route) -> Data:
    for step in route:
        data = data.get(str(step)) if isinstance(data, dict) else None
    return data


def refuse_second_file(name: str, source: Source, findings: Findings) -> None:
    """SL110 for a connection to another DuckDB file than the one that loads go to."""
    fact = f'"{name}" is another DuckDB file than the one loads go to; two files in one project are not supported yet.'
    hint = "With duckdbMode: true (or SL_DUCKDB_MODE=true) every connection is one local file; else leave the second one out."
    findings.error("SL110", source.place(), source.subject(), fact, hint)


def _duckdb_path(spec: ApplicationSpec, source: Source, location: Location, findings: Findings) -> Path | None:
    if spec.duckdb_path is None:
        return None
    path = local_path(location.root, spec.duckdb_path)
    if path is None:
        place, subject = source.place("duckdbPath"), source.subject("duckdbPath")
        findings.error(
            "SL110", place, subject, f'"{spec.duckdb_path}" is not a local file.', "DuckDB writes to local files only."
        )
    return path


def check_connection(name: str | None, source: Source, findings: Findings, known: Mapping[str, str], *steps: str) -> str | None:
    """A reference to a connection: its name, or None (and SL202) when there is none of that name."""
    if name is None or name in known:
        return name
    fact = f'there is no connection "{name}".'
    findings.error("SL202", source.place(*steps), source.subject(*steps), fact, allowed(known, name))
    return None


def _engine(connection: ConnectionSpec) -> str:
    """What the connection calls its engine: the second word of its URL, else its type."""
    if "sfUrl" in connection.options:
        return "snowflake"
    match = _ENGINE.match(connection.options.get("url", "").strip())
    name = match.group(1).lower() if match else connection.type.lower()
    return connection.options.get("dialect", "duckdb").lower() if name == "arrow-flight-sql" else name


def _dialect(connection: ConnectionSpec, source: Source, findings: Findings) -> str:
    """The dialect of the connection's SQL, by sqlglot's name; DuckDB's for an engine that is not known."""
    engine = _engine(connection)
    own = _BY_URL.get(engine) or _BY_TYPE.get(engine, "duckdb")
    written = connection.transpile_dialect
    if written is not None and written.upper() not in _BY_TRANSPILER:
        place, subject = source.place("_transpileDialect"), source.subject("_transpileDialect")
        findings.error("SL108", place, subject, f'"{written}" is unknown.', allowed(_BY_TRANSPILER, written))
    return _BY_TRANSPILER.get((written or "").upper(), "") or own


def _file(connection: ConnectionSpec, root: Path) -> Path | None:
    url = connection.options.get("url", "").strip()
    path = re.split(r"[;?]", url[len(_DUCKDB) :], maxsplit=1)[0]
    if not url.lower().startswith(_DUCKDB) or not path or path.startswith((":memory:", *_ELSEWHERE)):
        return None
    return local_path(root, path)


def _near(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _say_local(name: str, source: Source, connection: ConnectionSpec, local: str, findings: Findings) -> None:
    engine = _engine(connection)
    known = _BY_URL.get(engine) or _BY_TYPE.get(engine)
    if known == "duckdb" or (known is None and engine == "jdbc"):
        what = "names no DuckDB file of this machine"
    elif known is None:
        what = f"is {engine}, an engine that is not known, so its SQL is taken for DuckDB's"
    else:
        what = f"is {known}, which is not supported as a target yet"
    hint = "duckdbMode: true (or SL_DUCKDB_MODE=true) says that this is meant."
    findings.warning(
        "SL203", source.place(), source.subject(), f'"{name}" {what}; it runs on the local DuckDB file {local}.', hint
    )


def _warn_of_options(name: str | None, options: Mapping[str, str], source: Source, findings: Findings) -> None:
    for option in ("preActions", "postActions"):
        if name is not None and options.get(option):
            steps = ("connections", name, "options", option)
            fact = "is not supported by this engine, ignored."
            hint = "No statements are run when the file is opened. memory_limit is an option of its own."
            findings.warning("SL109", source.place(*steps), source.subject(*steps), fact, hint)
