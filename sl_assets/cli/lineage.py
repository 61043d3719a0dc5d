"""`sl-assets lineage`."""

import json
import sys

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from sl_assets.cli.lineage_pictures import as_json, as_mermaid
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.tables import find_lineage, plain
from sl_assets.project.flows import ColumnFlow
from sl_assets.project.lineage_graph import LineageGraph, lineage_graph
from sl_assets.project.records import TableKey

_COLORS = {"load": "green", "transform": "cyan", "external": "yellow"}


@click.command("lineage")
@click.argument("name", required=False)
@click.option("--columns", is_flag=True, help="Tell of each column which columns it comes from.")
@click.option("--upstream", type=click.IntRange(min=0), metavar="N", help="So many steps towards the sources; by default all.")
@click.option("--downstream", type=click.IntRange(min=0), metavar="N", help="So many steps towards what is made of it.")
@click.option("--json", "as_data", is_flag=True, help="As JSON.")
@click.option("--mermaid", is_flag=True, help="As a Mermaid flowchart, which GitHub and most editors draw.")
def command(
    name: str | None, *, columns: bool, upstream: int | None, downstream: int | None, as_data: bool, mermaid: bool
) -> None:
    """Show what NAME (domain.table) is made of and what is made of it; without NAME, of every table what it reads.

    It comes from the parsed SQL: across domains, through the tables that are loaded, to those that others make. Where SQL cannot
    be followed to the column, it says so, and what is true of the tables is still told.
    """
    if as_data and mermaid:
        raise click.UsageError("--json and --mermaid exclude each other.")
    console = make_console()
    project = project_or_exit(console)
    start = find_lineage(project, name) if name else None
    graph = lineage_graph(project, start, upstream, downstream)
    if as_data:
        sys.stdout.write(json.dumps(as_json(graph, columns=columns), ensure_ascii=False, indent=2) + "\n")
    elif mermaid:
        sys.stdout.write(as_mermaid(graph, columns=columns) + "\n")
    elif start is None:
        _list(console, graph, columns=columns)
    else:
        _around(console, graph, start, columns=columns)


def _list(console: Console, graph: LineageGraph, *, columns: bool) -> None:
    """Every table that is made here with what it reads, sources first."""
    reads = _neighbours(graph, upstream=True)
    for key, kind in graph.kinds.items():
        if kind == "external":
            continue
        told = Text.assemble(_label(graph, key), ("  reads " if reads.get(key) else "", "dim"))
        told.append(", ".join(str(each) for each in reads.get(key, [])))
        console.print(told, soft_wrap=True, highlight=False)
        if columns:
            for line in _columns(graph, key):
                console.print(Text.assemble("  ", line), soft_wrap=True, highlight=False)


def _around(console: Console, graph: LineageGraph, start: TableKey, *, columns: bool) -> None:
    """Two trees from one table: towards the sources, and towards what is made of it."""
    for title, upstream in (("is made of", True), ("is used by", False)):
        neighbours = _neighbours(graph, upstream=upstream)
        tree = Tree(Text.assemble(_label(graph, start), (f"  {title}" if neighbours.get(start) else "", "dim")))
        if columns and upstream:
            for line in _columns(graph, start):
                tree.add(line)
        _grow(tree, start, neighbours, graph, columns=columns and upstream, seen={start})
        if upstream or neighbours.get(start):
            console.print(tree, soft_wrap=True, highlight=False)


def _grow(
    tree: Tree,
    key: TableKey,
    neighbours: dict[TableKey, list[TableKey]],
    graph: LineageGraph,
    *,
    columns: bool,
    seen: set[TableKey],
) -> None:
    """Add the neighbours of a table, and theirs; what was written out before is not written out again."""
    for each in neighbours.get(key, []):
        again = each in seen
        below = bool(neighbours.get(each))
        branch = tree.add(Text.assemble(_label(graph, each), ("  (see above)" if again and below else "", "dim")))
        if again:
            continue
        seen.add(each)
        if columns:
            for line in _columns(graph, each):
                branch.add(line)
        _grow(branch, each, neighbours, graph, columns=columns, seen=seen)


def _neighbours(graph: LineageGraph, *, upstream: bool) -> dict[TableKey, list[TableKey]]:
    found: dict[TableKey, list[TableKey]] = {}
    for edge in graph.edges:
        here, there = (edge.target, edge.source) if upstream else (edge.source, edge.target)
        found.setdefault(here, []).append(there)
    return found


def _label(graph: LineageGraph, key: TableKey) -> Text:
    kind = graph.kinds[key]
    more = "  ..." if key in graph.cut else ""
    return Text.assemble((str(key), f"bold {_COLORS[kind]}"), (f"  {kind}{more}", "dim"))


def _columns(graph: LineageGraph, key: TableKey) -> list[Text]:
    lineage = graph.columns.get(key)
    if lineage is None:
        return []
    found = [_column(column) for column in lineage.columns]
    return [*found, *(Text(f"to the table only: {gap}", "yellow") for gap in lineage.gaps)]


def _column(column: ColumnFlow) -> Text:
    origins = [".".join(part for part in origin if part) for origin in column.origins]
    origins += [f"{name} of the file" for name in column.attributes]
    return Text.assemble(plain(column.name), ("  from " if origins else "", "dim"), plain(", ".join(origins)))
