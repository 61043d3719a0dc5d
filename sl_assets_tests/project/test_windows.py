from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from sl_assets.orchestration.partitions import partitions_definition
from sl_assets.project.records import Partitions
from sl_assets.project.windows import (
    Window,
    merge_windows,
    partition_of_file,
    window_at,
    window_of_key,
    window_variables,
    windows_between,
)

DAILY = Partitions("daily", datetime(2026, 1, 1), "day")
PARIS = replace(DAILY, timezone="Europe/Paris")


@pytest.mark.parametrize("grain", ["hourly", "daily", "weekly", "monthly"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/New_York"])
def test_keys_and_windows_are_dagsters_over_a_year_with_both_clock_changes(grain, zone):
    partitions = Partitions(grain, datetime(2026, 1, 1), "at", end=datetime(2027, 1, 1), timezone=zone)
    definition = partitions_definition(partitions)
    for key in definition.get_partition_keys():
        theirs = definition.time_window_for_partition_key(key)
        ours = window_of_key(partitions, key)
        assert (ours.key, ours.start.astimezone(UTC), ours.end.astimezone(UTC)) == (
            key,
            theirs.start.astimezone(UTC),
            theirs.end.astimezone(UTC),
        )


def test_a_moment_belongs_to_the_day_of_the_partitions_own_time_zone():
    assert window_at(PARIS, datetime(2026, 6, 1, 22, 30, tzinfo=UTC)).key == "2026-06-02"


def test_a_day_with_a_clock_change_is_23_or_25_hours_long():
    lengths = [window_of_key(PARIS, key) for key in ("2026-03-29", "2026-10-25")]
    assert [(each.end.astimezone(UTC) - each.start.astimezone(UTC)).total_seconds() / 3600 for each in lengths] == [23, 25]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("orders_20260301_07.json", "2026-03-01"),
        ("orders_20261301_07.json", None),
        ("orders.json", None),
    ],
)
def test_a_files_name_yields_its_partition(name, key):
    partitions = replace(DAILY, file=r"orders_(?P<partition>\d{8})_\d{2}\.json", format="yyyyMMdd")
    assert partition_of_file(partitions, name) == key


def test_adjacent_windows_merge_and_gaps_stay():
    days = windows_between(DAILY, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
    merged = merge_windows([days[3], days[0], days[1], days[4]])
    assert [(each.start.day, each.end.day) for each in merged] == [(1, 3), (4, 6)]


def test_the_variables_are_start_inclusive_and_end_exclusive():
    window = Window("x", datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2026, 1, 2, tzinfo=ZoneInfo("UTC")))
    assert window_variables([window], "UTC") == {
        "sl_start_date": "2026-01-01 00:00:00",
        "sl_end_date": "2026-01-02 00:00:00",
        "sl_data_interval_start": "2026-01-01 00:00:00",
        "sl_data_interval_end": "2026-01-02 00:00:00",
        "sl_scheduled_date": "2026-01-02 00:00:00",
    }


def test_the_variables_are_in_the_zone_of_the_session_not_of_the_partitions():
    assert window_variables([window_of_key(PARIS, "2026-06-02")], "UTC")["sl_start_date"] == "2026-06-01 22:00:00"


def test_the_window_that_contains_now_is_a_partition():
    today = window_at(DAILY, datetime.now(UTC)).key
    assert partitions_definition(DAILY).get_partition_keys()[-1] == today
    assert isinstance(partitions_definition(DAILY), dg.DailyPartitionsDefinition)
