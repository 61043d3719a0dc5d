"""`sl-assets run`."""

import sys

import click
from rich.console import Console

from sl_assets.cli.progress import Progress, summary
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.lock import LockTimeoutError
from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.instance import open_instance
from sl_assets.orchestration.launch import Outcomes, SelectionError, launch_all
from sl_assets.project.records import Project
from sl_assets.warehouse.errors import WarehouseError

FAILED = 1


@click.command("run")
@click.argument("selection", required=False)
def command(selection: str | None) -> None:
    """Load what is new and build what is due, through Dagster, in this process.

    SELECTION is Dagster's asset selection syntax: `key:"starbake/orders"`, `group:sales`, `+key:"sales/top_sellers"`.
    Without it the whole project is brought up to date; with it, exactly what it names is built.

    Exit code 0: all went well; 1: an asset failed; 2: the project has errors.
    """
    console = make_console()
    project = project_or_exit(console)
    defs = build_definitions(project)
    instance = open_instance(project.root)
    try:
        with Progress(console) as progress:
            outcomes = launch_all(project, defs, instance, selection, progress)
    except (WarehouseError, LockTimeoutError) as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        sys.exit(FAILED)
    except SelectionError as error:
        raise click.BadParameter(f"{error}", param_hint="SELECTION") from error
    _conclude(console, project, outcomes)
    if outcomes.failed:
        sys.exit(FAILED)


def _conclude(console: Console, project: Project, outcomes: Outcomes) -> None:
    def tell(text: str, style: str = "") -> None:
        console.print(text, style=style, highlight=False, soft_wrap=True, markup=False)

    if outcomes.all:
        console.print()
        console.print(summary(outcomes))
        console.print()
    for each in outcomes.failed:
        tell(f"{each.name} failed: {each.message.splitlines()[0]}", "red")
    for each in outcomes.all:
        if each.state == "not run" and each.message:
            tell(f"{each.name} was not run: it {each.message}", "yellow")
    if not any(each.state in ("done", "failed") or each.message for each in outcomes.all):
        tell("Nothing new: everything is up to date.", "green")
    example = next((str(key) for key in project.tables), "domain.table")
    show = f"sl-assets show {example}"
    tell(f"Warehouse: {project.settings.database}")
    tell(f"Next:      {'sl-assets dev':<{len(show)}}  lineage, schedules and backfills in the Dagster UI (here: make dev)")
    tell(f"           {show}  a table's columns, files and rejected rows")
