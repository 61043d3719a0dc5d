"""Preload and import: is there anything to load, and the move from landing to stage."""

from collections.abc import Sequence
from pathlib import Path

from sl_assets.areas.landing import landed_files
from sl_assets.areas.stage import stage_files, staged_files
from sl_assets.project.records import Domain, Project, Table, TableKey
from sl_assets.steps.reports import PreloadReport, StageReport
from sl_assets.steps.run import Run


def preload(project: Project, domain: Domain, tables: Sequence[TableKey]) -> PreloadReport:
    """Look whether a domain has files for some of its tables, and move nothing (Starlake's `preload`).

    `imported` looks in landing and in stage (a file that an earlier run staged and did not load is waiting too), `pending` in
    stage only; `none` is always ready and has no preload step.
    """
    domain_tables = project.tables_of(domain.name)
    found = dict.fromkeys(tables, 0)
    if domain.pre_load_strategy == "imported":
        landed = landed_files(domain_tables).by_table
        for key in tables:
            found[key] += len(landed[key])
    staged = staged_files(project.areas, domain, domain_tables).by_table
    for key in tables:
        found[key] += len(staged[key])
    places = [str(landing) for landing in project.landings_of(domain.name)] if domain.pre_load_strategy == "imported" else []
    where = " or ".join([*places, str(project.areas.stage / domain.name)])
    return PreloadReport(domain.name, found, f"{domain.pre_load_strategy}: files in {where}")


def stage(project: Project, domain: Domain, tables: Sequence[TableKey], run: Run) -> StageReport:
    """Move the landed files of some tables of a domain to stage (Starlake's `stage`, older name `import`).

    Raises:
        LockTimeoutError: Another run has been staging this domain all the time.
    """
    domain_tables = project.tables_of(domain.name)
    staged = take_from_landing(project, domain, tables, run)
    unclaimed = landed_files(domain_tables).unclaimed
    for file in unclaimed:
        run.say(f"{file.path} matches no table of domain {domain.name}; it stays there.")
    return StageReport(domain.name, staged, tuple(file.path for file in unclaimed))


def take_from_landing(project: Project, domain: Domain, tables: Sequence[TableKey], run: Run) -> dict[TableKey, tuple[Path, ...]]:
    """The move itself; another run that stages the same domain is waited for."""
    return stage_files(
        project.areas,
        domain,
        project.tables_of(domain.name),
        tables,
        purpose=f"run {run.id}",
        timeout=project.settings.lock_timeout,
        on_wait=run.waiting(f"The stage of domain {domain.name}"),
    )


def stages_its_own(table: Table) -> bool:
    """Whether a load takes its files from landing by itself: materializing one table alone sees the file that just landed.

    Not under `pending` (somebody else fills the stage) nor `ack` (the acknowledgement decides).
    """
    return table.orchestration.pre_load_strategy in ("none", "imported")
