"""Our partitions as Dagster's: the same keys, the same windows."""

import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import dagster as dg

from sl_assets.project.records import Partitions
from sl_assets.project.windows import (
    Window,
    exists,
    first_start,
    key_format,
    last_end,
    partition_of_file,
    window_at,
    window_of_key,
    windows_between,
)

ANY_RANGE = 1_000_000  # more partitions than any backfill has: one run for each contiguous range


@cache
def partitions_definition(partitions: Partitions) -> dg.TimeWindowPartitionsDefinition:
    """The Dagster definition of a table's or task's partitions. The window that contains now is a partition (end offset 1).

    Dagster would begin with the first window after a `start` that is no bound; we begin with the one that contains it, so that
    nothing that `start` promises is left out.
    """
    bounds: dict[str, Any] = {
        "start": first_start(partitions).replace(tzinfo=None, fold=0),
        "end": partitions.end,
        "timezone": partitions.timezone,
        "end_offset": 0 if partitions.end else 1,
    }
    makers = {
        "hourly": dg.HourlyPartitionsDefinition,
        "daily": dg.DailyPartitionsDefinition,
        "weekly": dg.WeeklyPartitionsDefinition,
        "monthly": dg.MonthlyPartitionsDefinition,
    }
    if partitions.grain in makers:
        return makers[partitions.grain](start_date=bounds.pop("start"), end_date=bounds.pop("end"), **bounds)
    return dg.TimeWindowPartitionsDefinition(cron_schedule=partitions.grain, fmt=key_format(partitions.grain), **bounds)


def windows_of_keys(partitions: Partitions, keys: Iterable[str]) -> tuple[Window, ...]:
    """The windows of partition keys, in order of time."""
    return tuple(sorted((window_of_key(partitions, key) for key in keys), key=lambda window: window.start))


def windows_of_run(context: dg.AssetExecutionContext, partitions: Partitions | None) -> tuple[Window, ...] | None:
    """The windows a run is to build; None for what has no partitions.

    Raises:
        dg.Failure: A partitioned asset is run without a key.
    """
    if partitions is None:
        return None
    if not context.has_partition_key and not context.has_partition_key_range:
        raise dg.Failure(
            "This asset is partitioned and the run names no partition. Hint: choose partitions in the materialize dialog, "
            "or let `sl-assets run` find those that have new files.",
            allow_retries=False,
        )
    return windows_of_keys(partitions, context.partition_keys)


def partition_mapping(upstream: Partitions | None, downstream: Partitions | None) -> dg.PartitionMapping | None:
    """Which partitions of an upstream a partition is made of: those it shares time with. None: as Dagster does by itself.

    A partition that has no counterpart (the upstream began later, or this month is not over) is made of those that there are.
    Dagster cannot compare windows of different time zones: to it, each such partition is made of all. `sl-assets run` can
    (`shared_partitions`).
    """
    if upstream is None or downstream is None or upstream == downstream:
        return None
    if upstream.timezone != downstream.timezone:
        return dg.AllPartitionMapping()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # the parameter is beta; users can do nothing about that
        return dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)


def shared_partitions(upstream: Partitions, key: str, downstream: Partitions) -> tuple[str, ...]:
    """The partitions of a downstream grid that share time with a partition of an upstream one."""
    window, now = window_of_key(upstream, key), datetime.now(UTC)
    first = max(window_at(downstream, window.start).start, first_start(downstream))
    return tuple(each.key for each in windows_between(downstream, first, window.end) if exists(downstream, each, now))


class FilePartition(NamedTuple):
    """The partition a file waits for; or None, and why there is none."""

    key: str | None
    reason: str = ""


def partition_of_waiting_file(partitions: Partitions, name: str) -> FilePartition:
    """The partition of a file by its name, if there is one by now."""
    key = partition_of_file(partitions, name)
    if key is None:
        return FilePartition(None, f"carries no partition: partitions.file is {partitions.file}")
    window, now, end = window_of_key(partitions, key), datetime.now(UTC), last_end(partitions)
    if exists(partitions, window, now):
        return FilePartition(key)
    if window.start < first_start(partitions):
        return FilePartition(None, f"says {key}, and the partitions begin with {window_at(partitions, partitions.start).key}")
    if end is not None and window.start >= end:
        return FilePartition(None, f"says {key}, and the partitions end before {window_at(partitions, end).key}")
    return FilePartition(None, f"says {key}, which is no partition yet")
