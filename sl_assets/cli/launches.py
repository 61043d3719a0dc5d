"""Dagster runs from a command: with progress, a table at the end, and readable reasons when nothing could be run."""

import sys

from rich.console import Console

from sl_assets.areas.files import UnreadableFolderError
from sl_assets.areas.global_acks import BrokenAckError
from sl_assets.cli.progress import Progress, summary
from sl_assets.lock import LockTimeoutError
from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.instance import open_instance
from sl_assets.orchestration.launch import Launcher, Outcomes
from sl_assets.project.records import Project
from sl_assets.warehouse.errors import WarehouseError

FAILED = 1


def run_and_show(console: Console, project: Project, launcher: Launcher) -> Outcomes:
    """Run what `launcher` runs and show it. Ends the command with 1 when something it needs cannot be had."""
    defs = build_definitions(project)
    instance = open_instance(project.root)
    try:
        with Progress(console) as progress:
            outcomes = launcher(defs, instance, progress)
    except (WarehouseError, LockTimeoutError, UnreadableFolderError, BrokenAckError) as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        sys.exit(FAILED)
    if outcomes.all:
        console.print()
        console.print(summary(outcomes))
        console.print()
    for each in outcomes.failed:
        text = f"{each.name} failed: {each.message.splitlines()[0]}"
        console.print(text, style="red", highlight=False, soft_wrap=True, markup=False)
    for each in outcomes.all:
        if names := [check.name for check in each.broken if not check.blocking and not check.kept_out]:
            text = f"{each.name} warns: {', '.join(names)} did not hold."
            console.print(text, style="yellow", highlight=False, soft_wrap=True, markup=False)
    return outcomes
