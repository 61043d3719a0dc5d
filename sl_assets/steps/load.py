"""Load: the files of one table, each exactly once.

A file's rows, its rejected rows, its audit row and its ledger row commit in one transaction; the file is moved to the archive
after that. Kill the process anywhere: what the ledger knows is loaded, the rest still waits in stage.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from sl_assets.areas.archive import archive_file
from sl_assets.areas.files import place_file, twin_names
from sl_assets.project.columns import column_types
from sl_assets.project.records import Project, Table, WriteStrategy
from sl_assets.project.strategies import history_columns
from sl_assets.project.windows import Window
from sl_assets.sql.text import quote_name, quote_text
from sl_assets.steps.batch import (
    Batch,
    NotCleanError,
    UnreadableFilesError,
    clean_batch,
    counted,
    read_batch,
    write_rejected,
)
from sl_assets.steps.candidates import Candidate, find_candidates
from sl_assets.steps.groups import Group, group_files, in_order
from sl_assets.steps.reports import Counts, FileOutcome, LoadReport, PartitionOutcome
from sl_assets.steps.run import Run
from sl_assets.steps.stage import stages_its_own, take_from_landing
from sl_assets.warehouse.duckdb.audit import AuditRow, ensure_audit_tables, naive_utc, now, write_audit
from sl_assets.warehouse.duckdb.catalog import count_rows, describe_table, sync_table, table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.ledger import LedgerRow, last_runs, write_ledger
from sl_assets.warehouse.duckdb.strategies import Incoming, replace_windows, write_rows, written_columns
from sl_assets.warehouse.errors import SchemaDriftError

LARGE = 32 * 2**20  # bytes: from here on a file is written while it is read


@dataclass(frozen=True)
class _Job:
    """Everything one load needs, so that it need not be handed on piece by piece."""

    project: Project
    table: Table
    run: Run
    connection: duckdb.DuckDBPyConnection
    windows: tuple[Window, ...]
    strategy: WriteStrategy  # that of the files at hand, where the table chooses one for each file
    files: tuple[Candidate, ...] = ()  # all that wait, in load order; none for partitions


@dataclass(frozen=True)
class _Loaded:
    outcomes: tuple[FileOutcome, ...]
    added_columns: tuple[str, ...] = ()
    held_back: tuple[Candidate, ...] = ()


def load(project: Project, warehouse: Warehouse, table: Table, run: Run, windows: Sequence[Window] | None = None) -> LoadReport:
    """Load what is new for a table; with `windows`, rebuild exactly these partitions from stage and archive.

    Never raises for a faulty file: the report says which files or partitions failed and why, the others are loaded.

    Raises:
        ValueError: The table is partitioned and no windows were given, or the other way round.
        LockTimeoutError, WarehouseError: The warehouse cannot be had.
    """
    if (table.partitions is None) != (windows is None):
        wants = "needs partition keys" if table.partitions else "has no partitions"
        raise ValueError(f"{table.key} {wants}.")
    began = time.monotonic()
    domain = project.domains[table.key.domain]
    if stages_its_own(table):
        take_from_landing(project, domain, [table.key], run)
    purpose = f"run {run.id} loading {table.key}"
    with warehouse.writer(purpose, run.waiting("The warehouse")) as connection:
        with transaction(connection):
            ensure_audit_tables(connection, project.settings.audit_schema)
        job = _Job(project, table, run, connection, tuple(windows or ()), table.strategy)
        report = _load_partitions(job) if windows is not None else _load_new(job)
        rows = count_rows(connection, table.key) if table_columns(connection, table.key) else 0
        last_run = last_runs(connection, project.settings.audit_schema, table.key).get(None)
    return replace(report, rows=rows, last_run=last_run, seconds=time.monotonic() - began)


def _load_new(job: _Job) -> LoadReport:
    candidates = find_candidates(job.connection, job.project, job.table, None)
    job = replace(job, files=candidates.files)
    groups = group_files(job.table, candidates.files, job.run.scheduled, job.project.settings.timezone)
    outcomes: list[FileOutcome] = []
    waiting: list[Candidate] = []
    added: list[str] = []
    for number, group in enumerate(groups):
        loaded = _refuse_group(job, group) if group.fault else _load_group(replace(job, strategy=group.strategy), group.files)
        outcomes += loaded.outcomes
        added += loaded.added_columns
        if in_order(job.table) and any(each.status == "failed" for each in loaded.outcomes):
            waiting = [*loaded.held_back, *(each for later in groups[number + 1 :] for each in later.files)]
            break
    outcomes += [FileOutcome(each.name, each.path, "waiting") for each in waiting]
    return LoadReport(job.table.key, (*candidates.repeated, *outcomes), added_columns=tuple(added))


def _refuse_group(job: _Job, group: Group) -> _Loaded:
    reasons = UnreadableFilesError({each.path: group.fault for each in group.files})
    return _Loaded(_record_unreadable(job, group.files, reasons))


def _load_group(job: _Job, group: Sequence[Candidate]) -> _Loaded:
    """Load files in one transaction; when some cannot be read, those fail and the rest is loaded."""
    if _is_worth_a_try(job, group):
        loaded = _load_clean(job, group[0])
        if loaded:
            return loaded
    try:
        batch = read_batch(job.connection, job.table, group, job.project.settings)
    except UnreadableFilesError as error:
        return _without(job, group, error)
    refusal = _refusal(job.table, batch, group)
    if refusal:
        return _Loaded(_record_failure(job, group, batch, refusal))
    try:
        added, _ = _commit(job, group, batch)
    except (SchemaDriftError, duckdb.Error) as error:
        return _Loaded(_record_failure(job, group, batch, str(error)))
    _archive(group)
    return _Loaded(tuple(_outcome(each, "loaded", batch) for each in group), added)


def _is_worth_a_try(job: _Job, group: Sequence[Candidate]) -> bool:
    """Whether to write a file while it is read, in the hope that every row is good.

    That saves the copy from the temporary table: a seventh of the time of a large file, and half of the memory. One bad row
    ends the try early: it is met within the first rows when there are many, and reading to it is what is lost.
    """
    simple = job.strategy.type in ("APPEND", "OVERWRITE") and job.table.filter is None
    return simple and len(group) == 1 and group[0].size >= LARGE


def _load_clean(job: _Job, each: Candidate) -> _Loaded | None:
    """Load a large file in one pass; None, and nothing written, when it has a bad row or something else is wrong with it."""
    try:
        batch = clean_batch(job.connection, job.table, each, job.project.settings)
        added, batch = _commit(job, [each], batch)
    except (NotCleanError, UnreadableFilesError, SchemaDriftError, duckdb.Error):
        return None  # the thorough way finds out what it is, and tells
    _archive([each])
    return _Loaded((_outcome(each, "loaded", batch),), added)


def _without(job: _Job, group: Sequence[Candidate], error: UnreadableFilesError) -> _Loaded:
    faulty = _record_unreadable(job, group, error)
    failed = {each.path for each in faulty if each.status == "failed"}
    rest = [each for each in group if each.path not in error.reasons]
    held_back: tuple[Candidate, ...] = ()
    if failed and in_order(job.table):
        first = min(number for number, each in enumerate(group) if each.path in failed)
        held_back = tuple(each for each in rest if group.index(each) > first)
        rest = [each for each in rest if group.index(each) < first]
    others = _load_group(job, rest) if rest else _Loaded(())
    return _Loaded((*others.outcomes, *faulty), others.added_columns, (*others.held_back, *held_back))


def _refusal(table: Table, batch: Batch, group: Sequence[Candidate]) -> str:
    rejected = sum(batch[each.path].rejected for each in group)
    if table.reject_all_on_error and rejected:
        return f"{rejected} rows rejected, and rejectAllOnError is set; nothing was written."
    if table.reject_max_records is not None and rejected > table.reject_max_records:
        return f"{rejected} rows rejected, more than rejectMaxRecords ({table.reject_max_records}); nothing was written."
    return ""


def _load_partitions(job: _Job) -> LoadReport:
    """One pass over the files of all windows; a window that cannot be built is left as it is and named."""
    candidates = find_candidates(job.connection, job.project, job.table, job.windows)
    failures = dict(candidates.refused)
    files = [each for each in candidates.files if each.partition not in failures]
    outcomes: list[FileOutcome] = []
    batch = Batch({}, filtered=False)
    while files:
        unreadable: Mapping[Path, str] = {}
        try:
            batch = read_batch(job.connection, job.table, files, job.project.settings, job.windows)
            faulty = _refused_partitions(job, files, batch)
        except UnreadableFilesError as error:
            unreadable = error.reasons
            faulty = _record_unreadable(job, files, error)
        if not faulty:
            break
        outcomes += faulty
        failed = [each for each in faulty if each.status == "failed"]
        failures |= {str(each.partition): f"{each.name}: {each.message}" for each in failed}
        files = [each for each in files if each.partition not in failures and each.path not in unreadable]
    failures |= _empty_failures(job, files, failures)
    good = [window for window in job.windows if window.key not in failures]
    added: tuple[str, ...] = ()
    if good:
        try:
            added, _ = _commit(job, files, batch, good)
        except (SchemaDriftError, duckdb.Error) as error:
            outcomes += _record_failure(job, files, batch, str(error))
            failures |= {window.key: str(error) for window in good}
        else:
            _archive(files)
            outcomes += [_outcome(each, "loaded", batch) for each in files]
    partitions = tuple(_partition(window, files, batch, failures) for window in job.windows)
    warnings = tuple(f"{name} carries no partition in its name and was not loaded" for name in candidates.unassigned)
    return LoadReport(job.table.key, (*candidates.repeated, *outcomes), partitions, added, warnings=warnings)


def _refused_partitions(job: _Job, files: Sequence[Candidate], batch: Batch) -> tuple[FileOutcome, ...]:
    refused: list[FileOutcome] = []
    for window in job.windows:
        mine = [each for each in files if each.partition == window.key]
        reason = _refusal(job.table, batch, mine)
        if reason:
            refused += _record_failure(job, mine, batch, reason)
    return tuple(refused)


def _empty_failures(job: _Job, files: Sequence[Candidate], failures: dict[str, str]) -> dict[str, str]:
    if job.table.partitions is None or job.table.partitions.empty == "keep":
        return {}
    filled = {each.partition for each in files} | failures.keys()
    return {window.key: "there is no file for it" for window in job.windows if window.key not in filled}


def _partition(window: Window, files: Sequence[Candidate], batch: Batch, failures: dict[str, str]) -> PartitionOutcome:
    mine = [each for each in files if each.partition == window.key]
    counts = sum((batch[each.path] for each in mine), Counts())
    return PartitionOutcome(window.key, len(mine), counts, failures.get(window.key, ""))


def _commit(job: _Job, files: Sequence[Candidate], batch: Batch, windows: Sequence[Window] = ()) -> tuple[tuple[str, ...], Batch]:
    """The one transaction: data, rejected rows, audit and ledger together. Gives the added columns, and the batch counted."""
    began = time.monotonic()
    table, connection, settings = job.table, job.connection, job.project.settings
    columns = tuple(attribute.name for attribute in table.columns)
    incoming = _incoming(job, batch, files, columns) if files else Incoming(_no_rows(table), columns, "sl_order")
    with transaction(connection):
        added = sync_table(connection, table.key, written_columns(connection, incoming, job.strategy))
        for statement in table.presql:
            connection.execute(statement)
        if windows and table.partitions:
            replace_windows(connection, table.key, incoming, table.partitions.column, windows)
        elif files:
            before = count_rows(connection, table.key) if job.strategy.type == "APPEND" else 0
            write_rows(connection, table.key, incoming, job.strategy)
            if batch.clean:
                batch = counted(connection, batch, files[0].path, count_rows(connection, table.key) - before)
        for statement in table.postsql:
            connection.execute(statement)
        describe_table(connection, table.key, table.comment, (*table.columns, *history_columns(job.strategy)))
        jobs = {each.path: _job_id(job, each) for each in files}
        if files and not batch.clean:
            write_rejected(connection, settings, table, {str(path): name for path, name in jobs.items()})
        milliseconds = int((time.monotonic() - began) * 1000)
        write_audit(
            connection,
            settings.audit_schema,
            [_audit_row(job, each, jobs[each.path], batch[each.path], milliseconds) for each in files],
        )
        write_ledger(
            connection, settings.audit_schema, [_ledger_row(job, each, jobs[each.path], batch[each.path]) for each in files]
        )
    return added, batch


def _incoming(job: _Job, batch: Batch, files: Sequence[Candidate], columns: tuple[str, ...]) -> Incoming:
    """The rows of a batch; each with the number of its file where the strategy has to know that."""
    if len(files) == 1 or job.windows or job.strategy.type == "APPEND":
        return Incoming(batch.accepted, columns, "sl_order")
    paths = ", ".join(quote_text(str(each.path)) for each in files)
    number = quote_name("sl number of file")  # hardly the name of an attribute
    numbers = f"(SELECT unnest([{paths}]) AS sl_file, unnest(range({len(files)})) AS {number})"
    return Incoming(f"(SELECT * FROM {batch.accepted} JOIN {numbers} USING (sl_file))", columns, "sl_order", number)


def _no_rows(table: Table) -> str:
    columns = ", ".join(f"NULL::{kind} AS {quote_name(name)}" for name, kind in column_types(table.columns).items())
    return f"(SELECT 0 AS sl_order, {columns} WHERE false)"


def _archive(files: Sequence[Candidate]) -> None:
    for each in files:
        if each.path != each.archive:
            archive_file(each.path, each.archive)


def _record_failure(job: _Job, group: Sequence[Candidate], batch: Batch, reason: str) -> tuple[FileOutcome, ...]:
    """A second transaction, after nothing of the load was written: audit row and rejected rows only."""
    jobs = {each.path: _job_id(job, each) for each in group}
    schema = job.project.settings.audit_schema
    with transaction(job.connection):
        write_rejected(job.connection, job.project.settings, job.table, {str(path): name for path, name in jobs.items()})
        rows = [_audit_row(job, each, jobs[each.path], batch[each.path], 0, reason) for each in group]
        write_audit(job.connection, schema, rows)
    return tuple(_outcome(each, "failed", batch, reason) for each in group)


def _record_unreadable(job: _Job, group: Sequence[Candidate], error: UnreadableFilesError) -> tuple[FileOutcome, ...]:
    """Write down the files of a group that cannot be read; those that a later file of the same name replaces are put away."""
    broken = [each for each in group if each.path in error.reasons]
    with transaction(job.connection):
        rows = [_audit_row(job, each, _job_id(job, each), Counts(), 0, error.reasons[each.path]) for each in broken]
        write_audit(job.connection, job.project.settings.audit_schema, rows)
    return tuple(_set_aside(job, each, job.files or group, error.reasons) for each in broken)


def _set_aside(job: _Job, each: Candidate, files: Sequence[Candidate], reasons: Mapping[Path, str]) -> FileOutcome:
    later = files[files.index(each) + 1 :]
    message = reasons[each.path]
    if not any(other.name == each.name and other.path not in reasons for other in later):
        return FileOutcome(each.name, each.path, "failed", partition=each.partition, message=message)
    unresolved = job.project.areas.unresolved / job.table.key.domain
    path = place_file(each.path, unresolved, twin_names(each.name))
    return FileOutcome(each.name, path, "superseded", partition=each.partition, message=message)


def _outcome(each: Candidate, status: str, batch: Batch, message: str = "") -> FileOutcome:
    path: Path = each.archive if status == "loaded" and each.archive else each.path
    if status == "failed":
        return FileOutcome(each.name, path, "failed", batch[each.path], each.partition, message)
    return FileOutcome(each.name, path, "loaded", batch[each.path], each.partition)


def _job_id(job: _Job, each: Candidate) -> str:
    """Starlake's form of a load's JOBID, with the run where Starlake has a clock: unique without one."""
    return f"{job.table.key.domain}-{job.table.key.name}-{each.name}-{job.run.id}-{each.identity.digest[:8]}"


def _audit_row(job: _Job, each: Candidate, name: str, counts: Counts, milliseconds: int, failure: str = "") -> AuditRow:
    return AuditRow(
        job=name,
        paths=str(each.path),
        key=job.table.key,
        success=not failure,
        read=counts.read,
        accepted=0 if failure else counts.accepted,
        rejected=counts.rejected,
        at=now(),
        duration=milliseconds,
        message=failure or "success",
        step="LOAD",
        scheduled=naive_utc(job.run.scheduled),
    )


def _ledger_row(job: _Job, each: Candidate, name: str, counts: Counts) -> LedgerRow:
    return LedgerRow(
        key=job.table.key,
        name=each.name,
        digest=each.identity.digest,
        size=each.size,
        modified_at=each.modified_at,
        partition=each.partition,
        archive=each.archive,
        loaded_at=now(),
        run=job.run.id,
        job=name,
        read=counts.read,
        accepted=counts.accepted,
        rejected=counts.rejected,
    )
