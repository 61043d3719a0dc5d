"""`sl-assets plan`."""

import json
import sys

import click
from rich.console import Console

from sl_assets.areas.files import UnreadableFolderError
from sl_assets.areas.global_acks import BrokenAckError
from sl_assets.cli.outlook import print_outlook
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.foresight import foresee
from sl_assets.orchestration.instance import read_instance
from sl_assets.orchestration.launch import SelectionError
from sl_assets.orchestration.outlook import Outlook, outlook_as_json
from sl_assets.project.records import Project

FAILED = 1
WORK = 3


@click.command("plan")
@click.argument("selection", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for other programs.")
@click.option("--exit-code", "tells", is_flag=True, help="End with 3 when there is work to do, with 0 when there is none.")
@click.option("--sql", is_flag=True, help="Show the SQL of transforms in full.")
def command(selection: str | None, *, as_json: bool, tells: bool, sql: bool) -> None:
    """Tell what `sl-assets run` with the same SELECTION would do now, and why. Nothing is changed, and nobody is kept waiting.

    For each table: the files that are new, changed SQL or YAML, tables it reads that were refreshed, partitions that are missing,
    and the SQL that would make or change its columns. Files are not read, so a broken one is found by the run only.

    Exit code 0: whether there is work or not, unless --exit-code asks for 3 when there is; 1: the files cannot be looked at; 2:
    the project has errors.
    """
    console = make_console()
    project = project_or_exit(console)
    outlook = _foresee(console, project, selection)
    if as_json:
        sys.stdout.write(json.dumps(outlook_as_json(outlook), ensure_ascii=False, indent=2) + "\n")
    else:
        print_outlook(console, outlook, full_sql=sql)
    if tells and outlook.work:
        sys.exit(WORK)


def _foresee(console: Console, project: Project, selection: str | None) -> Outlook:
    defs = build_definitions(project)
    try:
        with read_instance(project.root) as instance:
            return foresee(project, defs, instance, selection)
    except SelectionError as error:
        raise click.BadParameter(f"{error}", param_hint="SELECTION") from error
    except (UnreadableFolderError, BrokenAckError) as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        sys.exit(FAILED)
