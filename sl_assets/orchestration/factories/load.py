"""A loaded table: one op that takes the table's files, each exactly once."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dagster as dg
from pydantic import Field

from sl_assets.orchestration.checks import check_specs, results_alone, results_of_rows, results_of_table
from sl_assets.orchestration.column_metadata import run_metadata
from sl_assets.orchestration.context import readable_failures, run_of
from sl_assets.orchestration.events_together import materialized
from sl_assets.orchestration.metadata import load_metadata, load_partitions_metadata
from sl_assets.orchestration.names import op_name, output_name_of
from sl_assets.orchestration.observation import done_without_materialization
from sl_assets.orchestration.op_asset import Event, op_asset
from sl_assets.orchestration.partitions import windows_of_run
from sl_assets.orchestration.resources import WarehouseResource
from sl_assets.orchestration.retries import retry_policy
from sl_assets.orchestration.told import is_untold
from sl_assets.orchestration.translator import Translator
from sl_assets.project.records import Project, Table
from sl_assets.steps.corrections import load_corrections
from sl_assets.steps.load import load
from sl_assets.steps.replay import replay
from sl_assets.steps.reports import LoadReport

MOST_FILES_ALONE = 20
FILES_TOLD_AT_ONCE = 100
"""Of more files than that, so many share an entry of the log: each entry is written to Dagster's history by itself."""


class LoadConfig(dg.Config):
    """What a person may ask of a load."""

    reload: bool = Field(
        default=False,
        description="Make the table anew from every file it was ever loaded from, under today's YAML, in one transaction. "
        "A partitioned table is made anew when the run has all its partitions; otherwise they are rebuilt.",
    )
    replay: bool = Field(
        default=False,
        description="Load nothing new, but the rejected records that are valid under today's YAML, each once.",
    )
    corrections: str | None = Field(
        default=None,
        description="Load nothing new, but this corrected replay file (`sl-assets rejects export` writes them).",
    )


def build_load(project: Project, table: Table, translator: Translator) -> dg.AssetsDefinition:
    """The asset of a loaded table. A range of partitions is one pass, each partition marked by itself."""
    spec = translator.resolved_spec(table)

    def run_load(context: dg.AssetExecutionContext, _inputs: object) -> Iterator[Event]:
        warehouse: WarehouseResource = context.resources.warehouse
        config = LoadConfig(**context.op_execution_context.op_config)
        run = run_of(context)
        opened = warehouse.of_run(context)
        if spec.key not in context.selected_asset_keys:
            yield from results_alone(context, project, opened, table, spec.key)
        else:
            with readable_failures():
                if config.corrections:
                    report = load_corrections(project, opened, table, Path(config.corrections), run)
                elif config.replay:
                    report = replay(project, opened, table, run)
                else:
                    windows = windows_of_run(context, table.partitions)
                    report = load(project, opened, table, run, windows, reload=config.reload)
            _tell(context, report)
            yield from _mark(context, spec, report)
            yield from results_of_rows(context, table, spec.key, report.expectations)
            if report.loaded or not report.failures:  # what could not be loaded at all has nothing to check
                yield from results_of_table(context, project, opened, table, spec.key)
            _fail(report)

    return op_asset(
        spec,
        op_name(table.key),
        run_load,
        config=_config(),
        checks=check_specs(table, spec.key),
        backfill_policy=dg.BackfillPolicy.single_run() if table.partitions else None,
        retry_policy=retry_policy(table.orchestration),
        pool=table.orchestration.pool,
    )


@cache
def _config() -> dg.Field:
    """`LoadConfig`, made once: as a parameter's type Dagster works it out anew for every op."""
    return dg.Field(LoadConfig.to_fields_dict())


def _mark(context: dg.AssetExecutionContext, spec: dg.AssetSpec, report: LoadReport) -> Iterator[Event]:
    """A materialization event means the data is there: for each good partition, for a load that loaded, and for nothing else."""
    key, output_name = spec.key, output_name_of(spec.key)
    if report.partitions:
        told = load_partitions_metadata(report, context.run.run_id)
        again = run_metadata(spec)
        yield from materialized(
            context, [dg.AssetMaterialization(key, partition=each, metadata={**told[each], **again}) for each in told]
        )
        if not report.failures:
            yield done_without_materialization(output_name)
    elif report.loaded or (not report.failures and is_untold(context.instance, key, report.last_run)):
        # a run that loaded files and was killed before it could say so: this one says it, so that downstream follows
        yield dg.MaterializeResult(asset_key=key, metadata={**load_metadata(report), **run_metadata(spec)})
    elif not report.failures:
        context.log_event(dg.AssetObservation(key, metadata=load_metadata(report)))
        yield done_without_materialization(output_name)


def _tell(context: dg.AssetExecutionContext, report: LoadReport) -> None:
    files = [
        f"{file.name}: {file.status}, {file.counts.read} rows, {file.counts.rejected} rejected {file.message}".rstrip()
        for file in report.files
    ]
    at_once = 1 if len(files) <= MOST_FILES_ALONE else FILES_TOLD_AT_ONCE
    for first in range(0, len(files), at_once):
        context.log.info("\n".join(files[first : first + at_once]))
    for sentence in report.changes.sentences:
        context.log.info(sentence)
    for warning in (*report.warnings, *report.changes.warnings):
        context.log.warning(warning)
    if not report.loaded and not report.failures:
        context.log.info("Nothing new to load.")


def _fail(report: LoadReport) -> None:
    if report.failures:
        raise dg.Failure("; ".join(report.failures), allow_retries=False)
