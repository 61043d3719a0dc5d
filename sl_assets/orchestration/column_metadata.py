"""Column lineage and the columns of transforms, as Dagster knows them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import dagster as dg

from sl_assets.project.column_lineage import table_columns
from sl_assets.project.columns import column_type
from sl_assets.project.flows import ColumnFlow, ColumnLineage
from sl_assets.project.records import Attribute, Project, Table, TableKey, Task

LINEAGE, SCHEMA = "dagster/column_lineage", "dagster/column_schema"
KeyOf = Callable[[TableKey], dg.AssetKey]
_Source = tuple[dg.AssetKey, str, str]
_MOST_LINKS = 1000
_MOST_CELLS = 10_000
_ESCAPED = str.maketrans({"\n": " ", **{each: f"\\{each}" for each in "\\|[]<>`*_"}})


def lineage_of(project: Project, node: Table | Task) -> ColumnLineage:
    """The column lineage of a table or task; empty where there is none."""
    return table_columns(node) if isinstance(node, Table) else project.columns.get(node.key, ColumnLineage())


def lineage_metadata(node: Table | Task, lineage: ColumnLineage, key_of: KeyOf) -> dict[str, Any]:
    """`dagster/column_lineage`, and the same as a table for people: the UI that comes with Dagster shows no other.

    The columns of a file are those of the asset `import` of its domain, each as `table.attribute`.
    """
    found = {column.name: _sources(node, column, key_of) for column in lineage.columns}
    if not any(found.values()):
        return {}
    deps = {name: [dg.TableColumnDep(key, column) for key, column in _whole(sources)] for name, sources in found.items()}
    return {
        LINEAGE: dg.TableColumnLineage(deps_by_column=deps),
        "column_lineage": dg.MetadataValue.md(_table(lineage, found)),
    }


def run_metadata(spec: dg.AssetSpec, columns: Iterable[tuple[str, str]] = ()) -> Mapping[str, Any]:
    """What an event repeats of a definition, so that it is the lineage of that very data; the schema with its real types.

    Args:
        spec: The definition.
        columns: Name and type of each column as it is in the warehouse; none where nobody looked.
    """
    found = {LINEAGE: spec.metadata[LINEAGE]} if LINEAGE in spec.metadata else dict[str, Any]()
    columns = list(columns)
    if columns:
        schema = spec.metadata.get(SCHEMA)
        described = {column.name.casefold(): column for column in schema.columns} if isinstance(schema, dg.TableSchema) else {}
        found[SCHEMA] = dg.TableSchema(columns=[_typed(name, kind, described.get(name.casefold())) for name, kind in columns])
    return found


def _typed(name: str, kind: str, described: dg.TableColumn | None) -> dg.TableColumn:
    if described is None:
        return dg.TableColumn(name, kind)
    return dg.TableColumn(name, kind, described.description, described.constraints, described.tags)


def inferred(task: Task, lineage: ColumnLineage) -> tuple[Attribute | ColumnFlow, ...]:
    """The columns of a task: those of its SQL in their order, each with what its attribute says; then its other attributes.

    Where the SQL did not tell all of its columns, its attributes alone.
    """
    if not lineage.complete:
        return task.attributes
    declared = {attribute.name.casefold(): attribute for attribute in task.attributes}
    columns = [declared.pop(column.name.casefold(), column) for column in lineage.columns]
    return (*columns, *declared.values())


def type_of(column: Attribute | ColumnFlow) -> str:
    """The type of a column; `unknown` where only a run can tell."""
    return column_type(column) if isinstance(column, Attribute) else column.type or "unknown"


def _sources(node: Table | Task, column: ColumnFlow, key_of: KeyOf) -> list[_Source]:
    """The columns that a column comes from, a field of a struct apart: `(key, "lines", ".price")`."""
    found = [
        (key_of(TableKey(each.domain, each.table)), each.column, f".{each.path}" if each.path else "") for each in column.origins
    ]
    if column.attributes and isinstance(node, Table) and node.landing:
        files = key_of(TableKey(node.key.domain, "import"))
        found += [(files, f"{node.source}.{name}", "") for name in column.attributes]
    return found


def _whole(sources: Sequence[_Source]) -> Iterable[tuple[dg.AssetKey, str]]:
    """A field of a struct counts for the struct: that is what is a column."""
    if len(sources) == 1:
        return ((sources[0][0], sources[0][1]),)
    return dict.fromkeys((key, column) for key, column, _ in sources)


def _table(lineage: ColumnLineage, found: Mapping[str, list[_Source]]) -> str:
    rows = [f"| {_cell(column.name)} | {', '.join(_link(*each) for each in found[column.name])} |" for column in lineage.columns]
    gaps = [f"Not complete: {_cell(gap)}." for gap in lineage.gaps]
    return "\n".join([*(f"{gap}\n" for gap in gaps), "| column | comes from |", "|---|---|", *rows])


def _link(key: dg.AssetKey, column: str, path: str) -> str:
    return f"{_asset_link(key)}.{_cell(column + path)}"


@lru_cache(_MOST_LINKS)
def _asset_link(key: dg.AssetKey) -> str:
    return f"[{_cell('.'.join(key.path))}](/assets/{'/'.join(key.path)})"


@lru_cache(_MOST_CELLS)
def _cell(text: str) -> str:
    return text.translate(_ESCAPED)
