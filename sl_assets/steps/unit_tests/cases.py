"""The tests of a project as its folders say: `tests/load/<domain>/<table>/<test>/`, `tests/transform/<domain>/<task>/<test>/`.

A file of a test is what its name says: `<domain>.<table>.csv` rows that are there before, `_incoming.<name>` a file to load,
`_expected....csv` rows that must be there after, `_expected....sql` the query that gives them, any other `.sql` a set-up.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, get_args

from sl_assets.project.records import Project, TableKey
from sl_assets.spec.findings import suggest

Kind = Literal["load", "transform"]
Role = Literal["seed", "incoming", "setup", "expected", "query", "other", "unknown"]
INCOMING, EXPECTED, ENVIRONMENT = "_incoming.", "_expected", "env.sl.yml"
DATASETS = "_datasets"
"""The folder of a test whose files are those of the project's `datasets`: what the sources of a transform read."""
_DATA, _NOTES = (".csv", ".json"), (".md", ".txt")
_SEED = re.compile(r"[^.]+\.[^.]+\.(csv|json)")


@dataclass(frozen=True)
class Seed:
    """Rows of a table before the test: the file, and the table as its name says."""

    file: Path
    key: TableKey


@dataclass(frozen=True)
class Expected:
    """Rows after the test: of the whole table, or of the query (or the columns) in `sql`."""

    file: Path
    sql: Path | None = None


@dataclass(frozen=True)
class Case:
    """One test. `faults` are sentences about its folder that keep it from being run."""

    kind: Kind
    key: TableKey
    name: str
    folder: Path
    seeds: tuple[Seed, ...] = ()
    incoming: tuple[Path, ...] = ()
    setup: tuple[Path, ...] = ()
    expected: tuple[Expected, ...] = ()
    environments: tuple[Path, ...] = ()
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.name}"


def tests_folder(project: Project) -> Path:
    """Where the tests of a project are."""
    return Path(project.environment.get("SL_TESTS") or project.metadata / "tests")


def find_cases(project: Project) -> tuple[Case, ...]:
    """Every test of a project, loads first, in the order of the alphabet."""
    root = tests_folder(project)
    return tuple(case for kind in get_args(Kind) for case in _cases_of(project, root, kind))


def select_cases(cases: Iterable[Case], patterns: Sequence[str]) -> tuple[Case, ...]:
    """The tests that one of the patterns names: `domain`, `domain.table` or `domain.table.test`, with `*`; all without any."""
    return tuple(case for case in cases if not patterns or any(_fits(case, pattern) for pattern in patterns))


def _fits(case: Case, pattern: str) -> bool:
    names = (case.key.domain, str(case.key), f"{case.key}.{case.name}")
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for name in names)


def _cases_of(project: Project, root: Path, kind: Kind) -> Iterator[Case]:
    for domain in _folders(root / kind):
        for table in _folders(domain):
            key = _key(project, kind, domain.name, table.name)
            for test in _folders(table):
                environments = tuple(each / ENVIRONMENT for each in (root, root / kind, domain, table, test))
                yield _case(project, kind, key or TableKey(domain.name, table.name), test, environments, known=key is not None)


def _folders(above: Path) -> list[Path]:
    return sorted(each for each in above.iterdir() if each.is_dir() and not each.name.startswith(".")) if above.is_dir() else []


def _key(project: Project, kind: Kind, domain: str, name: str) -> TableKey | None:
    """The table or task that a folder is named after: by its final name, or by the one before `rename`."""
    return _nodes(project, kind).get((domain.casefold(), name.casefold()))


def _nodes(project: Project, kind: Kind) -> Mapping[tuple[str, str], TableKey]:
    found: dict[tuple[str, str], TableKey] = {}
    if kind == "load":
        for key, table in project.tables.items():
            found[table.source_domain.casefold(), table.source.casefold()] = key
    else:
        for key, task in project.tasks.items():
            found[key.domain.casefold(), task.name.casefold()] = key
    keys = project.tables if kind == "load" else project.tasks
    return found | {(key.domain.casefold(), key.name.casefold()): key for key in keys}


def _case(project: Project, kind: Kind, key: TableKey, folder: Path, environments: Iterable[Path], *, known: bool) -> Case:
    by_role: dict[Role, list[Path]] = {role: [] for role in get_args(Role)}
    for file in sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")):
        by_role[_role(file)].append(file)
    queries = {each.stem: each for each in by_role["query"]}
    expected = tuple(Expected(each, queries.pop(each.stem, None)) for each in by_role["expected"])
    incoming = tuple(by_role["incoming"])
    faults = [] if known else [_nobody(project, kind, key)]
    faults += [_unknown(each) for each in by_role["unknown"]]
    faults += [f"{each.name} has no {each.stem}.csv or {each.stem}.json beside it." for each in queries.values()]
    if not expected:
        faults.append("nothing is expected: write _expected.csv or _expected.json.")
    if kind == "load" and not incoming:
        faults.append(f"there is no file to load: write {INCOMING}<name of the file>.")
    if kind == "transform" and incoming:
        faults.append(f"a transform loads no files: write the rows of {incoming[0].name} as <domain>.<table>.csv.")
    return Case(
        kind,
        key,
        folder.name,
        folder,
        seeds=tuple(Seed(each, TableKey(*each.stem.split("."))) for each in by_role["seed"]),
        incoming=incoming,
        setup=tuple(by_role["setup"]),
        expected=expected,
        environments=tuple(each for each in environments if each.is_file()),
        faults=tuple(faults),
    )


def _role(file: Path) -> Role:
    name, suffix = file.name, file.suffix.lower()
    if name.startswith(INCOMING):
        return "incoming"
    if name.startswith(EXPECTED) and suffix in _DATA:
        return "expected"
    if suffix == ".sql":
        return "query" if name.startswith(EXPECTED) else "setup"
    if _SEED.fullmatch(name):
        return "seed"
    return "other" if name == ENVIRONMENT or suffix in _NOTES else "unknown"


def _nobody(project: Project, kind: Kind, key: TableKey) -> str:
    what = "loaded table" if kind == "load" else "transform"
    near = suggest(str(key), [f"{domain}.{name}" for domain, name in _nodes(project, kind)])
    return f"there is no {what} {key}. {near}".rstrip()


def _unknown(file: Path) -> str:
    return (
        f"{file.name} is none of the files of a test. Allowed: <domain>.<table>.csv|json, {INCOMING}<name>, {EXPECTED}*.csv|json "
        f"with or without {EXPECTED}*.sql, *.sql, {ENVIRONMENT}."
    )
