"""Files that a task writes: first to a hidden place beside, put in place when the rows are committed. Readers see old or new.

One file takes the place of another in one rename. A folder is a link to a hidden folder, which another link takes the place of in
one rename. A run that is killed leaves what was there; the next one removes what it left behind.
"""

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sl_assets.project.compile import compile_path
from sl_assets.project.file_paths import is_within
from sl_assets.project.recipe import FileSink
from sl_assets.project.records import Project
from sl_assets.steps.reports import FileExport
from sl_assets.warehouse.duckdb.export import write_files
from sl_assets.warehouse.errors import WarehouseError, unwritten


class ExportError(WarehouseError):
    """Files cannot be written where the project says."""


@dataclass(frozen=True)
class Draft:
    """Files that are written and not yet in place. `kept`: a view reads them where they are."""

    sink: FileSink
    target: Path
    hidden: Path
    rows: int
    kept: bool = False


def target_of(project: Project, sink: FileSink, variables: Mapping[str, str]) -> Path:
    """Where the files of a sink go in a run.

    Raises:
        ExportError: That leads outside, or what is there is not ours.
        ProjectError: The path cannot be rendered.
    """
    path = Path(os.path.normpath(sink.root / compile_path(project, sink, variables)))
    within = tuple(folder.resolve() for folder in sink.within)
    real = path.parent.resolve() / path.name
    if within and not is_within(real, within):
        hint = "Hint: write `outside: true` beside the path if that is meant."
        raise ExportError(f"{sink.place}  {path} leads outside the project and its areas, to {real}. Nothing was written. {hint}")
    if sink.partition and path.exists() and not _is_ours(path):
        raise ExportError(f"{sink.place}  {path} is there already and was not written by this task. Nothing was written.")
    if not sink.partition and path.is_dir():
        raise ExportError(f"{sink.place}  {path} is a folder, and one file is to be written there. Nothing was written.")
    return path


def write_draft(connection: duckdb.DuckDBPyConnection, sink: FileSink, target: Path, sql: str, *, kept: bool = False) -> Draft:
    """Write the rows of a query beside the target.

    Raises:
        ExportError: The place cannot be written to, or the format does not take a type.
    """
    hidden = target.parent / f".{target.name}.{uuid.uuid4().hex[:12]}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = write_files(connection, sql, hidden, sink.format, sink.partition)
    except (OSError, duckdb.Error) as error:
        remove(hidden)
        raise ExportError(f"{sink.place}  {target} cannot be written: {unwritten(error)}") from error
    return Draft(sink, target, hidden, rows, kept)


def publish(draft: Draft) -> FileExport:
    """Put files in place, and remove earlier ones; readers of those before these can finish.

    Raises:
        ExportError: The place cannot be written to; the earlier files are there.
    """
    size = sum(file.stat().st_size for file in _files(draft.hidden))
    before = draft.target.readlink().name if draft.target.is_symlink() else ""
    step = draft.hidden.with_name(f"{draft.hidden.name}.new")
    try:
        if draft.sink.partition:
            step.symlink_to(draft.hidden.name, target_is_directory=True)
            step.replace(draft.target)
        elif draft.kept:
            os.link(draft.hidden, step)
            step.replace(draft.target)
        else:
            draft.hidden.replace(draft.target)
    except OSError as error:
        remove(step)
        raise ExportError(f"{draft.sink.place}  {draft.target} cannot be put in place: {error}") from error
    for each in _hidden(draft.target):
        if each.name not in (draft.hidden.name, before):
            remove(each)
    return FileExport(draft.target, draft.sink.format, draft.rows, size)


def remove(path: Path) -> None:
    """Remove files that nobody was told of."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    return path.is_symlink() and path.readlink().name.startswith(f".{path.name}.")


def _hidden(target: Path) -> Iterator[Path]:
    prefix = f".{target.name}."
    for each in target.parent.iterdir():
        token = each.name.removeprefix(prefix).removesuffix(".new")
        if each.name.startswith(prefix) and len(token) == 12 and set(token) <= set("0123456789abcdef"):  # noqa: PLR2004 - as made above
            yield each


def _files(path: Path) -> Iterator[Path]:
    return (each for each in path.rglob("*") if each.is_file()) if path.is_dir() else iter([path])
