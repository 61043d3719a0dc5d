"""Expectations: each is a macro that renders to SQL; it holds when the SQL gives one row whose first value is the integer 0."""

import duckdb

from sl_assets.project import compile_expectation
from sl_assets.project.records import Expectation, Project, Table, Task
from sl_assets.steps.reports import ExpectationReport
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.audit import ExpectationRow, ensure_audit_tables, now, write_expectations
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction


def expect(project: Project, warehouse: Warehouse, node: Table | Task, run: Run) -> tuple[ExpectationReport, ...]:
    """Evaluate the expectations of a table or task on its table, and keep a row of each in `audit.expectations`."""
    if not node.expectations or not project.settings.expectations_active:
        return ()
    purpose = f"run {run.id} checking {node.key}"
    with warehouse.writer(purpose, run.waiting("The warehouse")) as connection:
        reports = tuple(_evaluate(connection, project, node, expectation) for expectation in node.expectations)
        with transaction(connection):
            ensure_audit_tables(connection, project.settings.audit_schema)
            write_expectations(connection, project.settings.audit_schema, [_row(report, run) for report in reports])
    return reports


def _evaluate(
    connection: duckdb.DuckDBPyConnection, project: Project, node: Table | Task, expectation: Expectation
) -> ExpectationReport:
    sql = compile_expectation(project, node.key, expectation)
    try:
        rows = connection.execute(sql).fetchmany(2)
    except duckdb.Error as error:
        return _report(node, expectation, sql, None, f"the SQL failed: {error}")
    if len(rows) != 1:
        return _report(node, expectation, sql, None, f"the SQL gave {'no row' if not rows else 'several rows'}, not one")
    value = rows[0][0]
    if not isinstance(value, int) or isinstance(value, bool):
        return _report(node, expectation, sql, None, f"the SQL gave {value!r}, not an integer")
    return _report(node, expectation, sql, value, "" if value == 0 else f"{value} found, 0 expected")


def _report(node: Table | Task, expectation: Expectation, sql: str, count: int | None, message: str) -> ExpectationReport:
    return ExpectationReport(node.key, expectation.expect, not message, expectation.fail_on_error, count, sql, message)


def _row(report: ExpectationReport, run: Run) -> ExpectationRow:
    name, _, params = report.expect.partition("(")
    return ExpectationRow(
        job=f"{report.key}-{run.id}",
        key=report.key,
        at=now(),
        name=name.strip(),
        params=params.rstrip(") "),
        sql=report.sql,
        count=report.count,
        exception=report.message if report.count is None and report.message else None,
        success=report.passed,
    )
