"""The interface each format module offers, and file lists as SQL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from sl_assets.project.reading import Reading
from sl_assets.project.records import Table
from sl_assets.sql.text import quote_text

Wanted = Mapping[str, Collection[int]]
"""File -> numbers of the records whose lines are asked for."""

Counts = Mapping[str, int]
"""File -> how many records the reading gave of it."""

_GLOB = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})


@dataclass(frozen=True)
class FormatReader:
    """One format: how its files are read and how a record is found again in them."""

    readings: Callable[[Table, Sequence[str], duckdb.DuckDBPyConnection], tuple[Reading, ...]]
    malformed: Callable[[Reading, duckdb.DuckDBPyConnection], str | None]
    locate: Callable[[Reading, duckdb.DuckDBPyConnection, Wanted | None, Counts | None], str]
    unreadable: Callable[[Reading, Exception, duckdb.DuckDBPyConnection], tuple[tuple[str, str], ...]]


def has_glob(file: str) -> bool:
    """Whether DuckDB would take the path for a pattern: `a*.csv`."""
    return file != file.translate(_GLOB)


def file_list(files: Sequence[str]) -> str:
    """A SQL list of paths, with characters that DuckDB would expand taken literally."""
    return "[" + ", ".join(quote_text(file.translate(_GLOB)) for file in files) + "]"


def file_column(files: Sequence[str], name: str = "filename") -> str:
    """The SQL of `sl_file`: a literal for one file, so that it costs nothing, else DuckDB's column `name`."""
    return f"{quote_text(files[0])}" if len(files) == 1 else name
