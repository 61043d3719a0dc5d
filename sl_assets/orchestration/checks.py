"""Expectations as asset checks.

They are outputs of the op that makes the table: a blocking one that fails stops what is below it in the run. The op can be asked
for its checks alone; then it makes nothing, and asks the table as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from sl_assets.orchestration.context import PARTITION_TAG, RANGE_START, readable_failures, run_of
from sl_assets.orchestration.descriptions import code_references
from sl_assets.orchestration.metadata import sample_table
from sl_assets.orchestration.names import identifier
from sl_assets.orchestration.partitions import windows_of_run
from sl_assets.project.quality import Expectation, RowExpectation
from sl_assets.project.records import Project, Table, Task
from sl_assets.steps.expect import expect, recheck
from sl_assets.steps.reports import ExpectationReport
from sl_assets.warehouse.duckdb.connect import Warehouse

LONGEST_NAME = 100
_THIS = re.compile(r"""^\s*['"]?sl_this['"]?\s*,?""")


def check_specs(node: Table | Task, key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """One check per expectation; `failOnError`, of a row expectation `action: fail`, makes it blocking."""
    return [
        dg.AssetCheckSpec(
            name,
            asset=key,
            blocking=each.fail_on_error if isinstance(each, Expectation) else each.action == "fail",
            description=each.expect if isinstance(each, Expectation) else f"{each.sql} ({each.action})",
            metadata={"dagster/code_references": code_references({"YAML": each.place})},
        )
        for name, each in checks_of(node).items()
    ]


def checks_of(node: Table | Task) -> dict[str, Expectation | RowExpectation]:
    """Name of a check -> its expectation; names that would be the same are told apart by a number."""
    found: dict[str, Expectation | RowExpectation] = {}
    for each in (*node.expectations, *node.row_expectations):
        name = _name(each)
        count = sum(1 for other in found if other == name or other.startswith(f"{name}__"))
        found[f"{name}__{count + 1}" if count else name] = each
    return found


def _name(each: Expectation | RowExpectation) -> str:
    if isinstance(each, RowExpectation):
        return each.name[:LONGEST_NAME]
    macro, _, rest = each.expect.partition("(")
    base = identifier(macro.strip()) or "expectation"
    arguments = re.sub(r"_+", "_", identifier(_THIS.sub("", rest.rstrip(") ")))).strip("_")
    return f"{base}__{arguments}"[:LONGEST_NAME] if arguments else base


def wanted_checks(
    context: dg.AssetExecutionContext, node: Table | Task, key: dg.AssetKey
) -> dict[str, Expectation | RowExpectation]:
    """The checks of a table that the run asks for: all, unless somebody chose some."""
    chosen = {each.name for each in context.selected_asset_check_keys if each.asset_key == key}
    return {name: each for name, each in checks_of(node).items() if name in chosen}


def results_of_table(
    context: dg.AssetExecutionContext, project: Project, warehouse: Warehouse, node: Table | Task, key: dg.AssetKey
) -> Iterator[dg.AssetCheckResult]:
    """The results of the checks of a table that ask the table itself, once it was written."""
    wanted = {name: each for name, each in wanted_checks(context, node, key).items() if isinstance(each, Expectation)}
    with readable_failures():
        reports = expect(project, warehouse, node, run_of(context), tuple(wanted.values()))
    yield from _results(key, dict(zip(wanted, reports, strict=False)))


def results_of_rows(
    context: dg.AssetExecutionContext, node: Table | Task, key: dg.AssetKey, reports: Sequence[ExpectationReport]
) -> Iterator[dg.AssetCheckResult]:
    """The results of the checks that incoming rows were asked; what was not asked of any row has none."""
    by_name = {report.name: report for report in reports}
    wanted = wanted_checks(context, node, key)
    told = {
        name: by_name[each.name] for name, each in wanted.items() if isinstance(each, RowExpectation) and each.name in by_name
    }
    yield from _results(key, told)


def results_alone(
    context: dg.AssetExecutionContext, project: Project, warehouse: Warehouse, node: Table | Task, key: dg.AssetKey
) -> Iterator[dg.AssetCheckResult]:
    """The results of a run that asks for checks alone, of the partitions it names where it names some. Nothing is made."""
    wanted = {name: each for name, each in wanted_checks(context, node, key).items() if isinstance(each, RowExpectation)}
    tags = context.run.tags
    windows = windows_of_run(context, node.partitions) if PARTITION_TAG in tags or RANGE_START in tags else None
    with readable_failures():
        reports = recheck(project, warehouse, node, tuple(wanted.values()), run_of(context), windows)
    yield from _results(key, dict(zip(wanted, reports, strict=False)))
    yield from results_of_table(context, project, warehouse, node, key)


def _results(key: dg.AssetKey, reports: Mapping[str, ExpectationReport]) -> Iterator[dg.AssetCheckResult]:
    """A failed blocking one stops what is below it in the run."""
    for name, report in reports.items():
        yield dg.AssetCheckResult(
            passed=report.passed,
            asset_key=key,
            check_name=name,
            severity=dg.AssetCheckSeverity.ERROR if report.blocking else dg.AssetCheckSeverity.WARN,
            description=report.message or "as expected",
            metadata=_metadata(report),
        )


def _metadata(report: ExpectationReport) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "expectation": report.expect,
        "count": report.count if report.count is not None else "none",
        "sql": dg.MetadataValue.md(f"```sql\n{report.sql}\n```"),
    }
    if report.action:
        metadata["action"] = report.action
    if report.rows is not None:
        metadata["rows"] = report.rows
    if report.sample and report.sample.rows:
        metadata["sample"] = sample_table(report.sample.columns, report.sample.rows)
    if report.units:
        metadata["by_partition"] = _unit_table(report.units)
    return metadata


def _unit_table(units: Sequence[tuple[str, int, int | None, bool]]) -> dg.TableMetadataValue:
    kinds = {"partition": "string", "rows": "int", "count": "int", "passed": "bool"}
    records = [
        dg.TableRecord({"partition": unit, "rows": rows, "count": int(not holds) if count is None else count, "passed": holds})
        for unit, rows, count, holds in units
    ]
    return dg.MetadataValue.table(records, dg.TableSchema(columns=[dg.TableColumn(name, kind) for name, kind in kinds.items()]))
