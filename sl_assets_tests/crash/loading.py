"""What a child process does to tables: `python -m sl_assets_tests.crash.loading <root> <run> <verb>:<table>[:<file>] ...`.

Verbs are `load` (which may be left out), `reload`, `replay` and `correct`.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sl_assets.project import load_project
from sl_assets.project.records import Project, Table, TableKey
from sl_assets.project.windows import window_of_key
from sl_assets.steps.corrections import load_corrections
from sl_assets.steps.load import load
from sl_assets.steps.replay import replay
from sl_assets.steps.reports import LoadReport
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


def load_tables(root: Path, run: str, *jobs: str) -> list[LoadReport]:
    """Do jobs with tables of domain `shop`, one after the other; a partitioned one is loaded for all its days."""
    project = load_project(root, dict(os.environ))
    return [_do(project, Run(run), *job.split(":")) for job in jobs]


def _do(project: Project, run: Run, *words: str) -> LoadReport:
    verb, name, *files = words if len(words) > 1 else ("load", *words)
    warehouse, table = Warehouse.of(project.settings), project.tables[TableKey("shop", name)]
    if verb == "replay":
        return replay(project, warehouse, table, run)
    if verb == "correct":
        return load_corrections(project, warehouse, table, Path(files[0]), run)
    return load(project, warehouse, table, run, _windows(table), reload=verb == "reload")


def _windows(table: Table):
    return [window_of_key(table.partitions, day) for day in DAYS] if table.partitions else None


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    folder, run, *jobs = arguments
    print("here", flush=True)  # noqa: T201
    for report in load_tables(Path(folder), run, *jobs):
        print(report.key, report.counts, report.failures, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
