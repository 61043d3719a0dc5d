"""The gate of a domain: one op; with nothing to load it yields nothing, and everything below it in the run is skipped."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from sl_assets.orchestration.context import tables_of_run
from sl_assets.orchestration.names import identifier
from sl_assets.orchestration.runs import RunGuard
from sl_assets.orchestration.translator import files_group, landing_key, preload_key
from sl_assets.project.records import Domain, Project
from sl_assets.steps.reports import PreloadReport
from sl_assets.steps.stage import preload


def build_preload(project: Project, domain: Domain) -> dg.AssetsDefinition:
    """The preload asset of a domain whose strategy is not `none`."""
    spec = dg.AssetSpec(
        preload_key(domain.name),
        deps=[landing_key(domain.name)] if project.landings_of(domain.name) else [],
        description=(
            f"Is there anything to load into {domain.name}? Strategy `{domain.pre_load_strategy}`. "
            "When not, the loads of this run are skipped and the run succeeds."
        ),
        skippable=True,
        group_name=files_group(domain.name),
        owners=list(domain.owners),
        kinds={"file"},
    )

    @dg.multi_asset(specs=[spec], name=identifier(domain.name, "preload"))
    def run_preload(context: dg.AssetExecutionContext, guard: RunGuard) -> Iterator[dg.MaterializeResult[Any]]:  # noqa: ARG001
        report = preload(project, domain, tables_of_run(context, project, domain.name))
        _tell(context, report)
        if report.ready:
            yield dg.MaterializeResult(asset_key=preload_key(domain.name), metadata=_metadata(report))

    return run_preload


def _tell(context: dg.AssetExecutionContext, report: PreloadReport) -> None:
    for key, count in report.found.items():
        context.log.info(f"{key}: {count} files" if count else f"{key}: no file")
    for note in report.notes:
        context.log.warning(note)
    if not report.ready:
        context.log.info(f"Nothing to load into {report.domain} ({report.reason}); its loads are skipped in this run.")


def _metadata(report: PreloadReport) -> dict[str, Any]:
    files = {str(key): count for key, count in report.found.items()}
    return {"strategy": report.reason, "files": sum(files.values()), "files_by_table": dg.MetadataValue.json(files)}
