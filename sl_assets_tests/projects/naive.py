"""A project read, loaded and transformed in the simplest way: row by row in Python, tasks in the order they need.

No code of sl_assets is used, so that the example projects can be checked without it, and it against them.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import jinja2
import sqlglot
import yaml

from sl_assets_tests.projects.naive_records import records

BUILT_IN = {
    "string": ("string", ".*", "VARCHAR"),
    "int": ("long", "[-|+|0-9][0-9]*", "INTEGER"),
    "short": ("short", r"-?\d+", "SMALLINT"),
    "long": ("long", r"-?\d+", "BIGINT"),
    "double": ("double", r"[-+]?\d*\.?\d+[Ee]?[-+]?\d*", "DOUBLE"),
    "boolean": ("boolean", "(?i)true|yes|[y1]|t|false|no|[n0]|f", "BOOLEAN"),
    "date": ("date", "%Y-%m-%d", "DATE"),
    "timestamp": ("timestamp", "%Y-%m-%d %H:%M:%S", "TIMESTAMPTZ"),
    "iso_instant": ("timestamp", "%Y-%m-%dT%H:%M:%SZ", "TIMESTAMPTZ"),
}
DATES = {"yyyyMMdd": "%Y%m%d"}
"""Java's patterns that the projects' own types of dates have."""
PYTHON = {"long": int, "short": int, "double": float}

LIBRARY = Path(__file__).parents[2] / "sl_assets" / "project" / "macros"
SAME_ROWS = Path(__file__).parent / "same_rows"
"""The macros that come with sl-assets, which are templates and no code."""

Kind = tuple[str, str, str]
"""A type: its primitive, its pattern (Python's, for dates a strptime format) and the type of its column."""
Yaml = dict[str, Any]


class Refusal(NamedTuple):
    """A row that was refused, at the first of its attributes that is wrong."""

    file: str
    line: int
    attribute: str
    rule: str


@dataclass(frozen=True)
class NaiveProject:
    """The YAML of a project folder, rendered with its environment; tables and tasks by `domain.name`."""

    folder: Path
    variables: Mapping[str, str]
    types: Mapping[str, Kind]
    tables: Mapping[str, Yaml]
    tasks: Mapping[str, Yaml]


def read_yaml(file: Path, variables: Mapping[str, str]) -> Yaml:
    """A YAML file after Jinja; every scalar is text, and a variable that nobody defines is an error."""
    text = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(file.read_text("utf-8"))  # noqa: S701 - it makes YAML
    return yaml.load(text.render(variables), Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes text only


def read_project(folder: Path) -> NaiveProject:
    """Read a folder with application.sl.yml in it."""
    environment = folder / "env.sl.yml"
    variables = {"SL_INCOMING": "incoming", "SL_DATASETS": "datasets"}
    variables |= read_yaml(environment, {})["env"] if environment.exists() else {}
    types, file = dict(BUILT_IN), folder / "types" / "types.sl.yml"
    for each in read_yaml(file, variables)["types"] if file.exists() else ():
        primitive = each["primitiveType"]
        ddl = {"decimal": f"DECIMAL({each.get('zone')})", "date": "DATE"}.get(primitive, "VARCHAR")
        types[each["name"]] = (primitive, DATES[each["pattern"]] if primitive == "date" else each["pattern"], ddl)
    return NaiveProject(
        folder,
        variables,
        types,
        _documents(folder / "load", "table", variables),
        _documents(folder / "transform", "task", variables),
    )


def _documents(folder: Path, root: str, variables: Mapping[str, str]) -> dict[str, Yaml]:
    files = [file for file in sorted(folder.rglob("*.sl.yml")) if not file.name.startswith("_config")]
    return {f"{file.parent.name}.{file.name.removesuffix('.sl.yml')}": read_yaml(file, variables)[root] for file in files}


def load(connection: duckdb.DuckDBPyConnection, project: NaiveProject, incoming: Path, scratch: Path) -> list[Refusal]:
    """Load all files of a folder into all tables, by name; the rows that are wrong come back."""
    connection.execute("SET TimeZone = 'UTC'")
    refusals: list[Refusal] = []
    for key, table in project.tables.items():
        rows: list[Yaml] = []
        for file in sorted(each for each in incoming.iterdir() if re.fullmatch(table["pattern"], each.name)):
            for line, record in records(file, table):
                fault = _fault(project, table, file.name, record)
                if fault is None:
                    rows.append(_fields(project, table["attributes"], record))
                else:
                    refusals.append(Refusal(file.name, line, *fault))
        _write(connection, project, key, table, _merged(table, rows), scratch)
    return refusals


def _fault(project: NaiveProject, table: Yaml, file: str, record: Yaml) -> tuple[str, str] | None:
    fault = next(_faults(project, table["attributes"], record, ""), None)
    if fault or "partitions" not in table:
        return fault
    partitions = table["partitions"]
    match = re.fullmatch(partitions["file"].replace("(?<", "(?P<"), file)
    day = f"{datetime.strptime(match['partition'], '%Y%m%d').replace(tzinfo=UTC):%Y-%m-%d}" if match else ""
    return None if record[partitions["column"]].startswith(day) else (partitions["column"], "partition")


def _faults(project: NaiveProject, attributes: Sequence[Yaml], record: Yaml, path: str) -> Iterator[tuple[str, str]]:
    for each in attributes:
        name, value = path + each["name"], record.get(each["name"])
        if value is None:
            if each.get("required") == "true":
                yield name, "required"
            continue
        values = (
            [(f"{name}[{place}]", one) for place, one in enumerate(value)] if each.get("array") == "true" else [(name, value)]
        )
        for where, one in values:
            if each["type"] == "struct":
                yield from _faults(project, each["attributes"], one, f"{where}.")
            elif not fits(project.types[each["type"]], str(one)):
                yield where, "pattern"


def fits(kind: Kind, value: str) -> bool:
    """Whether a text is one of a type."""
    primitive, pattern, _ = kind
    if primitive not in ("date", "timestamp"):
        return re.fullmatch(pattern, value) is not None
    try:
        datetime.strptime(value, pattern).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _fields(project: NaiveProject, attributes: Sequence[Yaml], record: Yaml) -> Yaml:
    return {_final_name(each): _value(project, each, record.get(each["name"])) for each in attributes}


def _final_name(attribute: Yaml) -> str:
    return attribute.get("rename", attribute["name"])


def _value(project: NaiveProject, attribute: Yaml, value: Any) -> Any:
    value = attribute.get("default") if value is None else value
    if value is None:
        return None
    if attribute.get("array") == "true":
        return [_value(project, {**attribute, "array": "false"}, one) for one in value]
    if attribute["type"] == "struct":
        return _fields(project, attribute["attributes"], value)
    return _scalar(project.types[attribute["type"]], value, attribute.get("privacy"))


def _scalar(kind: Kind, value: Any, privacy: str | None) -> Any:
    primitive, pattern, _ = kind
    if privacy == "SHA256":
        return hashlib.sha256(value.encode()).hexdigest()
    if primitive == "date":
        return f"{datetime.strptime(value, pattern).replace(tzinfo=UTC):%Y-%m-%d}"
    if primitive == "boolean":
        return str(value).lower() in ("true", "yes", "y", "1", "t")
    return PYTHON.get(primitive, str)(value)


def _merged(table: Yaml, rows: list[Yaml]) -> list[Yaml]:
    strategy = table["metadata"].get("writeStrategy", {"type": "APPEND"})
    if strategy["type"] not in ("UPSERT_BY_KEY", "DELETE_THEN_INSERT"):  # no file has a key twice, so the two are the same
        return rows
    return list({tuple(row[name] for name in strategy["key"]): row for row in rows}.values())


def _write(
    connection: duckdb.DuckDBPyConnection, project: NaiveProject, key: str, table: Yaml, rows: list[Yaml], scratch: Path
) -> None:
    file = scratch / f"{key}.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    columns = {_final_name(each): column_type(project, each) for each in table["attributes"]}
    fields = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {key.partition('.')[0]}")
    connection.execute(
        f"CREATE TABLE {key} AS FROM read_json(?, format = 'newline_delimited', columns = {{{fields}}})", [str(file)]
    )


def column_type(project: NaiveProject, attribute: Yaml) -> str:
    """The DuckDB type of an attribute's column."""
    if attribute["type"] == "struct":
        inner = ", ".join(f"{_final_name(each)} {column_type(project, each)}" for each in attribute["attributes"])
        kind = f"STRUCT({inner})"
    else:
        kind = project.types[attribute["type"]][2]
    return f"{kind}[]" if attribute.get("array") == "true" else kind


def task_order(project: NaiveProject) -> list[str]:
    """The tasks, each behind those it reads."""
    ordered: list[str] = []
    while len(ordered) < len(project.tasks):
        done = {*project.tables, *ordered}
        ready = [key for key in project.tasks if key not in ordered and reads(project, key) <= done]
        if not ready:
            raise ValueError(f"nothing makes what these read: {sorted(set(project.tasks) - set(ordered))}")
        ordered += ready
    return ordered


def reads(project: NaiveProject, key: str) -> set[str]:
    """The tables that a task reads, `domain.name`."""
    tree = sqlglot.parse_one(task_sql(project, key), dialect="duckdb")
    ctes = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
    names = {(table.db, table.name) for table in tree.find_all(sqlglot.exp.Table) if table.db or table.name not in ctes}
    known = [*project.tables, *project.tasks]
    return {f"{db}.{name}" if db else next(each for each in known if each.endswith(f".{name}")) for db, name in names if name}


def task_sql(project: NaiveProject, key: str, start: str = "1900-01-01", end: str = "2100-01-01") -> str:
    """A task's SQL, for a window where it has one; of a task in steps or in Python, a person's SQL for the same rows."""
    file = project.folder / "transform" / f"{key.replace('.', '/')}.sql"
    if not file.exists():
        file = SAME_ROWS / f"{key}.sql"
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(file.read_text("utf-8"))  # noqa: S701 - it makes SQL
    return template.render({**project.variables, "sl_start_date": start, "sl_end_date": end})


def transform(connection: duckdb.DuckDBPyConnection, project: NaiveProject) -> None:
    """Make all tasks' tables; names without a domain are found in any."""
    domains = sorted({key.partition(".")[0] for key in (*project.tables, *project.tasks)})
    for domain in domains:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {domain}")
    connection.execute(f"SET search_path = '{','.join(domains)}'")
    for key in task_order(project):
        connection.execute(f"CREATE TABLE {key} AS {task_sql(project, key)}")


def expectation_sql(project: NaiveProject, key: str, expect: str) -> str:
    """The SQL of an expectation on a table."""
    files = [*sorted(LIBRARY.glob("*.j2")), *sorted((project.folder / "expectations").rglob("*.j2"))]
    macros = "".join(file.read_text("utf-8") for file in files)
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(f"{macros}{{{{ {expect} }}}}")  # noqa: S701 - it makes SQL
    return re.sub(r"\bsl_this\b", key, template.render(sl_this="sl_this"))
