"""`sl-assets run`."""

import sys

import click
from rich.console import Console

from sl_assets.cli.launches import FAILED, run_and_show
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.orchestration.backfill import PartitionError, read_range
from sl_assets.orchestration.launch import Launcher, Outcomes, SelectionError, launch_all, launch_partitions
from sl_assets.project.records import Project


@click.command("run")
@click.argument("selection", required=False)
@click.option("--reload", is_flag=True, help="Make the loaded tables of SELECTION anew, from all their files.")
@click.option("--partition", metavar="KEY", help="Build this partition of SELECTION, and what hangs on it.")
@click.option("--partitions", metavar="FIRST...LAST", help="Build these partitions of SELECTION, and what hangs on them.")
def command(selection: str | None, *, reload: bool, partition: str | None, partitions: str | None) -> None:
    """Load what is new and build what is due, through Dagster, in this process.

    SELECTION is Dagster's asset selection syntax: `key:"starbake/orders"`, `group:sales`, `+key:"sales/top_sellers"`.
    Without it the whole project is brought up to date; with it, exactly what it names is built.

    --reload loads every file of a table again, from the archive, under today's YAML: into a new table that takes the place of
    the old one at the end, when all went well.

    --partition and --partitions build partitions again, whether there is anything new or not. The keys are those of the
    partitioned assets that SELECTION begins with; its other assets are built for the partitions that share time with them:
    `sl-assets run 'key:"shop/orders"+' --partitions 2026-01-01...2026-01-31`.

    Exit code 0: all went well; 1: an asset failed; 2: the project has errors.
    """
    if reload and selection is None:
        raise click.UsageError("--reload needs a SELECTION, such as 'key:\"starbake/orders\"'; '*' is everything.")
    keys = _partition_keys(selection, partition, partitions, reload=reload)
    console = make_console()
    project = project_or_exit(console)
    try:
        outcomes = run_and_show(console, project, _launcher(project, selection, keys, reload=reload))
    except SelectionError as error:
        raise click.BadParameter(f"{error}", param_hint="SELECTION") from error
    except PartitionError as error:
        raise click.BadParameter(f"{error}", param_hint="--partitions" if partitions else "--partition") from error
    _conclude(console, project, outcomes)
    if outcomes.failed:
        sys.exit(FAILED)


def _partition_keys(
    selection: str | None, partition: str | None, partitions: str | None, *, reload: bool
) -> tuple[str, str] | None:
    """The first and the last key that were asked for; None for a run without partitions."""
    if partition is None and partitions is None:
        return None
    option = "--partition" if partitions is None else "--partitions"
    if partition is not None and partitions is not None:
        raise click.UsageError("--partition and --partitions exclude each other: write one key, or FIRST...LAST.")
    if reload:
        raise click.UsageError(
            f"{option} builds its partitions anew as it is; --reload makes whole tables. Leave one of them out."
        )
    if selection is None:
        raise click.UsageError(
            f"{option} needs a SELECTION, such as 'key:\"shop/orders\"+' for a table and all that hangs on it."
        )
    if partitions is None:
        return f"{partition}", f"{partition}"
    try:
        return read_range(partitions)
    except PartitionError as error:
        raise click.BadParameter(f"{error}", param_hint="--partitions") from error


def _launcher(project: Project, selection: str | None, keys: tuple[str, str] | None, *, reload: bool) -> Launcher:
    if selection is not None and keys is not None:
        return lambda defs, instance, listener: launch_partitions(project, defs, instance, selection, keys, listener)
    return lambda defs, instance, listener: launch_all(project, defs, instance, selection, listener, reload=reload)


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
    if any(check for each in outcomes.all for check in each.broken if not check.kept_out):
        tell(f"           {'sl-assets expect --rows':<{len(show)}}  the rows that expectations found")
