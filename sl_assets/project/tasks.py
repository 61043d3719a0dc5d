"""`transform/<domain>/`: tasks, with the defaults of their folder."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

from sl_assets.project.attributes import check_column
from sl_assets.project.connections import check_connection
from sl_assets.project.dag_options import read_rule
from sl_assets.project.expectations import read_expectations
from sl_assets.project.file_paths import folders_of
from sl_assets.project.folders import YAML, Folder, folders
from sl_assets.project.orchestration import Orchestration
from sl_assets.project.partitions import read_partitions
from sl_assets.project.records import Domain, Partitions, SqlText, TableKey, Task
from sl_assets.project.row_expectations import read_row_expectations
from sl_assets.project.rows import RowsReader
from sl_assets.project.schedules import read_freshness, read_schedule
from sl_assets.project.scope import Scope
from sl_assets.project.sql_texts import section_text, sql_texts
from sl_assets.project.strategies import check_sink, read_strategy, unique_key
from sl_assets.project.tables import refuse_other_database
from sl_assets.spec.document import Document
from sl_assets.spec.place import Place
from sl_assets.spec.read import Read, Source, read_file, read_text
from sl_assets.spec.table import ExpectationSpec
from sl_assets.spec.task import TaskFile, TaskSpec, TransformFile, TransformSpec
from sl_assets.spec.template import AtRunTime, replace_dollars
from sl_assets.sql.render import WINDOW_VARIABLES
from sl_assets.sql.sections import Sections, split_sections

_JOINED = ("presql", "postsql", "tags", "expectations")
"""Keys that a folder's default adds to, where all others are replaced."""


@dataclass
class Transforms:
    """What `transform/` comes to. `broken`: tasks whose YAML cannot be read."""

    domains: dict[str, Domain] = field(default_factory=dict[str, Domain])
    tasks: dict[TableKey, Task] = field(default_factory=dict[TableKey, Task])
    broken: list[TableKey] = field(default_factory=list[TableKey])


@dataclass(frozen=True)
class _FolderRead:
    spec: TransformSpec
    source: Source
    folder: Folder

    @property
    def name(self) -> str:
        return self.spec.name or self.folder.name


@dataclass(frozen=True)
class _TaskRead:
    """A task's spec over its folder's default."""

    name: str
    spec: TaskSpec
    own: TaskSpec
    source: Source
    default: Source
    body: Path | None

    def origin(self, name: str) -> Source:
        """Where the field `name` is written."""
        key = type(self.own).model_fields[name].alias or name
        written = name in self.own.model_fields_set or name not in self.spec.model_fields_set
        return (self.source if written else self.default).below(key)


def read_transforms(scope: Scope) -> Transforms:
    """Read every task of `transform/`."""
    found = Transforms()
    for folder in folders(scope.location.metadata / "transform", scope.findings):
        config = _read_config(folder, scope)
        found.domains[config.name] = _domain(config)
        for read in _task_reads(config, scope, found.broken):
            task = _task(read, config, scope)
            place = read.source.place("table" if read.own.table else "name")
            if scope.register.take(task.key, place, read.source.subject("table" if read.own.table else "name")):
                found.tasks[task.key] = task
    return found


def _read_config(folder: Folder, scope: Scope) -> _FolderRead:
    read = (
        read_file(folder.config, TransformFile, _variables(scope), scope.findings, facts=scope.facts) if folder.config else None
    )
    if read is None:
        read = Read(TransformFile(), Source(Document(folder.config or folder.path, None)))
    return _FolderRead(read.spec.transform, read.source.below("transform"), folder)


def _domain(config: _FolderRead) -> Domain:
    file = config.folder.config
    place = Place(file, 1, 1) if file else Place(config.folder.path)
    spec = config.spec
    return Domain(config.name, config.name, place, comment=spec.comment, tags=spec.tags, owners=spec.owners)


def _task_reads(config: _FolderRead, scope: Scope, broken: list[TableKey]) -> Iterator[_TaskRead]:
    bodies = dict(config.folder.bodies)
    for index, spec in enumerate(config.spec.tasks):
        source = config.source.below("tasks", index)
        name = spec.name or spec.table
        if name is None:
            scope.findings.error(
                "SL106", source.place(), source.subject("name"), "is missing.", "A task written here needs a name, or a table."
            )
        else:
            yield _over_default(name, spec, source, config, _take_body(bodies, name, spec))
    for file in config.folder.files:
        name = file.name.removesuffix(YAML)
        read = read_file(file, TaskFile, _variables(scope), scope.findings, facts=scope.facts)
        body = _take_body(bodies, name, read.spec.task if read else TaskSpec())
        if read is None:
            broken.append(TableKey(config.name, name))
            continue
        source = read.source.below("task")
        if read.spec.task.name not in (None, name):
            fact = f'"{read.spec.task.name}" is not used, the task is named like its file: {name}.'
            scope.findings.warning(
                "SL221", source.place("name"), source.subject("name"), fact, "Rename the file, or write table."
            )
        yield _over_default(name, read.spec.task, source, config, body)
    for name, body in bodies.items():
        yield _over_default(name, TaskSpec(), Source(Document(body, None)), config, body)


def _take_body(bodies: dict[str, Path], name: str, spec: TaskSpec) -> Path | None:
    """The body of a task: the file of its name, letter case aside; one that `python` names is no other task's."""
    if spec.python is not None:
        bodies.pop(Path(spec.python).stem, None)
    folded = [each for each in bodies if each.casefold() == name.casefold()]
    return bodies.pop(name if name in bodies else folded[0] if len(folded) == 1 else name, None)


def _over_default(name: str, own: TaskSpec, source: Source, config: _FolderRead, body: Path | None) -> _TaskRead:
    default = config.spec.default
    changes: dict[str, object] = {field: getattr(own, field) for field in own.model_fields_set}
    for field_name in _JOINED:
        changes[field_name] = tuple(dict.fromkeys((*getattr(default, field_name), *getattr(own, field_name))))
    return _TaskRead(name, default.model_copy(update=changes), own, source, config.source.below("default"), body)


def _task(read: _TaskRead, config: _FolderRead, scope: Scope) -> Task:
    findings, spec = scope.findings, read.spec
    settings = scope.application.settings
    attributes = scope.attributes.read_all(spec.attributes, read.origin("attributes"))
    columns = attributes or None
    partitions = read_partitions(
        spec.partitions, read.origin("partitions"), findings, timezone=settings.timezone, columns=columns
    )
    strategy = read_strategy(
        spec.write_strategy,
        read.origin("write_strategy"),
        findings,
        columns=columns,
        primary_key=spec.primary_key,
        partitioned=spec.partitions is not None,
        partition=spec.sink.partition,
        history=scope.application.history,
        templates=scope.templates,
    )
    view = check_sink(spec.sink, read.origin("sink"), findings, columns)
    _check_view(read, partitions, scope, view=view)
    if columns is not None:
        for index, name in enumerate(spec.primary_key):
            check_column(name, columns, read.origin("primary_key"), findings, index)
    sections, sql_place = _body(read, scope)
    dialect = _dialect(read, scope)
    key = TableKey(spec.domain or config.name, spec.table or read.name)
    python = _python_file(read)
    reader = RowsReader(scope.location.metadata, scope.location.areas, folders_of(scope.location), findings)
    reader.check(spec, read.origin, view=view, python=python is not None)
    rows = reader.read(spec, read.origin, key, python, strategy)
    return Task(
        key=key,
        name=read.name,
        sql=sections.query,
        sql_place=sql_place,
        place=read.source.place(),
        dialect=dialect,
        attributes=attributes,
        strategy=strategy,
        comment=spec.comment,
        tags=tuple(dict.fromkeys((*config.spec.tags, *spec.tags))),
        owners=spec.owners or config.spec.owners,
        schedule=read_schedule(spec.schedule, settings.schedule_presets, read.origin("schedule"), findings),
        freshness=read_freshness(spec.freshness, read.origin("freshness"), findings),
        partitions=partitions,
        expectations=read_expectations(
            _expectations(read), scope.macros, findings, fail_on_error=scope.fail_on_error, dialect=dialect
        ),
        row_expectations=read_row_expectations(_expectations(read), findings, without=_without_rows(read, view=view)),
        primary_key=spec.primary_key or unique_key(strategy),
        presql=(*section_text(sections.presql, sql_place, dialect), *_sql_texts(read, "presql", dialect)),
        postsql=(*section_text(sections.postsql, sql_place, dialect), *_sql_texts(read, "postsql", dialect)),
        view=view,
        parse_sql=spec.parse_sql,
        declared=spec.dependencies,
        sync=spec.sync_strategy,
        **{each.name: getattr(rows, each.name) for each in fields(rows)},
        orchestration=_orchestration(read, scope),
    )


def _sql_texts(read: _TaskRead, key: Literal["presql", "postsql"], dialect: str) -> tuple[SqlText, ...]:
    """Those of the folder's default, then the task's own: each is told by its own place."""
    own: tuple[str, ...] = getattr(read.own, key)
    inherited = tuple(text for text in getattr(read.spec, key) if text not in own)
    default = sql_texts(inherited, read.default.below(key), dialect)
    return (*default, *sql_texts(own, read.source.below(key), dialect))


def _expectations(read: _TaskRead) -> list[tuple[ExpectationSpec, Source]]:
    own = {spec: read.source.below("expectations", index) for index, spec in enumerate(read.own.expectations)}
    default = read.default.below("expectations")
    return [(spec, own.get(spec) or default.below(index)) for index, spec in enumerate(read.spec.expectations)]


def _without_rows(read: _TaskRead, *, view: bool) -> str:
    """What a task is that brings no rows which could be looked at before they are written."""
    return "a view" if view else "" if read.spec.parse_sql else "SQL that is not parsed"


def _check_view(read: _TaskRead, partitions: Partitions | None, scope: Scope, *, view: bool) -> None:
    if view and partitions is not None:
        source = read.origin("partitions")
        scope.findings.error(
            "SL215", source.place(), source.subject(), "a view cannot be partitioned.", "Leave one of the two out."
        )


def _body(read: _TaskRead, scope: Scope) -> tuple[Sections, Place]:
    """The task's SQL and where it begins; empty for one that is made another way."""
    if read.spec.sql is not None:
        place = read.origin("sql").place()
        if not read.spec.sql.strip():
            scope.findings.error("SL305", place, read.name, "the task has no SQL.")
        return Sections(replace_dollars(read.spec.sql, _declared(scope))), place
    if (file := _python_file(read)) is not None:
        return Sections(""), Place(file, 1, 1)
    if read.body is None or read.spec.steps:
        if read.body is not None:
            fact = f"is not read: {read.name} has steps."
            scope.findings.error("SL285", Place(read.body), "", fact, "Leave one of the two out.")
        elif not read.spec.steps and not read.spec.sources:
            fact = "the task has no SQL."
            hint = f"Write it to {read.name}.sql beside this file; or write steps, or {read.name}.py."
            scope.findings.error("SL305", read.source.place(), read.name, fact, hint)
        return Sections(""), read.source.place()
    text = read_text(read.body, scope.findings) or ""
    return split_sections(replace_dollars(text, _declared(scope))), Place(read.body, 1, 1)


def _python_file(read: _TaskRead) -> Path | None:
    """The file of a task in Python: beside its YAML under its name, or the one that `python` names."""
    if read.spec.python is not None:
        return read.origin("python").file.parent / read.spec.python
    return read.body if read.body is not None and read.body.suffix == ".py" else None


def _variables(scope: Scope) -> dict[str, str]:
    """What templates in the YAML of tasks may name: those of the run stay, for the run to fill in."""
    return {**{name: AtRunTime(f"${{{name}}}") for name in WINDOW_VARIABLES}, **scope.variables}


def _declared(scope: Scope) -> dict[str, str]:
    """The variables that do not change with the clock: the same text makes the same project."""
    return {name: value for name, value in scope.variables.items() if not name.startswith("sl_")}


def _dialect(read: _TaskRead, scope: Scope) -> str:
    findings = scope.findings
    connections = scope.application.connections
    source = read.origin("connection_ref")
    name = check_connection(read.spec.connection_ref, source, findings, connections.dialects)
    refuse_other_database(name, source, scope)
    sink = read.origin("sink")
    target = check_connection(read.spec.sink.connection_ref, sink, findings, connections.dialects, "connectionRef")
    refuse_other_database(target, sink, scope, "connectionRef")
    return connections.dialect(name)


def _orchestration(read: _TaskRead, scope: Scope) -> Orchestration:
    own = read.spec.dag_ref
    application = scope.application
    found = (
        scope.dags.resolve(own, read.origin("dag_ref"), scope.findings)
        if own
        else scope.dags.resolve(application.spec.dag_ref.transform, application.source, scope.findings, "dagRef", "transform")
    )
    text = read.spec.dataset_triggering_strategy
    if text is None:
        return found
    source = read.origin("dataset_triggering_strategy")
    rule = read_rule(text, Source(source.document, source.route[:-1]), scope.findings)
    places = {**found.places, "dataset_triggering_strategy": source.place()}
    return replace(found, triggering=replace(found.triggering, rule=rule), places=places)
