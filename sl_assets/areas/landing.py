"""The landing area: which file belongs to which table, and what is ready to be taken."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sl_assets.areas.files import InputFile, list_files
from sl_assets.project.records import Table, TableKey


@dataclass(frozen=True)
class Sorted:
    """Files by table, in load order, and those no table claims. A file waiting for its ack file is in neither."""

    by_table: dict[TableKey, tuple[InputFile, ...]]
    unclaimed: tuple[InputFile, ...]


def sort_files(files: Iterable[InputFile], tables: Sequence[Table]) -> Sorted:
    """Give each file to the first table whose pattern matches its whole name (Starlake's rule)."""
    patterns = [(table.key, re.compile(table.pattern)) for table in tables]
    by_table: dict[TableKey, list[InputFile]] = {table.key: [] for table in tables}
    unclaimed: list[InputFile] = []
    for file in files:
        key = next((key for key, pattern in patterns if pattern.fullmatch(file.name)), None)
        if key is None:
            unclaimed.append(file)
        else:
            by_table[key].append(file)
    return Sorted({key: tuple(claimed) for key, claimed in by_table.items()}, tuple(unclaimed))


def landed_files(tables: Sequence[Table]) -> Sorted:
    """The complete files in the landing folders of a domain's tables (most often one folder for all), by table.

    With `ack: <extension>` on a table, a file counts only when `<name without extension>.<ack>` lies beside it.
    """
    by_table: dict[TableKey, tuple[InputFile, ...]] = {table.key: () for table in tables}
    unclaimed: list[InputFile] = []
    for landing in dict.fromkeys(table.landing for table in tables if table.landing):
        mine = [table for table in tables if table.landing == landing]
        found = sort_files(list_files(landing), mine)
        acks = {table.key: table.ack for table in mine}
        by_table |= {key: tuple(file for file in files if _complete(file, acks[key])) for key, files in found.by_table.items()}
        unclaimed += found.unclaimed
    return Sorted(by_table, tuple(unclaimed))


def ack_file(file: InputFile, ack: str | None) -> Path | None:
    """The file that says "this one is complete"; None when the table wants none."""
    if not ack:
        return None
    return file.path.with_name(f"{Path(file.name).stem}.{ack.lstrip('.')}")


def _complete(file: InputFile, ack: str | None) -> bool:
    path = ack_file(file, ack)
    return path is None or path.exists()
