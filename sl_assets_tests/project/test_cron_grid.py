from datetime import UTC, datetime

import pytest

from sl_assets.orchestration.partitions import partitions_definition
from sl_assets.project.cron_grid import in_clock_change, read_cron
from sl_assets.project.records import Partitions
from sl_assets.project.windows import first_start, last_end, window_of_key, windows_between

pytestmark = pytest.mark.slow

YEAR = datetime(2025, 1, 1), datetime(2026, 1, 1)
SPRING, AUTUMN = (datetime(2025, 3, 5), datetime(2025, 4, 3)), (datetime(2025, 10, 20), datetime(2025, 11, 5))
CRONS = {
    "0 6 * * *": [YEAR],
    "0 6,18 * * *": [YEAR],
    "30 4 * * 1": [YEAR],
    "0 6 1 */3 *": [YEAR],
    "0 6 1,15 * 1": [YEAR],
    "0 */4 * * *": [SPRING, AUTUMN],
    "45 * * * *": [SPRING, AUTUMN],
    "5,50 * * * *": [AUTUMN],
    "*/30 * * * 1-5": [SPRING, AUTUMN],
}


@pytest.mark.parametrize(("cron", "start", "end"), [(cron, *span) for cron, spans in CRONS.items() for span in spans])
@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Asia/Kolkata"])
def test_windows_of_a_cron_are_dagsters_through_both_clock_changes(cron, start, end, zone):
    partitions = Partitions(cron, start, "at", end=end, timezone=zone)
    definition = partitions_definition(partitions)
    keys = definition.get_partition_keys()
    stop = last_end(partitions)
    assert stop is not None
    ours = windows_between(partitions, first_start(partitions), stop)
    assert [each.key for each in ours] == keys
    for window in ours:
        theirs = definition.time_window_for_partition_key(window.key)
        assert (window.start.astimezone(UTC), window.end.astimezone(UTC)) == (
            theirs.start.astimezone(UTC),
            theirs.end.astimezone(UTC),
        )
        assert window_of_key(partitions, window.key) == window


def test_the_hour_that_is_repeated_has_windows_of_its_own():
    partitions = Partitions("*/30 * * * *", datetime(2025, 10, 26), "at", end=datetime(2025, 10, 27), timezone="Europe/Paris")
    keys = [each.key for each in windows_between(partitions, first_start(partitions), datetime(2025, 10, 26, 2, 30, tzinfo=UTC))]
    assert keys[4:] == [
        "2025-10-26-02:00",
        "2025-10-26-02:30",
        "2025-10-26-02:00+0100",
        "2025-10-26-02:30+0100",
        "2025-10-26-03:00",
    ]


@pytest.mark.parametrize(
    ("cron", "zone", "tick"),
    [
        ("30 2 * * *", "Europe/Paris", datetime(2025, 3, 30, 2, 30)),
        ("30 2 * * *", "America/New_York", datetime(2025, 3, 9, 2, 30)),
        ("30 1 * * *", "America/New_York", datetime(2025, 11, 2, 1, 30)),
        ("0 2 1 * *", "America/New_York", None),
        ("0 1 1 11 *", "America/New_York", datetime(2026, 11, 1, 1, 0)),
        ("30 2 * * *", "UTC", None),
        ("30 2 * * *", "Asia/Kolkata", None),
        ("30 * * * *", "Europe/Paris", None),
        ("45 * * * *", "Australia/Lord_Howe", datetime(2025, 4, 6, 1, 45)),
    ],
)
def test_a_tick_in_an_hour_that_clocks_skip_or_repeat_is_found_within_ten_years(cron, zone, tick):
    assert in_clock_change(cron, zone, YEAR[0]) == tick


@pytest.mark.parametrize(
    ("text", "cron"),
    [("0  6 * *   1", "0 6 * * 1"), ("6 * * *", None), ("0 0 31 2 *", None), ("fortnightly", None), ("0 0 6 * * *", None)],
)
def test_a_cron_has_five_fields_and_ticks(text, cron):
    assert read_cron(text) == cron
