"""Rule `partition`: the rows of a file lie in the window that its name tells."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sl_assets.project.records import Attribute, Partitions
from sl_assets.sql.text import quote_text
from sl_assets.validation.by_file import by_file
from sl_assets.validation.errors import RuleError
from sl_assets.validation.messages import FAULT, Subject

Windows = Mapping[str, tuple[datetime, datetime]]
"""File -> its window: start, and end (exclusive)."""


def partition_fault(
    attribute: Attribute, value: str, text: str, partitions: Partitions, windows: Windows, *, with_value: bool
) -> str:
    """SQL of the fault of a row outside its file's window, or NULL; a value that is no date at all has its own fault already.

    Raises:
        RuleError: The column is neither a date nor a timestamp.
    """
    if attribute.type.primitive not in {"date", "timestamp"}:
        raise RuleError(
            attribute.name, attribute.type.name, "cannot be the column of partitions: it must be a date or a timestamp."
        )
    subject = Subject(attribute, quote_text(attribute.source), text, with_value)
    zone = ZoneInfo(partitions.timezone)
    instant = attribute.type.ddl.upper() in {"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"}
    faults = {file: _fault(subject, value, window, zone, instant=instant) for file, window in windows.items()}
    return f"CASE WHEN {text} IS NULL OR {value} IS NOT NULL THEN {by_file(faults)} END"


def _fault(subject: Subject, value: str, window: tuple[datetime, datetime], zone: ZoneInfo, *, instant: bool) -> str:
    start, end = (_aware(bound, zone) for bound in window)
    inside = f"{value} >= {_literal(start, instant=instant)} AND {value} < {_literal(end, instant=instant)}"
    words = f"[{start:%Y-%m-%d %H:%M}, {end:%Y-%m-%d %H:%M})"
    return f"CASE WHEN ({inside}) IS NOT TRUE THEN CAST({subject.outside(words)} AS {FAULT}) END"


def _aware(bound: datetime, zone: ZoneInfo) -> datetime:
    return bound.replace(tzinfo=zone) if bound.tzinfo is None else bound.astimezone(zone)


def _literal(bound: datetime, *, instant: bool) -> str:
    if instant:
        return f"TIMESTAMPTZ {quote_text(bound.isoformat(sep=' '))}"
    return f"TIMESTAMP {quote_text(bound.replace(tzinfo=None).isoformat(sep=' '))}"
