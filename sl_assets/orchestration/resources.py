"""The warehouse as a Dagster resource."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field, PrivateAttr

from sl_assets.project.records import Settings, TableKey
from sl_assets.sql.text import qualified
from sl_assets.warehouse.duckdb.catalog import create_schema
from sl_assets.warehouse.duckdb.connect import Warehouse

GIVEN = "sl_given"  # what a test hands in, while it is copied


class WarehouseResource(DuckDBResource):
    """The project's DuckDB file, as `dagster_duckdb.DuckDBResource` with what a pipeline needs on top.

    A connection is closed when its block raises, too; writers take turns by a lock that names its holder and dies with its
    process; `read_only` never blocks a writer for longer than its block.

    Examples:
        ```python
        @dg.asset
        def report(warehouse: WarehouseResource):
            with warehouse.get_connection() as connection:
                connection.sql("from sales.daily_revenue").pl()
        ```
    """

    timezone: str = Field(default="UTC", description="The session time zone of every connection.")
    lock_timeout: float = Field(default=300.0, description="Seconds to wait for another writer before giving up.")
    memory_limit: str | None = Field(default=None, description="DuckDB's memory limit, e.g. 4GB; beyond it, it spills to disk.")
    read_only: bool = Field(default=False, description="Open the file for reading only.")
    _kept: Warehouse | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, settings: Settings) -> "WarehouseResource":
        """The resource a project's settings describe."""
        return cls(
            database=str(settings.database),
            timezone=settings.timezone,
            lock_timeout=settings.lock_timeout.total_seconds(),
            memory_limit=settings.memory_limit,
        )

    @classmethod
    @contextmanager
    def temporary(
        cls, tables: Mapping[str, Any] | None = None, timezone: str = "UTC"
    ) -> Generator["WarehouseResource", None, None]:
        """A warehouse for tests: a file of its own with the tables given, gone when the block ends.

        Args:
            tables: `domain.table` -> rows, as anything DuckDB reads: a Polars or pandas frame, or an Arrow table.
            timezone: The session time zone.

        Raises:
            ValueError: A name is not `domain.table`.

        Examples:
            ```python
            orders = polars.DataFrame({"id": [1, 2], "amount": [3.0, 4.0]})
            with WarehouseResource.temporary({"sales.orders": orders}) as warehouse:
                result = dg.materialize([report], resources={"warehouse": warehouse})
            ```
        """
        with TemporaryDirectory(prefix="sl_assets_") as folder:
            resource = cls(database=str(Path(folder, "warehouse.duckdb")), timezone=timezone)
            with resource.get_connection() as connection:
                for name, rows in (tables or {}).items():
                    _fill(connection, name, rows)
            yield resource

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["WarehouseResource", None, None]:
        """For the time of a run, or of a step that has a process of its own, DuckDB is started once."""
        with super().yield_for_execution(context), self.warehouse().kept() as kept:
            self._kept = kept
            try:
                yield self
            finally:
                self._kept = None

    def warehouse(self) -> Warehouse:
        """What the steps take."""
        timeout = timedelta(seconds=self.lock_timeout)
        return self._kept or Warehouse(Path(self.database), self.timezone, timeout, self.memory_limit)

    def of_run(self, context: dg.OpExecutionContext | dg.AssetExecutionContext) -> Warehouse:
        """The same in a run. Where all of the run is made by ops of ours, the file may stay open from one to the next.

        An op of the project's own may open the file as it likes, so that beside one of those it is closed after each use.
        """
        return replace(self.warehouse(), stays_open=_is_ours_alone(context.job_def))

    @contextmanager
    def get_connection(self) -> Generator[duckdb.DuckDBPyConnection, None, None]:
        """A connection for one transaction's time; hold it no longer than needed."""
        warehouse = self.warehouse()
        opened = warehouse.reader() if self.read_only else warehouse.writer("an asset of the project's own")
        with opened as connection:
            connection.execute("SET python_enable_replacements = true")  # DuckDB's own default: SQL may name the block's frames
            yield connection


@lru_cache(maxsize=1)
def _is_ours_alone(job: dg.JobDefinition) -> bool:
    """Whether each op of a job is made by a factory of ours: all of those ask for the guard of the run."""
    return all(
        "guard" in definition.required_resource_keys
        for definition in job.all_node_defs
        if isinstance(definition, dg.OpDefinition)
    )


def _fill(connection: duckdb.DuckDBPyConnection, name: str, rows: Any) -> None:
    domain, _, table = name.partition(".")
    if not domain or not table or "." in table:
        raise ValueError(f'"{name}" is no name of a table. Hint: write domain.table, such as sales.orders.')
    create_schema(connection, domain)
    connection.register(GIVEN, rows)
    connection.table(GIVEN).create(qualified(TableKey(domain, table)))
    connection.unregister(GIVEN)
