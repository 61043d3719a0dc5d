"""What has arrived for a domain and is to be loaded at once: the arrival sensor's question. Nothing is moved."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from sl_assets.areas.files import InputFile
from sl_assets.areas.global_acks import GlobalAck, list_acks
from sl_assets.areas.landing import Landed, landed_files
from sl_assets.areas.stage import staged_files
from sl_assets.project.acknowledgement import ack_glob, day_of_ack
from sl_assets.project.records import Project, Table, TableKey
from sl_assets.project.windows import partition_of_file, window_of_key
from sl_assets.steps.gate import ack_of_file, day_of, needs_ack

GRACE = timedelta(minutes=1)
"""A schedule has this long to do by itself what its tick is for."""

ReadySince = Callable[[datetime], frozenset[TableKey]]
"""The tables for which a preload was ready since a moment."""


@dataclass(frozen=True)
class Arrival:
    """What one run can load: some tables without partitions, or one partition of a table.

    `identity` is another one for any other files, or for any other ack file. `scheduled` is the time the run is to stand for,
    where that is not now.
    """

    tables: tuple[TableKey, ...]
    identity: str
    files: int
    partition: str | None = None
    scheduled: datetime | None = None


def arrivals(project: Project, domain: str, quiet: timedelta, now: datetime, ready_since: ReadySince) -> tuple[Arrival, ...]:
    """What has arrived for the tables of a domain that load on arrival, and behind ack files.

    A table with a schedule waits for its ticks, unless `runOnArrival` says otherwise. When its ack file comes after the tick, the
    load follows at once: the tick found nothing.

    Args:
        project: The project.
        domain: Which domain.
        quiet: A file that was modified less than this ago is left for the next time.
        now: The time, with a zone.
        ready_since: The tables for which a preload was ready since a moment.

    Raises:
        UnreadableFolderError, BrokenAckError: Nobody can say what has arrived.
    """
    tables = project.tables_of(domain)
    landed = landed_files(tables, quiet, now)
    staged = staged_files(project.areas, project.domains[domain], tables).by_table
    by_file = [table for table in tables if table.on_arrival and not needs_ack(table)]
    files = {table.key: _arrived(table, landed, staged, quiet, now) for table in by_file}
    by_ack = [table for table in tables if needs_ack(table) and (table.on_arrival or table.schedule)]
    waiting = {table.key: (*landed.by_table[table.key], *staged[table.key]) for table in by_ack}
    acknowledged = _Acknowledged(project, now, ready_since, waiting)
    return (*_plain(by_file, files), *_partitions(by_file, files), *acknowledged.plain(by_ack), *acknowledged.partitions(by_ack))


def _arrived(
    table: Table, landed: Landed, staged: Mapping[TableKey, tuple[InputFile, ...]], quiet: timedelta, now: datetime
) -> tuple[InputFile, ...]:
    """The complete files of a table where they arrive: under `pending` that is the stage."""
    if table.orchestration.pre_load_strategy != "pending":
        return landed.by_table[table.key]
    return tuple(file for file in staged[table.key] if not file.is_busy(max(quiet, table.quiet), now))


def _plain(tables: Iterable[Table], files: Mapping[TableKey, tuple[InputFile, ...]]) -> Iterator[Arrival]:
    """All tables without partitions that have files, in one."""
    found = {table.key: files[table.key] for table in tables if not table.partitions and files[table.key]}
    if found:
        everything = [file for mine in found.values() for file in mine]
        yield Arrival(tuple(found), _identity(everything), len(everything))


def _partitions(tables: Iterable[Table], files: Mapping[TableKey, tuple[InputFile, ...]]) -> Iterator[Arrival]:
    for table in tables:
        for key, mine in _by_partition(table, files[table.key]).items():
            yield Arrival((table.key,), _identity(mine), len(mine), key)


def _by_partition(table: Table, files: Iterable[InputFile]) -> Mapping[str, list[InputFile]]:
    found: dict[str, list[InputFile]] = defaultdict(list)
    for file in files:
        key = partition_of_file(table.partitions, file.name) if table.partitions else None
        if key is not None:
            found[key].append(file)
    return found


@dataclass(frozen=True)
class _Acknowledged:
    """What lies behind ack files, each of them once."""

    project: Project
    now: datetime
    ready_since: ReadySince
    waiting: Mapping[TableKey, tuple[InputFile, ...]]

    def plain(self, tables: Iterable[Table]) -> Iterator[Arrival]:
        """Tables without partitions that share an ack file and a time, in one."""
        together: dict[tuple[GlobalAck, datetime | None], list[TableKey]] = defaultdict(list)
        for table in tables:
            for ack in () if table.partitions else list_acks(ack_glob(table)):
                moment = self._moment(table, day_of_ack(table, ack.path))
                if moment is not None and (table.schedule is None or table.key not in self.ready_since(moment)):
                    together[ack, moment].append(table.key)
        for (ack, moment), keys in together.items():
            files = sum(len(self.waiting[key]) for key in keys)
            yield Arrival(tuple(keys), digest([ack.identity, *map(str, keys)]), files, scheduled=moment)

    def partitions(self, tables: Iterable[Table]) -> Iterator[Arrival]:
        """Partitions that have files and are acknowledged; those of a schedule when they are over."""
        for table in tables:
            if not table.partitions:
                continue
            acks = {ack.path: ack for ack in list_acks(ack_glob(table))}
            for key, files in _by_partition(table, self.waiting[table.key]).items():
                ack = acks.get(ack_of_file(table, day_of(self.project, self.now), files[0]))
                over = window_of_key(table.partitions, key).end <= self.now - GRACE
                if ack and (over or table.schedule is None):
                    yield Arrival((table.key,), digest([ack.identity, key]), len(files), key)

    def _moment(self, table: Table, day: date | None) -> datetime | None:
        """The time that a load stands for whose ack file is of a day: that of its tick; None as long as that is to come."""
        zone = ZoneInfo(self.project.settings.timezone)
        today = self.now.astimezone(zone).date()
        midnight = datetime.combine(day or today, time(), zone)
        if table.schedule is None:
            return midnight
        until = self.now - GRACE
        if day is not None and day < today:
            until = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(seconds=1)
        tick: datetime = croniter(table.schedule, until.astimezone(zone) + timedelta(seconds=1)).get_prev(datetime)
        return None if day is not None and tick.date() != day else tick


def _identity(files: Iterable[InputFile]) -> str:
    """Files by name, size and time: the ones that were there before are not new."""
    return digest(
        f"{file.path}/{file.name}/{file.size}/{file.modified_at.timestamp()}/{file.changed_at and file.changed_at.timestamp()}"
        for file in files
    )


def digest(texts: Iterable[str]) -> str:
    """Texts as one short one."""
    found = hashlib.sha256()
    for text in texts:
        found.update(text.encode("utf-8", "surrogateescape") + b"\0")
    return found.hexdigest()[:32]
