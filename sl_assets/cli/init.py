"""`sl-assets init`."""

import shlex
import sys
from pathlib import Path

import click
from rich.text import Text

from sl_assets.cli.project import make_console
from sl_assets.steps.starter import SCHEMAS, NotEmptyError, start_project


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Start a small project in DIR that runs at once: a table with a file that waits for it, a transform, a unit test.

    Its YAML files name the JSON Schemas beside them, so that editors complete and check what is written.

    Exit code 0: done; 1: nothing was written, because a project or a file of that name is there, or DIR cannot be written to.
    """
    console = make_console()
    try:
        written = start_project(folder)
    except (NotEmptyError, OSError) as error:
        console.print(Text(str(error), "red"), soft_wrap=True, highlight=False)
        sys.exit(1)
    for path in written:
        console.print(Text.assemble(("wrote ", "dim"), str(folder / path)), soft_wrap=True, highlight=False)
    console.print(Text.assemble(("wrote ", "dim"), str(folder / SCHEMAS)), soft_wrap=True, highlight=False)
    next_step = f"Next: cd {shlex.quote(str(folder))} && sl-assets run"
    console.print(Text(next_step, "bold green"), soft_wrap=True, highlight=False)
