"""Replay: rejected records that are valid under today's YAML are loaded, each once; the others stay rejected.

Starlake writes rejected records to a replay file and leaves the rest to the user. Here a record is found again in the archived
file by its number, proven by its line and byte; its row, the mark on the rejected record, the audit row and the new counts of
the ledger commit in one transaction.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from sl_assets.project.records import Project, Table
from sl_assets.steps.aside import keep_judgement, put_aside
from sl_assets.steps.batch import Batch, UnreadableFilesError, judged_again, read_batch
from sl_assets.steps.candidates import Candidate, archived_file, finish_moves
from sl_assets.steps.commit import Job, job_id, put_rows
from sl_assets.steps.groups import group_files
from sl_assets.steps.judge import Verdict
from sl_assets.steps.records import places_in, valid_records
from sl_assets.steps.reports import Counts, FileOutcome, FileStatus, LoadReport
from sl_assets.steps.run import Run
from sl_assets.steps.veil import veiled
from sl_assets.steps.verdicts import reports_of
from sl_assets.validation.row_rules import row_rules
from sl_assets.warehouse.duckdb.audit import AuditRow, ensure_audit_tables, naive_utc, now, write_audit
from sl_assets.warehouse.duckdb.catalog import count_rows, table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.ledger import FileIdentity, LedgerRow, known_files, last_runs, write_ledger
from sl_assets.warehouse.duckdb.rejected import OpenFile, answer_records, open_files, places_of
from sl_assets.warehouse.duckdb.strategies import Incoming
from sl_assets.warehouse.errors import WarehouseError

ADDING = frozenset({"APPEND", "UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP", "SCD2"})
"""A late row of these strategies changes no other row than the one of its key."""


def replays_records(table: Table) -> bool:
    """Whether single records of a table can be loaded later; otherwise the table or its partitions have to be loaded afresh."""
    return table.partitions is None and all(kind in ADDING for kind in table.strategy.types)


def replay(project: Project, warehouse: Warehouse, table: Table, run: Run) -> LoadReport:
    """Load the open rejected records of a table that are valid by now; a replayed record counts as arriving now.

    Raises:
        ValueError: A late record of this table would replace others (`replays_records`).
        LockTimeoutError, WarehouseError: The warehouse cannot be had.
    """
    if not replays_records(table):
        raise ValueError(f"Records of {table.key} cannot be replayed one by one.")
    began = time.monotonic()
    schema = project.settings.audit_schema
    with warehouse.writer(f"run {run.id} replaying {table.key}", run.waiting("The warehouse")) as connection:
        with transaction(connection):
            ensure_audit_tables(connection, schema)
        finish_moves(connection, project, table)
        job = Job(project, table, run, connection, (), table.strategy)
        known = {row.identity: row for row in known_files(connection, schema, table.key)}
        found = [(file, known.get(FileIdentity(file.name, file.digest))) for file in open_files(connection, schema, table.key)]
        replayed = [_replay_file(job, file, row) for file, row in found if row]
        rows = count_rows(connection, table.key) if table_columns(connection, table.key) else 0
        last_run = last_runs(connection, schema, table.key).get(None)
    return LoadReport(
        table.key,
        tuple(outcome for outcome, _ in replayed),
        rows=rows,
        last_run=last_run,
        seconds=time.monotonic() - began,
        expectations=reports_of(table, [verdict for _, verdicts in replayed for verdict in verdicts]),
    )


def _replay_file(job: Job, file: OpenFile, row: LedgerRow) -> tuple[FileOutcome, tuple[Verdict, ...]]:
    tried = len(file.records) + file.refused
    candidate = archived_file(row)
    if isinstance(candidate, str):
        counts = Counts(tried, 0, tried)
        return FileOutcome(file.name, row.archive or Path(file.name), "failed", counts, message=candidate), ()
    try:
        batch = read_batch(job.connection, job.table, [candidate], job.project.settings)
    except UnreadableFilesError as error:
        return _outcome(candidate, "failed", tried, message=next(iter(error.reasons.values()))), ()
    valid = valid_records(job.connection, file.records)
    problem = _other_reading(job, file, row, candidate, batch, valid)
    if problem:
        return _outcome(candidate, "failed", tried, message=problem), ()
    if not valid:
        return _outcome(candidate, "still rejected", tried), ()
    batch = _judged(job, candidate, replace(batch, only=valid))
    problem = batch.refusal([candidate]) or _write(job, file, row, candidate, batch)
    outcome = _outcome(candidate, "failed" if problem else "replayed", tried, None if problem else batch[candidate.path], problem)
    return outcome, batch.verdicts


def _judged(job: Job, candidate: Candidate, batch: Batch) -> Batch:
    """The batch with the counts of its replayed records. Aggregates were about a whole file: they are not asked of a few."""
    counts = Counts(len(batch.only or ()), len(batch.only or ()), 0)
    batch = replace(batch, counts={candidate.path: counts})
    single = replace(job.table, row_expectations=row_rules(job.table.row_expectations))
    return judged_again(job.connection, single, [candidate], job.project.settings, batch)


def _write(job: Job, file: OpenFile, row: LedgerRow, candidate: Candidate, batch: Batch) -> str:
    """Write the records; why that cannot be done, or nothing."""
    (group,) = group_files(job.table, [candidate], job.run.scheduled, job.project.settings.timezone)
    if group.fault:
        return group.fault
    try:
        with veiled(job.table):
            _commit(replace(job, strategy=group.strategy), file, row, candidate, batch)
    except (WarehouseError, duckdb.Error) as error:
        return str(error)
    return ""


def _other_reading(job: Job, file: OpenFile, row: LedgerRow, candidate: Candidate, batch: Batch, valid: Sequence[int]) -> str:
    """Why the records of a file cannot be told by their numbers any more; empty when they can."""
    hint = f"Hint: sl-assets run 'key:\"{'/'.join(job.table.key)}\"' --reload loads the table afresh."
    if len(file.records) + file.refused < row.rejected:
        kept = f"{len(file.records) + file.refused} of {row.rejected} rejected records"
        return f"only {kept} were kept (audit.maxErrors, or retention). {hint}"
    then = places_of(job.connection, job.project.settings.audit_schema, job.table.key, file)
    today = places_in(job.connection, batch, candidate.path, valid) if valid else {}
    if batch[candidate.path].read != row.read or any(today.get(record) != then[record] for record in valid):
        return f"its records are not the same as when it was loaded (separator, quotes, header, row tag). {hint}"
    return ""


def _commit(job: Job, file: OpenFile, row: LedgerRow, candidate: Candidate, batch: Batch) -> None:
    began = time.monotonic()
    schema, valid = job.project.settings.audit_schema, batch.only or ()
    columns = tuple(attribute.name for attribute in job.table.columns)
    told = batch[candidate.path]
    with transaction(job.connection):
        put_rows(job, Incoming(batch.accepted, columns, "sl_order"))
        name = f"{job_id(job, candidate)}-replay"
        keep_judgement(job.project, job.table, job.connection, job.run, batch.judgement)
        put_aside(job.table, job.connection, batch, [candidate], {candidate.path: name}, job.strategy)
        answer_records(job.connection, schema, job.table.key, file, name, valid)
        audit = AuditRow(
            job=name,
            paths=str(candidate.path),
            key=job.table.key,
            success=True,
            read=row.rejected,
            accepted=told.accepted,
            rejected=row.rejected - len(valid),
            quarantined=told.quarantined,
            dropped=told.dropped,
            at=now(),
            duration=int((time.monotonic() - began) * 1000),
            message="success",
            step="REPLAY",
            scheduled=naive_utc(job.run.scheduled),
        )
        write_audit(job.connection, schema, [audit])
        counts = {
            "accepted": row.accepted + told.accepted,
            "rejected": row.rejected - len(valid),
            "quarantined": row.quarantined + told.quarantined,
            "dropped": row.dropped + told.dropped,
        }
        write_ledger(job.connection, schema, [replace(row, run=job.run.id, **counts)])


def _outcome(file: Candidate, status: FileStatus, tried: int, replayed: Counts | None = None, message: str = "") -> FileOutcome:
    none = replayed or Counts()
    counts = Counts(tried, none.accepted, tried - none.read, none.quarantined, none.dropped)
    return FileOutcome(file.name, file.path, status, counts, message=message)
