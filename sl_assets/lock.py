"""A lock between processes that dies with its process and tells who holds it.

No Dagster pool does this job: a killed run keeps its slot, and the next run hangs for ever. An operating-system lock on a file
is released by the kernel whatever way the process ends. Who has to wait says so by a lock on a second file, the queue: a holder
who would keep what he has, though he could do without it for the moment, looks there first.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

FIRST_PAUSE = 0.01
LONGEST_PAUSE = 0.25
UNTOLD = 0.5  # seconds of waiting that nobody needs to know of: two runs that take turns wait for each other at every step


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


@dataclass(frozen=True)
class FileLock:
    """A lock that is held."""

    path: Path
    handle: IO[str]

    def renew(self, purpose: str) -> None:
        """Hold it for something else, from now."""
        _write_holder(self.handle, Holder.me(purpose))


@contextmanager
def file_lock(
    path: Path,
    *,
    what: str,
    purpose: str,
    timeout: timedelta,
    on_wait: Callable[[Holder | None], None] | None = None,
) -> Generator[FileLock, None, None]:
    """Hold the lock on `path` (a file of its own, made when missing, never removed: removing it would let two in).

    Args:
        path: The lock file.
        what: What the lock protects, for the error's sentence.
        purpose: What we do with it, for the sentence of the one who waits for us.
        timeout: How long to wait before giving up.
        on_wait: Called once with the holder when the lock is not free soon.

    Raises:
        LockTimeoutError: Somebody else held it all the time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        with ExitStack() as queue:
            _acquire(handle, what, timeout, on_wait, lambda: queue.enter_context(waiting_for(path)))
        try:
            lock = FileLock(path, handle)
            lock.renew(purpose)
            yield lock
        finally:
            _write_holder(handle, None)
            fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def waiting_for(path: Path) -> Generator[None, None, None]:
    """Say, to whoever asks `is_waited_for`, that we wait for the lock on `path`. Where we may not write, nobody is told."""
    with ExitStack() as stack:
        with suppress(OSError):
            handle = stack.enter_context(_queue(path).open("a", encoding="utf-8"))
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def is_waited_for(path: Path) -> bool:
    """Whether somebody says that he waits for the lock on `path`."""
    try:
        with _queue(path).open(encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def give_way(path: Path) -> None:
    """Let those go first who wait for the lock on `path`; who is not quick waits with us."""
    deadline = time.monotonic() + 2 * LONGEST_PAUSE
    while is_waited_for(path) and time.monotonic() < deadline:
        time.sleep(FIRST_PAUSE)


def _queue(path: Path) -> Path:
    return path.with_name(f"{path.name}.queue")


def _acquire(
    handle: IO[str],
    what: str,
    timeout: timedelta,
    on_wait: Callable[[Holder | None], None] | None,
    queue_up: Callable[[], None],
) -> None:
    began = time.monotonic()
    pause = FIRST_PAUSE
    waits = told = False
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        waited = time.monotonic() - began
        if waited >= timeout.total_seconds():
            raise LockTimeoutError(what, read_holder(handle), timedelta(seconds=waited))
        if not waits:
            queue_up()
            waits = True
        if on_wait and not told and waited >= UNTOLD:
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
