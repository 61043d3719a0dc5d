"""What Dagster was told of a load: a run that was killed after its commit loaded files and could not say so."""

import dagster as dg
from dagster import DagsterInstance

from sl_assets.orchestration.metadata import LEDGER_RUN


def is_untold(instance: DagsterInstance, key: dg.AssetKey, last_run: str | None) -> bool:
    """Whether Dagster's latest event of a table without partitions is not of the run that the ledger names last."""
    if last_run is None:
        return False
    event = instance.get_latest_materialization_event(key)
    known = event.asset_materialization.metadata.get(LEDGER_RUN) if event and event.asset_materialization else None
    return known is None or known.value != last_run
