"""`sl-assets migrate`."""

import difflib
import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from sl_assets.cli.project import CONFIG_ERROR, make_console, print_diagnostics
from sl_assets.project.location import locate
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.steps.migrate import FileMigration, plan_migration, write_migration

STYLES = {"+": "green", "-": "red", "@": "cyan"}


@click.command("migrate")
@click.option("--write/--dry-run", "write", default=False, help="Change the files, or only show what would change (the default).")
def command(*, write: bool) -> None:
    """Write files in the syntax before version 1 in today's, comments kept.

    Each change is proved before anything is written: the new file says what the old one is read as. Files that say their version
    are left alone. A comment on the line of a key that is gone goes with it.

    Exit code 0: done; 2: there is no project, or a file has to be changed by hand.
    """
    console = make_console()
    try:
        metadata = locate(None, os.environ).metadata
    except ProjectError as error:
        print_diagnostics(console, error.diagnostics)
        sys.exit(CONFIG_ERROR)
    planned = plan_migration(metadata)
    by_hand = [each for each in planned if each.problem]
    for each in planned:
        name = each.file.relative_to(metadata).as_posix()
        if each.problem:
            console.print(Text.assemble((name, "bold"), "  ", (each.problem, "red")), soft_wrap=True)
        elif not write:
            _show(console, name, each)
    _sum_up(console, metadata, planned, write=write)
    if by_hand:
        sys.exit(CONFIG_ERROR)


def _show(console: Console, name: str, each: FileMigration) -> None:
    before, after = each.before.splitlines(), each.after.splitlines()
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="", n=1):
        console.print(Text(line, STYLES.get(line[:1], "")), soft_wrap=True)


def _sum_up(console: Console, metadata: Path, planned: tuple[FileMigration, ...], *, write: bool) -> None:
    changed = [each for each in planned if not each.problem]
    if not planned:
        console.print(f"Every file of {metadata} says its version: nothing to change.", highlight=False, soft_wrap=True)
        return
    if write:
        write_migration(metadata, changed)
    count = f"{len(changed)} file{'' if len(changed) == 1 else 's'}"
    line = f"{count} changed." if write else f"{count} would change: sl-assets migrate --write."
    console.print(line, style="bold", highlight=False, soft_wrap=True)
