"""Which files a load would find, and what would become of each: what `find_candidates` decides, told before it is done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from sl_assets.areas.entries import UnreadableArchiveError
from sl_assets.areas.files import TWIN, InputFile, UnreadableFolderError, content_hash
from sl_assets.areas.global_acks import BrokenAckError
from sl_assets.areas.landing import Landed, PackedFile, landed_files
from sl_assets.areas.packed import hash_entries, is_packed
from sl_assets.areas.stage import choose_landed, staged_files
from sl_assets.project.records import Domain, Project, Table, TableKey
from sl_assets.project.windows import Window, partition_of_file
from sl_assets.steps.candidates import archived_file
from sl_assets.steps.gate import gate
from sl_assets.warehouse.duckdb.ledger import FileIdentity, LedgerRow

Fate = Literal["new", "repeated", "ignored", "refused", "without partition"]


@dataclass(frozen=True)
class Awaited:
    """A file that a load would find.

    `fate`: `new` ones are read and loaded if they are in order; `repeated` ones were loaded before and are put away; `ignored`
    and `refused` ones were loaded with other content, and `onChangedFile` says so; `without partition` ones stay in stage.
    """

    file: InputFile
    fate: Fate
    partition: str | None = None


@dataclass(frozen=True)
class DomainFiles:
    """The files of a domain, and in `trouble` why they cannot be looked at."""

    landed: Landed
    staged: Mapping[TableKey, tuple[InputFile, ...]] = field(default_factory=dict[TableKey, tuple[InputFile, ...]])
    stray: tuple[InputFile, ...] = ()
    trouble: str = ""


@dataclass(frozen=True)
class Entering:
    """The files that a staging would bring, by table; `trouble`: why it would fail instead."""

    files: Mapping[TableKey, tuple[InputFile, ...]] = field(default_factory=dict[TableKey, tuple[InputFile, ...]])
    trouble: str = ""

    @property
    def all(self) -> tuple[InputFile, ...]:
        """All of them."""
        return tuple(file for files in self.files.values() for file in files)


def look_at_files(project: Project, domain: Domain) -> DomainFiles:
    """What lies in landing and stage of a domain now."""
    tables = project.tables_of(domain.name)
    try:
        staged = staged_files(project.areas, domain, tables)
        return DomainFiles(landed_files(tables), staged.by_table, staged.unclaimed)
    except UnreadableFolderError as error:
        return DomainFiles(Landed({table.key: () for table in tables}), {table.key: () for table in tables}, trouble=str(error))


def files_entering(project: Project, domain: DomainFiles, wanted: Collection[TableKey], now: datetime) -> Entering:
    """The files that a staging for the wanted tables would move or unpack; of an archive those of other tables as well."""
    try:
        plain, archives = choose_landed(domain.landed, wanted, gate(project, now))
    except BrokenAckError as error:
        return Entering(trouble=str(error))
    brought = {key: list(files) for key, files in plain.items()}
    for archive in archives:
        for key, entries in archive.by_table.items():
            brought.setdefault(key, []).extend(entries)
    return Entering({key: tuple(files) for key, files in brought.items() if files})


def judge_files(
    table: Table, files: Sequence[InputFile], ledger: Sequence[LedgerRow], archives: Sequence[PackedFile]
) -> tuple[Awaited, ...]:
    """What would become of the files of a table, in the order in which they would be loaded.

    A file is read only where its name and size do not settle whether it was loaded before.
    """
    known = _by_name(ledger)
    digests = _Digests(table, archives)
    taken: dict[str, list[InputFile]] = {}
    awaited: list[Awaited] = []
    for file in sorted(files, key=lambda each: (each.modified_at, each.name, each.path.name)):
        partition = partition_of_file(table.partitions, file.name) if table.partitions else None
        if table.partitions and partition is None:
            awaited.append(Awaited(file, "without partition"))
            continue
        rows, earlier = known.get(file.name, ()), taken.get(file.name, ())
        if _is_repeated(file, rows, earlier, digests):
            awaited.append(Awaited(file, "repeated", partition))
        elif (rows or earlier) and table.on_changed_file != "load":
            awaited.append(Awaited(file, "refused" if table.on_changed_file == "refuse" else "ignored", partition))
        else:
            taken.setdefault(file.name, []).append(file)
            awaited.append(Awaited(file, "new", partition))
    return tuple(awaited)


def lost_partitions(awaited: Sequence[Awaited], ledger: Sequence[LedgerRow], windows: Sequence[Window]) -> dict[str, str]:
    """The partitions that would be refused, with the reason: a file they were made of is in the archive no longer."""
    keys = {window.key for window in windows}
    back = {each.file.name for each in awaited if each.fate == "repeated"}
    lost: dict[str, str] = {}
    for row in ledger:
        gone = row.archive is None or row.pruned_at is not None or not row.archive.exists()
        if row.partition in keys and gone and row.name not in back:
            reason = archived_file(row)
            if isinstance(reason, str):
                lost[str(row.partition)] = reason
    return lost


def _by_name(ledger: Sequence[LedgerRow]) -> Mapping[str, Sequence[LedgerRow]]:
    found: dict[str, list[LedgerRow]] = {}
    for row in ledger:
        found.setdefault(row.name, []).append(row)
    return found


def _is_repeated(file: InputFile, rows: Sequence[LedgerRow], earlier: Sequence[InputFile], digests: "_Digests") -> bool:
    same_rows = [row for row in rows if row.size == file.size]
    same_files = [each for each in earlier if each.size == file.size]
    if not same_rows and not same_files:
        return False
    digest = digests.of(file)
    if digest is None:
        return False
    identity = FileIdentity(file.name, digest)
    return any(row.identity == identity for row in same_rows) or any(digests.of(each) == digest for each in same_files)


class _Digests:
    """Hashes of files, and of entries of archives that are not unpacked; None for one that is gone or damaged."""

    def __init__(self, table: Table, archives: Sequence[PackedFile]) -> None:
        self.table = table
        self.archives = {each.file.path: each for each in archives}
        self.known: dict[tuple[Path, str, datetime], str | None] = {}

    def of(self, file: InputFile) -> str | None:
        """The hash of a file's bytes, worked out once."""
        slot = (file.path, file.name, file.modified_at)
        if slot not in self.known:
            self.known[slot] = self._read(file)
        return self.known[slot]

    def _read(self, file: InputFile) -> str | None:
        packed = self.archives.get(file.path) if is_packed(file.path.name) else None
        try:
            if packed is None:
                return content_hash(file.path)
            entry = next(each for each in packed.claimed if TWIN.sub("", each.name) == file.name and each.size == file.size)
            return hash_entries(file.path, self.table.unpack, [entry.number])[entry.number]
        except (OSError, UnreadableArchiveError):
            return None
