"""Dagster's history in SQLite, without a wait for the disk at every event.

Dagster opens and closes its databases for each event. In SQLite that is two waits for the disk: one for the commit, and one
because the last connection that closes folds the write-ahead log into the database. A year of partitions has some thousand of
them. While a run of ours goes on, connections commit without that wait and one stays open. What a process that is killed has
written is kept all the same. A power failure can take the last events, never the consistency; what was loaded without being told
is then told by the next run, because the ledger knows it.
"""

import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager

from sqlalchemy import Engine, event


@contextmanager
def quick_history() -> Generator[None]:
    """Let this process write its SQLite histories quickly; any other storage is left alone."""
    kept: dict[str, sqlite3.Connection] = {}
    with ExitStack() as stack:

        def on_connect(connection: object, _record: object) -> None:
            if not isinstance(connection, sqlite3.Connection):
                return
            connection.execute("PRAGMA synchronous = NORMAL")
            file: str = connection.execute("PRAGMA database_list").fetchone()[2]
            if file and file not in kept:
                kept[file] = stack.enter_context(closing(sqlite3.connect(file, check_same_thread=False)))
            if file:  # a look each time: the first one may be at a database that has no write-ahead log yet
                kept[file].execute("PRAGMA schema_version").fetchone()

        event.listen(Engine, "connect", on_connect)
        try:
            yield
        finally:
            event.remove(Engine, "connect", on_connect)
