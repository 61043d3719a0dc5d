"""Running a project in this process: what `sl-assets run` does, told event by event to whoever shows it."""

import logging
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterInstance

from sl_assets.orchestration.backfill import Backfill
from sl_assets.orchestration.check_outcomes import CheckOutcome, check_outcome
from sl_assets.orchestration.context import RANGE_END, RANGE_START
from sl_assets.orchestration.history import quick_history
from sl_assets.orchestration.plan import (
    Launch,
    files_without_partition,
    plan_loads,
    plan_partitioned_loads,
    plan_reloads,
    plan_transforms,
    with_reloads,
)
from sl_assets.orchestration.runs import alive, close_dead_runs
from sl_assets.project.records import Project
from sl_assets.steps.reports import Counts

_NOT_EXECUTED = "Dependencies for step "
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class SelectionError(Exception):
    """A selection that cannot be understood, or names no asset this project can make."""


@dataclass(frozen=True)
class AssetOutcome:
    """What a run did with one asset, as far as it is known by now.

    `aside`: of a transform whose row expectations kept rows out, where they went. `skipped`: there was nothing to do for it;
    `not run`: something it needs failed. `broken`: the checks that did not hold.
    """

    name: str
    state: Literal["not run", "running", "done", "unchanged", "skipped", "failed"] = "not run"
    files: int | None = None
    counts: Counts | None = None
    written: int | None = None
    aside: Counts | None = None
    seconds: float = 0.0
    partitions: int = 0
    message: str = ""
    broken: tuple[CheckOutcome, ...] = ()


@dataclass
class Outcomes:
    """The steps of all runs, in the order they began."""

    steps: dict[tuple[str, str], AssetOutcome] = field(default_factory=dict[tuple[str, str], AssetOutcome])

    @property
    def all(self) -> tuple[AssetOutcome, ...]:
        """One outcome for each step of each run, those that never began at the end."""
        return tuple(sorted(self.steps.values(), key=lambda each: each.state == "not run"))

    @property
    def failed(self) -> tuple[AssetOutcome, ...]:
        """What failed."""
        return tuple(each for each in self.steps.values() if each.state == "failed")


class Listener(Protocol):
    """Whoever shows how a run goes."""

    def show(self, outcome: AssetOutcome) -> None:
        """Take the news about an asset."""
        ...

    def notice(self, message: str) -> None:
        """Take a sentence that somebody who watches should see, e.g. whom a run waits for."""
        ...


Launcher = Callable[[dg.Definitions, DagsterInstance, Listener], Outcomes]
"""Something that runs runs, and tells a listener."""


def launch_all(
    project: Project,
    defs: dg.Definitions,
    instance: DagsterInstance,
    selection: str | None,
    listener: Listener,
    *,
    reload: bool = False,
) -> Outcomes:
    """Bring the chosen assets up to date, in as many Dagster runs as it takes; without a selection, the whole project.

    Without a selection only transforms that are due are built; a selection builds what it names. With `reload` the chosen loads
    make their tables anew, and so do transforms that read only what is new.

    Raises:
        SelectionError: The selection cannot be understood, or names nothing of the project.
    """
    close_dead_runs(instance)
    chosen = select(defs, selection)
    outcomes = Outcomes()
    usual = (*plan_loads(project, chosen), *plan_partitioned_loads(project, instance, chosen))
    for sentence in files_without_partition(project, chosen):
        listener.notice(sentence)
    for launch in plan_reloads(project, chosen) if reload else usual:
        _run(defs, instance, launch, outcomes, listener)
    plan = plan_transforms(project, instance, chosen, only_due=selection is None)
    for launch in with_reloads(project, plan.launches) if reload else plan.launches:
        _run(defs, instance, launch, outcomes, listener)
    for key, missing in plan.blocked.items():
        outcomes.steps["", str(key)] = AssetOutcome("/".join(key), message=f"waits for {missing}, which was never built")
    return outcomes


def launch_partitions(
    project: Project,
    defs: dg.Definitions,
    instance: DagsterInstance,
    selection: str,
    keys: tuple[str, str],
    listener: Listener,
) -> Outcomes:
    """Build the partitions of the chosen assets from the first to the last key, and what hangs on them among the chosen.

    Raises:
        SelectionError: The selection cannot be understood, or names nothing of the project.
        PartitionError: The keys are none of the selection's.
    """
    close_dead_runs(instance)
    backfill = Backfill(project, instance, select(defs, selection), keys)
    outcomes = Outcomes()
    for launch in backfill.launches():
        _run(defs, instance, launch, outcomes, listener)
    for key, missing in backfill.blocked.items():
        outcomes.steps["", str(key)] = AssetOutcome("/".join(key), message=f"waits for {missing}, of which nothing was built")
    return outcomes


def launch_each(defs: dg.Definitions, instance: DagsterInstance, launches: Iterable[Launch], listener: Listener) -> Outcomes:
    """Run what was planned, one Dagster run after the other."""
    close_dead_runs(instance)
    outcomes = Outcomes()
    for launch in launches:
        _run(defs, instance, launch, outcomes, listener)
    return outcomes


def select(defs: dg.Definitions, selection: str | None) -> frozenset[dg.AssetKey]:
    """The assets of the project a selection in Dagster's syntax names, that something here can make.

    Raises:
        SelectionError: It cannot be understood, or there are none.
    """
    graph = defs.resolve_asset_graph()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # what the selection parser uses is none of the user's business
        try:
            chosen = dg.AssetSelection.from_string(selection) if selection else dg.AssetSelection.all()
            keys = frozenset(chosen.resolve(graph) & graph.executable_asset_keys)
        except dg.DagsterError as error:
            raise SelectionError(str(error)) from error
    if not keys:
        names = ", ".join(sorted(key.to_user_string() for key in graph.executable_asset_keys))
        raise SelectionError(f"{selection} names no asset of this project. There are: {names or 'none'}.")
    return keys


def _run(defs: dg.Definitions, instance: DagsterInstance, launch: Launch, outcomes: Outcomes, listener: Listener) -> None:
    run_id = str(uuid.uuid4())
    tags = {"sl/trigger": "command line"}
    if launch.partitions:
        tags |= {RANGE_START: launch.partitions[0], RANGE_END: launch.partitions[1]}
    names = _step_names(defs)

    def on_event(record: dg.EventLogEntry) -> None:
        event = record.dagster_event
        said = event is None and isinstance(record.level, int) and record.level >= logging.WARNING
        if said and not record.user_message.startswith(_NOT_EXECUTED):  # that is told in our words once the run is over
            listener.notice(record.user_message)
        if event is None or event.step_key is None:
            return
        slot = (run_id, event.step_key)
        before = outcomes.steps.get(slot, AssetOutcome(names.get(event.step_key, event.step_key)))
        if event.event_type in (DagsterEventType.STEP_START, DagsterEventType.STEP_SKIPPED):
            outcomes.steps.pop(slot, None)  # to its place in the order in which steps begin
        outcomes.steps[slot] = _after(before, event)
        listener.show(outcomes.steps[slot])

    instance.add_event_listener(run_id, on_event)
    # Marked before Dagster knows of it: a run without its mark cannot be closed.
    with quick_history(), alive(Path(instance.root_directory), run_id):
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            run_config={**QUIET, **launch.config},
            instance=instance,
            asset_selection=list(launch.assets),
            run_id=run_id,
            tags=tags,
            raise_on_error=False,
        )
    _tell_not_run(defs, run_id, outcomes)
    if not result.success and not any(each.state == "failed" for slot, each in outcomes.steps.items() if slot[0] == run_id):
        failed = AssetOutcome(f"run {run_id}", "failed", message=_run_failure(instance, run_id))
        outcomes.steps[run_id, ""] = failed
        listener.show(failed)


def _tell_not_run(defs: dg.Definitions, run_id: str, outcomes: Outcomes) -> None:
    """Of what was not run, say which of the assets that it reads is why."""
    graph = defs.resolve_asset_graph()
    stopped = {each.name for slot, each in outcomes.steps.items() if slot[0] == run_id and each.state in ("failed", "not run")}
    for slot, each in outcomes.steps.items():
        if slot[0] == run_id and each.state == "not run" and not each.message:
            key = dg.AssetKey.from_user_string(each.name)
            parents = graph.get(key).parent_keys if graph.has(key) else ()
            told = sorted({parent.to_user_string() for parent in parents} & stopped)
            if told:
                outcomes.steps[slot] = replace(each, message=f"reads {' and '.join(told)}")


def _step_names(defs: dg.Definitions) -> Mapping[str, str]:
    return {
        each.op.name: next(iter(each.keys)).to_user_string()
        for each in defs.resolve_asset_graph().assets_defs
        if each.is_executable
    }


def _after(outcome: AssetOutcome, event: DagsterEvent) -> AssetOutcome:
    """An outcome once an event is known."""
    change = CHANGES.get(event.event_type)
    return change(outcome, event) if change else outcome


def _materialized(outcome: AssetOutcome, event: DagsterEvent) -> AssetOutcome:
    materialization = event.step_materialization_data.materialization
    known = _with_metadata(outcome, materialization.metadata)
    return replace(known, state="done", partitions=outcome.partitions + (1 if materialization.partition else 0))


def _observed(outcome: AssetOutcome, event: DagsterEvent) -> AssetOutcome:
    metadata = event.asset_observation_data.asset_observation.metadata
    ready = metadata.get("ready")  # of a preload: when it is not, what is below it is skipped
    state = "skipped" if ready is not None and ready.value is False else "unchanged"
    return replace(_with_metadata(outcome, metadata), state=state)


def _succeeded(outcome: AssetOutcome, event: DagsterEvent) -> AssetOutcome:
    state = "skipped" if outcome.state == "running" else outcome.state
    return replace(outcome, state=state, seconds=event.step_success_data.duration_ms / 1000)


def _checked(outcome: AssetOutcome, event: DagsterEvent) -> AssetOutcome:
    found = check_outcome(event.asset_check_evaluation_data)
    return outcome if found.passed else replace(outcome, broken=(*outcome.broken, found))


def _failed(outcome: AssetOutcome, event: DagsterEvent) -> AssetOutcome:
    """What failed in a step; after its table was written, the blocking checks that did not hold: they are told by themselves."""
    blocking = [each.name for each in outcome.broken if each.blocking]
    written = outcome.state in ("done", "unchanged")
    message = f"its rows are written, and {', '.join(blocking)} did not hold." if written and blocking else _reason(event)
    return replace(outcome, state="failed", message=message)


CHANGES: dict[DagsterEventType, Callable[[AssetOutcome, DagsterEvent], AssetOutcome]] = {
    DagsterEventType.STEP_START: lambda outcome, _event: replace(outcome, state="running"),
    DagsterEventType.STEP_SKIPPED: lambda outcome, _event: replace(outcome, state="skipped"),
    DagsterEventType.ASSET_MATERIALIZATION: _materialized,
    DagsterEventType.ASSET_OBSERVATION: _observed,
    DagsterEventType.STEP_SUCCESS: _succeeded,
    DagsterEventType.ASSET_CHECK_EVALUATION: _checked,
    DagsterEventType.STEP_FAILURE: _failed,
}


def _with_metadata(outcome: AssetOutcome, metadata: Mapping[str, dg.MetadataValue[Any]]) -> AssetOutcome:
    """Add what an event tells: a range of partitions tells it once for each of them."""
    values = {key: value.value for key, value in metadata.items()}
    if "rows_read" in values:
        told = Counts(
            values["rows_read"],
            values["rows_accepted"],
            values["rows_rejected"],
            values.get("rows_quarantined", 0),
            values.get("rows_dropped", 0),
        )
        outcome = replace(outcome, counts=(outcome.counts or Counts()) + told)
    elif "rows_written" in values:
        written, quarantined, dropped = (int(values.get(f"rows_{name}", 0)) for name in ("written", "quarantined", "dropped"))
        if quarantined or dropped:
            aside = Counts(written + quarantined + dropped, written, 0, quarantined, dropped)
            outcome = replace(outcome, aside=(outcome.aside or Counts()) + aside)
    if isinstance(files := values.get("files"), int):  # of a transform that writes several, it is a table of them
        outcome = replace(outcome, files=(outcome.files or 0) + files)
    if "rows_written" in values:
        outcome = replace(outcome, written=(outcome.written or 0) + values["rows_written"])
    return outcome


def _reason(event: DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else "failed"


def _run_failure(instance: DagsterInstance, run_id: str) -> str:
    for record in instance.all_logs(run_id, of_type=DagsterEventType.RUN_FAILURE):
        event = record.dagster_event
        if event and event.job_failure_data.error:
            return event.job_failure_data.error.message.strip()
    return "the run failed before its first step"
