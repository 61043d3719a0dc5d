"""The warehouse as a resource: DuckDB is started once for the assets of a run, and again for a block of one's own."""

import dagster as dg
import duckdb
import polars as pl
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.launch import QUIET
from sl_assets.orchestration.resources import WarehouseResource
from sl_assets.warehouse.duckdb.connect import Warehouse


@pytest.fixture
def opened(monkeypatch):
    """How often the file was opened for writing."""
    times = []
    attach = Warehouse._attach

    def count(warehouse, instance, mode):
        times.append(mode)
        return attach(warehouse, instance, mode)

    monkeypatch.setattr(Warehouse, "_attach", count)
    return times


def test_the_transforms_of_a_run_share_one_start_of_duckdb_and_it_ends_with_the_run(shop, dagster, started):
    shop.task("one", "SELECT 1 AS i")
    shop.task("two", "SELECT i + 1 AS i FROM kpi.one")
    shop.task("three", "SELECT i + 1 AS i FROM kpi.two")
    job = build_definitions(shop.project()).resolve_implicit_global_asset_job_def()
    for run in (1, 2):
        assert job.execute_in_process(run_config=QUIET, instance=dagster.instance).success
        assert len(started) == run
    assert shop.rows("SELECT i FROM kpi.three") == [(3,)]


def test_the_file_stays_open_from_one_transform_to_the_next_of_a_run(shop, dagster, opened):
    shop.task("one", "SELECT 1 AS i")
    shop.task("two", "SELECT i + 1 AS i FROM kpi.one")
    job = build_definitions(shop.project()).resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(run_config=QUIET, instance=dagster.instance).success
    assert len(opened) == 1
    assert shop.rows("SELECT i FROM kpi.two") == [(2,)]


def test_beside_an_asset_of_the_projects_own_that_opens_the_file_by_itself_it_is_closed_after_each_use(shop, dagster, opened):
    shop.task("one", "SELECT 1 AS i")
    shop.task("two", "SELECT i + 1 AS i FROM kpi.one")

    @dg.asset(deps=[["kpi", "one"]])
    def report() -> None:
        with duckdb.connect(str(shop.project().settings.database)) as connection:
            connection.execute("CREATE TABLE report AS SELECT i FROM kpi.one")

    definitions = dg.Definitions.merge(build_definitions(shop.project()), dg.Definitions([report]))
    job = definitions.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(run_config=QUIET, instance=dagster.instance).success
    assert len(opened) == 2
    assert shop.rows("SELECT i FROM kpi.two") == [(2,)]
    assert shop.rows("SELECT i FROM main.report") == [(1,)]


def test_sql_in_a_block_of_ones_own_may_name_a_frame_of_that_block(tmp_path):
    @dg.asset
    def report(warehouse: WarehouseResource) -> None:
        frame = pl.DataFrame({"i": [1, 2]})
        with warehouse.get_connection() as connection:
            connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.report AS FROM frame")
            assert len(frame) == 2

    resource = WarehouseResource(database=str(tmp_path / "w.duckdb"))
    assert dg.materialize([report], resources={"warehouse": resource}).success
    with resource.get_connection() as connection:
        assert connection.execute("SELECT sum(i) FROM shop.report").fetchone() == (3,)
