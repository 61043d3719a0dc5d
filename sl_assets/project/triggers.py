"""When a task without a cron is due: the rule over its upstreams, and which of them must have run first.

Starlake's algorithm compares the scheduled dates that its own events carry. Here a table is current for a cron when it was
refreshed, or looked at without finding anything new, since the last tick of that cron: what Starlake means by "the most recent
due slot was delivered", without its exact-to-the-second matches. docs/starlake-compatibility.md lists the differences.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from croniter import croniter

from sl_assets.project.orchestration import Combined, Rule
from sl_assets.project.records import Project, Table, TableKey, Task
from sl_assets.project.trigger_rules import find_named, names_in
from sl_assets.spec.findings import Findings, allowed

_TICKS = 1000
"""So many ticks are looked at to know the longest interval of a cron: the same ones whenever it is asked."""


@dataclass(frozen=True)
class Due:
    """A table that must have run since the last tick of a cron, or up to `tolerance` before that tick."""

    key: TableKey
    cron: str
    timezone: str
    tolerance: timedelta = timedelta(0)


@dataclass(frozen=True)
class RuleOf:
    """A rule with its names looked up: `tables` and `parts` joined by `&` (all) or `|` (any)."""

    operator: str
    tables: tuple[TableKey, ...] = ()
    parts: tuple["RuleOf", ...] = ()


@dataclass(frozen=True)
class Trigger:
    """What runs a task: `rule` says which refreshed upstreams do; the others say what holds it back.

    `needed` must have been built once, `current` must have run for its own cron, none of `upstreams` may be running, and `rest`
    must have passed since the task's own last run.
    """

    rule: RuleOf
    upstreams: tuple[TableKey, ...]
    needed: tuple[TableKey, ...]
    current: tuple[Due, ...] = ()
    rest: timedelta = timedelta(0)


def trigger_of(project: Project, task: Task, clocks: "Clocks | None" = None) -> Trigger | None:
    """The trigger of a task; None for one that has a cron, or reads nothing that the project makes.

    Args:
        project: The project.
        task: The task.
        clocks: What is known already of the project's clocks.
    """
    upstreams = tuple(key for key in task.dependencies if key in project.tables or key in project.tasks)
    if task.schedule or not upstreams:
        return None
    options = task.orchestration.triggering
    optional = frozenset(key for key in upstreams if _is_optional(project, task, key))
    needed = tuple(key for key in upstreams if key not in optional)
    rule = _rule(options.rule, upstreams, needed or upstreams)
    current = _current(project, task, needed, clocks or Clocks(project)) if len(upstreams) > 1 else ()
    return Trigger(rule, upstreams, needed, current, options.rest)


def scheduled_with(project: Project, nodes: Iterable[Table | Task]) -> tuple[TableKey, ...]:
    """What a schedule of these runs before them: all that those read who want their dependencies first, however far up.

    A run has one kind of partitions, so tables that are partitioned in another way than the one that asked are left out.
    """
    found: dict[TableKey, None] = {}
    for node in nodes:
        if not node.orchestration.dependencies_first or not isinstance(node, Task):
            continue
        waiting = list(node.dependencies)
        seen: set[TableKey] = set()
        while waiting:
            key = waiting.pop(0)
            upstream = _node(project, key)
            if upstream is None or key in seen:
                continue
            seen.add(key)
            if upstream.partitions is None or _grid(upstream) == _grid(node):
                found.setdefault(key)
            waiting += upstream.dependencies if isinstance(upstream, Task) else ()
    return tuple(found)


def _grid(node: Table | Task) -> object:
    partitions = node.partitions
    return partitions and (partitions.grain, partitions.start, partitions.end, partitions.timezone)


def check_rules(tasks: Mapping[TableKey, Task], tables: Collection[TableKey], findings: Findings) -> None:
    """SL219 for an expression that names what its task does not read, or nobody in the project refreshes: it is never true."""
    for task in tasks.values():
        rule = task.orchestration.triggering.rule
        made = [key for key in task.dependencies if key in tasks or key in tables]
        for name in names_in(rule) if rule not in ("any", "all") else ():
            if find_named(name, made) is None:
                place = task.orchestration.places.get("dataset_triggering_strategy", task.place)
                fact = f'names "{name}", which is no table of this project that {task.key} reads.'
                hint = allowed([str(key) for key in made], name) or "It reads none."
                findings.error("SL219", place, "dataset_triggering_strategy", fact, hint)


@cache
def longest_interval(cron: str) -> timedelta:
    """The longest time between two ticks of a cron, whenever it is asked.

    Example:
        >>> longest_interval("0 9-17 * * *")
        datetime.timedelta(seconds=57600)
    """
    ticks = croniter(cron, datetime(2024, 1, 1, tzinfo=UTC))
    return max(after - before for before, after in pairwise(ticks.get_next(datetime) for _ in range(_TICKS)))


def _rule(rule: Rule, upstreams: Sequence[TableKey], needed: Sequence[TableKey]) -> RuleOf:
    if rule == "any":
        return RuleOf("|", tuple(upstreams))
    if rule == "all":
        return RuleOf("&", tuple(needed))
    return _expression(rule, upstreams)


def _expression(rule: Rule, upstreams: Sequence[TableKey]) -> RuleOf:
    if isinstance(rule, Combined):
        return RuleOf(rule.operator, parts=tuple(_expression(each, upstreams) for each in rule.rules))
    key = find_named(rule, upstreams)
    return RuleOf("|", (key,) if key else ())


def _current(project: Project, task: Task, needed: Sequence[TableKey], clocks: "Clocks") -> tuple[Due, ...]:
    found: dict[TableKey, Due] = {}
    for upstream in needed:
        for key in clocks.of(upstream):
            due = _due(project, task, key)
            if due is not None:
                found.setdefault(key, due)
    return tuple(found.values())


class Clocks:
    """What each table of a project is run by; asked of every task, and worked out once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[TableKey, tuple[TableKey, ...]] = {}

    def of(self, key: TableKey) -> tuple[TableKey, ...]:
        """A table that is run by a clock or by hand: itself; of a task that is run by its upstreams, whatever those are run by.

        Such a task has no cron to be late for: it is as current as what it reads.
        """
        waiting, begun = [key], set[TableKey]()
        while waiting:
            one = waiting[-1]
            above = None if one in self._known else self._above(one)
            begun.add(one)
            missing = [each for each in above or () if each not in self._known and each not in begun]  # begun: it is a circle
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if one not in self._known:
                found = (one,) if above is None else (clock for each in above for clock in self._known.get(each, ()))
                self._known[one] = tuple(dict.fromkeys(found))
        return self._known[key]

    def _above(self, key: TableKey) -> tuple[TableKey, ...] | None:
        """What runs a task; None: a clock, or a person."""
        node = _node(self._project, key)
        if not isinstance(node, Task) or node.schedule:
            return None
        return tuple(each for each in node.dependencies if _node(self._project, each)) or None


def _due(project: Project, task: Task, key: TableKey) -> Due | None:
    node = project.tables.get(key) or project.tasks[key]
    options = task.orchestration.triggering
    cron = node.schedule or options.data_cycle
    if cron is None:
        return None
    zone = (node if node.schedule else task).orchestration.timezone or project.settings.timezone
    due = Due(key, cron, zone)
    if options.data_cycle is None or not options.beyond:
        return due
    tolerance = _tolerance(node)
    slack = tolerance + (longest_interval(node.schedule) if node.schedule else timedelta(0))
    return replace(due, tolerance=tolerance) if longest_interval(options.data_cycle) < slack else due


def _is_optional(project: Project, task: Task, key: TableKey) -> bool:
    """Whether an upstream comes less often than the data cycle, and need not be waited for."""
    options = task.orchestration.triggering
    node = project.tables.get(key) or project.tasks[key]
    if not options.optional or options.data_cycle is None:
        return False
    every = longest_interval(node.schedule) if node.schedule else _tolerance(node)
    return longest_interval(options.data_cycle) < every


def _tolerance(node: Table | Task) -> timedelta:
    """Starlake's "freshness" of a dataset, which is `freshness.error`."""
    return (node.freshness and node.freshness.error) or timedelta(0)


def _node(project: Project, key: TableKey) -> Table | Task | None:
    return project.tables.get(key) or project.tasks.get(key)
