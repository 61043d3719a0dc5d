"""Rows of the warehouse on a terminal, and the table a name on the command line means."""

import difflib
import json
import sys
from collections.abc import Generator
from contextlib import contextmanager

import click
import duckdb
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from sl_assets.lock import LockTimeoutError
from sl_assets.project.records import Project, Table, TableKey, Task
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WarehouseError


def find_node(project: Project, name: str) -> Table | Task:
    """The table or transform named `domain.table`, whatever its letter case.

    Raises:
        click.BadParameter: There is none; the message has the close ones.
    """
    nodes: dict[str, Table | Task] = {str(key).lower(): node for key, node in (*project.tables.items(), *project.tasks.items())}
    node = nodes.get(name.lower())
    if node is None:
        close = difflib.get_close_matches(name.lower(), nodes, n=3)
        hint = f" Did you mean {' or '.join(close)}?" if close else f" There are: {', '.join(sorted(nodes))}."
        raise click.BadParameter(f"There is no table {name}.{hint}", param_hint="NAME")
    return node


def find_lineage(project: Project, name: str) -> TableKey:
    """The key of a table, transform or table from elsewhere named `domain.table`, whatever its letter case.

    Raises:
        click.BadParameter: There is none.
    """
    external = next((key for key in project.externals if str(key).lower() == name.lower()), None)
    return external or find_node(project, name).key


def find_loaded_table(project: Project, name: str) -> Table:
    """The loaded table named `domain.table`, whatever its letter case.

    Raises:
        click.BadParameter: There is none, or it is a transform.
    """
    node = find_node(project, name)
    if not isinstance(node, Table):
        raise click.BadParameter(f"{node.key} is a transform; records are rejected where files are loaded.", param_hint="NAME")
    return node


def plain(value: object) -> Text:
    """A value as it stands: no markup, and control characters shown instead of obeyed (a terminal acts on an ESC)."""
    text = "" if value is None else str(value)
    return Text("".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text))


@contextmanager
def reading(console: Console, project: Project) -> Generator[duckdb.DuckDBPyConnection, None, None]:
    """A read-only connection for a command; what keeps it from reading is said, and the command ends with 1."""
    try:
        with Warehouse.of(project.settings).reader() as connection:
            yield connection
    except duckdb.CatalogException:
        console.print("Nothing was loaded into this database yet.")
    except (WarehouseError, LockTimeoutError) as error:
        console.print(Text(str(error), "red"), soft_wrap=True)
        sys.exit(1)


def print_rows(console: Console, title: str, rows: duckdb.DuckDBPyRelation) -> bool:
    """Print rows under a title; False, and nothing printed, when there are none."""
    found = rows.fetchall()
    if not found:
        return False
    grid = Grid(box=None, pad_edge=False, header_style="bold", title=f"\n{title}", title_justify="left", title_style="bold")
    for name in rows.columns:
        grid.add_column(name, overflow="fold")
    for row in found:
        grid.add_row(*(plain(value) for value in row))
    console.print(grid)
    return True


def has_rows_aside(files: duckdb.DuckDBPyRelation) -> bool:
    """Whether row expectations kept rows of any of these loaded files out of their table."""
    row = files.aggregate("sum(quarantined + dropped)").fetchone()
    return bool(row and row[0])


def write_json(rows: duckdb.DuckDBPyRelation) -> None:
    """One JSON object a row, for other programs."""
    for row in rows.fetchall():
        sys.stdout.write(json.dumps(dict(zip(rows.columns, row, strict=True)), default=str, ensure_ascii=False) + "\n")
