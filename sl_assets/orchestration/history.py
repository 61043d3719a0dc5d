"""Dagster's history in SQLite, without a wait for the disk at every event.

Dagster opens and closes its databases for each event. In SQLite that is two waits for the disk: one for the commit, and one
because the last connection that closes folds the write-ahead log into the database. A year of partitions has some thousand of
them. While a run of ours goes on, connections commit without that wait and one stays open. What a process that is killed has
written is kept all the same. A power failure can take the last events, never the consistency; what was loaded without being told
is then told by the next run, because the ledger knows it.

For each event Dagster also makes a new SQLAlchemy engine, which compiles every statement anew: half of what an event costs. Here
each database keeps its engine (a connection is still opened and closed for each event). Events that are one batch are written
together (`sl_assets.orchestration.events_together`).
"""

import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from sqlalchemy import Engine, create_engine, event

from sl_assets.orchestration.events_together import batches_written

_MAKER = "create_engine"  # the name under which Dagster's event log calls SQLAlchemy


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
        stack.callback(event.remove, Engine, "connect", on_connect)
        stack.enter_context(_engines_kept())
        stack.enter_context(batches_written())
        yield


@contextmanager
def _engines_kept() -> Generator[None]:
    """Hand Dagster's event log the engine that it had before. It closes engines after each use, which only closes connections."""
    made: dict[str, Engine] = {}
    before = getattr(sqlite_event_log, _MAKER, None)

    def kept_engine(url: str, **options: Any) -> Engine:
        if url not in made:
            made[url] = create_engine(url, **options)
        return made[url]

    if before is not create_engine:  # a Dagster that does it otherwise, or one of these inside another
        yield
        return
    setattr(sqlite_event_log, _MAKER, kept_engine)
    try:
        yield
    finally:
        setattr(sqlite_event_log, _MAKER, before)
