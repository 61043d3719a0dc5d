"""What runs by itself without a cron: a task whose upstreams refreshed, and whatever is older than its freshness allows.

A refresh is followed from event to event, what came after the last request and what the last run did not read: `Refreshed`, or
with partitions `PartRefreshed`. The shorter forms (`any_deps_updated().since_last_handled()`, `eager()`) lose an update that
falls into the same tick as the task's own run or comes while it runs, and two `.since` over equally named children share their
state in Dagster 1.13.
"""

from collections.abc import Callable
from functools import reduce
from operator import and_, or_

import dagster as dg

from sl_assets.orchestration.automation_facts import IsIdle, IsThere, RanSince, Refreshed, Rested
from sl_assets.orchestration.automation_parts import PartRefreshed
from sl_assets.project.records import Project, Table, TableKey, Task
from sl_assets.project.triggers import Clocks, RuleOf, Trigger, trigger_of

Condition = dg.AutomationCondition[dg.AssetKey]
Name = Callable[[TableKey], dg.AssetKey]


def automation_condition(project: Project, node: Table | Task, name: Name, clocks: Clocks | None = None) -> Condition | None:
    """What makes a table or task run by itself; None when nothing does.

    Args:
        project: The project of the node.
        node: The table or task.
        name: The assets of tables.
        clocks: What is known already of the project's clocks.
    """
    windows = node.partitions is not None
    stale = stale_condition(windows=windows) if node.freshness else None
    trigger = trigger_of(project, node, clocks) if isinstance(node, Task) else None
    if trigger is None:
        return stale
    triggered = trigger_condition(project, trigger, name, windows=windows)
    return triggered | stale if stale else triggered


def files_condition(project: Project, domain: str, name: Name) -> Condition | None:
    """What makes the file plumbing of a domain run by itself: a stale load below it. Partitioned loads need none of it."""
    tables = [table for table in project.tables_of(domain) if table.freshness and not table.partitions]
    parts = [dg.AutomationCondition.asset_matches(name(table.key), stale_condition()) for table in tables]
    return reduce(or_, parts) & ~dg.AutomationCondition.in_progress() if parts else None


def trigger_condition(project: Project, trigger: Trigger, name: Name, *, windows: bool) -> Condition:
    """Request a task when the rule over its upstreams holds and nothing holds it back.

    Args:
        project: The project of the task.
        trigger: What runs the task.
        name: The assets of tables.
        windows: The task has partitions: each is requested for the upstream partitions that it is made from.
    """

    def partitioned(key: TableKey) -> bool:
        return (project.tables.get(key) or project.tasks[key]).partitions is not None

    def refreshed(key: TableKey) -> Condition:
        certain = key in project.tasks
        return (_part_refreshed if windows or partitioned(key) else Refreshed)(name(key), certain=certain)

    parts = [
        _rule(trigger.rule, refreshed),
        *((_part_is_there if partitioned(key) else IsThere)(name(key)) for key in trigger.needed),
        *(RanSince(name(due.key), due.cron, due.timezone, due.tolerance) for due in trigger.current),
        *(IsIdle(name(key)) for key in trigger.upstreams),
        IsIdle(),
    ]
    if trigger.rest:
        parts.append(Rested(trigger.rest))
    return reduce(and_, parts)


def stale_condition(*, windows: bool = False) -> Condition:
    """Request an asset once when its freshness begins to warn, and once more when it fails.

    Of a partitioned asset it is the newest partition.
    """
    make = dg.AutomationCondition
    turned = make.freshness_warned().newly_true() | make.freshness_failed().newly_true()
    stale = make.freshness_warned() | make.freshness_failed()
    condition = turned.since(make.newly_requested()) & stale & ~make.in_progress()
    return (condition & make.in_latest_time_window() if windows else condition).with_label("stale")


def _rule(rule: RuleOf, refreshed: Callable[[TableKey], Condition]) -> Condition:
    parts = [*(refreshed(key) for key in rule.tables), *(_rule(part, refreshed) for part in rule.parts)]
    return reduce(and_ if rule.operator == "&" else or_, parts)


def _part_refreshed(upstream: dg.AssetKey, *, certain: bool) -> Condition:
    """Partition by partition. `certain`: a run of the upstream refreshes it; a load may find nothing new."""
    refreshed = PartRefreshed(upstream)
    if not certain:
        return refreshed
    make = dg.AutomationCondition
    return (refreshed | make.asset_matches(upstream, make.will_be_requested())).with_label(refreshed.name)


def _part_is_there(upstream: dg.AssetKey) -> Condition:
    """Any partition of the upstream that the target reads was built, or is going to be in this tick.

    Said the positive way, because a partitioned upstream always misses some partition, if only that of tomorrow.
    """
    make = dg.AutomationCondition
    built = make.asset_matches(upstream, ~make.missing() | make.will_be_requested())
    return built.with_label(f"{upstream.to_user_string()} is there")
