"""The sensors that evaluate automation conditions.

One for the whole graph, while it is small enough: a sensor does not see what another one requests. The conditions are partly
ours, so the code location evaluates them, and then Dagster takes 500 assets per sensor, those that a project adds itself
included, and gives it a minute. A tick over 500 takes one to three seconds. What hangs together stays together up to the limit;
where it is cut, a transform runs after its upstream has finished, in a run of its own.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

SENSOR_NAME = "automation"
SENSOR_INTERVAL = 30  # seconds
LIMIT = 400  # assets with a condition per sensor; the other hundred that Dagster takes are for assets that are not ours


def automation_sensors(
    assets: Iterable[dg.AssetsDefinition | dg.AssetSpec],
) -> list[dg.AutomationConditionSensorDefinition]:
    """As many sensors as the assets with a condition need, RUNNING as declared; at least one."""
    specs = [spec for each in assets for spec in ([each] if isinstance(each, dg.AssetSpec) else each.specs)]
    automated = {spec.key: spec for spec in specs if spec.automation_condition is not None}
    if len(automated) <= LIMIT:
        return [_sensor(SENSOR_NAME, dg.AssetSelection.all())]
    shards = share_out(components({key: [dep.asset_key for dep in spec.deps] for key, spec in automated.items()}), LIMIT)
    return [
        _sensor(f"{SENSOR_NAME}_{number}", dg.AssetSelection.assets(*keys).without_checks())
        for number, keys in enumerate(shards, start=1)
    ]


def components(upstreams: Mapping[dg.AssetKey, Sequence[dg.AssetKey]]) -> list[list[dg.AssetKey]]:
    """The assets in groups that hang together, each group in an order in which upstreams come first."""
    neighbours: dict[dg.AssetKey, set[dg.AssetKey]] = {key: set() for key in upstreams}
    for key, deps in upstreams.items():
        for dep in deps:
            if dep in neighbours:
                neighbours[key].add(dep)
                neighbours[dep].add(key)
    found: list[list[dg.AssetKey]] = []
    seen: set[dg.AssetKey] = set()
    for first in upstreams:
        group, waiting = set[dg.AssetKey](), [first]
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                group.add(key)
                waiting += neighbours[key]
        if group:
            found.append(_upstreams_first(group, upstreams))
    return found


def share_out(groups: Iterable[Sequence[dg.AssetKey]], limit: int) -> list[list[dg.AssetKey]]:
    """Groups into as few shards of at most `limit` as one pass finds; only a group that is larger is cut."""
    shards: list[list[dg.AssetKey]] = []
    for group in sorted(groups, key=len, reverse=True):
        for start in range(0, len(group), limit):
            piece = group[start : start + limit]
            roomy = next((shard for shard in shards if len(shard) + len(piece) <= limit), None)
            if roomy is None:
                shards.append(list(piece))
            else:
                roomy += piece
    return shards


def _upstreams_first(group: set[dg.AssetKey], upstreams: Mapping[dg.AssetKey, Sequence[dg.AssetKey]]) -> list[dg.AssetKey]:
    done: dict[dg.AssetKey, None] = {}
    waiting = sorted(group, reverse=True)
    while waiting:
        key = waiting[-1]
        missing = [dep for dep in upstreams[key] if dep in group and dep not in done]
        if key not in done and missing:
            waiting += missing
        else:
            waiting.pop()
            done.setdefault(key)
    return list(done)


def _sensor(name: str, target: dg.AssetSelection) -> dg.AutomationConditionSensorDefinition:
    with warnings.catch_warnings():
        # Dagster calls evaluation in the code location "beta" at every use; a project can do nothing about that.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.AutomationConditionSensorDefinition(
            name,
            target=target,
            default_status=dg.DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=SENSOR_INTERVAL,
            run_tags={"sl/trigger": "automation"},
            description="Runs a transform without a cron when the tables it reads were refreshed, and what is stale.",
            use_user_code_server=True,
        )
