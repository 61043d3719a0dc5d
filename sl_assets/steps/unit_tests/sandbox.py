"""The project that a test runs on: the same YAML and SQL, with folders and a database of its own that are thrown away."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sl_assets.project import load_project
from sl_assets.project.orchestration import Orchestration
from sl_assets.project.recipe import FileSource
from sl_assets.project.records import Project, Table, Task
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.spec.environment import read_variables
from sl_assets.spec.findings import Findings
from sl_assets.steps.check import check_rules
from sl_assets.steps.unit_tests.cases import Case

_ELSEWHERE = re.compile(r"SL_(DATASETS|INCOMING|METADATA|AREA_\w+)")


@dataclass(frozen=True)
class Sandbox:
    """Makes the projects of tests; `folder` is temporary, and empty at first."""

    project: Project
    folder: Path
    _made: dict[tuple[tuple[str, str], ...], Project] = field(default_factory=dict[tuple[tuple[str, str], ...], Project])

    def open(self, case: Case) -> Project:
        """The project of a test with nothing in it, read again where the test has variables of its own.

        Raises:
            ProjectError: With these variables it has errors.
        """
        shutil.rmtree(self.folder / "datasets", ignore_errors=True)
        variables = self._variables(case)
        key = tuple(sorted(variables.items()))
        if key not in self._made:
            self._made[key] = self._read(variables)
        return self._made[key]

    def _variables(self, case: Case) -> Mapping[str, str]:
        findings = Findings()
        variables: Mapping[str, str] = {}
        for file in case.environments:
            variables = {**variables, **read_variables(file, {**os.environ, **self.project.environment, **variables}, findings)}
        _raise_errors(findings)
        return variables

    def _read(self, variables: Mapping[str, str]) -> Project:
        environ = {name: value for name, value in os.environ.items() if not _ELSEWHERE.fullmatch(name)}
        environ |= {"SL_METADATA": str(self.project.metadata), "SL_DATASETS": str(self.folder / "datasets")}
        project = check_rules(load_project(self.project.root, environ, variables, keep=False))
        if project.errors:
            raise ProjectError(project.errors)
        database = self.folder / "datasets" / project.settings.database.name
        settings = replace(project.settings, database=database, replay_files=False)
        tables = {key: _isolated(table, project.areas.incoming) for key, table in project.tables.items()}
        tasks = {key: self._isolated(task) for key, task in project.tasks.items()}
        return replace(project, settings=settings, tables=tables, tasks=tasks)

    def _isolated(self, task: Task) -> Task:
        """The task that writes a table, whatever it writes otherwise, and reads files of the test in the place of real ones."""
        sources = tuple(self._moved(each) if isinstance(each, FileSource) else each for each in task.sources)
        return replace(task, file_sink=None, file_sinks=(), sources=sources)

    def _moved(self, source: FileSource) -> FileSource:
        path, real = source.root / source.path, self.project.areas.datasets
        return (
            replace(source, path=str(self.folder / "datasets" / path.relative_to(real))) if path.is_relative_to(real) else source
        )


def _isolated(table: Table, incoming: Path) -> Table:
    """The table with a landing folder of its own, and without anything to wait for."""
    return replace(table, landing=incoming / table.key.domain, ack=None, orchestration=Orchestration())


def _raise_errors(findings: Findings) -> None:
    errors = [one for one in findings.sorted() if one.severity == "error"]
    if errors:
        raise ProjectError(errors)
