"""The resolved project: what every layer above reads, frozen, with inheritance, types and names already worked out.

Records only; the building is in the modules beside this one. Every name here is a *final* name (after Starlake's `rename`)
unless its field says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from sl_assets.project.flows import ColumnLineage
from sl_assets.project.orchestration import Orchestration, PreloadStrategy
from sl_assets.project.quality import Expectation, RowExpectation
from sl_assets.project.recipe import FileSink, FileSource, Incremental, PythonFunction, PythonTask, Scalar, Step, TableSource
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.metadata import StrategyName
from sl_assets.spec.place import Place

Primitive = Literal["string", "variant", "long", "short", "byte", "double", "decimal", "boolean", "date", "timestamp", "struct"]
FormatName = Literal["DSV", "POSITION", "JSON", "JSON_FLAT", "XML", "PARQUET"]
Trim = Literal["NONE", "LEFT", "RIGHT", "BOTH"]
ChangedFile = Literal["load", "ignore", "refuse"]
SyncStrategy = Literal["NONE", "ADD", "ALL"]


class TableKey(NamedTuple):
    """The name of a table in the warehouse, and of its asset: `starbake.orders`."""

    domain: str
    name: str

    def __str__(self) -> str:
        return f"{self.domain}.{self.name}"


QUARANTINE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "sl_rules": "VARCHAR[]",
        "sl_file": "VARCHAR",
        "sl_hash": "VARCHAR",
        "sl_partition": "VARCHAR",
        "sl_job": "VARCHAR",
        "sl_quarantined_at": "TIMESTAMP",
    }
)
"""What quarantined rows have behind the columns of their table: the rules they break, the file (of a load) with its hash and
partition, the JOBID of `audit.audit`, and when they were put aside (UTC)."""


def quarantine_of(key: TableKey) -> TableKey:
    """The table that holds the rows which row expectations keep out of a table."""
    return TableKey(key.domain, f"{key.name}_quarantine")


@dataclass(frozen=True)
class Type:
    """A Starlake type (`types/*.sl.yml`): a rule on text and the primitive it becomes.

    `pattern` is as written: a Java regular expression, for dates and timestamps a Java `DateTimeFormatter` pattern or the
    upper-cased name of an ISO constant, for booleans `true-part<-TF->false-part`. `ddl` is the DuckDB column type.
    """

    name: str
    primitive: Primitive
    pattern: str
    ddl: str
    zone: str | None = None


PrivacyArgument = str | int | float


@dataclass(frozen=True)
class Privacy:
    """How an attribute's values are made private: a method of `project/privacy.py` with its arguments.

    Methods beside Starlake's: `SQL`, whose argument is the expression, and `PYTHON`, which calls `function`.
    """

    method: str
    arguments: tuple[PrivacyArgument, ...] = ()
    function: PythonFunction | None = None

    def __str__(self) -> str:
        if self.method == "SQL":
            return f"SQL:{self.arguments[0]}"
        given = ", ".join(f'"{each}"' if isinstance(each, str) else str(each) for each in self.arguments)
        return f"{self.function or self.method}({given})" if given else str(self.function or self.method)


@dataclass(frozen=True)
class Attribute:
    """One field of a file and the column it becomes. `source` is the name in the file, `name` the column's."""

    source: str
    name: str
    type: Type
    array: bool = False
    required: bool = False
    trim: Trim = "NONE"
    default: str | None = None
    comment: str = ""
    ignore: bool = False
    script: str | None = None
    privacy: Privacy | None = None
    attributes: tuple["Attribute", ...] = ()
    position: tuple[int, int] | None = None
    foreign_key: str | None = None
    tags: tuple[str, ...] = ()
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)


@dataclass(frozen=True)
class Xsd:
    """What every record of an XML table must obey; `digest` is of its text and of all that it includes, within `folder`."""

    path: Path = field(compare=False)
    folder: Path = field(compare=False)
    digest: str


@dataclass(frozen=True)
class Format:
    """How a table's files are written down (Starlake's `metadata`, after inheritance application -> domain -> table)."""

    name: FormatName = "DSV"
    encoding: str = "UTF-8"
    with_header: bool = True
    separator: str = ";"
    quote: str = '"'
    escape: str = "\\"
    array: bool = False
    multiline: bool = False
    null_value: str | None = None
    empty_is_null: bool = True
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    xsd: Xsd | None = None


@dataclass(frozen=True)
class FileChoice:
    """One of `writeStrategy.types`: the strategy for files of which `condition` (`project/conditions.py`) is true."""

    type: StrategyName
    condition: str


@dataclass(frozen=True)
class StrategyTemplate:
    """A write strategy of the project's own: Jinja over SQL. `name` is its `writeStrategy.type`, in capitals."""

    name: str
    text: str
    file: Path = field(compare=False)


@dataclass(frozen=True)
class WriteStrategy:
    """How accepted rows meet the rows already there. `key`, `timestamp`, `partition`, `start` and `end` are column names.

    `type` is a `StrategyName` or the name of one of `templates`, which win where they have the name of a built-in strategy.
    With `choices`, each file's own strategy takes the place of `type`; exactly one of them must fit.
    """

    type: str = "APPEND"
    key: tuple[str, ...] = ()
    timestamp: str | None = None
    on: Literal["TARGET", "SOURCE_AND_TARGET"] = "TARGET"
    partition: tuple[str, ...] = ()
    start: str = "sl_start_ts"
    end: str = "sl_end_ts"
    choices: tuple[FileChoice, ...] = ()
    templates: tuple[StrategyTemplate, ...] = ()
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)

    @property
    def types(self) -> tuple[str, ...]:
        """Every strategy by which rows may be written."""
        return tuple(choice.type for choice in self.choices) or (self.type,)

    @property
    def template(self) -> StrategyTemplate | None:
        """The project's own SQL for `type`; None: the built-in strategy of that name."""
        return next((each for each in self.templates if each.name == self.type), None)


@dataclass(frozen=True)
class Partitions:
    """Our extension `partitions`: a table or task built window by window. The key is the start of the window.

    `file` (loads) is a regular expression on the file name with a group `partition`, read with the Java date pattern `format`.
    `grain` is hourly, daily, weekly, monthly or a cron of five fields, each tick of which begins a window. `start` lies in the
    first window. `end` is exclusive; None: up to the window that contains now.
    """

    grain: str
    start: datetime
    column: str
    end: datetime | None = None
    timezone: str = "UTC"
    file: str | None = None
    format: str | None = None
    empty: Literal["keep", "fail"] = "keep"


@dataclass(frozen=True)
class Freshness:
    """Starlake's `freshness`: how old the data may get."""

    warn: timedelta | None = None
    error: timedelta | None = None


@dataclass(frozen=True)
class Retention:
    """Our extension `retention`: how old things may get before `prune` removes them; None: they are kept.

    `archive` and `rejects` are a table's own where it says so; the others are the project's.
    """

    archive: timedelta | None = None
    rejects: timedelta | None = None
    audit: timedelta | None = None
    expectations: timedelta | None = None
    unresolved: timedelta | None = None


@dataclass(frozen=True)
class SqlText:
    """SQL of `presql` or `postsql` before Jinja: one statement or several. `numbered`: line n of it is line n of the file.

    `dialect` is sqlglot's name of what it is written in.
    """

    text: str
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)
    numbered: bool = field(default=False, compare=False)
    dialect: str = "duckdb"


@dataclass(frozen=True)
class UnpackLimits:
    """How much may come out of one packed or compressed file: `size` in bytes, `ratio` to its own size, `entries` files."""

    size: int = 10**12
    ratio: int = 1000
    entries: int = 100_000


@dataclass(frozen=True)
class Limits:
    """How many rejected rows a file may have; beyond that it fails as a whole. `max_rate` is a share of its rows, 0 to 1."""

    none_at_all: bool = False
    max_records: int | None = None
    max_rate: float | None = None

    def __bool__(self) -> bool:
        return self != Limits()


@dataclass(frozen=True)
class Domain:
    """A folder of `load/` or `transform/`: a schema of the warehouse. `source` is its name before `rename`."""

    name: str
    source: str
    place: Place = field(compare=False)
    comment: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    pre_load_strategy: PreloadStrategy = "none"


@dataclass(frozen=True)
class Table:
    """A table loaded from files. `source` is its name before `rename`; `pattern` is a Python regex for `re.fullmatch`.

    `places` says where some of its keys are written: `filter`, `pattern`, `partitions`, `writeStrategy`.
    """

    key: TableKey
    source: str
    source_domain: str
    pattern: str
    attributes: tuple[Attribute, ...]
    format: Format
    place: Place = field(compare=False)
    strategy: WriteStrategy = field(default_factory=WriteStrategy)
    comment: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    landing: Path | None = None
    ack: str | None = None
    quiet: timedelta = timedelta(0)
    unpack: UnpackLimits = field(default_factory=UnpackLimits)
    archive: bool = True
    on_arrival: bool = True
    schedule: str | None = None
    freshness: Freshness | None = None
    partitions: Partitions | None = None
    expectations: tuple[Expectation, ...] = ()
    row_expectations: tuple[RowExpectation, ...] = ()
    primary_key: tuple[str, ...] = ()
    presql: tuple[SqlText, ...] = ()
    postsql: tuple[SqlText, ...] = ()
    filter: str | None = None
    limits: Limits = field(default_factory=Limits)
    on_changed_file: ChangedFile = "load"
    retention: Retention = field(default_factory=Retention)
    orchestration: Orchestration = field(default_factory=Orchestration)
    places: Mapping[str, Place] = field(default_factory=dict[str, Place], compare=False)

    @property
    def columns(self) -> tuple[Attribute, ...]:
        """The attributes that become columns, in YAML order."""
        return tuple(attribute for attribute in self.attributes if not attribute.ignore)

    @property
    def quarantine(self) -> TableKey | None:
        """Where rows go that a row expectation puts aside; None: no rule does."""
        return _quarantine(self)


@dataclass(frozen=True)
class Task:
    """A transform, whose rows go to `key`. `sql` is the file's text after environment substitution, before Jinja.

    Its rows are those of `sql`, one SELECT; or of the last of `steps`; or of the function `python`. `dependencies` are what
    it reads, `declared` those that it names itself. Without `parse_sql` the statements of `sql` are sent as they are, and
    write the table themselves. `behind` has digests of the macros and variables that its SQL is made with.
    """

    key: TableKey
    name: str
    sql: str
    sql_place: Place = field(compare=False)
    place: Place = field(compare=False)
    dependencies: tuple[TableKey, ...] = ()
    dialect: str = "duckdb"
    attributes: tuple[Attribute, ...] = ()
    strategy: WriteStrategy = field(default_factory=WriteStrategy)
    comment: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    schedule: str | None = None
    freshness: Freshness | None = None
    partitions: Partitions | None = None
    expectations: tuple[Expectation, ...] = ()
    row_expectations: tuple[RowExpectation, ...] = ()
    primary_key: tuple[str, ...] = ()
    presql: tuple[SqlText, ...] = ()
    postsql: tuple[SqlText, ...] = ()
    view: bool = False
    parse_sql: bool = True
    declared: tuple[str, ...] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    sync: SyncStrategy = "ADD"
    sources: tuple[FileSource | TableSource, ...] = ()
    steps: tuple[Step, ...] = ()
    python: PythonTask | None = None
    file_sink: FileSink | None = None
    file_sinks: tuple[FileSink, ...] = ()
    incremental: tuple[Incremental, ...] = ()
    orchestration: Orchestration = field(default_factory=Orchestration)
    behind: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def quarantine(self) -> TableKey | None:
        """Where rows go that a row expectation puts aside; None: no rule does."""
        return _quarantine(self)


def _quarantine(node: Table | Task) -> TableKey | None:
    return quarantine_of(node.key) if any(rule.action == "quarantine" for rule in node.row_expectations) else None


@dataclass(frozen=True)
class Ref:
    """One of `refs.sl.yml`: SQL names of as many parts as there are `patterns` (Python's) that match stand for `name`.

    `name` is domain and table, or a table alone; in it SL_THIS_DATABASE, SL_THIS_DOMAIN and SL_THIS_TABLE are what was written.
    """

    patterns: tuple[str, ...]
    name: tuple[str, ...]


@dataclass(frozen=True)
class AreaPaths:
    """The folders files live in (Starlake's areas); a domain's files are in `<area>/<domain>`."""

    root: Path
    datasets: Path
    incoming: Path
    stage: Path
    unresolved: Path
    ingesting: Path
    archive: Path
    replay: Path


@dataclass(frozen=True)
class Settings:
    """`application.sl.yml` after defaults and environment. `privacy_key` is a secret: never log, print or keep it."""

    database: Path
    timezone: str = "UTC"
    audit_schema: str = "audit"
    audit_max_errors: int | None = None
    lock_timeout: timedelta = timedelta(minutes=5)
    reject_with_value: bool = False
    replay_files: bool = False
    expectations_active: bool = True
    memory_limit: str | None = None
    preview_rows: int = 10
    privacy_key: str | None = field(default=None, repr=False)
    retention: Retention = field(default_factory=Retention)
    schedule_presets: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Project:
    """A Starlake project, whole and resolved. Same text, same `Project`. `columns` is the column lineage of its tasks."""

    name: str
    root: Path
    metadata: Path
    areas: AreaPaths
    settings: Settings
    environment: Mapping[str, str]
    types: Mapping[str, Type]
    domains: Mapping[str, Domain]
    tables: Mapping[TableKey, Table]
    tasks: Mapping[TableKey, Task]
    externals: tuple[TableKey, ...] = ()
    macros: str = ""
    refs: tuple[Ref, ...] = ()
    columns: Mapping[TableKey, ColumnLineage] = field(default_factory=dict[TableKey, ColumnLineage])
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that stop the project from being used."""
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error")

    def tables_of(self, domain: str) -> tuple[Table, ...]:
        """The loaded tables of a domain, in the order of their files."""
        return tuple(table for table in self.tables.values() if table.key.domain == domain)

    def landings_of(self, domain: str) -> tuple[Path, ...]:
        """The folders in which files for a domain arrive, each once; none when its files are put into stage by others."""
        return tuple(dict.fromkeys(table.landing for table in self.tables_of(domain) if table.landing))
