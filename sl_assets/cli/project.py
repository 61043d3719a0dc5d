"""What every command begins with: the project, and its diagnostics on the terminal."""

import sys

from rich.console import Console

from sl_assets.cli.diagnostics import print_diagnostics
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.steps.check import check_rules

CONFIG_ERROR = 2
WIDE = 240


def make_console() -> Console:
    """The terminal; where there is none (a pipe, a file) lines are long enough that tables are not cut."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def project_or_exit(console: Console) -> Project:
    """The project, when it has no errors; otherwise they are printed and the command ends with 2."""
    project = read_project(console)
    if project.errors:
        print_diagnostics(console, project.errors)
        console.print("Nothing was run. `sl-assets check` tells warnings as well.", style="dim")
        sys.exit(CONFIG_ERROR)
    return project


def read_project(console: Console) -> Project:
    """The project with whatever is wrong in it; ends with 2 when there is none at all."""
    try:
        return check_rules(load_project())
    except ProjectError as error:
        print_diagnostics(console, error.diagnostics)
        sys.exit(CONFIG_ERROR)
