"""The import of a domain: its files from landing to stage, for the tables in the run."""

from typing import Any

import dagster as dg

from sl_assets.orchestration.context import readable_failures, run_of, tables_of_run
from sl_assets.orchestration.names import identifier
from sl_assets.orchestration.runs import RunGuard
from sl_assets.orchestration.translator import files_group, import_key, landing_key, preload_key
from sl_assets.project.records import Domain, Project
from sl_assets.steps.stage import stage


def build_import(project: Project, domain: Domain) -> dg.AssetsDefinition:
    """The import asset of a domain with a landing folder."""
    gated = domain.pre_load_strategy != "none"
    spec = dg.AssetSpec(
        import_key(domain.name),
        deps=[preload_key(domain.name) if gated else landing_key(domain.name)],
        description=f"Moves the files of {domain.name} from landing to stage.",
        group_name=files_group(domain.name),
        owners=list(domain.owners),
        kinds={"file"},
    )

    @dg.multi_asset(specs=[spec], name=identifier(domain.name, "import"))
    def run_import(context: dg.AssetExecutionContext, guard: RunGuard) -> dg.MaterializeResult[Any]:  # noqa: ARG001
        with readable_failures():
            report = stage(project, domain, tables_of_run(context, project, domain.name), run_of(context))
        files = {str(key): len(paths) for key, paths in report.staged.items()}
        context.log.info(f"{report.count} files staged.")
        return dg.MaterializeResult(
            metadata={
                "files": report.count,
                "files_by_table": dg.MetadataValue.json(files),
                "unclaimed": dg.MetadataValue.json([path.name for path in report.unclaimed]),
            }
        )

    return run_import
