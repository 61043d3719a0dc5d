"""Replay files: the open rejected records of a loaded file in a file of their own, corrected by a person, loaded in their stead.

Starlake's `sinkReplayToFile` writes such files and forgets them. Here the file's name says which records it stands for, so that
they are answered in the transaction that loads it, and never loaded twice.
"""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from sl_assets.areas.archive import archive_file, archive_path
from sl_assets.areas.files import content_hash
from sl_assets.formats.replay import replay_content, replay_name
from sl_assets.project.records import Project, Table
from sl_assets.steps.batch import Batch, UnreadableFilesError, read_batch
from sl_assets.steps.candidates import Candidate, archived_file
from sl_assets.steps.commit import Job, archive, outcome_of, record_failure, record_unreadable, write_files
from sl_assets.steps.groups import group_files
from sl_assets.steps.judge import Verdict
from sl_assets.steps.limits import refusal
from sl_assets.steps.records import first_line, texts_of
from sl_assets.steps.replay import replays_records
from sl_assets.steps.reports import FileOutcome, LoadReport
from sl_assets.steps.run import Run
from sl_assets.steps.verdicts import reports_of
from sl_assets.warehouse.duckdb.audit import ensure_audit_tables, naive_utc
from sl_assets.warehouse.duckdb.catalog import count_rows, table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.ledger import FileIdentity, LedgerRow, archive_paths, known_files, last_runs
from sl_assets.warehouse.duckdb.rejected import CORRECTED_IN, OpenFile, answer_records, open_files

NAME = re.compile(r"-(?P<digest>[0-9a-f]{8})-(?P<mark>[0-9a-f]{8})\.")


class NoReplayFileError(ValueError):
    """A file that does not stand for the rejected records that are open now; the text says why and what to do."""


@dataclass(frozen=True)
class ReplayFile:
    """A replay file that was written, or (`reason`) why there is none for a loaded file."""

    of: str
    records: int
    path: Path | None = None
    reason: str = ""


def export_rejected(
    project: Project, connection: duckdb.DuckDBPyConnection, table: Table, names: Collection[str] | None = None
) -> tuple[ReplayFile, ...]:
    """Write a replay file for each loaded file of a table that has open rejected records, into the area `replay`.

    Args:
        project: The project.
        connection: To the warehouse; reading is enough.
        table: Whose records.
        names: Only those of files of these names.

    Raises:
        FormatError: The table's format has no text that a person could correct.
    """
    schema = project.settings.audit_schema
    job = Job(project, table, Run("export"), connection, (), table.strategy)
    known = {row.identity: row for row in known_files(connection, schema, table.key)}
    return tuple(
        _export(job, file, known[FileIdentity(file.name, file.digest)])
        for file in open_files(connection, schema, table.key)
        if (file.name, file.digest) in known and (names is None or file.name in names)
    )


def write_replay_file(job: Job, file: OpenFile, candidate: Candidate, batch: Batch) -> Path:
    """Write the replay file of the file of the batch, whole or not at all; one that is there, maybe corrected, stays."""
    folder = job.project.areas.replay / job.table.key.domain / job.table.key.name
    path = folder / replay_name(file.name, file.digest[:8], file.mark)
    if path.exists():
        return path
    texts = texts_of(job.connection, batch, candidate.path, file)
    line = first_line(job.connection, batch, candidate.path)
    content = replay_content(job.table.format, str(candidate.path), line, texts)
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(content)
    return partial.rename(path)


def load_corrections(project: Project, warehouse: Warehouse, table: Table, path: Path, run: Run) -> LoadReport:
    """Load a corrected replay file; the records it stands for are answered, what is wrong with it is rejected as in any file.

    Raises:
        NoReplayFileError: It is no replay file of this table, or its records are not those that are open now.
        LockTimeoutError, WarehouseError: The warehouse cannot be had.
    """
    began = time.monotonic()
    schema = project.settings.audit_schema
    with warehouse.writer(f"run {run.id} replaying {table.key}", run.waiting("The warehouse")) as connection:
        with transaction(connection):
            ensure_audit_tables(connection, schema)
        job = Job(project, table, run, connection, (), table.strategy)
        moved = _finish_move(job, path)
        outcome, verdicts = (moved, ()) if moved else _correct(job, path)
        rows = count_rows(connection, table.key) if table_columns(connection, table.key) else 0
        last_run = last_runs(connection, schema, table.key).get(None)
    return LoadReport(
        table.key,
        (outcome,),
        rows=rows,
        last_run=last_run,
        seconds=time.monotonic() - began,
        expectations=reports_of(table, verdicts),
    )


def _export(job: Job, file: OpenFile, row: LedgerRow) -> ReplayFile:
    count = len(file.records) + file.refused
    candidate = archived_file(row)
    if isinstance(candidate, str):
        return ReplayFile(file.name, count, reason=candidate)
    try:
        batch = read_batch(job.connection, job.table, [candidate], job.project.settings)
    except UnreadableFilesError as error:
        return ReplayFile(file.name, count, reason=next(iter(error.reasons.values())))
    if batch[candidate.path].read != row.read:
        return ReplayFile(file.name, count, reason="its records are not the same as when it was loaded")
    return ReplayFile(file.name, count, write_replay_file(job, file, candidate, batch))


def _finish_move(job: Job, path: Path) -> FileOutcome | None:
    """A run that loaded the file and was killed before it put it away."""
    row = _known(job, FileIdentity(path.name, content_hash(path)))
    if row is None:
        return None
    archive_file(path, None if row.archive and row.archive.exists() else row.archive)  # the same bytes are there already
    return FileOutcome(path.name, path, "repeated")


def _known(job: Job, identity: FileIdentity) -> LedgerRow | None:
    rows = known_files(job.connection, job.project.settings.audit_schema, job.table.key)
    return next((row for row in rows if row.identity == identity), None)


def _correct(job: Job, path: Path) -> tuple[FileOutcome, tuple[Verdict, ...]]:
    file = _stands_for(job, path)
    candidate = _candidate(job, path)
    (group,) = group_files(job.table, [candidate], job.run.scheduled, job.project.settings.timezone)
    job = replace(job, strategy=group.strategy, files=(candidate,))
    try:
        batch = read_batch(job.connection, job.table, [candidate], job.project.settings)
    except UnreadableFilesError as error:
        return record_unreadable(job, [candidate], error)[0], ()
    reason = group.fault or refusal(job.table, batch, [candidate])
    if reason:
        return record_failure(job, [candidate], batch, reason)[0], batch.verdicts
    with transaction(job.connection):
        write_files(job, [candidate], batch)
        answer_records(job.connection, job.project.settings.audit_schema, job.table.key, file, f"{CORRECTED_IN}{path.name}")
    archive([candidate])
    return outcome_of(candidate, "loaded", batch), batch.verdicts


def _stands_for(job: Job, path: Path) -> OpenFile:
    hint = f"Hint: sl-assets rejects export {job.table.key} writes the replay files of what is open now."
    if not replays_records(job.table):
        raise NoReplayFileError(
            f"{job.table.key} takes no single records: a late one would replace others. Hint: let the corrected file come again."
        )
    found = NAME.search(path.name)
    if found is None:
        raise NoReplayFileError(f"{path.name} is not named like a replay file (<name>-<hash>-<records>.<extension>). {hint}")
    for file in open_files(job.connection, job.project.settings.audit_schema, job.table.key):
        if file.digest.startswith(found["digest"]) and file.mark == found["mark"]:
            return file
    raise NoReplayFileError(f"{path.name}: the rejected records it stands for are not those that are open now. {hint}")


def _candidate(job: Job, path: Path) -> Candidate:
    identity = FileIdentity(path.name, content_hash(path))
    status = path.stat()
    taken = archive_paths(job.connection, job.project.settings.audit_schema, job.table.key.domain)
    target = archive_path(job.project.areas.archive / job.table.key.domain, path.name, identity.digest, taken)
    modified_at = naive_utc(datetime.fromtimestamp(status.st_mtime, UTC))
    kept = target if job.table.archive else None
    return Candidate(path, path.name, partial(str, identity.digest), status.st_size, modified_at, None, kept)
