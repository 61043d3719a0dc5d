"""Runs of the arrival sensor that were killed: their files may have left landing already, so nobody would ask for them again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg
from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from sl_assets.orchestration.context import OCCASION_TAG, PARTITION_TAG, RANGE_END, RANGE_START
from sl_assets.orchestration.factories.preload import DEADLINE_TAG

ARRIVAL_TAG = "sl/arrival"
TRY_TAG = "sl/try"
MOST_TRIES = 3
REMEMBERED = timedelta(days=1)
MOST_LOOKED_AT = 5
_KEPT = (OCCASION_TAG, RANGE_START, RANGE_END, DEADLINE_TAG)


def requests_again(instance: DagsterInstance, domain: str, now: datetime) -> Iterator[dg.RunRequest]:
    """The sensor's runs of the last day that ended without a step that failed, once more: a bad file is not among the reasons.

    A run that kills its process whenever it is tried is given up at the third time.
    """
    filters = RunsFilter(tags={ARRIVAL_TAG: domain}, statuses=[DagsterRunStatus.FAILURE], created_after=now - REMEMBERED)
    for record in instance.get_run_records(filters, limit=MOST_LOOKED_AT):
        run = record.dagster_run
        tries = int(run.tags.get(TRY_TAG, "1"))
        if (
            tries < MOST_TRIES
            and run.asset_selection
            and not instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE)
        ):
            yield _again(run, tries + 1)


def _again(run: DagsterRun, number: int) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"again/{run.run_id}",
        asset_selection=sorted(run.asset_selection or ()),
        partition_key=run.tags.get(PARTITION_TAG),
        tags={TRY_TAG: f"{number}", **{name: run.tags[name] for name in _KEPT if name in run.tags}},
    )
