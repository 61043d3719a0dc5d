"""What the definition of an asset shows: its columns, where its data is, and links to the lines it was written on."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import dagster as dg

from sl_assets.orchestration.column_metadata import inferred, type_of
from sl_assets.orchestration.names import tag_key
from sl_assets.project.columns import column_type
from sl_assets.project.flows import ColumnFlow, ColumnLineage
from sl_assets.project.reads import is_query
from sl_assets.project.recipe import SqlStep
from sl_assets.project.records import Attribute, Settings, Table, TableKey, Task, WriteStrategy
from sl_assets.project.strategies import history_columns
from sl_assets.spec.place import Place

_MOST_COLUMNS = 10_000
KEEPS_ONE_ROW_A_KEY = frozenset({"UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP"})


def table_metadata(node: Table | Task, settings: Settings, lineage: ColumnLineage) -> dict[str, Any]:
    """Column schema, name and address of the table, and links to its YAML and SQL; of a task, the columns that its SQL gives."""
    columns = node.columns if isinstance(node, Table) else inferred(node, lineage)
    metadata = address_metadata(node.key, settings)
    if isinstance(node, Task):
        metadata |= _made_of(node)
    if columns:
        unique = unique_column(node.primary_key, node.strategy)
        metadata["dagster/column_schema"] = column_schema(_with_history(columns, node.strategy), node.primary_key, unique)
    metadata["dagster/code_references"] = code_references(places_of(node))
    return metadata


def address_metadata(key: TableKey, settings: Settings) -> dict[str, Any]:
    """Under Dagster's own keys: `domain.table`, the kind of the database, and its address as SQLAlchemy writes it."""
    return {
        "dagster/table_name": str(key),
        "dagster/storage_kind": "duckdb",
        "dagster/uri": f"duckdb:///{settings.database}",
    }


def landing_metadata(landings: Sequence[Path]) -> dict[str, Any]:
    """The folders in which files arrive; the address of the first one."""
    paths = ", ".join(str(landing) for landing in landings)
    return {"path": dg.MetadataValue.path(paths), "dagster/uri": landings[0].absolute().as_uri()} if landings else {}


def places_of(node: Table | Task) -> dict[str, Place]:
    """Where a node is written: its YAML, and the SQL of a task that has a file of its own."""
    places = {"YAML": node.place}
    if isinstance(node, Task) and node.sql_place.file != node.place.file:
        places["Python" if node.python else "SQL"] = node.sql_place
    return places


def _made_of(task: Task) -> dict[str, Any]:
    """The SQL of a task, or its steps; what is not one SELECT says that its lineage ends at the tables it reads."""
    steps = (f"-- {step}\n{step.sql if isinstance(step, SqlStep) else ''}".strip() for step in task.steps)
    text = task.sql or "\n\n".join(steps)
    made: dict[str, Any] = {"sql": dg.MetadataValue.md(f"```sql\n{text.strip()}\n```")} if text else {}
    return made if is_query(task) else {**made, "lineage": "by table: what is not one SELECT has no lineage of columns"}


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


def unique_column(primary_key: Sequence[str], strategy: WriteStrategy) -> str | None:
    """The one column whose values do not repeat: what the project calls the primary key, or what rows are upserted by.

    None when it takes several columns together, and in a history (SCD2), where each version of a row has the key.
    """
    if "SCD2" in strategy.types:
        return None
    upserted = strategy.template is None and KEEPS_ONE_ROW_A_KEY.issuperset(strategy.types)
    alone = [key[0] for key in (primary_key, strategy.key if upserted else ()) if len(key) == 1]
    return alone[0] if alone else None


def _with_history(columns: Iterable[Attribute | ColumnFlow], strategy: WriteStrategy) -> list[Attribute | ColumnFlow]:
    added = history_columns(strategy)
    names = {each.name.casefold() for each in added}
    return [*(each for each in columns if each.name.casefold() not in names), *added]


def column_schema(
    columns: Iterable[Attribute | ColumnFlow], primary_key: Sequence[str], unique: str | None = None
) -> dg.TableSchema:
    """The columns with their types, comments and constraints."""
    return dg.TableSchema(columns=[_column(each, primary_key, unique=each.name == unique) for each in columns])


def _column(attribute: Attribute | ColumnFlow, primary_key: Sequence[str], *, unique: bool) -> dg.TableColumn:
    name = attribute.name
    other = ("primary key",) if name in primary_key else ()
    if isinstance(attribute, ColumnFlow):
        return _shared_column(name, type_of(attribute), None, True, unique, other, ())
    if attribute.foreign_key:
        other = (*other, f"references {attribute.foreign_key}")
    if attribute.privacy:
        other = (*other, f"private ({attribute.privacy.function or attribute.privacy.method})")
    comment = attribute.comment or None
    return _shared_column(name, column_type(attribute), comment, not attribute.required, unique, other, attribute.tags)


@lru_cache(_MOST_COLUMNS)
def _shared_column(
    name: str, kind: str, comment: str | None, nullable: bool, unique: bool, other: tuple[str, ...], tags: tuple[str, ...]
) -> dg.TableColumn:
    """Many tables have the same column: a key, a date, a customer."""
    constraints = dg.TableColumnConstraints(nullable=nullable, unique=unique, other=list(other))
    return dg.TableColumn(name, kind, comment, constraints, {tag_key(tag): "" for tag in tags})
