"""DuckDB itself, kept from one use to the next: starting it costs more than all that a small transform does.

An instance lives in memory. The warehouse's file is attached to it for one use and detached after it, so that in between any
other program can open the file. Each use has a connection of its own, and its temporary tables, variables, registered frames and
settings of the session end with that. What would stay in the instance (a `SET` of DuckDB's as a whole, `ATTACH`, `LOAD`, secrets,
functions in Python) no use of a kept one may leave: whoever runs SQL that can do so starts an instance of his own.
"""

import os
from collections import deque
from contextlib import suppress

import duckdb


class Engine:
    """The instances of DuckDB that wait for their next use: one, or as many as threads needed at the same time.

    It belongs to the process that made it: a fork copies an instance without the threads that work for it.
    """

    def __init__(self) -> None:
        self._idle: deque[duckdb.DuckDBPyConnection] = deque()
        self._process = os.getpid()

    def take(self) -> duckdb.DuckDBPyConnection | None:
        """An instance that nobody else has, until it is given back; None: start one."""
        with suppress(IndexError):
            return self._idle.pop() if self._is_ours else None
        return None

    def give_back(self, instance: duckdb.DuckDBPyConnection) -> None:
        """Keep an instance to which nothing is attached any more."""
        if self._is_ours:
            self._idle.append(instance)

    def close(self) -> None:
        """Stop what waits."""
        while (instance := self.take()) is not None:
            instance.close()

    @property
    def _is_ours(self) -> bool:
        return os.getpid() == self._process
