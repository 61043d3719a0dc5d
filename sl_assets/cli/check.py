"""`sl-assets check`."""

import sys

import click

from sl_assets.cli.project import CONFIG_ERROR, make_console, print_diagnostics, read_project


@click.command("check")
def command() -> None:
    """Read the whole project and tell everything that is wrong with it, all at once.

    Exit code 0: no errors (warnings may be told); 2: errors.
    """
    console = make_console()
    project = read_project(console)
    print_diagnostics(console, project.diagnostics)
    errors = len(project.errors)
    warnings = len(project.diagnostics) - errors
    tables, tasks = len(project.tables), len(project.tasks)
    found = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    summary = f"{_count(tables, 'table')} and {_count(tasks, 'transform')} in {project.metadata}: {found}."
    console.print(summary, style="bold red" if errors else "bold green", highlight=False, soft_wrap=True)
    if errors:
        sys.exit(CONFIG_ERROR)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
