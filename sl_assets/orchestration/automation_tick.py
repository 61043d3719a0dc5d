"""What the conditions of one tick ask Dagster's storage, asked once for all of them.

The latest materializations come from the records that Dagster loads at the start of a tick, in one query. So all conditions of a
tick see the same moment.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import dagster as dg
from dagster._core.storage.event_log.base import AssetRecord

Context = dg.AutomationContext[dg.AssetKey]

_ENDED = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}
_UNFINISHED = [status for status in dg.DagsterRunStatus if status not in _ENDED]


class _Everything:
    def __contains__(self, key: object) -> bool:
        return True


@dataclass
class _Answers:
    unfinished: Container[dg.AssetKey]
    observed: dict[tuple[dg.AssetKey, float], bool] = field(default_factory=dict[tuple[dg.AssetKey, float], bool])


# A tick has one view of the graph, which is gone with it.
_ANSWERS: WeakKeyDictionary[object, _Answers] = WeakKeyDictionary()


def last_materialization(context: Context, asset: dg.AssetKey) -> dg.EventLogRecord | None:
    """The latest materialization of an asset, of whatever partition."""
    record = AssetRecord.blocking_get(context.asset_graph_view, asset)
    return record.asset_entry.last_materialization_record if record else None


def observed_since(context: Context, asset: dg.AssetKey, moment: float) -> bool:
    """Whether an asset has an observation after a moment (seconds since 1970)."""
    observed = _answers(context).observed
    if (asset, moment) not in observed:
        since = dg.AssetRecordsFilter(asset, after_timestamp=moment)
        observed[asset, moment] = bool(context.asset_graph_view.instance.fetch_observations(since, limit=1).records)
    return observed[asset, moment]


def unfinished(context: Context) -> Container[dg.AssetKey]:
    """The assets of runs that have not ended. More than those that are still being built, but none of these is missing."""
    return _answers(context).unfinished


def _answers(context: Context) -> _Answers:
    view = context.asset_graph_view
    if view not in _ANSWERS:
        _ANSWERS[view] = _Answers(_unfinished(view.instance))
    return _ANSWERS[view]


def _unfinished(instance: dg.DagsterInstance) -> Container[dg.AssetKey]:
    records = instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED))
    selections = [record.dagster_run.asset_selection for record in records]
    known = [selection for selection in selections if selection is not None]
    # a run of a whole job does not say what is in it
    return set[dg.AssetKey]().union(*known) if len(known) == len(selections) else _Everything()
