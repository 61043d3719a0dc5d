"""Runs that died: each is closed by the next one that starts.

While a run lives, it holds an operating-system lock on a file of its own in Dagster's home. A lock that is free although
Dagster thinks its run is going on belongs to a process that was killed. No process id is compared, so none can be reused.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from pydantic import Field

from sl_assets.lock import file_lock, read_holder
from sl_assets.orchestration.history import quick_history

GOING_ON = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
DIED = (
    "The process of this run ended without telling Dagster (killed, or the machine went down). "
    "What it had committed is kept; run again."
)


class RunGuard(dg.ConfigurableResource[Any]):
    """Every op of ours asks for it: it marks the run as alive for as long as its process is, and closes those that are not."""

    close_dead: bool = Field(default=True, description="Close runs whose process was killed when a new one starts.")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["RunGuard", None, None]:
        """Hold the lock of this run from its first step to its last."""
        instance, run = context.instance, context.run
        if instance is None or run is None or instance.is_ephemeral:
            yield self
            return
        if self.close_dead:
            close_dead_runs(instance, but=run.run_id)
        if holds(Path(instance.root_directory), run.run_id):
            yield self  # `sl-assets run` marked it before Dagster knew of it
            return
        with quick_history(), alive(Path(instance.root_directory), run.run_id):
            yield self


@contextmanager
def alive(home: Path, run_id: str) -> Generator[None, None, None]:
    """Hold the lock that says a run's process lives; its file goes when the run ends in order.

    It is locked under another name first: nobody ever sees it unlocked while the run lives, nor locks it to look.
    """
    path = _lock_path(home, run_id)
    draft = path.with_suffix(".draft")
    with file_lock(draft, what=f"run {run_id}", purpose="running", timeout=timedelta(0)):
        draft.rename(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def holds(home: Path, run_id: str) -> bool:
    """Whether this process has marked the run as alive."""
    path = _lock_path(home, run_id)
    if not path.exists():
        return False
    with path.open(encoding="utf-8") as handle:
        holder = read_holder(handle)
    return holder is not None and holder.pid == os.getpid() and not _is_free(path)


def close_dead_runs(instance: DagsterInstance, but: str = "") -> tuple[str, ...]:
    """Mark as failed every run that Dagster believes to be going on and whose process is gone; return their ids.

    A run without a lock file on this machine is somebody else's, and is left alone.
    """
    home = Path(instance.root_directory)
    closed: list[str] = []
    for run in instance.get_runs(RunsFilter(statuses=GOING_ON)):
        path = _lock_path(home, run.run_id)
        if run.run_id != but and path.exists() and _is_free(path):
            instance.report_run_failed(run, DIED)
            path.unlink(missing_ok=True)
            closed.append(run.run_id)
    return tuple(closed)


def _lock_path(home: Path, run_id: str) -> Path:
    return home / "alive" / f"{run_id}.lock"


def _is_free(path: Path) -> bool:
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
