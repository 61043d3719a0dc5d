"""The gate of a domain: one op; with nothing to load it yields nothing, and everything below it in the run is skipped."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from sl_assets.orchestration.context import PARTITION_TAG, RANGE_END, RANGE_START, readable_failures, run_of, tables_of_run
from sl_assets.orchestration.names import identifier
from sl_assets.orchestration.runs import RunGuard
from sl_assets.orchestration.translator import Files, Translator
from sl_assets.project.records import Domain, Partitions, Project
from sl_assets.project.windows import Window, window_of_key, windows_between
from sl_assets.steps.preload import preload
from sl_assets.steps.reports import PreloadReport

READY_TABLES = "ready_tables"
DEADLINE_TAG = "sl/ack_deadline"


def build_preload(project: Project, domain: Domain, translator: Translator) -> dg.AssetsDefinition:
    """The preload asset of a domain whose strategy is not `none`."""
    spec = translator.resolved_spec(Files(domain, "preload"))

    @dg.multi_asset(specs=[spec], name=identifier(domain.name, "preload"))
    def run_preload(context: dg.AssetExecutionContext, guard: RunGuard) -> Iterator[dg.MaterializeResult[Any]]:  # noqa: ARG001
        run = run_of(context)
        tables = tables_of_run(context, project, domain.name, translator.asset_key)
        windows = _windows([project.tables[key].partitions for key in tables], context.run.tags)
        with readable_failures():
            report = preload(project, domain, tables, run.quiet, scheduled=run.scheduled, windows=windows)
        _tell(context, report)
        _fail_when_late(report, context.run.tags.get(DEADLINE_TAG))
        if report.ready:
            yield dg.MaterializeResult(asset_key=spec.key, metadata=_metadata(report))
        else:
            context.log.info(f"Nothing to load into {domain.name}; its loads are skipped in this run, and that is no failure.")
            context.log_event(dg.AssetObservation(spec.key, metadata=_metadata(report)))

    return run_preload


def _windows(grids: Sequence[Partitions | None], tags: Mapping[str, str]) -> tuple[Window, ...] | None:
    """The partitions a run was asked for; preload itself has none. All its tables that have any share one grid."""
    grid = next((each for each in grids if each), None)
    first = tags.get(PARTITION_TAG) or tags.get(RANGE_START)
    if grid is None or first is None:
        return None
    last = tags.get(PARTITION_TAG) or tags.get(RANGE_END, first)
    return windows_between(grid, window_of_key(grid, first).start, window_of_key(grid, last).end)


def _tell(context: dg.AssetExecutionContext, report: PreloadReport) -> None:
    for key, table in report.tables.items():
        context.log.info(f"{key}: {table.reason}.")
    for note in report.notes:
        context.log.warning(note)


def _fail_when_late(report: PreloadReport, deadline: str | None) -> None:
    """A run that was asked for because an ack file is late tells so by failing: whoever watches runs is told."""
    if deadline is None or report.ready:
        return
    missing = ", ".join(str(path) for path in report.missing)
    raise dg.Failure(
        f"Late: {missing} was not there by {deadline} (ack_wait_timeout), so {report.domain} is not loaded. "
        "Hint: the load starts by itself when the file comes.",
        metadata=_metadata(report),
        allow_retries=False,
    )


def _metadata(report: PreloadReport) -> dict[str, Any]:
    files = {str(key): table.files for key, table in report.tables.items()}
    reasons = {str(key): table.reason for key, table in report.tables.items()}
    metadata: dict[str, Any] = {
        "files": sum(files.values()),
        "files_by_table": dg.MetadataValue.json(files),
        "ready": report.ready,
        READY_TABLES: dg.MetadataValue.json([str(key) for key, table in report.tables.items() if table.ready]),
        "reasons": dg.MetadataValue.json(reasons),
    }
    if report.missing:
        metadata["missing"] = dg.MetadataValue.json([str(path) for path in report.missing])
    return metadata
