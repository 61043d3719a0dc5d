"""Expectations as asset checks."""

from collections.abc import Iterator

import dagster as dg

from sl_assets.orchestration.descriptions import code_references
from sl_assets.orchestration.names import identifier
from sl_assets.project.records import Table, Task
from sl_assets.steps.reports import ExpectationReport


def check_specs(node: Table | Task, key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """One check per expectation; `failOnError` makes it blocking."""
    return [
        dg.AssetCheckSpec(
            name,
            asset=key,
            blocking=expectation.fail_on_error,
            description=expectation.expect,
            metadata={"dagster/code_references": code_references({"YAML": expectation.place})},
        )
        for name, expectation in zip(check_names(node), node.expectations, strict=True)
    ]


def check_names(node: Table | Task) -> list[str]:
    """A name for each expectation, told apart by a number where two would be the same."""
    names: list[str] = []
    for expectation in node.expectations:
        base = identifier(expectation.expect.split("(", 1)[0].strip()) or "expectation"
        arguments = identifier(expectation.expect.partition("(")[2].rstrip(") ")).strip("_")
        name = f"{base}__{arguments}"[:100] if arguments else base
        count = sum(1 for each in names if each == name or each.startswith(f"{name}__"))
        names.append(f"{name}__{count + 1}" if count else name)
    return names


def check_results(node: Table | Task, key: dg.AssetKey, reports: tuple[ExpectationReport, ...]) -> Iterator[dg.AssetCheckResult]:
    """The results of the checks: a failed blocking one stops what is below it in the run."""
    for name, report in zip(check_names(node), reports, strict=True):
        yield dg.AssetCheckResult(
            passed=report.passed,
            asset_key=key,
            check_name=name,
            severity=dg.AssetCheckSeverity.ERROR if report.blocking else dg.AssetCheckSeverity.WARN,
            description=report.message or "as expected",
            metadata={
                "expectation": report.expect,
                "count": report.count if report.count is not None else "none",
                "sql": dg.MetadataValue.md(f"```sql\n{report.sql}\n```"),
            },
        )
