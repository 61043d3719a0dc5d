"""Partition mappings are exact: a partition is made of those it shares time with, whatever the grains and the bounds."""

from datetime import UTC, datetime
from functools import cache
from itertools import permutations

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.partitions import (
    partition_mapping,
    partition_of_waiting_file,
    partitions_definition,
    shared_partitions,
)
from sl_assets.project.records import Partitions
from sl_assets.project.windows import exists, first_start, last_end, window_at, windows_between

BOUNDS = {  # each begins and ends where the others do not
    "hourly": ("2026-03-27", "2026-04-02"),
    "daily": ("2026-03-20", "2026-04-10"),
    "weekly": ("2026-03-01", "2026-04-12"),
    "monthly": ("2026-02-01", "2026-05-01"),
    "0 6 * * *": ("2026-03-22", "2026-04-08"),
    "0 0 1,15 * *": ("2026-03-01", "2026-05-01"),
}


def grid(grain, zone="UTC"):
    start, end = (datetime.fromisoformat(each) for each in BOUNDS[grain])
    return Partitions(grain, start, "at", end, zone)


@cache
def windows(partitions):
    """Keys with the two ends of their windows, in UTC."""
    end = last_end(partitions)
    assert end is not None
    found = windows_between(partitions, first_start(partitions), end)
    return [(each.key, each.start.astimezone(UTC), each.end.astimezone(UTC)) for each in found]


def overlapping(window, others):
    """What shares time with a window, by comparing all with all."""
    _, start, end = window
    return [key for key, begin, stop in others if begin < end and start < stop]


@pytest.mark.parametrize("zone", [pytest.param("UTC", marks=pytest.mark.slow), "Europe/Paris"])
@pytest.mark.parametrize(("above", "below"), [*permutations(BOUNDS, 2)])
def test_a_partition_is_made_of_those_it_shares_time_with(above, below, zone):
    upstream, downstream = grid(above, zone), grid(below, zone)
    theirs, ours = partitions_definition(upstream), partitions_definition(downstream)
    mapping = partition_mapping(upstream, downstream)
    assert mapping is not None
    for window in windows(downstream):
        made_of = mapping.get_upstream_mapped_partitions_result_for_partitions(
            ours.subset_with_partition_keys([window[0]]), ours, theirs
        )
        assert list(made_of.partitions_subset.get_partition_keys()) == overlapping(window, windows(upstream))
        assert made_of.required_but_nonexistent_subset.is_empty
    for window in windows(upstream):
        subset = theirs.subset_with_partition_keys([window[0]])
        below_it = mapping.get_downstream_partitions_for_partitions(subset, theirs, ours)
        expected = overlapping(window, windows(downstream))
        assert list(below_it.get_partition_keys()) == expected
        assert list(shared_partitions(upstream, window[0], downstream)) == expected


@pytest.mark.parametrize(
    ("above", "below"), [("hourly", "daily"), ("daily", "daily"), ("daily", "monthly"), ("weekly", "hourly")]
)
def test_sl_assets_run_maps_partitions_of_different_zones_where_dagster_takes_all(above, below):
    upstream, downstream = grid(above, "America/New_York"), grid(below, "Europe/Paris")
    assert isinstance(partition_mapping(upstream, downstream), dg.AllPartitionMapping)
    for window in windows(upstream):
        assert list(shared_partitions(upstream, window[0], downstream)) == overlapping(window, windows(downstream))


def test_the_same_partitions_and_none_are_mapped_by_dagster_itself():
    assert partition_mapping(grid("daily"), grid("daily")) is None
    assert partition_mapping(None, grid("daily")) is None
    assert partition_mapping(grid("daily"), None) is None


def test_the_first_partition_contains_the_start():
    weekly = Partitions("weekly", datetime(2026, 3, 4), "at", datetime(2026, 3, 20))
    assert partitions_definition(weekly).get_partition_keys() == ["2026-03-01", "2026-03-08"]


def test_the_edges_of_a_project_carry_the_mapping_and_load_into_dagster(shop):
    day = "{grain: %s, start: 2026-01-01, column: day%s}"
    shop.task("source", "select current_date as day")
    shop.task("days", "select * from kpi.source", f"partitions: {day % ('daily', '')}")
    shop.task("same", "select * from kpi.days", f"partitions: {day % ('daily', '')}")
    shop.task("months", "select * from kpi.days", f"partitions: {day % ('monthly', '')}")
    shop.task("noons", "select * from kpi.days", f"partitions: {day % ('0 12 * * *', '')}")
    shop.task("paris", "select * from kpi.days", f"partitions: {day % ('daily', ', timezone: Europe/Paris')}")
    shop.task("all", "select * from kpi.months")
    defs = build_definitions(shop.project())
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    edges = {
        f"{parent.path[1]} -> {key.path[1]}": graph.get_partition_mapping(key, parent).__class__.__name__
        for key in graph.materializable_asset_keys
        for parent in graph.get(key).parent_keys
    }
    assert edges == {
        "source -> days": "AllPartitionMapping",
        "days -> same": "TimeWindowPartitionMapping",
        "days -> months": "TimeWindowPartitionMapping",
        "days -> noons": "TimeWindowPartitionMapping",
        "days -> paris": "AllPartitionMapping",
        "months -> all": "AllPartitionMapping",
    }


def test_the_current_month_is_made_of_the_days_that_there_are():
    days, months = (Partitions(grain, datetime(2026, 1, 1), "at") for grain in ("daily", "monthly"))
    now = datetime.now(UTC)
    mapping = partition_mapping(days, months)
    assert mapping is not None
    ours = partitions_definition(months)
    key = window_at(months, now).key
    made_of = mapping.get_upstream_mapped_partitions_result_for_partitions(
        ours.subset_with_partition_keys([key]), ours, partitions_definition(days)
    )
    assert made_of.required_but_nonexistent_subset.is_empty
    assert list(made_of.partitions_subset.get_partition_keys())[-1] == window_at(days, now).key


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("d_20260320.csv", ""),
        ("d_20260319.csv", "says 2026-03-19, and the partitions begin with 2026-03-20"),
        ("d_20260410.csv", "says 2026-04-10, and the partitions end before 2026-04-10"),
        ("d_2026.csv", "carries no partition: partitions.file is d_(?P<partition>.*)\\.csv"),
    ],
)
def test_a_file_that_waits_for_no_partition_is_told_why(name, reason):
    start, end = (datetime.fromisoformat(each) for each in BOUNDS["daily"])
    partitions = Partitions("daily", start, "at", end, file=r"d_(?P<partition>.*)\.csv", format="yyyyMMdd")
    assert partition_of_waiting_file(partitions, name).reason == reason


def test_a_file_of_tomorrow_waits_for_tomorrow():
    partitions = Partitions("daily", datetime(2026, 1, 1), "at", file=r"d_(?P<partition>.*)\.csv", format="yyyyMMdd")
    assert partition_of_waiting_file(partitions, "d_29990101.csv").reason == "says 2999-01-01, which is no partition yet"


@pytest.mark.parametrize("end", [None, datetime(2999, 1, 1)])
@pytest.mark.parametrize("grain", BOUNDS)
def test_what_exists_by_now_is_what_dagster_has(grain, end):
    partitions = Partitions(grain, datetime(2026, 9, 1), "at", end)
    now = datetime.now(UTC)
    around = windows_between(partitions, datetime(2026, 8, 15, tzinfo=UTC), datetime(now.year + 1, 2, 1, tzinfo=UTC))
    keys = partitions_definition(partitions).get_partition_keys(now)
    assert [each.key for each in around if exists(partitions, each, now)] == keys
