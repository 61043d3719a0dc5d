"""Opening the database file: one writer of ours at a time, held for the transaction and not for the run."""

import random
import re
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import duckdb

from sl_assets.lock import Holder, LockTimeoutError, file_lock, give_way, read_holder, waiting_for
from sl_assets.project.records import Settings
from sl_assets.sql.text import quote_text
from sl_assets.warehouse.duckdb.engine import CATALOG, Engine, OpenFile, detach
from sl_assets.warehouse.errors import WarehouseBusyError, WarehouseError

FOREIGN_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) ?\(PID (?P<pid>\d+)\)")
HELD_HERE = "Unique file handle conflict"  # by another instance of DuckDB in this process
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.4


@dataclass(frozen=True)
class Warehouse:
    """Where the database is and how to open it. Opens nothing by itself."""

    database: Path
    timezone: str = "UTC"
    lock_timeout: timedelta = timedelta(minutes=5)
    memory_limit: str | None = None
    engine: Engine | None = field(default=None, repr=False, compare=False)
    stays_open: bool = field(default=False, repr=False, compare=False)

    @classmethod
    def of(cls, settings: Settings) -> "Warehouse":
        """The warehouse a project's settings name."""
        return cls(settings.database, settings.timezone, settings.lock_timeout, settings.memory_limit)

    @property
    def lock_path(self) -> Path:
        """The file whose operating-system lock makes us the one writer."""
        return self.database.with_name(f"{self.database.name}.lock")

    @contextmanager
    def kept(self, *, stays_open: bool = False) -> Generator["Warehouse", None, None]:
        """The same warehouse for several uses: DuckDB is started for the first that is tidy, and stopped when the block ends.

        With `stays_open` the file is open for a moment after such a use, too, unless another run or reader of ours waits for it.
        """
        engine = Engine()
        try:
            yield replace(self, engine=engine, stays_open=stays_open)
        finally:
            engine.close()

    @contextmanager
    def writer(
        self, purpose: str, on_wait: Callable[[Holder | None], None] | None = None, *, tidy: bool = False
    ) -> Generator[duckdb.DuckDBPyConnection, None, None]:
        """A connection that may write, while no other of our processes may. The file is closed on the way out, or soon after.

        Args:
            purpose: What we do, for the sentence another run gets when it waits in vain.
            on_wait: Called once, with the holder, when we have to wait for another run.
            tidy: All that runs are queries and writes, which leave nothing behind but what they write: a kept instance of DuckDB
                may do it (see `engine.py`).

        Raises:
            LockTimeoutError: Another of our runs held the warehouse for longer than `lock_timeout`.
            WarehouseBusyError: A foreign process (a notebook, a shell) had the file open all that time.
            WarehouseError: The file is no DuckDB database, or cannot be opened.
        """
        engine = self._engine(tidy=tidy)
        file = (engine and engine.take_file(purpose)) or self._open(purpose, on_wait, engine)
        try:
            with file.instance.cursor() as connection:
                yield self._prepare(connection)
        except BaseException:
            file.abandon()
            raise
        if engine:
            engine.give_back(file, stays_open=self.stays_open)
        elif instance := file.close():
            instance.close()

    @contextmanager
    def reader(self, *, tidy: bool = False) -> Generator[duckdb.DuckDBPyConnection, None, None]:
        """A read-only connection; waits for a writer's transaction to end. `tidy` as for `writer`.

        Raises:
            WarehouseBusyError: A writer had the file open for longer than `lock_timeout`.
            WarehouseError: There is no database yet, or it cannot be opened.
        """
        if not self.database.exists():
            raise WarehouseError(f"There is no warehouse at {self.database} yet. Hint: `sl-assets run` makes it.")
        engine = self._engine(tidy=tidy)
        instance = self._instance(engine)
        try:
            self._attach(instance, "READ_ONLY")
            with instance.cursor() as connection:
                yield self._prepare(connection)
            is_sound = detach(instance)
        except BaseException:
            instance.close()
            raise
        if engine and is_sound:
            engine.give_back_instance(instance)
        else:
            instance.close()

    def _engine(self, *, tidy: bool) -> Engine | None:
        """The one that is kept, for tidy uses; it lets go of the file for any other."""
        if self.engine and not tidy:
            self.engine.let_go()
        return self.engine if tidy else None

    def _instance(self, engine: Engine | None) -> duckdb.DuckDBPyConnection:
        return (engine and engine.take_instance()) or duckdb.connect(config=self._config())

    def _open(self, purpose: str, on_wait: Callable[[Holder | None], None] | None, engine: Engine | None) -> OpenFile:
        self.database.parent.mkdir(parents=True, exist_ok=True)
        what = f"The warehouse {self.database}"
        with ExitStack() as stack:
            give_way(self.lock_path)
            locked = file_lock(self.lock_path, what=what, purpose=purpose, timeout=self.lock_timeout, on_wait=on_wait)
            lock = stack.enter_context(locked)
            instance = self._instance(engine)
            try:
                opening = self._attach(instance, "READ_WRITE")
            except BaseException:
                instance.close()
                raise
            return OpenFile(instance, lock, stack.pop_all(), time.monotonic(), opening)

    def _attach(self, instance: duckdb.DuckDBPyConnection, mode: str) -> float:
        """Open the file, once nobody else has it; give the seconds that this took, without those of waiting."""
        deadline = time.monotonic() + self.lock_timeout.total_seconds()
        with ExitStack() as queue:
            waits = False
            while True:
                began = time.monotonic()
                try:
                    instance.execute(f"ATTACH {quote_text(str(self.database))} AS {CATALOG} ({mode})")
                except (duckdb.IOException, duckdb.BinderException) as error:
                    holder = FOREIGN_HOLDER.search(str(error))
                    if holder is None and HELD_HERE not in str(error):
                        raise WarehouseError(f"{self.database} cannot be opened: {error}") from error
                    if time.monotonic() >= deadline:
                        raise self._busy(holder) from error
                    if not waits:
                        queue.enter_context(waiting_for(self.lock_path))
                        waits = True
                    time.sleep(random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))  # noqa: S311 - jitter, no secret
                else:
                    return time.monotonic() - began

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        """How DuckDB is started: what holds for all connections of an instance."""
        return {
            "temp_directory": f"{self.database}.tmp",  # not the working directory
            # by its time DuckDB takes a file for one it has read before: those unpacked from an archive may share it
            "enable_external_file_cache": False,
            **({"memory_limit": self.memory_limit} if self.memory_limit else {}),
        }

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        """Settings of the session. A name in SQL never means a variable of ours."""
        connection.execute(
            f"USE {CATALOG}; SET TimeZone = {quote_text(self.timezone)}; SET enable_progress_bar = false; "
            "SET python_enable_replacements = false"
        )
        return connection

    def _busy(self, holder: re.Match[str] | None) -> WarehouseBusyError | LockTimeoutError:
        ours = self._holder()
        if holder is None:
            return LockTimeoutError(f"The warehouse {self.database}", Holder.me("another thread"), self.lock_timeout)
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
