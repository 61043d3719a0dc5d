"""The only place that names things in Dagster. Override `get_asset_spec` to name them otherwise."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from sl_assets.orchestration.automation import automation_condition
from sl_assets.orchestration.names import identifier, tag_key
from sl_assets.orchestration.partitions import partitions_definition
from sl_assets.project.columns import column_type
from sl_assets.project.digest import code_version
from sl_assets.project.records import Attribute, Domain, Freshness, Project, Table, TableKey, Task
from sl_assets.project.strategies import history_columns
from sl_assets.spec.place import Place

NEVER = timedelta(days=3650)  # a policy needs a failing window even when the project only wants a warning


class Translator:
    """Tables and tasks as asset specs.

    Examples:
        ```python
        class Ours(Translator):
            def get_asset_spec(self, node: Table | Task) -> dg.AssetSpec:
                return super().get_asset_spec(node).merge_attributes(tags={"team": "data"})

        defs = build_definitions("path/to/project", translator=Ours)
        ```
    """

    def __init__(self, project: Project) -> None:
        self.project = project

    def get_asset_spec(self, node: Table | Task) -> dg.AssetSpec:
        """The spec of a loaded table or a transform: everything the YAML says about it, at definition time."""
        kinds = {"duckdb", "table", node.format.name.lower()} if isinstance(node, Table) else {"duckdb", "sql"}
        return dg.AssetSpec(
            asset_key(node.key),
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

    def dependencies(self, node: Table | Task) -> list[dg.AssetKey]:
        """A task depends on the tables its SQL reads; a loaded table on its domain's import."""
        if isinstance(node, Task):
            return [asset_key(key) for key in node.dependencies]
        return [import_key(node.key.domain)] if node.landing else []

    def automation(self, node: Table | Task) -> dg.AutomationCondition[dg.AssetKey] | None:
        """What has no cron of its own and has upstreams in the project runs when they refresh."""
        if isinstance(node, Table) or node.schedule:
            return None
        made = [key for key in node.dependencies if key in self.project.tables or key in self.project.tasks]
        return automation_condition([asset_key(key) for key in made], node.orchestration.triggering)

    def metadata(self, node: Table | Task) -> dict[str, Any]:
        """Column schema, table name and links to the lines the asset was written on."""
        columns = node.columns if isinstance(node, Table) else node.attributes
        places = {"YAML": node.place}
        metadata: dict[str, Any] = {"dagster/table_name": str(node.key)}
        if isinstance(node, Task):
            if node.sql_place.file != node.place.file:
                places["SQL"] = node.sql_place
            metadata["sql"] = dg.MetadataValue.md(f"```sql\n{node.sql.strip()}\n```")
        if columns:
            metadata["dagster/column_schema"] = column_schema((*columns, *history_columns(node.strategy)), node.primary_key)
        metadata["dagster/code_references"] = code_references(places)
        return metadata


def asset_key(key: TableKey) -> dg.AssetKey:
    """The asset of a table: `[domain, table]`, whoever makes it."""
    return dg.AssetKey([key.domain, key.name])


def landing_key(domain: str) -> dg.AssetKey:
    """The external asset that stands for a domain's landing folder."""
    return dg.AssetKey([domain, "landing"])


def preload_key(domain: str) -> dg.AssetKey:
    """The gate of a domain: is there anything to load?"""
    return dg.AssetKey([domain, "preload"])


def import_key(domain: str) -> dg.AssetKey:
    """The move of a domain's files from landing to stage."""
    return dg.AssetKey([domain, "import"])


def files_group(domain: str) -> str:
    """The group of a domain's file plumbing, inside the group of the domain."""
    return f"{identifier(domain)}/files"


def landing_spec(domain: Domain, landings: Sequence[Path]) -> dg.AssetSpec:
    """The landing folder: nobody in the project makes its files."""
    return dg.AssetSpec(
        landing_key(domain.name),
        description=f"Files arriving for domain {domain.name}.",
        metadata={"path": dg.MetadataValue.path(", ".join(str(landing) for landing in landings))},
        group_name=files_group(domain.name),
        owners=list(domain.owners),
        kinds={"file"},
    )


def code_references(places: Mapping[str, Place]) -> dg.CodeReferencesMetadataValue:
    """Links to the lines something was written on, by label."""
    with warnings.catch_warnings():
        # Dagster calls code references "beta" at every use; nobody who starts a project can do anything about that.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.CodeReferencesMetadataValue(
            code_references=[
                dg.LocalFileCodeReference(file_path=str(place.file), line_number=place.line or 1, label=label)
                for label, place in places.items()
            ]
        )


def column_schema(attributes: Iterable[Attribute], primary_key: tuple[str, ...]) -> dg.TableSchema:
    """The columns with their types, comments and constraints."""
    return dg.TableSchema(columns=[_column(attribute, primary_key) for attribute in attributes])


def _column(attribute: Attribute, primary_key: tuple[str, ...]) -> dg.TableColumn:
    other = ["primary key"] if attribute.name in primary_key else []
    if attribute.foreign_key:
        other.append(f"references {attribute.foreign_key}")
    return dg.TableColumn(
        attribute.name,
        column_type(attribute),
        description=attribute.comment or None,
        constraints=dg.TableColumnConstraints(nullable=not attribute.required, other=other),
        tags={tag_key(tag): "" for tag in attribute.tags},
    )


def freshness_policy(freshness: Freshness | None) -> dg.FreshnessPolicy | None:
    """Starlake's `freshness.warn` and `.error` as a time window; a warning alone never fails."""
    if freshness is None or (freshness.error is None and freshness.warn is None):
        return None
    return dg.FreshnessPolicy.time_window(fail_window=freshness.error or NEVER, warn_window=freshness.warn)
