"""Files that have lain in a folder for too long."""

import os
from datetime import UTC, datetime
from pathlib import Path


def aged_files(folder: Path, before: datetime) -> tuple[Path, ...]:
    """The files of a folder that have been there since before a moment (with a zone), by name; subfolders and dot files are not.

    What counts is when a file came to lie there (its inode's change time): moving it keeps the modification time of its sender.
    """
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        found = [Path(each.path) for each in entries if each.is_file() and not each.name.startswith(".") and _came(each) < before]
    return tuple(sorted(found))


def _came(entry: os.DirEntry[str]) -> datetime:
    return datetime.fromtimestamp(entry.stat().st_ctime, UTC)
