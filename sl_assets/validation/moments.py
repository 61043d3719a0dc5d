"""Rules of `date` and `timestamp`."""

import re
from functools import reduce
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sl_assets.project.records import Type
from sl_assets.sql.text import quote_text
from sl_assets.validation.iso_dates import ISO_WEEK, NAMED, PATTERNS, Named
from sl_assets.validation.java_dates import Layout, layouts
from sl_assets.validation.rules import OfText, ScalarRule, null_or_value

_NAIVE = frozenset({"TIMESTAMP", "DATETIME"})
_UTC = frozenset({"UTC", "Z", "GMT", "Etc/UTC"})
_SECONDS_PER_UNIT = {"EPOCH_SECOND": 1_000_000, "EPOCH_MILLI": 1_000}


def date_rule(kind: Type) -> ScalarRule:
    """`date`: the texts of the pattern that are days of the calendar.

    Raises:
        ValueError: The pattern has no translation.
    """
    if kind.pattern.upper() in {"YYYY-MM-DD", "ISO_LOCAL_DATE"} and kind.pattern not in {"YYYY-MM-DD"}:
        return ScalarRule(
            cast=lambda text: f"TRY_CAST({text} AS DATE)",
            matches=lambda text: f"(strlen({text}) = 10 AND coalesce(CAST(TRY_CAST({text} AS DATE) AS VARCHAR) = {text}, false))",
            surely=lambda text, value: (
                f"({text} IS NULL OR (strlen({text}) = 10 AND CAST({value} AS VARCHAR) = {text}))"
            ),
        )
    cast = _moment(kind.pattern, "UTC", naive=True)

    def day(text: str) -> str:
        return f"CAST({cast(text)} AS DATE)"

    return ScalarRule(day, matches=lambda text: f"{day(text)} IS NOT NULL", surely=null_or_value)


def timestamp_rule(kind: Type, timezone: str) -> ScalarRule:
    """`timestamp`: an instant, or a local time at the type's `zone` (the project's timezone where it has none).

    Raises:
        ValueError: The pattern has no translation, or the zone is unknown.
    """
    zone = _zone(kind.zone or timezone)
    naive = kind.ddl.upper() in _NAIVE
    if kind.pattern == "yyyy-MM-dd HH:mm:ss":
        return _usual_timestamp(zone, naive=naive)
    cast = _moment(kind.pattern, zone, naive=naive)
    return ScalarRule(cast, matches=lambda text: f"{cast(text)} IS NOT NULL", surely=null_or_value)


def _usual_timestamp(zone: str, *, naive: bool) -> ScalarRule:
    lenient = quote_text(r"\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}")

    def local(text: str) -> str:
        return f"TRY_CAST({text} AS TIMESTAMP)"

    def exactly(text: str) -> str:
        strict = f"strlen({text}) = 19 AND coalesce(CAST({local(text)} AS VARCHAR) = {text}, false)"
        return f"(({strict}) OR (regexp_full_match({text}, {lenient}) AND {local(text)} IS NOT NULL AND {_real(text)}))"

    def spelled(text: str, value: str) -> str:
        back = f"CAST({value} AS VARCHAR) = {text}" if naive else f"strftime({value} AT TIME ZONE '{zone}', '%Y-%m-%d %H:%M:%S') = {text}"
        return f"({text} IS NULL OR (strlen({text}) = 19 AND {back}))"

    return ScalarRule(lambda text: _at(local(text), zone, naive=naive), matches=exactly, surely=spelled)
