"""Files that arrive become runs: one sensor for each domain that has something to watch.

A request has a run key made of its files (or of its ack file), so that neither a restarted daemon nor a file that cannot be
loaded makes the same run twice. While a run of the sensor goes on it asks for nothing: what arrives then is in the next one.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from sl_assets.orchestration.context import OCCASION_TAG, QUIET_TAG, RANGE_END, RANGE_START
from sl_assets.orchestration.deadlines import late_requests, steps_before
from sl_assets.orchestration.factories.preload import READY_TABLES
from sl_assets.orchestration.killed_arrivals import ARRIVAL_TAG, requests_again
from sl_assets.orchestration.names import identifier
from sl_assets.orchestration.partitions import partitions_definition
from sl_assets.orchestration.plan import ranges
from sl_assets.orchestration.runs import close_dead_runs
from sl_assets.orchestration.translator import Translator
from sl_assets.project.records import Project, TableKey
from sl_assets.project.windows import window_of_key
from sl_assets.steps.arrivals import Arrival, ReadySince, arrivals, digest
from sl_assets.steps.gate import needs_ack

INTERVAL = 15  # seconds
QUIET = timedelta(seconds=5)
GOING_ON = [DagsterRunStatus.QUEUED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
MOST_LOOKED_AT = 200  # materializations of a preload since a tick


def arrival_sensors(project: Project, translator: Translator) -> list[dg.SensorDefinition]:
    """The sensors of all domains with a table that loads on arrival, or whose scheduled load waits for an ack file."""
    return [_sensor(translator, project, name) for name in project.domains if any(_is_watched(project, name))]


def _is_watched(project: Project, domain: str) -> Iterator[bool]:
    for table in project.tables_of(domain):
        if needs_ack(table):
            yield table.on_arrival or table.schedule is not None
        else:
            yield table.on_arrival and (table.landing is not None or table.orchestration.pre_load_strategy == "pending")


def _sensor(translator: Translator, project: Project, domain: str) -> dg.SensorDefinition:
    tables = [table for table, watched in zip(project.tables_of(domain), _is_watched(project, domain), strict=True) if watched]
    places = dict.fromkeys(str(table.landing or project.areas.stage / domain) for table in tables)

    def evaluate(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        return evaluate_arrivals(translator, project, domain, context.instance, context.cursor, datetime.now(UTC))

    return dg.SensorDefinition(
        identifier(domain, "arrivals"),
        evaluation_fn=evaluate,
        asset_selection=dg.AssetSelection.assets(
            *steps_before(translator, project, domain), *(translator.asset_key(table.key) for table in tables)
        ),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=INTERVAL,
        description=f"Loads files into {domain} when they arrive in {' or '.join(places)}.",
    )


def evaluate_arrivals(
    translator: Translator, project: Project, domain: str, instance: DagsterInstance, cursor: str | None, now: datetime
) -> dg.SensorResult | dg.SkipReason:
    """One look at what has arrived for a domain.

    The cursor holds when the sensor looked first (no earlier tick is late) and a digest of what it asked for last.
    """
    known: Mapping[str, str] = json.loads(cursor) if cursor else {}
    since = datetime.fromisoformat(known["since"]) if "since" in known else now
    if not instance.is_ephemeral:
        close_dead_runs(instance)
    running = instance.get_run_records(RunsFilter(tags={ARRIVAL_TAG: domain}, statuses=GOING_ON), limit=1)
    if running:
        return dg.SkipReason(f"Run {running[0].dagster_run.run_id} is loading what arrived before.")
    ready_since = _ready_since(translator, project, domain, instance)
    found = arrivals(project, domain, QUIET, now, ready_since)
    late = late_requests(translator, project, domain, since, now, ready_since)
    requests = [*_requests(translator, project, domain, found), *late, *requests_again(instance, domain, now)]
    asked = digest(sorted(str(request.run_key) for request in requests)) if requests else ""
    remembered = json.dumps({"since": since.isoformat(), "asked": asked})
    if not requests:
        return dg.SensorResult(skip_reason="Nothing has arrived.", cursor=remembered)
    if asked == known.get("asked"):
        files = sum(each.files for each in found)
        reason = f"The {files} files that are there were asked for before; runs tell why they could not be loaded."
        return dg.SensorResult(skip_reason=reason, cursor=remembered)
    tags = {"sl/trigger": "arrival", ARRIVAL_TAG: domain, QUIET_TAG: f"{QUIET.total_seconds():.0f}"}
    tagged = [each.with_replaced_attrs(tags={**tags, **each.tags}) for each in requests]
    return dg.SensorResult(run_requests=tagged, cursor=remembered)


def _requests(translator: Translator, project: Project, domain: str, found: Iterable[Arrival]) -> Iterator[dg.RunRequest]:
    """Tables without partitions in one run behind preload and import; the partitions of a table that there are, by ranges."""
    by_table: dict[TableKey, list[Arrival]] = defaultdict(list)
    for arrival in found:
        if arrival.partition is not None:
            by_table[arrival.tables[0]].append(arrival)
            continue
        keys = [*steps_before(translator, project, domain), *(translator.asset_key(key) for key in arrival.tables)]
        occasion = {OCCASION_TAG: arrival.scheduled.isoformat()} if arrival.scheduled else {}
        yield dg.RunRequest(run_key=arrival.identity, asset_selection=keys, tags=occasion)
    for key, partitions in by_table.items():
        yield from _range_requests(translator, project, key, partitions)


def _range_requests(translator: Translator, project: Project, key: TableKey, found: Sequence[Arrival]) -> Iterator[dg.RunRequest]:
    table = project.tables[key]
    if table.partitions is None:
        return
    gate = [translator.asset_key(TableKey(key.domain, "preload"))] if needs_ack(table) else []
    grid = partitions_definition(table.partitions)
    by_key = {str(each.partition): each.identity for each in found if grid.has_partition_key(str(each.partition))}
    start = {name: window_of_key(table.partitions, name).start for name in by_key}
    for first, last in ranges(table.partitions, by_key):
        mine = [by_key[name] for name in sorted(by_key, key=start.__getitem__) if start[first] <= start[name] <= start[last]]
        yield dg.RunRequest(
            run_key=digest([str(key), first, last, *mine]),
            asset_selection=[*gate, translator.asset_key(key)],
            tags={RANGE_START: first, RANGE_END: last},
        )


def _ready_since(translator: Translator, project: Project, domain: str, instance: DagsterInstance) -> ReadySince:
    def ready_since(moment: datetime) -> frozenset[TableKey]:
        filters = dg.AssetRecordsFilter(translator.asset_key(TableKey(domain, "preload")), after_timestamp=moment.timestamp())
        records = instance.fetch_materializations(filters, limit=MOST_LOOKED_AT).records
        found = (each.asset_materialization.metadata.get(READY_TABLES) for each in records if each.asset_materialization)
        names = {str(name) for each in found if each and isinstance(each.value, list) for name in each.value}
        return frozenset(table.key for table in project.tables_of(domain) if str(table.key) in names)

    return ready_since
