"""Partitions as windows of time: a key is the start of its window, the window is `[start, end)`.

Keys are written as Dagster writes them, and the grid is Dagster's: hours, days, weeks from Sunday, months or the ticks of a cron,
in the time zone of the partitions, daylight saving included.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sl_assets.project.cron_grid import tick_after, tick_at_or_before
from sl_assets.project.records import Partitions

DAY_FORMAT, MINUTE_FORMAT = "%Y-%m-%d", "%Y-%m-%d-%H:%M"
KEY_FORMATS = {"daily": DAY_FORMAT, "weekly": DAY_FORMAT, "monthly": DAY_FORMAT}  # any other: hourly, a cron
JAVA_DATE_LETTERS = (
    ("yyyy", "%Y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
)


@dataclass(frozen=True)
class Window:
    """One partition: its key and its bounds, both aware; `end` is exclusive."""

    key: str
    start: datetime
    end: datetime


def window_of_key(partitions: Partitions, key: str) -> Window:
    """The window of a partition key.

    Raises:
        ValueError: The key is not one of this grain.
    """
    zone = ZoneInfo(partitions.timezone)
    written = key_format(partitions.grain)
    if written == MINUTE_FORMAT and len(key) > len("2026-01-01-00:00"):
        return window_at(partitions, datetime.strptime(key, f"{written}%z"))
    return window_at(partitions, datetime.strptime(key, written).replace(tzinfo=zone))


def key_format(grain: str) -> str:
    """How the keys of a grain are written, as Python's `strftime` has it."""
    return KEY_FORMATS.get(grain, MINUTE_FORMAT)


def first_start(partitions: Partitions) -> datetime:
    """Where the first window begins: the one that contains `start`."""
    return window_at(partitions, partitions.start).start


def last_end(partitions: Partitions) -> datetime | None:
    """Where the last window ends: at `end`, or at the last bound before it; None without one."""
    return window_at(partitions, partitions.end).start if partitions.end else None


def exists(partitions: Partitions, window: Window, now: datetime) -> bool:
    """Whether a window is a partition at a moment: not before the first, not after the last nor the one that contains now."""
    end = last_end(partitions)
    return first_start(partitions) <= window.start and (window.start <= now if end is None else window.end <= min(end, now))


def window_at(partitions: Partitions, moment: datetime) -> Window:
    """The window that contains a moment (aware; a naive one is taken in the time zone of the partitions)."""
    zone = ZoneInfo(partitions.timezone)
    local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return _window_from(partitions, _floor(local, partitions.grain))


def _window_from(partitions: Partitions, start: datetime) -> Window:
    return Window(_key(start, partitions.grain), start, _next(start, partitions.grain))


def windows_between(partitions: Partitions, start: datetime, end: datetime) -> tuple[Window, ...]:
    """The windows that begin in `[start, end)`, in order."""
    windows: list[Window] = []
    window = window_at(partitions, start)
    while window.start < end:
        windows.append(window)
        window = _window_from(partitions, window.end)
    return tuple(windows)


def partition_of_file(partitions: Partitions, name: str) -> str | None:
    """The partition key a file's name carries; None when it carries none, or a date that does not exist."""
    if partitions.file is None or partitions.format is None:
        return None
    match = re.fullmatch(partitions.file, name)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match["partition"], _strptime_format(partitions.format))  # noqa: DTZ007 - zone below
    except ValueError:
        return None
    return window_at(partitions, moment).key


def merge_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Adjacent windows joined under the first one's key, so that a year of days is one range."""
    merged: list[Window] = []
    for window in sorted(windows, key=lambda each: each.start):
        if merged and merged[-1].end == window.start:
            merged[-1] = Window(merged[-1].key, merged[-1].start, window.end)
        else:
            merged.append(window)
    return tuple(merged)


def window_variables(windows: Sequence[Window], timezone: str) -> dict[str, str]:
    """Starlake's variables of a run over contiguous windows, `yyyy-MM-dd HH:mm:ss` in the time zone of the session.

    That is where the SQL they stand in is read, whatever zone the partitions are in. Start is inclusive, end exclusive;
    Starlake's "scheduled date" is the end.
    """
    zone = ZoneInfo(timezone)
    start = windows[0].start.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    end = windows[-1].end.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "sl_start_date": start,
        "sl_end_date": end,
        "sl_data_interval_start": start,
        "sl_data_interval_end": end,
        "sl_scheduled_date": end,
    }


def _strptime_format(java: str) -> str:
    for letters, directive in JAVA_DATE_LETTERS:
        java = java.replace(letters, directive)
    return java


def _key(start: datetime, grain: str) -> str:
    """Dagster's key; the hour that a clock change repeats carries its offset the second time."""
    written = key_format(grain)
    return start.strftime(written + ("%z" if written == MINUTE_FORMAT and start.fold else ""))


def _floor(moment: datetime, grain: str) -> datetime:
    if grain == "hourly":
        return moment.replace(minute=0, second=0, microsecond=0)
    if grain not in KEY_FORMATS:
        return tick_at_or_before(grain, moment)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if grain == "weekly":
        return day - timedelta(days=day.isoweekday() % 7)
    if grain == "monthly":
        return day.replace(day=1)
    return day


def _next(start: datetime, grain: str) -> datetime:
    if grain == "hourly":
        return (start.astimezone(UTC) + timedelta(hours=1)).astimezone(start.tzinfo)
    if grain not in KEY_FORMATS:
        return tick_after(grain, start)
    if grain == "monthly":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=7 if grain == "weekly" else 1)
