"""Cron: one schedule for each distinct (cron, time zone, start, partitioning), over everything that names it."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from sl_assets.orchestration.descriptions import code_references
from sl_assets.orchestration.names import MOST_LISTED, identifier, listed
from sl_assets.orchestration.ticks import partition_at_tick
from sl_assets.orchestration.translator import Translator
from sl_assets.project.records import Partitions, Project, Table, TableKey, Task
from sl_assets.project.triggers import scheduled_with
from sl_assets.spec.place import Place

Node = Table | Task


@dataclass(frozen=True)
class Slot:
    """What everything in one schedule has in common. `start` is in the time zone; ticks before it are skipped."""

    cron: str
    timezone: str
    start: datetime | None = None
    grid: Partitions | None = None

    def has_begun(self, tick: datetime) -> bool:
        """Whether a tick is not before the start."""
        return self.start is None or tick >= self.start.replace(tzinfo=ZoneInfo(self.timezone))


def build_schedules(project: Project, naming: Translator) -> list[dg.ScheduleDefinition]:
    """The schedules of a project, RUNNING as declared; a schedule of loads starts with preload and import of their domains."""
    grouped: dict[Slot, list[Node]] = defaultdict(list)
    for node in (*project.tables.values(), *project.tasks.values()):
        if node.schedule:
            options = node.orchestration
            zone = options.timezone or project.settings.timezone
            grouped[Slot(node.schedule, zone, options.start, _grid(node.partitions))].append(node)
    names = _names(project, grouped)
    return [_schedule(project, naming, names[slot], slot, nodes) for slot, nodes in grouped.items()]


def _grid(partitions: Partitions | None) -> Partitions | None:
    """What two partitionings must share to be run by one job: grain, start, end and time zone."""
    if partitions is None:
        return None
    return Partitions(partitions.grain, partitions.start, "", partitions.end, partitions.timezone)


def _names(project: Project, grouped: Mapping[Slot, Sequence[Node]]) -> dict[Slot, str]:
    """Named after the preset, else after the one table it runs, else after the cron; a number tells equal names apart."""
    presets = {cron: name for name, cron in project.settings.schedule_presets.items()}
    names: dict[Slot, str] = {}
    for slot, nodes in grouped.items():
        base = presets.get(slot.cron) or (identifier(*nodes[0].key) if len(nodes) == 1 else f"cron {slot.cron}")
        name = re.sub("_{3,}", "_", identifier(base)).strip("_")
        name += f"__{identifier(slot.timezone)}" if slot.timezone != project.settings.timezone else ""
        name += f"__{identifier(slot.grid.grain)}_partitions" if slot.grid else ""
        taken = sum(1 for each in names.values() if each == name or each.startswith(f"{name}__n"))
        names[slot] = f"{name}__n{taken + 1}" if taken else name
    return names


def _schedule(project: Project, naming: Translator, name: str, slot: Slot, nodes: Sequence[Node]) -> dg.ScheduleDefinition:
    keys = [node.key for node in nodes]
    first = [key for key in scheduled_with(project, nodes) if key not in keys]
    tables = listed(map(str, keys)) + (f", after {listed(map(str, first))}" if first else "")
    held = (*keys, *first)
    selection = dg.AssetSelection.assets(*(naming.asset_key(key) for key in (*held, *_plumbing(project, held))))
    job = dg.define_asset_job(f"{name}__job", selection=selection, description=f"On {slot.cron}: {tables}.")
    since = f", from {slot.start:%Y-%m-%d %H:%M}" if slot.start else ""
    common: dict[str, Any] = {
        "cron_schedule": slot.cron,
        "execution_timezone": slot.timezone,
        "default_status": dg.DefaultScheduleStatus.RUNNING,
        "description": f"{slot.cron} ({slot.timezone}{since}): {tables}.",
        "tags": {"sl/trigger": "schedule"},
        "metadata": {"dagster/code_references": code_references(_places(nodes))},
    }
    if slot.grid is None and slot.start is None:
        return dg.ScheduleDefinition(name, job=job, **common)

    @dg.schedule(name=name, job=job, **common)
    def evaluated(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return _request(slot, context.scheduled_execution_time.astimezone(ZoneInfo(slot.timezone)))

    return evaluated


def _places(nodes: Sequence[Node]) -> dict[str, Place]:
    """Where the first tables that name a schedule are written."""
    return {str(node.key): node.place for node in nodes[:MOST_LISTED]}


def _request(slot: Slot, tick: datetime) -> dg.RunRequest | dg.SkipReason:
    if not slot.has_begun(tick):
        return dg.SkipReason(f"The schedule begins on {slot.start:%Y-%m-%d %H:%M} (start_date).")
    if slot.grid is None:
        return dg.RunRequest()
    key = partition_at_tick(slot.grid, slot.cron, tick)
    if key is None:
        return dg.SkipReason(f"The partitions begin on {slot.grid.start} and end on {slot.grid.end or 'no day'}.")
    return dg.RunRequest(partition_key=key)


def _plumbing(project: Project, keys: Sequence[TableKey]) -> list[TableKey]:
    """The import, and the gate, of every domain that is loaded."""
    found: list[TableKey] = []
    for domain in sorted({key.domain for key in keys if key in project.tables}):
        if project.landings_of(domain):
            found.append(TableKey(domain, "import"))
        if project.domains[domain].pre_load_strategy != "none":
            found.append(TableKey(domain, "preload"))
    return found
