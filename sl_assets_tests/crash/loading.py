"""A child process that loads tables: `python -m sl_assets_tests.crash.loading <root> <run> <table> ...`."""

import os
import sys
from pathlib import Path

from sl_assets.project import load_project
from sl_assets.project.records import TableKey
from sl_assets.project.windows import window_of_key
from sl_assets.steps.load import load
from sl_assets.steps.reports import LoadReport
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


def load_tables(root: Path, run: str, *tables: str) -> list[LoadReport]:
    """Load tables of domain `shop`, one after the other; a partitioned one for all its days."""
    project = load_project(root, dict(os.environ))
    warehouse = Warehouse.of(project.settings)
    reports = []
    for name in tables:
        table = project.tables[TableKey("shop", name)]
        windows = [window_of_key(table.partitions, day) for day in DAYS] if table.partitions else None
        reports.append(load(project, warehouse, table, Run(run), windows))
    return reports


if __name__ == "__main__":
    folder, run_id, *names = sys.argv[1:]
    print("here", flush=True)  # noqa: T201
    for report in load_tables(Path(folder), run_id, *names):
        print(report.key, report.counts, report.failures, flush=True)  # noqa: T201
