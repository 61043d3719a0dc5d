"""From an archive in landing to files in stage, each exactly once, wherever the process is killed.

The entries are written into a hidden folder of the stage. When all of them are there and on the disk, the folder gets its final
name, and from then on the archive counts as unpacked: entries leave the folder by being moved to their places, then the archive
is removed, then the folder. A folder that a killed run left half-written is thrown away; one with its final name is finished.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sl_assets.areas.entries import UnreadableArchiveError
from sl_assets.areas.files import TWIN, InputFile, content_hash, place_file, twin_names
from sl_assets.areas.landing import PackedFile
from sl_assets.areas.packed import copy_entries
from sl_assets.project.arrival import size_text
from sl_assets.project.records import UnpackLimits

_WRITING, _WRITTEN = ".unpacking", ".unpacked"
_STAGED, _UNRESOLVED, _ARCHIVE = "staged", "unresolved", "archive"
_CHANGED = "was written to while it was unpacked; it is taken when it is complete."


@dataclass(frozen=True)
class Unpacked:
    """Where entries went: to stage, and to the area of those that no table claims."""

    staged: tuple[Path, ...] = ()
    unresolved: tuple[Path, ...] = ()


def unpack(packed: PackedFile, limits: UnpackLimits, stage: Path, unresolved: Path) -> Unpacked:
    """Put the entries of an archive in place and remove it. To be done under the lock of the domain.

    Raises:
        UnreadableArchiveError: It turned out to be damaged, it is being written, or there is no room for what is in it; nothing
            is in place, and the archive stays.
        OSError: An entry cannot be written; the same.
    """
    archive = packed.file.path
    if not _is_unchanged(packed.file):
        raise UnreadableArchiveError(archive, _CHANGED)
    digest = content_hash(archive)
    writing = stage / _WRITING
    _discard(writing)
    try:
        copy_entries(archive, limits, dict(_targets(packed, writing)))
        if not _is_unchanged(packed.file):
            raise UnreadableArchiveError(archive, _CHANGED)
        (writing / _ARCHIVE).write_text(str(archive), encoding="utf-8", errors="surrogateescape")
        for folder in (writing / _STAGED, writing / _UNRESOLVED, writing):
            _sync(folder)
        written = stage / _WRITTEN / digest
        written.parent.mkdir(exist_ok=True)
        writing.rename(written)
        _sync(written.parent)
    finally:
        _discard(writing)
    return _finish(written, stage, unresolved)


def finish_unpacking(stage: Path, unresolved: Path) -> Unpacked:
    """Do what a killed run did not come to, for every archive that it had unpacked. To be done under the lock of the domain."""
    folder = stage / _WRITTEN
    done = [_finish(written, stage, unresolved) for written in sorted(folder.iterdir())] if folder.is_dir() else []
    return Unpacked(
        tuple(path for each in done for path in each.staged), tuple(path for each in done for path in each.unresolved)
    )


def _is_unchanged(file: InputFile) -> bool:
    """Whether the archive is still the one whose entries were listed."""
    status = file.path.stat()
    return (status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)) == (file.size, file.modified_at)


def _targets(packed: PackedFile, folder: Path) -> Iterator[tuple[int, Path]]:
    folders = {_STAGED: packed.claimed, _UNRESOLVED: packed.unclaimed}
    for name in folders:
        (folder / name).mkdir(parents=True)
    needed, free = sum(each.size for entries in folders.values() for each in entries), shutil.disk_usage(folder).free
    if needed > free:
        room = f"unpacks to {size_text(needed)}, and there are {size_text(free)} free in {folder.parent}."
        raise UnreadableArchiveError(packed.file.path, room)
    for name, entries in folders.items():
        for each in entries:
            yield each.number, folder / name / f"{each.number:09}-{TWIN.sub('', each.name)}"


def _finish(written: Path, stage: Path, unresolved: Path) -> Unpacked:
    staged = tuple(_place(path, stage) for path in _waiting(written / _STAGED))
    kept = tuple(_place(path, unresolved) for path in _waiting(written / _UNRESOLVED))
    _sync(stage)
    marker = written / _ARCHIVE
    if marker.exists():
        archive = Path(marker.read_text(encoding="utf-8", errors="surrogateescape"))
        # Another archive may have come under its name since
        if archive.exists() and content_hash(archive) == written.name:
            archive.unlink()
    _discard(written)
    with suppress(OSError):
        written.parent.rmdir()  # the last one closes the door
    return Unpacked(staged, kept)


def _waiting(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _place(path: Path, folder: Path) -> Path:
    return place_file(path, folder, twin_names(path.name.partition("-")[2]))


def _discard(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
