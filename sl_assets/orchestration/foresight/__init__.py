"""What a run from the command line would do now: the launches of `launch_all`, worked out before the loads instead of between.

The same functions plan both. What they ask of the history that the loads are going to write is foretold here: which loads would
materialize, from their files and what the ledger knows. Only reading a file tells whether it is in order, so that is assumed.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterInstance

from sl_assets.orchestration.foresight.loads import foresee_loads
from sl_assets.orchestration.foresight.sight import Sight
from sl_assets.orchestration.foresight.transforms import foresee_transforms
from sl_assets.orchestration.launch import select
from sl_assets.orchestration.outlook import LeftAlone, Outlook
from sl_assets.orchestration.plan import files_without_partition, plan_transforms
from sl_assets.orchestration.translator import asset_key, import_key
from sl_assets.project.records import Project
from sl_assets.steps.preview.files import DomainFiles, look_at_files
from sl_assets.steps.preview.memory import patient, recall
from sl_assets.warehouse.duckdb.shadow import open_shadow

__all__ = ["foresee"]


def foresee(project: Project, defs: dg.Definitions, instance: DagsterInstance, selection: str | None) -> Outlook:
    """What `launch_all` with the same arguments would do. Nothing is changed, and no lock is held.

    Raises:
        SelectionError: The selection cannot be understood, or names nothing of the project.
    """
    chosen = select(defs, selection)
    loaded = [key for key in project.tables if asset_key(key) in chosen]
    built = [project.tasks[key] for key in project.tasks if asset_key(key) in chosen]
    versions = instance.get_latest_materialization_code_versions(
        [asset_key(key) for key in (*loaded, *(each.key for each in built))]
    )
    read = {*(task.key for task in built), *(key for task in built for key in task.dependencies)}
    memory = recall(project, loaded, read, {version for version in versions.values() if version})
    domains = {key.domain for key in loaded} | {name for name in project.domains if import_key(name) in chosen}
    files = {name: look_at_files(project, project.domains[name]) for name in project.domains if name in domains}
    with closing(open_shadow(memory.shapes, project.settings.timezone)) as shadow:
        sight = Sight(project, instance, chosen, datetime.now(UTC), memory, files, shadow, versions)
        loads = foresee_loads(sight)
        expected = {each.key: each.partitions for each in loads.tables if each.refreshed}
        plan = plan_transforms(project, instance, chosen, only_due=selection is None, expected=expected)
        transforms = tuple(foresee_transforms(sight, plan))
    assets = (*loads.starts, *(each.asset for each in loads.tables), *transforms)
    alone = tuple(each for domain in files for each in _left_alone(domain, files[domain]))
    waiting = files_without_partition(patient(project), chosen)
    alone += (LeftAlone("", "without partition", " ".join(waiting)),) if waiting else ()
    return Outlook(selection, assets, alone, loads.unread or memory.unread, project.settings.database)


def _left_alone(domain: str, files: DomainFiles) -> Iterator[LeftAlone]:
    landed = files.landed
    if files.trouble:
        yield LeftAlone(domain, "unreadable", files.trouble)
    if landed.unclaimed:
        yield LeftAlone(domain, "unclaimed", "claimed by no table", tuple(file.path for file in landed.unclaimed))
    if files.stray:
        yield LeftAlone(domain, "unclaimed", "claimed by no table any more", tuple(file.path for file in files.stray))
    if landed.busy:
        yield LeftAlone(domain, "busy", "perhaps still being written", tuple(file.path for file in landed.busy))
    if landed.unacknowledged:
        paths = tuple(file.path for file in landed.unacknowledged)
        yield LeftAlone(domain, "unacknowledged", "waiting for an ack file", paths)
    for path, reason in landed.broken:
        yield LeftAlone(domain, "broken", reason, (path,))
