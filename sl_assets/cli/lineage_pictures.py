"""Lineage for other programs: JSON, and Mermaid, which GitHub, GitLab and most editors draw."""

from typing import Any

from sl_assets.project.flows import ColumnFlow
from sl_assets.project.lineage_graph import Edge, LineageGraph
from sl_assets.project.records import TableKey

_SHAPES = {"load": ('[("', '")]'), "transform": ('["', '"]'), "external": ('(["', '"])')}


def as_json(graph: LineageGraph, *, columns: bool) -> dict[str, Any]:
    """Tables with what they read; with their columns and what these come from, where that is asked for."""
    reads: dict[TableKey, list[str]] = {}
    for edge in graph.edges:
        reads.setdefault(edge.target, []).append(str(edge.source))
    tables: list[dict[str, Any]] = []
    for key, kind in graph.kinds.items():
        table: dict[str, Any] = {"table": str(key), "kind": kind, "reads": reads.get(key, [])}
        lineage = graph.columns.get(key)
        if columns and lineage is not None:
            table |= {
                "complete": lineage.complete,
                "gaps": list(lineage.gaps),
                "columns": [_column(column) for column in lineage.columns],
            }
        tables.append(table)
    return {"tables": tables}


def _column(column: ColumnFlow) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "type": column.type or None,
        "from": [
            {"table": f"{each.domain}.{each.table}", "column": each.column, "path": each.path or None} for each in column.origins
        ],
    }
    return {**found, "attributes": list(column.attributes)} if column.attributes else found


def as_mermaid(graph: LineageGraph, *, columns: bool) -> str:
    """A flowchart from left to right: one box a table, or with columns one box a column within those of the tables."""
    ids = {key: f"t{number}" for number, key in enumerate(graph.kinds)}
    lines = ["flowchart LR"]
    if not columns:
        lines += [f"    {ids[key]}{_box(str(key), kind)}" for key, kind in graph.kinds.items()]
        return "\n".join([*lines, *(f"    {ids[edge.source]} --> {ids[edge.target]}" for edge in graph.edges)])
    named = _named_columns(graph)
    boxes = {(key, name): f"{ids[key]}c{number}" for key, names in named.items() for number, name in enumerate(names)}
    for key in graph.kinds:
        lines.append(f'    subgraph {ids[key]}["{_text(str(key))}"]')
        lines += [f'        {boxes[key, name]}["{_text(name)}"]' for name in named[key]]
        lines.append("    end")
    for edge in _whole(graph.column_edges):
        lines.append(f"    {boxes[edge.source, edge.source_column]} --> {boxes[edge.target, edge.target_column]}")
    told = {(edge.source, edge.target) for edge in graph.column_edges}
    lines += [f"    {ids[edge.source]} -.-> {ids[edge.target]}" for edge in graph.edges if (edge.source, edge.target) not in told]
    return "\n".join(lines)


def _named_columns(graph: LineageGraph) -> dict[TableKey, list[str]]:
    """The columns of each table that are known, or that something comes from; of a letter case that may differ, the first."""
    found: dict[TableKey, dict[str, None]] = {key: {} for key in graph.kinds}
    for key, lineage in graph.columns.items():
        found[key] |= dict.fromkeys(column.name for column in lineage.columns)
    for edge in graph.column_edges:
        found[edge.source].setdefault(edge.source_column)
    return {key: list(names) for key, names in found.items()}


def _whole(edges: tuple[Edge, ...]) -> list[Edge]:
    """Fields of one struct are one arrow."""
    return list(dict.fromkeys(Edge(each.source, each.target, each.source_column, each.target_column) for each in edges))


def _box(text: str, kind: str) -> str:
    opening, closing = _SHAPES[kind]
    return f"{opening}{_text(text)}{closing}"


def _text(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;").replace("\n", " ")
