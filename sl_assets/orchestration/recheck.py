"""Checks alone, as a Dagster run of this process: nothing is made, the tables are asked as they are."""

import uuid
from pathlib import Path

import dagster as dg
from dagster import DagsterInstance

from sl_assets.orchestration.backfill import PartitionError
from sl_assets.orchestration.check_outcomes import CheckOutcome, check_outcome
from sl_assets.orchestration.context import PARTITION_TAG
from sl_assets.orchestration.history import quick_history
from sl_assets.orchestration.launch import QUIET, select
from sl_assets.orchestration.runs import alive, close_dead_runs
from sl_assets.project.records import Project, Table, TableKey, Task
from sl_assets.project.windows import window_of_key


def launch_checks(
    project: Project, defs: dg.Definitions, instance: DagsterInstance, selection: str | None, partition: str | None = None
) -> tuple[CheckOutcome, ...]:
    """Evaluate the checks of the chosen assets (all by default) in one run, row expectations over one partition if need be.

    Raises:
        SelectionError: The selection cannot be understood, or names nothing of the project.
        PartitionError: The key is none of the partitions of the chosen assets.
    """
    chosen = select(defs, selection)
    nodes: list[Table | Task] = [*project.tables.values(), *project.tasks.values()]
    if partition is not None:
        nodes = [node for node in nodes if node.partitions and dg.AssetKey([*node.key]) in chosen]
        _refuse_key(nodes, partition)
    wanted = {node.key for node in nodes}
    checks = {
        spec.key
        for each in defs.resolve_asset_graph().assets_defs
        for spec in each.check_specs
        if spec.asset_key in chosen and TableKey(*spec.asset_key.path[-2:]) in wanted
    }
    if not checks:
        return ()
    close_dead_runs(instance)
    run_id = str(uuid.uuid4())
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection=set(), asset_check_selection=checks)
    tags = {"sl/trigger": "command line"} | ({PARTITION_TAG: partition} if partition else {})
    with quick_history(), alive(Path(instance.root_directory), run_id):
        result = job.execute_in_process(run_config=QUIET, instance=instance, run_id=run_id, tags=tags, raise_on_error=False)
    return tuple(check_outcome(each) for each in result.get_asset_check_evaluations())


def _refuse_key(nodes: list[Table | Task], partition: str) -> None:
    if not nodes:
        raise PartitionError("none of the selected assets has partitions.")
    for node in nodes:
        if node.partitions:
            try:
                window_of_key(node.partitions, partition)
            except ValueError as error:
                raise PartitionError(f"{node.key}: {error}") from error
