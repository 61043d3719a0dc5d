"""`sl-assets expect`."""

import sys

import click
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from sl_assets.cli.launches import FAILED
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.tables import plain
from sl_assets.orchestration.backfill import PartitionError
from sl_assets.orchestration.check_outcomes import CheckOutcome
from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.instance import open_instance
from sl_assets.orchestration.launch import SelectionError
from sl_assets.orchestration.recheck import launch_checks


@click.command("expect")
@click.argument("selection", required=False)
@click.option("--partition", metavar="KEY", help="Ask row expectations of this partition of SELECTION only.")
@click.option("--rows", is_flag=True, help="Show some of the rows that are meant.")
def command(selection: str | None, *, partition: str | None, rows: bool) -> None:
    """Ask the expectations of SELECTION (Dagster's asset selection syntax; by default all) of the tables as they are.

    Nothing is loaded or built. The results are the checks of a Dagster run, and rows of `audit.expectations`.

    Exit code 0: what did not hold is a warning at most; 1: an expectation that stops what is below it did not hold; 2: the
    project has errors.
    """
    console = make_console()
    project = project_or_exit(console)
    try:
        outcomes = launch_checks(project, build_definitions(project), open_instance(project.root), selection, partition)
    except SelectionError as error:
        raise click.BadParameter(f"{error}", param_hint="SELECTION") from error
    except PartitionError as error:
        raise click.BadParameter(f"{error}", param_hint="--partition") from error
    if not outcomes:
        console.print("There is no expectation to ask.")
        return
    console.print(_grid(outcomes))
    if rows:
        for each in outcomes:
            _print_rows(console, each)
    failed = [each for each in outcomes if each.blocking and not each.passed]
    warned = [each for each in outcomes if not each.blocking and not each.passed]
    style = "bold red" if failed else "yellow" if warned else "bold green"
    told = (
        f"{len(outcomes)} expectations: {len(outcomes) - len(failed) - len(warned)} hold, {len(warned)} warn, {len(failed)} fail."
    )
    console.print(f"\n{told}", style=style, highlight=False)
    if failed:
        sys.exit(FAILED)


def _grid(outcomes: tuple[CheckOutcome, ...]) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("")
    for name in ("table", "expectation"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("count", justify="right")
    grid.add_column("found", overflow="fold")
    for each in sorted(outcomes, key=lambda each: (each.asset, each.name)):
        mark, style = ("✓", "green") if each.passed else ("✗", "bold red") if each.blocking else ("!", "yellow")
        count = "" if each.count is None else f"{each.count:,}"
        grid.add_row(Text(mark, style), each.asset, each.name, count, plain(each.message))
    return grid


def _print_rows(console: Console, outcome: CheckOutcome) -> None:
    if outcome.passed or not outcome.sample:
        return
    console.print(Text(f"\n{outcome.asset} {outcome.name}", "bold"), soft_wrap=True)
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in outcome.sample[0]:
        grid.add_column(name, overflow="fold")
    for row in outcome.sample:
        grid.add_row(*(plain(value) for value in row.values()))
    console.print(grid)
