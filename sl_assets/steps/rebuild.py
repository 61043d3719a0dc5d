"""Partitions: the files of some windows, from stage and archive, replace exactly these windows in one pass."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from sl_assets.project.windows import Window
from sl_assets.steps.batch import Batch, UnreadableFilesError, read_batch
from sl_assets.steps.candidates import Candidate, find_candidates
from sl_assets.steps.commit import Job, archive, commit, outcome_of, record_failure, record_unreadable
from sl_assets.steps.limits import refusal
from sl_assets.steps.reports import Counts, FileOutcome, LoadReport, PartitionOutcome
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.errors import WarehouseError


def load_partitions(job: Job) -> LoadReport:
    """One pass over the files of all windows; a window that cannot be built is left as it is and named."""
    candidates = find_candidates(job.connection, job.project, job.table, job.windows, fresh=job.fresh)
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
            faulty = record_unreadable(job, files, error)
        if not faulty:
            break
        outcomes += faulty
        failed = [each for each in faulty if each.status == "failed"]
        failures |= {str(each.partition): f"{each.name}: {each.message}" for each in failed}
        files = [each for each in files if each.partition not in failures and each.path not in unreadable]
    failures |= _empty_failures(job, files, failures)
    if job.fresh and failures:  # all or nothing: the others would lose what the table has of these
        fact = f"the table is as it was before, because of partition {next(iter(failures))}"
        failures = {window.key: fact for window in job.windows} | failures
    good = [window for window in job.windows if window.key not in failures]
    changes = SchemaChanges()
    if good:
        try:
            changes, _ = commit(job, files, batch, good)
        except (WarehouseError, duckdb.Error) as error:
            outcomes += record_failure(job, files, batch, str(error))
            failures |= {window.key: str(error) for window in good}
        else:
            archive(files)
            outcomes += [outcome_of(each, "loaded", batch) for each in files]
    partitions = tuple(_partition(window, files, batch, failures) for window in job.windows)
    warnings = tuple(f"{name} carries no partition in its name and was not loaded" for name in candidates.unassigned)
    return LoadReport(job.table.key, (*candidates.repeated, *outcomes), partitions, changes, warnings=warnings)


def _refused_partitions(job: Job, files: Sequence[Candidate], batch: Batch) -> tuple[FileOutcome, ...]:
    refused: list[FileOutcome] = []
    for window in job.windows:
        mine = [each for each in files if each.partition == window.key]
        reason = refusal(job.table, batch, mine)
        if reason:
            refused += record_failure(job, mine, batch, reason)
    return tuple(refused)


def _empty_failures(job: Job, files: Sequence[Candidate], failures: dict[str, str]) -> dict[str, str]:
    if job.table.partitions is None or job.table.partitions.empty == "keep":
        return {}
    filled = {each.partition for each in files} | failures.keys()
    return {window.key: "there is no file for it" for window in job.windows if window.key not in filled}


def _partition(window: Window, files: Sequence[Candidate], batch: Batch, failures: dict[str, str]) -> PartitionOutcome:
    mine = [each for each in files if each.partition == window.key]
    counts = sum((batch[each.path] for each in mine), Counts())
    return PartitionOutcome(window.key, len(mine), counts, failures.get(window.key, ""))
