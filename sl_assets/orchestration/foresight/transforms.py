"""What the transforms would do, and why."""

from collections.abc import Iterator, Sequence

import dagster as dg

from sl_assets.orchestration.foresight.sight import Sight, as_ranges, what_changed, windows_of
from sl_assets.orchestration.outlook import AssetOutlook, Cause
from sl_assets.orchestration.plan import Launch, Reason, TransformPlan
from sl_assets.orchestration.translator import asset_key
from sl_assets.project.records import Task
from sl_assets.steps.preview.shapes import preview_transform

REASONS = {
    "never built": "it was never built",
    "code changed": "its SQL or YAML was changed since it was built",
    "upstream newer": "{} was refreshed since it was built",
    "upstream runs": "{} is going to be refreshed",
    "partitions missing": "partitions of it are missing",
}


def foresee_transforms(sight: Sight, plan: TransformPlan) -> Iterator[AssetOutlook]:
    """The transforms in the order of their runs, then those that wait and those that are up to date."""
    tasks = {asset_key(task.key): task for task in sight.project.tasks.values() if asset_key(task.key) in sight.chosen}
    launched: dict[dg.AssetKey, list[Launch]] = {}
    for launch in plan.launches:
        for key in launch.assets:
            launched.setdefault(key, []).append(launch)
    for key, launches in launched.items():
        yield _transform(sight, tasks[key], launches, plan.reasons.get(tasks[key].key, ()))
    for key, task in tasks.items():
        name = key.to_user_string()
        if task.key in plan.blocked:
            upstream = asset_key(plan.blocked[task.key]).to_user_string()
            cause = Cause("blocked", f"{upstream} was never built, and is not going to be", upstream)
            yield AssetOutlook(name, "transform", "blocked", (cause,))
        elif key not in launched:
            yield AssetOutlook(name, "transform", "nothing")


def _transform(sight: Sight, task: Task, launches: Sequence[Launch], reasons: Sequence[Reason]) -> AssetOutlook:
    windows = windows_of(task.partitions, launches) if task.partitions else []
    shape = preview_transform(sight.shadow, sight.project, task, sight.now, windows)
    causes = tuple(_cause(sight, task, each) for each in reasons) or (Cause("selected", "the selection names it"),)
    if shape.refused:
        causes = (*causes, Cause("refused", shape.refused))
    return AssetOutlook(
        name=asset_key(task.key).to_user_string(),
        kind="transform",
        state="fail" if shape.refused else "run",
        causes=causes,
        partitions=as_ranges(windows),
        statements=shape.statements,
        notes=shape.notes,
    )


def _cause(sight: Sight, task: Task, reason: Reason) -> Cause:
    upstream = asset_key(reason.upstream).to_user_string() if reason.upstream else None
    what = what_changed(sight, task) if reason.kind == "code changed" else ""
    return Cause(reason.kind, REASONS[reason.kind].format(upstream) + what, upstream)
