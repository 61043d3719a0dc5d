"""Rows between DuckDB and Polars, as Arrow: in memory while they are few, else in a file that is mapped and read in pieces."""

import shutil
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as arrow_dataset
import pyarrow.ipc as arrow_ipc

from sl_assets.project.recipe import FrameKind
from sl_assets.sql.text import quote_name

IN_MEMORY = 64 * 1024 * 1024
"""Bytes of Arrow that are held in memory; more go to a file."""

_BATCH = 122_880  # rows: DuckDB's own row group
_PREFIX = ".frames-"
arrow = cast("Any", pa)  # it has no types


class FrameError(Exception):
    """Rows that cannot be handed over; the text says which and why."""


@dataclass(frozen=True)
class Held:
    """Rows out of a query, which can be read several times: a `pyarrow.Table`, or an Arrow file."""

    table: Any = None
    file: Path | None = None

    def lazy(self) -> pl.LazyFrame:
        """The same to Polars."""
        if self.file is not None:
            return pl.scan_ipc(self.file)
        try:
            return cast("pl.DataFrame", cast("Any", pl).from_arrow(self.table)).lazy()
        except pl.exceptions.PolarsError as error:
            raise FrameError(f"Polars cannot take {_intervals(self.table)}: {error}") from error

    def reader(self) -> Any:
        """The same as a `pyarrow.RecordBatchReader`."""
        if self.file is None:
            return self.table.to_reader()
        return self.dataset().scanner().to_reader()

    def dataset(self) -> Any:
        """The file as a `pyarrow.dataset.Dataset`."""
        return cast("Any", arrow_dataset).dataset(str(self.file), format="feather")


@dataclass
class Frames:
    """Hands rows over within one task. `folder` is made when rows are many."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    _numbers: Iterable[int] = field(default_factory=count)

    def hold(self, sql: str) -> Held:
        """The rows of a query, run now."""
        reader: Any = cast("Any", self.connection.execute(sql)).to_arrow_reader(_BATCH)
        return self._hold(reader.schema, reader)

    def give(self, sql: str, kind: FrameKind) -> Any:
        """The rows of a query in the form that a function takes."""
        match kind:
            case "relation":
                return self.connection.sql(sql)
            case "arrow_table":
                return cast("Any", self.connection.execute(sql)).to_arrow_table()
            case "batches":
                return self.hold(sql).reader()
            case "lazy_frame":
                return self.hold(sql).lazy()
            case "data_frame":
                return self.hold(sql).lazy().collect()

    def take(self, name: str, made: Any) -> None:
        """Make what a step has made a temporary relation of that name.

        Raises:
            FrameError: It is no frame.
        """
        if isinstance(made, duckdb.DuckDBPyRelation):
            self._take_relation(name, made)
            return
        held = self._held(made)
        self.connection.register(name, held.table if held.file is None else held.dataset())

    def _held(self, made: Any) -> Held:
        if isinstance(made, pl.LazyFrame):
            return self._collect(made)
        if isinstance(made, pl.DataFrame):
            return Held(cast("Any", made).to_arrow())
        if isinstance(made, arrow.Table):
            return Held(made)
        if isinstance(made, arrow.RecordBatchReader):
            return self._hold(made.schema, made)
        kinds = "a DuckDB relation, a Polars DataFrame or LazyFrame, a pyarrow Table or RecordBatchReader"
        raise FrameError(f"it gave {type(made).__name__}, not {kinds}.")

    def _take_relation(self, name: str, relation: duckdb.DuckDBPyRelation) -> None:  # noqa: ARG002 - DuckDB finds it by name
        self.connection.execute("SET python_enable_replacements = true")
        try:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quote_name(name)} AS FROM relation")
        finally:
            with suppress(duckdb.TransactionException):  # it is over when that failed, and what failed is to be told
                self.connection.execute("SET python_enable_replacements = false")

    def _collect(self, lazy: pl.LazyFrame) -> Held:
        found = lazy.collect_batches(maintain_order=True, engine="streaming")
        tables: Iterator[Any] = (cast("Any", frame).to_arrow() for frame in found)
        first = next(tables, None)
        if first is None:
            return Held(cast("Any", pl.DataFrame(schema=lazy.collect_schema())).to_arrow())
        alike: Iterator[Any] = (table.cast(first.schema) for table in chain([first], tables))
        return self._hold(first.schema, (batch for table in alike for batch in table.to_batches()))

    def _hold(self, schema: Any, batches: Iterable[Any]) -> Held:
        held: list[Any] = []
        size = 0
        rest = iter(batches)
        for batch in rest:
            held.append(batch)
            size += batch.nbytes
            if size > IN_MEMORY:
                return self._write(schema, chain(held, rest))
        return Held(arrow.Table.from_batches(held, schema))

    def _write(self, schema: Any, batches: Iterable[Any]) -> Held:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{next(iter(self._numbers))}.arrow"
        with arrow.OSFile(str(file), "wb") as sink, cast("Any", arrow_ipc).new_file(sink, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        return Held(file=file)


@contextmanager
def frames(connection: duckdb.DuckDBPyConnection, database: Path) -> Generator[Frames, None, None]:
    """What hands rows over; its files are removed on the way out, and those that a killed run left before us as well.

    Args:
        connection: The writer's: nobody else has one.
        database: The warehouse; the files are in a folder beside it.
    """
    for left in database.parent.glob(f"{database.name}{_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{database.name}{_PREFIX}", dir=database.parent))
    try:
        yield Frames(connection, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _intervals(table: Any) -> str:
    names = [field.name for field in table.schema if arrow.types.is_interval(field.type)]
    return f"the INTERVAL in {', '.join(names)} (cast it in SQL)" if names else "these rows"
