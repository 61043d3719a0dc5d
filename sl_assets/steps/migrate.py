"""The YAML files of a project in today's syntax: what would change, and writing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sl_assets.spec.findings import Findings
from sl_assets.spec.kinds import KINDS, Kind
from sl_assets.spec.migrate import MigrationError, migrate_text
from sl_assets.spec.read import read_text
from sl_assets.steps.infer.save import save


@dataclass(frozen=True)
class FileMigration:
    """One file that is in the old syntax: its text before and after, or why it cannot be changed (`problem`)."""

    file: Path
    before: str
    after: str = ""
    told: tuple[str, ...] = ()
    problem: str = ""


def plan_migration(metadata: Path) -> tuple[FileMigration, ...]:
    """Every file of a config folder that says no version, in the order of the kinds; nothing is written."""
    found: dict[Path, Kind] = {}
    for kind in KINDS.values():
        for pattern in kind.globs:
            for file in sorted(metadata.glob(pattern)):
                found.setdefault(file, kind)
    planned = (_plan(file, kind) for file, kind in found.items())
    return tuple(each for each in planned if each is not None)


def write_migration(metadata: Path, planned: Iterable[FileMigration]) -> tuple[Path, ...]:
    """Write what was planned, all files or none; return the files.

    Raises:
        OSError: Something could not be written; nothing was changed.
    """
    return save(metadata, {each.file.relative_to(metadata): each.after for each in planned if not each.problem})


def _plan(file: Path, kind: Kind) -> FileMigration | None:
    findings = Findings()
    with file.open(encoding="utf-8-sig", newline="") as stream:
        try:
            text = stream.read()
        except UnicodeDecodeError:
            read_text(file, findings)
            return FileMigration(file, "", problem=findings.sorted()[0].fact)
    try:
        migrated = migrate_text(text, file, kind)
    except MigrationError as error:
        return FileMigration(file, text, problem=str(error))
    if migrated is None:
        return None
    return FileMigration(file, text, migrated.text, tuple(dict.fromkeys(change.told for change in migrated.changes)))
