from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.schedules import partition_at_tick
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
