"""DuckDB itself, kept from one use to the next, and its file for a moment: opening and closing them costs more than a transform.

An instance lives in memory. The warehouse's file is attached to it for a use. Each use has a connection of its own, and its
temporary tables, variables, registered frames and settings of the session end with that. What would stay in the instance (a `SET`
of DuckDB's as a whole, `ATTACH`, `LOAD`, secrets, functions in Python) no use of a kept one may leave: whoever runs SQL that can
do so starts an instance of his own.

After a use that says so, the file stays open, and the writers' lock is held, for the next one. Both go when somebody waits, when
no use comes for a moment, and now and then, for programs that only try once.
"""

import os
import threading
import time
import weakref
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import duckdb

from sl_assets.lock import FileLock, is_waited_for

CATALOG = "sl_warehouse"  # a name of our own: DuckDB would use the file's, and `sales.duckdb` makes "sales"."orders" ambiguous
IDLE = 0.5  # seconds that the file stays open after a use
LONGEST = 2.0  # seconds that it stays open over several uses, at least;
WORTH = 20  # where opening and closing it takes long, so many times that


@dataclass(frozen=True)
class OpenFile:
    """The warehouse's file, open for writing."""

    instance: duckdb.DuckDBPyConnection
    lock: FileLock
    release: ExitStack  # gives the lock back
    since: float  # by the monotonic clock
    opening: float  # seconds that it took

    def close(self) -> duckdb.DuckDBPyConnection | None:
        """Close the file and give the lock back, then give the instance for another use.

        None: what was committed could not be folded into the file and stays in the log beside it, for whoever opens it next;
        the instance went with it.
        """
        with self.release:
            if detach(self.instance):
                return self.instance
            self.instance.close()
            return None

    def abandon(self) -> None:
        """After an error: nothing is used again."""
        with self.release:
            self.instance.close()


def detach(instance: duckdb.DuckDBPyConnection) -> bool:
    """Close the file. False: what was committed could not be folded into it and stays in the log beside it, for the next use."""
    try:
        instance.execute(f"DETACH {CATALOG}")
    except duckdb.Error:
        return False
    return True


class Engine:
    """One instance of DuckDB, and its file as long as nobody else wants it.

    It belongs to the process that made it: a fork copies an instance without the threads that work for it. So the file is closed
    before each.
    """

    def __init__(self) -> None:
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._file: OpenFile | None = None
        self._used = 0.0  # when the file's last use ended
        self._closing = 0.0  # seconds that closing it took the last time
        self._change = threading.Condition()
        self._closer: threading.Thread | None = None
        self._is_over = False
        self._process = os.getpid()
        _engines.add(self)

    def take_instance(self) -> duckdb.DuckDBPyConnection | None:
        """An instance with nothing attached, that nobody else has; None: start one. A file that is open still is closed first."""
        if not self._is_ours:
            return None
        with self._change:
            self._close_file()
            instance, self._instance = self._instance, None
            return instance

    def give_back_instance(self, instance: duckdb.DuckDBPyConnection) -> None:
        """After a use that had nothing but the instance, and left nothing attached to it."""
        if self._is_ours:
            with self._change:
                self._keep(instance)

    def take_file(self, purpose: str) -> OpenFile | None:
        """The file, if it is open still and nobody waits for it; None: open it."""
        if not self._is_ours:
            return None
        with self._change:
            if self._file and is_waited_for(self._file.lock.path):
                self._close_file()
            if self._file:
                self._file.lock.renew(purpose)  # first: were it to fail, the file would belong to nobody
            file, self._file = self._file, None
            return file

    def give_back(self, file: OpenFile, *, stays_open: bool) -> None:
        """After a use. With `stays_open` the file may stay open for a moment."""
        if not self._is_ours:
            return  # a fork in the middle of a use: all of it is the parent's
        with self._change:
            self._file, self._used = file, time.monotonic()
            longest = max(LONGEST, WORTH * (file.opening + self._closing))
            if not stays_open or self._is_over or self._used - file.since > longest or is_waited_for(file.lock.path):
                self._close_file()
            elif self._closer is None:
                self._closer = threading.Thread(target=self._close_when_idle, name="closes the warehouse", daemon=True)
                self._closer.start()
            else:
                self._change.notify_all()

    def let_go(self) -> None:
        """Close the file now, if no use has it."""
        if self._is_ours:
            with self._change:
                self._close_file()

    def close(self) -> None:
        """Close the file and stop DuckDB."""
        if not self._is_ours:
            return
        with self._change:
            self._is_over = True
            self._close_file()
            self._change.notify_all()
        if self._closer:
            self._closer.join()
        if instance := self.take_instance():
            instance.close()

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file:
            began = time.monotonic()
            if instance := file.close():
                self._keep(instance)
            self._closing = time.monotonic() - began

    def _keep(self, instance: duckdb.DuckDBPyConnection) -> None:
        """One is enough: there is a second where a reader and a writer of two threads came at the same time."""
        if self._instance:
            instance.close()
        else:
            self._instance = instance

    def _close_when_idle(self) -> None:
        with self._change:
            while not self._is_over:
                left = self._used + IDLE - time.monotonic()
                if self._file and left <= 0:
                    self._close_file()
                self._change.wait(left if self._file else None)

    @property
    def _is_ours(self) -> bool:
        return os.getpid() == self._process


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def _let_all_go() -> None:
    for engine in list(_engines):
        with suppress(duckdb.Error, OSError):
            engine.let_go()


os.register_at_fork(before=_let_all_go)
