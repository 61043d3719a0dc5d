"""The ticks of a cron, as Dagster's schedules have them: clock changes included."""

from datetime import datetime
from functools import cache

import dagster as dg

from sl_assets.project.records import Partitions
from sl_assets.project.windows import window_at

_LONG_AGO = "1990-01-01-00:00"


def tick_at_or_before(cron: str, timezone: str, moment: datetime) -> datetime:
    """The last tick that is not after a moment (aware)."""
    return _start(cron, timezone, moment, before=False)


def tick_before(cron: str, timezone: str, moment: datetime) -> datetime:
    """The last tick before a moment (aware): for a tick, where the interval that it closes begins."""
    return _start(cron, timezone, moment, before=True)


def partition_at_tick(partitions: Partitions, cron: str, tick: datetime) -> str | None:
    """The partition a tick is for: the window that contains the start of the interval the tick closes.

    The cron is in the time zone of the tick: a `ZoneInfo`, or else UTC.

    A tick closes the interval since the tick before it: an hourly schedule on daily partitions works on the day it is in, and
    at midnight still on the day that just ended; a daily one on the day before. None outside start and end.
    """
    window = window_at(partitions, tick_before(cron, str(tick.tzinfo), tick))
    first = window_at(partitions, partitions.start).start
    ended = partitions.end is not None and window.start >= window_at(partitions, partitions.end).start
    return None if window.start < first or ended else window.key


def _start(cron: str, timezone: str, moment: datetime, *, before: bool) -> datetime:
    grid = _grid(cron, timezone)
    key = grid.get_partition_key_for_timestamp(moment.timestamp(), end_closed=before)
    return grid.time_window_for_partition_key(key).start


@cache
def _grid(cron: str, timezone: str) -> dg.TimeWindowPartitionsDefinition:
    """The intervals between ticks: a partitions definition is where Dagster publishes its arithmetic of crons."""
    return dg.TimeWindowPartitionsDefinition(start=_LONG_AGO, fmt="%Y-%m-%d-%H:%M", cron_schedule=cron, timezone=timezone)
