"""What is in a packed archive, as far as it may be believed: names without folders, sizes within limits, files only."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sl_assets.project.arrival import most_unpacked, too_much
from sl_assets.project.records import UnpackLimits

LONGEST_NAME = 240  # bytes; a file system takes 255, and a twin's number has to fit as well
_SEPARATORS = re.compile(r"[/\\]")
_DRIVE = re.compile(r"[A-Za-z]:")


class UnreadableArchiveError(Exception):
    """An archive that cannot be unpacked, or had better not be; `reason` is one plain sentence without the file's name."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    """A file in an archive: its place among the members, its name without folders, its size in bytes."""

    number: int
    name: str
    size: int
    modified_at: datetime


@dataclass(frozen=True)
class Member:
    """An entry with the way to its content; the way is open until the next member is asked for."""

    entry: Entry
    open: Callable[[], IO[bytes]]


Members = Iterator[Member]


def base_name(path: Path, written: str) -> str | None:
    """The name of an entry without its folders; None for what is no input: folders, hidden files, macOS's own.

    Both kinds of slashes part folders, whoever packed it.

    Raises:
        UnreadableArchiveError: The entry leads out of the archive, or its name cannot be a file's.
    """
    parts = _SEPARATORS.split(written)
    if parts[0] == "" or _DRIVE.fullmatch(parts[0]) or ".." in parts:
        fact = f"has an entry that leads out of it: {written!r}."
        raise UnreadableArchiveError(path, f"{fact} Hint: pack files with relative names.")
    inside = [part for part in parts if part not in ("", ".")]
    if not inside or parts[-1] in ("", ".") or any(part.startswith(".") or part == "__MACOSX" for part in inside):
        return None
    name = inside[-1]
    try:
        encoded = name.encode()
    except UnicodeEncodeError as error:
        raise UnreadableArchiveError(path, f"has an entry whose name is not UTF-8: {written!r}.") from error
    if len(encoded) > LONGEST_NAME or len(os.fsencode(name)) > LONGEST_NAME:
        raise UnreadableArchiveError(path, f"has an entry whose name is longer than {LONGEST_NAME} bytes: {name[:60]!r}...")
    return name


@dataclass
class Tally:
    """Counts what an archive says it holds, and stops at the limits."""

    path: Path
    packed: int
    limits: UnpackLimits
    size: int = 0
    entries: int = 0

    @property
    def most(self) -> int:
        """The bytes that may come out."""
        return most_unpacked(self.packed, self.limits)

    def add(self, size: int) -> None:
        """One more member of `size` bytes.

        Raises:
            UnreadableArchiveError: That is one too many.
        """
        self.size += size
        self.entries += 1
        if self.entries > self.limits.entries:
            fact = f"has more than {self.limits.entries} entries."
            raise UnreadableArchiveError(
                self.path, f"{fact} Hint: if that is right, raise unpack.maxEntries in application.sl.yml."
            )
        if self.size > self.most:
            raise UnreadableArchiveError(self.path, too_much(self.packed, self.limits))
