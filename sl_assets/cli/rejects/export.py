"""`sl-assets rejects export`."""

import sys

import click

from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.rejects import NOTHING_OPEN
from sl_assets.cli.tables import find_loaded_table, reading
from sl_assets.formats import FormatError
from sl_assets.steps.corrections import ReplayFile, export_rejected

FAILED = 1


@click.command("export")
@click.argument("name")
def command(name: str) -> None:
    """Write the open records of table NAME to replay files: files of its format, to be corrected and replayed.

    One for each loaded file, in the area `replay`. They hold what the file held, private values too.
    """
    console = make_console()
    project = project_or_exit(console)
    table = find_loaded_table(project, name)
    files: tuple[ReplayFile, ...] = ()
    with reading(console, project) as connection:
        try:
            files = export_rejected(project, connection, table)
        except FormatError as error:
            raise click.ClickException(f"{table.key}: {error}") from error
    for file in files:
        where = f"{file.records} records of {file.of}: {file.path or file.reason}"
        console.print(where, style="" if file.path else "red", highlight=False, soft_wrap=True, markup=False)
    if not files:
        console.print(NOTHING_OPEN)
    if any(file.path for file in files):
        hint = f"Correct them, then: sl-assets rejects replay {table.key} --file FILE"
        console.print(hint, highlight=False, soft_wrap=True, markup=False)
    if any(file.path is None for file in files):
        sys.exit(FAILED)
