"""A table and a reading -> the SELECT that validates, types and finishes its rows.

The layers, inside out: the raw columns made ready (`t`), every cast once (`v`), values and faults, then scripts, privacy, filter.
A row whose cells all pass their cheap conditions never meets the expressions that build messages: they stand in the ELSE of a
CASE, which DuckDB evaluates for the other rows only.
"""

from collections.abc import Sequence

from sl_assets.project.reading import Reading
from sl_assets.project.records import Table
from sl_assets.sql.text import quote_name
from sl_assets.validation.cells import Cell, cell_of
from sl_assets.validation.errors import RuleError
from sl_assets.validation.finish import finished
from sl_assets.validation.messages import FAULT
from sl_assets.validation.nested import Nesting
from sl_assets.validation.origins import Origins, with_pseudo_columns
from sl_assets.validation.windows import PartitionRule, Windows, partition_rule


def compile_validation(
    table: Table,
    reading: Reading,
    *,
    timezone: str,
    reject_with_value: bool = False,
    windows: Windows | None = None,
    origins: Origins | None = None,
) -> str:
    """The SELECT of a validated batch.

    Its columns: `sl_file`; every column of `table.columns` by final name, in YAML order, with its DuckDB type; `sl_errors`: NULL
    for an accepted row, else the list of all its faults, each a STRUCT(attribute, rule, value, message) in Starlake's words; and,
    where the table has a filter, `sl_filtered`: an accepted row that the filter drops. Rows come in the order of `reading.sql`.

    Args:
        table: Whose rules they are.
        reading: The raw relation.
        timezone: Zone of local timestamps whose type names none, e.g. `Europe/Paris`.
        reject_with_value: Messages end with the value.
        origins: File -> what scripts, SQL privacy and the filter may ask about it; None: no more than its path.
        windows: File -> window; the table's partition column must lie in the window of its file (rule `partition`).

    Raises:
        PatternError: A pattern that DuckDB cannot do.
        PrivacyError: A privacy method that does not fit its attribute's type.
        RuleError: The partition column is no plain date or timestamp attribute.
    """
    nesting = Nesting(timezone, table.format.empty_is_null, reject_with_value)
    attributes = [attribute for attribute in table.attributes if attribute.script is None]
    cells = [cell_of(attribute, number, reading, nesting) for number, attribute in enumerate(attributes)]
    own = {file: windows[file] for file in reading.files if file in windows} if windows is not None else None
    outside = _outside(table, cells, own, with_value=reject_with_value)
    raw = [f"{sql} AS {name}" for cell in cells for name, sql in cell.raw.items()]
    derived = [f"{sql} AS {name}" for cell in cells for name, sql in cell.derived.items()]
    inner = f"SELECT {', '.join(['sl_file', *raw])} FROM (\n{reading.sql}\n)"
    inner = f"SELECT {', '.join(['*', *derived])} FROM (\n{inner}\n)"
    values = [f"{cell.value} AS {quote_name(cell.attribute.name)}" for cell in cells]
    checked = f"SELECT {', '.join(['sl_file', *values, f'{_faults(cells, outside)} AS sl_faults'])} FROM (\n{inner}\n)"
    judged = f"SELECT * EXCLUDE (sl_faults), CASE WHEN len(sl_faults) > 0 THEN sl_faults END AS sl_errors FROM (\n{checked}\n)"
    return finished(table, with_pseudo_columns(table, judged, reading.files, origins))


def _outside(table: Table, cells: Sequence[Cell], windows: Windows | None, *, with_value: bool) -> PartitionRule | None:
    if windows is None or table.partitions is None:
        return None
    column = table.partitions.column
    cell = next((cell for cell in cells if cell.attribute.name.lower() == column.lower()), None)
    if cell is None:
        raise RuleError(column, column, "cannot be the column of partitions: it is not an attribute read from the files.")
    return partition_rule(cell.attribute, cell.value, cell.text, table.partitions, windows, with_value=with_value)


def _faults(cells: Sequence[Cell], outside: PartitionRule | None) -> str:
    certain = [cell.certain for cell in cells if cell.certain is not None]
    found = [cell.faults for cell in cells if cell.certain is not None]
    if outside is not None:
        certain.append(outside.certain)
        found.append(f"[{outside.fault}]")
    if not certain:
        return f"CAST(NULL AS {FAULT}[])"
    faults = f"list_filter(flatten([{', '.join(found)}]), lambda fault: fault IS NOT NULL)"
    return f"CASE WHEN {' AND '.join(certain)} THEN NULL ELSE {faults} END"
