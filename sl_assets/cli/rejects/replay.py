"""`sl-assets rejects replay`."""

import sys
from pathlib import Path

import click
from rich.console import Console

from sl_assets.cli.launches import FAILED, run_and_show
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.rejects import NOTHING_OPEN
from sl_assets.cli.tables import find_loaded_table, print_rows, reading
from sl_assets.orchestration.launch import launch_each
from sl_assets.orchestration.plan import plan_correction, plan_replays
from sl_assets.project.records import Project, TableKey
from sl_assets.warehouse.duckdb.history import rejected_rules


@click.command("replay")
@click.argument("name", required=False)
@click.option("--file", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A corrected replay file.")
def command(name: str | None, path: Path | None) -> None:
    """Load the rejected records that are valid by now, each once, and say what is still wrong.

    NAME is a table as domain.table; without it, all tables. After the YAML was mended, the records are read again from the
    archive. After the data was mended, --file names the corrected file that `sl-assets rejects export` wrote. Tables in which
    a late record would replace others (OVERWRITE, DELETE_THEN_INSERT, partitions) are loaded afresh instead.

    Exit code 0: done, whatever is still rejected; 1: something failed; 2: the project has errors.
    """
    console = make_console()
    project = project_or_exit(console)
    if path and name is None:
        raise click.UsageError("--file needs NAME, the table whose records it corrects.")
    keys = [find_loaded_table(project, name).key] if name else list(project.tables)
    launches = (plan_correction(keys[0], path.resolve()),) if path else ()
    if not path:
        with reading(console, project) as connection:
            launches = plan_replays(project, connection, keys)
    if not launches:
        console.print(NOTHING_OPEN)
        return
    outcomes = run_and_show(console, project, lambda defs, instance, listener: launch_each(defs, instance, launches, listener))
    _say_what_is_wrong(console, project, keys)
    if outcomes.failed:
        sys.exit(FAILED)


def _say_what_is_wrong(console: Console, project: Project, keys: list[TableKey]) -> None:
    with reading(console, project) as connection:
        audit = project.settings.audit_schema
        wrong = [print_rows(console, f"Still rejected in {key}", rejected_rules(connection, audit, key)) for key in keys]
    if not any(wrong):
        console.print("Nothing is rejected any more.", style="green")
