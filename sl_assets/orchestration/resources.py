"""The warehouse as a Dagster resource."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field

from sl_assets.project.records import Settings
from sl_assets.warehouse.duckdb.connect import Warehouse


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

    @classmethod
    def of(cls, settings: Settings) -> "WarehouseResource":
        """The resource a project's settings describe."""
        return cls(
            database=str(settings.database),
            timezone=settings.timezone,
            lock_timeout=settings.lock_timeout.total_seconds(),
            memory_limit=settings.memory_limit,
        )

    def warehouse(self) -> Warehouse:
        """What the steps take."""
        return Warehouse(Path(self.database), self.timezone, timedelta(seconds=self.lock_timeout), self.memory_limit)

    @contextmanager
    def get_connection(self) -> Generator[duckdb.DuckDBPyConnection, None, None]:
        """A connection for one transaction's time; hold it no longer than needed."""
        warehouse = self.warehouse()
        opened = warehouse.reader() if self.read_only else warehouse.writer("an asset of the project's own")
        with opened as connection:
            yield connection
