"""The landing area: which file belongs to which table, and what is ready to be taken."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sl_assets.areas.acknowledgements import Acked, ack_file
from sl_assets.areas.entries import Entry, UnreadableArchiveError
from sl_assets.areas.files import TWIN, InputFile, list_files
from sl_assets.areas.packed import is_packed, list_entries
from sl_assets.project.records import Table, TableKey

NO_QUIET = timedelta(0)


@dataclass(frozen=True)
class Sorted:
    """Files by table, in load order, and those no table claims."""

    by_table: dict[TableKey, tuple[InputFile, ...]]
    unclaimed: tuple[InputFile, ...]


@dataclass(frozen=True)
class PackedFile:
    """An archive with entries for some tables. An entry has the path of the archive and its own name, size and time.

    `claimed` are the same entries as they are in the archive, `unclaimed` those that match no table.
    """

    file: InputFile
    by_table: dict[TableKey, tuple[InputFile, ...]]
    claimed: tuple[Entry, ...]
    unclaimed: tuple[Entry, ...]


@dataclass(frozen=True)
class Landed:
    """What lies in the landing folders of some tables.

    Attributes:
        files: Complete files by table, in load order.
        archives: Complete archives with an entry for a table.
        unclaimed: Files that match no table, and archives of which no entry does.
        busy: Files that were modified less than their quiet period ago.
        unacknowledged: Files and archives that wait for the ack file beside them.
        broken: Archives that cannot be unpacked, and why.
        acked: Acknowledged files and archives of tables with `ack`, busy ones too.
    """

    files: dict[TableKey, tuple[InputFile, ...]]
    archives: tuple[PackedFile, ...] = ()
    unclaimed: tuple[InputFile, ...] = ()
    busy: tuple[InputFile, ...] = ()
    broken: tuple[tuple[Path, str], ...] = ()
    acked: tuple[Acked, ...] = ()
    unacknowledged: tuple[InputFile, ...] = ()

    @property
    def by_table(self) -> dict[TableKey, tuple[InputFile, ...]]:
        """Everything that a load may expect, entries of archives included; nothing was unpacked for that."""
        packed = {key: tuple(each for one in self.archives for each in one.by_table.get(key, ())) for key in self.files}
        return {key: (*files, *packed[key]) for key, files in self.files.items()}


@dataclass
class _Found:
    files: dict[TableKey, tuple[InputFile, ...]]
    archives: list[PackedFile] = field(default_factory=list[PackedFile])
    unclaimed: list[InputFile] = field(default_factory=list[InputFile])
    busy: list[InputFile] = field(default_factory=list[InputFile])
    broken: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    acked: list[Acked] = field(default_factory=list[Acked])
    unacknowledged: list[InputFile] = field(default_factory=list[InputFile])


def sort_files(files: Iterable[InputFile], tables: Sequence[Table]) -> Sorted:
    """Give each file to the first table whose pattern matches its whole name (Starlake's rule)."""
    patterns = _patterns(tables)
    by_table: dict[TableKey, list[InputFile]] = {table.key: [] for table in tables}
    unclaimed: list[InputFile] = []
    for file in files:
        key = _owner(file.name, patterns)
        if key is None:
            unclaimed.append(file)
        else:
            by_table[key].append(file)
    return Sorted({key: tuple(claimed) for key, claimed in by_table.items()}, tuple(unclaimed))


def _patterns(tables: Sequence[Table]) -> list[tuple[TableKey, re.Pattern[str]]]:
    return [(table.key, re.compile(table.pattern)) for table in tables]


def _owner(name: str, patterns: Sequence[tuple[TableKey, re.Pattern[str]]]) -> TableKey | None:
    return next((key for key, pattern in patterns if pattern.fullmatch(name)), None)


def landed_files(tables: Sequence[Table], quiet: timedelta = NO_QUIET, now: datetime | None = None) -> Landed:
    """What lies in the landing folders of a domain's tables (most often one folder for all).

    With `ack: <extension>` on a table, a file counts only when `<name without extension>.<ack>` lies beside it. An archive
    needs the ack files of all tables it has entries for.

    Args:
        tables: All tables of the domain, so that a file goes to the same table whatever is wanted.
        quiet: How long a file must have been left alone; a table's own quiet period counts when it is longer.
        now: The time, with a zone.
    """
    moment = now or datetime.now(UTC)
    found = _Found({table.key: () for table in tables})
    for landing in dict.fromkeys(table.landing for table in tables if table.landing):
        mine = [table for table in tables if table.landing == landing]
        files = list_files(landing)
        _sort_plain([file for file in files if not is_packed(file.name)], mine, quiet, moment, found)
        longest = max(quiet, *(table.quiet for table in mine))
        for file in files:
            if is_packed(file.name):
                _sort_packed(file, mine, longest, moment, found)
    return Landed(
        files=found.files,
        archives=tuple(found.archives),
        unclaimed=tuple(found.unclaimed),
        busy=tuple(found.busy),
        broken=tuple(found.broken),
        acked=tuple(found.acked),
        unacknowledged=tuple(found.unacknowledged),
    )


def _sort_plain(files: list[InputFile], tables: Sequence[Table], quiet: timedelta, now: datetime, found: _Found) -> None:
    claimed = sort_files(files, tables)
    found.unclaimed += claimed.unclaimed
    for table in tables:
        ready: list[InputFile] = []
        for file in claimed.by_table[table.key]:
            acked = Acked(file.path, ack_file(file.path, table.ack)) if table.ack else None
            if acked and not acked.is_complete:
                found.unacknowledged.append(file)
                continue
            found.acked += [acked] if acked else []
            if file.is_busy(max(quiet, table.quiet), now):
                found.busy.append(file)
            else:
                ready.append(file)
        found.files[table.key] = tuple(ready)


def _sort_packed(file: InputFile, tables: Sequence[Table], quiet: timedelta, now: datetime, found: _Found) -> None:
    acks = {table.key: Acked(file.path, ack_file(file.path, table.ack)) for table in tables if table.ack}
    missing = {key for key, acked in acks.items() if not acked.is_complete}
    if len(missing) == len(tables):
        found.unacknowledged.append(file)
        return  # not looked into: it may still be on its way
    found.acked += dict.fromkeys(acked for key, acked in acks.items() if key not in missing)
    if file.is_busy(quiet, now):
        found.busy.append(file)
        return
    try:
        packed = _open_packed(file, tables)
    except UnreadableArchiveError as error:
        found.broken.append((file.path, error.reason))
        return
    except FileNotFoundError:
        return  # another run took it since it was listed
    except OSError as error:
        found.broken.append((file.path, f"cannot be read: {error.strerror}."))
        return
    if not packed.claimed:
        found.unclaimed.append(file)
    elif any(packed.by_table[key] for key in missing):
        found.unacknowledged.append(file)
    else:
        found.archives.append(packed)


def _open_packed(file: InputFile, tables: Sequence[Table]) -> PackedFile:
    patterns = _patterns(tables)
    by_table: dict[TableKey, list[InputFile]] = {table.key: [] for table in tables}
    claimed: list[Entry] = []
    others: list[Entry] = []
    for each in list_entries(file.path, tables[0].unpack):
        entry = InputFile(file.path, TWIN.sub("", each.name), each.size, each.modified_at)
        key = _owner(entry.name, patterns)
        if key is None:
            others.append(each)
        else:
            by_table[key].append(entry)
            claimed.append(each)
    acks = {ack_file(Path(each.name), table.ack).name for table in tables if table.ack for each in by_table[table.key]}
    unclaimed = tuple(each for each in others if each.name not in acks)
    return PackedFile(file, {key: tuple(entries) for key, entries in by_table.items()}, tuple(claimed), unclaimed)
