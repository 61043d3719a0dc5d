"""A transform in a process of its own that is killed at a step. Forking a test's process would copy its threads half-way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from sl_assets.project import load_project
from sl_assets.project.records import TableKey
from sl_assets.steps import transform
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse


def kill_a_transform(root: Path, table: str, step: str) -> None:
    """Run a task of a project until it comes to `step`, a name in `steps/transform.py`; there its process dies."""
    done = subprocess.run([sys.executable, "-m", __name__, str(root), table, step], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _main(root: str, table: str, step: str) -> None:
    getattr(transform, step)  # a step that is renamed must not go unnoticed
    setattr(transform, step, _die)
    project = load_project(root, {})
    task = project.tasks[TableKey(*table.split("."))]
    transform.transform(project, Warehouse.of(project.settings), task, Run("killed"))


if __name__ == "__main__":
    _main(*sys.argv[1:])
