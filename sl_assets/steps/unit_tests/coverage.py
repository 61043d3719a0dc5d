"""Which tables and tasks of a project have tests."""

from collections.abc import Iterable
from dataclasses import dataclass

from sl_assets.project.records import Project, TableKey
from sl_assets.steps.unit_tests.cases import Case, Kind


@dataclass(frozen=True)
class Share:
    """Of one kind (loads or transforms): those with at least one test that can be run, and those without."""

    tested: tuple[TableKey, ...]
    untested: tuple[TableKey, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.tested) + len(self.untested)


@dataclass(frozen=True)
class Coverage:
    """What the tests of a project cover."""

    tables: Share
    tasks: Share


def coverage(project: Project, cases: Iterable[Case]) -> Coverage:
    """Which tables and tasks have tests."""
    sound = [case for case in cases if not case.faults]
    return Coverage(_share(project.tables, sound, "load"), _share(project.tasks, sound, "transform"))


def _share(keys: Iterable[TableKey], cases: Iterable[Case], kind: Kind) -> Share:
    keys, found = tuple(keys), {case.key for case in cases if case.kind == kind}
    return Share(tuple(key for key in keys if key in found), tuple(key for key in keys if key not in found))
