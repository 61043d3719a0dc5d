"""Our partitions as Dagster's: the same keys, the same windows."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import dagster as dg

from sl_assets.project.records import Partitions
from sl_assets.project.windows import Window, first_start, key_format, window_of_key

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
