"""What a run would do, as data: for the terminal, for JSON, and for decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sl_assets.steps.preview.files import Awaited

Kind = Literal["preload", "import", "load", "transform"]
State = Literal["run", "fail", "blocked", "nothing"]


@dataclass(frozen=True)
class Cause:
    """Why an asset would run, or why not: a word for programs and a sentence for people. `upstream` as `domain/table`."""

    code: str
    text: str
    upstream: str | None = None


@dataclass(frozen=True)
class PartitionRange:
    """Contiguous partitions, by the keys of the first and the last, and how many they are."""

    first: str
    last: str
    count: int


@dataclass(frozen=True)
class AssetOutlook:
    """What a run would do with one asset.

    Attributes:
        name: As Dagster writes it: `domain/table`.
        kind: What makes it.
        state: `run`; `fail`: run, and it is known that not all of it can succeed; `blocked`: not run, and why is in `causes`;
            `nothing`: it is up to date, or a load that looks and finds nothing.
        causes: Why.
        files: What a load finds; what an import moves.
        partitions: Which, of a partitioned asset.
        statements: The SQL that makes or changes its table.
        notes: What else is to be said.
        hint: A command that may be wanted and that a run does not do by itself.
    """

    name: str
    kind: Kind
    state: State
    causes: tuple[Cause, ...] = ()
    files: tuple[Awaited, ...] = ()
    partitions: tuple[PartitionRange, ...] = ()
    statements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str = ""

    @property
    def is_work(self) -> bool:
        """Whether a run would change something for it; a gate changes nothing."""
        return self.state in ("run", "fail") and self.kind != "preload"


@dataclass(frozen=True)
class LeftAlone:
    """Files that a run would not touch, of one domain and for one reason (a word for programs, and in words)."""

    domain: str
    code: Literal["unclaimed", "busy", "unacknowledged", "broken", "unreadable", "without partition"]
    text: str
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Outlook:
    """What `sl-assets run` with this selection would do; `assets` in the order of the runs. `warehouse`: why less is known."""

    selection: str | None
    assets: tuple[AssetOutlook, ...]
    left_alone: tuple[LeftAlone, ...] = ()
    warehouse: str = ""
    database: Path = field(default_factory=Path)

    @property
    def work(self) -> tuple[AssetOutlook, ...]:
        """What a run would change."""
        return tuple(each for each in self.assets if each.is_work)

    @property
    def blocked(self) -> tuple[AssetOutlook, ...]:
        """What would wait for something else."""
        return tuple(each for each in self.assets if each.state == "blocked")

    @property
    def idle(self) -> tuple[AssetOutlook, ...]:
        """What is up to date."""
        return tuple(each for each in self.assets if each.state == "nothing")


def outlook_as_json(outlook: Outlook) -> Mapping[str, Any]:
    """For other programs: everything but what is up to date in full, the rest by name."""
    shown = [each for each in outlook.assets if each.state != "nothing" or each.hint or each.files]
    return {
        "selection": outlook.selection,
        "work": bool(outlook.work),
        "warehouse": {"path": str(outlook.database), "unread": outlook.warehouse or None},
        "assets": [_asset(each) for each in shown],
        "up_to_date": [each.name for each in outlook.idle],
        "left_alone": [
            {"domain": each.domain, "code": each.code, "text": each.text, "paths": [str(path) for path in each.paths]}
            for each in outlook.left_alone
        ],
    }


def _asset(asset: AssetOutlook) -> Mapping[str, Any]:
    return {
        "asset": asset.name,
        "kind": asset.kind,
        "state": asset.state,
        "causes": [{"code": each.code, "text": each.text, "upstream": each.upstream} for each in asset.causes],
        "files": [_file(each) for each in asset.files],
        "partitions": [{"first": each.first, "last": each.last, "count": each.count} for each in asset.partitions],
        "sql": list(asset.statements),
        "notes": list(asset.notes),
        "hint": asset.hint or None,
    }


def _file(awaited: Awaited) -> Mapping[str, Any]:
    file = awaited.file
    return {
        "name": file.name,
        "path": str(file.path),
        "bytes": file.size,
        "modified_at": file.modified_at.isoformat(),
        "fate": awaited.fate,
        "partition": awaited.partition,
    }


def total_size(files: Sequence[Awaited]) -> int:
    """The bytes of some files together."""
    return sum(each.file.size for each in files)
