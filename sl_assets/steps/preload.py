"""Preload: is there anything to load? Nothing is moved, nothing is unpacked, and no ack file is used up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sl_assets.areas.files import InputFile
from sl_assets.areas.global_acks import find_ack
from sl_assets.areas.landing import NO_QUIET, Landed, landed_files, sort_files
from sl_assets.areas.stage import staged_files
from sl_assets.project.records import Domain, Project, Table, TableKey
from sl_assets.project.windows import Window
from sl_assets.steps.gate import ack_of_file, acks_of_run, day_of, needs_ack
from sl_assets.steps.reports import PreloadReport, TablePreload
from sl_assets.steps.stage import broken_sentences, busy_sentences


@dataclass(frozen=True)
class _Found:
    """The files of one table: in landing, in stage, still being written, and waiting for the ack file beside them."""

    landed: tuple[InputFile, ...]
    staged: tuple[InputFile, ...]
    busy: int
    unacknowledged: int

    @property
    def files(self) -> tuple[InputFile, ...]:
        return (*self.landed, *self.staged)


def preload(
    project: Project,
    domain: Domain,
    tables: Sequence[TableKey],
    quiet: timedelta = NO_QUIET,
    *,
    scheduled: datetime | None = None,
    windows: Sequence[Window] | None = None,
) -> PreloadReport:
    """Look whether a domain has anything to load for some of its tables (Starlake's `preload`), each by its own strategy.

    `imported` looks in landing and in stage (a file that an earlier run staged and did not load is waiting too), `pending` in
    stage only, `ack` for the ack file, and `none` is always ready. In archives the entries are counted.

    Args:
        project: The project.
        domain: Which domain.
        tables: The tables that are going to be loaded.
        quiet: A file that was modified less than this ago does not count.
        scheduled: The time the run stands for, with a zone; now, without it. It is in the path of an ack file.
        windows: The partitions that are going to be loaded, each with an ack file of its own.

    Raises:
        UnreadableFolderError, BrokenAckError: Nobody can say whether there is anything: that is not the same as "no".
    """
    domain_tables = project.tables_of(domain.name)
    landed = landed_files(domain_tables, quiet)
    staged = staged_files(project.areas, domain, domain_tables).by_table
    busy, waiting = (sort_files(files, domain_tables).by_table for files in (landed.busy, landed.unacknowledged))
    reports: dict[TableKey, TablePreload] = {}
    missing: dict[Path, None] = {}
    for key in tables:
        table = project.tables[key]
        found = _Found(landed.by_table[key], staged[key], len(busy[key]), len(waiting[key]))
        if needs_ack(table):
            acks = _acks(project, table, scheduled or datetime.now(UTC), windows, found)
            absent = [path for path in acks if find_ack(path) is None]
            missing |= dict.fromkeys(absent)
            reports[key] = _by_ack(found, acks, absent)
        else:
            reports[key] = _by_files(project, table, found)
    return PreloadReport(domain.name, reports, tuple(missing), _notes(landed))


def _acks(
    project: Project, table: Table, scheduled: datetime, windows: Sequence[Window] | None, found: _Found
) -> tuple[Path, ...]:
    """The ack files that are asked for. A run that names no partition asks for those of the files that are there."""
    if table.partitions and not windows and found.files:
        return tuple(dict.fromkeys(ack_of_file(table, day_of(project, scheduled), file) for file in found.files))
    return acks_of_run(project, table, scheduled, windows)


def _by_ack(found: _Found, acks: Sequence[Path], absent: Sequence[Path]) -> TablePreload:
    files = _count(len(found.files))
    if len(absent) < len(acks):
        there = ", ".join(str(path) for path in acks if path not in absent)
        return TablePreload(ready=True, files=len(found.files), reason=f"acknowledged by {there}; {files}{_unready(found)}")
    names = ", ".join(str(path) for path in absent)
    return TablePreload(ready=False, files=len(found.files), reason=f"waits for its ack file {names}; {files}")


def _by_files(project: Project, table: Table, found: _Found) -> TablePreload:
    strategy = table.orchestration.pre_load_strategy
    landed = () if strategy == "pending" else found.landed
    stage = project.areas.stage / table.key.domain
    places = [(len(landed), table.landing)] if table.landing and strategy != "pending" else []
    places += [(len(found.staged), stage)]
    count = len(landed) + len(found.staged)
    if count:
        reason = " and ".join(f"{_count(number)} in {place}" for number, place in places if number)
    else:
        where = " or ".join(_named(place) for _, place in places)
        reason = f"no file in {where} matches {table.pattern}"
    return TablePreload(ready=count > 0 or strategy == "none", files=count, reason=reason + _unready(found))


def _named(place: Path | None) -> str:
    return f"{place}{'' if place and place.exists() else ' (which does not exist)'}"


def _unready(found: _Found) -> str:
    told = [(found.busy, "still being written"), (found.unacknowledged, "waiting for the ack file beside it")]
    return "".join(f"; {number} {words}" for number, words in told if number)


def _notes(landed: Landed) -> tuple[str, ...]:
    return (*busy_sentences(landed.busy), *broken_sentences(landed.broken))


def _count(files: int) -> str:
    return f"{files} file{'' if files == 1 else 's'}"
