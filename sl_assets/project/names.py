"""What a table's name in SQL means: final names first, then nothing; letter case does not count."""

import re
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sl_assets.project.records import Project, Ref, Table, TableKey, Task
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place

RESERVED = ("landing", "preload", "import")
"""The assets every domain has besides its tables."""

SYSTEM_DATABASES = frozenset({"system", "temp"})
SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog"})
DEFAULT_SCHEMA = "main"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_Pair = tuple[str, str]


@dataclass(frozen=True)
class Meaning:
    """What a name means.

    `known`: a table of the project or a declared external; `missing`: no such table in a domain of ours; `unknown`: nobody here
    makes it; `ambiguous`: several domains have it; `system`: not a table of anybody's project; `foreign`: a table of another
    database.
    """

    kind: Literal["known", "missing", "unknown", "ambiguous", "system", "foreign"]
    key: TableKey | None = None
    candidates: tuple[TableKey, ...] = ()


@dataclass(frozen=True)
class Names:
    """Every table of a project by folded name."""

    keys: Mapping[_Pair, TableKey]
    by_name: Mapping[str, tuple[TableKey, ...]]
    domains: frozenset[str]
    system: frozenset[str]
    renamed: Mapping[_Pair, TableKey]
    databases: frozenset[str] = frozenset()
    refs: tuple[Ref, ...] = ()
    quarantines: Mapping[TableKey, TableKey] = field(default_factory=dict[TableKey, TableKey])

    def maker(self, key: TableKey) -> TableKey:
        """The table or task that makes a table: of a quarantine the one whose rows it holds."""
        return self.quarantines.get(key, key)

    def local(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The name that a reference puts in its place, without its database where that is the project's own."""
        parts = refer(self.refs, parts)
        return parts[1:] if len(parts) == len(_PARTS) + 1 and parts[0].casefold() in self.databases else parts

    def meaning(self, parts: tuple[str, ...], own: TableKey | None = None) -> Meaning:
        """What `parts` (table, or domain and table, or catalog too) means in the SQL of task `own`."""
        parts = self.local(parts)
        if len(parts) > len(_PARTS):
            return Meaning("system" if parts[0].casefold() in SYSTEM_DATABASES else "foreign")
        if len(parts) == 1:
            return self._by_name(parts[0], own)
        domain, name = parts
        if key := self.keys.get((domain.casefold(), name.casefold())):
            return Meaning("known", key)
        if domain.casefold() in self.system:
            return Meaning("system")
        kind = "missing" if domain.casefold() in self.domains else "unknown"
        return Meaning(kind, TableKey(domain, name))

    def _by_name(self, name: str, own: TableKey | None) -> Meaning:
        found = self.by_name.get(name.casefold(), ())
        # a task that fills kpi.orders from `orders` means the other one
        others = tuple(key for key in found if key != own) or found
        if len(others) > 1:
            return Meaning("ambiguous", None, others)
        return Meaning("known", others[0]) if others else Meaning("unknown", TableKey(DEFAULT_SCHEMA, name))


_PARTS = ("domain", "table")


def refer(refs: Iterable[Ref], parts: tuple[str, ...]) -> tuple[str, ...]:
    """What a name stands for; the name itself where no reference is for names of so many parts, or none matches.

    Example:
        >>> refer([Ref(("raw_(.*)",), ("sales", "SL_THIS_TABLE"))], ("raw_orders",))
        ('sales', 'raw_orders')
    """
    for ref in refs:
        pairs = zip(ref.patterns, parts, strict=False)
        if len(ref.patterns) == len(parts) and all(re.fullmatch(pattern, part) for pattern, part in pairs):
            return tuple(_this(text, parts) for text in ref.name)
    return parts


def _this(text: str, parts: Sequence[str]) -> str:
    database, domain, table = ("", "", *parts)[-3:]
    return text.replace("SL_THIS_DATABASE", database).replace("SL_THIS_DOMAIN", domain).replace("SL_THIS_TABLE", table)


def build_names(
    keys: Iterable[TableKey],
    *,
    domains: Iterable[str],
    audit_schema: str,
    aliases: Mapping[_Pair, TableKey] | None = None,
    renamed: Mapping[_Pair, TableKey] | None = None,
    database: Path | None = None,
    refs: tuple[Ref, ...] = (),
    quarantines: Mapping[TableKey, TableKey] | None = None,
) -> Names:
    """Index the tables of a project.

    Args:
        keys: The final names of all tables, tasks and externals.
        domains: The domains whose every table the project makes.
        audit_schema: The schema of the audit tables; they are nobody's assets.
        aliases: Other names that SQL may use: (domain, task name) -> key.
        renamed: Names before `rename`, for hints only.
        database: The project's DuckDB file: SQL may write its name, as DuckDB has it, before domain and table.
        refs: Names that stand for others.
        quarantines: The tables of quarantined rows -> whose rows they hold.
    """
    keys = (*keys, *(quarantines or {}))
    by_pair = {(domain.casefold(), name.casefold()): key for (domain, name), key in (aliases or {}).items()}
    by_name: dict[str, tuple[TableKey, ...]] = {}
    for key in keys:
        by_pair[key.domain.casefold(), key.name.casefold()] = key
    for (_, name), key in by_pair.items():
        if key not in by_name.get(name, ()):
            by_name[name] = (*by_name.get(name, ()), key)
    return Names(
        keys=by_pair,
        by_name=by_name,
        domains=frozenset(domain.casefold() for domain in domains),
        system=SYSTEM_SCHEMAS | {audit_schema.casefold()},
        renamed={(domain.casefold(), name.casefold()): key for (domain, name), key in (renamed or {}).items()},
        databases=frozenset() if database is None else frozenset({database.stem.casefold()}),
        refs=refs,
        quarantines=quarantines or {},
    )


def names_of(project: Project) -> Names:
    """The names of a project that is built, worked out once: each transform of it asks for them."""
    names = _names.get(id(project))
    if names is None:
        names = _names[id(project)] = _index(project)
        weakref.finalize(project, _names.pop, id(project)).atexit = False
    return names


_names: dict[int, Names] = {}


def _index(project: Project) -> Names:
    return build_names(
        [*project.tables, *project.tasks, *project.externals],
        domains=project.domains,
        audit_schema=project.settings.audit_schema,
        aliases={(task.key.domain, task.name): task.key for task in project.tasks.values()},
        database=project.settings.database,
        refs=project.refs,
        quarantines=quarantines_of((*project.tables.values(), *project.tasks.values())),
    )


def quarantines_of(nodes: Iterable[Table | Task]) -> dict[TableKey, TableKey]:
    """The tables that hold quarantined rows -> whose rows they are."""
    return {node.quarantine: node.key for node in nodes if node.quarantine}


class KeyRegister:
    """The final names given out so far; tells when one is given twice, is reserved, or is no name."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._taken: dict[_Pair, tuple[TableKey, Place]] = {}
        self._joined: dict[str, tuple[TableKey, Place]] = {}

    def take(self, key: TableKey, place: Place, subject: str) -> bool:
        """Give out a name; False, and a diagnostic, when it cannot be had."""
        if key.name.casefold() in RESERVED:
            hint = f"Reserved in every domain: {', '.join(RESERVED)}. Write another name, or rename it."
            self._findings.error("SL207", place, subject, f'"{key.name}" is reserved for the files of a domain.', hint)
            return False
        for part in key:
            if not _NAME.fullmatch(part):
                hint = "Write letters, digits and underscores, no digit first."
                self._findings.error("SL208", place, subject, f'"{part}" is not a name for a table or domain.', hint)
                return False
        pair = (key.domain.casefold(), key.name.casefold())
        if pair in self._taken:
            other, first = self._taken[pair]
            differs = "" if other == key else " Letter case does not count."
            self._findings.error("SL206", place, subject, f"{key} is already made by {first}.", f"Rename one of them.{differs}")
            return False
        joined = "__".join(key)
        if joined in self._joined:
            other, first = self._joined[joined]
            fact = f"{key} and {other} ({first}) would both be called {joined} in Dagster."
            self._findings.error("SL261", place, subject, fact, "Rename one of them, without two underscores in a row.")
            return False
        self._taken[pair] = self._joined[joined] = (key, place)
        return True
