"""What a run from the command line has to do: which assets, which partitions, in which order.

Loads come first, in a run of their own, so that one domain that is not ready does not hold up the transforms of another. Then
the transforms that are due: never built, built by other SQL, or older than one of the tables they read.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import dagster as dg
import duckdb
from dagster import DagsterInstance

from sl_assets.areas.files import InputFile
from sl_assets.areas.landing import landed_files
from sl_assets.areas.stage import staged_files
from sl_assets.orchestration.metadata import LEDGER_RUN
from sl_assets.orchestration.names import op_name
from sl_assets.orchestration.partitions import partition_of_waiting_file, partitions_definition, shared_partitions
from sl_assets.orchestration.reading import PAGE, last_look, latest_by_partition, read_by_partition, read_event
from sl_assets.orchestration.translator import asset_key, import_key, preload_key
from sl_assets.project.digest import code_version
from sl_assets.project.records import Partitions, Project, Table, TableKey, Task
from sl_assets.project.windows import partition_of_file, window_of_key
from sl_assets.steps.gate import gate
from sl_assets.steps.replay import replays_records
from sl_assets.warehouse.duckdb.catalog import table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.duckdb.ledger import known_files, last_runs
from sl_assets.warehouse.duckdb.rejected import OpenFile, open_files

Expected = Mapping[TableKey, Collection[str]]
"""Tables that are going to be loaded, with their partitions; none for a table without partitions."""


@dataclass(frozen=True)
class Launch:
    """One Dagster run: some assets and, when they are partitioned, a contiguous range of keys (first, last).

    `config` is the run config of its ops, where they need any.
    """

    assets: tuple[dg.AssetKey, ...]
    partitions: tuple[str, str] | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Reason:
    """Why a transform is due. `upstream` is the table that was refreshed since, or is going to be in one of these runs."""

    kind: Literal["never built", "code changed", "upstream newer", "upstream runs", "partitions missing"]
    upstream: TableKey | None = None


@dataclass(frozen=True)
class TransformPlan:
    """The runs for transforms, and those that cannot be built because a table they read has never been.

    `reasons`: why each transform is in a run; none for one that is not due and was asked for all the same.
    """

    launches: tuple[Launch, ...]
    blocked: Mapping[TableKey, TableKey]
    reasons: Mapping[TableKey, tuple[Reason, ...]] = field(default_factory=dict[TableKey, tuple[Reason, ...]])


def plan_loads(project: Project, chosen: Collection[dg.AssetKey]) -> tuple[Launch, ...]:
    """The loads among the chosen assets: those without partitions in one run behind preload and import, then the others."""
    plain = [key for key in _file_steps(project) if key in chosen]
    plain += [asset_key(key) for key, table in project.tables.items() if not table.partitions and asset_key(key) in chosen]
    launches = [Launch(tuple(plain))] if plain else []
    return tuple(launches)


def plan_partitioned_loads(project: Project, instance: DagsterInstance, chosen: Collection[dg.AssetKey]) -> tuple[Launch, ...]:
    """For each partitioned table among the chosen assets, the partitions that have files waiting or a load nobody was told of."""
    launches: list[Launch] = []
    for key, table in project.tables.items():
        if table.partitions and asset_key(key) in chosen:
            keys = {*waiting_partitions(project, table, table.partitions), *untold_partitions(project, instance, key)}
            launches += [Launch((asset_key(key),), each) for each in ranges(table.partitions, keys)]
    return tuple(launches)


def plan_reloads(project: Project, chosen: Collection[dg.AssetKey]) -> tuple[Launch, ...]:
    """The loads among the chosen assets, to make their tables anew; a partitioned table with all partitions it has files for."""
    plain = [key for key, table in project.tables.items() if not table.partitions and asset_key(key) in chosen]
    launches = [replace(launch, config=load_config(plain, reload=True)) for launch in plan_loads(project, chosen)]
    for key, table in project.tables.items():
        if table.partitions and asset_key(key) in chosen:
            keys = sorted({*waiting_partitions(project, table, table.partitions), *_loaded_partitions(project, table)})
            launches += [Launch((asset_key(key),), (keys[0], keys[-1]), load_config([key], reload=True))] if keys else []
    return tuple(launches)


def with_reloads(project: Project, launches: Iterable[Launch]) -> Iterator[Launch]:
    """The runs of transforms, in which those that read only what is new read everything."""
    for launch in launches:
        keys = [key for key, task in project.tasks.items() if task.incremental and asset_key(key) in launch.assets]
        yield replace(launch, config=load_config(keys, reload=True)) if keys else launch


def plan_replays(project: Project, connection: duckdb.DuckDBPyConnection, keys: Iterable[TableKey]) -> tuple[Launch, ...]:
    """What replays the open rejected records of tables: the records themselves, else their partitions or the whole table."""
    schema = project.settings.audit_schema
    found = {key: open_files(connection, schema, key) for key in keys}
    return tuple(launch for key, files in found.items() if files for launch in _replay(project.tables[key], files))


def _replay(table: Table, files: Sequence[OpenFile]) -> list[Launch]:
    asset = asset_key(table.key)
    if table.partitions:
        names = (partition_of_file(table.partitions, each.name) for each in files)
        return [Launch((asset,), each) for each in ranges(table.partitions, {name for name in names if name})]
    one_by_one = replays_records(table)
    return [Launch((asset,), config=load_config([table.key], **({"replay": True} if one_by_one else {"reload": True})))]


def plan_correction(key: TableKey, path: Path) -> Launch:
    """The run that loads a corrected replay file."""
    return Launch((asset_key(key),), config=load_config([key], corrections=str(path)))


def load_config(keys: Iterable[TableKey], **config: object) -> Mapping[str, Any]:
    """The run config of some loads: fields of `LoadConfig`."""
    return {"ops": {op_name(key): {"config": config} for key in keys}}


def _loaded_partitions(project: Project, table: Table) -> set[str]:
    """The partitions that files were loaded for, by their names under today's YAML."""
    if table.partitions is None or not project.settings.database.exists():
        return set()
    with Warehouse.of(project.settings).reader() as connection:
        known = known_files(connection, project.settings.audit_schema, table.key) if has_ledger(connection, project) else ()
    keys = {partition_of_file(table.partitions, row.name) for row in known}
    return {key for key in keys if key is not None}


def waiting_partitions(project: Project, table: Table, partitions: Partitions) -> tuple[str, ...]:
    """The partitions of a table for which a file lies in landing or stage."""
    keys = {partition_of_waiting_file(partitions, file.name).key for file in _waiting_files(project, table)}
    return tuple(sorted(key for key in keys if key is not None))


def files_without_partition(project: Project, chosen: Collection[dg.AssetKey]) -> tuple[str, ...]:
    """A sentence for each file that waits for a chosen partitioned table in vain: its name carries no partition there is."""
    return tuple(
        f"{file.path} waits for {key}, and its name {reason}."
        for key, table in project.tables.items()
        if table.partitions and asset_key(key) in chosen
        for file in _waiting_files(project, table)
        if (reason := partition_of_waiting_file(table.partitions, file.name).reason)
    )


def _waiting_files(project: Project, table: Table) -> tuple[InputFile, ...]:
    domain = project.domains[table.key.domain]
    tables = project.tables_of(domain.name)
    may_enter = gate(project, datetime.now(UTC))
    landed = [file for file in landed_files(tables).by_table[table.key] if may_enter(table.key, file)]
    staged = staged_files(project.areas, domain, tables).by_table[table.key]
    return (*landed, *staged)


def untold_partitions(project: Project, instance: DagsterInstance, key: TableKey) -> tuple[str, ...]:
    """The partitions that a run loaded without living to say so: the ledger knows a later run than Dagster's history."""
    if not project.settings.database.exists():
        return ()
    with Warehouse.of(project.settings).reader() as connection:
        loaded = last_runs(connection, project.settings.audit_schema, key) if has_ledger(connection, project) else {}
    told: dict[str, object] = {}
    cursor = None
    while loaded.keys() - told.keys():
        page = instance.fetch_materializations(asset_key(key), limit=PAGE, cursor=cursor)
        for record in page.records:
            event = record.asset_materialization
            if event and event.partition and event.partition not in told:
                run = event.metadata.get(LEDGER_RUN)
                told[event.partition] = run.value if run else None
        if not page.has_more:
            break
        cursor = page.cursor
    return tuple(part for part, run in loaded.items() if part is not None and told.get(part) != run)


def has_ledger(connection: duckdb.DuckDBPyConnection, project: Project) -> bool:
    """Whether anything was ever loaded into this database by us."""
    return bool(table_columns(connection, TableKey(project.settings.audit_schema, "files")))


def plan_transforms(
    project: Project,
    instance: DagsterInstance,
    chosen: Collection[dg.AssetKey],
    *,
    only_due: bool,
    expected: Expected = MappingProxyType({}),
) -> TransformPlan:
    """The chosen transforms in dependency order; neighbours without partitions share a run.

    Partitioned ones are built for the partitions that are due, whatever `only_due` says of the others. To be planned after
    the loads have run: what is due depends on what was loaded. Before that, `expected` says what they are going to load.
    """
    due = _Due(project, instance, expected)
    launches: list[Launch] = []
    together: list[dg.AssetKey] = []
    blocked: dict[TableKey, TableKey] = {}
    for task in (each for each in tasks_in_order(project) if asset_key(each.key) in chosen):
        missing = due.missing_upstream(task)
        if missing and only_due:
            blocked[task.key] = missing
        elif task.partitions:
            parts = due.partitions(task, task.partitions)
            launches += _flush(together) if parts else []
            launches += [Launch((asset_key(task.key),), each) for each in ranges(task.partitions, parts)]
        elif due.is_due(task) or not only_due:
            due.planned.add(task.key)
            together.append(asset_key(task.key))
    return TransformPlan((*launches, *_flush(together)), blocked, due.reasons)


def ranges(partitions: Partitions, keys: Iterable[str]) -> list[tuple[str, str]]:
    """Partition keys as contiguous ranges (first, last)."""
    found: list[tuple[str, str]] = []
    last_end = None
    for window in sorted((window_of_key(partitions, key) for key in keys), key=lambda each: each.start):
        if found and last_end == window.start:
            found[-1] = (found[-1][0], window.key)
        else:
            found.append((window.key, window.key))
        last_end = window.end
    return found


def _flush(together: list[dg.AssetKey]) -> list[Launch]:
    if not together:
        return []
    launch = Launch(tuple(together))
    together.clear()
    return [launch]


def _file_steps(project: Project) -> list[dg.AssetKey]:
    keys: list[dg.AssetKey] = []
    for domain in project.domains.values():
        if project.tables_of(domain.name):
            keys += [preload_key(domain.name)] if domain.pre_load_strategy != "none" else []
            keys += [import_key(domain.name)] if project.landings_of(domain.name) else []
    return keys


def tasks_in_order(project: Project) -> Sequence[Task]:
    """The tasks, each after those whose tables it reads."""
    graph = {key: [each for each in task.dependencies if each in project.tasks] for key, task in project.tasks.items()}
    return [project.tasks[key] for key in TopologicalSorter(graph).static_order()]


class _Due:
    """Which transforms are out of date, asked of Dagster's history; what is planned already counts as newer than anything."""

    def __init__(self, project: Project, instance: DagsterInstance, expected: Expected) -> None:
        self.project = project
        self.instance = instance
        self.planned: set[TableKey] = {key for key, parts in expected.items() if not parts}
        self.planned_partitions: dict[TableKey, set[str]] = {key: set(parts) for key, parts in expected.items() if parts}
        self.reasons: dict[TableKey, tuple[Reason, ...]] = {}
        keys = [asset_key(key) for key in (*project.tables, *project.tasks)]
        self.versions: Mapping[dg.AssetKey, str | None] = instance.get_latest_materialization_code_versions(keys)

    def missing_upstream(self, task: Task) -> TableKey | None:
        """A table of the project that the task reads and that neither is there nor is going to be."""
        made = (key for key in task.dependencies if key in self.project.tables or key in self.project.tasks)
        return next((key for key in made if not self._is_planned(key) and self._latest(key) is None), None)

    def is_due(self, task: Task) -> bool:
        """Never built, built by other SQL, or older than one of the tables it reads."""
        last = self._newest(task.key)
        looked = last_look(self.instance, asset_key(task.key), code_version(task)) if task.incremental else 0
        found = [Reason("never built")] if last is None else []
        found += [Reason("code changed")] if self._rewritten(task) and not looked else []
        if last is not None:
            for key in task.dependencies:
                if self._is_planned(key):
                    found.append(Reason("upstream runs", key))
                elif (self._latest(key) or 0) > max(read_event(last), looked):
                    found.append(Reason("upstream newer", key))
        self.reasons[task.key] = tuple(found)
        return bool(found)

    def partitions(self, task: Task, partitions: Partitions) -> tuple[str, ...]:
        """The partitions of a task that miss, or are older than those they are made of."""
        mine = {} if self._rewritten(task) else self._read_by_partition(task.key)
        wanted: set[str] = set()
        found = {Reason("code changed"): None} if self._rewritten(task) else {}
        for key in task.dependencies:
            node = self.project.tables.get(key) or self.project.tasks.get(key)
            if node is None or node.partitions is None:
                continue
            for part, event in self._by_partition(key).items():
                older = {each for each in shared_partitions(node.partitions, part, partitions) if mine.get(each, 0) < event}
                found |= {Reason("upstream newer", key) if each in mine else Reason("partitions missing"): None for each in older}
                wanted |= older
            for part in self.planned_partitions.get(key, ()):
                found[Reason("upstream runs", key)] = None
                wanted |= set(shared_partitions(node.partitions, part, partitions))
        if not any(self._is_partitioned(key) for key in task.dependencies):
            wanted = self._all_missing(partitions, mine)
            found |= {Reason("partitions missing"): None} if wanted else {}
        self.planned_partitions[task.key] = wanted
        self.reasons[task.key] = tuple(found)
        return tuple(sorted(wanted))

    def _is_planned(self, key: TableKey) -> bool:
        return key in self.planned or bool(self.planned_partitions.get(key))

    def _all_missing(self, partitions: Partitions, mine: Mapping[str, int]) -> set[str]:
        return set(partitions_definition(partitions).get_partition_keys()) - mine.keys()

    def _is_partitioned(self, key: TableKey) -> bool:
        node = self.project.tables.get(key) or self.project.tasks.get(key)
        return node is not None and node.partitions is not None

    def _rewritten(self, task: Task) -> bool:
        known = self.versions.get(asset_key(task.key))
        return known is not None and known != code_version(task)

    def _latest(self, key: TableKey) -> int | None:
        newest = self._newest(key)
        return newest.storage_id if newest else None

    def _newest(self, key: TableKey) -> dg.EventLogRecord | None:
        return next(iter(self.instance.fetch_materializations(asset_key(key), limit=1).records), None)

    def _by_partition(self, key: TableKey) -> Mapping[str, int]:
        return latest_by_partition(self.instance, asset_key(key))

    def _read_by_partition(self, key: TableKey) -> Mapping[str, int]:
        """What each partition had read when it was built: a table may have been refreshed while it was being built."""
        return read_by_partition(self.instance, asset_key(key), self._by_partition(key))
