"""The steps of a task and its function: run inside the transaction, each on what the one before it has made."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from sl_assets.project.compile import Relations, compile_step
from sl_assets.project.functions import FunctionError, load_function
from sl_assets.project.names import names_of
from sl_assets.project.polars_methods import data_type
from sl_assets.project.reads import own_steps
from sl_assets.project.recipe import (
    Argument,
    DataType,
    Expression,
    FileSource,
    Frame,
    FunctionStep,
    MethodStep,
    PythonTask,
    SqlStep,
)
from sl_assets.project.records import Project, Task
from sl_assets.spec.place import Place
from sl_assets.sql.placeholders import DF, SOURCE
from sl_assets.sql.resolve import quote_names_dotted
from sl_assets.sql.text import quote_name
from sl_assets.steps.frames import FrameError, Frames, frames
from sl_assets.steps.functions import TaskContext, call
from sl_assets.steps.incremental import new_relations
from sl_assets.steps.inputs import SourceError, list_files
from sl_assets.steps.making import Making, Opened, StepError
from sl_assets.warehouse.duckdb.files import read_files
from sl_assets.warehouse.errors import unwritten

RETURNED = "sl_returned"
Files = Mapping[str, tuple[Path, ...]]
"""Of some sources, by their folded names, the files to read."""


def prepare_chain(project: Project, task: Task, variables: Mapping[str, str], context: TaskContext) -> Making:
    """The rows of a task with steps, or of one SELECT over sources.

    Raises:
        ProjectError: See `prepare`.
    """
    steps = own_steps(task)
    chain = _Chain(project, task, context, _source_relations(project, task))
    compiled = [
        compile_step(project, task, step, variables, chain.relations(number)) if isinstance(step, SqlStep) else ""
        for number, step in enumerate(steps)
    ]
    shown = [f"-- {number}: {step}\n{sql}".strip() for number, (step, sql) in enumerate(zip(steps, compiled, strict=True), 1)]
    return _making("\n\n".join(shown) or "-- the first source", lambda frames, files: chain.run(frames, steps, compiled, files))


def prepare_function(project: Project, task: Task, python: PythonTask, context: TaskContext) -> Making:
    """The rows of a task in Python."""
    return _making(f"-- {python.function}", lambda frames, _: _call_task(project, task, python, context, frames))


def _making(shown: str, made: Callable[[Frames, Files], str]) -> Making:
    @contextmanager
    def opened(connection: duckdb.DuckDBPyConnection, database: Path) -> Generator[Opened, None, None]:
        with frames(connection, database) as lent:
            yield lambda files: made(lent, files)

    return Making(shown, opened)


def _source_relations(project: Project, task: Task) -> dict[str, tuple[str, ...]]:
    """The relation behind each source, by its folded name."""
    names, new = names_of(project), new_relations(project, task)
    found: dict[str, tuple[str, ...]] = {}
    for source in task.sources:
        if isinstance(source, FileSource):
            found[source.name.casefold()] = _temporary(SOURCE + source.name.casefold())
        else:
            key = names.meaning(source.parts, task.key).key or source.parts
            found[source.name.casefold()] = new.get(key, key)
    return found


def _temporary(name: str) -> tuple[str, ...]:
    return ("temp", "main", name)


def _select(relation: tuple[str, ...]) -> str:
    return f"SELECT * FROM {quote_names_dotted(relation)}"


@dataclass(frozen=True)
class _Chain:
    """The steps of one task. The result of step n (from 1) is the temporary relation `sl_step_n`."""

    project: Project
    task: Task
    context: TaskContext
    sources: Mapping[str, tuple[str, ...]]

    def before(self, number: int) -> tuple[str, ...]:
        """The relation that `{df}` is to the step `number`, from 0."""
        return _temporary(f"sl_step_{number}") if number else next(iter(self.sources.values()), ())

    def relations(self, number: int) -> Relations:
        """What the placeholders of a step in SQL stand for."""
        found = dict(new_relations(self.project, self.task))
        found |= {(SOURCE + name,): relation for name, relation in self.sources.items()}
        return {**found, (DF,): self.before(number)} if self.before(number) else found

    def run(
        self, frames: Frames, steps: Sequence[SqlStep | MethodStep | FunctionStep], compiled: Sequence[str], files: Files
    ) -> str:
        """Run the steps; the query of the last result."""
        open_sources(frames.connection, self.task, files)
        lazy: pl.LazyFrame | None = None
        for number, (step, sql) in enumerate(zip(steps, compiled, strict=True)):
            try:
                if isinstance(step, SqlStep):
                    self._settle(frames, number, lazy)
                    lazy = None
                    name = quote_name(f"sl_step_{number + 1}")
                    several = len(frames.connection.extract_statements(sql)) > 1  # a PIVOT over values: no view can be one
                    frames.connection.execute(f"CREATE OR REPLACE TEMP {'TABLE' if several else 'VIEW'} {name} AS {sql}")
                else:
                    lazy = self._frame_step(frames, number, step, lazy)
            except _FAILURES as error:
                raise StepError(_failure(step.place, number, step, error, sql)) from error
        try:
            self._settle(frames, len(steps), lazy)
        except _FAILURES as error:
            raise StepError(_failure(steps[-1].place, len(steps) - 1, steps[-1], error, "")) from error
        return _select(self.before(len(steps)))

    def _settle(self, frames: Frames, number: int, lazy: pl.LazyFrame | None) -> None:
        """Hand back to DuckDB what Polars has of the steps before `number`."""
        if lazy is not None:
            frames.take(f"sl_step_{number}", lazy)

    def _frame_step(
        self, frames: Frames, number: int, step: MethodStep | FunctionStep, lazy: pl.LazyFrame | None
    ) -> pl.LazyFrame | None:
        """Run a step that is not SQL: on what Polars has, or on what DuckDB has; None: the result is DuckDB's."""
        if isinstance(step, MethodStep):
            frame = frames.hold(_select(self.before(number))).lazy() if lazy is None else lazy
            given = self._arguments(frames, frame, step)
            return getattr(frame, step.method)(*given[0], **given[1])
        function = load_function(step.function)
        if lazy is None or step.takes != "lazy_frame":
            self._settle(frames, number, lazy)
            taken = frames.give(_select(self.before(number)), step.takes)
        else:
            taken = lazy
        args, kwargs = self._arguments(frames, taken, step)
        if step.context:
            kwargs["context"] = self.context
        made = call(step.function, function, taken, *args, **kwargs)
        if isinstance(made, pl.LazyFrame):
            return made
        frames.take(f"sl_step_{number + 1}", made)
        return None

    def _arguments(self, frames: Frames, taken: Any, step: MethodStep | FunctionStep) -> tuple[list[Any], dict[str, Any]]:
        args = [self._value(frames, taken, each) for each in step.args]
        return args, {name: self._value(frames, taken, each) for name, each in step.kwargs.items()}

    def _value(self, frames: Frames, taken: Any, argument: Argument) -> Any:
        match argument:
            case Expression():
                return pl.sql_expr(argument.sql)
            case DataType():
                return data_type(argument)
            case Frame():
                return taken if argument.kind == "df" else frames.hold(_select(self._relation(argument))).lazy()
            case tuple():
                return [self._value(frames, taken, each) for each in argument]
            case Mapping():
                return {name: self._value(frames, taken, each) for name, each in argument.items()}
            case _:
                return argument

    def _relation(self, frame: Frame) -> tuple[str, ...]:
        if frame.kind == "sources":
            return self.sources[frame.parts[0].casefold()]
        key = names_of(self.project).meaning(frame.parts, self.task.key).key or frame.parts
        return new_relations(self.project, self.task).get(key, key)


_FAILURES = (duckdb.Error, pl.exceptions.PolarsError, FunctionError, FrameError, TypeError, ValueError)


def _failure(place: Place, number: int, step: SqlStep | MethodStep | FunctionStep, error: Exception, sql: str) -> str:
    sent = f"\n\nas it was sent:\n{sql}" if sql else ""
    return f"{place}  step {number + 1} ({step}): {unwritten(error)}{sent}"


def open_sources(connection: duckdb.DuckDBPyConnection, task: Task, files: Files) -> None:
    """Make the files of a task's sources relations.

    Raises:
        SourceError: A source has no file, or they cannot be read.
    """
    for source in task.sources:
        if not isinstance(source, FileSource):
            continue
        every = list_files(source)
        if not every:
            raise SourceError(f"{source.place}  there is no file at {source.path}. Nothing was written.")
        name = quote_name(SOURCE + source.name.casefold())
        chosen = files.get(source.name.casefold(), every)
        query = read_files(source.format, chosen or every, source.options) + ("" if chosen else " WHERE false")
        try:
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
        except duckdb.Error as error:
            raise SourceError(f"{source.place}  {source.path} cannot be read as {source.format}: {error}") from error


def _call_task(project: Project, task: Task, python: PythonTask, context: TaskContext, frames: Frames) -> str:
    names, new = names_of(project), new_relations(project, task)
    given: dict[str, Any] = {}
    place = Place(python.function.file, 1, 1) if python.function.file else task.place
    try:
        function = load_function(python.function)
        for parameter in python.parameters:
            key = names.meaning(parameter.parts, task.key).key or parameter.parts
            given[parameter.name] = frames.give(_select(new.get(key, key)), parameter.takes)
        if python.context:
            given["context"] = context
        if python.window:
            given["window"] = context.window
        frames.take(RETURNED, call(python.function, function, **given))
    except (duckdb.Error, pl.exceptions.PolarsError, FunctionError, FrameError) as error:
        raise StepError(f"{place}  {unwritten(error)}") from error
    return _select(_temporary(RETURNED))
