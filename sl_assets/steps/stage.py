"""Import: the move from landing to stage."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sl_assets.areas.files import InputFile
from sl_assets.areas.packed import is_packed
from sl_assets.areas.stage import Staged, stage_files
from sl_assets.project.records import Domain, Project, Table, TableKey
from sl_assets.steps.gate import gate
from sl_assets.steps.reports import StageReport
from sl_assets.steps.run import Run


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

    Not under `pending`: somebody else fills the stage. Under `ack` those that are acknowledged.
    """
    return table.orchestration.pre_load_strategy != "pending"


def _stage(project: Project, domain: Domain, tables: Sequence[TableKey], run: Run) -> Staged:
    return stage_files(
        project.areas,
        domain,
        project.tables_of(domain.name),
        tables,
        purpose=f"run {run.id}",
        timeout=project.settings.lock_timeout,
        quiet=run.quiet,
        may_enter=gate(project, run.scheduled),
        on_wait=run.waiting(f"The stage of domain {domain.name}"),
    )


def _tell(staged: Staged, say: Callable[[str], None], warn: Callable[[str], None]) -> None:
    for sentence in busy_sentences(staged.busy):
        say(sentence)
    for sentence in broken_sentences(staged.broken):
        warn(sentence)
    for file in staged.held_back:
        warn(f"{file.path} waits for its ack file (pre_load_strategy: ack); it is left alone for now.")
    for path in staged.unresolved:
        warn(f"{path.name} came in an archive and matches no table; it is kept as {path}.")


def busy_sentences(files: Sequence[InputFile]) -> tuple[str, ...]:
    """One sentence for each landed file that may still be being written."""
    now = datetime.now(UTC)
    ages = {file.path: (now - file.modified_at).total_seconds() for file in files}
    return tuple(
        f"{path} may still be being written: it was modified {age:.0f} s ago; it is left alone for now."
        for path, age in ages.items()
    )


def broken_sentences(archives: Sequence[tuple[Path, str]]) -> tuple[str, ...]:
    """One sentence for each landed archive that cannot be unpacked."""
    return tuple(f"{path} {reason} It stays there." for path, reason in archives)


def _unclaimed(files: Sequence[InputFile], domain: Domain) -> tuple[str, ...]:
    whose = f"table of domain {domain.name}; it stays there."
    return tuple(f"{file.path} {'holds no file for a' if is_packed(file.name) else 'matches no'} {whose}" for file in files)
