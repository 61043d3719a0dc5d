"""Small projects made on the spot: YAML, SQL and input files under a temporary folder."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from sl_assets.project import load_project
from sl_assets.project.records import Project, Table, TableKey, Task
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.duckdb.engine import Engine

APPLICATION = """
version: 1
application:
  name: test
  connectionRef: duckdb
  connections:
    duckdb: {type: jdbc, options: {url: "jdbc:duckdb:{{SL_DATASETS}}/warehouse.duckdb"}}
"""

DOMAIN = """
version: 1
load:
  metadata:
    directory: "{{SL_INCOMING}}/shop"
    format: DSV
    separator: ","
"""

NO_CONFIGURATION = {"datasets", "home"}
READING = Engine()
"""DuckDB for `rows`: kept, as starting it takes longer than all else that a look at the warehouse does."""


class Shop:
    """A project folder with one domain `shop`, and what tests want to know about it."""

    _read: tuple[object, Project] | None = None

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("config/application.sl.yml", APPLICATION)
        self.write("config/load/shop/_config.sl.yml", DOMAIN)

    def write(self, path: str, text: str) -> Path:
        """A file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def land(self, name: str, text: str, at: float | None = None) -> Path:
        """A file in the landing folder; `at` is its modification time in seconds."""
        path = self.write(f"datasets/incoming/shop/{name}", text)
        if at is not None:
            os.utime(path, (at, at))
        return path

    def table(self, name: str, attributes: str, extra: str = "", pattern: str | None = None) -> None:
        """A table: `attributes` as "id: long!, label: string" (`!` is required), `extra` as YAML under `table:`."""
        lines = [f"version: 1\ntable:\n  name: {name}\n  pattern: '{pattern or name + '.*'}'\n  attributes:"]
        for each in attributes.split(","):
            column, kind = (part.strip() for part in each.split(":"))
            required = ", required: true" if kind.endswith("!") else ""
            lines.append(f"    - {{name: {column}, type: {kind.rstrip('!')}{required}}}")
        lines += [f"  {line}" for line in extra.strip().splitlines()]
        self.write(f"config/load/shop/{name}.sl.yml", "\n".join(lines) + "\n")

    def task(self, name: str, sql: str, extra: str = "") -> None:
        """A transform in domain `kpi`."""
        body = "".join(f"  {line}\n" for line in (extra.strip() or "writeStrategy: {type: OVERWRITE}").splitlines())
        self.write(f"config/transform/kpi/{name}.sl.yml", f"version: 1\ntask:\n{body}")
        self.write(f"config/transform/kpi/{name}.sql", sql)

    def project(self, environ: Mapping[str, str] | None = None) -> Project:
        """The project as it is now; it must have no errors. It is read again when a file or the environment has changed."""
        state = (dict(environ or {}), *self._files(self.root))
        if self._read is None or self._read[0] != state:
            project = load_project(self.root, environ or {})
            assert not project.errors, "\n".join(str(each) for each in project.errors)
            self._read = state, project
        return self._read[1]

    def node(self, name: str) -> Table | Task:
        """A table or task by its dotted name."""
        project = self.project()
        key = TableKey(*name.split("."))
        return project.tables.get(key) or project.tasks[key]

    def rows(self, sql: str) -> list[tuple]:
        """What a query on the warehouse gives."""
        warehouse = replace(Warehouse.of(self.project().settings), engine=READING)
        with warehouse.reader(tidy=True) as connection:
            return connection.execute(sql).fetchall()

    def files(self, area: str) -> list[str]:
        """The names in an area of the domain."""
        folder = self.root / "datasets" / area / "shop"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def _files(self, folder: Path) -> Iterator[tuple[object, ...]]:
        """What changes with each file of the project."""
        for entry in os.scandir(folder):
            if entry.is_dir():
                if folder != self.root or entry.name not in NO_CONFIGURATION:
                    yield from self._files(Path(entry.path))
            else:
                told = entry.stat()
                yield entry.path, told.st_mtime_ns, told.st_size, told.st_ino
