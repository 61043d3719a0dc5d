"""A folder of YAML and SQL -> one `Project`."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sl_assets.cache import cache_folder
from sl_assets.collection import rare_collection
from sl_assets.facts import Facts, open_facts
from sl_assets.project.application import Application, read_application
from sl_assets.project.behind import with_behind
from sl_assets.project.column_lineage import Described, read_columns
from sl_assets.project.config_texts import read_texts
from sl_assets.project.cross_checks import check_file_names, check_gates
from sl_assets.project.dags import read_dags
from sl_assets.project.expectations import read_macros
from sl_assets.project.kept import ProjectCache, is_closed
from sl_assets.project.lineage import Lineage, read_lineage
from sl_assets.project.location import Location, locate
from sl_assets.project.names import KeyRegister, Names, build_names, quarantines_of
from sl_assets.project.recipe import SqlStep
from sl_assets.project.records import Domain, Project, Ref, TableKey
from sl_assets.project.refs import read_refs
from sl_assets.project.row_expectations import check_quarantines, check_rules_of_tasks
from sl_assets.project.scope import Scope
from sl_assets.project.tables import Loads, read_externals, read_loads
from sl_assets.project.task_columns import check_columns_of_tasks
from sl_assets.project.tasks import Transforms, read_transforms
from sl_assets.project.triggers import check_rules
from sl_assets.project.types import read_types
from sl_assets.project.unread import check_extracts, tell_unread
from sl_assets.project.write_templates import check_templates, read_templates
from sl_assets.spec.environment import ACTIVE, Environment, read_environment, untold
from sl_assets.spec.findings import Findings
from sl_assets.spec.template import load_macros, words


def load_project(
    root: Path | str | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    *,
    keep: bool = True,
) -> Project:
    """Read a Starlake project.

    Whatever is wrong in its files is in the result's `diagnostics`, all of it, by place; look at `errors` before using it.

    Args:
        root: The project's folder; else `SL_ROOT`, else the working directory. Its config folder is `SL_METADATA`, else `config/`
            where that has an application.sl.yml, else `metadata/`.
        environ: The environment variables; the process's by default.
        overrides: Variables that win over those of the project's own files, such as a unit test's.
        keep: Whether what was read is kept whole for the next time; not for one that is read this way only once.

    Returns:
        The project, frozen. The same text makes the same project.

    Raises:
        ProjectError: There is no such folder, or no application.sl.yml in it.

    Example:
        >>> project = load_project("bakery")  # doctest: +SKIP
        >>> [str(key) for key in project.tables]  # doctest: +SKIP
        ['starbake.customers', 'starbake.orders']
    """
    environ = os.environ if environ is None else environ
    location = locate(root, environ)
    location = replace(location, variables={**location.variables, **(overrides or {})})
    with rare_collection():
        return _load(location, environ, keep=keep and not overrides)


def _load(location: Location, environ: Mapping[str, str], *, keep: bool) -> Project:
    """The project as it is kept, where it is; else read, and kept."""
    texts = read_texts(location.metadata) if keep and cache_folder(os.environ) else None
    findings = Findings()
    if texts is None or not is_closed(texts, location, environ):
        environment = read_environment(location.metadata, environ, location.variables, findings, datetime.now(UTC))
        application = read_application(location, environment.all, environ, findings)
        return _read(location, environment, application, environ, findings)[0]
    # no template names a variable of the process: it is told none, so that nothing but the folder comes into what is kept
    process = untold(environ) | {name: environ[name] for name in (ACTIVE,) if name in environ}
    environment = read_environment(location.metadata, process, location.variables, findings, None)
    application = read_application(location, environment.all, environ, findings)
    kept = ProjectCache(texts, location, environ, os.environ)
    if (found := kept.recall(environment, application)) is not None:
        project, told = found
        findings.extend(told)
        return replace(project, diagnostics=findings.sorted())
    before = frozenset(findings.sorted())
    project, words = _read(location, environment, application, environ, findings)
    kept.keep(project, environment, application, words, tuple(each for each in project.diagnostics if each not in before))
    return project


def _read(
    location: Location, environment: Environment, application: Application, environ: Mapping[str, str], findings: Findings
) -> tuple[Project, frozenset[str]]:
    """The project of the texts, and every word that its SQL may name as a variable."""
    with open_facts(location.metadata) as facts:
        return _read_texts(location, environment, application, environ, findings, facts)


def _read_texts(
    location: Location,
    environment: Environment,
    application: Application,
    environ: Mapping[str, str],
    findings: Findings,
    facts: Facts,
) -> tuple[Project, frozenset[str]]:
    macros = read_macros(location.metadata, environment.all, findings)
    scope = Scope(
        location=location,
        application=application,
        variables=environment.all,
        types=read_types(location.metadata, environment.all, findings),
        dags=read_dags(location.metadata, environment.all, application.settings.schedule_presets, findings),
        macros=macros,
        findings=findings,
        register=KeyRegister(findings),
        templates=read_templates(location.metadata, findings),
        facts=facts,
    )
    tell_unread(location.metadata, findings)
    check_extracts(scope)
    refs = read_refs(scope)
    loads, transforms, declared = read_loads(scope), read_transforms(scope), read_externals(scope)
    check_quarantines((*loads.tables.values(), *transforms.tasks.values()), findings)
    domains = _domains(loads, transforms, findings)
    names = _names(loads, transforms, declared, domains, application, refs)
    named = frozenset[str]().union(*(words(text) for text in (macros.text, *_sql_of(scope, loads, transforms))))
    variables = _variables(environment, environ, named)
    quiet = Findings()
    functions = load_macros(macros.text, variables, location.metadata / "macros", quiet)
    check_templates(scope.templates.values(), variables, functions, findings)
    tasks = with_behind(transforms.tasks, environment.declared, macros.text)
    lineage = read_lineage(tasks, names, variables, functions, findings, facts)
    check_rules(lineage.tasks, loads.tables, findings)
    check_file_names(loads.tables.values(), findings)
    check_gates(loads.tables.values(), location.areas, findings)
    columns = read_columns(lineage, Described(loads.tables, declared, names), findings)
    check_rules_of_tasks(lineage.tasks.values(), columns, findings)
    check_columns_of_tasks(lineage.tasks.values(), columns, findings)
    project = _project(scope, loads, lineage, domains, declared, variables, refs)
    return replace(project, columns=columns, diagnostics=findings.sorted()), named


def _project(
    scope: Scope,
    loads: Loads,
    lineage: Lineage,
    domains: Mapping[str, Domain],
    declared: Iterable[TableKey],
    variables: Mapping[str, str],
    refs: tuple[Ref, ...],
) -> Project:
    location = scope.location
    return Project(
        name=scope.application.spec.name or location.root.name or "project",
        root=location.root,
        metadata=location.metadata,
        areas=location.areas,
        settings=scope.application.settings,
        environment=variables,
        types=scope.types,
        domains=domains,
        tables=loads.tables,
        tasks=lineage.tasks,
        externals=tuple(dict.fromkeys((*declared, *lineage.externals))),
        macros=scope.macros.text,
        refs=refs,
        diagnostics=scope.findings.sorted(),
    )


def _domains(loads: Loads, transforms: Transforms, findings: Findings) -> Mapping[str, Domain]:
    """All domains; one that is loaded and transformed is one domain, described by whoever describes it first."""
    found = dict(loads.domains)
    for name, domain in transforms.domains.items():
        if name in found:
            first = found[name]
            found[name] = replace(
                first,
                comment=first.comment or domain.comment,
                tags=tuple(dict.fromkeys((*first.tags, *domain.tags))),
                owners=first.owners or domain.owners,
            )
        else:
            found[name] = domain
    for task in transforms.tasks.values():
        found.setdefault(task.key.domain, Domain(task.key.domain, task.key.domain, task.place))
    used = {key.domain for key in (*loads.tables, *transforms.tasks)}
    _tell_case(found.values(), findings)
    return {name: domain for name, domain in found.items() if name in used}


def _tell_case(domains: Iterable[Domain], findings: Findings) -> None:
    first: dict[str, Domain] = {}
    for domain in domains:
        other = first.setdefault(domain.name.casefold(), domain)
        if other is not domain:
            fact = f'domains "{other.name}" and "{domain.name}" differ in letter case only.'
            findings.error("SL221", domain.place, domain.name, fact, "Write both the same way.")


def _names(
    loads: Loads,
    transforms: Transforms,
    declared: Iterable[TableKey],
    domains: Iterable[str],
    application: Application,
    refs: tuple[Ref, ...],
) -> Names:
    return build_names(
        [*declared, *loads.broken, *transforms.broken, *loads.tables, *transforms.tasks],
        domains=[*domains, *(key.domain for key in (*loads.broken, *transforms.broken))],
        audit_schema=application.settings.audit_schema,
        aliases={(task.key.domain, task.name): task.key for task in transforms.tasks.values()},
        database=application.settings.database,
        refs=refs,
        quarantines=quarantines_of((*loads.tables.values(), *transforms.tasks.values())),
        renamed={
            (domain, table.source): key
            for key, table in loads.tables.items()
            for domain in (key.domain, table.source_domain, table.source)
            if (domain, table.source) != key
        },
    )


def _sql_of(scope: Scope, loads: Loads, transforms: Transforms) -> Iterator[str]:
    """Every text with templates that is rendered when something is run."""
    yield from (each.text for each in scope.templates.values())
    yield from (task.sql for task in transforms.tasks.values())
    yield from (step.sql for task in transforms.tasks.values() for step in task.steps if isinstance(step, SqlStep))
    yield from (sink.path for task in transforms.tasks.values() for sink in (*task.file_sinks, task.file_sink) if sink)
    for node in (*loads.tables.values(), *transforms.tasks.values()):
        yield from (each.text for each in (*node.presql, *node.postsql))


def _variables(environment: Environment, process: Mapping[str, str], named: frozenset[str]) -> Mapping[str, str]:
    """What SQL can name: the project's variables, and those of the process that some SQL does name; no other secret is kept."""
    return {**{name: value for name, value in process.items() if name in named}, **environment.declared}
