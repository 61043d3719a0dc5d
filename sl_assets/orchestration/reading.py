"""Up to which event of Dagster's history a transform had read when it built what it built.

Dagster itself notes with each materialization which event of each upstream it was made from, but not where there are partitions.
A point in time would not do: an upstream may be refreshed while the transform runs, which then has not read it although its own
event comes later.
"""

from collections.abc import Collection, Mapping

import dagster as dg
from dagster import DagsterEventType, DagsterInstance

READ_TAG = "sl/read_up_to"
CODE_TAG = "sl/code_version"
PAGE = 500  # events asked of Dagster's history at a time


def read_tag(instance: DagsterInstance) -> Mapping[str, str]:
    """To be taken before anything is read: the newest event there is, as a tag of the events to come."""
    return {READ_TAG: str(instance.event_log_storage.get_maximum_record_id() or 0)}


def read_event(record: dg.EventLogRecord) -> int:
    """The newest event that a materialization can have read; one that says nothing (not ours) read all that came before it."""
    noted = _tag(record, READ_TAG)
    return int(noted) if noted.isdecimal() else record.storage_id


def looked_tags(before: Mapping[str, str], version: str) -> Mapping[str, str]:
    """The tags of an observation: a transform looked, by its code of this version, and there was nothing new to read."""
    return {**before, CODE_TAG: version}


def last_look(instance: DagsterInstance, asset: dg.AssetKey, version: str) -> int:
    """Up to which event a transform of this version looked last without finding anything new; 0: it never did."""
    record = next(iter(instance.fetch_observations(asset, limit=1).records), None)
    return read_event(record) if record and _tag(record, CODE_TAG) == version else 0


def _tag(record: dg.EventLogRecord, name: str) -> str:
    event = record.asset_materialization or record.asset_observation
    return (event.tags or {}).get(name, "") if event else ""


def latest_by_partition(
    instance: DagsterInstance, asset: dg.AssetKey, parts: Collection[str] | None = None, after: int | None = None
) -> Mapping[str, int]:
    """The latest materialization of each partition, or of those named, by its number in the history; only those after one."""
    kind = DagsterEventType.ASSET_MATERIALIZATION
    return instance.get_latest_storage_id_by_partition(asset, kind, set(parts) if parts is not None else None, after)


def read_by_partition(instance: DagsterInstance, asset: dg.AssetKey, latest: Mapping[str, int]) -> Mapping[str, int]:
    """What the latest materializations of some partitions (`latest_by_partition`) have read."""
    numbers = sorted(latest.values())
    read: dict[str, int] = {}
    for start in range(0, len(numbers), PAGE):
        wanted = dg.AssetRecordsFilter(asset, storage_ids=numbers[start : start + PAGE])
        for record in instance.fetch_materializations(wanted, limit=PAGE).records:
            if record.partition_key is not None:
                read[record.partition_key] = read_event(record)
    return read
