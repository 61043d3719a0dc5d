"""The import of a domain: its files from landing to stage, for the tables in the run."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from sl_assets.orchestration.context import readable_failures, run_of, tables_of_run
from sl_assets.orchestration.names import identifier, output_name_of
from sl_assets.orchestration.observation import done_without_materialization
from sl_assets.orchestration.runs import RunGuard
from sl_assets.orchestration.translator import Files, Translator
from sl_assets.project.records import Domain, Project
from sl_assets.steps.reports import StageReport
from sl_assets.steps.stage import stage

Events = Iterator[dg.MaterializeResult[Any] | dg.Output[Any]]


def build_import(project: Project, domain: Domain, translator: Translator) -> dg.AssetsDefinition:
    """The import asset of a domain with a landing folder."""
    spec = translator.resolved_spec(Files(domain, "import"))

    @dg.multi_asset(specs=[spec], name=identifier(domain.name, "import"))
    def run_import(context: dg.AssetExecutionContext, guard: RunGuard) -> Events:  # noqa: ARG001
        with readable_failures():
            report = stage(project, domain, tables_of_run(context, project, domain.name, translator.asset_key), run_of(context))
        context.log.info(f"{report.count} files staged.")
        if report.count:
            yield dg.MaterializeResult(asset_key=spec.key, metadata=_metadata(report))
        else:
            context.log_event(dg.AssetObservation(spec.key, metadata=_metadata(report)))
            yield done_without_materialization(output_name_of(spec.key))

    return run_import


def _metadata(report: StageReport) -> dict[str, Any]:
    return {
        "files": report.count,
        "files_by_table": dg.MetadataValue.json({str(key): len(paths) for key, paths in report.staged.items()}),
        "unclaimed": dg.MetadataValue.json([path.name for path in report.unclaimed]),
        **{name: dg.MetadataValue.json(found) for name, found in _exceptions(report).items() if found},
    }


def _exceptions(report: StageReport) -> dict[str, list[str]]:
    return {
        "unresolved": [str(path) for path in report.unresolved],
        "still_being_written": [path.name for path in report.busy],
        "broken": [f"{path.name} {reason}" for path, reason in report.broken],
    }
