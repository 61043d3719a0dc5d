"""Dagster's list of the revisions of its databases, read once.

For each run Dagster makes a database, and for that it reads the same eighty files of Alembic twice: a fifth of the time that a
small run takes. They are part of an installed package and do not change.
"""

from functools import cache

from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from dagster._core.storage.sql import get_alembic_config


def read_revisions_once() -> None:
    """From now on, in this process and its forks: one list for each of the three configurations that Dagster has."""
    made = ScriptDirectory.from_config
    if not hasattr(made, "cache_info"):
        ScriptDirectory.from_config = cache(made)


def read_revisions_now() -> None:
    """For a process that will be forked."""
    read_revisions_once()
    for storage in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        ScriptDirectory.from_config(get_alembic_config(storage.__file__)).as_revision_number("head")
