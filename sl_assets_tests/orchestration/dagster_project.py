"""A shop as Dagster sees it: definitions, an instance of its own, and runs in this process."""

from collections.abc import Iterable
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType, DagsterInstance

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.launch import QUIET, RANGE_END, RANGE_START
from sl_assets_tests.orchestration.revisions import read_revisions_once
from sl_assets_tests.shop import Shop

read_revisions_once()


class Silent:
    """Listens to a launch and shows nothing."""

    def show(self, outcome) -> None: ...

    def notice(self, message) -> None: ...


class Dagster:
    """Runs assets of a shop and tells what Dagster wrote down."""

    def __init__(self, shop: Shop, instance: DagsterInstance) -> None:
        self.shop = shop
        self.instance = instance

    @property
    def defs(self) -> dg.Definitions:
        return build_definitions(self.shop.project())

    def run(self, *names: str, partition: str | None = None, partitions: tuple[str, str] | None = None):
        """Materialize assets by their slashed names."""
        job = self.defs.resolve_implicit_global_asset_job_def()
        keys = [dg.AssetKey(name.split("/")) for name in names]
        tags = {RANGE_START: partitions[0], RANGE_END: partitions[1]} if partitions else {}
        return job.execute_in_process(
            run_config=QUIET,
            instance=self.instance,
            asset_selection=keys,
            partition_key=partition,
            tags=tags,
            raise_on_error=False,
        )

    def materialized(self, result) -> set[str]:
        """Asset names (and partitions) with a materialization event in a run."""
        events = self._events(result, DagsterEventType.ASSET_MATERIALIZATION)
        return {self._name(event.step_materialization_data.materialization) for event in events}

    def observed(self, result) -> set[str]:
        events = self._events(result, DagsterEventType.ASSET_OBSERVATION)
        return {event.asset_observation_data.asset_observation.asset_key.to_user_string() for event in events}

    def skipped(self, result) -> set[str]:
        return {event.step_key for event in self._events(result, DagsterEventType.STEP_SKIPPED)}

    def failed(self, result) -> dict[str, str]:
        events = self._events(result, DagsterEventType.STEP_FAILURE)
        return {event.step_key: event.step_failure_data.user_failure_data.description for event in events}

    def metadata(self, name: str, partition: str | None = None) -> dict:
        """The metadata of the latest materialization of an asset (of one partition)."""
        filters = dg.AssetRecordsFilter(dg.AssetKey(name.split("/")), asset_partitions=[partition] if partition else None)
        record = self.instance.fetch_materializations(filters, limit=1).records[0]
        return {key: value.value for key, value in record.asset_materialization.metadata.items()}

    def _events(self, result, kind: DagsterEventType) -> Iterable:
        return [record.dagster_event for record in self.instance.all_logs(result.run_id, of_type=kind)]

    @staticmethod
    def _name(materialization) -> str:
        name = materialization.asset_key.to_user_string()
        return f"{name}@{materialization.partition}" if materialization.partition else name


def persistent_instance(folder: Path) -> DagsterInstance:
    """An instance on disk, as users have it."""
    folder.mkdir(parents=True, exist_ok=True)
    return DagsterInstance.local_temp(str(folder))
