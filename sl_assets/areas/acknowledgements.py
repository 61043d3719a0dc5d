"""Ack files: `orders.ok` says that `orders.csv` is complete, and is used up when the file is taken.

Used up in an order that a kill cannot hurt. A mark for the very file (`.acked-...`, hidden, beside it) comes first, then the
ack file goes, then the file, then the mark. Between any two of these the file still counts as acknowledged, and the next file of
the same name does not: the mark is not for it, and the ack file is gone before its place is free.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

_MARK = ".acked-"


@dataclass(frozen=True)
class Acked:
    """A landed file and the ack file that it needs, there or not."""

    path: Path
    ack: Path

    @property
    def is_complete(self) -> bool:
        """Whether the file is acknowledged."""
        try:
            return self.ack.exists() or self.mark.exists()
        except FileNotFoundError:
            return False  # another run took it since it was listed

    @property
    def mark(self) -> Path:
        """The mark of this very file: another one of its name, or one that was written to since, has another."""
        status = self.path.stat()
        identity = f"{self.path.name}/{self.ack.name}/{status.st_ino}/{status.st_size}/{status.st_mtime_ns}"
        return self.path.with_name(_MARK + hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32])


def ack_file(path: Path, ack: str) -> Path:
    """The ack file of a file, Starlake's rule: its name without the last extension, and the table's `ack` instead."""
    return path.with_name(f"{path.stem}.{ack.lstrip('.')}")


def use_up(taken: Collection[Acked], acked: Iterable[Acked]) -> None:
    """Use up the ack files of the files that are going to be taken.

    Args:
        taken: The files.
        acked: All acknowledged files, `taken` among them: one that shares its ack file with another stays acknowledged.
    """
    acks = {each.ack for each in taken}
    for each in acked:
        if each.ack in acks:
            each.mark.touch()
    for ack in acks:
        ack.unlink(missing_ok=True)


def remove_stale(acked: Iterable[Acked], landings: Iterable[Path]) -> None:
    """Remove the marks of files that are gone from their landing folders, now or in a run that was killed."""
    kept: set[Path] | None = None
    for landing in landings:
        for mark in landing.glob(f"{_MARK}*"):
            kept = {each.mark for each in acked if each.path.exists()} if kept is None else kept
            if mark not in kept:
                mark.unlink(missing_ok=True)
