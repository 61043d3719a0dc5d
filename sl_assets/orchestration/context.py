"""From a Dagster context to what the steps take."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import dagster as dg

from sl_assets.areas.files import UnreadableFolderError
from sl_assets.areas.global_acks import BrokenAckError
from sl_assets.formats import FormatError, NoRoomError
from sl_assets.lock import LockTimeoutError
from sl_assets.project.records import Project, TableKey
from sl_assets.steps.corrections import NoReplayFileError
from sl_assets.steps.held import RuleBrokenError
from sl_assets.steps.run import Run
from sl_assets.validation import RuleError
from sl_assets.warehouse.errors import SchemaDriftError, WarehouseError

SCHEDULED_TAG = "dagster/scheduled_execution_time"
OCCASION_TAG = "sl/scheduled"  # the same for a run that a sensor asked for, on the day or the tick it stands for
PARTITION_TAG = "dagster/partition"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
QUIET_TAG = "sl/quiet_seconds"


def run_of(context: dg.AssetExecutionContext) -> Run:
    """The run as ledger and audit know it: its Dagster id, and the time it was scheduled for (now, when a person started it).

    One that the arrival sensor asked for leaves files alone that came since and may still be being written.
    """
    tags = context.run.tags
    tag = tags.get(OCCASION_TAG) or tags.get(SCHEDULED_TAG)
    scheduled = datetime.fromisoformat(tag) if tag else datetime.now(UTC)
    quiet = timedelta(seconds=float(tags.get(QUIET_TAG, "0")))
    return Run(context.run.run_id, scheduled, context.log.info, context.log.warning, quiet)


def tables_of_run(
    context: dg.AssetExecutionContext, project: Project, domain: str, asset_key: Callable[[TableKey], dg.AssetKey]
) -> list[TableKey]:
    """The loaded tables of a domain that this run is going to load; all of them when it loads none by itself."""
    selection = context.run.asset_selection
    tables = project.tables_of(domain)
    selected = context.op_execution_context.job_def.asset_layer.executable_asset_keys if selection is None else selection
    chosen = [table.key for table in tables if asset_key(table.key) in selected]
    return chosen or [table.key for table in tables]


@contextmanager
def readable_failures() -> Generator[None, None, None]:
    """Turn what a stranger can act on (a busy warehouse, a task's SQL) into a failure that shows its sentence first."""
    try:
        yield
    except (
        BrokenAckError,
        FormatError,
        NoReplayFileError,
        RuleBrokenError,
        RuleError,
        SchemaDriftError,
        UnreadableFolderError,
    ) as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except (WarehouseError, LockTimeoutError, NoRoomError) as error:
        raise dg.Failure(str(error)) from error
