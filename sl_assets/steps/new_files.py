"""What is new for a table without partitions: its waiting files, group by group, each group in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb

from sl_assets.steps.batch import NotCleanError, UnreadableFilesError, clean_batch, read_batch
from sl_assets.steps.candidates import Candidate, find_candidates
from sl_assets.steps.commit import Job, archive, commit, outcome_of, record_failure, record_unreadable
from sl_assets.steps.groups import Group, group_files, in_order
from sl_assets.steps.judge import Verdict
from sl_assets.steps.limits import refusal
from sl_assets.steps.reports import FileOutcome, LoadReport
from sl_assets.steps.verdicts import join_reports, reports_of
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.errors import WarehouseError

LARGE = 32 * 2**20  # bytes: from here on a file is written while it is read


@dataclass(frozen=True)
class _Loaded:
    outcomes: tuple[FileOutcome, ...]
    changes: SchemaChanges = field(default_factory=SchemaChanges)
    held_back: tuple[Candidate, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


def load_new(job: Job) -> LoadReport:
    """Load the waiting files of a table. Where order matters, those behind a file that failed go on waiting."""
    candidates = find_candidates(job.connection, job.project, job.table, None)
    job = replace(job, files=candidates.files, later=candidates.later)
    groups = group_files(job.table, candidates.files, job.run.scheduled, job.project.settings.timezone)
    outcomes: list[FileOutcome] = []
    waiting: list[Candidate] = []
    changes = SchemaChanges()
    verdicts: list[Verdict] = []
    for number, group in enumerate(groups):
        loaded = _refuse_group(job, group) if group.fault else _load_group(replace(job, strategy=group.strategy), group.files)
        outcomes += loaded.outcomes
        changes += loaded.changes
        verdicts += loaded.verdicts
        if in_order(job.table) and any(each.status == "failed" for each in loaded.outcomes):
            waiting = [*loaded.held_back, *(each for later in groups[number + 1 :] for each in later.files)]
            break
    outcomes += [FileOutcome(each.name, each.path, "waiting") for each in waiting]
    report = LoadReport(
        job.table.key, (*candidates.repeated, *outcomes), changes=changes, expectations=reports_of(job.table, verdicts)
    )
    if not candidates.later or report.failures:
        return report
    following = load_new(job)  # now the ledger knows the first of their names
    return replace(
        following,
        files=(*report.files, *following.files),
        changes=changes + following.changes,
        expectations=join_reports(report.expectations, following.expectations),
    )


def _refuse_group(job: Job, group: Group) -> _Loaded:
    reasons = UnreadableFilesError({each.path: group.fault for each in group.files})
    return _Loaded(record_unreadable(job, group.files, reasons))


def _load_group(job: Job, group: Sequence[Candidate]) -> _Loaded:
    """Load files in one transaction; when some cannot be read, those fail and the rest is loaded."""
    if _is_worth_a_try(job, group):
        loaded = _load_clean(job, group[0])
        if loaded:
            return loaded
    try:
        batch = read_batch(job.connection, job.table, group, job.project.settings)
    except UnreadableFilesError as error:
        return _without(job, group, error)
    reason = refusal(job.table, batch, group)
    if reason:
        return _Loaded(record_failure(job, group, batch, reason), verdicts=batch.verdicts)
    try:
        changes, _ = commit(job, group, batch)
    except (WarehouseError, duckdb.Error) as error:
        return _Loaded(record_failure(job, group, batch, str(error)), verdicts=batch.verdicts)
    archive(group)
    return _Loaded(tuple(outcome_of(each, "loaded", batch) for each in group), changes, verdicts=batch.verdicts)


def _is_worth_a_try(job: Job, group: Sequence[Candidate]) -> bool:
    """Whether to write a file while it is read, in the hope that every row is good.

    That saves the copy from the temporary table: a seventh of the time of a large file, and half of the memory. One bad row
    ends the try early: it is met within the first rows when there are many, and reading to it is what is lost.
    """
    simple = job.strategy.type in ("APPEND", "OVERWRITE") and job.strategy.template is None and job.table.filter is None
    simple = simple and not job.table.row_expectations  # all rows are judged before the first one is written
    return simple and len(group) == 1 and group[0].size >= LARGE


def _load_clean(job: Job, each: Candidate) -> _Loaded | None:
    """Load a large file in one pass; None, and nothing written, when it has a bad row or something else is wrong with it."""
    try:
        batch = clean_batch(job.connection, job.table, each, job.project.settings)
        changes, batch = commit(job, [each], batch)
    except (NotCleanError, UnreadableFilesError, WarehouseError, duckdb.Error):
        return None  # the thorough way finds out what it is, and tells
    archive([each])
    return _Loaded((outcome_of(each, "loaded", batch),), changes)


def _without(job: Job, group: Sequence[Candidate], error: UnreadableFilesError) -> _Loaded:
    faulty = record_unreadable(job, group, error)
    failed = {each.path for each in faulty if each.status == "failed"}
    rest = [each for each in group if each.path not in error.reasons]
    held_back: tuple[Candidate, ...] = ()
    if failed and in_order(job.table):
        first = min(number for number, each in enumerate(group) if each.path in failed)
        held_back = tuple(each for each in rest if group.index(each) > first)
        rest = [each for each in rest if group.index(each) < first]
    others = _load_group(job, rest) if rest else _Loaded(())
    return _Loaded((*others.outcomes, *faulty), others.changes, (*others.held_back, *held_back), others.verdicts)
