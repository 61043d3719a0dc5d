"""`sl-assets check`."""

import sys

import click

from sl_assets.cli.project import CONFIG_ERROR, make_console, print_diagnostics, read_project
from sl_assets.project.records import Project
from sl_assets.steps.check import Comparison, check_warehouse


@click.command("check")
@click.option("--no-warehouse", "--offline", "offline", is_flag=True, help="Read the project only, not the data that is there.")
def command(*, offline: bool) -> None:
    """Read the whole project and tell everything that is wrong with it, all at once.

    Then compare it with the data that is already there: tables, patterns, partitions, columns and keys that were changed since
    files were loaded are warnings. The warehouse is opened for reading only.

    Exit code 0: no errors (warnings may be told); 2: errors.
    """
    console = make_console()
    project = read_project(console)
    compared = Comparison(project) if offline else check_warehouse(project)
    project = compared.project
    print_diagnostics(console, project.diagnostics)
    if compared.skipped and project.settings.database.exists():
        console.print(
            f"Not compared with the warehouse: {compared.skipped}", style="yellow", highlight=False, soft_wrap=True, markup=False
        )
    style = "bold red" if project.errors else "bold green"
    console.print(_summary(project, compared.files), style=style, highlight=False, soft_wrap=True, markup=False)
    if project.errors:
        sys.exit(CONFIG_ERROR)


def _summary(project: Project, files: int | None) -> str:
    errors = len(project.errors)
    warnings = len(project.diagnostics) - errors
    read = f"{_count(len(project.tables), 'table')} and {_count(len(project.tasks), 'transform')} in {project.metadata}"
    against = "" if files is None else f", {_count(files, 'loaded file')} in {project.settings.database}"
    return f"{read}{against}: {_count(errors, 'error')}, {_count(warnings, 'warning')}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
