"""Prune: remove what has been kept for longer than `retention` says. Nothing written there: nothing is removed.

Archived files go by the ledger, and the ledger keeps their rows: a file that comes again years later is still known as loaded.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from sl_assets.areas.aged import aged_files
from sl_assets.areas.files import content_hash
from sl_assets.project.records import Project, Retention, TableKey
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.audit import ensure_audit_tables, naive_utc
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.ledger import LedgerRow, archive_paths, known_files
from sl_assets.warehouse.duckdb.retention import (
    OldRows,
    archived_before,
    count_old,
    delete_old,
    forget_archive,
    half_pruned,
    mark_pruned,
    old_in_audit,
    old_in_quarantine,
    quarantined_tables,
    tables_in,
)
from sl_assets.warehouse.errors import WarehouseError

Limit = Callable[[Retention], timedelta | None]

AUDIT_TABLES: Mapping[str, Limit] = {
    "rejected": lambda retention: retention.rejects,
    "audit": lambda retention: retention.audit,
    "expectations": lambda retention: retention.expectations,
}
"""The audit tables whose old rows are deleted, and for how long each is kept."""


@dataclass(frozen=True)
class PruneReport:
    """What was removed, or would be.

    Attributes:
        archived: Archived files, by table.
        repeated: Files in the archive that came a second time; the ledger has no row of their own for them.
        rows: Rows of `audit.rejected`, `audit.audit` and `audit.expectations`, by that name and table, and quarantined ones.
        unresolved: Files that were put aside.
        failures: Files that could not be removed, with the reason; the next prune tries again.
    """

    archived: Mapping[TableKey, Sequence[LedgerRow]] = field(default_factory=dict[TableKey, Sequence[LedgerRow]])
    repeated: tuple[Path, ...] = ()
    rows: Mapping[tuple[str, TableKey], int] = field(default_factory=dict[tuple[str, TableKey], int])
    unresolved: tuple[Path, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to remove."""
        return not (self.archived or self.repeated or self.rows or self.unresolved or self.failures)


@dataclass(frozen=True)
class _Job:
    project: Project
    connection: duckdb.DuckDBPyConnection
    chosen: Collection[str]
    now: datetime

    @property
    def schema(self) -> str:
        return self.project.settings.audit_schema

    def retention(self, key: TableKey) -> Retention:
        """A table's own, the project's for one that is not loaded, or not in the project any more."""
        table = self.project.tables.get(key)
        return table.retention if table else self.project.settings.retention

    def tables(self, name: str) -> list[TableKey]:
        return self.wanted(tables_in(self.connection, self.schema, name))

    def wanted(self, keys: Iterable[TableKey]) -> list[TableKey]:
        return [key for key in keys if not self.chosen or key.domain in self.chosen or str(key) in self.chosen]

    def before(self, age: timedelta) -> datetime:
        """The moment before which something is too old, as the audit tables have it."""
        return naive_utc(self.now - age)


def prune(
    project: Project,
    warehouse: Warehouse,
    run: Run,
    chosen: Collection[str] = (),
    *,
    dry_run: bool = False,
    now: datetime | None = None,
) -> PruneReport:
    """Remove what is older than `retention` allows, and finish what an interrupted prune left.

    Args:
        project: The project.
        warehouse: Where its ledger is.
        run: Who does it.
        chosen: Names of domains (`shop`) and tables (`shop.orders`) to which it is confined; all without any.
        dry_run: Remove nothing, only tell.
        now: The time from which ages are counted, with a zone.

    Raises:
        LockTimeoutError, WarehouseError: The warehouse cannot be had, or there is none yet.
    """
    if not warehouse.database.exists():
        raise WarehouseError(f"There is no warehouse at {warehouse.database} yet. Hint: `sl-assets run` makes it.")
    with warehouse.writer(f"run {run.id} pruning", run.waiting("The warehouse")) as connection:
        with transaction(connection):
            ensure_audit_tables(connection, project.settings.audit_schema)
        job = _Job(project, connection, chosen, now or datetime.now(UTC))
        report = PruneReport(_archived(job), _repeated(job), _rows(job), _unresolved(job))
        return report if dry_run else replace(report, failures=_carry_out(job, report))


def _archived(job: _Job) -> dict[TableKey, tuple[LedgerRow, ...]]:
    found: dict[TableKey, tuple[LedgerRow, ...]] = {}
    for key in job.tables("files"):
        age = job.retention(key).archive
        old = archived_before(job.connection, job.schema, key, job.before(age)) if age else ()
        rows = (*half_pruned(job.connection, job.schema, key), *old)
        if rows:
            found[key] = rows
    return found


def _repeated(job: _Job) -> tuple[Path, ...]:
    """Files that came again and were put beside the first: in the archive, with the bytes of a file the ledger knows."""
    found: list[Path] = []
    for key in job.tables("files"):
        age = job.retention(key).archive
        if age is None:
            continue
        promised = archive_paths(job.connection, job.schema, key.domain)
        ledger = known_files(job.connection, job.schema, key)
        sizes, digests = {row.size for row in ledger}, {row.digest for row in ledger}
        old = aged_files(job.project.areas.archive / key.domain, job.now - age)
        strangers = [path for path in old if path not in promised and path.stat().st_size in sizes]
        found += [path for path in strangers if content_hash(path) in digests]
    return tuple(dict.fromkeys(found))


def _limits(job: _Job) -> Iterator[tuple[str, TableKey, OldRows]]:
    for name, limit in AUDIT_TABLES.items():
        for key in job.tables(name):
            age = limit(job.retention(key))
            if age:
                yield name, key, old_in_audit(job.schema, name, key, job.before(age))
    for key in job.wanted(quarantined_tables(job.connection)):
        age = job.retention(key).rejects
        if age:
            yield "quarantine", key, old_in_quarantine(key, job.before(age))


def _rows(job: _Job) -> dict[tuple[str, TableKey], int]:
    counts = {(name, key): count_old(job.connection, old) for name, key, old in _limits(job)}
    return {each: count for each, count in counts.items() if count}


def _unresolved(job: _Job) -> tuple[Path, ...]:
    age, area = job.project.settings.retention.unresolved, job.project.areas.unresolved
    if age is None or not area.is_dir():
        return ()
    folders = [folder for folder in sorted(area.iterdir()) if not job.chosen or folder.name in job.chosen]
    return tuple(path for folder in folders for path in aged_files(folder, job.now - age))


def _carry_out(job: _Job, report: PruneReport) -> tuple[str, ...]:
    failures: list[str] = []
    for key, rows in report.archived.items():
        failures += _give_up(job, key, rows)
    with transaction(job.connection):
        for _name, _key, old in _limits(job):
            delete_old(job.connection, old)
    removed = [_remove(path) for path in (*report.repeated, *report.unresolved)]
    return (*failures, *(each for each in removed if each))


def _give_up(job: _Job, key: TableKey, rows: Sequence[LedgerRow]) -> list[str]:
    """Mark, remove, forget; what cannot be removed stays marked."""
    with transaction(job.connection):
        mark_pruned(job.connection, job.schema, key, [row for row in rows if row.pruned_at is None], naive_utc(job.now))
    failures = {row.identity: _remove(row.archive) for row in rows if row.archive}
    with transaction(job.connection):
        forget_archive(job.connection, job.schema, key, [row for row in rows if not failures[row.identity]])
    return [failure for failure in failures.values() if failure]


def _remove(path: Path) -> str:
    """Remove a file; the reason when that is not possible. One that is gone already is no failure."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""
