"""Many events of one step, written together: a run over a year of partitions marks each of them by itself.

Dagster hands events that are marked as one batch to its storage as one, when `DAGSTER_EVENT_BATCH_SIZE` says so. Its storage in
SQLite writes them one by one all the same, in two databases and with what is known of the asset anew each time; here they are
written in one transaction for each database.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import dagster as dg
from dagster import DagsterEvent, EventLogEntry
from dagster._core.events import ASSET_EVENTS, DagsterEventBatchMetadata, generate_event_batch_id
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

SIZE, MOST = "DAGSTER_EVENT_BATCH_SIZE", 100
_STORE = "store_event_batch"


def materialized(context: dg.AssetExecutionContext, told: Iterable[dg.AssetMaterialization]) -> Iterator[DagsterEvent]:
    """Materialization events of a step, in one batch: to be yielded by its op. They are logged when this is first asked for."""
    step, batch, every = context.get_step_execution_context(), generate_event_batch_id(), list(told)
    yield from [
        DagsterEvent.asset_materialization(step, each, DagsterEventBatchMetadata(batch, number == len(every)))
        for number, each in enumerate(every, start=1)
    ]


@contextmanager
def batches_written() -> Generator[None]:
    """Let Dagster write batches in this process, those in SQLite in few transactions. A size that somebody set stays.

    The size stays set afterwards: another thread may be in the middle of a batch, and Dagster would forget its first part.
    """
    os.environ.setdefault(SIZE, str(MOST))
    if _STORE in vars(SqliteEventLogStorage):  # a Dagster that can do it itself, or one of these inside another
        yield
        return
    setattr(SqliteEventLogStorage, _STORE, _store_events)
    try:
        yield
    finally:
        delattr(SqliteEventLogStorage, _STORE)


def _store_events(storage: SqliteEventLogStorage, events: Sequence[EventLogEntry]) -> None:
    """Store events in their order; those of assets of one run in one transaction for each of its two databases."""
    for (run, of_assets), group in groupby(events, key=lambda event: (event.run_id, _is_of_asset(event))):
        together = list(group)
        if of_assets and len(together) > 1:
            _store_asset_events(storage, run, together)
        else:
            for event in together:
                storage.store_event(event)


def _is_of_asset(event: EventLogEntry) -> bool:
    told = event.dagster_event
    return told is not None and told.event_type in ASSET_EVENTS and told.asset_key is not None


def _store_asset_events(storage: Any, run: str, events: Sequence[EventLogEntry]) -> None:
    """What `store_event` does for each, in the index of all runs first: should that fail, Dagster stores them one by one.

    Of the events of an asset the last of each kind is what is known of it, as if they had been stored one after the other.
    """
    insert = storage.prepare_insert_event_batch(events)
    with storage.index_transaction() as connection:
        found = connection.execute(insert.returning(SqlEventLogStorageTable.c.id))
        numbers = sorted(found.scalars())  # SQLite counts up within a statement, and tells in no order that it promises
        storage._store_asset_event_tags(connection, events, numbers)  # noqa: SLF001 - the public one has another transaction
        last = {
            (event.get_dagster_event().event_type, event.get_dagster_event().asset_key): place
            for place, event in enumerate(events)
        }
        for place in sorted(last.values()):
            storage._store_asset_event(connection, events[place], numbers[place])  # noqa: SLF001
    with storage.run_connection(run) as connection:
        connection.execute(insert)
