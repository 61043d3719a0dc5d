"""What runs a task that has no cron: its upstreams refreshing.

The conditions are built from `newly_updated().since(...)` per upstream, which is exact to the event. The shorter forms
(`any_deps_updated().since_last_handled()`, `eager()`) lose an update that falls into the same tick as the task's own run, and
two `.since` over equally named children share their state in Dagster 1.13.
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Literal

import dagster as dg

Condition = dg.AutomationCondition[dg.AssetKey]
SENSOR_NAME = "automation"
SENSOR_INTERVAL = 30  # seconds


def automation_condition(upstreams: Sequence[dg.AssetKey], triggering: Literal["any", "all"]) -> Condition | None:
    """Request an asset when `any` or `all` of its upstreams were refreshed since its own last run or request."""
    if not upstreams:
        return None
    refreshed = reduce(or_ if triggering == "any" else and_, [_refreshed(upstream) for upstream in upstreams])
    there = reduce(and_, [_is_there(upstream) for upstream in upstreams])
    return refreshed & there & ~dg.AutomationCondition.in_progress()


def _refreshed(upstream: dg.AssetKey) -> Condition:
    make = dg.AutomationCondition
    updated = make.asset_matches(upstream, make.newly_updated())
    since = updated.since(make.newly_updated()) & updated.since(make.newly_requested())
    requested_now = make.asset_matches(upstream, make.will_be_requested())
    return (since | requested_now).with_label(f"{upstream.to_user_string()} refreshed")


def _is_there(upstream: dg.AssetKey) -> Condition:
    """The upstream was built at least once (any partition of it that the target reads), or is going to be in this tick.

    Said the positive way, because a partitioned upstream always misses some partition, if only that of tomorrow.
    """
    make = dg.AutomationCondition
    built = make.asset_matches(upstream, ~make.missing() | make.will_be_requested())
    return built.with_label(f"{upstream.to_user_string()} is there")


def automation_sensor() -> dg.AutomationConditionSensorDefinition:
    """One sensor for the whole graph: a sensor does not see what another one requests."""
    return dg.AutomationConditionSensorDefinition(
        SENSOR_NAME,
        target=dg.AssetSelection.all(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=SENSOR_INTERVAL,
        run_tags={"sl/trigger": "automation"},
        description="Runs a transform without a cron when the tables it reads were refreshed.",
    )
