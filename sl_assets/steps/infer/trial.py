"""A project as it would be with some files changed: a copy is read, and nothing written before it is known to be right."""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sl_assets.formats import malformed, readings
from sl_assets.project import load_project
from sl_assets.project.records import Project, Table
from sl_assets.sql.text import quote_name
from sl_assets.steps.check import check_rules
from sl_assets.validation import compile_validation, prepare_privacy

_APPLICATION = "version: 1\napplication: {}\n"
_READ = (".yml", ".yaml", ".sql", ".j2", ".py", ".xsd")


@dataclass(frozen=True)
class Verdict:
    """What the rules of a table say of files: records read, lines that are no records, rejected rows, faults by attribute."""

    records: int
    refused: int
    rejected: int
    faults: Mapping[str, int]


@contextmanager
def trial(project: Project | None, changes: Mapping[Path, str]) -> Generator[Project, None, None]:
    """The project with files changed; paths are relative to its config folder. Without a project: one with just these files.

    Raises:
        ProjectError: It cannot be read at all.
        OSError: The copy cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix="sl-assets-") as folder:
        copy = Path(folder) / "config"
        if project is None:
            copy.mkdir()
            (copy / "application.sl.yml").write_text(_APPLICATION, encoding="utf-8")
        else:
            shutil.copytree(project.metadata, copy, ignore=_without_data(project))
        for path, text in changes.items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text, encoding="utf-8")
        root = project.root if project else Path(folder)
        environ = {**os.environ, "SL_METADATA": str(copy)} if project else {"SL_METADATA": str(copy)}
        yield check_rules(load_project(root, environ, keep=False))


def _without_data(project: Project) -> Callable[[str, list[str]], list[str]]:
    data = {project.areas.datasets.resolve(), project.areas.incoming.resolve()}

    def is_unread(path: Path) -> bool:
        return path.name.startswith(".") or path.resolve() in data or (path.is_file() and path.suffix not in _READ)

    return lambda folder, names: [name for name in names if is_unread(Path(folder, name))]


def verdict(table: Table, paths: Sequence[str], connection: duckdb.DuckDBPyConnection, timezone: str) -> Verdict:
    """Read and validate files as a load would, and write nothing.

    Raises:
        UnreadableFileError, FormatError, duckdb.Error: They cannot be read.
    """
    records = refused = rejected = 0
    faults: dict[str, int] = {}
    prepare_privacy(connection, table, key="")  # no value is kept, so any key will do
    for reading in readings(table, paths, connection):
        sql = compile_validation(table, reading, timezone=timezone)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE sl_verdict AS SELECT sl_errors, {_touched(table)} AS sl_seen FROM ({sql})"
        )
        good, bad = connection.execute("SELECT count(*), count(sl_errors) FROM sl_verdict").fetchall()[0]
        records, rejected = records + int(good), rejected + int(bad)
        by_attribute = (
            "SELECT regexp_replace(fault.attribute, '\\[[0-9]+\\]', '', 'g'), count(*) "
            "FROM (SELECT unnest(sl_errors) AS fault FROM sl_verdict) GROUP BY ALL"
        )
        for attribute, count in connection.execute(by_attribute).fetchall():
            faults[str(attribute)] = faults.get(str(attribute), 0) + int(count)
        lines = malformed(reading, connection)
        row = connection.execute(f"SELECT count(*) FROM ({lines})").fetchone() if lines else None
        refused += int(row[0]) if row else 0
    return Verdict(records, refused, rejected, faults)


def _touched(table: Table) -> str:
    """SQL that needs every column, so that the engine does not skip one and with it what its reader would refuse."""
    return " + ".join(f"hash({quote_name(each.name)}) % 2" for each in table.columns) or "0"
