"""Loaded and staged files against the patterns of today."""

import re
from collections import defaultdict
from collections.abc import Iterator

from sl_assets.areas.stage import staged_files
from sl_assets.project.records import Project, Table, TableKey
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.steps.drift.words import count, load_afresh, such_as, warn
from sl_assets.warehouse.duckdb.inventory import Inventory


def check_files(project: Project, table: Table, inventory: Inventory) -> Iterator[Diagnostic]:
    """SL402, SL403: files of a table that its pattern, or an earlier table's, says something else about now.

    SL410: its files are known as loaded, and it is not there.
    """
    files = inventory.files.get(table.key, ())
    place = table.places.get("pattern", table.place)
    if files and not inventory.columns_of(table.key):
        fact = f"is not in the warehouse, and the ledger has {count(len(files), 'file')} of it: none of them is loaded twice."
        yield warn("SL410", table.place, table.key, fact, f"Load it afresh: {load_afresh(table.key)}.")
    claims = _claims(project, table, [file.name for file in files])
    lost = claims.pop(None, [])
    if lost:
        fact = f"its pattern leaves out {len(lost)} of {count(len(files), 'loaded file')}, {such_as(lost)}."
        hint = "Their rows stay. New files of that name are left in landing: widen the pattern if that is not meant."
        yield warn("SL402", place, table.key, fact, hint)
    for other, names in claims.items():
        fact = f"{len(names)} of {count(len(files), 'loaded file')} would go to {other} now, {such_as(names)}."
        hint = "Their rows stay here, new files of that name go there. A file is taken by the first table whose pattern matches."
        yield warn("SL403", place, table.key, fact, hint)


def check_stage(project: Project) -> Iterator[Diagnostic]:
    """SL402: files that were staged for a table whose pattern was changed since, so that nobody loads them."""
    for domain in project.domains.values():
        tables = project.tables_of(domain.name)
        waiting = staged_files(project.areas, domain, tables).unclaimed if tables else ()
        if waiting:
            names = [file.name for file in waiting]
            fact = f"stage holds {count(len(names), 'file')} that no table takes, {such_as(names)}: never loaded."
            hint = f"Correct the pattern of the table they are for, or take them out of {project.areas.stage / domain.name}."
            yield warn("SL402", domain.place, domain.name, fact, hint)


def _claims(project: Project, table: Table, names: list[str]) -> dict[TableKey | None, list[str]]:
    """The names that do not go to `table` by today's patterns, by the table they go to; None: to none."""
    patterns = [(each.key, re.compile(each.pattern)) for each in project.tables_of(table.key.domain)]
    found: dict[TableKey | None, list[str]] = defaultdict(list)
    for name in names:
        key = next((key for key, pattern in patterns if pattern.fullmatch(name)), None)
        if key != table.key:
            found[key].append(name)
    return found
