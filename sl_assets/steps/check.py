"""What only shows when a project meets its engine and its data: rules the engine cannot carry out, rows loaded otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import duckdb

from sl_assets.lock import LockTimeoutError
from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Project, Table
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.steps.drift import find_drift
from sl_assets.validation import PrivacyError, RuleError, check_functions, compile_validation, expression_faults
from sl_assets.validation.row_rules import rule_faults, table_types
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WarehouseError

PATIENCE = timedelta(seconds=2)
"""How long `check` waits for a writer of the warehouse to end; it is not worth waiting for a whole load."""


@dataclass(frozen=True)
class Comparison:
    """A project that was compared with its warehouse: `files` loaded ones, or why it was not compared."""

    project: Project
    files: int | None = None
    skipped: str = ""


def check_rules(project: Project) -> Project:
    """The project with a diagnostic for each table whose rules the engine cannot carry out.

    SL222: a pattern; SL223: a privacy level; SL226: a script or filter; SL228: a row expectation.
    """
    found = [diagnostic for table in project.tables.values() for diagnostic in _check(table, project)]
    scripted = [table for table in project.tables.values() if table.filter or any(each.script for each in table.attributes)]
    if scripted:
        with duckdb.connect(config={"enable_external_access": "false"}) as engine:
            found += [diagnostic for table in scripted for diagnostic in _check_expressions(table, engine)]
    judged = [table for table in project.tables.values() if table.row_expectations]
    if judged:
        places = {diagnostic.place for diagnostic in project.diagnostics if diagnostic.code == "SL228"}
        with duckdb.connect(config={"enable_external_access": "false"}) as engine:
            told = [diagnostic for table in judged for diagnostic in _check_row_expectations(table, engine)]
        found += [diagnostic for diagnostic in told if diagnostic.place not in places]
    order = sorted((*project.diagnostics, *found), key=lambda each: (each.place, each.code))
    return replace(project, diagnostics=tuple(order))


def check_warehouse(project: Project) -> Comparison:
    """The project with a warning for each disagreement with the data that is already there (SL401 to SL410).

    The warehouse is opened for reading only, and not at all for a project with errors: what is missing from that may only be
    unreadable.
    """
    if project.errors:
        return Comparison(project, skipped="first the errors have to be corrected.")
    if not project.settings.database.exists():
        return Comparison(project, skipped="there is none yet.")
    warehouse = replace(Warehouse.of(project.settings), lock_timeout=PATIENCE)
    try:
        with warehouse.reader() as connection:
            found, files = find_drift(project, connection)
    except (WarehouseError, LockTimeoutError, duckdb.Error) as error:
        return Comparison(project, skipped=str(error))
    order = sorted((*project.diagnostics, *found), key=lambda each: (each.place, each.code))
    return Comparison(replace(project, diagnostics=tuple(order)), files)


def _check(table: Table, project: Project) -> Iterator[Diagnostic]:
    sources = frozenset(attribute.source for attribute in table.attributes)
    kind = "json" if table.format.name.startswith("JSON") else "text"
    for attribute in table.attributes:
        alone = replace(table, attributes=(attribute,), partitions=None, filter=None)
        reading = Reading(files=(), sql="SELECT 1", representation=kind, present=sources)
        try:
            compile_validation(alone, reading, timezone=project.settings.timezone)
            check_functions(alone)
        except RuleError as error:
            yield _diagnostic(attribute, error)


def _check_expressions(table: Table, engine: duckdb.DuckDBPyConnection) -> Iterator[Diagnostic]:
    for fault in expression_faults(table, engine):
        if fault.attribute is None:
            yield Diagnostic("error", "SL226", table.places.get("filter", table.place), "filter", fault.fact, fault.hint)
        else:
            subject = f"{fault.attribute.name}.script"
            yield Diagnostic("error", "SL226", fault.attribute.place, subject, fault.fact, fault.hint)


def _check_row_expectations(table: Table, engine: duckdb.DuckDBPyConnection) -> Iterator[Diagnostic]:
    for rule, fact in rule_faults(table_types(table), table.row_expectations, engine):
        yield Diagnostic("error", "SL228", rule.place, rule.name, fact)


def _diagnostic(attribute: Attribute, error: RuleError) -> Diagnostic:
    code = "SL223" if isinstance(error, PrivacyError) else "SL222"
    return Diagnostic("error", code, attribute.place, attribute.source, f"{error}.".replace("..", "."))
