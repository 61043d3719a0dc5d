"""Every table that a task names, wherever it does: in its SQL, its steps, its sources, its function's parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sl_assets.facts import Facts
from sl_assets.project.arguments import frames_in
from sl_assets.project.recipe import FileSource, Frame, FunctionStep, MethodStep, SqlStep, TableSource
from sl_assets.project.records import TableKey, Task
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.place import Place
from sl_assets.spec.template import Rendered
from sl_assets.sql.names import Mention, mentions
from sl_assets.sql.parse import Queries, SqlError
from sl_assets.sql.placeholders import DF, SOURCE, Placeholder, find_placeholders, stand_ins
from sl_assets.sql.render import render_sql
from sl_assets.sql.untranslated import untranslated


@dataclass(frozen=True)
class Reading:
    """The query of a task: after its templates, as SQL without placeholders (each place of it is one of those), its tables."""

    rendered: Rendered
    sql: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True)
class Readings:
    """What was read of the tasks that are one query, for their columns; `facts` of texts, and queries that were parsed."""

    facts: Facts
    queries: Queries = field(default_factory=Queries)
    of: dict[TableKey, Reading] = field(default_factory=dict[TableKey, Reading])


@dataclass(frozen=True)
class TableRead:
    """A table as a task names it. `named`: by nothing but a parameter's name, which must then be one of the project's."""

    parts: tuple[str, ...]
    place: Place
    written: str
    named: bool = False


def table_reads(
    task: Task, variables: Mapping[str, str], macros: Mapping[str, object], findings: Findings, readings: Readings
) -> tuple[TableRead, ...]:
    """The tables that a task names, in the order of its text; what is wrong with its SQL goes to the findings."""
    return tuple(_all_reads(task, variables, macros, findings, readings))


def _all_reads(
    task: Task, variables: Mapping[str, str], macros: Mapping[str, object], findings: Findings, readings: Readings
) -> Iterator[TableRead]:
    for source in task.sources:
        if isinstance(source, TableSource):
            yield TableRead(source.parts, source.place, ".".join(source.parts))
    for number, step in enumerate(own_steps(task)):
        if isinstance(step, SqlStep):
            yield from _in_sql(task, step, number, variables, macros, findings, readings)
        else:
            yield from _in_arguments(task, step, number, findings)
    for parameter in task.python.parameters if task.python else ():
        yield TableRead(parameter.parts, parameter.place, ".".join(parameter.parts), parameter.named)
    for name in task.declared:
        yield TableRead(tuple(name.split(".")), task.place, name)


def is_query(task: Task) -> bool:
    """Whether a task is one SELECT that reads tables only: its rows and columns can be told from its SQL."""
    return bool(task.sql) and task.parse_sql and not task.sources


def own_steps(task: Task) -> tuple[SqlStep | MethodStep | FunctionStep, ...]:
    """The steps of a task; of one whose SQL is a SELECT, that one."""
    return (script_of(task),) if task.sql and task.parse_sql else task.steps


def script_of(task: Task) -> SqlStep:
    """The SQL of a task with the place it is written at."""
    numbered = task.sql_place.file != task.place.file or task.sql_place.file.suffix in (".sql", ".j2")
    return SqlStep(task.sql, task.sql_place, numbered=numbered)


def step_place(step: SqlStep, rendered: Rendered, line: int, column: int) -> Place:
    """A position in rendered SQL as a place in the file it was written in; SQL inside YAML has only that of its block."""
    if line == 0:
        return Place(step.place.file)
    return Place(step.place.file, *rendered.locate(line, column)) if step.numbered else step.place


def _in_sql(
    task: Task,
    step: SqlStep,
    number: int,
    variables: Mapping[str, str],
    macros: Mapping[str, object],
    findings: Findings,
    readings: Readings,
) -> Iterator[TableRead]:
    rendered = render_sql(step.sql, variables, macros, step.place.file, findings)
    if rendered.broken:
        return
    try:
        text = rendered.text
        found = find_placeholders(text, task.dialect)
        for one in found:
            _check_placeholder(task, one, number, step_place(step, rendered, one.line, one.column), findings)
        sql = stand_ins(text, task.dialect)
        named = mentions(sql, task.dialect, readings.facts, readings.queries.parse)
        for lost in untranslated(sql, task.dialect, readings.facts, readings.queries.parse):
            fact = f"cannot be put into DuckDB's SQL as it is meant: {lost}."
            findings.warning("SL324", step_place(step, rendered, 1, 1), str(task.key), fact, f"It is read as {task.dialect}.")
    except SqlError as error:
        hint = f"The SQL is read as {task.dialect}." if error.code == "SL302" else ""
        findings.error(error.code, step_place(step, rendered, error.line, error.column), str(task.key), error.fact, hint)
        return
    if is_query(task):
        readings.of[task.key] = Reading(rendered, sql, named)
    inner = {DF, *(SOURCE + one.parts[-1].casefold() for one in found)}
    for one in named:
        if not (len(one.parts) == 1 and one.parts[0].casefold() in inner):
            yield TableRead(one.parts, step_place(step, rendered, one.line, one.column), one.written)


def _check_placeholder(task: Task, one: Placeholder, number: int, place: Place, findings: Findings) -> None:
    kind = one.parts[0].casefold()
    if kind == "df":
        _check_frame(task, Frame("df"), number, place, findings)
    elif kind == "sources" and len(one.parts) > 1:
        _check_frame(task, Frame("sources", one.parts[1:]), number, place, findings)


def _in_arguments(task: Task, step: MethodStep | FunctionStep, number: int, findings: Findings) -> Iterator[TableRead]:
    _check_frame(task, Frame("df"), number, step.place, findings)
    for frame in frames_in((step.args, step.kwargs)):
        if frame.kind == "nodes":
            yield TableRead(frame.parts, step.place, ".".join(frame.parts))
        else:
            _check_frame(task, frame, number, step.place, findings)


def _check_frame(task: Task, frame: Frame, number: int, place: Place, findings: Findings) -> None:
    """SL320 for the result before the first step where there is no source, and for a source that there is not."""
    names = [each.name for each in task.sources]
    if frame.kind == "df" and number == 0 and not names:
        hint = "Write sources, or begin with SQL."
        findings.error("SL320", place, str(frame), "is the result before, and nothing is before the first step.", hint)
    if frame.kind == "sources" and (len(frame.parts) != 1 or frame.parts[0].casefold() not in map(str.casefold, names)):
        fact = "names no source of this task."
        findings.error("SL320", place, str(frame), fact, allowed(names, frame.parts[0]) or "It has no sources.")


def files_read(task: Task) -> tuple[FileSource, ...]:
    """The sources of a task that are files."""
    return tuple(source for source in task.sources if isinstance(source, FileSource))
