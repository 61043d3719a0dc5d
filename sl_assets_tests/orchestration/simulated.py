"""Automation under a clock that the test sets: Dagster's own evaluation, Dagster's own freshness, no waiting."""

import asyncio
from datetime import datetime, timedelta

import dagster as dg
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange
from dagster._core.definitions.freshness_evaluator import TimeWindowFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest
from dagster._core.test_utils import freeze_time

SECOND = timedelta(seconds=1)


class Simulation:
    """A project's automation, evaluated when the test says so, at the time the test says it is."""

    def __init__(self, defs: dg.Definitions, instance: dg.DagsterInstance, now: datetime) -> None:
        self.defs, self.instance, self.now = defs, instance, now
        self.graph = defs.resolve_asset_graph()
        self.cursor = None
        self.states: dict[dg.AssetKey, FreshnessState] = {}
        self.tick()

    def at(self, moment: datetime) -> None:
        """Let time pass."""
        assert moment >= self.now
        self.now = moment

    def tick(self) -> set[str]:
        """What the sensor requests now. Partitions are `name@partition`."""
        self.now += SECOND
        with freeze_time(self.now):
            result = dg.evaluate_automation_conditions(self.defs, self.instance, cursor=self.cursor, evaluation_time=self.now)
        self.cursor = result.cursor
        requested: set[str] = set()
        for key in self.graph.get_all_asset_keys():
            for subset in [each.true_subset for each in result.results if each.key == key]:
                name = key.to_user_string()
                parts = {each.partition_key for each in subset.expensively_compute_asset_partitions()}
                requested |= {f"{name}@{part}" if part else name for part in parts}
        return requested

    def refresh(self, *names: str) -> None:
        """Somebody materializes assets, one second after the other."""
        for name in names:
            asset, _, partition = name.partition("@")
            self.report(dg.AssetMaterialization(asset.split("/"), partition=partition or None))

    def look(self, *names: str) -> None:
        """Loads run and find nothing new."""
        for name in names:
            self.report(dg.AssetObservation(name.split("/")))

    def judge(self) -> dict[str, str]:
        """Dagster's daemon judges freshness; the assets whose state changed."""
        return asyncio.run(self._judge())

    async def _judge(self) -> dict[str, str]:
        changed: dict[str, str] = {}
        with freeze_time(self.now):
            for node in self.graph.asset_nodes:
                if node.freshness_policy is None:
                    continue
                context = LoadingContextForTest(self.instance)
                state = await TimeWindowFreshnessPolicyEvaluator().evaluate_freshness(context, node)
                before = self.states.get(node.key, FreshnessState.UNKNOWN)
                if state != before:
                    at = self.now.timestamp()
                    self.report(
                        FreshnessStateChange(key=node.key, new_state=state, previous_state=before, state_change_timestamp=at)
                    )
                    self.states[node.key] = state
                    changed[node.key.to_user_string()] = state.value
        return changed

    def report(self, event) -> None:
        self.now += SECOND
        with freeze_time(self.now):
            self.instance._report_runless_asset_event(event)
