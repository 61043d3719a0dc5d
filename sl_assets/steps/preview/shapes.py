"""The columns that loads and transforms would make or change, tried out on a shadow of the warehouse in the order of the runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from sl_assets.areas.files import InputFile
from sl_assets.project import compile_task
from sl_assets.project.choices import ChoiceError, choose_type
from sl_assets.project.columns import never_null
from sl_assets.project.reads import is_query
from sl_assets.project.records import Project, Table, Task, WriteStrategy
from sl_assets.project.windows import Window, window_variables
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.steps.commit import no_rows
from sl_assets.steps.run import Run, scheduled_variables
from sl_assets.steps.transform import is_made_anew
from sl_assets.warehouse.duckdb.catalog import missing_schema, plan_sync, replace_statement, table_columns
from sl_assets.warehouse.duckdb.shadow import compare_shapes, replace_shape, result_columns
from sl_assets.warehouse.duckdb.strategies import Incoming, written_columns
from sl_assets.warehouse.errors import SchemaDriftError


@dataclass(frozen=True)
class ShapePreview:
    """The SQL that would be issued to make or change a table, what is to be said about it, and why it would be refused."""

    statements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""


def preview_load(
    shadow: duckdb.DuckDBPyConnection, project: Project, table: Table, files: Sequence[InputFile], now: datetime
) -> ShapePreview:
    """What a load of these new files does to its table's columns; done to the shadow, too."""
    columns = tuple(attribute.name for attribute in table.columns)
    incoming = Incoming(no_rows(table), columns, "sl_order")
    statements: list[str] = []
    notes: list[str] = []
    for strategy in _strategies(project, table, files, now):
        try:
            sync = plan_sync(shadow, table.key, written_columns(shadow, incoming, strategy), never_null(table.columns))
        except SchemaDriftError as error:
            return ShapePreview(refused=str(error))
        _issue(shadow, sync.statements)
        statements += sync.statements
        notes += sync.changes.warnings
    notes += ["presql runs first, in the same transaction."] if table.presql else []
    return ShapePreview(tuple(statements), tuple(notes))


def _strategies(project: Project, table: Table, files: Sequence[InputFile], now: datetime) -> Iterable[WriteStrategy]:
    """Those by which the files are going to be written, each once; a file for which none can be chosen fails by itself."""
    kinds: dict[str, None] = {} if files and table.strategy.choices else {table.strategy.type: None}
    for file in files if table.strategy.choices else ():
        try:
            kinds[choose_type(table, file.name, file.size, file.modified_at, now, project.settings.timezone)] = None
        except ChoiceError:
            continue
    return [replace(table.strategy, type=kind, choices=()) for kind in kinds]


def preview_transform(
    shadow: duckdb.DuckDBPyConnection, project: Project, task: Task, now: datetime, windows: Sequence[Window] = ()
) -> ShapePreview:
    """What a transform does to its table's columns; done to the shadow, too. Its query is bound, not run."""
    if not is_query(task) or task.file_sink is not None:
        replace_shape(shadow, task.key, None)
        note = "Its columns are known when it runs." if task.file_sink is None else f"Its rows go to {task.file_sink.path}."
        return ShapePreview(notes=(note,))
    scheduled = scheduled_variables(Run("", now.astimezone(UTC)), project, task)
    try:
        sql = compile_task(project, task, window_variables(windows, project.settings.timezone) if windows else scheduled)
    except ProjectError as error:
        return ShapePreview(refused=str(error))
    exists = bool(table_columns(shadow, task.key))
    try:
        columns = result_columns(shadow, sql)
    except duckdb.Error as error:
        columns = None
        notes = (_unbound(shadow, task, error),)
    else:
        notes = () if columns else ("Only its rows tell its columns.",)
    if task.view or (not task.partitions and is_made_anew(task, exists=exists)):
        if columns and exists:
            changes = str(compare_shapes(shadow, task.key, columns))
            notes = (f"Made anew, its table {changes}.",) if changes else ()
        schema = missing_schema(shadow, task.key.domain)
        _issue(shadow, schema)
        replace_shape(shadow, task.key, columns)
        return ShapePreview((*schema, replace_statement(task.key, sql, view=task.view)), notes)
    if columns is None:
        replace_shape(shadow, task.key, None)
        return ShapePreview(notes=notes)
    return _into(shadow, task, sql, columns)


def _into(shadow: duckdb.DuckDBPyConnection, task: Task, sql: str, columns: dict[str, str]) -> ShapePreview:
    """Rows that are written into a table: it gets the columns it lacks."""
    try:
        wanted = columns if task.partitions else written_columns(shadow, Incoming(f"({sql})", tuple(columns), "0"), task.strategy)
        sync = plan_sync(shadow, task.key, wanted, sync=task.sync)
    except SchemaDriftError as error:
        return ShapePreview(refused=str(error))
    _issue(shadow, sync.statements)
    return ShapePreview(sync.statements, sync.changes.warnings)


def _unbound(shadow: duckdb.DuckDBPyConnection, task: Task, error: duckdb.Error) -> str:
    """A query that cannot be bound is a mistake only where everything it reads is known."""
    known = all(table_columns(shadow, key) for key in task.dependencies)
    words = str(error).strip().split("\n", maxsplit=1)[0]
    if known and not task.presql:
        return f"Its SQL does not fit the tables it reads and may fail: {words}"
    return "Its columns are known when it runs."


def _issue(shadow: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    for each in statements:
        shadow.execute(each)
