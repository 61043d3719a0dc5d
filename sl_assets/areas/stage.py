"""From landing to stage: the files of some tables of one domain, under a lock of that domain."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from sl_assets.areas.files import InputFile, list_files, place_file, twin_names
from sl_assets.areas.landing import Sorted, ack_file, landed_files, sort_files
from sl_assets.lock import Holder, file_lock
from sl_assets.project.records import AreaPaths, Domain, Table, TableKey


def stage_files(
    areas: AreaPaths,
    domain: Domain,
    domain_tables: Sequence[Table],
    wanted: Sequence[TableKey],
    *,
    purpose: str,
    timeout: timedelta,
    on_wait: Callable[[Holder | None], None] | None = None,
) -> dict[TableKey, tuple[Path, ...]]:
    """Move the landed files of the wanted tables to stage; return where they are now.

    All tables of the domain are asked whose a file is, so that a file goes to the same table whatever is wanted. Two runs
    at once take turns; nothing is overwritten: a second `orders.csv` is staged as `orders.csv~2`.

    Raises:
        LockTimeoutError: Another run has been staging this domain all the time.
    """
    lock = areas.datasets / "locks" / f"stage-{domain.name}.lock"
    what = f"The stage of domain {domain.name}"
    with file_lock(lock, what=what, purpose=purpose, timeout=timeout, on_wait=on_wait):
        landed = landed_files(domain_tables)
        return {
            table.key: tuple(_stage_one(file, table, areas.stage / domain.name) for file in landed.by_table[table.key])
            for table in domain_tables
            if table.key in wanted
        }


def _stage_one(file: InputFile, table: Table, stage: Path) -> Path:
    ack = ack_file(file, table.ack)
    staged = place_file(file.path, stage, twin_names(file.name))
    if ack:
        ack.unlink(missing_ok=True)
    return staged


def staged_files(areas: AreaPaths, domain: Domain, domain_tables: Sequence[Table]) -> Sorted:
    """The files waiting in stage, by table, in load order."""
    return sort_files(list_files(areas.stage / domain.name), domain_tables)
