"""Retention: a job that prunes, once a day, where a project says that something is not kept for ever."""

import dagster as dg

from sl_assets.orchestration.context import readable_failures
from sl_assets.orchestration.resources import WarehouseResource
from sl_assets.orchestration.runs import RunGuard
from sl_assets.project.records import Project
from sl_assets.project.retention import has_retention
from sl_assets.steps.retention import PruneReport, prune
from sl_assets.steps.run import Run

JOB = "retention"
CRON = "30 3 * * *"  # after the night's loads of most projects, and outside the hour that clock changes skip or repeat


def build_retention(project: Project) -> tuple[dg.ScheduleDefinition, ...]:
    """The schedule of the job `retention`, RUNNING as declared; none for a project that keeps everything."""
    if not has_retention(project):
        return ()

    @dg.op(name="prune", out=dg.Out(dg.Nothing))
    def prune_project(context: dg.OpExecutionContext, warehouse: WarehouseResource, guard: RunGuard) -> None:  # noqa: ARG001
        run = Run(context.run_id, say=context.log.info, warn=context.log.warning)
        with readable_failures():
            _tell(context, prune(project, warehouse.of_run(context), run))

    @dg.job(name=JOB, description="Removes what was kept for longer than `retention` says: `sl-assets prune`.")
    def retention() -> None:
        prune_project()

    return (
        dg.ScheduleDefinition(
            f"{JOB}__daily",
            job=retention,
            cron_schedule=CRON,
            execution_timezone=project.settings.timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"{CRON} ({project.settings.timezone}): removes what was kept for longer than retention says.",
            tags={"sl/trigger": "schedule"},
        ),
    )


def _tell(context: dg.OpExecutionContext, report: PruneReport) -> None:
    for key, rows in report.archived.items():
        context.log.info(f"{key}: {len(rows)} archived files removed")
    for (name, key), number in report.rows.items():
        context.log.info(f"{key}: {number} rows of {name} deleted")
    others = len(report.repeated) + len(report.unresolved)
    if others:
        context.log.info(f"{others} repeated and unresolved files removed")
    if report.is_empty:
        context.log.info("Nothing is older than retention allows.")
    if report.failures:
        raise dg.Failure("; ".join(report.failures))
