"""Ack files that are late: `ack_wait_timeout` after the tick of a schedule, without anybody waiting in a run's slot."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from croniter import croniter

from sl_assets.orchestration.context import OCCASION_TAG
from sl_assets.orchestration.factories.preload import DEADLINE_TAG
from sl_assets.orchestration.schedules import partition_at_tick
from sl_assets.orchestration.translator import Translator
from sl_assets.project.records import Project, Table, TableKey
from sl_assets.steps.arrivals import ReadySince
from sl_assets.steps.gate import needs_ack


def late_requests(
    translator: Translator, project: Project, domain: str, since: datetime, now: datetime, ready_since: ReadySince
) -> Iterator[dg.RunRequest]:
    """For each schedule whose last tick to be judged found no ack file in time, a run that loads it or fails and says so.

    Only ticks after `since` are judged, and of those only the last whose deadline has passed: a daemon that was down for a week
    tells of one late delivery, not of seven.
    """
    zone = ZoneInfo(project.settings.timezone)
    grouped: dict[tuple[str, timedelta, str | None], list[Table]] = defaultdict(list)
    ticks: dict[tuple[str, timedelta], datetime] = {}
    for table in project.tables_of(domain):
        if table.schedule is None or not needs_ack(table):
            continue
        slot = (table.schedule, table.orchestration.ack_wait)
        if slot not in ticks:
            judged = (now - slot[1]).astimezone(zone) + timedelta(microseconds=1)
            ticks[slot] = croniter(table.schedule, judged).get_prev(datetime)
        if ticks[slot] <= since:
            continue
        partition = partition_at_tick(table.partitions, table.schedule, ticks[slot]) if table.partitions else None
        if table.partitions is None or partition is not None:
            grouped[*slot, partition].append(table)
    for (cron, wait, partition), tables in grouped.items():
        tick = ticks[cron, wait]
        ready = ready_since(tick)
        late = [table for table in tables if table.key not in ready]
        if late:
            yield _request(translator, project, domain, late, tick, tick + wait, partition)


def steps_before(translator: Translator, project: Project, domain: str) -> list[dg.AssetKey]:
    """What goes before the loads of a domain in a run: its gate, its import."""
    gated = project.domains[domain].pre_load_strategy != "none"
    names = (*(["preload"] if gated else []), *(["import"] if project.landings_of(domain) else []))
    return [translator.asset_key(TableKey(domain, name)) for name in names]


def _request(
    translator: Translator,
    project: Project,
    domain: str,
    tables: list[Table],
    tick: datetime,
    deadline: datetime,
    partition: str | None,
) -> dg.RunRequest:
    names = "+".join(sorted(table.key.name for table in tables))
    return dg.RunRequest(
        run_key=f"late/{tick.isoformat()}/{partition}/{names}",
        asset_selection=[*steps_before(translator, project, domain), *(translator.asset_key(table.key) for table in tables)],
        partition_key=partition,
        tags={OCCASION_TAG: tick.isoformat(), DEADLINE_TAG: deadline.isoformat(" ", "minutes")},
    )
