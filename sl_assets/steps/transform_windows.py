"""A range of partitions of a transform: one pass where its SQL allows that, smaller ones around what is bad."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import duckdb

from sl_assets.project import compile_task
from sl_assets.project.reads import is_query
from sl_assets.project.records import Project, Task
from sl_assets.project.windows import Window, window_variables
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.sql.bounds import only_bounds
from sl_assets.steps.held import RuleBrokenError
from sl_assets.steps.making import StepError
from sl_assets.steps.reports import Counts, ExpectationReport, PartitionOutcome, TransformReport
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError, transform
from sl_assets.steps.verdicts import join_reports, reports_of
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WarehouseError, WindowError

_NOT_OF_THE_DATA = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.PermissionException,
    duckdb.IOException,
    duckdb.InterruptException,
)
_OF_WINDOWS = (StepError, TransformError, WindowError, RuleBrokenError)
_NO_WINDOW = Window("", datetime(2971, 3, 5, 4, 6, 7, tzinfo=UTC), datetime(2983, 7, 11, 13, 17, 19, tzinfo=UTC))


def transform_windows(project: Project, warehouse: Warehouse, task: Task, run: Run, windows: Sequence[Window]) -> TransformReport:
    """Rebuild contiguous partitions; one whose data is bad is left as it was and named in the report, the others are built.

    They are built in one pass where the SQL uses the window only as `>=` start and `<` end, otherwise one by one: SQL that writes
    `sl_start_date` into a column means each day, not the first one. A pass that fails writes nothing; its windows are then tried
    as two halves, down to single ones. Each pass has its row in the audit.

    Raises:
        TransformError, WindowError: No partition could be built, or the SQL fails whatever the data are; see `transform`.
    """
    judged = any(rule.judges for rule in task.row_expectations)  # of each partition by itself
    together = len(windows) == 1 or (not judged and runs_over_ranges(project, task))
    passes = [windows] if together else [[window] for window in windows]
    reports: list[TransformReport] = []
    failures: list[WarehouseError] = []
    for each in passes:
        try:
            reports.append(transform(project, warehouse, task, run, each))
        except _OF_WINDOWS as error:
            if isinstance(error.__cause__, _NOT_OF_THE_DATA):
                raise
            failures.append(error)
            reports.append(_in_halves(project, warehouse, task, run, each, error))
    report = _together(reports)
    if len(report.failures) == len(windows):
        raise failures[0]
    return report


def runs_over_ranges(project: Project, task: Task) -> bool:
    """Whether a partitioned task gives the same rows for many windows at once as for each of them, as far as its SQL tells."""
    if not is_query(task):  # what a function or a method of Polars does with several windows, nobody knows
        return False
    bounds = window_variables([_NO_WINDOW], project.settings.timezone)
    try:
        sql = compile_task(project, task, bounds)
    except ProjectError:  # its template reckons with dates, and not with these
        return False
    return only_bounds(sql, bounds["sl_start_date"], bounds["sl_end_date"])


def _in_halves(
    project: Project, warehouse: Warehouse, task: Task, run: Run, windows: Sequence[Window], error: WarehouseError
) -> TransformReport:
    """What can be built of windows that could not be built together, because of `error`."""
    if len(windows) == 1:
        outcome = PartitionOutcome(windows[0].key, failure=str(error))
        verdicts = error.judgement.verdicts if isinstance(error, RuleBrokenError) else ()
        return TransformReport(task.key, 0, 0, "", partitions=(outcome,), expectations=reports_of(task, verdicts))
    middle = len(windows) // 2
    reports: list[TransformReport] = []
    for half in (windows[:middle], windows[middle:]):
        try:
            reports.append(transform(project, warehouse, task, run, half))
        except _OF_WINDOWS as smaller:
            reports.append(_in_halves(project, warehouse, task, run, half, smaller))
    return _together(reports)


def _together(reports: Sequence[TransformReport]) -> TransformReport:
    built = [each for each in reports if len(each.failures) < len(each.partitions)]
    last = built[-1] if built else reports[-1]
    counts = [each.counts for each in reports if each.counts]
    expectations: tuple[ExpectationReport, ...] = ()
    for each in reports:
        expectations = join_reports(expectations, each.expectations)
    return replace(
        last,
        written=sum(each.written for each in reports),
        seconds=sum(each.seconds for each in reports),
        partitions=tuple(partition for each in reports for partition in each.partitions),
        changes=sum((each.changes for each in reports), SchemaChanges()),
        counts=sum(counts, Counts()) if counts else None,
        expectations=expectations,
    )
