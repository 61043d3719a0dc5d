from datetime import UTC, datetime

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.launch import QUIET
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import APPLICATION


def retain(shop, settings):
    shop.write("config/application.sl.yml", f"{APPLICATION}  timezone: Europe/Paris\n  retention: {{{settings}}}\n")


def test_a_project_that_keeps_everything_has_no_such_job(shop):
    shop.table("goods", "id: long!")
    assert not build_definitions(shop.project()).schedules
    retain(shop, "archive: keep")
    assert not build_definitions(shop.project()).schedules


def test_a_retention_of_one_table_is_enough_for_a_daily_schedule_in_the_projects_timezone(shop):
    retain(shop, "audit: keep")
    shop.table("goods", "id: long!", "metadata: {retention: {rejects: 7d}}")
    (schedule,) = build_definitions(shop.project()).schedules
    assert (schedule.name, schedule.job_name) == ("retention__daily", "retention")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 3 * * *", "Europe/Paris")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_the_tick_requests_a_run(shop):
    retain(shop, "audit: 7d")
    shop.table("goods", "id: long!")
    defs = build_definitions(shop.project())
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 5, 3, 30, tzinfo=UTC), repository_def=defs.get_repository_def()
    )
    tick = defs.resolve_schedule_def("retention__daily").evaluate_tick(context)
    assert len(tick.run_requests) == 1


@pytest.mark.slow
def test_the_job_prunes_and_fails_with_the_reason_when_it_cannot(dagster, shop, monkeypatch):
    retain(shop, "archive: 7d")
    shop.table("goods", "id: long!")
    shop.land("goods1.csv", "id\n1\n")
    assert dagster.run("shop/import", "shop/goods").success
    with Warehouse.of(shop.project().settings).writer("a test") as connection:
        connection.execute("UPDATE audit.files SET LOADED_AT = LOADED_AT - INTERVAL 8 DAY")
    job = dagster.defs.resolve_job_def("retention")
    with monkeypatch.context() as patch:
        patch.setattr("sl_assets.steps.retention._remove", lambda path: f"{path.name}: Permission denied")
        refused = job.execute_in_process(run_config=QUIET, instance=dagster.instance, raise_on_error=False)
    assert list(dagster.failed(refused).values()) == ["goods1.csv: Permission denied"]
    assert shop.files("archive") == ["goods1.csv"]
    assert job.execute_in_process(run_config=QUIET, instance=dagster.instance).success
    assert shop.files("archive") == []
