"""Column lineage of a project: of its tasks from their SQL, of its tables from the attributes of their files."""

import graphlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sl_assets.project.column_faults import tell_faults
from sl_assets.project.columns import column_type
from sl_assets.project.flows import ColumnFlow, ColumnLineage
from sl_assets.project.known_columns import KnownColumns
from sl_assets.project.lineage import Lineage
from sl_assets.project.names import Names
from sl_assets.project.records import Attribute, Table, TableKey, Task
from sl_assets.project.strategies import history_columns
from sl_assets.spec.findings import Findings
from sl_assets.sql.columns import Flow, Origin, kept_flow
from sl_assets.sql.names import column_names

NOT_SQL = "the task is not one SELECT"


@dataclass(frozen=True)
class Described:
    """What the columns of a project's tables are described by."""

    tables: Mapping[TableKey, Table]
    externals: Mapping[TableKey, tuple[Attribute, ...]]
    names: Names


def read_columns(lineage: Lineage, described: Described, findings: Findings) -> Mapping[TableKey, ColumnLineage]:
    """The column lineage of every task, in the order in which they read each other; names that mean nothing are told.

    A task whose SQL cannot be read, and all tasks where they go round in a circle, have none: that is told already.
    """
    readings = lineage.readings
    known = KnownColumns(described.tables, described.externals, described.names)
    found: dict[TableKey, ColumnLineage] = {}
    for task in _in_order(lineage.tasks):
        reading = readings.of.get(task.key)
        if reading is None:
            found[task.key] = declared_columns(task)
            known.add(task, (), complete=False)
            continue
        schema = known.schema(task)
        flow = kept_flow(reading.sql, task.dialect, reading.mentions, schema, readings.facts, readings.queries.parse)
        tell_faults(task, reading, flow.faults, findings, known.renamed)
        known.add(task, flow.columns, complete=not flow.gaps)
        found[task.key] = _lineage(task, flow)
    return found


def declared_columns(task: Task) -> ColumnLineage:
    """Of a task that is not one SELECT: its attributes; where they come from is known to the table only."""
    return ColumnLineage(tuple(ColumnFlow(each.name, type=column_type(each)) for each in task.attributes), (NOT_SQL,))


def table_columns(table: Table) -> ColumnLineage:
    """Of a loaded table: each column with the attributes of the file that it is made of, through rename and script."""
    read: dict[str, tuple[str, ...]] = {}
    for each in table.attributes:
        names = (each.source,) if each.script is None else _of_script(each.script, read)
        read[each.name.casefold()] = names
    columns = [ColumnFlow(each.name, (), read[each.name.casefold()], column_type(each)) for each in table.columns]
    added = [ColumnFlow(each.name, type=column_type(each)) for each in history_columns(table.strategy)]
    return ColumnLineage((*columns, *added))


def _of_script(script: str, read: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a script reads: the columns before it by their final names, and so the attributes they were made of."""
    names = (name for column in column_names(script) for name in read.get(column.casefold(), ()))
    return tuple(dict.fromkeys(names))


def _in_order(tasks: Mapping[TableKey, Task]) -> Iterator[Task]:
    """Every task after those that it reads; none where there is a circle."""
    graph = {key: [above for above in task.dependencies if above in tasks] for key, task in tasks.items()}
    try:
        for key in graphlib.TopologicalSorter(graph).static_order():
            yield tasks[key]
    except graphlib.CycleError:
        return


def _lineage(task: Task, flow: Flow) -> ColumnLineage:
    columns = [ColumnFlow(name, _others(task, value.origins), (), value.type) for name, value in flow.columns]
    columns += [ColumnFlow(each.name, type=column_type(each)) for each in history_columns(task.strategy)]
    return ColumnLineage(tuple(columns), tuple(dict.fromkeys(gap.reason for gap in flow.gaps)))


def _others(task: Task, origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """Without the task itself: what it was before is no source of what it becomes."""
    return tuple(sorted(origin for origin in origins if (origin.domain, origin.table) != task.key))
