"""Columns, write strategy and key of a table against the rows that are there."""

from collections.abc import Iterator, Mapping

import duckdb

from sl_assets.project.columns import column_types
from sl_assets.project.records import Table
from sl_assets.project.strategies import history_columns
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.findings import suggest
from sl_assets.steps.drift.words import count, load_afresh, warn
from sl_assets.warehouse.duckdb.inventory import Inventory, compare_types, count_repeated_keys

UNIQUE = ("UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP", "SCD2")
"""Strategies after which a key occurs once. DELETE_THEN_INSERT keeps what an input repeats."""


def check_columns(table: Table, inventory: Inventory, connection: duckdb.DuckDBPyConnection) -> Iterator[Diagnostic]:
    """SL406: columns only the warehouse has. SL407: columns of another type, unless the next load widens them."""
    there = inventory.columns_of(table.key)
    here = column_types((*table.columns, *history_columns(table.strategy)))
    ours = {name.casefold() for name in here}
    for name, kind in there.items():
        if name.casefold() not in ours:
            fact = f'the warehouse has a column "{name}" ({kind}) that is no attribute any more.'
            hint = (
                f"{_renamed(name, kind, there, here)}It stays, NULL in new rows: write the attribute back, "
                "or drop the column in the warehouse."
            )
            yield warn("SL406", table.place, table.key, fact, hint)
    present = {name.casefold(): kind for name, kind in there.items()}
    for attribute in table.columns:
        kind, wanted = present.get(attribute.name.casefold()), here[attribute.name]
        if kind is None or kind == wanted:
            continue
        fact = f"{attribute.name} is {kind} in the warehouse and {wanted} in the project"
        change = compare_types(connection, kind, wanted)
        if change == "clash":
            hint = f"Set the type back, or load the table afresh: {load_afresh(table.key)}."
            yield warn("SL407", attribute.place, table.key, f"{fact}; loads are refused.", hint)
        elif change == "kept":
            hint = f"To make it narrower, load the table afresh: {load_afresh(table.key)}."
            yield warn("SL407", attribute.place, table.key, f"{fact}; the warehouse keeps the wider one.", hint)


def check_strategy(table: Table, inventory: Inventory, connection: duckdb.DuckDBPyConnection) -> Iterator[Diagnostic]:
    """SL408: from or to SCD2. SL409: rows that share the key the table was given since."""
    before, strategy = inventory.definitions.get(table.key), table.strategy
    if before is None or table.key not in inventory.files:
        return
    place = table.places.get("writeStrategy", table.place)
    now = ",".join(strategy.types)
    if before.strategy != now and "SCD2" in (before.strategy, now):
        rows = (
            "The old versions of a key stay beside the current one, as rows like any other"
            if before.strategy == "SCD2"
            else f"The rows that are there count as current versions without {strategy.start}"
        )
        fact = f"was written by {before.strategy} and says {now} now."
        yield warn("SL408", place, table.key, fact, f"{rows}. Load the table afresh: {load_afresh(table.key)}.")
    changed = (before.strategy, before.key) != (now, ",".join(sorted(strategy.key)))
    if changed and any(kind in UNIQUE for kind in strategy.types):
        yield from _repeated(table, inventory, connection)


def _repeated(table: Table, inventory: Inventory, connection: duckdb.DuckDBPyConnection) -> Iterator[Diagnostic]:
    strategy = table.strategy
    there = {name.casefold() for name in inventory.columns_of(table.key)}
    if not all(name.casefold() in there for name in strategy.key):
        return
    end = strategy.end if strategy.end.casefold() in there else None
    repeated = count_repeated_keys(connection, table.key, strategy.key, end)
    if repeated:
        key = ", ".join(strategy.key)
        fact = f"rows that were loaded before it was the key share {count(repeated, 'value')} of ({key})."
        hint = f"They stay until that key comes again. Load the table afresh: {load_afresh(table.key)}."
        yield warn("SL409", table.places.get("writeStrategy", table.place), table.key, fact, hint)


def _renamed(name: str, kind: str, there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """A question, when a new attribute of the same type has a close name, or is the only new one of that type."""
    known = {each.casefold() for each in there}
    new = [each for each, wanted in here.items() if each.casefold() not in known and wanted == kind]
    close = suggest(name, new).removeprefix('Did you mean "').removesuffix('"?')
    likely = close or (new[0] if len(new) == 1 else "")
    return f'Was it renamed to "{likely}"? ' if likely else ""
