"""Conditions that Dagster's own do not cover, or would need a dozen of nodes for, which is what a tick over a large graph costs.

Each looks at the latest records, which Dagster loads for all assets of a tick at once, and asks more only where an answer
depends on it. They are evaluated by the code location, never by Dagster's daemon, which does not know them.
"""

from abc import abstractmethod
from datetime import timedelta
from typing import Any

import dagster as dg

from sl_assets.orchestration.automation_tick import last_materialization, observed_since, unfinished
from sl_assets.orchestration.ticks import tick_at_or_before

_POINTER = "dagster/input_event_pointer/"
_TOLD_APART = 0.001  # seconds: Dagster's filters are exclusive, and a run at the very tick is one that the tick asked for

Context = dg.AutomationContext[dg.AssetKey]
Result = dg.AutomationResult[dg.AssetKey]
Make = dg.AutomationCondition


class Question(dg.AutomationCondition[dg.AssetKey]):
    """A condition whose name says everything that its answer depends on."""

    @property
    def requires_cursor(self) -> bool:
        """No: history says it all, and nothing is kept between ticks."""
        return False

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Remembering(Question):
    """A question that keeps something from tick to tick, under `memory`, wherever it stands: a changed query forgets nothing."""

    @property
    def memory(self) -> str:
        """The name of what it keeps."""
        return self.name

    @property
    def requires_cursor(self) -> bool:
        """Yes."""
        return True

    def get_node_unique_id(self, **_place: object) -> str:
        """Under what Dagster keeps it."""
        return self.memory


class OfUpstream(Question):
    """Something about an upstream: true of all of the asset or of nothing, or true because this tick requests the upstream."""

    def __init__(self, upstream: dg.AssetKey) -> None:
        self.upstream = upstream

    async def evaluate(self, context: Context) -> Result:  # pyright: ignore[reportIncompatibleMethodOverride] - as Dagster's own
        """Whether it holds; history is not asked where an earlier condition fails."""
        if context.candidate_subset.is_empty or self.holds(context):
            return _result(context, holds=not context.candidate_subset.is_empty)
        return await _if_requested(context, self.upstream)

    @abstractmethod
    def holds(self, context: Context) -> bool:
        """What history says."""


class Refreshed(Remembering):
    """An upstream has a materialization that came after the last request, and that the latest run of the asset did not read.

    The first half is for runs that fail: they are not started again. For the second, Dagster writes down with each
    materialization which event of each upstream it was made from. That is exact where points in time are not: an upstream may be
    refreshed while the asset is being built. An event without that note (reported from outside) read whatever was there before
    it. Unpartitioned on both sides. What came before the first tick is none.

    Args:
        upstream: The upstream.
        certain: A run of the upstream refreshes it, so that its request counts.
    """

    def __init__(self, upstream: dg.AssetKey, *, certain: bool) -> None:
        self.upstream, self.certain = upstream, certain

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart."""
        return f"{self.upstream.to_user_string()} refreshed"

    async def evaluate(self, context: Context) -> Result:  # pyright: ignore[reportIncompatibleMethodOverride] - as Dagster's own
        """Whether it holds, and the newest event at the last request."""
        seen = _newest_at_the_last_request(context)
        if context.candidate_subset.is_empty:
            return _result(context, holds=False, cursor=seen)
        newest = last_materialization(context, self.upstream)
        if newest is not None and newest.storage_id > max(int(seen), _read_event(context, self.upstream)):
            return _result(context, holds=True, cursor=seen)
        if self.certain:
            return await _if_requested(context, self.upstream, cursor=seen)
        return _result(context, holds=False, cursor=seen)


class IsThere(OfUpstream):
    """An unpartitioned upstream was built at least once."""

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart."""
        return f"{self.upstream.to_user_string()} is there"

    def holds(self, context: Context) -> bool:
        """What history says."""
        return last_materialization(context, self.upstream) is not None


class RanSince(OfUpstream):
    """The upstream was materialized, or looked at without finding anything new, since a cron ticked last, less a tolerance."""

    def __init__(self, upstream: dg.AssetKey, cron: str, timezone: str, tolerance: timedelta) -> None:
        super().__init__(upstream)
        self.cron, self.timezone, self.tolerance = cron, timezone, tolerance

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart."""
        late = f" less {self.tolerance}" if self.tolerance else ""
        return f"{self.upstream.to_user_string()} is current for {self.cron}, {self.timezone}{late}"

    def holds(self, context: Context) -> bool:
        """What history says."""
        tick = tick_at_or_before(self.cron, self.timezone, context.evaluation_time) - self.tolerance
        since = tick.timestamp() - _TOLD_APART
        newest = last_materialization(context, self.upstream)
        return (newest is not None and newest.timestamp > since) or observed_since(context, self.upstream, since)


class Rested(Question):
    """The asset was not materialized for some time."""

    def __init__(self, rest: timedelta) -> None:
        self.rest = rest

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart."""
        return f"rested({self.rest})"

    def evaluate(self, context: Context) -> Result:
        """Whether it holds."""
        newest = last_materialization(context, context.key)
        rested = newest is None or newest.timestamp <= (context.evaluation_time - self.rest).timestamp()
        return _result(context, holds=rested and not context.candidate_subset.is_empty)


class IsIdle(Question):
    """An asset, upstream or the target itself, is in no run and no backfill that has not come to it yet.

    Dagster answers that with queries for each asset; they are made only for what is in some run that has not ended.
    """

    def __init__(self, asset: dg.AssetKey | None = None) -> None:
        self.asset = asset

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart."""
        return f"{self.asset.to_user_string()} is not running" if self.asset else "not running"

    async def evaluate(self, context: Context) -> Result:  # pyright: ignore[reportIncompatibleMethodOverride] - as Dagster's own
        """The part of the asset of which it holds."""
        if context.candidate_subset.is_empty:
            return _result(context, holds=False)
        busy = Make.in_progress() if (self.asset or context.key) in unfinished(context) else Make.backfill_in_progress()
        child = await _child(context, Make.asset_matches(self.asset, busy) if self.asset else busy)
        idle = context.candidate_subset.compute_difference(child.true_subset)
        return dg.AutomationResult(context, true_subset=idle, child_results=[child])


async def _child(context: Context, condition: dg.AutomationCondition[Any]) -> Result:
    child = context.for_child_condition(condition, child_indices=[0], candidate_subset=context.candidate_subset)
    return await child.evaluate_async()


async def _if_requested(context: Context, upstream: dg.AssetKey, cursor: str | None = None) -> Result:
    requested = context.request_subsets_by_key.get(upstream)
    if requested is None or requested.is_empty:
        return _result(context, holds=False, cursor=cursor)
    child = await _child(context, Make.asset_matches(upstream, Make.will_be_requested()))
    both = context.candidate_subset.compute_intersection(child.true_subset)
    return dg.AutomationResult(context, true_subset=both, cursor=cursor, child_results=[child])


def _newest_at_the_last_request(context: Context) -> str:
    if context.previous_evaluation_time is None:
        return str(context.max_storage_id or 0)
    requested = context.get_previous_requested_subset(context.key)
    before = context.cursor
    return before if before and (requested is None or requested.is_empty) else str(context.previous_max_storage_id or 0)


def _read_event(context: Context, upstream: dg.AssetKey) -> int:
    own = last_materialization(context, context.key)
    if own is None:
        return 0
    event = own.asset_materialization
    pointer = (event.tags or {}).get(_POINTER + upstream.to_user_string()) if event else None
    return int(pointer) if pointer and pointer.isdecimal() else own.storage_id


def _result(context: Context, *, holds: bool, cursor: str | None = None) -> Result:
    subset = context.candidate_subset if holds else context.get_empty_subset()
    return dg.AutomationResult(context, true_subset=subset, cursor=cursor)
