"""`sl-assets settings`."""

import json
import sys
from pathlib import Path

import click
from rich.table import Table as Grid
from rich.text import Text

from sl_assets.cli.diagnostics import near, print_diagnostics
from sl_assets.cli.project import CONFIG_ERROR, make_console
from sl_assets.cli.tables import plain
from sl_assets.project.settings import Setting, read_settings
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.spec.place import Place

JSON_VERSION = 1


@click.command("settings")
@click.option("--json", "as_object", is_flag=True, help="One JSON object, for other programs.")
def command(*, as_object: bool) -> None:
    """Show every setting of the project, its value, and where that comes from.

    A value is written in a file, at the line that is shown; or comes from an environment variable; or is the default.

    Exit code 0: done; 2: there is no project, or application.sl.yml or an environment file has errors.
    """
    console = make_console()
    try:
        found = read_settings()
    except ProjectError as error:
        print_diagnostics(console, error.diagnostics)
        sys.exit(CONFIG_ERROR)
    if as_object:
        answer = {"version": JSON_VERSION, "settings": [_as_json(each) for each in found.settings]}
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    else:
        width = max(len(each.name) for each in found.settings) + 2
        for section in dict.fromkeys(each.section for each in found.settings):
            console.print(_grid(section, [each for each in found.settings if each.section == section], width))
    errors = [each for each in found.diagnostics if each.severity == "error"]
    if errors:
        if not as_object:
            print_diagnostics(console, errors)
        sys.exit(CONFIG_ERROR)


def _grid(section: str, settings: list[Setting], width: int) -> Grid:
    grid = Grid(box=None, pad_edge=False, title=f"\n{section}", title_justify="left", title_style="bold", show_header=False)
    grid.add_column("name", no_wrap=True, min_width=width)
    grid.add_column("value", overflow="fold")
    grid.add_column("from", overflow="fold")
    for each in settings:
        name, value = ("dim", "dim") if each.origin == "default" else ("cyan", "bold")
        shown = plain(_shown(each.value))
        shown.stylize("yellow" if each.secret else value)
        grid.add_row(Text(f"  {each.name}", name), shown, _origin(each))
    return grid


def _shown(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _origin(setting: Setting) -> Text:
    if setting.place:
        place = setting.place
        return Text(str(Place(near(place.file), place.line, place.column)), "green")
    return Text(f"${setting.variable}", "magenta") if setting.variable else Text("default", "dim")


def _as_json(setting: Setting) -> dict[str, object]:
    place = setting.place
    return {
        "section": setting.section,
        "name": setting.name,
        "value": setting.value if not isinstance(setting.value, Path) else str(setting.value),
        "origin": setting.origin,
        "file": str(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "variable": setting.variable,
        "secret": setting.secret,
    }
