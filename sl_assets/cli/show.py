"""`sl-assets show`."""

import click
import duckdb
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.tables import find_node, has_rows_aside, plain, print_rows
from sl_assets.lock import LockTimeoutError
from sl_assets.project.columns import column_type
from sl_assets.project.records import QUARANTINE_COLUMNS, Attribute, Project, Table, Task
from sl_assets.sql.text import qualified
from sl_assets.warehouse.duckdb.catalog import table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.duckdb.history import loaded_files, rejected_rows
from sl_assets.warehouse.errors import WarehouseError

MOST_FILES, MOST_ROWS = 10, 20
FILE_COLUMNS = "file, loaded_at_utc, read, accepted, rejected"
REJECT_COLUMNS = "file, line, attribute, rule, value, message"


@click.command("show")
@click.argument("name")
def command(name: str) -> None:
    """Show one table or transform, NAME as domain.table: where it is written, its columns, its files, its rejected rows."""
    console = make_console()
    project = project_or_exit(console)
    node = find_node(project, name)
    _describe(console, node)
    try:
        with Warehouse.of(project.settings).reader() as connection:
            _contents(console, project, node, connection)
    except (WarehouseError, LockTimeoutError) as error:
        console.print(f"\n{error}", style="dim", highlight=False, soft_wrap=True)


def _describe(console: Console, node: Table | Task) -> None:
    console.print(Text.assemble((str(node.key), "bold"), "  ", plain(node.comment)), soft_wrap=True)
    facts = {"written in": str(node.place)}
    if isinstance(node, Table):
        facts |= {"files": node.pattern, "format": node.format.name, "landing": str(node.landing or "")}
    else:
        facts |= {"sql": str(node.sql_place), "reads": ", ".join(str(key) for key in node.dependencies)}
    facts |= {
        "writes": " ".join([" or ".join(node.strategy.types), *node.strategy.key]),
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
        required = "required" if each.required else ""
        grid.add_row(*(plain(text) for text in (f"  {each.name}", column_type(each), required, each.comment)))
    return grid


def _contents(console: Console, project: Project, node: Table | Task, connection: duckdb.DuckDBPyConnection) -> None:
    try:
        total = connection.execute(f"SELECT count(*) FROM {qualified(node.key)}").fetchone()
    except duckdb.CatalogException:
        console.print("\nIt is not in the warehouse yet.", style="dim")
        return
    console.print(f"\n{total[0] if total else 0:,} rows in {project.settings.database}", highlight=False, soft_wrap=True)
    if isinstance(node, Table):
        audit = project.settings.audit_schema
        files = loaded_files(connection, audit, node.key, MOST_FILES)
        columns = f"{FILE_COLUMNS}, quarantined, dropped" if has_rows_aside(files) else FILE_COLUMNS
        print_rows(console, "Files, latest first", files.select(columns))
        print_rows(console, "Rejected rows", rejected_rows(connection, audit, node.key, MOST_ROWS).select(REJECT_COLUMNS))
    if node.quarantine and table_columns(connection, node.quarantine):
        rules = f"SELECT list_aggregate(sl_rules, 'string_agg', ', ') AS breaks, * EXCLUDE ({', '.join(QUARANTINE_COLUMNS)})"
        rows = connection.sql(f"{rules} FROM {qualified(node.quarantine)} ORDER BY sl_quarantined_at DESC LIMIT {MOST_ROWS}")
        print_rows(console, "Quarantined rows", rows)
