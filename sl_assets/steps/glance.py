"""What a run shows a person of the table it wrote: its first rows, and how its last runs went."""

from collections.abc import Sequence

import duckdb

from sl_assets.project.records import Settings, Table, Task
from sl_assets.project.windows import Window
from sl_assets.steps.reports import Glance
from sl_assets.warehouse.duckdb.glimpse import first_rows, recent_loads, recent_partitions, recent_transforms

MOST_BARS = 60


def glance(
    connection: duckdb.DuckDBPyConnection, settings: Settings, node: Table | Task, windows: Sequence[Window] | None = None
) -> Glance | None:
    """Look at a table just written; None for several partitions at once, and for views, which reading would compute again.

    Args:
        connection: Outside of any transaction.
        settings: The project's; `preview_rows` says how many rows, 0 none.
        node: The table or task.
        windows: The partitions that were written.
    """
    if (windows and len(windows) > 1) or (isinstance(node, Task) and node.view):
        return None
    window = (node.partitions.column, windows[0]) if node.partitions and windows else None
    private = [column.name for column in node.columns if column.privacy] if isinstance(node, Table) else []
    try:
        history = _history(connection, settings.audit_schema, node)
        if not settings.preview_rows:
            return Glance(history=history)
        columns, rows = first_rows(connection, node.key, settings.preview_rows, private, window)
    except duckdb.Error:
        return None  # the data is committed; a picture of it is not worth failing for
    return Glance(tuple(columns.items()), tuple(rows), history)


def _history(connection: duckdb.DuckDBPyConnection, schema: str, node: Table | Task) -> tuple[tuple[str, int, int], ...]:
    if isinstance(node, Task):
        # what a partitioned task wrote depends on how many partitions it was asked for: nothing to compare
        return () if node.partitions else tuple(recent_transforms(connection, schema, node.key, MOST_BARS))
    recent = recent_partitions if node.partitions else recent_loads
    return tuple(recent(connection, schema, node.key, MOST_BARS))
