"""Lineage around a table: what it is made of, and what is made of it, so many steps far, by table or by column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sl_assets.project.column_lineage import table_columns
from sl_assets.project.flows import ColumnLineage
from sl_assets.project.records import Project, TableKey


@dataclass(frozen=True, order=True)
class Edge:
    """`source` is read to make `target`. With columns, it is one column of each; a field of a struct is in `path`."""

    source: TableKey
    target: TableKey
    source_column: str = ""
    target_column: str = ""
    path: str = ""


@dataclass(frozen=True)
class LineageGraph:
    """A part of the lineage of a project.

    `kinds` says of each table whether it is a `load`, a `transform` or `external`, in the order of the flow. `columns` is the
    column lineage of each that has one. `cut`: tables at which the lineage goes on, beyond the steps asked for.
    """

    kinds: Mapping[TableKey, str]
    edges: tuple[Edge, ...]
    column_edges: tuple[Edge, ...]
    columns: Mapping[TableKey, ColumnLineage]
    cut: frozenset[TableKey] = frozenset()


def lineage_graph(
    project: Project, start: TableKey | None = None, upstream: int | None = None, downstream: int | None = None
) -> LineageGraph:
    """The lineage of a project, or around one table.

    Args:
        project: The project.
        start: The table; None: all of them.
        upstream: How many steps towards the sources; None: all the way.
        downstream: How many steps towards what is made of it; None: all the way.
    """
    reads = {key: task.dependencies for key, task in project.tasks.items()}
    feeds: dict[TableKey, list[TableKey]] = {}
    for key, above in reads.items():
        for each in above:
            feeds.setdefault(each, []).append(key)
    if start is None:
        above = below = set(project.tables) | set(project.tasks) | {key for each in reads.values() for key in each}
    else:
        above, below = {start} | _reached(start, reads, upstream), {start} | _reached(start, feeds, downstream)
    kept = above | below
    order = _in_order(kept, reads)
    edges = [Edge(source, target) for target in order for source in reads.get(target, ()) if source in kept]
    cut = {key for key in above if {*reads.get(key, ())} - kept} | {key for key in below if {*feeds.get(key, ())} - kept}
    columns = {key: found for key in order if (found := _columns(project, key)) is not None}
    column_edges = [
        Edge(TableKey(origin.domain, origin.table), key, origin.column, column.name, origin.path)
        for key, lineage in columns.items()
        for column in lineage.columns
        for origin in column.origins
        if (origin.domain, origin.table) in kept
    ]
    kinds = {key: _kind(project, key) for key in order}
    return LineageGraph(kinds, tuple(edges), tuple(column_edges), columns, frozenset(cut))


def _columns(project: Project, key: TableKey) -> ColumnLineage | None:
    table = project.tables.get(key)
    return table_columns(table) if table else project.columns.get(key)


def _kind(project: Project, key: TableKey) -> str:
    return "load" if key in project.tables else "transform" if key in project.tasks else "external"


def _reached(start: TableKey, next_to: Mapping[TableKey, Iterable[TableKey]], steps: int | None) -> set[TableKey]:
    found: set[TableKey] = set()
    edge = {start}
    while edge and (steps is None or steps > 0):
        edge = {each for key in edge for each in next_to.get(key, ())} - found
        found |= edge
        steps = None if steps is None else steps - 1
    return found


def _in_order(keys: Iterable[TableKey], reads: Mapping[TableKey, Iterable[TableKey]]) -> list[TableKey]:
    """Sources first; what is equally far from them by name."""
    depth: dict[TableKey, int] = {}
    waiting = sorted(keys)
    kept = set(waiting)
    while waiting:
        later: list[TableKey] = []
        for key in waiting:
            above = [each for each in reads.get(key, ()) if each in kept and each != key]
            if all(each in depth for each in above):
                depth[key] = max((depth[each] + 1 for each in above), default=0)
            else:
                later.append(key)
        if len(later) == len(waiting):  # a circle, which is told elsewhere
            depth |= dict.fromkeys(later, len(depth))
            break
        waiting = later
    return sorted(depth, key=lambda key: (depth[key], key))
