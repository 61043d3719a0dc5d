"""Schedules and durations: presets, crons, freshness."""

import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from sl_assets.project.cron_grid import never_ticks, read_cron
from sl_assets.project.records import Freshness
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.metadata import FreshnessSpec
from sl_assets.spec.read import Source

BUILT_IN_PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "hourly": "0 * * * *",
        "daily": "0 0 * * *",
        "weekly": "0 0 * * 1",
        "monthly": "0 0 1 * *",
        "yearly": "0 0 1 1 *",
    }
)
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_WORDS = {
    "week": "w", "weeks": "w",
    "day": "d", "days": "d",
    "hour": "h", "hours": "h", "hr": "h", "hrs": "h",
    "minute": "m", "minutes": "m", "min": "m", "mins": "m",
    "second": "s", "seconds": "s", "sec": "s", "secs": "s",
}  # fmt: skip
_AMOUNT = re.compile(r"(\d+)\s*([a-z]+)\s*,?\s*")
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)


def read_schedule(text: str | None, presets: Mapping[str, str], source: Source, findings: Findings, *steps: str) -> str | None:
    """A schedule as a cron of five fields; None when there is none, or the text says `None`.

    A text with a space is a cron, any other the name of a preset. What is neither is SL209.
    """
    if text is None or text.strip() in ("", "None"):
        return None
    text = text.strip()
    cron = text if " " in text else presets.get(text)
    place, subject = source.place(*steps), source.subject(*steps)
    if cron is None:
        hint = f"{allowed(presets, text)} Or write a cron of five fields, such as 0 6 * * *."
        findings.error("SL209", place, subject, f'"{text}" is no schedule preset.', hint)
        return None
    if read_cron(cron) is None:
        via = "" if cron == text else f" (preset {text})"
        fact = "is not a valid cron."
        hint = "A cron has five fields: minute hour day-of-month month day-of-week, such as 0 6 * * *."
        if never_ticks(cron):
            fact, hint = "never fires: no year has such a day.", "Write a day that its month has."
        findings.error("SL209", place, subject, f'"{cron}"{via} {fact}', hint)
        return None
    return " ".join(cron.split())


def parse_duration(text: str) -> timedelta | None:
    """A duration such as `2 days`, `48h`, `1 day 6 hours` or ISO-8601's `PT48H`; None when it is none, or zero.

    Example:
        >>> parse_duration("90 minutes")
        datetime.timedelta(seconds=5400)
    """
    text = text.strip()
    if iso := _ISO.fullmatch(text):
        seconds = sum(int(amount or 0) * unit for amount, unit in zip(iso.groups(), _UNITS.values(), strict=True))
        return timedelta(seconds=seconds) if seconds else None
    seconds, end = 0, 0
    for match in _AMOUNT.finditer(text.lower()):
        unit = _WORDS.get(match.group(2), match.group(2))
        if match.start() != end or unit not in _UNITS:
            return None
        seconds, end = seconds + int(match.group(1)) * _UNITS[unit], match.end()
    return timedelta(seconds=seconds) if seconds and end == len(text) else None


def read_freshness(spec: FreshnessSpec | None, source: Source, findings: Findings) -> Freshness | None:
    """`freshness:` as durations; SL216 for what is no duration and for an error that comes before its warning."""
    if spec is None:
        return None
    warn = _duration(spec.warn, source, findings, "warn")
    error = _duration(spec.error, source, findings, "error")
    if warn is not None and error is not None and warn >= error:
        fact = f"fails after {spec.error}, which is not later than its warning after {spec.warn}."
        findings.error("SL216", source.place("error"), source.subject("error"), fact, "Let warn be the shorter one.")
        return None
    return Freshness(warn, error) if warn or error else None


def _duration(text: str | None, source: Source, findings: Findings, key: str) -> timedelta | None:
    if text is None:
        return None
    duration = parse_duration(text)
    if duration is None:
        hint = "Write a number and a unit, such as 2 days, 48h or 90 minutes."
        findings.error("SL216", source.place(key), source.subject(key), f'"{text}" is not a duration.', hint)
    return duration
