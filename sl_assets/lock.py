"""A lock between processes that dies with its process and tells who holds it.

No Dagster pool does this job: a killed run keeps its slot, and the next run hangs for ever. An operating-system lock on a file
is released by the kernel whatever way the process ends.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

FIRST_PAUSE = 0.01
LONGEST_PAUSE = 0.25


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: process, what it does, since when (ISO 8601, UTC)."""

    pid: int
    purpose: str
    since: str

    @classmethod
    def me(cls, purpose: str) -> "Holder":
        """This process, from now."""
        return cls(os.getpid(), purpose, datetime.now(UTC).isoformat(timespec="seconds"))

    def __str__(self) -> str:
        return f"process {self.pid} ({self.purpose}) since {self.since}"


class LockTimeoutError(Exception):
    """The lock is still held by somebody else after the time we were ready to wait."""

    def __init__(self, what: str, holder: Holder | None, waited: timedelta) -> None:
        who = str(holder) if holder else "another process"
        super().__init__(
            f"{what} is held by {who}. Waited {waited.total_seconds():.0f} s. "
            "Hint: let that run end, or raise lock.timeout (milliseconds) in application.sl.yml."
        )
        self.holder = holder


@contextmanager
def file_lock(
    path: Path,
    *,
    what: str,
    purpose: str,
    timeout: timedelta,
    on_wait: Callable[[Holder | None], None] | None = None,
) -> Generator[None, None, None]:
    """Hold the lock on `path` (a file of its own, made when missing, never removed: removing it would let two in).

    Args:
        path: The lock file.
        what: What the lock protects, for the error's sentence.
        purpose: What we do with it, for the sentence of the one who waits for us.
        timeout: How long to wait before giving up.
        on_wait: Called once with the holder when the lock is not free at once.

    Raises:
        LockTimeoutError: Somebody else held it all the time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        _acquire(handle, what, timeout, on_wait)
        try:
            _write_holder(handle, Holder.me(purpose))
            yield
        finally:
            _write_holder(handle, None)
            fcntl.flock(handle, fcntl.LOCK_UN)


def _acquire(handle: IO[str], what: str, timeout: timedelta, on_wait: Callable[[Holder | None], None] | None) -> None:
    began = time.monotonic()
    pause = FIRST_PAUSE
    told = False
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        waited = time.monotonic() - began
        if waited >= timeout.total_seconds():
            raise LockTimeoutError(what, read_holder(handle), timedelta(seconds=waited))
        if not told and on_wait:
            on_wait(read_holder(handle))
            told = True
        time.sleep(min(pause, timeout.total_seconds() - waited))
        pause = min(pause * 2, LONGEST_PAUSE)


def read_holder(handle: IO[str]) -> Holder | None:
    """The holder written in a lock file; None when nobody is, or it is being written this moment."""
    handle.seek(0)
    with suppress(ValueError, TypeError):
        return Holder(**json.loads(handle.read()))
    return None


def _write_holder(handle: IO[str], holder: Holder | None) -> None:
    handle.seek(0)
    handle.truncate()
    if holder:
        handle.write(json.dumps(asdict(holder)))
    handle.flush()
