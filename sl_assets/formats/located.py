"""Places of records, gathered in a temporary table."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

import duckdb
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from sl_assets.sql.text import quote_name

_BATCH = 100_000


class Located(NamedTuple):
    """A record's number in its file (from 1), the line it starts on (from 1) and its text.

    `byte_offset` is where its first byte stands among the bytes of the file that is read, from 0. None: it cannot be told.
    """

    record: int
    line: int | None
    raw: str
    byte_offset: int | None = None


def keep(places: Iterable[tuple[str, Iterator[Located]]], connection: duckdb.DuckDBPyConnection) -> str:
    """Write the places of each file's records to a new temporary table; returns the SELECT that reads it."""
    name = quote_name(f"sl_located_{uuid4().hex}")
    connection.execute(
        f"CREATE TEMP TABLE {name} (sl_file VARCHAR, sl_record BIGINT, line BIGINT, raw VARCHAR, byte_offset BIGINT)"
    )
    for file, located in places:
        while batch := list(islice(located, _BATCH)):
            _append(name, file, batch, connection)
    return f"SELECT sl_file, sl_record, line, raw, byte_offset FROM {name}"


def _append(name: str, file: str, batch: list[Located], connection: duckdb.DuckDBPyConnection) -> None:
    view = f"sl_batch_{uuid4().hex}"
    columns = {name: list(values) for name, values in zip(Located._fields, zip(*batch, strict=True), strict=True)}
    connection.register(view, pa.table(columns))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    connection.execute(f"INSERT INTO {name} SELECT $file, record, line, raw, byte_offset FROM {view}", {"file": file})
    connection.unregister(view)
