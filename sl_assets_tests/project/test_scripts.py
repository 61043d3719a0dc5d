"""Scripts and filters are in the SQL of the loader that Starlake would run them with."""

from pathlib import Path

import pytest

from sl_assets.project import load_project
from sl_assets.project.records import Project, TableKey

DUCKDB = "connections: {c: {type: jdbc, options: {url: 'jdbc:duckdb:a.db'}}}"
BIGQUERY = "connections: {c: {type: bigquery}}"
TABLE = """version: 1
table:
  name: t
  pattern: t.*
  filter: "nvl(label, '') <> 'test'"
  metadata: {%s}
  attributes:
    - {name: label}
    - {name: month, script: "%s"}
"""


def make(root: Path, connections: str, loader: str = "", script: str = "date_format(current_date(), 'yyyy-MM')") -> Project:
    files = {
        "application.sl.yml": f"version: 1\napplication:\n  connectionRef: c\n  {connections}\n",
        "load/s/t.sl.yml": TABLE % (loader, script),
    }
    for name, text in files.items():
        file = root / "metadata" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return load_project(root, {"SL_DUCKDB_MODE": "true"})


def script_of(project: Project) -> str | None:
    return project.tables[TableKey("s", "t")].attributes[1].script


@pytest.mark.parametrize(
    ("connections", "loader", "reads"),
    [
        (DUCKDB, "", "duckdb"),
        (DUCKDB, "loader: native", "duckdb"),
        (DUCKDB, "loader: spark", "spark"),
        (BIGQUERY, "", "spark"),
        (BIGQUERY, "loader: spark", "spark"),
    ],
)
def test_the_loader_says_what_a_script_is_written_in(tmp_path: Path, connections: str, loader: str, reads: str) -> None:
    project = make(tmp_path, connections, loader)
    spark = reads == "spark"
    translated = "STRFTIME(CAST(CURRENT_DATE AS TIMESTAMP), '%Y-%m')"
    assert script_of(project) == (translated if spark else "date_format(current_date(), 'yyyy-MM')")
    wanted = "COALESCE(label, '') <> 'test'" if spark else "nvl(label, '') <> 'test'"
    assert project.tables[TableKey("s", "t")].filter == wanted
    assert project.diagnostics == ()


def test_under_the_native_loader_of_another_engine_it_is_the_sql_of_that_engine(tmp_path: Path) -> None:
    project = make(tmp_path, BIGQUERY, "loader: native", "format_date('%Y-%m', current_date())")
    assert script_of(project) == "STRFTIME(CAST(CURRENT_DATE AS DATE), '%Y-%m')"


def test_the_file_a_row_comes_from_is_named_as_spark_does(tmp_path: Path) -> None:
    assert script_of(make(tmp_path, DUCKDB, "loader: spark", "upper(input_file_name())")) == "UPPER(sl_input_file_name)"


@pytest.mark.parametrize("script", ["label ||", "label, label", "label from other"])
def test_what_is_no_expression_is_told_and_left_as_it_is(tmp_path: Path, script: str) -> None:
    project = make(tmp_path, DUCKDB, "loader: spark", script)
    assert script_of(project) == script
    [told] = project.diagnostics
    assert (told.code, told.subject, told.place.line) == ("SL226", "month.script", 9)
    assert "cannot be read as SQL of spark: " in told.fact
