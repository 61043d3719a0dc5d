"""Which files of a load are written together: as many as give the same result as one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from sl_assets.project.choices import ChoiceError, choose_type
from sl_assets.project.records import Table, WriteStrategy
from sl_assets.spec.metadata import STRATEGIES
from sl_assets.steps.candidates import Candidate

TOGETHER = frozenset(STRATEGIES) - {"OVERWRITE"}
"""Not OVERWRITE: of several files the last one counts, even when it has no row that could say so. No template either."""


@dataclass(frozen=True)
class Group:
    """Consecutive files and how they are written; `fault` says why no strategy could be chosen for them."""

    files: tuple[Candidate, ...]
    strategy: WriteStrategy
    fault: str = ""


def group_files(table: Table, files: Sequence[Candidate], now: datetime, timezone: str) -> list[Group]:
    """Put consecutive files of one strategy together, in order.

    Args:
        table: Whose files they are.
        files: In load order.
        now: The time the run stands for, with a zone.
        timezone: The project's.
    """
    alone = [_alone(table, file, _time_of(file) or now, timezone) for file in files]
    groups: list[Group] = []
    for (strategy, fault, _), run in groupby(alone, key=lambda each: (each.strategy, each.fault, each.files[0].loaded_at)):
        members = list(run)
        if fault or strategy.type not in TOGETHER or strategy.template or _each_counts(table, strategy):
            groups += members
        else:
            groups.append(Group(tuple(file for member in members for file in member.files), strategy))
    return groups


def _each_counts(table: Table, strategy: WriteStrategy) -> bool:
    """Whether limits and row expectations make what is together in a group matter: then each file is by itself."""
    judged = any(rule.judges or (rule.removes and strategy.type != "APPEND") for rule in table.row_expectations)
    return bool(table.limits) or judged


def in_order(table: Table) -> bool:
    """Whether a later file must not be written before an earlier one that failed."""
    return bool(table.strategy.templates) or any(kind != "APPEND" for kind in table.strategy.types)


def _time_of(file: Candidate) -> datetime | None:
    """A file that is loaded afresh is written as it was then."""
    return file.loaded_at and file.loaded_at.replace(tzinfo=UTC)


def _alone(table: Table, file: Candidate, now: datetime, timezone: str) -> Group:
    try:
        kind = choose_type(table, file.name, file.size, file.modified_at.replace(tzinfo=UTC), now, timezone)
    except ChoiceError as error:
        return Group((file,), table.strategy, str(error))
    return Group((file,), replace(table.strategy, type=kind, choices=()))
