"""The partitions that were loaded against those the project has now; and the refusal of a load that would lose rows by them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import duckdb

from sl_assets.project.records import Partitions, Table
from sl_assets.project.windows import partition_of_file, window_at, window_of_key
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.steps.drift.words import count, load_afresh, such_as, warn
from sl_assets.warehouse.duckdb.definitions import Definition, read_definition
from sl_assets.warehouse.duckdb.inventory import Inventory, LoadedFile
from sl_assets.warehouse.duckdb.ledger import files_by_partition
from sl_assets.warehouse.errors import SchemaDriftError


def check_grid(table: Table, inventory: Inventory) -> Iterator[Diagnostic]:
    """SL404: other partitions than those it was loaded under. SL405: partitions that are none any more, or are others now."""
    files = inventory.files.get(table.key, ())
    place = table.places.get("partitions", table.place)
    loaded = Counter(file.partition for file in files)
    fact = other_grid(table, inventory.definitions.get(table.key), loaded)
    if fact:
        yield warn("SL404", place, table.key, fact, _way_out(table))
    elif table.partitions:
        yield from _outside(table, table.partitions, files)
        yield from _moved(table, table.partitions, files)
    elif partitioned := loaded.total() - loaded[None]:
        fact = f"was loaded as partitions ({count(partitioned, 'file')}) and has none any more."
        hint = (
            f"Their rows stay, and new files are written by {' or '.join(table.strategy.types)}. "
            "Write partitions back to rebuild them one by one."
        )
        yield warn("SL404", table.place, table.key, fact, hint)


def refuse_other_grid(connection: duckdb.DuckDBPyConnection, schema: str, table: Table) -> None:
    """Stop a load of partitions that would replace windows by fewer rows than were loaded into them.

    Raises:
        SchemaDriftError: The table was loaded under other partitions, or under none; nothing was written.
    """
    if table.partitions is None:
        return
    loaded = files_by_partition(connection, schema, table.key)
    fact = other_grid(table, read_definition(connection, schema, table.key), loaded)
    if fact:
        raise SchemaDriftError(f"{table.key} {fact} Nothing was written. Hint: {_way_out(table)}")


def other_grid(table: Table, definition: Definition | None, loaded: Mapping[str | None, int]) -> str:
    """Why the windows of a table with data are not those it was loaded under, as a sentence; empty when they are.

    The ledger keeps a partition's key only. Where the definition at the last load is known, that decides; else (a warehouse of an
    earlier version) the keys themselves: a day is no month unless it is the first.
    """
    if table.partitions is None or not loaded:
        return ""
    today = Definition.of(table)
    before = _before(table, definition, loaded)
    if before in ("", today.grid):
        return ""
    fact = f"was loaded under {before} ({count(sum(loaded.values()), 'file')})"
    return f"{fact}, and the project says {today.grid}: a rebuilt partition would lose rows."


def _before(table: Table, definition: Definition | None, loaded: Mapping[str | None, int]) -> str:
    """The grid of the rows that are there, in words; empty when nothing speaks against today's."""
    if table.partitions is None or None in loaded:
        return "no partitions"
    if definition is not None and definition.grain is not None:
        # where the column is a date, a day begins at midnight in any zone
        zone = definition.timezone if _has_time(table, table.partitions) else table.partitions.timezone
        return Definition("", "", definition.grain, zone, definition.column).grid
    strange = [key for key in map(str, loaded) if not _is_key(table.partitions, key)]
    return f"other partitions ({such_as(strange)})" if strange else ""


def _has_time(table: Table, partitions: Partitions) -> bool:
    column = next((each for each in table.columns if each.name == partitions.column), None)
    return column is None or column.type.primitive != "date"


def _is_key(partitions: Partitions, key: str) -> bool:
    try:
        return window_of_key(partitions, key).key == key
    except ValueError:
        return False


def _outside(table: Table, partitions: Partitions, files: Sequence[LoadedFile]) -> Iterator[Diagnostic]:
    first = window_at(partitions, partitions.start).start
    end = window_at(partitions, partitions.end).start if partitions.end else None
    keys = sorted({file.partition for file in files if file.partition and _is_key(partitions, file.partition)})
    starts = {key: window_of_key(partitions, key).start for key in keys}
    outside = [key for key in keys if starts[key] < first or (end is not None and starts[key] >= end)]
    if outside:
        fact = f"start and end leave out {count(len(outside), 'loaded partition')}, {such_as(outside)}."
        hint = "Their rows stay and can be rebuilt no longer: move start or end if that is not meant."
        yield warn("SL405", table.places.get("partitions", table.place), table.key, fact, hint)


def _moved(table: Table, partitions: Partitions, files: Sequence[LoadedFile]) -> Iterator[Diagnostic]:
    moved = [file for file in files if partition_of_file(partitions, file.name) != file.partition]
    if moved:
        name, before, now = moved[0].name, moved[0].partition, partition_of_file(partitions, moved[0].name) or "none"
        fact = (
            f"{count(len(moved), 'loaded file')} would go to another partition by file and format, "
            f"such as {name}: loaded into {before}, now {now}."
        )
        hint = "They stay in the partition they were loaded into, and are rebuilt with it; only new files go elsewhere."
        yield warn("SL405", table.places.get("partitions", table.place), table.key, fact, hint)


def _way_out(table: Table) -> str:
    return f"Write the old partitions back, or load the table afresh: {load_afresh(table.key)}."
