"""The SQL that is really run: templates rendered with a run's values, every table by its final name."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from sl_assets.project.lineage import sql_place
from sl_assets.project.names import Names, names_of
from sl_assets.project.records import Expectation, Project, TableKey, Task
from sl_assets.spec.diagnostic import Diagnostic, ProjectError
from sl_assets.spec.environment import date_variables
from sl_assets.spec.findings import Findings
from sl_assets.spec.template import load_macros, render_text
from sl_assets.sql.parse import SqlError, parse_query
from sl_assets.sql.render import render_sql
from sl_assets.sql.resolve import qualify, quote_names_dotted

_THIS = re.compile(r'"?\bsl_this\b"?', re.IGNORECASE)


def compile_task(project: Project, task: Task, variables: Mapping[str, str]) -> str:
    """A task's query as DuckDB SQL.

    Args:
        project: The project.
        task: One of its tasks.
        variables: The run's values, such as `sl_start_date`; they win over the project's.

    Returns:
        One query, without `;`, every table of the project as `"domain"."table"`. Names nobody here makes are quoted too.

    Raises:
        ProjectError: With these values the templates cannot be rendered, or the SQL is no query.
    """
    findings = Findings()
    file = task.sql_place.file
    context, macros = _context(project, variables, findings)
    rendered = render_sql(task.sql, context, macros, file, findings)
    _raise_errors(findings)
    try:
        parsed = parse_query(rendered.text, task.dialect)
    except SqlError as error:
        place = sql_place(task, rendered, error.line, error.column)
        raise ProjectError([Diagnostic("error", error.code, place, str(task.key), error.fact)]) from error
    names = names_of(project)
    return qualify(parsed, lambda parts: _final(names, parts, task.key))


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
    context, macros = _context(project, {}, findings)
    rendered = render_text(f"{{{{ {expectation.expect} }}}}", context, file, findings, macros=macros)
    _raise_errors(findings)
    table = quote_names_dotted(key)
    return _THIS.sub(lambda _: table, rendered.text).strip().rstrip(";").rstrip()


def _context(
    project: Project, variables: Mapping[str, str], findings: Findings
) -> tuple[Mapping[str, str], Mapping[str, object]]:
    context = {**date_variables(datetime.now(UTC)), **project.environment, **variables}
    return context, load_macros(project.macros, context, project.metadata / "macros", findings)


def _final(names: Names, parts: tuple[str, ...], own: TableKey) -> tuple[str, str] | None:
    meaning = names.meaning(parts, own)
    return meaning.key if meaning.kind in ("known", "unknown") else None


def _raise_errors(findings: Findings) -> None:
    errors = [one for one in findings.sorted() if one.severity == "error"]
    if errors:
        raise ProjectError(errors)
