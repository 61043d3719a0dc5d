"""What an expression of `writeStrategy.types` may ask about a file, by Starlake's names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

_KIBI = 1024


@dataclass(frozen=True)
class FileFacts:
    """One file. `modified_at` and `now` are in the project's time zone; `groups` are those of the table's pattern."""

    groups: Mapping[str | int, str | None]
    size: int
    modified_at: datetime
    now: datetime


NUMBERS: Mapping[str, Callable[[FileFacts], int]] = MappingProxyType(
    {
        "fileSize": lambda file: file.size,
        "fileSizeB": lambda file: file.size,
        "fileSizeKo": lambda file: file.size // _KIBI,
        "fileSizeMo": lambda file: file.size // _KIBI**2,
        "fileSizeGo": lambda file: file.size // _KIBI**3,
        "fileSizeTo": lambda file: file.size // _KIBI**4,
        "dayOfWeek": lambda file: file.now.isoweekday(),
        "fileDayOfWeek": lambda file: file.modified_at.isoweekday(),
    }
)
"""Sizes are whole units, rounded down; Monday is day 1."""

FLAGS: Mapping[str, Callable[[FileFacts], bool]] = MappingProxyType(
    {
        "isFirstDayOfMonth": lambda file: file.now.day == 1,
        "isLastDayOfMonth": lambda file: _is_last_day(file.now),
        "isFileFirstDayOfMonth": lambda file: file.modified_at.day == 1,
        "isFileLastDayOfMonth": lambda file: _is_last_day(file.modified_at),
    }
)


def match_groups(pattern: str, name: str) -> dict[str | int, str | None]:
    """The groups of a table's pattern (Python's) in a file name, by number and by name; none when it does not match."""
    match = re.fullmatch(pattern, name)
    if match is None:
        return {}
    return {**dict(enumerate((match[0], *match.groups()))), **match.groupdict()}


def known_groups(pattern: str) -> tuple[str | int, ...]:
    """What `group(...)` may ask for under a table's pattern (Python's)."""
    compiled = re.compile(pattern)
    return (*range(compiled.groups + 1), *compiled.groupindex)


def _is_last_day(day: datetime) -> bool:
    return (day + timedelta(days=1)).day == 1
