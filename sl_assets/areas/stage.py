"""From landing to stage: the files of some tables of one domain, under a lock of that domain."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sl_assets.areas.acknowledgements import remove_stale, use_up
from sl_assets.areas.entries import UnreadableArchiveError
from sl_assets.areas.files import InputFile, list_files, place_file, twin_names
from sl_assets.areas.landing import NO_QUIET, Landed, PackedFile, Sorted, landed_files, sort_files
from sl_assets.areas.unpack import Unpacked, finish_unpacking, unpack
from sl_assets.lock import Holder, file_lock
from sl_assets.project.records import AreaPaths, Domain, Table, TableKey


@dataclass(frozen=True)
class Staged:
    """What a staging did.

    Attributes:
        by_table: Where the files are now, by table. Of an archive those of other tables than the wanted ones are there as well.
        unresolved: Where the entries of archives went that match no table.
        unclaimed: Landed files that match no table; they stay.
        busy: Landed files that may still be written; they stay.
        broken: Archives that cannot be unpacked, and why; they stay.
        held_back: Landed files of the wanted tables that `may_enter` did not let in; they stay.
    """

    by_table: dict[TableKey, tuple[Path, ...]]
    unresolved: tuple[Path, ...] = ()
    unclaimed: tuple[InputFile, ...] = ()
    busy: tuple[InputFile, ...] = ()
    broken: tuple[tuple[Path, str], ...] = ()
    held_back: tuple[InputFile, ...] = ()


def stage_files(
    areas: AreaPaths,
    domain: Domain,
    domain_tables: Sequence[Table],
    wanted: Sequence[TableKey],
    *,
    purpose: str,
    timeout: timedelta,
    quiet: timedelta = NO_QUIET,
    may_enter: Callable[[TableKey, InputFile], bool] = lambda _key, _file: True,
    on_wait: Callable[[Holder | None], None] | None = None,
) -> Staged:
    """Move the landed files of the wanted tables to stage, and unpack the archives with files for them.

    All tables of the domain are asked whose a file is, so that a file goes to the same table whatever is wanted. Two runs
    at once take turns; nothing is overwritten: a second `orders.csv` is staged as `orders.csv~2`. An archive is unpacked as a
    whole. Files modified less than `quiet` ago, or than their table's own quiet period, are left alone, and so is what
    `may_enter` does not let in; an archive, when that is any of its files.

    Raises:
        LockTimeoutError: Another run has been staging this domain all the time.
    """
    lock = areas.datasets / "locks" / f"stage-{domain.name}.lock"
    what = f"The stage of domain {domain.name}"
    stage, unresolved = areas.stage / domain.name, areas.unresolved / domain.name
    with file_lock(lock, what=what, purpose=purpose, timeout=timeout, on_wait=on_wait):
        finished = finish_unpacking(stage, unresolved)
        landed = landed_files(domain_tables, quiet)
        files, archives = choose_landed(landed, wanted, may_enter)
        taken = {file.path for mine in files.values() for file in mine} | {each.file.path for each in archives}
        use_up([each for each in landed.acked if each.path in taken], landed.acked)
        moved = {key: [place_file(file.path, stage, twin_names(file.name)) for file in mine] for key, mine in files.items()}
        unpacked, broken = _unpack_all(archives, domain_tables, stage, unresolved)
        remove_stale(landed.acked, {table.landing for table in domain_tables if table.landing and table.ack})
    results = (finished, *unpacked)
    for key, paths in _by_table(stage, domain_tables, {path for each in results for path in each.staged}).items():
        moved[key] = [*moved.get(key, ()), *paths]
    return Staged(
        {key: tuple(paths) for key, paths in moved.items()},
        unresolved=tuple(path for each in results for path in each.unresolved),
        unclaimed=landed.unclaimed,
        busy=landed.busy,
        broken=(*landed.broken, *broken),
        held_back=tuple(file for key in files for file in landed.files[key] if file.path not in taken),
    )


def choose_landed(
    landed: Landed, wanted: Collection[TableKey], may_enter: Callable[[TableKey, InputFile], bool]
) -> tuple[dict[TableKey, tuple[InputFile, ...]], tuple[PackedFile, ...]]:
    """Of what has landed the files of the wanted tables, and the archives with a file for one of them, that may enter stage."""
    files = {key: tuple(file for file in mine if may_enter(key, file)) for key, mine in landed.files.items() if key in wanted}
    return files, tuple(each for each in landed.archives if _is_wanted(each, wanted, may_enter))


def _is_wanted(archive: PackedFile, wanted: Collection[TableKey], may_enter: Callable[[TableKey, InputFile], bool]) -> bool:
    if not any(archive.by_table.get(key) for key in wanted):
        return False
    return all(may_enter(key, entry) for key, entries in archive.by_table.items() for entry in entries)


def _unpack_all(
    archives: Sequence[PackedFile], tables: Sequence[Table], stage: Path, unresolved: Path
) -> tuple[list[Unpacked], list[tuple[Path, str]]]:
    done: list[Unpacked] = []
    broken: list[tuple[Path, str]] = []
    for each in archives:
        try:
            done.append(unpack(each, tables[0].unpack, stage, unresolved))
        except UnreadableArchiveError as error:
            broken.append((error.path, error.reason))
    return done, broken


def _by_table(stage: Path, tables: Sequence[Table], paths: Collection[Path]) -> dict[TableKey, tuple[Path, ...]]:
    if not paths:
        return {}
    found = sort_files([file for file in list_files(stage) if file.path in paths], tables).by_table
    return {key: tuple(file.path for file in files) for key, files in found.items() if files}


def staged_files(areas: AreaPaths, domain: Domain, domain_tables: Sequence[Table]) -> Sorted:
    """The files waiting in stage, by table, in load order."""
    return sort_files(list_files(areas.stage / domain.name), domain_tables)
