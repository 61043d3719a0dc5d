"""Rule `partition`: the rows of a file lie in the window that its name tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sl_assets.project.records import Attribute, Partitions
from sl_assets.sql.text import quote_text
from sl_assets.validation.by_file import by_file
from sl_assets.validation.errors import RuleError
from sl_assets.validation.messages import FAULT, Subject

Windows = Mapping[str, tuple[datetime, datetime]]
"""File -> its window: start, and end (exclusive)."""


@dataclass(frozen=True)
class PartitionRule:
    """Rule `partition` of one reading: a cheap condition that implies "no fault", and the fault, both SQL."""

    certain: str
    fault: str


def partition_rule(
    attribute: Attribute, value: str, text: str, partitions: Partitions, windows: Windows, *, with_value: bool
) -> PartitionRule:
    """The rule for the rows of some files; a value that is no date at all has its own fault already.

    Whether a row is inside is asked of every row, what is wrong with it is worded for the others only. A statement gets the
    windows of its own files: each is part of its text, which DuckDB has to plan.

    Raises:
        RuleError: The column is neither a date nor a timestamp.
    """
    if attribute.type.primitive not in {"date", "timestamp"}:
        raise RuleError(
            attribute.name, attribute.type.name, "cannot be the column of partitions: it must be a date or a timestamp."
        )
    zone = ZoneInfo(partitions.timezone)
    instant = attribute.type.ddl.upper() in {"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"}
    bounds = {file: (_aware(start, zone), _aware(end, zone)) for file, (start, end) in windows.items()}
    inside = by_file({file: _inside(value, *window, instant=instant) for file, window in bounds.items()})
    certain = f"CASE WHEN {text} IS NULL OR {value} IS NOT NULL THEN ({inside}) IS NOT FALSE ELSE true END"
    words = {file: quote_text(f"[{start:%Y-%m-%d %H:%M}, {end:%Y-%m-%d %H:%M})") for file, (start, end) in bounds.items()}
    subject = Subject(attribute, quote_text(attribute.source), text, with_value)
    return PartitionRule(certain, f"CASE WHEN NOT ({certain}) THEN CAST({subject.outside(by_file(words))} AS {FAULT}) END")


def _inside(value: str, start: datetime, end: datetime, *, instant: bool) -> str:
    return f"({value} >= {_literal(start, instant=instant)} AND {value} < {_literal(end, instant=instant)}) IS TRUE"


def _aware(bound: datetime, zone: ZoneInfo) -> datetime:
    return bound.replace(tzinfo=zone) if bound.tzinfo is None else bound.astimezone(zone)


def _literal(bound: datetime, *, instant: bool) -> str:
    if instant:
        return f"TIMESTAMPTZ {quote_text(bound.isoformat(sep=' '))}"
    return f"TIMESTAMP {quote_text(bound.replace(tzinfo=None).isoformat(sep=' '))}"
