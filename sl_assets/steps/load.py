"""Load: the files of one table, each exactly once.

A file's rows, its rejected rows, its audit row and its ledger row commit in one transaction; the file is moved to the archive
after that. Kill the process anywhere: what the ledger knows is loaded, the rest still waits in stage.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from sl_assets.project.records import Project, Table
from sl_assets.project.windows import Window
from sl_assets.steps.commit import Job
from sl_assets.steps.corrections import export_rejected
from sl_assets.steps.drift.grid import refuse_other_grid
from sl_assets.steps.gate import use_up_acks
from sl_assets.steps.glance import glance
from sl_assets.steps.new_files import load_new
from sl_assets.steps.rebuild import load_partitions
from sl_assets.steps.reload import covers_all_partitions, reload_table
from sl_assets.steps.reports import LoadReport
from sl_assets.steps.run import Run
from sl_assets.steps.stage import stages_its_own, take_from_landing
from sl_assets.steps.verdicts import join_reports
from sl_assets.validation import has_private
from sl_assets.warehouse.duckdb.audit import ensure_audit_tables
from sl_assets.warehouse.duckdb.catalog import count_rows, table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.ledger import last_runs


def load(
    project: Project,
    warehouse: Warehouse,
    table: Table,
    run: Run,
    windows: Sequence[Window] | None = None,
    *,
    reload: bool = False,
) -> LoadReport:
    """Load what is new for a table; with `windows`, rebuild exactly these partitions from stage and archive.

    Never raises for a faulty file: the report says which files or partitions failed and why, the others are loaded.

    Args:
        project: The project.
        warehouse: Where to.
        table: Which table.
        run: Who loads.
        windows: The partitions of a partitioned table.
        reload: Make the table anew from all files it was ever loaded from, then load what is new. A partitioned table is made
            anew when the windows are all it has; otherwise they are rebuilt as without it.

    Raises:
        ValueError: The table is partitioned and no windows were given, or the other way round.
        LockTimeoutError, WarehouseError: The warehouse cannot be had.
        SchemaDriftError: The table was loaded under other partitions.
    """
    if (table.partitions is None) != (windows is None):
        wants = "needs partition keys" if table.partitions else "has no partitions"
        raise ValueError(f"{table.key} {wants}.")
    began = time.monotonic()
    domain = project.domains[table.key.domain]
    if stages_its_own(table):
        take_from_landing(project, domain, [table.key], run)
    purpose = f"run {run.id} loading {table.key}"
    with warehouse.writer(purpose, run.waiting("The warehouse"), tidy=_is_tidy(table)) as connection:
        with transaction(connection):
            ensure_audit_tables(connection, project.settings.audit_schema)
        job = Job(project, table, run, connection, tuple(windows or ()), table.strategy)
        if windows is None:
            report = _reload(job) if reload else load_new(job)
        else:
            fresh = reload and covers_all_partitions(job)
            if not fresh:
                refuse_other_grid(connection, project.settings.audit_schema, table)
            report = load_partitions(replace(job, fresh=fresh))
        _write_replay_files(job, report)
        rows = count_rows(connection, table.key) if table_columns(connection, table.key) else 0
        last_run = last_runs(connection, project.settings.audit_schema, table.key).get(None)
        seen = glance(connection, project.settings, table, windows) if rows and report.loaded else None
    if not report.failures:
        use_up_acks(project, table, run, windows)
    return replace(report, rows=rows, last_run=last_run, seconds=time.monotonic() - began, glance=seen)


def _is_tidy(table: Table) -> bool:
    """Whether all that a load runs are queries and writes: no statements of the project's, no functions for private values."""
    return not (table.presql or table.postsql or table.strategy.template or has_private(table))


def _reload(job: Job) -> LoadReport:
    """The files of before, then those that wait: these only when those could be loaded, because they come later."""
    before = reload_table(job)
    if before.failures:
        return before
    new = load_new(job)
    expectations = join_reports(before.expectations, new.expectations)
    return replace(new, files=(*before.files, *new.files), expectations=expectations)


def _write_replay_files(job: Job, report: LoadReport) -> None:
    """Starlake's `sinkReplayToFile`: what was rejected just now, in files that can be corrected and loaded."""
    names = {file.name for file in report.loaded if file.counts.rejected}
    if not job.project.settings.replay_files or not names or job.table.format.name == "PARQUET":
        return
    for written in export_rejected(job.project, job.connection, job.table, names):
        job.run.say(f"{written.records} rejected records of {written.of}: {written.path or written.reason}")
