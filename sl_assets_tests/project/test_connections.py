"""Connections of every engine: which file they come to, which SQL dialect, and what is said of it."""

from pathlib import Path

import pytest

from sl_assets.project import load_project
from sl_assets.project.compile import compile_task
from sl_assets.project.records import Project, TableKey

TABLE = "version: 1\ntable: {name: orders, pattern: orders.*, attributes: [{name: id}]}\n"


def make(
    root: Path, application: str, environ: dict[str, str] | None = None, sql: str = "SELECT id FROM sales.orders"
) -> Project:
    files = {
        "application.sl.yml": f"version: 1\napplication:\n{application}",
        "load/sales/orders.sl.yml": TABLE,
        "transform/kpi/a.sql": sql,
    }
    for name, text in files.items():
        file = root / "metadata" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return load_project(root, environ or {})


def one(url: str, more: str = "") -> str:
    return f"  connectionRef: c\n  connections: {{c: {{type: jdbc, options: {{url: '{url}'}}{more}}}}}\n"


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("jdbc:duckdb:shop.db", "shop.db"),
        ("JDBC:DuckDB:shop.db", "shop.db"),
        ("jdbc:duckdb:{{SL_DATASETS}}/shop.duckdb", "datasets/shop.duckdb"),
        ("jdbc:duckdb:data/shop.db;access_mode=READ_WRITE", "data/shop.db"),
        ("jdbc:duckdb:shop.db?threads=2", "shop.db"),
        ("jdbc:duckdb:file://{{SL_ROOT}}/shop.db", "shop.db"),
    ],
)
def test_a_duckdb_url_opens_that_file(tmp_path: Path, url: str, file: str) -> None:
    project = make(tmp_path, one(url))
    assert project.settings.database == tmp_path / file
    assert project.diagnostics == ()


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("jdbc:postgresql://h:5432/db", "postgres"),
        ("jdbc:redshift://h/db", "redshift"),
        ("jdbc:snowflake://h", "snowflake"),
        ("jdbc:mariadb://h/db", "mysql"),
        ("jdbc:sqlserver://h", "tsql"),
        ("jdbc:arrow-flight-sql://h", "duckdb"),
        ("jdbc:db2://h", "duckdb"),
        ("jdbc:duckdb:md:shared", "duckdb"),
        ("jdbc:duckdb:", "duckdb"),
    ],
)
def test_any_other_url_runs_on_the_local_file_in_the_dialect_of_its_engine(tmp_path: Path, url: str, dialect: str) -> None:
    project = make(tmp_path, one(url))
    assert project.settings.database == tmp_path / "datasets" / "duckdb.db"
    assert project.tasks[TableKey("kpi", "a")].dialect == dialect
    assert {each.code for each in project.diagnostics} == {"SL203"}


def test_sql_of_another_engine_is_transpiled(tmp_path: Path) -> None:
    project = make(tmp_path, one("jdbc:snowflake://h"), sql="SELECT IFF(id = 1, 'a', 'b') AS c FROM sales.orders")
    assert "CASE WHEN" in compile_task(project, project.tasks[TableKey("kpi", "a")], {})


def test_a_connection_says_the_dialect_it_is_written_in(tmp_path: Path) -> None:
    project = make(tmp_path, one("jdbc:duckdb:shop.db", ", _transpileDialect: google_big_query"))
    assert project.tasks[TableKey("kpi", "a")].dialect == "bigquery"
    assert project.settings.database == tmp_path / "shop.db"
    assert [each.code for each in make(tmp_path, one("jdbc:duckdb:shop.db", ", _transpileDialect: COBOL")).errors] == ["SL108"]


TWO = (
    "  connectionRef: c\n  transformConnectionRef: d\n"
    "  connections: {c: {options: {url: 'jdbc:duckdb:c.db'}}, d: {options: {url: 'jdbc:duckdb:d.db'}}}\n"
)


def test_two_duckdb_files_are_refused_and_the_way_out_is_told(tmp_path: Path) -> None:
    (error,) = make(tmp_path, TWO).errors
    assert (error.code, error.place.line) == ("SL110", 4)
    assert "duckdbMode: true" in error.hint


@pytest.mark.parametrize("application", [TWO, one("jdbc:snowflake://h")])
def test_in_duckdb_mode_everything_is_one_local_file_and_nothing_is_told(tmp_path: Path, application: str) -> None:
    project = make(tmp_path, application, {"SL_DUCKDB_MODE": "true"})
    assert project.settings.database == tmp_path / "datasets" / "duckdb.db"
    assert project.diagnostics == ()
    own = make(tmp_path, f"{application}  duckdbMode: true\n  duckdbPath: here.db\n")
    assert own.settings.database == tmp_path / "here.db"
    assert own.diagnostics == ()


def test_a_connection_s_loader_wins_over_the_application_s(tmp_path: Path) -> None:
    project = make(tmp_path, f"  loader: spark\n{one('jdbc:duckdb:shop.db', ', loader: native')}")
    assert project.tables[TableKey("sales", "orders")].limits.none_at_all


def test_undefined_variables_in_options_of_engines_nobody_connects_to_are_no_warning(tmp_path: Path) -> None:
    application = (
        "  connectionRef: here\n"
        "  connections:\n"
        "    cloud:\n"
        "      type: jdbc\n"
        "      options:\n"
        '        url: "jdbc:snowflake://{{ACCOUNT}}.example.com/"\n'
        '        password: "{{PASSWORD}}"\n'
        "    here:\n"
        "      type: jdbc\n"
        "      options:\n"
        '        url: "jdbc:duckdb:{{SL_ROOT}}/{{FILE}}.db"\n'
        '    unknown: {type: jdbc, options: {url: "{{URL}}"}}\n'
        '    tickets: {type: REST, options: {baseUrl: "{{SITE}}"}}\n'
        '  metrics: {active: false, path: "{{METRICS}}"}\n'
    )
    project = make(tmp_path, application)
    told = [(each.subject, each.place.line) for each in project.diagnostics if each.code == "SL104"]
    assert told == [("FILE", 13), ("URL", 14)]


@pytest.mark.parametrize(("audit", "told"), [("here", []), ("there", ["audit.sink"])])
def test_an_audit_is_told_to_be_elsewhere_only_where_the_data_is_not(tmp_path: Path, audit: str, told: list[str]) -> None:
    application = (
        "  connectionRef: here\n"
        "  connections:\n"
        "    here: {type: jdbc, options: {url: 'jdbc:duckdb:a.db'}}\n"
        "    there: {type: bigquery}\n"
        f"  audit: {{sink: {{connectionRef: {audit}}}}}\n"
    )
    assert [each.subject for each in make(tmp_path, application).diagnostics] == told
