"""A transform: one op that makes one task's rows."""

from collections.abc import Iterator, Mapping
from functools import cache

import dagster as dg
from pydantic import Field

from sl_assets.orchestration.checks import check_specs, results_alone, results_of_rows, results_of_table
from sl_assets.orchestration.column_metadata import run_metadata
from sl_assets.orchestration.context import readable_failures, run_of
from sl_assets.orchestration.events_together import materialized
from sl_assets.orchestration.metadata import transform_metadata, transform_partition_metadata
from sl_assets.orchestration.names import op_name, output_name_of
from sl_assets.orchestration.observation import done_without_materialization
from sl_assets.orchestration.op_asset import Event, op_asset
from sl_assets.orchestration.partitions import ANY_RANGE, windows_of_run
from sl_assets.orchestration.reading import looked_tags, read_tag
from sl_assets.orchestration.resources import WarehouseResource
from sl_assets.orchestration.retries import retry_policy
from sl_assets.orchestration.translator import Translator
from sl_assets.project.digest import code_version
from sl_assets.project.records import Project, Task
from sl_assets.steps.held import RuleBrokenError
from sl_assets.steps.reports import TransformReport
from sl_assets.steps.transform import transform
from sl_assets.steps.transform_windows import transform_windows
from sl_assets.steps.verdicts import reports_of


class TransformConfig(dg.Config):
    """What a person may ask of a transform."""

    reload: bool = Field(
        default=False,
        description="Make the table anew from all that the task reads, in one transaction; one that reads only what is new "
        "forgets what it has read. Partitions are rebuilt as always.",
    )


def build_transform(project: Project, task: Task, translator: Translator) -> dg.AssetsDefinition:
    """The asset of a task.

    A partitioned task has a multi-run backfill policy that never splits a range: the daemon then runs it after its upstream
    load and for the partitions that exist, where one run for both would let one bad partition take all others down.
    """
    spec = translator.resolved_spec(task)

    def run_transform(context: dg.AssetExecutionContext, _inputs: object) -> Iterator[Event]:
        warehouse: WarehouseResource = context.resources.warehouse
        run = run_of(context)
        opened = warehouse.of_run(context)
        if spec.key not in context.selected_asset_keys:
            yield from results_alone(context, project, opened, task, spec.key)
            return
        windows = windows_of_run(context, task.partitions)
        before = read_tag(context.instance)
        try:
            with readable_failures():
                if windows:
                    report = transform_windows(project, opened, task, run, windows)
                else:
                    reload = TransformConfig(**context.op_execution_context.op_config).reload
                    report = transform(project, opened, task, run, reload=reload)
        except dg.Failure as failure:
            if isinstance(failure.__cause__, RuleBrokenError):
                broken = reports_of(task, failure.__cause__.judgement.verdicts)
                yield from results_of_rows(context, task, spec.key, broken)
            raise
        context.log.info("Nothing new to read." if report.nothing_new else f"{report.written} rows written.")
        for export in report.exports:
            context.log.info(f"{export.path}: {export.rows} rows, {export.size} bytes.")
        for sentence in report.changes.sentences:
            context.log.info(sentence)
        yield from _mark(context, spec, report, looked_tags(before, code_version(task)) if report.nothing_new else before)
        yield from results_of_rows(context, task, spec.key, report.expectations)
        yield from results_of_table(context, project, opened, task, spec.key)
        if report.failures:
            raise dg.Failure("; ".join(report.failures))

    return op_asset(
        spec,
        op_name(task.key),
        run_transform,
        config=_config(),
        checks=check_specs(task, spec.key),
        backfill_policy=dg.BackfillPolicy.multi_run(ANY_RANGE) if task.partitions else None,
        retry_policy=retry_policy(task.orchestration),
        pool=task.orchestration.pool,
    )


@cache
def _config() -> dg.Field:
    """`TransformConfig`, made once: as a parameter's type Dagster works it out anew for every op."""
    return dg.Field(TransformConfig.to_fields_dict())


def _mark(
    context: dg.AssetExecutionContext, spec: dg.AssetSpec, report: TransformReport, tags: Mapping[str, str]
) -> Iterator[Event]:
    key, told = spec.key, run_metadata(spec, report.glance.columns if report.glance else ())
    if report.partitions:
        good = {each.key: transform_partition_metadata(report, each) for each in report.partitions if not each.failure}
        yield from materialized(
            context, [dg.AssetMaterialization(key, partition=each, metadata={**good[each], **told}, tags=tags) for each in good]
        )
        if not report.failures:
            yield done_without_materialization(output_name_of(key))
    elif report.nothing_new:
        context.log_event(dg.AssetObservation(key, metadata=transform_metadata(report), tags=tags))
        yield done_without_materialization(output_name_of(key))
    else:
        yield dg.MaterializeResult(asset_key=key, metadata={**transform_metadata(report), **told}, tags=tags)
