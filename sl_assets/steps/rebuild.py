"""Partitions: the files of some windows, from stage and archive, replace exactly these windows in one pass."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from sl_assets.project.windows import Window
from sl_assets.steps.batch import Batch, UnreadableFilesError, nothing_read, read_batch
from sl_assets.steps.candidates import Candidate, find_candidates
from sl_assets.steps.commit import Job, archive, commit, outcome_of, record_failure, record_unreadable, record_verdicts
from sl_assets.steps.judge import Verdict
from sl_assets.steps.limits import refusal
from sl_assets.steps.reports import Counts, FileOutcome, LoadReport, PartitionOutcome
from sl_assets.steps.verdicts import reports_of
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.errors import WarehouseError


def load_partitions(job: Job) -> LoadReport:
    """One pass over the files of all windows; a window that cannot be built is left as it is and named."""
    candidates = find_candidates(job.connection, job.project, job.table, job.windows, fresh=job.fresh)
    failures = dict(candidates.refused)
    files = [each for each in candidates.files if each.partition not in failures]
    outcomes: list[FileOutcome] = []
    verdicts: list[Verdict] = []
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
        verdicts += [each for each in batch.verdicts if each.unit in {outcome.partition for outcome in failed}]
        files = [each for each in files if each.partition not in failures and each.path not in unreadable]
    if not files:
        batch = nothing_read(job.connection, job.table, job.project.settings, job.windows)
    failures |= _empty_failures(job, files, failures)
    broken = {unit: reason for unit in _without_rows(job, files, failures) if (reason := batch.refusal_of(unit))}
    if broken:
        record_verdicts(job, batch.of_units(broken))
    failures |= broken
    batch = batch.of_units({window.key for window in job.windows if window.key not in failures or window.key in broken})
    verdicts += batch.verdicts
    if job.fresh and failures:  # all or nothing: the others would lose what the table has of these
        fact = f"the table is as it was before, because of partition {next(iter(failures))}"
        failures = {window.key: fact for window in job.windows} | failures
    good = [window for window in job.windows if window.key not in failures]
    changes = SchemaChanges()
    if good:
        try:
            changes, _ = commit(job, files, batch.of_units({window.key for window in good}), good)
        except (WarehouseError, duckdb.Error) as error:
            outcomes += record_failure(job, files, batch, str(error))
            failures |= {window.key: str(error) for window in good}
        else:
            archive(files)
            outcomes += [outcome_of(each, "loaded", batch) for each in files]
    partitions = tuple(_partition(window, files, batch, failures) for window in job.windows)
    warnings = tuple(f"{name} carries no partition in its name and was not loaded" for name in candidates.unassigned)
    return LoadReport(
        job.table.key,
        (*candidates.repeated, *outcomes),
        partitions,
        changes,
        warnings=warnings,
        expectations=reports_of(job.table, verdicts),
    )


def _refused_partitions(job: Job, files: Sequence[Candidate], batch: Batch) -> tuple[FileOutcome, ...]:
    refused: list[FileOutcome] = []
    for window in job.windows:
        mine = [each for each in files if each.partition == window.key]
        reason = refusal(job.table, batch, mine)
        if reason:
            refused += record_failure(job, mine, batch.of_units({window.key}), reason)
    return tuple(refused)


def _without_rows(job: Job, files: Sequence[Candidate], failures: Mapping[str, str]) -> tuple[str, ...]:
    """The windows that have no file and are built all the same."""
    filled = {each.partition for each in files} | failures.keys()
    return tuple(window.key for window in job.windows if window.key not in filled)


def _empty_failures(job: Job, files: Sequence[Candidate], failures: dict[str, str]) -> dict[str, str]:
    if job.table.partitions is None or job.table.partitions.empty == "keep":
        return {}
    return dict.fromkeys(_without_rows(job, files, failures), "there is no file for it")


def _partition(window: Window, files: Sequence[Candidate], batch: Batch, failures: dict[str, str]) -> PartitionOutcome:
    mine = [each for each in files if each.partition == window.key]
    counts = sum((batch[each.path] for each in mine), Counts())
    return PartitionOutcome(window.key, len(mine), counts, failures.get(window.key, ""))
