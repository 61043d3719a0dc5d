"""Preload and import: is there anything to load, and the move from landing to stage."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sl_assets.areas.files import InputFile
from sl_assets.areas.landing import NO_QUIET, landed_files
from sl_assets.areas.packed import is_packed
from sl_assets.areas.stage import Staged, stage_files, staged_files
from sl_assets.project.records import Domain, Project, Table, TableKey
from sl_assets.steps.reports import PreloadReport, StageReport
from sl_assets.steps.run import Run


def preload(project: Project, domain: Domain, tables: Sequence[TableKey], quiet: timedelta = NO_QUIET) -> PreloadReport:
    """Look whether a domain has files for some of its tables, and move nothing (Starlake's `preload`).

    `imported` looks in landing and in stage (a file that an earlier run staged and did not load is waiting too), `pending` in
    stage only; `none` is always ready and has no preload step. In archives the entries are counted, not unpacked. A file that
    was modified less than `quiet` ago does not count.
    """
    domain_tables = project.tables_of(domain.name)
    found = dict.fromkeys(tables, 0)
    notes: tuple[str, ...] = ()
    if domain.pre_load_strategy == "imported":
        landed = landed_files(domain_tables, quiet)
        for key in tables:
            found[key] += len(landed.by_table[key])
        notes = (*_busy(landed.busy), *_broken(landed.broken))
    staged = staged_files(project.areas, domain, domain_tables).by_table
    for key in tables:
        found[key] += len(staged[key])
    places = [str(landing) for landing in project.landings_of(domain.name)] if domain.pre_load_strategy == "imported" else []
    where = " or ".join([*places, str(project.areas.stage / domain.name)])
    return PreloadReport(domain.name, found, f"{domain.pre_load_strategy}: files in {where}", notes)


def stage(project: Project, domain: Domain, tables: Sequence[TableKey], run: Run) -> StageReport:
    """Move the landed files of some tables of a domain to stage (Starlake's `stage`, older name `import`); unpack archives.

    Raises:
        LockTimeoutError: Another run has been staging this domain all the time.
    """
    staged = _stage(project, domain, tables, run)
    for sentence in _unclaimed(staged.unclaimed, domain):
        run.say(sentence)
    _tell(staged, run.say, run.warn)
    return StageReport(
        domain.name,
        staged.by_table,
        tuple(file.path for file in staged.unclaimed),
        staged.unresolved,
        tuple(file.path for file in staged.busy),
        staged.broken,
    )


def take_from_landing(project: Project, domain: Domain, tables: Sequence[TableKey], run: Run) -> dict[TableKey, tuple[Path, ...]]:
    """The same for a load that stages its own files: what it cannot take is said, for the import to warn about."""
    staged = _stage(project, domain, tables, run)
    _tell(staged, run.say, run.say)
    return staged.by_table


def stages_its_own(table: Table) -> bool:
    """Whether a load takes its files from landing by itself: materializing one table alone sees the file that just landed.

    Not under `pending` (somebody else fills the stage) nor `ack` (the acknowledgement decides).
    """
    return table.orchestration.pre_load_strategy in ("none", "imported")


def _stage(project: Project, domain: Domain, tables: Sequence[TableKey], run: Run) -> Staged:
    return stage_files(
        project.areas,
        domain,
        project.tables_of(domain.name),
        tables,
        purpose=f"run {run.id}",
        timeout=project.settings.lock_timeout,
        quiet=run.quiet,
        on_wait=run.waiting(f"The stage of domain {domain.name}"),
    )


def _tell(staged: Staged, say: Callable[[str], None], warn: Callable[[str], None]) -> None:
    for sentence in _busy(staged.busy):
        say(sentence)
    for sentence in _broken(staged.broken):
        warn(sentence)
    for path in staged.unresolved:
        warn(f"{path.name} came in an archive and matches no table; it is kept as {path}.")


def _busy(files: Sequence[InputFile]) -> tuple[str, ...]:
    now = datetime.now(UTC)
    ages = {file.path: (now - file.modified_at).total_seconds() for file in files}
    return tuple(
        f"{path} may still be being written: it was modified {age:.0f} s ago; it is left alone for now."
        for path, age in ages.items()
    )


def _broken(archives: Sequence[tuple[Path, str]]) -> tuple[str, ...]:
    return tuple(f"{path} {reason} It stays there." for path, reason in archives)


def _unclaimed(files: Sequence[InputFile], domain: Domain) -> tuple[str, ...]:
    whose = f"table of domain {domain.name}; it stays there."
    return tuple(f"{file.path} {'holds no file for a' if is_packed(file.name) else 'matches no'} {whose}" for file in files)
