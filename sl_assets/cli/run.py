"""`sl-assets run`."""

import sys

import click
from rich.console import Console

from sl_assets.cli.launches import FAILED, run_and_show
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.orchestration.launch import Outcomes, SelectionError, launch_all
from sl_assets.project.records import Project


@click.command("run")
@click.argument("selection", required=False)
@click.option("--reload", is_flag=True, help="Make the loaded tables of SELECTION anew, from all their files.")
def command(selection: str | None, *, reload: bool) -> None:
    """Load what is new and build what is due, through Dagster, in this process.

    SELECTION is Dagster's asset selection syntax: `key:"starbake/orders"`, `group:sales`, `+key:"sales/top_sellers"`.
    Without it the whole project is brought up to date; with it, exactly what it names is built.

    --reload loads every file of a table again, from the archive, under today's YAML: into a new table that takes the place of
    the old one at the end, when all went well.

    Exit code 0: all went well; 1: an asset failed; 2: the project has errors.
    """
    if reload and selection is None:
        raise click.UsageError("--reload needs a SELECTION, such as 'key:\"starbake/orders\"'; '*' is everything.")
    console = make_console()
    project = project_or_exit(console)
    try:
        outcomes = run_and_show(
            console,
            project,
            lambda defs, instance, listener: launch_all(project, defs, instance, selection, listener, reload=reload),
        )
    except SelectionError as error:
        raise click.BadParameter(f"{error}", param_hint="SELECTION") from error
    _conclude(console, project, outcomes)
    if outcomes.failed:
        sys.exit(FAILED)


def _conclude(console: Console, project: Project, outcomes: Outcomes) -> None:
    def tell(text: str, style: str = "") -> None:
        console.print(text, style=style, highlight=False, soft_wrap=True, markup=False)

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
