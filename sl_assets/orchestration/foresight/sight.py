"""Everything that is looked at, once, and what several parts of a foresight ask of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import dagster as dg
import duckdb
from dagster import DagsterInstance

from sl_assets.orchestration.outlook import PartitionRange
from sl_assets.orchestration.plan import Launch
from sl_assets.orchestration.translator import asset_key
from sl_assets.project.digest import changed_parts, code_parts
from sl_assets.project.records import Partitions, Project, Table, Task
from sl_assets.project.windows import Window, window_of_key, windows_between
from sl_assets.steps.preview.files import DomainFiles
from sl_assets.steps.preview.memory import Memory


@dataclass(frozen=True)
class Sight:
    """Everything that is looked at, once."""

    project: Project
    instance: DagsterInstance
    chosen: frozenset[dg.AssetKey]
    now: datetime
    memory: Memory
    files: Mapping[str, DomainFiles]
    shadow: duckdb.DuckDBPyConnection
    versions: Mapping[dg.AssetKey, str | None]


def what_changed(sight: Sight, node: Table | Task) -> str:
    """The parts of a table or task that were changed since it was made, in parentheses; empty when that is not known."""
    before = sight.memory.code.get(sight.versions.get(asset_key(node.key)) or "")
    parts = changed_parts(before, code_parts(node)) if before else ()
    return f" ({', '.join(parts)})" if parts else ""


def windows_of(partitions: Partitions, launches: Sequence[Launch]) -> list[Window]:
    """The windows of ranges of partition keys."""
    windows: list[Window] = []
    for launch in launches:
        if launch.partitions:
            first, last = (window_of_key(partitions, key) for key in launch.partitions)
            windows += windows_between(partitions, first.start, last.end)
    return windows


def as_ranges(windows: Sequence[Window]) -> tuple[PartitionRange, ...]:
    """Windows as contiguous ranges, in order of time."""
    found: list[PartitionRange] = []
    end: datetime | None = None
    for window in sorted(windows, key=lambda each: each.start):
        if found and window.start == end:
            found[-1] = replace(found[-1], last=window.key, count=found[-1].count + 1)
        else:
            found.append(PartitionRange(window.key, window.key, 1))
        end = window.end
    return tuple(found)
