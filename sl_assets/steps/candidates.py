"""Which files a load has to read: what waits in stage and, for partitions, what the ledger says was loaded before."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from sl_assets.areas.archive import archive_file, archive_path
from sl_assets.areas.files import InputFile, content_hash, place_file, start_content_hash, twin_names
from sl_assets.areas.stage import staged_files
from sl_assets.project.records import Project, Table
from sl_assets.project.windows import Window, partition_of_file
from sl_assets.steps.reports import FileOutcome
from sl_assets.warehouse.duckdb.audit import naive_utc
from sl_assets.warehouse.duckdb.ledger import FileIdentity, LedgerRow, archive_paths, known_files
from sl_assets.warehouse.duckdb.retention import restore_archive

HASHED_ASIDE = 32 * 2**20  # bytes: from here on a file is hashed while it is read


@dataclass(frozen=True)
class Candidate:
    """A file to load; `name` is the one it came with, `modified_at` in UTC without a zone, as in the ledger.

    `archive` is where it will be kept, or already is; None when the project keeps no archive. `loaded_at`: when it was loaded, of
    a file that is loaded afresh.
    """

    path: Path
    name: str
    digest: Callable[[], str] = field(compare=False)
    size: int
    modified_at: datetime
    partition: str | None
    archive: Path | None
    loaded_at: datetime | None = None

    @property
    def identity(self) -> FileIdentity:
        """What makes it this file: its name and the hash of its content, which may still have to be waited for."""
        return FileIdentity(self.name, self.digest())


@dataclass(frozen=True)
class Candidates:
    """Files to load, in load order; files that are not to be loaded, and partitions that cannot be built, with the reasons.

    `later`: names of files that wait behind one of the same name, where `onChangedFile` decides once the first is loaded.
    """

    files: tuple[Candidate, ...]
    repeated: tuple[FileOutcome, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    unassigned: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def find_candidates(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    table: Table,
    windows: Sequence[Window] | None,
    *,
    fresh: bool = False,
) -> Candidates:
    """The files of a table that wait in stage, new ones apart from repeated ones.

    A repeated file (same name, same content, in the ledger) is moved to the archive on the spot: that is also how the move
    that a killed run did not come to is finished. With `windows`, only files of these partitions, and the files the ledger
    knows for them as well, from the archive; `fresh`: the partition of these is in their name, whatever the ledger says. One that
    retention removed from the archive is there again when it comes again.
    """
    domain = project.domains[table.key.domain]
    staged = staged_files(project.areas, domain, project.tables_of(domain.name)).by_table[table.key]
    chosen, unassigned = _choose(table, staged, windows)
    ledger = known_files(connection, project.settings.audit_schema, table.key)
    known = {row.identity: row for row in ledger}
    taken = set(archive_paths(connection, project.settings.audit_schema, table.key.domain))
    files: list[Candidate] = []
    repeated: list[FileOutcome] = []
    seen: set[FileIdentity] = set()
    later: list[str] = []
    archive = project.areas.archive / domain.name
    names = Counter([*(row.name for row in ledger), *(file.name for file, _ in chosen)])
    for file, partition in chosen:
        if file.size >= HASHED_ASIDE and names[file.name] == 1 and _is_free(archive / file.name, taken):
            digest = start_content_hash(file.path)  # no other file has its name, so that it is new whatever is in it
            files.append(_candidate(file, digest, partition, archive / file.name if table.archive else None, taken))
            continue
        identity = FileIdentity(file.name, content_hash(file.path))
        if identity in known or identity in seen:
            row = known.get(identity)
            if row and row.pruned_at and table.archive:
                row = known[identity] = _restore(
                    connection, project, row, archive_path(archive, file.name, identity.digest, taken)
                )
            _put_away(file, row, identity, table, archive, taken)
            repeated.append(FileOutcome(file.name, file.path, "repeated", partition=partition))
            continue
        if table.on_changed_file != "load" and any(each.name == file.name for each in seen):
            later.append(file.name)
            continue
        changed = _changed(project, table, file, ledger, partition)
        if changed:
            repeated.append(changed)
            continue
        seen.add(identity)
        target = archive_path(archive, file.name, identity.digest, taken) if table.archive else None
        files.append(_candidate(file, partial(str, identity.digest), partition, target, taken))
    if windows is None:
        return Candidates(tuple(files), tuple(repeated), unassigned=unassigned, later=tuple(later))
    keys = {window.key for window in windows}
    ledger = tuple(known.values())
    if fresh and table.partitions:
        ledger = tuple(replace(row, partition=partition_of_file(table.partitions, row.name)) for row in ledger)
    earlier = [row for row in ledger if row.partition in keys]
    rebuilt, refused = _from_ledger(earlier)
    in_order = sorted([*rebuilt, *files], key=lambda each: (each.modified_at, each.name))
    return Candidates(tuple(in_order), tuple(repeated), refused, unassigned)


def _is_free(path: Path, taken: Collection[Path]) -> bool:
    return path not in taken and not path.exists()


def _candidate(
    file: InputFile, digest: Callable[[], str], partition: str | None, archive: Path | None, taken: set[Path]
) -> Candidate:
    if archive:
        taken.add(archive)
    return Candidate(file.path, file.name, digest, file.size, naive_utc(file.modified_at), partition, archive)


def _changed(
    project: Project, table: Table, file: InputFile, ledger: Sequence[LedgerRow], partition: str | None
) -> FileOutcome | None:
    """What becomes of a file whose name was loaded with other content, where `onChangedFile` keeps it from being loaded."""
    earlier = None if table.on_changed_file == "load" else next((row for row in ledger if row.name == file.name), None)
    if earlier is None:
        return None
    fact = f"a file of this name and other content was loaded at {earlier.loaded_at:%Y-%m-%d %H:%M} UTC"
    if table.on_changed_file == "refuse":
        message = f"{fact}, and onChangedFile is refuse; it stays in stage."
        return FileOutcome(file.name, file.path, "failed", partition=partition, message=message)
    path = place_file(file.path, project.areas.unresolved / table.key.domain, twin_names(file.name))
    return FileOutcome(file.name, path, "ignored", partition=partition, message=f"{fact}, and onChangedFile is ignore.")


def _choose(
    table: Table, staged: Sequence[InputFile], windows: Sequence[Window] | None
) -> tuple[list[tuple[InputFile, str | None]], tuple[str, ...]]:
    if table.partitions is None:
        return [(file, None) for file in staged], ()
    wanted = {window.key for window in windows or ()}
    chosen: list[tuple[InputFile, str | None]] = []
    unassigned: list[str] = []
    for file in staged:
        partition = partition_of_file(table.partitions, file.name)
        if partition is None:
            unassigned.append(file.name)
        elif partition in wanted:
            chosen.append((file, partition))
    return chosen, tuple(unassigned)


def _put_away(
    file: InputFile, row: LedgerRow | None, identity: FileIdentity, table: Table, archive: Path, taken: set[Path]
) -> None:
    promised = row.archive if row else None
    if promised is not None and (not promised.exists() or promised.samefile(file.path)):
        archive_file(file.path, promised)
    elif table.archive:
        archive_file(file.path, archive_path(archive, file.name, identity.digest, taken))
    else:
        archive_file(file.path, None)


def _restore(connection: duckdb.DuckDBPyConnection, project: Project, row: LedgerRow, path: Path) -> LedgerRow:
    """Promise a file that retention removed a place in the archive, now that it came again."""
    restore_archive(connection, project.settings.audit_schema, row.key, row.identity, path)
    return replace(row, archive=path, pruned_at=None)


def finish_moves(connection: duckdb.DuckDBPyConnection, project: Project, table: Table) -> None:
    """Put away the files that a killed run had loaded and not moved: who reads the archive must find them there."""
    ledger = known_files(connection, project.settings.audit_schema, table.key)
    promised = {row.identity: row.archive for row in ledger if row.archive and not row.pruned_at and not row.archive.exists()}
    if not promised:
        return
    domain = project.domains[table.key.domain]
    for file in staged_files(project.areas, domain, project.tables_of(domain.name)).by_table[table.key]:
        archive = promised.get(FileIdentity(file.name, content_hash(file.path)))
        if archive and not archive.exists():
            archive_file(file.path, archive)


def loaded_before(
    connection: duckdb.DuckDBPyConnection, project: Project, table: Table
) -> tuple[tuple[Candidate, ...], tuple[FileOutcome, ...]]:
    """The files that made a table without partitions, from the archive in the order they were loaded; and those that are gone."""
    ledger = known_files(connection, project.settings.audit_schema, table.key)
    there: list[Candidate] = []
    gone: list[FileOutcome] = []
    for row in ledger:
        found = archived_file(row)
        if isinstance(found, Candidate):
            there.append(replace(found, loaded_at=row.loaded_at))
        else:
            gone.append(FileOutcome(row.name, row.archive or Path(row.name), "failed", message=found))
    return tuple(there), tuple(gone)


def _from_ledger(rows: Sequence[LedgerRow]) -> tuple[list[Candidate], tuple[tuple[str, str], ...]]:
    found: list[Candidate] = []
    refused: dict[str, str] = {}
    for row in rows:
        there = archived_file(row)
        if isinstance(there, Candidate):
            found.append(there)
        else:
            refused[str(row.partition)] = there
    return found, tuple(refused.items())


def archived_file(row: LedgerRow) -> Candidate | str:
    """A loaded file in the archive, the very bytes that were loaded; or one sentence why they are not to be had."""
    if row.archive is None or not row.archive.exists() or content_hash(row.archive) != row.digest:
        return f"the ledger knows {row.name} (loaded {row.loaded_at:%Y-%m-%d %H:%M} UTC), {_missing(row)}"
    digest = partial(str, row.digest)
    return Candidate(row.archive, row.name, digest, row.size, row.modified_at, row.partition, row.archive)


def _missing(row: LedgerRow) -> str:
    if row.pruned_at:
        return (
            f"and its archived file was removed by retention on {row.pruned_at:%Y-%m-%d}: rebuilding without it would lose its "
            "rows. Hint: let the file come again; a run puts it back into the archive and does not load it twice"
        )
    where = row.archive or "nowhere: the project keeps no archive"
    return (
        f"which should be at {where} and is not, or is another file: rebuilding without it would lose its rows. "
        "Hint: restore the file there"
    )
