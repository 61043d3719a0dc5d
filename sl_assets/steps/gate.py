"""The gate of preload strategy `ack`: nothing leaves landing before its ack file is there, and that goes when all is loaded.

Starlake's `preload` deletes the ack file, so that a load that fails can never be repeated. Here the load does, after its
commit: what a killed run has committed is in the ledger, what it has not is still acknowledged.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo

from sl_assets.areas.files import InputFile
from sl_assets.areas.global_acks import GlobalAck, find_ack, remove_ack
from sl_assets.areas.landing import landed_files, sort_files
from sl_assets.areas.stage import staged_files
from sl_assets.project.acknowledgement import ack_glob, ack_path
from sl_assets.project.records import Project, Table, TableKey
from sl_assets.project.windows import Window, partition_of_file
from sl_assets.steps.run import Run


def needs_ack(table: Table) -> bool:
    """Whether the files of a table wait for an ack file of the whole delivery."""
    return table.orchestration.pre_load_strategy == "ack"


def day_of(project: Project, scheduled: datetime) -> date:
    """The day a run stands for, where the project is."""
    return scheduled.astimezone(ZoneInfo(project.settings.timezone)).date()


def ack_of_file(table: Table, day: date, file: InputFile) -> Path:
    """The ack file that a file of a table waits for: that of its partition, else that of the day of the run."""
    return ack_path(table, day, partition_of_file(table.partitions, file.name) if table.partitions else None)


def acks_of_run(project: Project, table: Table, scheduled: datetime, windows: Sequence[Window] | None) -> tuple[Path, ...]:
    """The ack files of a table that a run asks for, each once: one for its day, or those of its partitions."""
    day = day_of(project, scheduled)
    keys = [window.key for window in windows] if table.partitions and windows else [None]
    return tuple(dict.fromkeys(ack_path(table, day, key) for key in keys))


def gate(project: Project, scheduled: datetime) -> Callable[[TableKey, InputFile], bool]:
    """Whether a landed file may be taken, asking the disk once for each ack file.

    Raises:
        BrokenAckError: From what is returned: something else is in the place of an ack file.
    """
    day = day_of(project, scheduled)
    there: dict[Path, bool] = {}

    def may_enter(key: TableKey, file: InputFile) -> bool:
        table = project.tables[key]
        if not needs_ack(table):
            return True
        path = ack_of_file(table, day, file)
        if path not in there:
            there[path] = find_ack(path) is not None
        return there[path]

    return may_enter


def use_up_acks(project: Project, table: Table, run: Run, windows: Sequence[Window] | None) -> None:
    """Remove the ack files of a table that was just loaded, unless files that they acknowledge are still to be loaded.

    That are files in stage, and files in landing that are not younger than the ack file; of other tables, too, that wait for
    the same one. When a load failed, its file is in stage, and stays acknowledged.
    """
    if not needs_ack(table):
        return
    for path in acks_of_run(project, table, run.scheduled, windows):
        ack = find_ack(path)
        if ack is None:
            continue
        waiting = next(_waiting(project, ack, day_of(project, run.scheduled)), None)
        if waiting:
            run.say(f"{path} stays: {waiting} is still to be loaded.")
        else:
            remove_ack(ack)
            run.say(f"{path} is used up: everything it acknowledges is loaded.")


def _waiting(project: Project, ack: GlobalAck, day: date) -> Iterator[Path]:
    for domain in project.domains.values():
        tables = project.tables_of(domain.name)
        covered = [table for table in tables if needs_ack(table) and fnmatchcase(str(ack.path), ack_glob(table))]
        if not covered:
            continue
        landed = landed_files(tables)
        busy = sort_files(landed.busy, tables).by_table
        staged = staged_files(project.areas, domain, tables).by_table
        yield from (path for path, _ in landed.broken if path.exists() and path.stat().st_mtime <= ack.modified_at.timestamp())
        for table in covered:
            old = [each for each in (*landed.by_table[table.key], *busy[table.key]) if each.modified_at <= ack.modified_at]
            yield from (each.path for each in (*staged[table.key], *old) if ack_of_file(table, day, each) == ack.path)
