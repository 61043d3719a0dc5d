"""The only place that names things in Dagster. Override `get_asset_spec` and `asset_key` to name them otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from typing import Any, Literal

import dagster as dg

from sl_assets.orchestration.automation import automation_condition, files_condition
from sl_assets.orchestration.column_metadata import lineage_metadata, lineage_of
from sl_assets.orchestration.descriptions import landing_metadata, table_metadata
from sl_assets.orchestration.names import identifier, tag_key
from sl_assets.orchestration.partitions import partition_mapping, partitions_definition
from sl_assets.project.digest import code_version
from sl_assets.project.recipe import SqlStep
from sl_assets.project.records import Domain, Freshness, Project, Table, TableKey, Task
from sl_assets.project.triggers import Clocks

NEVER = timedelta(days=3650)  # a policy needs a failing window even when the project only wants a warning


Step = Literal["landing", "preload", "import"]
FILES: tuple[Step, ...] = ("landing", "preload", "import")


@dataclass(frozen=True)
class Files:
    """One piece of a domain's file plumbing: where its files arrive, the gate before them, or their move to stage."""

    domain: Domain
    step: Step

    @property
    def key(self) -> TableKey:
        """Its name, as if it were a table of the domain; no table may have it."""
        return TableKey(self.domain.name, self.step)


Node = Table | Task | Files


class Translator:
    """What becomes which asset.

    Subclass it, and override one or both of:

    - `get_asset_spec(node)`: group, tags, owners, kinds, description, automation, freshness and metadata of an asset. Call the
      inherited one and change what it gives by `merge_attributes` and `replace_attributes`.
    - `asset_key(key)`: the asset key of a table, given its name in the warehouse. All edges, schedules, sensors and runs
      follow it. `sl-assets run` names assets as they are here, so give it a history (DAGSTER_HOME) of its own then.

    `node` is a `Table` (loaded from files), a `Task` (a transform) or a `Files` (the file plumbing of a domain); each has a
    `key`. A table that nobody in the project makes has no spec: it is Dagster's to say whether somebody else in the code
    location does.

    Examples:
        ```python
        class Ours(Translator):
            def get_asset_spec(self, node: Node) -> dg.AssetSpec:
                return super().get_asset_spec(node).merge_attributes(tags={"team": "data"})

            def asset_key(self, key: TableKey) -> dg.AssetKey:
                return super().asset_key(key).with_prefix("lake")


        defs = build_definitions("path/to/project", translator=Ours)
        ```
    """

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def key_of(self) -> Callable[[TableKey], dg.AssetKey]:
        """`asset_key`, asked once for each name: every column says the keys of what it comes from."""
        return cache(self.asset_key)

    @cached_property
    def _whole(self) -> Callable[[TableKey], dg.AssetDep]:
        """The edge from a table where partitions have no say: all that read it have the same one."""

        def whole(key: TableKey) -> dg.AssetDep:
            return dg.AssetDep(self.key_of(key))

        return cache(whole)

    @cached_property
    def _clocks(self) -> Clocks:
        return Clocks(self.project)

    def asset_key(self, key: TableKey) -> dg.AssetKey:
        """The asset key of a table, a transform, a table from elsewhere or a piece of file plumbing."""
        return asset_key(key)

    def get_asset_spec(self, node: Node) -> dg.AssetSpec:
        """The spec of an asset: everything the project says about it, at definition time."""
        return self._files_spec(node) if isinstance(node, Files) else self._table_spec(node)

    def resolved_spec(self, node: Node) -> dg.AssetSpec:
        """What is used: the spec of `get_asset_spec`, under the key that everything else knows the asset by.

        Raises:
            dg.DagsterInvalidDefinitionError: `get_asset_spec` changed the key, which only `asset_key` can.
        """
        spec, key = self.get_asset_spec(node), self.key_of(node.key)
        if spec.key != key:
            raise dg.DagsterInvalidDefinitionError(
                f"{type(self).__name__}.get_asset_spec gives {node.key} the key {spec.key.to_user_string()}, but "
                f"{type(self).__name__}.asset_key gives it {key.to_user_string()}: edges and schedules would miss it. "
                "Hint: override asset_key to change keys."
            )
        return spec

    def _table_spec(self, node: Table | Task) -> dg.AssetSpec:
        kinds = {"duckdb", "table", node.format.name.lower()} if isinstance(node, Table) else {"duckdb", *_kinds(node)}
        return dg.AssetSpec(
            self.key_of(node.key),
            deps=self.dependencies(node),
            description=node.comment or None,
            metadata=self.metadata(node),
            skippable=True,
            group_name=identifier(node.key.domain),
            code_version=code_version(node),
            automation_condition=self.automation(node),
            owners=list(node.owners),
            tags={tag_key(tag): "" for tag in (*node.tags, *node.orchestration.tags)},
            kinds=kinds,
            partitions_def=partitions_definition(node.partitions) if node.partitions else None,
            freshness_policy=freshness_policy(node.freshness),
        )

    def _files_spec(self, node: Files) -> dg.AssetSpec:
        """In a group inside that of the domain, apart from its tables."""
        name = node.domain.name
        landings = self.project.landings_of(name)
        gated = node.step == "import" and node.domain.pre_load_strategy != "none"
        before = TableKey(name, "preload" if gated else "landing")
        return dg.AssetSpec(
            self.key_of(node.key),
            deps=[self.key_of(before)] if landings and node.step != "landing" else [],
            description=_about(node),
            metadata=landing_metadata(landings) if node.step == "landing" else {},
            skippable=node.step == "preload",
            automation_condition=self._files_automation(node),
            group_name=files_group(name),
            owners=list(node.domain.owners),
            kinds={"file"},
        )

    def dependencies(self, node: Table | Task) -> list[dg.AssetDep]:
        """A task depends on the tables its SQL reads, by partitions that share time; a loaded table on its domain's import."""
        if isinstance(node, Task):
            return [self._dependency(key, node) for key in node.dependencies]
        return [self._whole(TableKey(node.key.domain, "import"))] if node.landing else []

    def _dependency(self, upstream: TableKey, task: Task) -> dg.AssetDep:
        made = self.project.tables.get(upstream) or self.project.tasks.get(upstream)
        mapping = partition_mapping(made.partitions, task.partitions) if made else None
        return dg.AssetDep(self.key_of(upstream), partition_mapping=mapping) if mapping is not None else self._whole(upstream)

    def automation(self, node: Table | Task) -> dg.AutomationCondition[dg.AssetKey] | None:
        """What has no cron and has upstreams in the project runs when they refresh; what has a freshness, when it is stale."""
        return automation_condition(self.project, node, self.key_of, self._clocks)

    def _files_automation(self, node: Files) -> dg.AutomationCondition[dg.AssetKey] | None:
        """A gated load finds new files only behind its gate; any other stages its own."""
        gated = node.step != "landing" and node.domain.pre_load_strategy != "none"
        return files_condition(self.project, node.domain.name, self.key_of) if gated else None

    def metadata(self, node: Table | Task) -> dict[str, Any]:
        """Column schema and lineage, table name and links to the lines the asset was written on."""
        lineage = lineage_of(self.project, node)
        return {**table_metadata(node, self.project.settings, lineage), **lineage_metadata(node, lineage, self.key_of)}


def _kinds(task: Task) -> set[str]:
    if task.python:
        return {"python"}
    return {"sql"} if all(isinstance(step, SqlStep) for step in task.steps) else {"sql", "polars"}


def asset_key(key: TableKey) -> dg.AssetKey:
    """The asset of a table: `[domain, table]`, whoever makes it."""
    return dg.AssetKey([key.domain, key.name])


def preload_key(domain: str) -> dg.AssetKey:
    """The gate of a domain: is there anything to load?"""
    return dg.AssetKey([domain, "preload"])


def import_key(domain: str) -> dg.AssetKey:
    """The move of a domain's files from landing to stage."""
    return dg.AssetKey([domain, "import"])


def files_group(domain: str) -> str:
    """The group of a domain's file plumbing, inside the group of the domain."""
    return f"{identifier(domain)}/files"


def _about(files: Files) -> str:
    name = files.domain.name
    match files.step:
        case "landing":
            return f"Files arriving for domain {name}."
        case "preload":
            return (
                f"Is there anything to load into {name}? Strategy `{files.domain.pre_load_strategy}`. "
                "When not, the loads of this run are skipped and the run succeeds."
            )
        case "import":
            return f"Moves the files of {name} from landing to stage."


def freshness_policy(freshness: Freshness | None) -> dg.FreshnessPolicy | None:
    """Starlake's `freshness.warn` and `.error` as a time window; a warning alone never fails."""
    if freshness is None or (freshness.error is None and freshness.warn is None):
        return None
    return dg.FreshnessPolicy.time_window(fail_window=freshness.error or NEVER, warn_window=freshness.warn)
