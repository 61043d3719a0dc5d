"""The SQL that is really run: templates rendered with a run's values, every table by its final name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from sl_assets.project.library import library_of
from sl_assets.project.names import Names, names_of
from sl_assets.project.quality import Expectation
from sl_assets.project.reads import own_steps, script_of, step_place
from sl_assets.project.recipe import FileSink, Scalar, SqlStep
from sl_assets.project.records import Project, SqlText, StrategyTemplate, TableKey, Task
from sl_assets.project.write_templates import strategy_macros
from sl_assets.spec.diagnostic import Diagnostic, ProjectError
from sl_assets.spec.environment import date_variables
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.spec.template import Rendered, load_macros, render_text, replace_dollars
from sl_assets.sql.parse import Parsed, SqlError, parse_query
from sl_assets.sql.placeholders import stand_ins
from sl_assets.sql.render import render_sql
from sl_assets.sql.resolve import qualify, quote_names_dotted
from sl_assets.sql.statements import Statement, split_statements, translated

_THIS = re.compile(r'"?\bsl_this\b"?', re.IGNORECASE)


Relations = Mapping[tuple[str, ...], tuple[str, ...]]
"""Other names for what a step reads: `DF`, `SOURCE` + name (folded), or the key of a table -> the name of a relation."""


def compile_task(project: Project, task: Task, variables: Mapping[str, str], relations: Relations = MappingProxyType({})) -> str:
    """A task's query as DuckDB SQL.

    Args:
        project: The project.
        task: One of its tasks, of which `is_query` is true.
        variables: The run's values, such as `sl_start_date`; they win over the project's.
        relations: What is read in the place of tables and sources.

    Returns:
        One query, without `;`, every table of the project as `"domain"."table"`. Names nobody here makes are quoted too.

    Raises:
        ProjectError: With these values the templates cannot be rendered, or the SQL is no query.
    """
    step = own_steps(task)[0]
    if not isinstance(step, SqlStep):
        raise TypeError(f"{task.key} has no SQL of its own.")
    return compile_step(project, task, step, variables, relations)


def compile_step(project: Project, task: Task, step: SqlStep, variables: Mapping[str, str], relations: Relations) -> str:
    """One step in SQL, as `compile_task` does it.

    Raises:
        ProjectError: See `compile_task`.
    """
    _, parsed = _parsed(project, task, step, variables)
    names = names_of(project)
    return qualify(parsed, lambda parts: _relation(names, parts, task.key, relations))


def place_in_query(project: Project, task: Task, variables: Mapping[str, str], line: int) -> Place:
    """Where line `line` (from 1) of what `compile_task` gave was written; of SQL that is transpiled, where the SQL begins.

    Raises:
        ProjectError: See `compile_task`.
    """
    step = script_of(task)
    if task.dialect != "duckdb":
        return step.place
    rendered, parsed = _parsed(project, task, step, variables)
    return step_place(step, rendered, line + parsed.text.count("\n", 0, parsed.start), 1)


def _parsed(project: Project, task: Task, step: SqlStep, variables: Mapping[str, str]) -> tuple[Rendered, Parsed]:
    findings = Findings()
    context, macros = _context(project, variables, findings)
    rendered = render_sql(step.sql, context, macros, step.place.file, findings)
    _raise_errors(findings)
    try:
        return rendered, parse_query(stand_ins(rendered.text, task.dialect), task.dialect)
    except SqlError as error:
        place = step_place(step, rendered, error.line, error.column)
        raise ProjectError([Diagnostic("error", error.code, place, str(task.key), error.fact)]) from error


def compile_script(project: Project, task: Task, variables: Mapping[str, str]) -> tuple[Statement, ...]:
    """The statements of a task whose SQL is not parsed: nothing in them but their dialect is changed.

    Raises:
        ProjectError: With these values the templates cannot be rendered.
    """
    step = script_of(task)
    text = SqlText(step.sql, step.place, numbered=step.numbered, dialect=task.dialect)
    return compile_statements(project, [text], variables, task.parameters)


def compile_path(project: Project, sink: FileSink, variables: Mapping[str, str]) -> str:
    """The path of a sink in a run.

    Raises:
        ProjectError: It cannot be rendered.
    """
    findings = Findings()
    context, macros = _context(project, variables, findings)
    rendered = render_text(sink.path, context, sink.place.file, findings, macros=macros)
    _raise_errors(findings)
    return rendered.text.strip()


def compile_expectation(project: Project, key: TableKey, expectation: Expectation) -> str:
    """The query of an expectation; it holds when that yields one row whose first column is 0.

    Args:
        project: The project, with its macros.
        key: The table that is checked; takes the place of `sl_this`.
        expectation: One of that table's expectations.

    Raises:
        ProjectError: The macro call cannot be rendered.
    """
    findings = Findings()
    file = expectation.place.file
    library = library_of(f"{expectation.expect} {project.macros}")
    context, macros = _context(project, {"sl_this": "sl_this"}, findings, library)
    rendered = render_text(f"{{{{ {expectation.expect} }}}}", context, file, findings, macros={**library, **macros})
    _raise_errors(findings)
    table = quote_names_dotted(key)
    query = translated(rendered.text.strip().rstrip(";").rstrip(), expectation.dialect)
    return _THIS.sub(lambda _: table, query)


def compile_statements(
    project: Project,
    texts: Iterable[SqlText],
    variables: Mapping[str, str],
    parameters: Mapping[str, Scalar] = MappingProxyType({}),
) -> tuple[Statement, ...]:
    """The statements of `presql` or `postsql`, in order. Names of tables stay as they are written, as in Starlake.

    Args:
        project: The project.
        texts: Those of a table or task.
        variables: The run's values; they win over the project's.
        parameters: What statements name as `$name`: bound when they run. The run's values are filled into texts.

    Raises:
        ProjectError: With these values a template cannot be rendered.
    """
    texts = tuple(texts)
    if not texts:
        return ()
    findings = Findings()
    context, macros = _context(project, variables, findings)
    found: list[Statement] = []
    for each in texts:
        rendered = render_sql(each.text, context, macros, each.place.file, findings)
        found += _statements(rendered, each.place, numbered=each.numbered, dialect=each.dialect)
    _raise_errors(findings)
    bound = {name: replace_dollars(value, context) if isinstance(value, str) else value for name, value in parameters.items()}
    return tuple(replace(each, parameters=bound) for each in found)


def compile_strategy(project: Project, template: StrategyTemplate, values: Mapping[str, object]) -> tuple[Statement, ...]:
    """The statements of a write strategy of the project's own.

    Args:
        project: The project.
        template: The strategy.
        values: What it is about: the variables of `NEUTRAL_VALUES`. They win over the project's.

    Raises:
        ProjectError: With these values the template cannot be rendered.
    """
    findings = Findings()
    variables, macros = _context(project, {}, findings)
    context = {**variables, **values}
    rendered = render_text(template.text, context, template.file, findings, macros={**strategy_macros(), **macros}, comment="--")
    _raise_errors(findings)
    return _statements(rendered, Place(template.file), numbered=True)


def _statements(rendered: Rendered, place: Place, *, numbered: bool, dialect: str = "duckdb") -> tuple[Statement, ...]:
    found = [(line, translated(text, dialect)) for line, text in split_statements(rendered.text, dialect)]
    return tuple(Statement(text, Place(place.file, rendered.line(line), 1) if numbered else place) for line, text in found)


def _context(
    project: Project, variables: Mapping[str, str], findings: Findings, library: Mapping[str, object] | None = None
) -> tuple[Mapping[str, str], Mapping[str, object]]:
    context = {**date_variables(datetime.now(UTC)), **project.environment, **variables}
    known = {**(library or {}), **context}
    return context, load_macros(project.macros, known, project.metadata / "macros", findings)


def _relation(names: Names, parts: tuple[str, ...], own: TableKey, relations: Relations) -> tuple[str, ...] | None:
    if len(parts) == 1 and (inner := relations.get((parts[0].casefold(),))) is not None:
        return inner
    meaning = names.meaning(parts, own)
    if meaning.key is None or meaning.kind not in ("known", "unknown"):
        return None
    return relations.get(meaning.key, meaning.key)


def _raise_errors(findings: Findings) -> None:
    errors = [one for one in findings.sorted() if one.severity == "error"]
    if errors:
        raise ProjectError(errors)
