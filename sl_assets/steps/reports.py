"""What a step did, as data: for metadata, tables on a terminal, and decisions."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sl_assets.project.records import TableKey
from sl_assets.warehouse.changes import ColumnTypes, SchemaChanges

FileStatus = Literal["loaded", "repeated", "superseded", "ignored", "failed", "waiting", "replayed", "still rejected"]


@dataclass(frozen=True)
class Counts:
    """Rows read = accepted + rejected + quarantined + dropped, always.

    `rejected` by attributes and types, the last two by row expectations.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    quarantined: int = 0
    dropped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.read + other.read,
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            self.quarantined + other.quarantined,
            self.dropped + other.dropped,
        )

    def without(self, quarantined: int, dropped: int) -> "Counts":
        """The same when some of the accepted rows are kept out of the table."""
        accepted = self.accepted - quarantined - dropped
        return Counts(self.read, accepted, self.rejected, self.quarantined + quarantined, self.dropped + dropped)


@dataclass(frozen=True)
class Sample:
    """Some rows as text, private values hidden: columns with their types, and a cell of each row for each."""

    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file.

    `repeated`: known by name and content, so not loaded again. `superseded`: it cannot be read, and a later file of the same
    name came in its place; it was put into the area `unresolved`. `ignored`: so was this one, because `onChangedFile` says so.
    `waiting`: an earlier file has to be loaded first. `replayed`: some of its rejected records were loaded, `still rejected`:
    none of them; the counts are then of these records only.
    """

    name: str
    path: Path
    status: FileStatus
    counts: Counts = Counts()
    partition: str | None = None
    message: str = ""


@dataclass(frozen=True)
class PartitionOutcome:
    """What became of one partition of a load or a transform; `failure` says why it did not come about."""

    key: str
    files: int = 0
    counts: Counts = Counts()
    failure: str = ""


@dataclass(frozen=True)
class Glance:
    """What a person sees of a table after a run: its first rows as text, private values hidden, and how its last runs went.

    `columns` are names with types, one cell of each of `rows` for each. `history` has a label (a time or a partition), accepted
    and rejected rows, oldest first.
    """

    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    history: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class LoadReport:
    """A load of one table: its files, and its partitions when it has any.

    `rows` is the table's row count afterwards, `last_run` the run that loaded a file last: this one, or an earlier one; `changes`
    is what was done to the columns of the table. `expectations`: what the row expectations said of the incoming rows.
    """

    key: TableKey
    files: tuple[FileOutcome, ...] = ()
    partitions: tuple[PartitionOutcome, ...] = ()
    changes: SchemaChanges = field(default_factory=SchemaChanges)
    rows: int = 0
    last_run: str | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    glance: Glance | None = None
    expectations: tuple["ExpectationReport", ...] = ()

    @property
    def added_columns(self) -> tuple[str, ...]:
        """The columns that the table got."""
        return self.changes.added

    @property
    def widened_columns(self) -> tuple[ColumnTypes, ...]:
        """The columns whose type holds more than before."""
        return self.changes.widened

    @property
    def counts(self) -> Counts:
        """The sum over the loaded files."""
        return sum((file.counts for file in self.loaded), Counts())

    @property
    def loaded(self) -> tuple[FileOutcome, ...]:
        """The files whose rows are in the table because of this load."""
        return tuple(file for file in self.files if file.status in ("loaded", "replayed"))

    @property
    def failures(self) -> tuple[str, ...]:
        """One sentence for each file or partition that did not make it."""
        files = tuple(f"{file.name}: {file.message}" for file in self.files if file.status == "failed")
        partitions = tuple(f"partition {each.key}: {each.failure}" for each in self.partitions if each.failure)
        return partitions or files


@dataclass(frozen=True)
class StageReport:
    """The files moved from landing to stage, by table, and the landed files no table's pattern matches.

    `unresolved`: where the entries of archives are that match no table. `busy`: files left alone because they may still be
    written. `broken`: archives that cannot be unpacked, each with a sentence why.
    """

    domain: str
    staged: dict[TableKey, tuple[Path, ...]]
    unclaimed: tuple[Path, ...] = ()
    unresolved: tuple[Path, ...] = ()
    busy: tuple[Path, ...] = ()
    broken: tuple[tuple[Path, str], ...] = ()

    @property
    def count(self) -> int:
        """How many files were staged."""
        return sum(len(paths) for paths in self.staged.values())


@dataclass(frozen=True)
class TablePreload:
    """Whether a table has anything to load, how many files it found, and in words what it found or what it misses."""

    ready: bool
    files: int
    reason: str


@dataclass(frozen=True)
class PreloadReport:
    """Whether a domain has anything to load, table by table.

    `missing` are the ack files that are waited for, `notes` what was found and does not count.
    """

    domain: str
    tables: dict[TableKey, TablePreload]
    missing: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Starlake's rule: ready when any table is."""
        return any(each.ready for each in self.tables.values())

    @property
    def found(self) -> dict[TableKey, int]:
        """How many files were found, by table."""
        return {key: each.files for key, each in self.tables.items()}


@dataclass(frozen=True)
class FileExport:
    """Files that a transform wrote: one, or a folder of them; `size` in bytes."""

    path: Path
    format: str
    rows: int
    size: int


@dataclass(frozen=True)
class TransformReport:
    """A transform: the rows written, the rows of its table afterwards, and what was done to the table's columns.

    `nothing_new`: all that it reads the new part of has none, so nothing was done. `exports` are the files it wrote.
    `counts`: the rows its SELECT gave and where they went; None where it has no row expectations, and all were written.
    """

    key: TableKey
    written: int
    rows: int
    sql: str
    seconds: float = 0.0
    partitions: tuple[PartitionOutcome, ...] = ()
    changes: SchemaChanges = field(default_factory=SchemaChanges)
    glance: Glance | None = None
    exports: tuple[FileExport, ...] = ()
    nothing_new: bool = False
    counts: Counts | None = None
    expectations: tuple["ExpectationReport", ...] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """One sentence for each partition that could not be built."""
        return tuple(f"partition {each.key}: {each.failure}" for each in self.partitions if each.failure)


@dataclass(frozen=True)
class ExpectationReport:
    """One expectation: passed when its SQL gives one row whose first value is 0 or, a row expectation, when its rule holds.

    Of a row expectation `name` is its own, `expect` its SQL, `count` the rows that break it (1: an aggregate that is not true),
    `rows` those that were asked; `units` says it of each partition (key, rows, rows that break it, whether it holds). `sample`
    are some of the rows that are meant.
    """

    key: TableKey
    expect: str
    passed: bool
    blocking: bool
    count: int | None
    sql: str
    message: str = ""
    name: str = ""
    rows: int | None = None
    sample: Sample | None = None
    action: str = ""
    units: tuple[tuple[str, int, int | None, bool], ...] = ()
