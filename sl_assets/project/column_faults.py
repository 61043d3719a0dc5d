"""Names of columns that mean nothing, told with the place in the SQL file and the likely fix."""

from collections.abc import Callable, Iterable

from sl_assets.project.reads import Reading, script_of, step_place
from sl_assets.project.records import Task
from sl_assets.spec.findings import Findings, allowed, suggest
from sl_assets.sql.columns import Fault

_MOST_LISTED = 15


def tell_faults(
    task: Task, reading: Reading, faults: Iterable[Fault], findings: Findings, renamed: Callable[[str, str], str | None]
) -> None:
    """SL309 and SL310: errors where all columns are surely known, else warnings.

    In another dialect than DuckDB's a name may be something else than a column (a unit, a text in double quotes): a warning too.
    `renamed` gives the final name of a column, from its table and the name it has in the files.
    """
    for fault in faults:
        place = step_place(script_of(task), reading.rendered, fault.line, fault.column)
        tell = findings.error if fault.sure and task.dialect == "duckdb" else findings.warning
        if fault.kind == "ambiguous":
            tell("SL310", place, fault.name, f"may be {' or '.join(fault.known)}.", "Write which one is meant.")
        else:
            final = renamed(fault.within, fault.name)
            hint = f'It is renamed: write "{final}".' if final else _hint(fault)
            tell("SL309", place, fault.name, _fact(fault), hint)


def _fact(fault: Fault) -> str:
    match fault.kind:
        case "field":
            return f'"{fault.within}" has no such field.'
        case "table":
            return "is neither a table that is read here, nor an alias of one, nor a column."
        case _ if fault.within:
            return f"{fault.within} has no such column."
        case _:
            return "nothing that is read here has such a column."


def _hint(fault: Fault) -> str:
    if fault.kind == "table":
        return f"{suggest(fault.name, fault.known)} Read here: {', '.join(fault.known) or 'nothing'}.".strip()
    return allowed(fault.known, fault.name) if len(fault.known) <= _MOST_LISTED else suggest(fault.name, fault.known)
