"""Rules of `date` and `timestamp`."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sl_assets.project.records import Type
from sl_assets.sql.text import quote_text
from sl_assets.validation.iso_dates import ISO_WEEK, NAMED, PATTERNS, Named
from sl_assets.validation.java_dates import Layout, layouts
from sl_assets.validation.rules import OfText, ScalarRule, null_or_value

_NAIVE = frozenset({"TIMESTAMP", "DATETIME"})
_UTC = frozenset({"UTC", "GMT", "Etc/UTC"})
_MICROSECONDS = {"EPOCH_SECOND": 1_000_000, "EPOCH_MILLI": 1_000}


def date_rule(kind: Type) -> ScalarRule:
    """`date`: the texts of the pattern that are days of the calendar.

    Raises:
        ValueError: The pattern has no translation.
    """
    if kind.pattern in {"yyyy-MM-dd", "uuuu-MM-dd", "ISO_LOCAL_DATE", "iso_local_date"}:
        return ScalarRule(
            cast=lambda text: f"TRY_CAST({text} AS DATE)",
            matches=lambda text: f"(strlen({text}) = 10 AND coalesce(CAST(TRY_CAST({text} AS DATE) AS VARCHAR) = {text}, false))",
            surely=lambda text, value: f"({text} IS NULL OR (strlen({text}) = 10 AND CAST({value} AS VARCHAR) = {text}))",
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
    unpadded = quote_text(layouts("y-M-d H:m:s")[0].regex)

    def local(text: str) -> str:
        return f"TRY_CAST({text} AS TIMESTAMP)"

    def spelled(text: str, value: str) -> str:
        return f"({text} IS NULL OR (strlen({text}) = 19 AND CAST({_back(value, zone, naive=naive)} AS VARCHAR) = {text}))"

    return ScalarRule(
        cast=lambda text: _at(local(text), zone, naive=naive),
        matches=lambda text: f"(regexp_full_match({text}, {unpadded}) AND {local(text)} IS NOT NULL)",
        surely=spelled,
    )


def _moment(pattern: str, zone: str, *, naive: bool) -> OfText:
    """Text -> instant (or, `naive`, the local time at the zone); NULL for texts that the pattern does not allow."""
    name = pattern.upper()
    if name in NAMED:
        return lambda text: _named(text, NAMED[name], zone, naive=naive)
    if name in _MICROSECONDS:
        return lambda text: _epoch(text, _MICROSECONDS[name], zone, naive=naive)
    if name == "ISO_WEEK_DATE":
        ways = ISO_WEEK
    else:
        ways = tuple(way for written in PATTERNS.get(name, (pattern,)) for way in layouts(written))
    return lambda text: _first([(way.regex, _parsed(text, way, zone, naive=naive)) for way in ways], text)


def _first(cases: Sequence[tuple[str, str]], text: str) -> str:
    whens = " ".join(f"WHEN regexp_full_match({text}, {quote_text(regex)}) THEN {value}" for regex, value in cases)
    return f"CASE {whens} END"


def _named(text: str, named: Named, zone: str, *, naive: bool) -> str:
    cases: list[tuple[str, str]] = []
    if named.local is not None:
        cases.append((named.local, _at(f"TRY_CAST({text} AS TIMESTAMP)", zone, naive=naive)))
    if named.zoned is not None:
        bare = f"regexp_replace({text}, '\\[.*\\]', '')" if r"\]" in named.zoned else text
        cases.append((named.zoned, _instant(f"TRY_CAST({bare} AS TIMESTAMPTZ)", zone, naive=naive)))
    return _first(cases, text)


def _epoch(text: str, unit: int, zone: str, *, naive: bool) -> str:
    instant = f"TRY(make_timestamptz(TRY_CAST({text} AS BIGINT) * {unit}))"
    return _first([("-?[0-9]+", _instant(instant, zone, naive=naive))], text)


def _parsed(text: str, way: Layout, zone: str, *, naive: bool) -> str:
    spelled = text
    if way.before_short_year is not None:
        spelled = (
            f"regexp_replace({spelled}, {quote_text(f'^({way.before_short_year})')}, '\\120')"  # \1, then 20: Java's century
        )
    if way.utc:
        spelled = f"regexp_replace({spelled}, 'Z$', '+00')"
    parsed = f"try_strptime({spelled}, {quote_text(way.strptime)})"
    return _instant(parsed, zone, naive=naive) if way.zoned else _at(parsed, zone, naive=naive)


def _at(local: str, zone: str, *, naive: bool) -> str:
    """A local time as the column's type. For UTC not by way of the calendar library, which is three times as slow."""
    if naive:
        return local
    return f"make_timestamptz(epoch_us({local}))" if zone in _UTC else f"timezone({quote_text(zone)}, {local})"


def _back(value: str, zone: str, *, naive: bool) -> str:
    """The inverse of `_at`."""
    if naive:
        return value
    return f"make_timestamp(epoch_us({value}))" if zone in _UTC else f"timezone({quote_text(zone)}, {value})"


def _instant(instant: str, zone: str, *, naive: bool) -> str:
    return f"timezone({quote_text(zone)}, {instant})" if naive else instant


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"is read in zone {name!r}, which is unknown") from error
    return name
