"""Tables of the warehouse that the project loaded or built once and does not have any more."""

import re
from collections.abc import Iterator, Mapping

from sl_assets.project.records import Project, Table, TableKey, Task
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.place import Place
from sl_assets.steps.drift.words import count, warn
from sl_assets.warehouse.duckdb.inventory import Inventory

LIKELY = 0.5
"""From this share of files or columns on, another table is named as what it may be called now."""


def check_gone(project: Project, inventory: Inventory) -> Iterator[Diagnostic]:
    """SL401, with the table it may have become as a question."""
    present = {_fold(key) for key in (*project.tables, *project.tasks, *project.externals)}
    known = dict.fromkeys((*inventory.files, *sorted(inventory.built)))
    for key in known:
        columns = inventory.columns_of(key)
        if columns and _fold(key) not in present:
            files = len(inventory.files.get(key, ()))
            how = f"from {count(files, 'file')}" if files else "by a transform"
            fact = f"is in the warehouse, filled {how}, and not in the project any more."
            again = "land its archived files again for the new name" if files else "build the new one"
            hint = (
                f"{_question(key, project, inventory)}Nothing is renamed or dropped by itself: write the old name back, "
                f"or {again}, and drop {key} in the warehouse when nobody needs it."
            )
            yield warn("SL401", _place(project, key, loaded=bool(files)), key, fact, hint)


def _question(key: TableKey, project: Project, inventory: Inventory) -> str:
    new: list[Table | Task] = [
        node
        for node in (*project.tables.values(), *project.tasks.values())
        if node.key not in inventory.files and node.key not in inventory.built
    ]
    scored = [(_files_in_common(key, node, inventory), _columns_in_common(key, node, inventory), node) for node in new]
    likely = [each for each in scored if max(each[:2]) >= LIKELY]
    if not likely:
        return ""
    files, columns, node = max(likely, key=lambda each: (each[0] + each[1], str(each[2].key)))
    shares = [f"{files:.0%} of its files"] if files else []
    shares += [f"{columns:.0%} of its columns"] if columns else []
    return f"Is it {node.key} now ({' and '.join(shares)} fit)? "


def _files_in_common(key: TableKey, node: Table | Task, inventory: Inventory) -> float:
    names = [file.name for file in inventory.files.get(key, ())]
    if not names or not isinstance(node, Table):
        return 0.0
    pattern = re.compile(node.pattern)
    return sum(1 for name in names if pattern.fullmatch(name)) / len(names)


def _columns_in_common(key: TableKey, node: Table | Task, inventory: Inventory) -> float:
    there = _folded(inventory.columns_of(key))
    attributes = node.columns if isinstance(node, Table) else node.attributes
    here = {each.name.casefold() for each in attributes}
    return len(there & here) / len(there | here)


def _folded(columns: Mapping[str, str]) -> set[str]:
    return {name.casefold() for name in columns}


def _place(project: Project, key: TableKey, *, loaded: bool) -> Place:
    """Where the table would be written: its domain's file, else the folder."""
    domain = project.domains.get(key.domain)
    return domain.place if domain else Place(project.metadata / ("load" if loaded else "transform"))


def _fold(key: TableKey) -> tuple[str, str]:
    return key.domain.casefold(), key.name.casefold()
