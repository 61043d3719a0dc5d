"""Opening the database file: one writer of ours at a time, held for the transaction and not for the run."""

import random
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from sl_assets.lock import Holder, LockTimeoutError, file_lock, read_holder
from sl_assets.project.records import Settings
from sl_assets.sql.text import quote_text
from sl_assets.warehouse.errors import WarehouseBusyError, WarehouseError

FOREIGN_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) ?\(PID (?P<pid>\d+)\)")
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.4
CATALOG = "sl_warehouse"  # a name of our own: DuckDB would use the file's, and `sales.duckdb` makes "sales"."orders" ambiguous


@dataclass(frozen=True)
class Warehouse:
    """Where the database is and how to open it. Opens nothing by itself."""

    database: Path
    timezone: str = "UTC"
    lock_timeout: timedelta = timedelta(minutes=5)
    memory_limit: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Warehouse":
        """The warehouse a project's settings name."""
        return cls(settings.database, settings.timezone, settings.lock_timeout, settings.memory_limit)

    @property
    def lock_path(self) -> Path:
        """The file whose operating-system lock makes us the one writer."""
        return self.database.with_name(f"{self.database.name}.lock")

    @contextmanager
    def writer(
        self, purpose: str, on_wait: Callable[[Holder | None], None] | None = None
    ) -> Generator[duckdb.DuckDBPyConnection, None, None]:
        """A connection that may write, while no other of our processes may. Closed on the way out, whatever happens.

        Args:
            purpose: What we do, for the sentence another run gets when it waits in vain.
            on_wait: Called once, with the holder, when we have to wait for another run.

        Raises:
            LockTimeoutError: Another of our runs held the warehouse for longer than `lock_timeout`.
            WarehouseBusyError: A foreign process (a notebook, a shell) had the file open all that time.
            WarehouseError: The file is no DuckDB database, or cannot be opened.
        """
        self.database.parent.mkdir(parents=True, exist_ok=True)
        what = f"The warehouse {self.database}"
        with file_lock(self.lock_path, what=what, purpose=purpose, timeout=self.lock_timeout, on_wait=on_wait):
            connection = self._open(read_only=False)
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def reader(self) -> Generator[duckdb.DuckDBPyConnection, None, None]:
        """A read-only connection; waits for a writer's transaction to end.

        Raises:
            WarehouseBusyError: A writer had the file open for longer than `lock_timeout`.
            WarehouseError: There is no database yet, or it cannot be opened.
        """
        if not self.database.exists():
            raise WarehouseError(f"There is no warehouse at {self.database} yet. Hint: `sl-assets run` makes it.")
        connection = self._open(read_only=True)
        try:
            yield connection
        finally:
            connection.close()

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + self.lock_timeout.total_seconds()
        while True:
            connection = duckdb.connect()
            try:
                mode = "READ_ONLY" if read_only else "READ_WRITE"
                connection.execute(f"ATTACH {quote_text(str(self.database))} AS {CATALOG} ({mode})")
                connection.execute(f"USE {CATALOG}")
            except duckdb.IOException as error:
                connection.close()
                holder = FOREIGN_HOLDER.search(str(error))
                if holder is None:
                    raise WarehouseError(f"{self.database} cannot be opened: {error}") from error
                if time.monotonic() >= deadline:
                    raise self._busy(holder) from error
                time.sleep(random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))  # noqa: S311 - jitter, no secret
            else:
                return self._prepare(connection)

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        connection.execute("SET TimeZone = $zone", {"zone": self.timezone})
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET temp_directory = $folder", {"folder": f"{self.database}.tmp"})  # not the working directory
        if self.memory_limit:
            connection.execute("SET memory_limit = $limit", {"limit": self.memory_limit})
        return connection

    def _busy(self, holder: re.Match[str]) -> WarehouseBusyError | LockTimeoutError:
        ours = self._holder()
        if ours and str(ours.pid) == holder["pid"]:
            return LockTimeoutError(f"The warehouse {self.database}", ours, self.lock_timeout)
        return WarehouseBusyError(
            f"The warehouse {self.database} is open in another program: {holder['program'] or 'unknown'}, "
            f"process {holder['pid']}. Waited {self.lock_timeout.total_seconds():.0f} s; nothing was written. "
            "Hint: close it there (a DuckDB shell, a notebook, a BI tool), then run again."
        )

    def _holder(self) -> Holder | None:
        if not self.lock_path.exists():
            return None
        with self.lock_path.open(encoding="utf-8") as handle:
            return read_holder(handle)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Generator[None, None, None]:
    """All or nothing: commits on the way out, rolls back when anything is raised."""
    connection.begin()
    try:
        yield
    except BaseException:
        _roll_back(connection)
        raise
    connection.commit()


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.rollback()
    except duckdb.TransactionException:
        return  # a failed statement may have ended the transaction already
