"""What every command begins with: the project, and its diagnostics on the terminal."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.spec.diagnostic import Diagnostic, ProjectError
from sl_assets.steps.check import check_rules

CONFIG_ERROR = 2
WIDE = 240
COLORS = {"error": "bold red", "warning": "yellow"}


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


def print_diagnostics(console: Console, diagnostics: Iterable[Diagnostic]) -> None:
    """One diagnostic a line: place, severity, what, hint, code."""
    for each in diagnostics:
        line = Text.assemble((str(each.place), "bold"), "  ", (each.severity, COLORS[each.severity]), "  ")
        if each.subject:
            line.append(f"{each.subject}: ", "cyan")
        line.append(each.fact)
        if each.hint:
            line.append(f" {each.hint}", "green")
        line.append(f" [{each.code}]", "dim")
        console.print(line, soft_wrap=True, highlight=False)
