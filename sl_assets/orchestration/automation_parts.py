"""The condition for pairs of which one side has partitions: which partitions of the target have something new to read."""

from typing import cast

import dagster as dg
from dagster._core.asset_graph_view.entity_subset import EntitySubset

from sl_assets.orchestration.automation_facts import Context, Make, Remembering, Result
from sl_assets.orchestration.automation_tick import last_materialization
from sl_assets.orchestration.reading import latest_by_partition, read_by_partition, read_event

Parts = EntitySubset[dg.AssetKey]


class PartRefreshed(Remembering):
    """Partitions of which an upstream partition was refreshed after they were requested last, and that did not read it yet.

    They are remembered from tick to tick. One is forgotten when it is requested (a run that fails is not started again by the
    same refresh), and when it was built by a run that began after the refresh, whoever started it. One that is refreshed while it
    is being built has not been read, and stays.
    """

    def __init__(self, upstream: dg.AssetKey) -> None:
        self.upstream = upstream

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart."""
        return f"{self.upstream.to_user_string()} refreshed"

    @property
    def memory(self) -> str:
        """Apart from that of the same question about whole assets: an asset may be given partitions later."""
        return f"{self.name} in parts"

    async def evaluate(self, context: Context) -> Result:  # pyright: ignore[reportIncompatibleMethodOverride] - as Dagster's own
        """The partitions that have something to read. All are looked at, whatever is asked for: none may be forgotten."""
        every = context.asset_graph_view.get_full_subset(key=context.key)
        updated = await context.for_child_condition(
            Make.asset_matches(self.upstream, Make.newly_updated()), child_indices=[0], candidate_subset=every
        ).evaluate_async()
        unread = _forget(context.previous_true_subset, context.get_previous_requested_subset(context.key))
        unread = unread.compute_union(updated.true_subset) if unread else updated.true_subset
        unread = await self._without_those_read(context, unread)
        return dg.AutomationResult(context, true_subset=unread, child_results=[updated])

    async def _without_those_read(self, context: Context, unread: Parts) -> Parts:
        if unread.is_empty:
            return unread
        newly = cast("dg.AutomationCondition[dg.AssetKey]", Make.newly_updated())
        own = await context.for_child_condition(newly, child_indices=[1], candidate_subset=unread).evaluate_async()
        for event, built in _by_read_event(context, unread.compute_intersection(own.true_subset)):
            late = context.asset_graph_view.compute_child_subset(context.key, _newer_than(context, self.upstream, event))
            unread = unread.compute_difference(built.compute_difference(late))
        return unread


def _forget(before: Parts | None, requested: Parts | None) -> Parts | None:
    return before.compute_difference(requested) if before and requested else before


def _by_read_event(context: Context, built: Parts) -> list[tuple[int, Parts]]:
    """Partitions that were just built, by the newest event that their runs have read."""
    if built.is_empty:
        return []
    view, grid = context.asset_graph_view, built.partitions_def
    if grid is None:
        own = last_materialization(context, context.key)
        return [(read_event(own), built)] if own else []
    latest = latest_by_partition(view.instance, context.key, built.expensively_compute_partition_keys())
    found: dict[int, set[str]] = {}
    for key, event in read_by_partition(view.instance, context.key, latest).items():
        found.setdefault(event, set()).add(key)
    return [(event, view.get_subset_from_partition_keys(context.key, grid, keys)) for event, keys in found.items()]


def _newer_than(context: Context, upstream: dg.AssetKey, event: int) -> Parts:
    """The partitions of an upstream that were refreshed after an event."""
    view = context.asset_graph_view
    every = view.get_full_subset(key=upstream)
    if every.partitions_def is None:
        newest = last_materialization(context, upstream)
        return every if newest and newest.storage_id > event else view.get_empty_subset(key=upstream)
    newer = set(latest_by_partition(view.instance, upstream, after=event))
    return every.compute_intersection_with_partition_keys(newer) if newer else view.get_empty_subset(key=upstream)
