"""One test: what is there before, the very load or transform that a run does, and what must be there after."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from sl_assets.lock import LockTimeoutError
from sl_assets.project.records import Project, Table, Task
from sl_assets.project.windows import Window, partition_of_file, window_at, window_of_key, windows_between
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.steps.load import load
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.steps.unit_tests.cases import DATASETS, INCOMING, Case
from sl_assets.steps.unit_tests.differences import Difference
from sl_assets.steps.unit_tests.given import prepare
from sl_assets.steps.unit_tests.outcome import check, expected_values, first_rejects
from sl_assets.steps.unit_tests.rows import CaseError
from sl_assets.steps.unit_tests.sandbox import Sandbox
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.errors import WarehouseError

_WINDOW_HINT = "Write sl_start_date and sl_end_date into env.sl.yml of the test."


@dataclass(frozen=True)
class CaseReport:
    """What became of a test: it passed when it has neither differences nor an error.

    `error`: it could not be run, or the load or transform failed. `counts` and `rejects` are of a load: records, and why the
    first ones were refused.
    """

    case: Case
    seconds: float = 0.0
    differences: tuple[Difference, ...] = ()
    error: str = ""
    counts: Counts = field(default_factory=Counts)
    rejects: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences and not self.error


@contextmanager
def sandbox(project: Project) -> Generator[Sandbox, None, None]:
    """A place for tests, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sl-assets-test-") as folder:
        yield Sandbox(project, Path(folder))


def run_case(case: Case, box: Sandbox) -> CaseReport:
    """Run one test. Never raises for what is wrong with it, or with what it tests."""
    if case.faults:
        return CaseReport(case, error="\n".join(case.faults))
    began, error = time.monotonic(), ""
    try:
        differences, counts, rejects = _run(case, box.open(case))
    except ProjectError as raised:
        error = "\n".join(str(each) for each in raised.diagnostics)
    except (CaseError, WarehouseError, LockTimeoutError, duckdb.Error, OSError, UnicodeDecodeError) as raised:
        error = str(raised).strip() or type(raised).__name__
    else:
        return CaseReport(case, time.monotonic() - began, differences, "", counts, rejects)
    return CaseReport(case, time.monotonic() - began, error=error)


def _run(case: Case, project: Project) -> tuple[tuple[Difference, ...], Counts, tuple[str, ...]]:
    node = project.tables[case.key] if case.kind == "load" else project.tasks[case.key]
    warehouse, run = Warehouse.of(project.settings), Run(f"test-{case.name}")
    if (case.folder / DATASETS).is_dir():
        shutil.copytree(case.folder / DATASETS, project.areas.datasets, dirs_exist_ok=True)
    with warehouse.writer("a test") as connection, transaction(connection):
        prepare(connection, project, node, case)
    counts = Counts()
    if isinstance(node, Table):
        counts = _load(project, warehouse, node, case, run)
    else:
        transform(project, warehouse, node, run, _windows_of_task(case, project, node))
    with warehouse.writer("a test") as connection:
        found = [check(connection, project, node, each) for each in case.expected]
        rejects = first_rejects(connection, project, node.key) if counts.rejected else ()
    return tuple(each for each in found if each is not None), counts, rejects


def _load(project: Project, warehouse: Warehouse, table: Table, case: Case, run: Run) -> Counts:
    names = _land(project, table, case.incoming)
    report = load(project, warehouse, table, run, _windows_of_load(table, names))
    if report.failures:
        raise CaseError("\n".join(report.failures))
    landed = table.landing or project.areas.incoming
    for name in names:
        if (landed / name).exists():
            raise CaseError(f"{name} was not loaded: {_why_not(project, table, name)}")
    return report.counts


def _land(project: Project, table: Table, files: Sequence[Path]) -> list[str]:
    """Put the files of a test where files arrive, one second after the other: they are taken in the order of their names."""
    landing = table.landing or project.areas.incoming
    landing.mkdir(parents=True, exist_ok=True)
    names = [file.name.removeprefix(INCOMING) for file in files]
    first = time.time() - len(names)
    for number, (file, name) in enumerate(zip(files, names, strict=True)):
        shutil.copyfile(file, landing / name)
        os.utime(landing / name, (first + number, first + number))
    return names


def _why_not(project: Project, table: Table, name: str) -> str:
    owner = next((each for each in project.tables_of(table.key.domain) if re.fullmatch(each.pattern, name)), None)
    if owner is None:
        return f"its name does not match the pattern {table.pattern}."
    if owner.key != table.key:
        return f"its name matches the pattern of {owner.key}, which comes first."
    return "it was left where it landed."


def _windows_of_load(table: Table, names: Sequence[str]) -> tuple[Window, ...] | None:
    if table.partitions is None:
        return None
    windows: dict[str, Window] = {}
    for name in names:
        key = partition_of_file(table.partitions, name)
        if key is None:
            raise CaseError(f"{name} was not loaded: its name says no partition.")
        windows[key] = window_of_key(table.partitions, key)
    return tuple(sorted(windows.values(), key=lambda each: each.start))


def _windows_of_task(case: Case, project: Project, task: Task) -> tuple[Window, ...] | None:
    """The partitions to build: from sl_start_date to sl_end_date, else those that the expected rows are in."""
    if task.partitions is None:
        return None
    start, end = (project.environment.get(name) for name in ("sl_start_date", "sl_end_date"))
    try:
        if start and end:
            first, last = (window_at(task.partitions, datetime.fromisoformat(text)).start for text in (start, end))
            windows = windows_between(task.partitions, first, last)
        else:
            values = [value for each in case.expected for value in expected_values(each.file, task.partitions.column)]
            days = [window_at(task.partitions, datetime.fromisoformat(value)) for value in values]
            windows = windows_between(task.partitions, min(days, key=_start).start, max(days, key=_start).end) if days else ()
    except ValueError as error:
        raise CaseError(f"which partitions to build is not understood: {error}. {_WINDOW_HINT}") from error
    if not windows:
        raise CaseError(f"{task.key} is partitioned, and no expected row says which partition to build. {_WINDOW_HINT}")
    return windows


def _start(window: Window) -> datetime:
    return window.start
