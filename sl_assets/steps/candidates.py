"""Which files a load has to read: what waits in stage and, for partitions, what the ledger says was loaded before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from sl_assets.areas.archive import archive_file, archive_path
from sl_assets.areas.files import InputFile, content_hash
from sl_assets.areas.stage import staged_files
from sl_assets.project.records import Project, Table
from sl_assets.project.windows import Window, partition_of_file
from sl_assets.steps.reports import FileOutcome
from sl_assets.warehouse.duckdb.audit import naive_utc
from sl_assets.warehouse.duckdb.ledger import FileIdentity, LedgerRow, archive_paths, known_files


@dataclass(frozen=True)
class Candidate:
    """A file to load; `modified_at` in UTC without a zone, as in the ledger.

    `archive` is where it will be kept, or already is; None when the project keeps no archive.
    """

    path: Path
    identity: FileIdentity
    size: int
    modified_at: datetime
    partition: str | None
    archive: Path | None

    @property
    def name(self) -> str:
        """The name the file came with."""
        return self.identity.name


@dataclass(frozen=True)
class Candidates:
    """Files to load, in load order; files already loaded and put away now; partitions that cannot be built, with the reason."""

    files: tuple[Candidate, ...]
    repeated: tuple[FileOutcome, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    unassigned: tuple[str, ...] = ()


def find_candidates(
    connection: duckdb.DuckDBPyConnection, project: Project, table: Table, windows: Sequence[Window] | None
) -> Candidates:
    """The files of a table that wait in stage, new ones apart from repeated ones.

    A repeated file (same name, same content, in the ledger) is moved to the archive on the spot: that is also how the move
    that a killed run did not come to is finished. With `windows`, only files of these partitions, and the files the ledger
    knows for them as well, from the archive.
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
    archive = project.areas.archive / domain.name
    for file, partition in chosen:
        identity = FileIdentity(file.name, content_hash(file.path))
        if identity in known or identity in seen:
            _put_away(file, known.get(identity), identity, table, archive, taken)
            repeated.append(FileOutcome(file.name, file.path, "repeated", partition=partition))
            continue
        seen.add(identity)
        target = archive_path(archive, file.name, identity.digest, taken) if table.archive else None
        if target:
            taken.add(target)
        files.append(Candidate(file.path, identity, file.size, naive_utc(file.modified_at), partition, target))
    if windows is None:
        return Candidates(tuple(files), tuple(repeated), unassigned=unassigned)
    keys = {window.key for window in windows}
    earlier = [row for row in ledger if row.partition in keys]
    rebuilt, refused = _from_ledger(earlier)
    in_order = sorted([*rebuilt, *files], key=lambda each: (each.modified_at, each.name))
    return Candidates(tuple(in_order), tuple(repeated), refused, unassigned)


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


def _from_ledger(rows: Sequence[LedgerRow]) -> tuple[list[Candidate], tuple[tuple[str, str], ...]]:
    found: list[Candidate] = []
    refused: dict[str, str] = {}
    for row in rows:
        if row.archive is None or not row.archive.exists() or content_hash(row.archive) != row.digest:
            where = row.archive or "nowhere: the project keeps no archive"
            refused[str(row.partition)] = (
                f"the ledger knows {row.name} (loaded {row.loaded_at:%Y-%m-%d %H:%M} UTC), "
                f"which should be at {where} and is not, or is another file: rebuilding without it would lose its rows. "
                "Hint: restore the file there"
            )
        else:
            candidate = Candidate(row.archive, row.identity, row.size, row.modified_at, row.partition, row.archive)
            found.append(candidate)
    return found, tuple(refused.items())
