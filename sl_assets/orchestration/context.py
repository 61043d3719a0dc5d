"""From a Dagster context to what the steps take."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg

from sl_assets.formats import FormatError, NoRoomError
from sl_assets.lock import LockTimeoutError
from sl_assets.project.records import Project, TableKey
from sl_assets.steps.corrections import NoReplayFileError
from sl_assets.steps.run import Run
from sl_assets.validation import RuleError
from sl_assets.warehouse.errors import SchemaDriftError, WarehouseError

SCHEDULED_TAG = "dagster/scheduled_execution_time"


def run_of(context: dg.AssetExecutionContext) -> Run:
    """The run as ledger and audit know it: its Dagster id, and the time it was scheduled for (now, when a person started it)."""
    tag = context.run.tags.get(SCHEDULED_TAG)
    scheduled = datetime.fromisoformat(tag) if tag else datetime.now(UTC)
    return Run(context.run.run_id, scheduled, context.log.info, context.log.warning)


def tables_of_run(context: dg.AssetExecutionContext, project: Project, domain: str) -> list[TableKey]:
    """The loaded tables of a domain that this run is going to load; all of them when it loads none by itself."""
    selection = context.run.asset_selection
    tables = project.tables_of(domain)
    selected = context.op_execution_context.job_def.asset_layer.executable_asset_keys if selection is None else selection
    chosen = [table.key for table in tables if dg.AssetKey([*table.key]) in selected]
    return chosen or [table.key for table in tables]


@contextmanager
def readable_failures() -> Generator[None, None, None]:
    """Turn what a stranger can act on (a busy warehouse, a task's SQL) into a failure that shows its sentence first."""
    try:
        yield
    except (FormatError, NoReplayFileError, RuleError, SchemaDriftError) as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except (WarehouseError, LockTimeoutError, NoRoomError) as error:
        raise dg.Failure(str(error)) from error
