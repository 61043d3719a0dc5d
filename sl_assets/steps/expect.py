"""Expectations asked of a table that is there.

One is a macro that renders to SQL; it holds when the SQL gives one row whose first value is the integer 0, or what is wanted.
Row expectations are asked of incoming rows, before these are written (`judge.py`); here they can be asked again of the rows of
the table.
"""

import re
from collections.abc import Sequence
from contextlib import nullcontext

import duckdb

from sl_assets.project import compile_expectation
from sl_assets.project.quality import Expectation, RowExpectation, Wanted
from sl_assets.project.records import Project, Settings, Table, Task
from sl_assets.project.windows import Window, merge_windows
from sl_assets.sql.counted import counted_rows
from sl_assets.sql.text import qualified, quote_name, quote_text
from sl_assets.steps.judge import Judged, judge
from sl_assets.steps.reports import ExpectationReport, Sample
from sl_assets.steps.run import Run
from sl_assets.steps.veil import veiled
from sl_assets.steps.verdicts import asked_sql, audit_row, reports_of
from sl_assets.validation.row_rules import with_broken
from sl_assets.warehouse.duckdb.audit import ensure_audit_tables, write_expectations
from sl_assets.warehouse.duckdb.catalog import table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.glimpse import some_rows
from sl_assets.warehouse.errors import WarehouseError

_ONE_QUERY = re.compile(r"\s*(?:SELECT|WITH|FROM)\b[^;]*", re.IGNORECASE)
"""Surely a query and nothing else; what is not surely one, such as a text with a semicolon, may be one all the same."""


def expect(
    project: Project, warehouse: Warehouse, node: Table | Task, run: Run, expectations: Sequence[Expectation] | None = None
) -> tuple[ExpectationReport, ...]:
    """Evaluate expectations of a table or task (all by default) on its table, and keep a row of each in `audit.expectations`."""
    chosen = node.expectations if expectations is None else tuple(expectations)
    if not chosen or not project.settings.expectations_active:
        return ()
    asked = [(expectation, compile_expectation(project, node.key, expectation)) for expectation in chosen]
    is_tidy = all(_ONE_QUERY.fullmatch(sql) for _, sql in asked)
    with warehouse.writer(f"run {run.id} checking {node.key}", run.waiting("The warehouse"), tidy=is_tidy) as connection:
        there = bool(table_columns(connection, node.key))
        reports = tuple(
            _evaluate(connection, project, node, expectation, sql)
            if there
            else _report(node, expectation, sql, None, f"{node.key} is not in the warehouse yet")
            for expectation, sql in asked
        )
        _keep(connection, project, reports, run)
    return reports


def recheck(
    project: Project,
    warehouse: Warehouse,
    node: Table | Task,
    rules: Sequence[RowExpectation],
    run: Run,
    windows: Sequence[Window] | None = None,
) -> tuple[ExpectationReport, ...]:
    """Ask row expectations of the rows that a table has now, those of some windows only; no row is moved.

    What was dropped or put aside is not in the table: such a rule then tells of rows that were written before it was there.
    """
    if not rules or not project.settings.expectations_active:
        return ()
    with warehouse.writer(f"run {run.id} checking {node.key}", run.waiting("The warehouse"), tidy=True) as connection:
        reports = _recheck(connection, project.settings, node, rules, windows)
        _keep(connection, project, reports, run)
    return reports


def _recheck(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    node: Table | Task,
    rules: Sequence[RowExpectation],
    windows: Sequence[Window] | None,
) -> tuple[ExpectationReport, ...]:
    columns = table_columns(connection, node.key)
    if not columns:
        return tuple(_unasked(node, rule, f"{node.key} is not in the warehouse yet") for rule in rules)
    rows = f"SELECT * FROM {qualified(node.key)}{_inside(node, windows)}"
    judged = Judged(f"({with_broken(rows, rules)})", tuple(columns), _private(node), settings.preview_rows)
    try:
        with veiled(node) if isinstance(node, Table) else nullcontext():
            judgement = judge(connection, rules, judged)
    except (duckdb.Error, WarehouseError) as error:
        return tuple(_unasked(node, rule, f"the SQL failed: {error}") for rule in rules)
    return reports_of(node, judgement.verdicts, moved=False)


def _unasked(node: Table | Task, rule: RowExpectation, message: str) -> ExpectationReport:
    blocking = rule.action == "fail"
    return ExpectationReport(
        key=node.key,
        expect=rule.sql,
        passed=False,
        blocking=blocking,
        count=None,
        sql=asked_sql(node, rule),
        message=message,
        name=rule.name,
        action=rule.action,
    )


def _inside(node: Table | Task, windows: Sequence[Window] | None) -> str:
    if not windows or node.partitions is None:
        return ""
    name = quote_name(node.partitions.column)
    moments = [(_moment(each.start.isoformat()), _moment(each.end.isoformat())) for each in merge_windows(windows)]
    return " WHERE " + " OR ".join(f"({name} >= {start} AND {name} < {end})" for start, end in moments)


def _moment(text: str) -> str:
    return f"{quote_text(text)}::TIMESTAMPTZ"


def _evaluate(
    connection: duckdb.DuckDBPyConnection, project: Project, node: Table | Task, expectation: Expectation, sql: str
) -> ExpectationReport:
    try:
        with veiled(node) if isinstance(node, Table) else nullcontext():
            rows = connection.execute(sql).fetchmany(2)
    except (duckdb.Error, WarehouseError) as error:
        return _report(node, expectation, sql, None, f"the SQL failed: {error}")
    if len(rows) != 1:
        return _report(node, expectation, sql, None, f"the SQL gave {'no row' if not rows else 'several rows'}, not one")
    value = rows[0][0]
    if not isinstance(value, int) or isinstance(value, bool):
        return _report(node, expectation, sql, None, f"the SQL gave {value!r}, not an integer")
    if expectation.wanted.holds(value):
        return _report(node, expectation, sql, value, "")
    sample = _sample(connection, project.settings, node, sql) if expectation.wanted == Wanted() else None
    return _report(node, expectation, sql, value, f"{value} found, {expectation.wanted} expected", sample)


def _sample(connection: duckdb.DuckDBPyConnection, settings: Settings, node: Table | Task, sql: str) -> Sample | None:
    """Some of the rows an expectation has counted, where it is a plain count."""
    rows = counted_rows(sql) if settings.preview_rows else None
    if rows is None:
        return None
    try:
        return Sample(*some_rows(connection, rows, settings.preview_rows, _private(node)))
    except duckdb.Error:
        return None  # the count is what matters; a picture of it is not worth failing for


def _private(node: Table | Task) -> tuple[str, ...]:
    return tuple(column.name for column in node.columns if column.privacy) if isinstance(node, Table) else ()


def _report(
    node: Table | Task, expectation: Expectation, sql: str, count: int | None, message: str, sample: Sample | None = None
) -> ExpectationReport:
    return ExpectationReport(
        node.key, expectation.expect, not message, expectation.fail_on_error, count, sql, message, sample=sample
    )


def _keep(connection: duckdb.DuckDBPyConnection, project: Project, reports: Sequence[ExpectationReport], run: Run) -> None:
    with transaction(connection):
        ensure_audit_tables(connection, project.settings.audit_schema)
        write_expectations(connection, project.settings.audit_schema, [audit_row(report, run) for report in reports])
