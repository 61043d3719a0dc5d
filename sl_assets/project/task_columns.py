"""Columns that the keys of a task name, against those that its SQL gives."""

from collections.abc import Iterable, Iterator, Mapping

from sl_assets.project.flows import ColumnLineage
from sl_assets.project.records import TableKey, Task
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.place import Place


def check_columns_of_tasks(tasks: Iterable[Task], columns: Mapping[TableKey, ColumnLineage], findings: Findings) -> None:
    """SL212 where a task is written or partitioned by a column that its SQL does not give; only where all of them are known.

    Where a task has attributes, keys are compared with these, when the YAML is read.
    """
    for task in tasks:
        found = columns.get(task.key)
        if task.attributes or found is None or not found.complete:
            continue
        names = [column.name for column in found.columns]
        known = {name.casefold() for name in names}
        for key, name, place in _named(task):
            if name.casefold() not in known:
                findings.error("SL212", place, key, f'"{name}" is no column that the SQL gives.', allowed(names, name))


def _named(task: Task) -> Iterator[tuple[str, str, Place]]:
    strategy = task.strategy
    if strategy.template is None:
        yield from (("writeStrategy.key", name, strategy.place) for name in strategy.key)
        if strategy.timestamp is not None:
            yield "writeStrategy.timestamp", strategy.timestamp, strategy.place
        yield from (("sink.partition", name, task.place) for name in strategy.partition)
    if task.partitions is not None:
        yield "partitions.column", task.partitions.column, task.place
