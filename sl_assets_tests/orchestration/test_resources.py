"""The warehouse as a resource: DuckDB is started once for the assets of a run, and again for a block of one's own."""

import dagster as dg
import polars as pl

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.launch import QUIET
from sl_assets.orchestration.resources import WarehouseResource


def test_the_transforms_of_a_run_share_one_start_of_duckdb_and_it_ends_with_the_run(shop, dagster, started):
    shop.task("one", "SELECT 1 AS i")
    shop.task("two", "SELECT i + 1 AS i FROM kpi.one")
    shop.task("three", "SELECT i + 1 AS i FROM kpi.two")
    job = build_definitions(shop.project()).resolve_implicit_global_asset_job_def()
    for run in (1, 2):
        assert job.execute_in_process(run_config=QUIET, instance=dagster.instance).success
        assert len(started) == run
    assert shop.rows("SELECT i FROM kpi.three") == [(3,)]


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
