"""How the first run begins for a domain: its gate (preload) and its import."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from sl_assets.areas.files import UnreadableFolderError
from sl_assets.areas.global_acks import BrokenAckError
from sl_assets.orchestration.foresight.sight import Sight
from sl_assets.orchestration.outlook import AssetOutlook, Cause
from sl_assets.orchestration.translator import asset_key, import_key, preload_key
from sl_assets.project.records import Domain, TableKey
from sl_assets.steps.preload import preload
from sl_assets.steps.preview.files import Awaited, Entering, files_entering
from sl_assets.steps.reports import TablePreload


@dataclass(frozen=True)
class DomainStart:
    """How the first run begins for a domain: its gate, its import and what that brings, for which tables.

    `stopped`: why its loads do not run; `gated`: how they stand before a gate that is closed.
    """

    assets: tuple[AssetOutlook, ...] = ()
    entering: Entering = field(default_factory=Entering)
    imported: frozenset[TableKey] = frozenset()
    stopped: Cause | None = None
    gated: Mapping[TableKey, TablePreload] = field(default_factory=dict[TableKey, TablePreload])


def start_domain(sight: Sight, domain: Domain, launched: Collection[dg.AssetKey]) -> DomainStart:
    """The gate and the import of a domain in the first run, if they are in it."""
    tables = sight.project.tables_of(domain.name)
    loaded = [table.key for table in tables if asset_key(table.key) in launched]
    wanted = loaded or [table.key for table in tables]  # as `tables_of_run` has it
    gate = _gate(sight, domain, wanted) if preload_key(domain.name) in launched else _Gate(())
    if import_key(domain.name) not in launched:
        return DomainStart(gate.assets)  # nothing that is in the run stands on the gate
    name = import_key(domain.name).to_user_string()
    if gate.trouble or gate.closed:
        state = "blocked" if gate.trouble else gate.assets[0].state
        asset = AssetOutlook(name, "import", state, gate.assets[0].causes)
        return DomainStart((*gate.assets, asset), stopped=gate.trouble, gated=gate.closed)
    entering = files_entering(sight.project, sight.files[domain.name], wanted, sight.now)
    trouble = sight.files[domain.name].trouble or entering.trouble
    if trouble:
        cause = Cause("unreadable", trouble)
        return DomainStart((*gate.assets, AssetOutlook(name, "import", "fail", (cause,))), stopped=cause)
    return DomainStart((*gate.assets, _import(name, entering)), entering, frozenset(wanted))


@dataclass(frozen=True)
class _Gate:
    """The preload of a domain: why it fails, or how the tables stand when it is closed."""

    assets: tuple[AssetOutlook, ...]
    trouble: Cause | None = None
    closed: Mapping[TableKey, TablePreload] = field(default_factory=dict[TableKey, TablePreload])


def _gate(sight: Sight, domain: Domain, wanted: Sequence[TableKey]) -> _Gate:
    """A gate that is closed because there is nothing at all is no news; one behind which files wait is."""
    name = preload_key(domain.name).to_user_string()
    try:
        report = preload(sight.project, domain, wanted, scheduled=sight.now)
    except (UnreadableFolderError, BrokenAckError) as error:
        trouble = Cause("unreadable", str(error))
        return _Gate((AssetOutlook(name, "preload", "fail", (trouble,)),), trouble)
    if report.ready:
        return _Gate((AssetOutlook(name, "preload", "run"),))
    held = any(table.files for table in report.tables.values())
    causes = tuple(Cause("not ready", f"{key}: {table.reason}") for key, table in report.tables.items() if table.files)
    return _Gate((AssetOutlook(name, "preload", "blocked" if held else "nothing", causes),), closed=report.tables)


def _import(name: str, entering: Entering) -> AssetOutlook:
    files = tuple(Awaited(file, "new") for file in entering.all)
    if not files:
        return AssetOutlook(name, "import", "nothing")
    return AssetOutlook(name, "import", "run", (Cause("files landed", "files lie in landing"),), files)
