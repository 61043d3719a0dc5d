"""What `sl-assets run SELECTION --partitions FIRST...LAST` does: the partitions that are named, and what hangs on them.

The keys are those of the partitioned assets the selection begins with: the ones that read no other partitioned asset of it.
What reads them is built for the partitions that share time with those that were built, so that one bad day takes down neither
the other days nor what is made of them.
"""

import difflib
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterEventType, DagsterInstance

from sl_assets.orchestration.partitions import partitions_definition, shared_partitions
from sl_assets.orchestration.plan import Launch, plan_loads, ranges, tasks_in_order
from sl_assets.orchestration.translator import asset_key
from sl_assets.project.records import Partitions, Project, Table, TableKey, Task
from sl_assets.project.windows import Window, exists, window_of_key, windows_between

SEPARATOR = "..."
Node = Table | Task


class PartitionError(Exception):
    """Partitions that cannot be understood, or that the selection does not have."""


@dataclass
class Backfill:
    """The runs of a range of partitions (first and last key, inclusive), each planned when the one before it has ended.

    Attributes:
        blocked: Assets that are not built, each with the upstream of which there was nothing new.

    Raises:
        PartitionError: The keys are none of the selection's.
    """

    project: Project
    instance: DagsterInstance
    chosen: Collection[dg.AssetKey]
    keys: tuple[str, str]
    blocked: dict[TableKey, TableKey] = field(default_factory=dict[TableKey, TableKey])

    def __post_init__(self) -> None:
        nodes: list[Node] = [*self.project.tables.values(), *tasks_in_order(self.project)]
        self._nodes = [node for node in nodes if asset_key(node.key) in self.chosen]
        self._named = _named_partitions(self._first(), *self.keys)
        self._before = {node.key: self._newest(node.key) for node in self._nodes}

    def launches(self) -> Generator[Launch, None, None]:
        """Loads without partitions, loads of partitions, then transforms in order of dependency."""
        yield from plan_loads(self.project, self.chosen)
        for node in self._nodes:
            late = next((each.key for each in self._upstreams(node) if not self._is_built(each)), None)
            if node.partitions is None:
                if late:
                    self.blocked[node.key] = late
                elif isinstance(node, Task):
                    yield Launch((asset_key(node.key),))
                continue
            due = self._due(node, node.partitions)
            if late and not due:
                self.blocked[node.key] = late
            yield from (Launch((asset_key(node.key),), each) for each in ranges(node.partitions, due))

    def _first(self) -> Sequence[Node]:
        """The partitioned assets that the keys are of."""
        return [node for node in self._nodes if node.partitions and not any(each.partitions for each in self._upstreams(node))]

    def _upstreams(self, node: Node) -> list[Node]:
        read = node.dependencies if isinstance(node, Task) else ()
        return [each for each in self._nodes if each.key in read]

    def _due(self, node: Node, partitions: Partitions) -> set[str]:
        if node.key in self._named:
            return set(self._named[node.key])
        return {
            key
            for each in self._upstreams(node)
            if each.partitions
            for part in self._built(each)
            for key in shared_partitions(each.partitions, part, partitions)
        }

    def _is_built(self, node: Node) -> bool:
        """Whether this backfill gave downstream something to build on; a load of plain files need not have found any."""
        if node.partitions is None:
            return isinstance(node, Table) or self._newest(node.key) > self._before[node.key]
        return bool(self._built(node))

    def _built(self, node: Node) -> list[str]:
        kind = DagsterEventType.ASSET_MATERIALIZATION
        events = self.instance.get_latest_storage_id_by_partition(asset_key(node.key), kind)
        return [key for key, event in events.items() if event > self._before[node.key]]

    def _newest(self, key: TableKey) -> int:
        records = self.instance.fetch_materializations(asset_key(key), limit=1).records
        return records[0].storage_id if records else 0


def read_range(text: str) -> tuple[str, str]:
    """`FIRST...LAST` as two keys.

    Raises:
        PartitionError: It is not two keys with three dots between them.
    """
    first, dots, last = (part.strip() for part in text.partition(SEPARATOR))
    if not (first and dots and last) or SEPARATOR in last:
        raise PartitionError(f'"{text}" is no range. Hint: write the first and the last key, such as 2026-01-01...2026-01-31.')
    return first, last


def _named_partitions(nodes: Sequence[Node], first: str, last: str) -> dict[TableKey, list[str]]:
    """The partitions of each node from the first to the last key.

    Raises:
        PartitionError: There are no partitioned nodes, or in different ways, or none of them has a key.
    """
    grids = {node.key: node.partitions for node in nodes if node.partitions}
    if not grids:
        raise PartitionError("The selection has no partitioned asset. Hint: run it without partitions.")
    kinds = {(each.grain, each.timezone): key for key, each in grids.items()}
    if len(kinds) > 1:
        told = "; ".join(f"{key} is {grain} in {zone}" for (grain, zone), key in kinds.items())
        one = "/".join(next(iter(grids)))
        raise PartitionError(
            f"The selection begins with different partitions: {told}. Hint: run them one after the other, such as "
            f"'key:\"{one}\"+' for one of them and all that hangs on it."
        )
    now = datetime.now(UTC)
    begin, end = (_window(grids, key, now) for key in (first, last))
    if begin.start > end.start:
        raise PartitionError(f"{first} comes after {last}. Hint: write {last}{SEPARATOR}{first}.")
    return {
        key: [each.key for each in windows_between(grid, begin.start, end.end) if exists(grid, each, now)]
        for key, grid in grids.items()
    }


def _window(grids: dict[TableKey, Partitions], key: str, now: datetime) -> Window:
    for grid in grids.values():
        window = _read_key(grid, key)
        if window and window.key == key and exists(grid, window, now):
            return window
    table, grid = next(iter(grids.items()))
    raise PartitionError(_no_partition(table, grid, key))


def _no_partition(table: TableKey, grid: Partitions, key: str) -> str:
    """Which partitions there are instead, the likely ones first."""
    keys = partitions_definition(grid).get_partition_keys()
    if not keys:
        return f"{table} has no partition yet: the first begins on {grid.start}."
    near = _read_key(grid, key)
    if near is None:
        likely = difflib.get_close_matches(key, keys, 3)
    else:
        likely = [near.key if near.key in keys else keys[0] if near.start < window_of_key(grid, keys[0]).start else keys[-1]]
    hint = f" Did you mean {' or '.join(likely)}?" if likely else ""
    return f"{key} is no partition of {table}.{hint} There are {grid.grain} ones in {grid.timezone}, {keys[0]} to {keys[-1]}."


def _read_key(grid: Partitions, key: str) -> Window | None:
    try:
        return window_of_key(grid, key)
    except ValueError:
        return None
