"""Cron: one schedule for each distinct (cron, partitioning), over everything that names it."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
from croniter import croniter

from sl_assets.orchestration.names import identifier
from sl_assets.orchestration.translator import asset_key, import_key, preload_key
from sl_assets.project.records import Partitions, Project, Table, Task
from sl_assets.project.windows import window_at

Node = Table | Task


def build_schedules(project: Project) -> list[dg.ScheduleDefinition]:
    """The schedules of a project, RUNNING as declared; a schedule of loads starts with preload and import of their domains."""
    grouped: dict[tuple[str, Partitions | None], list[Node]] = defaultdict(list)
    for node in (*project.tables.values(), *project.tasks.values()):
        if node.schedule:
            grouped[node.schedule, _grid(node.partitions)].append(node)
    names = _names(project, grouped)
    return [_schedule(project, names[slot], *slot, nodes) for slot, nodes in grouped.items()]


def _grid(partitions: Partitions | None) -> Partitions | None:
    """What two partitionings must share to be run by one job: grain, start, end and time zone."""
    if partitions is None:
        return None
    return Partitions(partitions.grain, partitions.start, "", partitions.end, partitions.timezone)


def _names(
    project: Project, grouped: Mapping[tuple[str, Partitions | None], Sequence[Node]]
) -> dict[tuple[str, Partitions | None], str]:
    """Named after the preset, else after the one table it runs, else after the cron; a number tells equal names apart."""
    presets = {cron: name for name, cron in project.settings.schedule_presets.items()}
    names: dict[tuple[str, Partitions | None], str] = {}
    for (cron, grid), nodes in grouped.items():
        base = presets.get(cron) or (identifier(*nodes[0].key) if len(nodes) == 1 else f"cron {cron}")
        name = re.sub("_{3,}", "_", identifier(base)).strip("_") + (f"__{grid.grain}_partitions" if grid else "")
        taken = sum(1 for each in names.values() if each == name or each.startswith(f"{name}__n"))
        names[cron, grid] = f"{name}__n{taken + 1}" if taken else name
    return names


def _schedule(project: Project, name: str, cron: str, grid: Partitions | None, nodes: Sequence[Node]) -> dg.ScheduleDefinition:
    keys = [asset_key(node.key) for node in nodes]
    for domain in sorted({node.key.domain for node in nodes if isinstance(node, Table)}):
        if project.landings_of(domain):
            keys.append(import_key(domain))
        if project.domains[domain].pre_load_strategy != "none":
            keys.append(preload_key(domain))
    tables = ", ".join(str(node.key) for node in nodes)
    job = dg.define_asset_job(f"{name}__job", selection=dg.AssetSelection.assets(*keys), description=f"On {cron}: {tables}.")
    timezone = project.settings.timezone
    common: dict[str, Any] = {
        "cron_schedule": cron,
        "execution_timezone": timezone,
        "default_status": dg.DefaultScheduleStatus.RUNNING,
        "description": f"{cron} ({timezone}): {tables}.",
        "tags": {"sl/trigger": "schedule"},
    }
    if grid is None:
        return dg.ScheduleDefinition(name, job=job, **common)

    @dg.schedule(name=name, job=job, **common)
    def partitioned(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        key = partition_at_tick(grid, cron, context.scheduled_execution_time)
        if key is None:
            return dg.SkipReason(f"The partitions begin on {grid.start} and end on {grid.end or 'no day'}.")
        return dg.RunRequest(partition_key=key)

    return partitioned


def partition_at_tick(partitions: Partitions, cron: str, tick: datetime) -> str | None:
    """The partition a tick is for: the window that contains the start of the interval the tick closes.

    A tick closes the interval since the tick before it: an hourly schedule on daily partitions works on the day it is in, and
    at midnight still on the day that just ended; a daily one on the day before. None outside start and end.
    """
    before: datetime = croniter(cron, tick).get_prev(datetime)
    window = window_at(partitions, before)
    start = window_at(partitions, partitions.start).start
    ended = partitions.end is not None and window.start >= window_at(partitions, partitions.end).start
    return None if window.start < start or ended else window.key
