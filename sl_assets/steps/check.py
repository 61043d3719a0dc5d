"""What only shows when the rules of a table are made ready for the engine: told before anything runs."""

from collections.abc import Iterator
from dataclasses import replace

from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Project, Table
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.validation import PrivacyError, RuleError, compile_validation


def check_rules(project: Project) -> Project:
    """The project with a diagnostic for each table whose rules the engine cannot carry out.

    SL222: a pattern; SL223: a privacy level.
    """
    found = [diagnostic for table in project.tables.values() for diagnostic in _check(table, project)]
    order = sorted((*project.diagnostics, *found), key=lambda each: (each.place, each.code))
    return replace(project, diagnostics=tuple(order))


def _check(table: Table, project: Project) -> Iterator[Diagnostic]:
    sources = frozenset(attribute.source for attribute in table.attributes)
    kind = "json" if table.format.name.startswith("JSON") else "text"
    for attribute in table.attributes:
        alone = replace(table, attributes=(attribute,), partitions=None, filter=None)
        reading = Reading(files=(), sql="SELECT 1", representation=kind, present=sources)
        try:
            compile_validation(alone, reading, timezone=project.settings.timezone)
        except RuleError as error:
            yield _diagnostic(attribute, error)


def _diagnostic(attribute: Attribute, error: RuleError) -> Diagnostic:
    code = "SL223" if isinstance(error, PrivacyError) else "SL222"
    return Diagnostic("error", code, attribute.place, attribute.source, f"{error}.".replace("..", "."))
