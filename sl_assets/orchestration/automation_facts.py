"""Conditions that Dagster's own do not cover. They look at history, keep no state, and so survive restarts and reloads.

They are evaluated by the code location, never by Dagster's daemon, which does not know them.
"""

from datetime import timedelta

import dagster as dg

from sl_assets.orchestration.ticks import tick_at_or_before

_POINTER = "dagster/input_event_pointer/"


class HasUnread(dg.AutomationCondition[dg.AssetKey]):
    """An upstream has a materialization that the latest run of the asset did not read.

    Dagster writes down with each materialization which event of each upstream it was made from. That is exact where points in
    time are not: an upstream may be refreshed while the asset is being built. An event without that note (reported from outside)
    read whatever was there before it. Unpartitioned on both sides.
    """

    def __init__(self, upstream: dg.AssetKey) -> None:
        self.upstream = upstream

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart: it must say everything that the answer depends on."""
        return f"has_unread({self.upstream.to_user_string()})"

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        """Whether it holds, for all of the asset or nothing; history is not asked where an earlier condition fails."""
        if context.candidate_subset.is_empty:
            return _result(context, holds=False)
        instance = context.asset_graph_view.instance
        newest = instance.fetch_materializations(self.upstream, limit=1).records
        own = instance.fetch_materializations(context.key, limit=1).records
        read = _read_event(own[0], self.upstream) if own else -1
        return _result(context, holds=bool(newest) and newest[0].storage_id > read)


class RanSince(dg.AutomationCondition[dg.AssetKey]):
    """The asset was materialized, or looked at without finding anything new, since the last tick of a cron less a tolerance."""

    def __init__(self, cron: str, timezone: str, tolerance: timedelta) -> None:
        self.cron, self.timezone, self.tolerance = cron, timezone, tolerance

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart: it must say everything that the answer depends on."""
        late = f" less {self.tolerance}" if self.tolerance else ""
        return f"ran_since({self.cron}, {self.timezone}{late})"

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        """Whether it holds, for all of the asset or nothing; history is not asked where an earlier condition fails."""
        if context.candidate_subset.is_empty:
            return _result(context, holds=False)
        tick = tick_at_or_before(self.cron, self.timezone, context.evaluation_time) - self.tolerance
        # Dagster's filter is exclusive, and a run at the very tick is one that the tick asked for
        since = dg.AssetRecordsFilter(context.key, after_timestamp=tick.timestamp() - 0.001)
        instance = context.asset_graph_view.instance
        ran = instance.fetch_materializations(since, limit=1).records or instance.fetch_observations(since, limit=1).records
        return _result(context, holds=bool(ran))


class Rested(dg.AutomationCondition[dg.AssetKey]):
    """The asset was not materialized for some time."""

    def __init__(self, rest: timedelta) -> None:
        self.rest = rest

    @property
    def name(self) -> str:
        """What the UI shows, and what tells conditions apart: it must say everything that the answer depends on."""
        return f"rested({self.rest})"

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        """Whether it holds, for all of the asset or nothing; history is not asked where an earlier condition fails."""
        if context.candidate_subset.is_empty:
            return _result(context, holds=False)
        since = dg.AssetRecordsFilter(context.key, after_timestamp=(context.evaluation_time - self.rest).timestamp())
        recent = context.asset_graph_view.instance.fetch_materializations(since, limit=1).records
        return _result(context, holds=not recent)


def _read_event(own: dg.EventLogRecord, upstream: dg.AssetKey) -> int:
    event = own.asset_materialization
    pointer = (event.tags or {}).get(_POINTER + upstream.to_user_string()) if event else None
    return int(pointer) if pointer and pointer.isdecimal() else own.storage_id


def _result(context: dg.AutomationContext[dg.AssetKey], *, holds: bool) -> dg.AutomationResult[dg.AssetKey]:
    return dg.AutomationResult(context, true_subset=context.candidate_subset if holds else context.get_empty_subset())
