"""Verdicts over files and partitions as one report for each rule."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sl_assets.project.quality import RowExpectation
from sl_assets.project.records import Table, Task
from sl_assets.sql.text import qualified
from sl_assets.steps.judge import Verdict
from sl_assets.steps.reports import ExpectationReport
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.audit import ExpectationRow, now


def reports_of(node: Table | Task, verdicts: Iterable[Verdict], *, moved: bool = True) -> tuple[ExpectationReport, ...]:
    """One report for each rule of a table or task that was asked, in the order they are written.

    `moved`: rows that break a rule were dropped or put aside by it, and it says so.
    """
    found: dict[str, list[Verdict]] = {}
    for each in verdicts:
        found.setdefault(each.rule.name, []).append(each)
    return tuple(_report(node, rule, found[rule.name], moved=moved) for rule in node.row_expectations if rule.name in found)


def join_reports(first: Sequence[ExpectationReport], second: Sequence[ExpectationReport]) -> tuple[ExpectationReport, ...]:
    """The reports of two passes over one table as those of one."""
    later = {each.name: each for each in second}
    both = [_join(each, later.pop(each.name)) if each.name in later else each for each in first]
    return (*both, *later.values())


def _join(first: ExpectationReport, second: ExpectationReport) -> ExpectationReport:
    return replace(
        second,
        passed=first.passed and second.passed,
        count=(first.count or 0) + (second.count or 0),
        rows=(first.rows or 0) + (second.rows or 0),
        message="; ".join(dict.fromkeys(each for each in (first.message, second.message) if each)),
        sample=first.sample or second.sample,
    )


def asked_sql(node: Table | Task, rule: RowExpectation) -> str:
    """The question a rule asks, as one can ask the table itself again."""
    if rule.aggregate:
        return f"SELECT {rule.sql} FROM {qualified(node.key)}"
    passes = "IS NOT FALSE" if rule.nulls_pass else "IS TRUE"
    return f"SELECT * FROM {qualified(node.key)} WHERE NOT (({rule.sql}) {passes})"


def audit_row(report: ExpectationReport, run: Run) -> ExpectationRow:
    """A report as a row of `audit.expectations`: a macro by its name and arguments, a row expectation by its name and SQL."""
    macro, _, arguments = report.expect.partition("(")
    return ExpectationRow(
        job=f"{report.key}-{run.id}",
        key=report.key,
        at=now(),
        name=report.name or macro.strip(),
        params=report.expect if report.name else arguments.rstrip(") "),
        sql=report.sql,
        count=report.count,
        exception=report.message if report.count is None and report.message else None,
        success=report.passed,
    )


def _report(node: Table | Task, rule: RowExpectation, verdicts: Sequence[Verdict], *, moved: bool) -> ExpectationReport:
    broken = [each for each in verdicts if not each.holds]
    count = len(broken) if rule.aggregate else sum(each.failures or 0 for each in verdicts)
    done = {"drop": "; dropped", "quarantine": "; put into quarantine"}.get(rule.action, "") if moved and broken and count else ""
    return ExpectationReport(
        key=node.key,
        expect=rule.sql,
        passed=not broken,
        blocking=rule.action == "fail",
        count=count,
        sql=asked_sql(node, rule),
        message=_fact(rule, count, verdicts, broken) + done,
        name=rule.name,
        rows=sum(each.rows for each in verdicts),
        sample=next((each.sample for each in verdicts if each.sample), None),
        action=rule.action,
        units=tuple((each.unit, each.rows, each.failures, each.holds) for each in verdicts if each.unit),
    )


def _fact(rule: RowExpectation, count: int, verdicts: Sequence[Verdict], broken: Sequence[Verdict]) -> str:
    facts = [each.fact for each in (broken or verdicts) if each.fact]
    if not facts:
        return ""
    if rule.aggregate or len(verdicts) == 1:
        return facts[0]
    rows = sum(each.rows for each in verdicts)
    where = f"too many in {len(broken)} of {len(verdicts)} files or partitions" if broken else "which is tolerated"
    return f"{count} of {rows} rows break it, {where}"
