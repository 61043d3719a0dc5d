"""Loading a table afresh: all its files again, under today's YAML, into a table made anew.

One transaction: whoever reads sees the old table or the new one, and when a file cannot be loaded the old one stays as it is.
Starlake knows no such thing; there one drops the table and moves the files back by hand.
"""

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from sl_assets.project.windows import partition_of_file
from sl_assets.steps.batch import Batch, UnreadableFilesError, judged_again, read_batch
from sl_assets.steps.candidates import Candidate, finish_moves, loaded_before
from sl_assets.steps.commit import Job, outcome_of, record_failure, record_unreadable, write_files
from sl_assets.steps.groups import Group, group_files
from sl_assets.steps.judge import Verdict
from sl_assets.steps.limits import refusal
from sl_assets.steps.records import hold_back, refused_records
from sl_assets.steps.reports import FileOutcome, LoadReport
from sl_assets.steps.verdicts import reports_of
from sl_assets.warehouse.duckdb.connect import transaction
from sl_assets.warehouse.duckdb.ledger import known_files
from sl_assets.warehouse.duckdb.rejected import Correction, corrected_records, keep_corrections
from sl_assets.warehouse.errors import WarehouseError

KEPT = "the table is as it was before"


class _NotReloadedError(Exception):
    """The files of `group` cannot be loaded under today's YAML; nothing was written."""

    def __init__(self, group: Sequence[Candidate], reason: str) -> None:
        super().__init__(reason)
        self.group = tuple(group)
        self.reason = reason


def reload_table(job: Job) -> LoadReport:
    """Load every file the ledger knows of a table without partitions, in the order and as of the times it was loaded first.

    A file that is not in the archive any more, cannot be read or has too many rejected rows fails the whole: the table, its
    rejected rows and the ledger stay as they are.
    """
    finish_moves(job.connection, job.project, job.table)
    files, gone = loaded_before(job.connection, job.project, job.table)
    if gone or not files:
        return LoadReport(job.table.key, gone)
    groups = _corrected_alone(job, group_files(job.table, files, job.run.scheduled, job.project.settings.timezone))
    try:
        outcomes, verdicts = _write_all(replace(job, files=files), groups)
    except _NotReloadedError as error:
        return _record(job, error)
    return LoadReport(job.table.key, outcomes, expectations=reports_of(job.table, verdicts))


def covers_all_partitions(job: Job) -> bool:
    """Whether the windows of a job hold every file the ledger knows, so that the table can be made anew from them."""
    if job.table.partitions is None:
        return False
    keys = {window.key for window in job.windows}
    ledger = known_files(job.connection, job.project.settings.audit_schema, job.table.key)
    return all(partition_of_file(job.table.partitions, row.name) in keys for row in ledger)


def _corrected_alone(job: Job, groups: Sequence[Group]) -> list[Group]:
    """Groups in which a file that has corrected records is by itself."""
    found: list[Group] = []
    for group in groups:
        alone = any(_corrections(job, each) for each in group.files)
        found += [replace(group, files=(each,)) for each in group.files] if alone else [group]
    return found


def _corrections(job: Job, file: Candidate) -> tuple[Correction, ...]:
    return corrected_records(job.connection, job.project.settings.audit_schema, job.table.key, file.identity.digest)


def _hold_back(job: Job, file: Candidate, batch: Batch, corrections: Sequence[Correction]) -> Batch:
    """Leave out what a file of corrections brings, whatever today's YAML says of it."""
    marks = {each.record: each.name for each in corrections if each.record is not None}
    refused = [each for each in corrections if each.record is None]
    if refused and refused_records(job.connection) < len(refused):
        reason = f"records of it were corrected in {refused[0].name} that the reader refused then and does not refuse now."
        raise _NotReloadedError([file], reason)
    settings = job.project.settings
    held = hold_back(job.connection, batch, settings.audit_schema, file.path, file.identity.digest, marks)
    return held if held is batch else judged_again(job.connection, job.table, (file,), settings, held)


def _write_all(job: Job, groups: Sequence[Group]) -> tuple[tuple[FileOutcome, ...], tuple[Verdict, ...]]:
    outcomes: list[FileOutcome] = []
    verdicts: list[Verdict] = []
    with transaction(job.connection):
        for number, group in enumerate(groups):
            if group.fault:
                raise _NotReloadedError(group.files, group.fault)
            mine = replace(job, strategy=group.strategy, fresh=number == 0)
            batch = _write(mine, group.files)
            outcomes += [outcome_of(each, "loaded", batch) for each in group.files]
            verdicts += batch.verdicts
    return tuple(outcomes), tuple(verdicts)


def _write(job: Job, files: Sequence[Candidate]) -> Batch:
    schema = job.project.settings.audit_schema
    try:
        batch = read_batch(job.connection, job.table, files, job.project.settings)
        corrections = _corrections(job, files[0]) if len(files) == 1 else ()
        batch = _hold_back(job, files[0], batch, corrections)
        reason = refusal(job.table, batch, files)
        if reason:
            raise _NotReloadedError(files, reason)
        _, batch = write_files(job, files, batch)
        if corrections:
            keep_corrections(job.connection, schema, job.table.key, files[0].identity.digest, corrections)
    except (UnreadableFilesError, WarehouseError, duckdb.Error) as error:
        raise _NotReloadedError(files, str(error)) from error
    return batch


def _record(job: Job, error: _NotReloadedError) -> LoadReport:
    """Read the files at fault once more, outside the transaction that is gone, to say what is wrong with them."""
    try:
        batch = read_batch(job.connection, job.table, error.group, job.project.settings)
    except UnreadableFilesError as unreadable:
        reasons = UnreadableFilesError({path: f"{reason}; {KEPT}" for path, reason in unreadable.reasons.items()})
        alone = [replace(job, files=(each,)) for each in error.group]  # nothing takes the place of a file of the archive
        return LoadReport(
            job.table.key, tuple(outcome for each in alone for outcome in record_unreadable(each, each.files, reasons))
        )
    except duckdb.Error:
        batch = Batch({})
    outcomes = record_failure(job, error.group, batch, f"{error.reason} {KEPT[0].upper()}{KEPT[1:]}.")
    return LoadReport(job.table.key, outcomes, expectations=reports_of(job.table, batch.verdicts))
