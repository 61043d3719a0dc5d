"""`sl-assets show`."""

import difflib

import click
import duckdb
from rich.console import Console
from rich.table import Table as Grid

from sl_assets.cli.project import project_or_exit
from sl_assets.project.columns import column_type
from sl_assets.project.records import Attribute, Project, Table, TableKey, Task
from sl_assets.sql.text import qualified, quote_name
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WarehouseError


@click.command("show")
@click.argument("name")
def command(name: str) -> None:
    """Show one table or transform, NAME as domain.table: where it is written, its columns, its files, its rejected rows."""
    console = Console()
    project = project_or_exit(console)
    node = _find(project, name)
    _describe(console, node)
    try:
        with Warehouse.of(project.settings).reader() as connection:
            _contents(console, project, node, connection)
    except WarehouseError as error:
        console.print(f"\n{error}", style="dim", highlight=False, soft_wrap=True)


def _find(project: Project, name: str) -> Table | Task:
    nodes: dict[str, Table | Task] = {str(key).lower(): node for key, node in (*project.tables.items(), *project.tasks.items())}
    node = nodes.get(name.lower())
    if node is None:
        close = difflib.get_close_matches(name.lower(), nodes, n=3)
        hint = f" Did you mean {' or '.join(close)}?" if close else f" There are: {', '.join(sorted(nodes))}."
        raise click.BadParameter(f"There is no table {name}.{hint}", param_hint="NAME")
    return node


def _describe(console: Console, node: Table | Task) -> None:
    console.print(f"[bold]{node.key}[/]  {node.comment}", highlight=False)
    facts = {"written in": str(node.place)}
    if isinstance(node, Table):
        facts |= {"files": node.pattern, "format": node.format.name, "landing": str(node.landing or "")}
    else:
        facts |= {"sql": str(node.sql_place), "reads": ", ".join(str(key) for key in node.dependencies)}
    facts |= {
        "writes": " ".join([node.strategy.type, *node.strategy.key]),
        "schedule": node.schedule or "",
        "partitions": f"{node.partitions.grain} by {node.partitions.column}" if node.partitions else "",
        "owners": ", ".join(node.owners),
    }
    for key, value in facts.items():
        if value:
            console.print(f"  {key:<11} {value}", highlight=False, soft_wrap=True, markup=False)
    columns = node.columns if isinstance(node, Table) else node.attributes
    if columns:
        console.print(_columns(columns))


def _columns(columns: tuple[Attribute, ...]) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("  column", "type", "", "comment"):
        grid.add_column(name)
    for each in columns:
        grid.add_row(f"  {each.name}", column_type(each), "required" if each.required else "", each.comment)
    return grid


def _contents(console: Console, project: Project, node: Table | Task, connection: duckdb.DuckDBPyConnection) -> None:
    audit = quote_name(project.settings.audit_schema)
    try:
        total = connection.execute(f"SELECT count(*) FROM {qualified(node.key)}").fetchone()
    except duckdb.CatalogException:
        console.print("\nIt is not in the warehouse yet.", style="dim")
        return
    console.print(f"\n{total[0] if total else 0:,} rows in {project.settings.database}", highlight=False, soft_wrap=True)
    if isinstance(node, Table):
        _print_rows(console, "Files, latest first", _files(connection, audit, node.key))
        _print_rows(console, "Rejected rows, latest first", _rejected(connection, audit, node.key))


def _files(connection: duckdb.DuckDBPyConnection, audit: str, key: TableKey) -> duckdb.DuckDBPyRelation:
    return connection.sql(
        "SELECT NAME AS file, strftime(LOADED_AT, '%Y-%m-%d %H:%M:%S') AS loaded_at_utc, COUNT AS read, "
        f"COUNTACCEPTED AS accepted, COUNTREJECTED AS rejected FROM {audit}.files WHERE DOMAIN = $1 AND SCHEMA = $2 "
        "ORDER BY LOADED_AT DESC, NAME DESC LIMIT 10",
        params=[key.domain, key.name],
    )


def _rejected(connection: duckdb.DuckDBPyConnection, audit: str, key: TableKey) -> duckdb.DuckDBPyRelation:
    return connection.sql(
        "SELECT FILE AS file, LINE AS line, ATTRIBUTE AS attribute, RULE AS rule, VALUE AS value, "
        "list_aggregate([each.message FOR each IN FINDINGS], 'string_agg', '; ') AS message "
        f"FROM {audit}.rejected WHERE DOMAIN = $1 AND SCHEMA = $2 ORDER BY TIMESTAMP DESC, FILE, LINE LIMIT 20",
        params=[key.domain, key.name],
    )


def _print_rows(console: Console, title: str, rows: duckdb.DuckDBPyRelation) -> None:
    found = rows.fetchall()
    if not found:
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold", title=f"\n{title}", title_justify="left", title_style="bold")
    for name in rows.columns:
        grid.add_column(name)
    for row in found:
        grid.add_row(*("" if value is None else str(value) for value in row))
    console.print(grid, highlight=False)
