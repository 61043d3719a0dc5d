"""Writing files of one table: the one transaction of a load, the one of a failed load, and the moves that follow from them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from sl_assets.areas.archive import archive_file
from sl_assets.areas.files import place_file, twin_names
from sl_assets.project.columns import column_types, never_null
from sl_assets.project.compile import compile_statements, compile_strategy
from sl_assets.project.digest import code_parts, code_version
from sl_assets.project.records import Project, Table, WriteStrategy
from sl_assets.project.strategies import history_columns
from sl_assets.project.windows import Window
from sl_assets.sql.text import quote_name, quote_text
from sl_assets.steps.aside import keep_judgement, put_aside
from sl_assets.steps.batch import Batch, UnreadableFilesError, counted, write_rejected
from sl_assets.steps.candidates import Candidate
from sl_assets.steps.reports import Counts, FileOutcome
from sl_assets.steps.run import Run, scheduled_variables
from sl_assets.steps.veil import veiled
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.duckdb.audit import AuditRow, naive_utc, now, write_audit
from sl_assets.warehouse.duckdb.catalog import count_rows, describe_table, drop_table, sync_table
from sl_assets.warehouse.duckdb.code_versions import write_code_version
from sl_assets.warehouse.duckdb.connect import transaction
from sl_assets.warehouse.duckdb.definitions import write_definition
from sl_assets.warehouse.duckdb.ledger import LedgerRow, write_ledger
from sl_assets.warehouse.duckdb.rejected import Attempt, answer_all_rejected, answer_rejected
from sl_assets.warehouse.duckdb.statements import run_statements
from sl_assets.warehouse.duckdb.strategies import Incoming, replace_windows, write_rows, written_columns

NOTED_AT_ONCE = 1000
"""Files whose rows of audit and ledger one statement writes: it holds them several times over, as text and as values."""


@dataclass(frozen=True)
class Job:
    """Everything one load needs, so that it need not be handed on piece by piece."""

    project: Project
    table: Table
    run: Run
    connection: duckdb.DuckDBPyConnection
    windows: tuple[Window, ...]
    strategy: WriteStrategy  # that of the files at hand, where the table chooses one for each file
    files: tuple[Candidate, ...] = ()  # all that wait, in load order; none for partitions
    later: tuple[str, ...] = ()  # names of files that wait behind one of the same name
    fresh: bool = False  # the table is made anew, in the same transaction


def commit(job: Job, files: Sequence[Candidate], batch: Batch, windows: Sequence[Window] = ()) -> tuple[SchemaChanges, Batch]:
    """The one transaction: data, rejected rows, audit and ledger together. Gives the table's changes, and the batch counted."""
    with transaction(job.connection):
        return write_files(job, files, batch, windows)


def write_files(
    job: Job, files: Sequence[Candidate], batch: Batch, windows: Sequence[Window] = ()
) -> tuple[SchemaChanges, Batch]:
    """What `commit` does, inside the caller's transaction."""
    with veiled(job.table):
        return _write_files(job, files, batch, windows)


def _write_files(job: Job, files: Sequence[Candidate], batch: Batch, windows: Sequence[Window]) -> tuple[SchemaChanges, Batch]:
    began = time.monotonic()
    table, connection, settings = job.table, job.connection, job.project.settings
    columns = tuple(attribute.name for attribute in table.columns)
    at = (files[0].loaded_at if files else None) or now()
    incoming = _incoming(job, batch, files, columns, at) if files else Incoming(no_rows(table), columns, "sl_order")
    if job.fresh:
        drop_table(connection, table.key)
        answer_all_rejected(connection, settings.audit_schema, table.key, f"run {job.run.id}")
    changes, rows = put_rows(job, incoming, windows)
    jobs = {each.path: job_id(job, each) for each in files}
    keep_judgement(job.project, table, connection, job.run, batch.judgement)
    put_aside(job.table, connection, batch, files, jobs, job.strategy, windows=windows, fresh=job.fresh)
    if batch.clean:
        batch = counted(connection, batch, files[0].path, rows)
    if files and job.strategy.type == "OVERWRITE" and job.strategy.template is None:
        answer_all_rejected(connection, settings.audit_schema, table.key, jobs[files[-1].path])
    _write_rejected(job, files, with_rows=not batch.clean)
    milliseconds = int((time.monotonic() - began) * 1000)
    for first in range(0, len(files), NOTED_AT_ONCE):
        some = files[first : first + NOTED_AT_ONCE]
        audited = [_audit_row(job, each, jobs[each.path], batch[each.path], milliseconds) for each in some]
        write_audit(connection, settings.audit_schema, audited)
        ledger = [_ledger_row(job, each, jobs[each.path], batch[each.path], at) for each in some]
        write_ledger(connection, settings.audit_schema, ledger)
    write_definition(connection, settings.audit_schema, table)
    write_code_version(connection, settings.audit_schema, code_version(table), code_parts(table))
    return changes, batch


def put_rows(job: Job, incoming: Incoming, windows: Sequence[Window] = ()) -> tuple[SchemaChanges, int]:
    """Bring the table in line with the project and write rows to it; gives the changes, and by how many rows it grew."""
    table, connection = job.table, job.connection
    wanted = written_columns(connection, incoming, job.strategy)
    changes = sync_table(connection, table.key, wanted, never_null(table.columns))
    variables = scheduled_variables(job.run, job.project, None if windows else table)
    run_statements(connection, compile_statements(job.project, table.presql, variables))
    before = 0 if job.strategy.type == "OVERWRITE" else count_rows(connection, table.key)
    if windows and table.partitions:
        replace_windows(connection, table.key, incoming, table.partitions.column, windows)
    else:
        write_rows(connection, table.key, incoming, job.strategy, partial(compile_strategy, job.project))
    rows = count_rows(connection, table.key) - before
    run_statements(connection, compile_statements(job.project, table.postsql, variables))
    describe_table(connection, table.key, table.comment, (*table.columns, *history_columns(job.strategy)))
    return changes, rows


def moment_of(at: datetime) -> str:
    """A time of the ledger, UTC without a zone, as SQL."""
    return f"{quote_text(f'{at.isoformat()}+00:00')}::TIMESTAMPTZ"


def _write_rejected(job: Job, files: Sequence[Candidate], *, with_rows: bool = True) -> None:
    """The rejected rows of the batch; those of earlier attempts at the same files are thereby answered."""
    if not files:
        return
    attempts = [Attempt(str(each.path), job_id(job, each), *each.identity) for each in files]
    answer_rejected(job.connection, job.project.settings.audit_schema, job.table.key, attempts)
    if with_rows:
        write_rejected(job.connection, job.project.settings, job.table, attempts)


def _incoming(job: Job, batch: Batch, files: Sequence[Candidate], columns: tuple[str, ...], at: datetime) -> Incoming:
    """The rows of a batch; each with the number of its file where the strategy has to know that."""
    moment = moment_of(at)
    if len(files) == 1 or job.windows or job.strategy.type == "APPEND":
        return Incoming(batch.accepted, columns, "sl_order", moment=moment)
    paths = ", ".join(quote_text(str(each.path)) for each in files)
    number = quote_name("sl number of file")  # hardly the name of an attribute
    numbers = f"(SELECT unnest([{paths}]) AS sl_file, unnest(range({len(files)})) AS {number})"
    return Incoming(f"(SELECT * FROM {batch.accepted} JOIN {numbers} USING (sl_file))", columns, "sl_order", number, moment)


def no_rows(table: Table) -> str:
    """A relation in SQL with a table's columns and not one row."""
    columns = ", ".join(f"NULL::{kind} AS {quote_name(name)}" for name, kind in column_types(table.columns).items())
    return f"(SELECT 0 AS sl_order, {columns} WHERE false)"


def archive(files: Sequence[Candidate]) -> None:
    """Move loaded files to where the ledger says they are."""
    for each in files:
        if each.path != each.archive:
            archive_file(each.path, each.archive)


def record_failure(job: Job, group: Sequence[Candidate], batch: Batch, reason: str) -> tuple[FileOutcome, ...]:
    """A second transaction, after nothing of the load was written: audit row and rejected rows only."""
    jobs = {each.path: job_id(job, each) for each in group}
    schema = job.project.settings.audit_schema
    with transaction(job.connection):
        _write_rejected(job, group)
        rows = [_audit_row(job, each, jobs[each.path], batch[each.path], 0, reason) for each in group]
        write_audit(job.connection, schema, rows)
        keep_judgement(job.project, job.table, job.connection, job.run, batch.judgement)
    return tuple(outcome_of(each, "failed", batch, reason) for each in group)


def record_verdicts(job: Job, batch: Batch) -> None:
    """The verdicts over units without a file, which no audit row speaks of."""
    with transaction(job.connection):
        keep_judgement(job.project, job.table, job.connection, job.run, batch.judgement)


def record_unreadable(job: Job, group: Sequence[Candidate], error: UnreadableFilesError) -> tuple[FileOutcome, ...]:
    """Write down the files of a group that cannot be read; those that a later file of the same name replaces are put away."""
    broken = [each for each in group if each.path in error.reasons]
    with transaction(job.connection):
        rows = [_audit_row(job, each, job_id(job, each), Counts(), 0, error.reasons[each.path]) for each in broken]
        write_audit(job.connection, job.project.settings.audit_schema, rows)
    return tuple(_set_aside(job, each, job.files or group, error.reasons) for each in broken)


def _set_aside(job: Job, each: Candidate, files: Sequence[Candidate], reasons: Mapping[Path, str]) -> FileOutcome:
    message = reasons[each.path]
    later = {other.name for other in files[files.index(each) + 1 :] if other.path not in reasons}
    if each.name not in {*later, *job.later}:
        return FileOutcome(each.name, each.path, "failed", partition=each.partition, message=message)
    unresolved = job.project.areas.unresolved / job.table.key.domain
    path = place_file(each.path, unresolved, twin_names(each.name))
    return FileOutcome(each.name, path, "superseded", partition=each.partition, message=message)


def outcome_of(each: Candidate, status: str, batch: Batch, message: str = "") -> FileOutcome:
    """What became of a file that was read: `loaded`, or `failed` with the reason."""
    path: Path = each.archive if status == "loaded" and each.archive else each.path
    if status == "failed":
        return FileOutcome(each.name, path, "failed", batch[each.path], each.partition, message)
    return FileOutcome(each.name, path, "loaded", batch[each.path], each.partition)


def job_id(job: Job, each: Candidate) -> str:
    """Starlake's form of a load's JOBID, with the run where Starlake has a clock: unique without one."""
    return f"{job.table.key.domain}-{job.table.key.name}-{each.name}-{job.run.id}-{each.identity.digest[:8]}"


def _audit_row(job: Job, each: Candidate, name: str, counts: Counts, milliseconds: int, failure: str = "") -> AuditRow:
    return AuditRow(
        job=name,
        paths=str(each.path),
        key=job.table.key,
        success=not failure,
        read=counts.read,
        accepted=0 if failure else counts.accepted,
        rejected=counts.rejected,
        quarantined=0 if failure else counts.quarantined,
        dropped=0 if failure else counts.dropped,
        at=now(),
        duration=milliseconds,
        message=failure or "success",
        step="LOAD",
        scheduled=naive_utc(job.run.scheduled),
    )


def _ledger_row(job: Job, each: Candidate, name: str, counts: Counts, at: datetime) -> LedgerRow:
    return LedgerRow(
        key=job.table.key,
        name=each.name,
        digest=each.identity.digest,
        size=each.size,
        modified_at=each.modified_at,
        partition=each.partition,
        archive=each.archive,
        loaded_at=at,
        run=job.run.id,
        job=name,
        read=counts.read,
        accepted=counts.accepted,
        rejected=counts.rejected,
        quarantined=counts.quarantined,
        dropped=counts.dropped,
    )
