"""`partitions:`, our extension: windows of a table or task."""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sl_assets.project.application import check_timezone
from sl_assets.project.attributes import check_column
from sl_assets.project.cron_grid import in_clock_change, never_ticks, read_cron
from sl_assets.project.patterns import python_pattern
from sl_assets.project.records import Attribute, Partitions
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.read import Source
from sl_assets.spec.table import PartitionsSpec

HOURLY = "hourly"
GRAINS = (HOURLY, "daily", "weekly", "monthly")
GROUP = "partition"
"""The group of a file name pattern that says which window a file belongs to."""


def read_partitions(
    spec: PartitionsSpec | None,
    source: Source,
    findings: Findings,
    *,
    timezone: str,
    columns: Sequence[Attribute] | None,
    pattern: str | None = None,
) -> Partitions | None:
    """A `partitions` block, checked.

    Args:
        spec: As written; None: not partitioned.
        source: Where it is written.
        findings: Takes what is wrong (SL108, SL215, SL210, SL212).
        timezone: The project's, where the block names none.
        columns: The columns it can name; None when they are not known.
        pattern: The table's pattern for file names (Python's), for a load; it serves where `file` is left out.

    Returns:
        The partitions; None when `grain` or `start` cannot be read.
    """
    if spec is None:
        return None
    zone = check_timezone(spec.timezone, source, findings, "timezone") if spec.timezone else timezone
    start = _moment(spec.start, zone, source, findings, "start")
    end = _moment(spec.end, zone, source, findings, "end") if spec.end else None
    if start is not None and end is not None and end <= start:
        _wrong(source, findings, "end", f'"{spec.end}" is not after start "{spec.start}".', "end is exclusive.")
    column = spec.column if columns is None else check_column(spec.column, columns, source, findings, "column")
    file = _file(spec, source, findings, pattern) if pattern is not None else None
    grain = _grain(spec.grain, zone, start, source, findings)
    if start is None or grain is None:
        return None
    return Partitions(grain, start, column, end, zone, file, spec.format, spec.empty)


def _grain(text: str, zone: str, start: datetime | None, source: Source, findings: Findings) -> str | None:
    """One of the named grains, or a cron of five fields; no clock change of the zone may touch a cron, nor cut an hour in two."""
    if text in GRAINS and text != HOURLY:
        return text
    place, subject = source.place("grain"), source.subject("grain")
    cron = "0 * * * *" if text == HOURLY else read_cron(text)
    if cron is None:
        hint = f"{allowed(GRAINS, text)} Or a cron of five fields that begins each window, such as 0 6 * * *."
        fact = "never begins a window: no year has such a day." if never_ticks(text) else "is unknown."
        findings.error("SL108", place, subject, f'"{text}" {fact}', hint)
    elif start is not None and (tick := in_clock_change(cron, zone, start)):
        grain = text if text == HOURLY else cron
        fact = f'"{grain}" ticks at {tick:%Y-%m-%d %H:%M}, an hour that the clocks of {zone} skip or repeat.'
        hint = "Choose timezone: UTC." if text == HOURLY else "Choose another hour, or timezone: UTC."
        findings.error("SL215", place, subject, fact, hint)
    else:
        return text if text == HOURLY else cron
    return None


def _file(spec: PartitionsSpec, source: Source, findings: Findings, pattern: str) -> str | None:
    try:
        file = python_pattern(spec.file) if spec.file else pattern
    except re.error as error:
        findings.error("SL210", source.place("file"), source.subject("file"), f"not a regular expression: {error}.")
        return None
    if GROUP not in re.compile(file).groupindex:
        fact = f"no group ({GROUP}) says which window a file belongs to."
        _wrong(
            source, findings, "file", fact, f'Write it in file or in the pattern, such as "orders_(?<{GROUP}>[0-9]{{8}}).csv".'
        )
    if spec.format is None:
        hint = "Write the date pattern of the group, such as yyyyMMdd."
        _wrong(source, findings, "format", "is missing; a partitioned load needs it.", hint)
    return file


def _moment(text: str, zone: str, source: Source, findings: Findings, key: str) -> datetime | None:
    """A wall-clock time of the partitions' zone, without offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        _wrong(source, findings, key, f'"{text}" is not a date or date and time.', "Write 2024-01-31 or 2024-01-31T06:00:00.")
        return None
    return moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _wrong(source: Source, findings: Findings, key: str, fact: str, hint: str) -> None:
    findings.error("SL215", source.place(key), source.subject(key), fact, hint)
