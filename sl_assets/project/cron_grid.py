"""A cron as the grid of partitions: each tick begins a window that ends at the next one.

Ticks are Dagster's, clock changes included: where the hour is `*`, a minute that a clock change repeats ticks twice and one that
it skips not at all. Any other cron that ticks in such an hour is refused: its windows would depend on who computes them.
"""

from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

_FIELDS = 5
_NONE, _HOUR = timedelta(0), timedelta(hours=1)
_YEARS_CHECKED = 10


def read_cron(text: str) -> str | None:
    """A cron of five fields with single spaces; None when it is none, or never ticks."""
    cron = " ".join(text.split())
    return cron if _is_cron(cron) and _ticks_at_all(cron) else None


def never_ticks(text: str) -> bool:
    """Whether a text is a cron of five fields for a day that no year has: `0 0 30 2 *`."""
    cron = " ".join(text.split())
    return _is_cron(cron) and not _ticks_at_all(cron)


def _is_cron(cron: str) -> bool:
    return len(cron.split()) == _FIELDS and croniter.is_valid(cron)


def _ticks_at_all(cron: str) -> bool:
    try:
        croniter(cron, datetime(2024, 1, 1, tzinfo=UTC)).get_next(datetime)
    except CroniterBadDateError:
        return False
    return True


def tick_at_or_before(cron: str, moment: datetime) -> datetime:
    """The last tick that is not after a moment (aware; its zone is that of the grid)."""
    zone = _zone(moment)
    found: list[datetime] = []
    naive = moment.replace(tzinfo=None, fold=0, second=0, microsecond=0) + _lookaround(moment) + timedelta(minutes=1)
    for tick in _ticks(cron, naive, backwards=True):
        found += [instant for instant in _instants(tick, zone) if instant <= moment.astimezone(UTC)]
        if found and tick <= moment.replace(tzinfo=None):
            return max(found).astimezone(zone)
    raise AssertionError("a cron has no first tick")


def tick_after(cron: str, tick: datetime) -> datetime:
    """The first tick after a moment (aware)."""
    zone = _zone(tick)
    found: list[datetime] = []
    naive = tick.replace(tzinfo=None, fold=0) - _lookaround(tick)
    for each in _ticks(cron, naive):
        found += [instant for instant in _instants(each, zone) if instant > tick.astimezone(UTC)]
        if found and each > tick.replace(tzinfo=None):
            return min(found).astimezone(zone)
    raise AssertionError("a cron has no last tick")


def in_clock_change(cron: str, timezone: str, start: datetime) -> datetime | None:
    """A tick that a clock change skips or repeats, within ten years from `start`; None when there is none.

    Where the hour is `*` that is no matter, as long as clocks change by whole hours.
    """
    zone = ZoneInfo(timezone)
    every_hour = cron.split()[1] == "*"
    for midnight, shift in _clock_changes(zone, start):
        if every_hour and shift % _HOUR == _NONE:
            continue
        for tick in _ticks(cron, midnight - timedelta(minutes=1)):
            if tick >= midnight + timedelta(days=1):
                break
            if len(_instants(tick, zone)) != 1:
                return tick
    return None


def _clock_changes(zone: ZoneInfo, start: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """The days on which clocks change, and by how much."""
    first = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    midnights = [first + timedelta(days=day) for day in range(_YEARS_CHECKED * 366)]
    for day, next_day in pairwise(midnights):
        shift = (day.replace(tzinfo=zone).utcoffset() or _NONE) - (next_day.replace(tzinfo=zone).utcoffset() or _NONE)
        if shift:
            yield day, shift


def _ticks(cron: str, start: datetime, *, backwards: bool = False) -> Iterator[datetime]:
    """Ticks on the face of the clock."""
    ticks = copy(_parsed(cron))
    ticks.set_current(start)
    while True:
        yield ticks.get_prev(datetime) if backwards else ticks.get_next(datetime)


@lru_cache
def _parsed(cron: str) -> croniter:
    """To copy: nobody shares the place where it stands. A grid asks the same cron twice for every window."""
    return croniter(cron, datetime(2024, 1, 1))  # noqa: DTZ001 - the face of a clock has no zone


def _instants(naive: datetime, zone: ZoneInfo) -> list[datetime]:
    """When a clock shows a time, in UTC: once, twice or never."""
    both = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return sorted({each for each in both if each.astimezone(zone).replace(tzinfo=None, fold=0) == naive})


def _lookaround(moment: datetime) -> timedelta:
    """Near a clock change the face of the clock does not tell the order of ticks: then an hour more is looked at."""
    zone, instant = _zone(moment), moment.astimezone(UTC)
    offsets = {(instant + hours * _HOUR).astimezone(zone).utcoffset() for hours in (-2, 2)}
    return _HOUR if len(offsets) > 1 else _NONE


def _zone(moment: datetime) -> ZoneInfo:
    if not isinstance(moment.tzinfo, ZoneInfo):
        raise TypeError("A grid needs a moment in a named time zone.")
    return moment.tzinfo
