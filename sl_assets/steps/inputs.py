"""The files of a task's sources, as they are at the moment."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from sl_assets.project.file_paths import format_of, is_within
from sl_assets.project.recipe import FileSource
from sl_assets.warehouse.errors import WarehouseError


class SourceError(WarehouseError):
    """The files of a source are not there, or lead where they must not."""


def list_files(source: FileSource) -> tuple[Path, ...]:
    """The files of a source in the order of their paths; nothing hidden, and of a folder those of the format, at any depth.

    Raises:
        SourceError: One leads outside the project and its areas, by a link.
    """
    path = Path(os.path.normpath(source.root / source.path))
    found = sorted(each for each in _candidates(path, source) if each.is_file() and not _is_hidden(each, path))
    within = tuple(folder.resolve() for folder in source.within)
    for each in found:
        if within and not is_within(each.resolve(), within):
            raise SourceError(
                f"{source.place}  {each} leads outside the project and its areas, to {each.resolve()}. Nothing was written. "
                "Hint: write `outside: true` beside the path if that is meant."
            )
    return tuple(found)


def _candidates(path: Path, source: FileSource) -> Iterator[Path]:
    if path.is_dir():
        yield from (each for each in path.rglob("*") if format_of(each.name) == source.format)
    elif path.exists():
        yield path
    else:
        yield from (Path(each) for each in glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob wants it relative


def _is_hidden(file: Path, base: Path) -> bool:
    parts = file.relative_to(base).parts if file.is_relative_to(base) else (file.name,)
    return any(part.startswith((".", "_")) for part in parts)
