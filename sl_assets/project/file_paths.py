"""Paths of files that a task reads or writes: below the project or one of its areas, unless the project says otherwise."""

import os
from dataclasses import dataclass
from pathlib import Path

from sl_assets.project.location import Location
from sl_assets.project.recipe import FileFormatName
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source

SUFFIXES: dict[str, FileFormatName] = {
    ".parquet": "PARQUET",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".jsonl": "JSON_LINES",
    ".ndjson": "JSON_LINES",
}
"""What the end of a name says about a file that has no `format`; `.gz` and `.zst` behind it do not count."""

WORDS: dict[str, FileFormatName] = {"JSON": "JSON_LINES", "JSONL": "JSON_LINES", "NDJSON": "JSON_LINES"}
"""Other words for a format."""


@dataclass(frozen=True)
class Folders:
    """Where paths of a project may lead."""

    root: Path
    within: tuple[Path, ...]


def folders_of(location: Location) -> Folders:
    """The project and its areas, wherever these are."""
    areas = location.areas
    every = (location.root, areas.datasets, areas.incoming, areas.stage, areas.archive, areas.unresolved, areas.replay)
    return Folders(location.root, tuple(dict.fromkeys(every)))


def check_path(path: str, base: Path, folders: Folders, source: Source, findings: Findings, code: str) -> None:
    """Refuse a path that is none, is on another machine, or leads outside."""
    place, subject = source.place("path"), source.subject("path")
    if "://" in path:
        findings.error(code, place, subject, f'"{path}" is on another machine; only local files are supported yet.')
    elif "\0" in path or not path.strip():
        findings.error(code, place, subject, "is no path.")
    elif not is_within(Path(os.path.normpath(base / path)), folders.within):
        hint = "Write `outside: true` beside it if that is meant."
        findings.error(code, place, subject, f'"{path}" leads outside the project and its areas.', hint)


def is_within(path: Path, folders: tuple[Path, ...]) -> bool:
    """Whether a path is one of the folders or below one; nothing is looked up on the disk."""
    return any(path.is_relative_to(folder) for folder in folders)


def format_of(path: str) -> FileFormatName | None:
    """The format that the name of a file, or of files (`*.jsonl`), tells."""
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    return next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), None)
