"""`load/<domain>/`: domains and the tables loaded from files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from sl_assets.project.arrival import read_quiet_period
from sl_assets.project.attributes import check_column
from sl_assets.project.connections import check_connection, refuse_second_file
from sl_assets.project.expectations import read_expectations
from sl_assets.project.folders import YAML, Folder, folders
from sl_assets.project.inheritance import Metadata, merge_metadata, read_format
from sl_assets.project.location import local_path
from sl_assets.project.orchestration import Orchestration, PreloadStrategy
from sl_assets.project.partitions import read_partitions
from sl_assets.project.patterns import python_pattern
from sl_assets.project.records import Attribute, Domain, Limits, Retention, Table, TableKey
from sl_assets.project.retention import override_retention
from sl_assets.project.row_expectations import read_row_expectations
from sl_assets.project.schedules import read_freshness, read_schedule
from sl_assets.project.scope import Scope
from sl_assets.project.scripts import expression_dialect, translate_filter, translate_script
from sl_assets.project.sql_texts import sql_texts
from sl_assets.project.strategies import check_sink, read_strategy, unique_key
from sl_assets.spec.application import ApplicationSpec
from sl_assets.spec.document import Document
from sl_assets.spec.domain import DomainFile, DomainSpec
from sl_assets.spec.place import Place
from sl_assets.spec.read import Read, Source, read_file
from sl_assets.spec.table import TableFile, TableSpec


@dataclass
class Loads:
    """What `load/` comes to. `broken`: tables whose file cannot be read; they exist all the same, for the SQL that names them."""

    domains: dict[str, Domain] = field(default_factory=dict[str, Domain])
    tables: dict[TableKey, Table] = field(default_factory=dict[TableKey, Table])
    broken: list[TableKey] = field(default_factory=list[TableKey])


@dataclass(frozen=True)
class _DomainRead:
    spec: DomainSpec
    source: Source
    folder: Folder

    @property
    def written(self) -> str:
        return self.spec.name or self.folder.name

    @property
    def name(self) -> str:
        return self.spec.rename or self.written

    @cached_property
    def metadata(self) -> Metadata:
        return merge_metadata(self.spec.metadata, self.source.below("metadata"))


def read_loads(scope: Scope) -> Loads:
    """Read every domain and table of `load/`."""
    loads = Loads()
    for folder in folders(scope.location.metadata / "load", scope.findings):
        domain = _read_domain(folder, scope)
        for spec, source in _table_specs(domain, scope, loads.broken):
            table = _table(spec, source, domain, scope)
            if scope.register.take(table.key, source.place("rename" if spec.rename else "name"), source.subject("name")):
                loads.tables[table.key] = table
        loads.domains[domain.name] = _domain(domain, scope, loads.tables.values())
    return loads


def read_externals(scope: Scope) -> Mapping[TableKey, tuple[Attribute, ...]]:
    """The tables declared under `external/`, with the attributes they are described by, if any."""
    found: dict[TableKey, tuple[Attribute, ...]] = {}
    for folder in folders(scope.location.metadata / "external", scope.findings):
        domain = _read_domain(folder, scope)
        broken: list[TableKey] = []
        for spec, source in _table_specs(domain, scope, broken):
            attributes = scope.attributes.read_all(spec.attributes, source.below("attributes"))
            found[TableKey(domain.name, spec.rename or spec.name)] = attributes
        found |= dict.fromkeys(broken, ())
    return found


def _read_domain(folder: Folder, scope: Scope) -> _DomainRead:
    read = read_file(folder.config, DomainFile, scope.variables, scope.findings, facts=scope.facts) if folder.config else None
    if read is None:
        read = Read(DomainFile(), Source(Document(folder.config or folder.path, None)))
    return _DomainRead(read.spec.load, read.source.below("load"), folder)


def _table_specs(domain: _DomainRead, scope: Scope, broken: list[TableKey]) -> Iterator[tuple[TableSpec, Source]]:
    yield from _named(domain.spec.tables, domain.source.below("tables"), scope)
    for file in domain.folder.files:
        read = read_file(file, TableFile, scope.variables, scope.findings, facts=scope.facts)
        if read is None or not (read.spec.table or read.spec.tables):
            broken.append(TableKey(domain.name, file.name.removesuffix(YAML)))
        if read is not None:
            yield from _tables_in(read, scope)


def _tables_in(read: Read[TableFile], scope: Scope) -> Iterator[tuple[TableSpec, Source]]:
    spec, source = read.spec, read.source
    if spec.table is not None:
        name = spec.table.name or source.file.name.removesuffix(YAML)
        yield spec.table.model_copy(update={"name": name}), source.below("table")
    yield from _named(spec.tables, source.below("tables"), scope)
    if not (spec.table or spec.tables or source.has("table") or source.has("tables")):
        scope.findings.error("SL106", source.place("table"), "table", "is missing.", "It is required here.")


def _named(tables: Iterable[TableSpec], source: Source, scope: Scope) -> Iterator[tuple[TableSpec, Source]]:
    """The tables of a list that have a name; SL106 for one without."""
    for index, one in enumerate(tables):
        own = source.below(index)
        if one.name:
            yield one, own
        else:
            scope.findings.error("SL106", own.place("name"), own.subject("name"), "is missing.", "A table in a list needs one.")


def _domain(domain: _DomainRead, scope: Scope, tables: Iterable[Table]) -> Domain:
    spec = domain.spec
    own = domain.source.below("metadata")
    dag_ref = spec.metadata.dag_ref
    source = own if dag_ref else scope.application.source
    steps = ("dagRef",) if dag_ref else ("dagRef", "load")
    orchestration = scope.dags.resolve(dag_ref or scope.application.spec.dag_ref.load, source, scope.findings, *steps)
    return Domain(
        name=domain.name,
        source=domain.written,
        place=Place(domain.folder.config, 1, 1) if domain.folder.config else Place(domain.folder.path),
        comment=spec.comment,
        tags=spec.tags,
        owners=spec.owners,
        pre_load_strategy=_gate([orchestration, *(each.orchestration for each in tables if each.key.domain == domain.name)]),
    )


def _gate(found: Iterable[Orchestration]) -> PreloadStrategy:
    """The strategy of a domain: its own, else one that a table brings with a dagRef of its own; each table keeps to its own."""
    for each in found:
        if each.pre_load_strategy != "none":
            return each.pre_load_strategy
    return "none"


def _table(spec: TableSpec, source: Source, domain: _DomainRead, scope: Scope) -> Table:
    findings, application = scope.findings, scope.application
    metadata = merge_metadata(spec.metadata, source.below("metadata"), domain.metadata)
    merged = metadata.spec
    if not spec.attributes:
        findings.error(
            "SL106", source.place("attributes"), source.subject("attributes"), "is missing.", "A table needs attributes."
        )
    written = scope.attributes.read_all(spec.attributes, source.below("attributes"))
    dialect = expression_dialect(merged.loader or application.loader, application.connections)
    attributes = tuple(translate_script(one, dialect, findings) for one in written)
    engine = application.connections.target(merged.sink.connection_ref)
    columns = tuple(one for one in attributes if not one.ignore)
    pattern = _pattern(spec, source, scope)
    partitions = read_partitions(
        spec.partitions,
        source.below("partitions"),
        findings,
        timezone=application.settings.timezone,
        columns=columns,
        pattern=pattern,
    )
    strategy = read_strategy(
        merged.write_strategy,
        metadata.origin("writeStrategy"),
        findings,
        columns=columns,
        primary_key=spec.primary_key,
        partitioned=spec.partitions is not None,
        partition=merged.sink.partition,
        history=application.history,
        pattern=pattern,
        templates=scope.templates,
    )
    _check_sink(metadata, columns, scope)
    if partitions and not application.spec.archive:
        fact = "cannot be combined with archive: false: a partition is rebuilt from the archive."
        findings.error("SL215", source.place("partitions"), source.subject("partitions"), fact)
    primary_key = tuple(
        check_column(name, columns, source, findings, "primaryKey", index) for index, name in enumerate(spec.primary_key)
    )
    schedule = read_schedule(merged.schedule, application.settings.schedule_presets, metadata.origin("schedule"), findings)
    dag_source = metadata.origins.get("dagRef")
    expected = [(one, source.below("expectations", index)) for index, one in enumerate(spec.expectations)]
    return Table(
        key=TableKey(domain.name, spec.rename or spec.name),
        source=spec.name,
        source_domain=domain.written,
        pattern=pattern,
        attributes=attributes,
        format=read_format(metadata, application, attributes, findings, scope.location.metadata),
        place=source.place(),
        strategy=strategy,
        comment=spec.comment,
        tags=spec.tags,
        owners=spec.owners or domain.spec.owners,
        landing=_landing(metadata, scope),
        ack=merged.ack or application.spec.ack,
        quiet=_quiet_period(metadata, scope),
        unpack=application.unpack,
        archive=application.spec.archive,
        on_arrival=_first(merged.run_on_arrival, application.spec.run_on_arrival, schedule is None),
        schedule=schedule,
        freshness=read_freshness(merged.freshness, metadata.origin("freshness"), findings),
        partitions=partitions,
        expectations=read_expectations(expected, scope.macros, findings, fail_on_error=scope.fail_on_error, dialect=engine),
        row_expectations=read_row_expectations(expected, findings, columns=tuple(one.name for one in columns)),
        primary_key=primary_key or unique_key(strategy),
        presql=sql_texts(spec.presql, source.below("presql"), engine),
        postsql=sql_texts(spec.postsql, source.below("postsql"), engine),
        filter=translate_filter(spec.filter, dialect, source, findings),
        limits=_limits(metadata, application.spec, application.loader),
        on_changed_file=merged.on_changed_file,
        orchestration=scope.dags.resolve(
            merged.dag_ref or application.spec.dag_ref.load,
            dag_source or application.source,
            findings,
            *(("dagRef",) if dag_source else ("dagRef", "load")),
        ),
        retention=_retention(spec, source, domain, scope),
        places={
            "filter": source.place("filter"),
            "pattern": source.place("pattern"),
            "partitions": source.place("partitions"),
            "writeStrategy": metadata.origin("writeStrategy").place(),
        },
    )


def _retention(spec: TableSpec, source: Source, domain: _DomainRead, scope: Scope) -> Retention:
    """Key by key: the table's own, else its domain's, else the application's."""
    steps = ("metadata", "retention")
    above = scope.application.settings.retention
    inherited = override_retention(above, domain.spec.metadata.retention, domain.source.below(*steps), scope.findings)
    return override_retention(inherited, spec.metadata.retention, source.below(*steps), scope.findings)


def _limits(metadata: Metadata, application: ApplicationSpec, loader: str | None) -> Limits:
    """The table's or its domain's own limits (an extension), else the application's."""
    own = metadata.spec
    # Starlake's native loader knows no rejected rows: one bad cell fails the file
    native = (own.loader or loader) == "native"
    none_at_all = own if "rejectAllOnError" in metadata.origins else application
    records = own if "rejectMaxRecords" in metadata.origins else application
    rate = own if "rejectMaxRate" in metadata.origins else application
    return Limits(native or none_at_all.reject_all_on_error, records.reject_max_records, rate.reject_max_rate)


def _pattern(spec: TableSpec, source: Source, scope: Scope) -> str:
    place, subject = source.place("pattern"), source.subject("pattern")
    if spec.pattern is None:
        hint = "It is required here: a Java regular expression for the names of the table's files."
        scope.findings.error("SL106", place, subject, "is missing.", hint)
        return ""
    try:
        return python_pattern(spec.pattern)
    except (re.error, OverflowError) as error:
        scope.findings.error("SL210", place, subject, f'"{spec.pattern}" is not a regular expression: {error}.')
        return ""


def _landing(metadata: Metadata, scope: Scope) -> Path | None:
    text = metadata.spec.directory
    if text is None:
        return None
    path = local_path(scope.location.root, text)
    if path is None:
        origin = metadata.origin("directory")
        fact = f'"{text}" is not a local folder, and remote folders are not supported yet.'
        scope.findings.error("SL110", origin.place(), origin.subject(), fact)
    return path


def _first(*answers: bool | None) -> bool:
    return next((answer for answer in answers if answer is not None), False)


def _quiet_period(metadata: Metadata, scope: Scope) -> timedelta:
    if metadata.spec.quiet_period is None:
        return scope.application.quiet
    return read_quiet_period(metadata.spec.quiet_period, metadata.origin("quietPeriod"), scope.findings)


def _check_sink(metadata: Metadata, columns: tuple[Attribute, ...], scope: Scope) -> None:
    sink, origin = metadata.spec.sink, metadata.origin("sink")
    check_sink(sink, origin, scope.findings, columns)
    for key in ("format", "path"):
        if getattr(sink, key) is not None:
            fact = "is for tasks that write files, ignored."
            scope.findings.warning("SL109", origin.place(key), origin.subject(key), fact, "A load goes to a table.")
    connections = scope.application.connections
    check_connection(sink.connection_ref, origin, scope.findings, connections.dialects, "connectionRef")
    refuse_other_database(sink.connection_ref, origin, scope, "connectionRef")


def refuse_other_database(name: str | None, source: Source, scope: Scope, *steps: str) -> None:
    """SL110 for a connection to another DuckDB file than the project's."""
    connections = scope.application.connections
    if name is not None and connections.files.get(name, connections.database) != connections.database:
        refuse_second_file(name, source.below(*steps), scope.findings)
