"""Transform: one SELECT into one table, by the same write strategies as a load, with its audit row in the same transaction."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from sl_assets.project.compile import compile_script, compile_statements, compile_strategy, place_in_query
from sl_assets.project.digest import code_parts, code_version
from sl_assets.project.reads import is_query
from sl_assets.project.recipe import FileSink
from sl_assets.project.records import Project, Task
from sl_assets.project.strategies import history_columns
from sl_assets.project.windows import Window, merge_windows, window_variables
from sl_assets.sql.statements import Statement
from sl_assets.sql.text import qualified, quote_name
from sl_assets.steps.aside import keep_judgement
from sl_assets.steps.export import Draft, publish, remove, target_of, write_draft
from sl_assets.steps.failing_line import failing_line, numbered
from sl_assets.steps.glance import glance
from sl_assets.steps.held import HELD, Held, hold_judged, record_broken
from sl_assets.steps.incremental import News, look_for_news
from sl_assets.steps.making import Opened, is_tidy, prepare
from sl_assets.steps.reports import Counts, PartitionOutcome, TransformReport
from sl_assets.steps.run import Run, scheduled_variables
from sl_assets.steps.verdicts import reports_of
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.duckdb.audit import AuditRow, ensure_audit_tables, naive_utc, now, write_audit
from sl_assets.warehouse.duckdb.catalog import (
    count_rows,
    create_schema,
    describe_table,
    drop_table,
    relation_columns,
    replace_statement,
    sync_table,
    table_columns,
)
from sl_assets.warehouse.duckdb.code_versions import write_code_version
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.export import files_query
from sl_assets.warehouse.duckdb.inputs import forget_inputs, write_inputs
from sl_assets.warehouse.duckdb.quarantine import keep_quarantine
from sl_assets.warehouse.duckdb.statements import run_statements
from sl_assets.warehouse.duckdb.strategies import Incoming, replace_windows, write_rows, written_columns
from sl_assets.warehouse.duckdb.values import as_rows, from_rows
from sl_assets.warehouse.errors import WarehouseError, WindowError

RESULT = "sl_result"


class TransformError(WarehouseError):
    """A task's SQL failed; the text has the database's words, the file and the SQL that was sent."""


@dataclass(frozen=True)
class _Written:
    rows: int
    per_window: dict[datetime, int]
    changes: SchemaChanges = field(default_factory=SchemaChanges)
    drafts: tuple[Draft, ...] = ()
    nothing_new: bool = False
    held: Held | None = None
    away: tuple[dict[datetime, int], dict[datetime, int]] = ({}, {})  # quarantined, dropped


@dataclass(frozen=True)
class _Around:
    """What runs before and after the rows are written."""

    before: tuple[Statement, ...]
    after: tuple[Statement, ...]


def transform(
    project: Project,
    warehouse: Warehouse,
    task: Task,
    run: Run,
    windows: Sequence[Window] | None = None,
    *,
    reload: bool = False,
) -> TransformReport:
    """Run a task; with `windows` (contiguous), rebuild exactly these partitions in one pass.

    With `reload` its table is made anew, from all that it reads: readers see the old one until then.

    Raises:
        ValueError: The task is partitioned and no windows were given, or the other way round.
        TransformError: The SQL failed; nothing was written.
        StatementError: So did presql, postsql or a write strategy of the project's own.
        SchemaDriftError: The SQL returns types that the table's columns cannot take; nothing was written.
        WindowError: The SQL returned rows outside the windows; nothing was written.
        StepError, SourceError, IncrementalError, ExportError: So did a step or a function, or there is no file to read, or
            what is new cannot be told, or files cannot be written. Nothing was written.
        LockTimeoutError, WarehouseError: The warehouse cannot be had.
    """
    if (task.partitions is None) != (windows is None):
        wants = "needs partition keys" if task.partitions else "has no partitions"
        raise ValueError(f"{task.key} {wants}.")
    began = time.monotonic()
    variables = _variables(project, task, run, windows)
    making = prepare(project, task, run, variables, windows)
    around = _Around(
        compile_statements(project, task.presql, variables, task.parameters),
        compile_statements(project, task.postsql, variables, task.parameters),
    )
    targets = [(sink, target_of(project, sink, variables)) for sink in (task.file_sink, *task.file_sinks) if sink]
    purpose = f"run {run.id} building {task.key}"
    with warehouse.writer(purpose, run.waiting("The warehouse"), tidy=is_tidy(task)) as connection:
        with transaction(connection):
            ensure_audit_tables(connection, project.settings.audit_schema)
        try:
            with making.opened(connection, warehouse.database) as opened:
                written = _write(connection, project, task, run, opened, around, windows, targets, reload=reload)
        except WarehouseError as error:
            _record_failure(connection, project, task, run, error)
            raise
        except duckdb.Error as error:
            _record_failure(connection, project, task, run, error)
            hint = _missing(connection, project, task) if isinstance(error, duckdb.CatalogException) else ""
            raise TransformError(_failure(project, task, variables, making.shown, str(error)) + hint) from error
        exports = tuple(publish(draft) for draft in written.drafts)
        rows = written.rows if task.view else count_rows(connection, task.key)
        seen = glance(connection, project.settings, task, windows)
    outcomes = tuple(PartitionOutcome(each.key, counts=_counts(written, each)) for each in windows or ())
    return TransformReport(
        key=task.key,
        written=written.rows,
        rows=rows,
        sql=making.shown,
        seconds=time.monotonic() - began,
        partitions=outcomes,
        changes=written.changes,
        glance=seen,
        exports=exports,
        nothing_new=written.nothing_new,
        counts=written.held.counts if written.held else None,
        expectations=reports_of(task, written.held.judgement.verdicts) if written.held else (),
    )


def _failure(project: Project, task: Task, variables: Mapping[str, str], sent: str, error: str) -> str:
    """The database's words, the place in the file, and the SQL as it was sent with the failing line marked."""
    line = failing_line(error) if is_query(task) else None
    place = place_in_query(project, task, variables, line) if line else task.sql_place
    return f"{error}\n\n{place}, as it was sent:\n{numbered(sent, line)}"


def _missing(connection: duckdb.DuckDBPyConnection, project: Project, task: Task) -> str:
    """What a task reads and is not in the warehouse, and what to do about it; empty when all of it is there."""
    missing = [key for key in task.dependencies if not table_columns(connection, key)]
    own = [key for key in missing if key in project.tables or key in project.tasks]
    if not missing:
        return ""
    names = ", ".join(str(key) for key in missing)
    told = f"\n\nNot in the warehouse: {names}."
    return told + (f" Hint: sl-assets run '+key:\"{task.key.domain}/{task.key.name}\"' makes what it reads first." if own else "")


def _variables(project: Project, task: Task, run: Run, windows: Sequence[Window] | None) -> dict[str, str]:
    if windows:
        return window_variables(windows, project.settings.timezone)
    return scheduled_variables(run, project, task)


def _counts(written: _Written, window: Window) -> Counts:
    rows = written.per_window.get(window.start, 0)
    quarantined, dropped = (away.get(window.start, 0) for away in written.away)
    return Counts(rows + quarantined + dropped, rows, 0, quarantined, dropped)


def _write(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    task: Task,
    run: Run,
    opened: Opened,
    around: _Around,
    windows: Sequence[Window] | None,
    targets: Sequence[tuple[FileSink, Path]],
    *,
    reload: bool,
) -> _Written:
    began = time.monotonic()
    schema = project.settings.audit_schema
    drafts: list[Draft] = []
    try:
        with transaction(connection):
            create_schema(connection, task.key.domain)
            news = _look(connection, project, task, run, reload=reload)
            if not news.is_new:
                return _Written(0, {}, nothing_new=True)
            changes = _prepare_table(connection, task, opened({})) if around.before and is_query(task) else SchemaChanges()
            run_statements(connection, around.before)
            sql = opened(news.files)
            held = hold_judged(connection, project.settings, task, sql) if task.row_expectations else None
            written = _write_rows(connection, project, task, run, held.accepted if held else sql, windows, targets, drafts)
            run_statements(connection, around.after)
            drafts += [
                write_draft(connection, sink, target, f"SELECT * FROM {qualified(task.key)}")
                for sink, target in targets
                if sink is not task.file_sink
            ]
            described = (*history_columns(task.strategy), *task.attributes)
            describe_table(connection, task.key, task.comment, described, view=task.view or task.file_sink is not None)
            written = _put_aside(connection, project, task, run, written, held, windows, fresh=reload)
            counts = held.counts if held else Counts(written.rows, written.rows, 0)
            row = _audit_row(task, run, counts, int((time.monotonic() - began) * 1000), "")
            write_audit(connection, schema, [row])
            write_inputs(connection, schema, task.key, run.id, news.rows)
            write_code_version(connection, schema, code_version(task), code_parts(task))
    except BaseException:
        for draft in drafts:
            remove(draft.hidden)
        raise
    return replace(written, changes=changes + written.changes, drafts=tuple(drafts))


def _look(connection: duckdb.DuckDBPyConnection, project: Project, task: Task, run: Run, *, reload: bool) -> News:
    """What is new to the task: everything, when its table is not there or is made anew."""
    if reload and task.parse_sql and not (task.view or task.file_sink or task.partitions):
        drop_table(connection, task.key)
    if task.incremental and (reload or not table_columns(connection, task.key)):
        forget_inputs(connection, project.settings.audit_schema, task.key)
    news = look_for_news(connection, project, task)
    for warning in news.warnings:
        run.warn(warning)
    return news


def _write_rows(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    task: Task,
    run: Run,
    sql: str,
    windows: Sequence[Window] | None,
    targets: Sequence[tuple[FileSink, Path]],
    drafts: list[Draft],
) -> _Written:
    if task.view:
        return _create_view(connection, task, sql)
    if not task.parse_sql:
        return _run_script(connection, project, task, run)
    if task.file_sink is not None:
        sink, target = targets[0]
        return _write_files(connection, task, write_draft(connection, sink, target, sql, kept=True), sql, drafts)
    if task.partitions and windows:
        return _replace_partitions(connection, task, sql, windows)
    return _write_table(connection, project, task, sql)


def _write_files(connection: duckdb.DuckDBPyConnection, task: Task, draft: Draft, sql: str, drafts: list[Draft]) -> _Written:
    """Files in the place of a table: a view of its name reads them, so that SQL and checks find them."""
    drafts.append(draft)
    columns = relation_columns(connection, sql)
    query = files_query(columns, draft.hidden, draft.sink.format, draft.sink.partition, rows=draft.rows)
    connection.execute(replace_statement(task.key, query, view=True))
    return _Written(draft.rows, {})


def _put_aside(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    task: Task,
    run: Run,
    written: _Written,
    held: Held | None,
    windows: Sequence[Window] | None,
    *,
    fresh: bool,
) -> _Written:
    """The verdicts and the quarantined rows; those of before go that the new rows replace, whatever rules there are now."""
    grid = (task.partitions.column, windows) if task.partitions and windows else None
    if held is None:
        if not task.view and (grid or fresh or task.strategy.type == "OVERWRITE"):
            keep_quarantine(connection, task.key, task.strategy, "", windows=grid, fresh=fresh)
        return written
    keep_judgement(project, task, connection, run, held.judgement)
    aside = held.aside(task, run, windows[0].key if windows and len(windows) == 1 else None)
    keep_quarantine(connection, task.key, task.strategy, HELD, aside, windows=grid, fresh=fresh)
    if grid is None or not windows:
        return replace(written, held=held)
    away: list[dict[datetime, int]] = []
    for removed in (held.quarantined, held.dropped):
        _refuse_strays(connection, task, grid[0], windows, f"({removed})")
        away.append(_rows_per_window(connection, grid[0], windows, f"({removed})"))
    return replace(written, held=held, away=(away[0], away[1]))


def _prepare_table(connection: duckdb.DuckDBPyConnection, task: Task, sql: str) -> SchemaChanges:
    """Before presql the table is there, empty if need be, as in Starlake; and one that is there has its columns.

    Not so where the SQL reads what only presql makes: then both come after it.
    """
    exists = bool(table_columns(connection, task.key))
    if task.view or task.file_sink or (exists and is_made_anew(task, exists=True)):
        return SchemaChanges()
    try:
        columns = relation_columns(connection, sql)
    except (duckdb.BinderException, duckdb.CatalogException):
        return SchemaChanges()
    incoming = Incoming(f"({sql})", tuple(columns), "0")
    return sync_table(connection, task.key, written_columns(connection, incoming, task.strategy), sync=task.sync)


def is_made_anew(task: Task, *, exists: bool) -> bool:
    """Whether a task without partitions makes its table anew instead of writing into it, which may be there already."""
    keeps_all = task.strategy.type == "APPEND" and task.strategy.template is None
    return (_is_replaced(task) and not (exists and task.sync == "NONE")) or (keeps_all and not exists)


def _is_replaced(task: Task) -> bool:
    return task.strategy.type == "OVERWRITE" and task.strategy.template is None and task.partitions is None


def _create_view(connection: duckdb.DuckDBPyConnection, task: Task, sql: str) -> _Written:
    connection.execute(replace_statement(task.key, sql, view=True))
    return _Written(count_rows(connection, task.key), {})


def _run_script(connection: duckdb.DuckDBPyConnection, project: Project, task: Task, run: Run) -> _Written:
    """SQL that is not parsed: its statements, which leave the table behind."""
    run_statements(connection, compile_script(project, task, scheduled_variables(run, project, task)))
    if not table_columns(connection, task.key):
        raise TransformError(
            f"{task.sql_place}  {task.key} is not there after the SQL of its task. Nothing was written. "
            "Hint: with parseSQL: false the SQL itself makes the table and writes into it."
        )
    return _Written(count_rows(connection, task.key), {})


def _write_table(connection: duckdb.DuckDBPyConnection, project: Project, task: Task, sql: str) -> _Written:
    """OVERWRITE, and the first write of any strategy that keeps every row, make the table anew; readers see old or new."""
    if is_made_anew(task, exists=bool(table_columns(connection, task.key))):
        row = connection.execute(replace_statement(task.key, sql)).fetchone()
        return _Written(int(row[0]) if row else count_rows(connection, task.key), {})  # of a PIVOT, DuckDB tells no number
    columns, rows = _hold_result(connection, sql)
    incoming = Incoming(RESULT, tuple(columns), "rowid")
    changes = sync_table(connection, task.key, written_columns(connection, incoming, task.strategy), sync=task.sync)
    write_rows(connection, task.key, incoming, task.strategy, partial(compile_strategy, project))
    return _Written(rows, {}, changes)


def _replace_partitions(connection: duckdb.DuckDBPyConnection, task: Task, sql: str, windows: Sequence[Window]) -> _Written:
    if task.partitions is None:
        raise ValueError(f"{task.key} has no partitions.")
    column = task.partitions.column
    columns, rows = _hold_result(connection, sql)
    if column.lower() not in {name.lower() for name in columns}:
        raise WindowError(f"{task.key}: the SQL returns no column {column}, by which it is partitioned. {task.sql_place}")
    _refuse_strays(connection, task, column, windows)
    per_window = _rows_per_window(connection, column, windows)
    changes = sync_table(connection, task.key, columns, sync=task.sync)
    replace_windows(connection, task.key, Incoming(RESULT, tuple(columns), "rowid"), column, windows)
    return _Written(rows, per_window, changes)


def _hold_result(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[dict[str, str], int]:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {RESULT} AS {sql}")
    row = connection.execute(f"SELECT count(*) FROM {RESULT}").fetchone()  # of a PIVOT, making it tells no number
    return relation_columns(connection, f"SELECT * FROM {RESULT}"), int(row[0]) if row else 0


def _refuse_strays(
    connection: duckdb.DuckDBPyConnection, task: Task, column: str, windows: Sequence[Window], relation: str = RESULT
) -> None:
    name = quote_name(column)
    inside = " OR ".join(f"({name} >= ? AND {name} < ?)" for _ in merge_windows(windows))
    bounds = [moment for window in merge_windows(windows) for moment in (window.start, window.end)]
    row = connection.execute(
        f"SELECT count(*), min({name})::VARCHAR, max({name})::VARCHAR FROM {relation} WHERE ({inside}) IS NOT TRUE", bounds
    ).fetchone()
    if row and row[0]:
        raise WindowError(
            f"{task.key}: the SQL returned {row[0]} rows outside the window "
            f"[{windows[0].start}, {windows[-1].end}): {column} from {row[1]} to {row[2]}. Nothing was written. "
            f"Hint: filter on '{{{{ sl_start_date }}}}' (inclusive) and '{{{{ sl_end_date }}}}' (exclusive). {task.sql_place}"
        )


def _rows_per_window(
    connection: duckdb.DuckDBPyConnection, column: str, windows: Sequence[Window], relation: str = RESULT
) -> dict[datetime, int]:
    name = quote_name(column)
    bounds = as_rows([number, window.start, window.end] for number, window in enumerate(windows))
    rows = connection.execute(
        f"SELECT number::INTEGER, count(*) FROM {from_rows('$bounds', ['number', 'start', 'stop'])} "
        f"JOIN {relation} ON {name} >= start::TIMESTAMPTZ AND {name} < stop::TIMESTAMPTZ GROUP BY ALL",
        {"bounds": bounds},
    ).fetchall()
    counts: list[tuple[int, int]] = rows
    return {windows[number].start: count for number, count in counts}


def _record_failure(connection: duckdb.DuckDBPyConnection, project: Project, task: Task, run: Run, error: Exception) -> None:
    with transaction(connection):
        write_audit(connection, project.settings.audit_schema, [_audit_row(task, run, Counts(), 0, str(error))])
        record_broken(connection, project, task, run, error)


def _audit_row(task: Task, run: Run, counts: Counts, milliseconds: int, failure: str) -> AuditRow:
    return AuditRow(
        job=f"{task.key}-{run.id}",
        paths=str(task.key),
        key=task.key,
        success=not failure,
        read=counts.read,
        accepted=counts.accepted,
        rejected=0,
        quarantined=counts.quarantined,
        dropped=counts.dropped,
        at=now(),
        duration=milliseconds,
        message=failure or "success",
        step="TRANSFORM",
        scheduled=naive_utc(run.scheduled),
    )
