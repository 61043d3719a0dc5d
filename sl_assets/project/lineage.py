"""What each task reads, from its SQL: dependencies, externals, and what is wrong with the names in it."""

import graphlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sl_assets.facts import Facts
from sl_assets.project.names import Names
from sl_assets.project.reads import Readings, TableRead, table_reads
from sl_assets.project.records import TableKey, Task
from sl_assets.project.window_names import check_window_names
from sl_assets.spec.findings import Findings, suggest
from sl_assets.spec.place import Place
from sl_assets.sql.render import NEUTRAL_WINDOW, render_sql


@dataclass(frozen=True)
class Lineage:
    """The tasks with their dependencies, the tables they read that nobody here makes, and what was read of each query."""

    tasks: Mapping[TableKey, Task]
    externals: tuple[TableKey, ...]
    readings: Readings


def read_lineage(
    tasks: Mapping[TableKey, Task],
    names: Names,
    variables: Mapping[str, str],
    macros: Mapping[str, object],
    findings: Findings,
    facts: Facts,
) -> Lineage:
    """Parse every task once, if at all, and look up the tables it reads.

    Templates are rendered with neutral window variables (1970-01-01): dependencies must not depend on a run's dates.
    """
    context = {**NEUTRAL_WINDOW, **variables}
    found: dict[TableKey, Task] = {}
    externals: dict[TableKey, None] = {}
    readings = Readings(facts)
    for key, task in tasks.items():
        dependencies: dict[TableKey, None] = {}
        check_window_names(task, variables, findings)
        for text in (*task.presql, *task.postsql):
            if text.numbered:  # sections of its file; YAML was rendered as a whole
                render_sql(text.text, context, macros, text.place.file, findings)
        for one in table_reads(task, context, macros, findings, readings):
            meaning = names.meaning(one.parts, key)
            if meaning.kind != "known":
                _tell(one, task, names, findings)
            if meaning.key is not None and meaning.kind in ("known", "unknown") and names.maker(meaning.key) != key:
                dependencies.setdefault(names.maker(meaning.key))
            if meaning.key is not None and meaning.kind == "unknown" and not one.named:
                externals.setdefault(meaning.key)
        _check_incremental(task, names, dependencies, findings)
        found[key] = replace(task, dependencies=tuple(dependencies))
    _tell_cycles(found, findings)
    return Lineage(found, tuple(externals), readings)


def _check_incremental(task: Task, names: Names, dependencies: Collection[TableKey], findings: Findings) -> None:
    """SL284 for a table that the task does not read, or that nobody knows."""
    for each in task.incremental:
        if each.parts and (key := names.meaning(each.parts, task.key).key) not in dependencies:
            fact = f"{key or each} is not read by this task."
            findings.error("SL284", each.place, str(each), fact, f"It reads {', '.join(map(str, dependencies)) or 'no table'}.")


def _tell(one: TableRead, task: Task, names: Names, findings: Findings) -> None:
    meaning = names.meaning(one.parts, task.key)
    place = one.place
    parts = names.local(one.parts)
    if meaning.kind == "foreign":
        _tell_foreign(one, place, names, findings)
    elif meaning.kind == "ambiguous":
        several = ", ".join(str(key) for key in meaning.candidates)
        findings.error("SL304", place, one.written, "is the name of several tables.", f"Write one of {several}.")
    elif meaning.kind == "missing":
        domain = parts[0]
        fact = f'is missing: domain "{domain}" has no such table.'
        findings.error("SL303", place, one.written, fact, _near(parts, names, within=domain))
    elif meaning.kind == "unknown" and one.named:
        hint = f'{_near(parts, names)} Write its name as the default: {one.written} = "domain.table".'.strip()
        findings.error("SL322", place, one.written, "is a parameter that is named like no table of the project.", hint)
    elif meaning.kind == "unknown":
        near = _near(parts, names)
        where = "/".join(meaning.key) if meaning.key else one.written
        hint = f"{near + ' ' if near else ''}If it is made elsewhere, declare it in external/{where}.sl.yml."
        findings.warning("SL301", place, one.written, "is made by nobody in this project; taken as an external table.", hint)


def _tell_foreign(one: TableRead, place: Place, names: Names, findings: Findings) -> None:
    own = " or ".join(f'"{each}"' for each in sorted(names.databases))
    fact = f'is in database "{one.parts[0]}", which is not the project\'s own; it is read as it stands, without lineage.'
    near = f"{one.parts[-2]}.{one.parts[-1]}"
    hint = f"Write {near} if the project makes it; the project's own database is {own}. Any other needs an ATTACH in presql."
    findings.warning("SL308", place, one.written, fact, hint)


def _near(parts: tuple[str, ...], names: Names, within: str | None = None) -> str:
    renamed = names.renamed.get((parts[0].casefold(), parts[-1].casefold()))
    if renamed is not None:
        return f'It is renamed: write "{renamed}".'
    known = [key for key in names.keys.values() if within is None or key.domain.casefold() == within.casefold()]
    return suggest(".".join(parts), [key.name if len(parts) == 1 else str(key) for key in known])


def _tell_cycles(tasks: Mapping[TableKey, Task], findings: Findings) -> None:
    graph = {key: {above for above in task.dependencies if above in tasks} for key, task in tasks.items()}
    while (cycle := _cycle(graph)) is not None:
        graph[cycle[0]].discard(cycle[1])
        first = cycle.index(min(cycle))
        turned = [*cycle[first:-1], *cycle[:first], cycle[first]]
        path = " reads ".join(str(key) for key in turned)
        findings.error("SL307", Place(tasks[turned[0]].sql_place.file), str(turned[0]), f"goes round in a circle: {path}.")


def _cycle(graph: Mapping[TableKey, set[TableKey]]) -> list[TableKey] | None:
    """One cycle as [a, b, ..., a], each reading the next; None when there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        found: list[TableKey] = error.args[1]
        return found[::-1]
    return None
