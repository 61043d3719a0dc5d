"""A project as Dagster definitions."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from sl_assets.collection import rare_collection
from sl_assets.orchestration.arrival import arrival_sensors
from sl_assets.orchestration.automation_sensors import automation_sensors
from sl_assets.orchestration.factories.load import build_load
from sl_assets.orchestration.factories.preload import build_preload
from sl_assets.orchestration.factories.stage import build_import
from sl_assets.orchestration.factories.transform import build_transform
from sl_assets.orchestration.resources import WarehouseResource
from sl_assets.orchestration.retention import build_retention
from sl_assets.orchestration.runs import RunGuard
from sl_assets.orchestration.schedules import build_schedules
from sl_assets.orchestration.translator import Files, Translator
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.spec.diagnostic import ProjectError


def build_definitions(
    project: Project | Path | str | None = None, translator: Callable[[Project], Translator] = Translator
) -> dg.Definitions:
    """Everything Dagster needs to know about a Starlake project.

    Args:
        project: A loaded project, or the folder of one; by default `SL_ROOT`, else the working directory.
        translator: A subclass of `Translator`, to name things otherwise.

    Raises:
        ProjectError: The project has errors; all of them are in the message.

    Examples:
        ```python
        from sl_assets import build_definitions

        defs = build_definitions("path/to/project")
        ```
    """
    if not isinstance(project, Project):
        project = load_project(project)
    if project.errors:
        raise ProjectError(project.errors)
    with rare_collection():
        return _definitions(project, translator(project))


def _definitions(project: Project, naming: Translator) -> dg.Definitions:
    loading = [domain for domain in project.domains.values() if project.tables_of(domain.name)]
    assets = [
        *(naming.resolved_spec(Files(domain, "landing")) for domain in loading if project.landings_of(domain.name)),
        *(build_preload(project, domain, naming) for domain in loading if domain.pre_load_strategy != "none"),
        *(build_import(project, domain, naming) for domain in loading if project.landings_of(domain.name)),
        *(build_load(project, table, naming) for table in project.tables.values()),
        *(build_transform(project, task, naming) for task in project.tasks.values()),
    ]
    return dg.Definitions(
        assets=assets,
        schedules=[*build_schedules(project, naming), *build_retention(project)],
        sensors=[*automation_sensors(assets), *arrival_sensors(project, naming)],
        resources={"warehouse": WarehouseResource.of(project.settings), "guard": RunGuard()},
        executor=dg.in_process_executor,
    )
