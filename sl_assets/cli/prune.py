"""`sl-assets prune`."""

import sys
import uuid
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.table import Table as Grid

from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.tables import plain
from sl_assets.lock import LockTimeoutError
from sl_assets.project.records import Project
from sl_assets.project.retention import has_retention
from sl_assets.spec.findings import suggest
from sl_assets.steps.retention import PruneReport, prune
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WarehouseError

FAILED = 1
UNITS = ("B", "KB", "MB", "GB", "TB")
THOUSAND = 1000


@click.command("prune")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--dry-run", is_flag=True, help="Remove nothing, only tell what would be.")
def command(names: Sequence[str], *, dry_run: bool) -> None:
    """Remove what was kept for longer than `retention` in the YAML says; without it, everything is kept.

    NAME is a domain or a table as domain.table; without it, the whole project. Archived files go by the time they were loaded;
    they are still known as loaded afterwards, and do not load twice when they come again.

    Exit code 0: done; 1: something could not be removed; 2: the project has errors.
    """
    console = make_console()
    project = project_or_exit(console)
    chosen = [_known(project, name) for name in names]
    run = Run(f"prune-{uuid.uuid4()}", warn=lambda line: console.print(plain(line), style="yellow", soft_wrap=True))
    try:
        report = prune(project, Warehouse.of(project.settings), run, chosen, dry_run=dry_run)
    except (WarehouseError, LockTimeoutError) as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        sys.exit(FAILED)
    _tell(console, project, report, dry_run=dry_run)
    if report.failures:
        sys.exit(FAILED)


def _known(project: Project, name: str) -> str:
    """The name of a domain or table as the project writes it."""
    names = {str(each).lower(): str(each) for each in (*project.domains, *project.tables, *project.tasks)}
    if name.lower() not in names:
        hint = suggest(name, names.values()) or f"There are: {', '.join(sorted(names.values()))}."
        raise click.BadParameter(f"There is no domain or table {name}. {hint}", param_hint="NAME")
    return names[name.lower()]


def _tell(console: Console, project: Project, report: PruneReport, *, dry_run: bool) -> None:
    if report.is_empty:
        settled = (
            "Nothing is older than retention allows." if has_retention(project) else "No retention is set: everything is kept."
        )
        console.print(settled)
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("what", "of", "removed" if not dry_run else "would be removed"):
        grid.add_column(name)
    for row in _rows(report):
        grid.add_row(*(plain(text) for text in row))
    console.print(grid)
    for failure in report.failures:
        console.print(f"Not removed: {failure}", style="red", highlight=False, soft_wrap=True, markup=False)
    if dry_run:
        console.print("Nothing was removed.")


def _rows(report: PruneReport) -> Iterator[tuple[str, str, str]]:
    for key, rows in report.archived.items():
        yield "archive", str(key), f"{_count(len(rows), 'file')}, {_size(sum(row.size for row in rows))}"
    if report.repeated:
        yield "archive", "files that came again", _count(len(report.repeated), "file")
    for (name, key), number in report.rows.items():
        yield name, str(key), _count(number, "row")
    if report.unresolved:
        yield "unresolved", "", _count(len(report.unresolved), "file")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _size(size: float) -> str:
    unit = 0
    while size >= THOUSAND and unit + 1 < len(UNITS):
        size, unit = size / THOUSAND, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 else f"{size:.1f} {UNITS[unit]}"
