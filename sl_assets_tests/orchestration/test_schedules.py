from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import cron_string_iterator

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.partitions import partitions_definition
from sl_assets.orchestration.ticks import partition_at_tick
from sl_assets.project.records import Partitions

DAYS = Partitions("daily", datetime(2026, 1, 1), "day")
PARIS = replace(DAYS, timezone="Europe/Paris")
SALES = r"""
metadata: {format: JSON, schedule: hourly}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


@pytest.mark.parametrize(
    ("partitions", "cron", "tick", "key"),
    [
        (DAYS, "0 * * * *", datetime(2026, 3, 5, 14, tzinfo=UTC), "2026-03-05"),
        (DAYS, "0 * * * *", datetime(2026, 3, 5, 0, tzinfo=UTC), "2026-03-04"),
        (DAYS, "0 * * * *", datetime(2026, 3, 5, 1, tzinfo=UTC), "2026-03-05"),
        (DAYS, "0 6 * * *", datetime(2026, 3, 5, 6, tzinfo=UTC), "2026-03-04"),
        (replace(DAYS, grain="monthly"), "0 0 1 * *", datetime(2026, 3, 1, tzinfo=UTC), "2026-02-01"),
        (PARIS, "0 * * * *", datetime(2026, 3, 5, 0, tzinfo=ZoneInfo("Europe/Paris")), "2026-03-04"),
        (PARIS, "0 * * * *", datetime(2026, 3, 29, 3, tzinfo=ZoneInfo("Europe/Paris")), "2026-03-29"),
        (DAYS, "0 0 * * *", datetime(2026, 1, 1, tzinfo=UTC), None),
        (replace(DAYS, end=datetime(2026, 2, 1)), "0 0 * * *", datetime(2026, 2, 1, tzinfo=UTC), "2026-01-31"),
        (replace(DAYS, end=datetime(2026, 2, 1)), "0 0 * * *", datetime(2026, 2, 2, tzinfo=UTC), None),
    ],
)
def test_a_tick_is_for_the_window_its_interval_begins_in(partitions, cron, tick, key):
    assert partition_at_tick(partitions, cron, tick) == key


@pytest.mark.parametrize(("hour", "run"), [(14, "2026-03-05"), (0, "2026-03-04")])
def test_the_schedule_requests_that_partition(shop, hour, run):
    shop.table("sales", "id: long!, sold_at: timestamp!", SALES, pattern=r"sales_\d{8}\.json")
    defs = build_definitions(shop.project())
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 5, hour, tzinfo=UTC), repository_def=defs.get_repository_def()
    )
    tick = defs.resolve_schedule_def("hourly__daily_partitions").evaluate_tick(context)
    assert [request.partition_key for request in tick.run_requests] == [run]


def test_a_tick_before_the_first_partition_is_skipped_with_a_reason(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!", SALES, pattern=r"sales_\d{8}\.json")
    defs = build_definitions(shop.project())
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2025, 3, 5, tzinfo=UTC), repository_def=defs.get_repository_def()
    )
    tick = defs.resolve_schedule_def("hourly__daily_partitions").evaluate_tick(context)
    assert "The partitions begin on 2026-01-01" in tick.skip_message


PARIS_ZONE = ZoneInfo("Europe/Paris")
HOURS = replace(DAYS, grain="hourly", timezone="Europe/Paris")


def hours_between(start, end):
    """Every full hour between two moments of Paris, clock changes included, in Paris."""
    instants = range(int(start.timestamp()), int(end.timestamp()), 3600)
    return [datetime.fromtimestamp(each, UTC).astimezone(PARIS_ZONE) for each in instants]


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_over_a_clock_change_every_hour_has_its_tick_and_every_tick_its_own_partition(day, hours):
    """Hourly ticks on an hourly grid: each closes the hour before it, under the key that Dagster gives it."""
    midnight = datetime(*day, tzinfo=PARIS_ZONE)
    ticks = hours_between(midnight, midnight + timedelta(days=1))
    keys = [partition_at_tick(HOURS, "0 * * * *", tick) for tick in ticks]
    assert len(set(keys)) == len(ticks) == hours
    before = [(tick.astimezone(UTC) - timedelta(hours=1)) for tick in ticks]
    grid = partitions_definition(HOURS)
    assert [grid.time_window_for_partition_key(key).start.astimezone(UTC) for key in keys] == before


@pytest.mark.parametrize("cron", ["0 0 * * *", "30 2 * * *", "0 6 * * *"])
@pytest.mark.parametrize("first", [datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 10, 16, tzinfo=UTC)])
def test_over_a_clock_change_every_day_is_built_once(shop, cron, first):
    """Also at half past two, an hour that one night does not have and another has twice: the ticks are those of Dagster."""
    days = replace(PARIS, start=datetime(2026, 1, 1))
    ticks = ticks_of(cron, first, 20)
    keys = [partition_at_tick(days, cron, tick.astimezone(PARIS_ZONE)) for tick in ticks]
    start = date.fromisoformat(keys[0])
    assert keys == [str(start + timedelta(days=number)) for number in range(20)]
    assert set(keys) <= set(partitions_definition(days).get_partition_keys(current_time=datetime(2027, 1, 1, tzinfo=UTC)))


def ticks_of(cron, start, number):
    """What Dagster's scheduler goes by."""
    return list(islice(cron_string_iterator(start.timestamp(), cron, "Europe/Paris"), number))


DAG = "version: 1\ndag:\n  options: {%s}\n"


def schedules_of(shop, options="", **tasks):
    """The schedules of tasks `name="schedule: ..."` under the options of a dag."""
    shop.write("config/dags/t.sl.yml", DAG % options)
    application = shop.root / "config/application.sl.yml"
    application.write_text(application.read_text() + "  timezone: Europe/Paris\n")
    for name, extra in tasks.items():
        shop.task(name, "select 1 as one", extra)
    return {each.name: each for each in build_definitions(shop.project()).schedules}


def test_options_give_a_schedule_its_zone_and_its_start(shop):
    found = schedules_of(
        shop,
        "timezone: Asia/Tokyo, start_date: 2026-05-01",
        ours="schedule: daily",
        theirs="schedule: daily\ndagRef: t",
    )
    assert {name: each.execution_timezone for name, each in found.items()} == {
        "daily": "Europe/Paris",
        "daily__Asia_Tokyo": "Asia/Tokyo",
    }
    assert found["daily__Asia_Tokyo"].description == "0 0 * * * (Asia/Tokyo, from 2026-05-01 00:00): kpi.theirs."


@pytest.mark.parametrize(("tick", "runs"), [("2026-04-30T15:00+00:00", True), ("2026-04-29T15:00+00:00", False)])
def test_ticks_before_the_start_are_skipped(shop, tick, runs):
    """The start is midnight in Tokyo, which is three in the afternoon of the day before in UTC."""
    schedules_of(shop, "timezone: Asia/Tokyo, start_date: 2026-05-01", theirs="schedule: daily\ndagRef: t")
    defs = build_definitions(shop.project())
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime.fromisoformat(tick), repository_def=defs.get_repository_def()
    )
    evaluated = defs.resolve_schedule_def("daily__Asia_Tokyo").evaluate_tick(context)
    assert bool(evaluated.run_requests) is runs
    assert runs or "begins on 2026-05-01" in evaluated.skip_message


@pytest.mark.parametrize("option", ["run_dependencies_first", "load_dependencies"])
def test_with_dependencies_first_a_schedule_begins_with_the_whole_chain(shop, option):
    shop.table("raw", "id: long!")
    shop.write("config/dags/t.sl.yml", DAG % f"{option}: true")
    for name, upstream in (("c", "shop.raw"), ("b", "kpi.c"), ("a", "kpi.b")):
        shop.task(name, f"select * from {upstream}")
    shop.task("t", "select * from kpi.a", "schedule: daily\ndagRef: t")
    defs = build_definitions(shop.project())
    job = defs.resolve_job_def("daily__job")
    held = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert held == {"shop/import", "shop/raw", "kpi/c", "kpi/b", "kpi/a", "kpi/t"}


def test_without_it_a_schedule_runs_what_has_its_cron_only(shop):
    shop.task("a", "select 1 as one")
    shop.task("t", "select * from kpi.a", "schedule: daily")
    defs = build_definitions(shop.project())
    held = {key.to_user_string() for key in defs.resolve_job_def("daily__job").asset_layer.executable_asset_keys}
    assert held == {"kpi/t"}


def test_a_pool_is_used_where_the_project_names_one(shop):
    shop.write("config/dags/t.sl.yml", DAG % "default_pool: heavy")
    shop.task("light", "select 1 as one")
    shop.task("big", "select 1 as one", "dagRef: t")
    graph = build_definitions(shop.project()).resolve_asset_graph()
    pools = {name: graph.get(dg.AssetKey(["kpi", name])).pools for name in ("light", "big")}
    assert pools == {"light": set(), "big": {"heavy"}}
