"""How a task makes its rows, and where else they go: what is read of a task beside its SQL, and which keys go together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sl_assets.project.chains import FUNCTIONS, read_steps
from sl_assets.project.file_paths import Folders
from sl_assets.project.file_sinks import read_file_sink, read_file_sinks
from sl_assets.project.python_tasks import read_python_task
from sl_assets.project.recipe import FileSink, FileSource, Incremental, PythonTask, Scalar, Step, TableSource
from sl_assets.project.records import AreaPaths, TableKey, WriteStrategy
from sl_assets.project.sources import read_sources
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source
from sl_assets.spec.task import TaskSpec

Origin = Callable[[str], Source]
"""From the name of a field of a task to where it is written."""

_MADE = ("sql", "steps", "python")


@dataclass(frozen=True)
class Rows:
    """The fields of a `Task` that say how its rows are made."""

    sources: tuple[FileSource | TableSource, ...] = ()
    steps: tuple[Step, ...] = ()
    python: PythonTask | None = None
    file_sink: FileSink | None = None
    file_sinks: tuple[FileSink, ...] = ()
    incremental: tuple[Incremental, ...] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True)
class RowsReader:
    """Reads them, for the tasks of one project."""

    metadata: Path
    areas: AreaPaths
    folders: Folders
    findings: Findings

    def read(self, spec: TaskSpec, origin: Origin, key: TableKey, body: Path | None, strategy: WriteStrategy) -> Rows:
        """What a task says; `body` is the file of its function, when it is a task in Python."""
        sources = read_sources(spec.sources, origin("sources"), self.folders, self.findings)
        return Rows(
            sources=sources,
            steps=read_steps(spec.steps, origin("steps"), self.metadata, self.findings),
            python=self._python(spec, origin, body),
            file_sink=self._file_sink(spec, origin, key, strategy),
            file_sinks=read_file_sinks(spec.sinks, origin("sinks"), key, self.areas, self.folders, self.findings),
            incremental=self._incremental(spec, origin, sources, strategy),
            parameters=self._parameters(spec, origin("parameters")),
        )

    def check(self, spec: TaskSpec, origin: Origin, *, view: bool, python: bool) -> None:
        """Refuse keys that exclude each other (SL285)."""
        if view:
            self._refuse("a view is one SELECT", spec, origin, ("steps", "sources", "incremental", "sinks"))
            if python:
                source = origin("sink")
                self.findings.error("SL285", source.place(), source.subject(), "a function in Python makes a table, not a view.")
        if not spec.parse_sql:
            if "dependencies" not in spec.model_fields_set:
                source = origin("parse_sql")
                hint = "Write dependencies: [domain.table, ...], or dependencies: [] if it reads nothing of the project."
                self.findings.warning("SL323", source.place(), source.subject(), "nobody knows what the SQL reads.", hint)
            others = ("steps", "sources", "incremental", "partitions")
            self._refuse("SQL that is not parsed writes its table itself", spec, origin, others)
            if view or python or spec.sink.format:
                source = origin("parse_sql")
                fact = "goes with a table that the SQL writes itself, not with a view, a function in Python or files."
                self.findings.error("SL285", source.place(), source.subject(), fact)
        if python:
            self._refuse("the task is a function in Python", spec, origin, ("steps", "sources", "sql"))
        if spec.steps:
            self._refuse("the task has steps", spec, origin, ("sql",))

    def _refuse(self, reason: str, spec: TaskSpec, origin: Origin, names: tuple[str, ...]) -> None:
        for name in names:
            if getattr(spec, name):
                source = origin(name)
                self.findings.error("SL285", source.place(), source.subject(), f"cannot be here: {reason}.", "Leave one out.")

    def _python(self, spec: TaskSpec, origin: Origin, body: Path | None) -> PythonTask | None:
        if body is None:
            return None
        if not body.resolve().is_relative_to(self.metadata.resolve()):
            source = origin("python")
            fact = f'"{spec.python or body.name}" leads outside {self.metadata.name}/.'
            self.findings.error("SL321", source.place(), source.subject(), fact, "Put the file beside the task's YAML.")
            return None
        return read_python_task(
            body, body.stem, self.metadata / FUNCTIONS, self.findings, partitioned=spec.partitions is not None
        )

    def _file_sink(self, spec: TaskSpec, origin: Origin, key: TableKey, strategy: WriteStrategy) -> FileSink | None:
        source = origin("sink")
        found = read_file_sink(spec.sink, source, key, self.areas, self.folders, self.findings)
        if found is None:
            return None
        if "type" in spec.write_strategy.model_fields_set and strategy.type != "OVERWRITE":
            at = origin("write_strategy")
            fact = f"{strategy.type} cannot be had of files: they are written anew each time."
            hint = "Write OVERWRITE; or leave out the sink's format, and write the files beside the table, under sinks."
            self.findings.error("SL283", at.place("type"), at.subject("type"), fact, hint)
        for name in ("partitions", "incremental"):
            if getattr(spec, name):
                at = origin(name)
                hint = "Leave out the sink's format, and write the files beside the table, under sinks."
                self.findings.error("SL283", at.place(), at.subject(), "needs a table that keeps what is there.", hint)
        return found

    def _incremental(
        self, spec: TaskSpec, origin: Origin, sources: tuple[FileSource | TableSource, ...], strategy: WriteStrategy
    ) -> tuple[Incremental, ...]:
        base = origin("incremental")
        if spec.incremental and spec.partitions:
            hint = "Leave one of the two out."
            self.findings.error("SL284", base.place(), base.subject(), "cannot be had with partitions.", hint)
        if spec.incremental and strategy.type == "OVERWRITE" and strategy.template is None and not spec.sink.format:
            fact = "OVERWRITE would keep the new rows only."
            hint = "Write writeStrategy: {type: APPEND}, or one by key."
            self.findings.error("SL284", base.place(), base.subject(), fact, hint)
        found: dict[str, Incremental] = {}
        for index, item in enumerate(spec.incremental):
            at = base.below(index)
            entry = Incremental(tuple((item.table or "").split(".")) if item.table else (), item.column or "", item.source or "")
            if (item.table is None) == (item.source is None) or (item.table is None) != (item.column is None):
                hint = "Write {table: ..., column: ...}, or {source: ...} for files."
                self.findings.error("SL284", at.place(), at.subject(), "is neither a table with a column nor a source.", hint)
            elif item.source and item.source not in (names := [each.name for each in sources if isinstance(each, FileSource)]):
                fact = f'there is no source of files "{item.source}".'
                self.findings.error("SL284", at.place("source"), at.subject("source"), fact, allowed(names, item.source))
            elif str(entry).casefold() in found:
                self.findings.error("SL284", at.place(), at.subject(), f"{entry} is written twice.")
            else:
                place: Place = at.place("table") if item.table else at.place("source")
                found[str(entry).casefold()] = Incremental(entry.parts, entry.column, entry.source, place)
        return tuple(found.values())

    def _parameters(self, spec: TaskSpec, source: Source) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        for name, value in spec.parameters.items():
            if not (isinstance(value, str) and name.isidentifier()):
                fact = "is no parameter: a name with text, a number, true or false."
                self.findings.error("SL285", source.place(name), source.subject(name), fact)
            else:
                found[name] = source.below(name).value(value)
        return found
