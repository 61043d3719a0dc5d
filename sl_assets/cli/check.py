"""`sl-assets check`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace

import click
from rich.console import Console
from rich.text import Text

from sl_assets.cli.diagnostics import as_json, print_diagnostics
from sl_assets.cli.project import CONFIG_ERROR, make_console
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.spec.diagnostic import Diagnostic, ProjectError
from sl_assets.steps.check import Comparison, check_rules, check_warehouse

JSON_VERSION = 1
"""Of the object that `--json` prints; it changes when a key goes away or changes its meaning."""


@click.command("check")
@click.option("--no-warehouse", "--offline", "offline", is_flag=True, help="Read the project only, not the data that is there.")
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@click.option(
    "--full/--concise",
    default=None,
    help="Show the lines that are meant, or one line for each finding. Without either: full on a terminal, concise elsewhere.",
)
@click.option("--json", "as_object", is_flag=True, help="One JSON object, for editors and CI.")
def command(*, offline: bool, strict: bool, full: bool | None, as_object: bool) -> None:
    """Read the whole project and tell everything that is wrong with it, all at once.

    Then compare it with the data that is already there: tables, patterns, partitions, columns and keys that were changed since
    files were loaded are warnings. The warehouse is opened for reading only.

    Exit code 0: no errors (warnings may be told); 2: errors, with --strict warnings too.
    """
    console = make_console()
    try:
        compared, found = _check(offline=offline)
    except ProjectError as error:
        compared, found = None, error.diagnostics
    if strict:
        found = [replace(each, severity="error") for each in found]
    errors = [each for each in found if each.severity == "error"]
    warnings = [each for each in found if each.severity == "warning"]
    if as_object:
        _write_json(compared, errors, warnings)
    else:
        print_diagnostics(console, warnings, full=full)
        print_diagnostics(console, errors, full=full)
        if compared is not None:
            _conclude(console, compared, len(errors), len(warnings))
    if errors:
        sys.exit(CONFIG_ERROR)


def _check(*, offline: bool) -> tuple[Comparison, Sequence[Diagnostic]]:
    project = check_rules(load_project())
    compared = Comparison(project) if offline else check_warehouse(project)
    return compared, compared.project.diagnostics


def _conclude(console: Console, compared: Comparison, errors: int, warnings: int) -> None:
    project = compared.project
    if compared.skipped and project.settings.database.exists():
        _say(console, f"Not compared with the warehouse: {compared.skipped}", "yellow")
    read = f"{_count(len(project.tables), 'table')} and {_count(len(project.tasks), 'transform')} in {project.metadata}"
    against = "" if compared.files is None else f", {_count(compared.files, 'loaded file')} in {project.settings.database}"
    style = "bold red" if errors else "bold yellow" if warnings else "bold green"
    _say(console, f"{read}{against}: {_count(errors, 'error')}, {_count(warnings, 'warning')}.", style)


def _say(console: Console, text: str, style: str) -> None:
    console.print(Text(text, style), soft_wrap=True, highlight=False)


def _write_json(compared: Comparison | None, errors: Sequence[Diagnostic], warnings: Sequence[Diagnostic]) -> None:
    project = compared.project if compared else None
    answer = {
        "version": JSON_VERSION,
        "ok": not errors,
        "counts": {"errors": len(errors), "warnings": len(warnings)},
        "project": _facts(project) if project else None,
        "warehouse": _warehouse(compared) if compared else None,
        "diagnostics": [as_json(each) for each in sorted((*errors, *warnings), key=lambda each: (each.place, each.code))],
    }
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


def _facts(project: Project) -> dict[str, object]:
    return {
        "name": project.name,
        "root": str(project.root),
        "metadata": str(project.metadata),
        "tables": len(project.tables),
        "transforms": len(project.tasks),
    }


def _warehouse(compared: Comparison) -> dict[str, object]:
    return {
        "database": str(compared.project.settings.database),
        "compared": compared.files is not None,
        "files": compared.files,
        "reason": compared.skipped or None,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
