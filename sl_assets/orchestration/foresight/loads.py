"""What the loads would do: which files they would find, what becomes of these, and which tables are refreshed thereby."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from sl_assets.lock import LockTimeoutError
from sl_assets.orchestration.foresight.sight import Sight, as_ranges, what_changed, windows_of
from sl_assets.orchestration.foresight.starts import DomainStart, start_domain
from sl_assets.orchestration.outlook import AssetOutlook, Cause
from sl_assets.orchestration.plan import Launch, plan_loads, plan_partitioned_loads
from sl_assets.orchestration.told import is_untold
from sl_assets.orchestration.translator import asset_key
from sl_assets.project.digest import code_version
from sl_assets.project.records import Partitions, Table, TableKey
from sl_assets.project.windows import Window
from sl_assets.steps.drift.words import load_afresh
from sl_assets.steps.preview.files import Awaited, files_entering, judge_files, lost_partitions
from sl_assets.steps.preview.memory import blind, patient
from sl_assets.steps.preview.shapes import preview_load
from sl_assets.steps.reports import TablePreload
from sl_assets.steps.stage import stages_its_own
from sl_assets.warehouse.errors import WarehouseError


@dataclass(frozen=True)
class LoadAhead:
    """A load, whether it would materialize its table, and which partitions of it."""

    key: TableKey
    asset: AssetOutlook
    refreshed: bool = False
    partitions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Loads:
    """Gates and imports, then the loads in the order of their runs. `unread`: why the ledger could not be asked about them."""

    starts: tuple[AssetOutlook, ...]
    tables: tuple[LoadAhead, ...]
    unread: str = ""


def foresee_loads(sight: Sight) -> Loads:
    """The loads in the order of their runs: those without partitions in one run with preload and import, then the others."""
    first = {key for launch in plan_loads(sight.project, sight.chosen) for key in launch.assets}
    starts = {name: start_domain(sight, sight.project.domains[name], first) for name in sight.files}
    tables = [sight.project.tables[key] for key in sight.project.tables if asset_key(key) in sight.chosen]
    found = [_plain_load(sight, table, starts[table.key.domain]) for table in tables if not table.partitions]
    launches, unread = _partitioned_launches(sight)
    for table in tables:
        if table.partitions:
            keys = windows_of(table.partitions, [each for each in launches if each.assets == (asset_key(table.key),)])
            found.append(_partitioned_load(sight, table, table.partitions, keys, starts[table.key.domain]))
    return Loads(tuple(asset for start in starts.values() for asset in start.assets), tuple(found), unread)


def _partitioned_launches(sight: Sight) -> tuple[Sequence[Launch], str]:
    """The runs for partitions; without what the ledger knows, when it cannot be read."""
    project = blind(sight.project) if sight.memory.unread else patient(sight.project)
    try:
        return plan_partitioned_loads(project, sight.instance, sight.chosen), ""
    except (WarehouseError, LockTimeoutError, duckdb.Error) as error:
        return plan_partitioned_loads(blind(project), sight.instance, sight.chosen), str(error)


def _awaited(sight: Sight, table: Table, start: DomainStart) -> tuple[Awaited, ...]:
    """The files a load would find: those in stage, and those that the import or the load itself takes from landing."""
    domain = sight.files[table.key.domain]
    if table.key not in start.imported and stages_its_own(table):
        brought = files_entering(sight.project, domain, [table.key], sight.now).files
    else:
        brought = start.entering.files
    files = (*domain.staged.get(table.key, ()), *brought.get(table.key, ()))
    return judge_files(table, files, sight.memory.ledger.get(table.key, ()), domain.landed.archives)


def _plain_load(sight: Sight, table: Table, start: DomainStart) -> LoadAhead:
    name, hint = asset_key(table.key).to_user_string(), _reload_hint(sight, table)
    domain = sight.files[table.key.domain]
    stopped = start.stopped if table.landing else None  # without a landing, a load does not stand on the import
    if table.landing and table.key in start.gated:
        return LoadAhead(table.key, _behind_gate(name, start.gated[table.key], hint))
    if stopped or domain.trouble:
        cause = stopped or Cause("unreadable", domain.trouble)
        return LoadAhead(table.key, AssetOutlook(name, "load", "blocked" if stopped else "fail", (cause,), hint=hint))
    awaited = _awaited(sight, table, start)
    new = [each.file for each in awaited if each.fate == "new"]
    refused = [each.file.name for each in awaited if each.fate == "refused"]
    causes = [Cause("new files", "new files wait")] if new else []
    if refused:
        said = f"{', '.join(refused)} was loaded with other content, and onChangedFile is refuse"
        causes.append(Cause("refused files", said))
    shape = preview_load(sight.shadow, sight.project, table, new, sight.now) if new else None
    if shape and shape.refused:
        causes.append(Cause("refused", shape.refused))
    untold = not new and not refused and is_untold(sight.instance, asset_key(table.key), sight.memory.last_runs.get(table.key))
    if untold:
        causes.append(Cause("untold", "a run loaded files and was killed before it could say so"))
    refreshed = untold or bool(new and shape and not shape.refused)
    fails = bool(refused or (shape and shape.refused))
    asset = AssetOutlook(
        name=name,
        kind="load",
        state="fail" if fails else "run" if causes else "nothing",
        causes=tuple(causes),
        files=awaited,
        statements=shape.statements if shape else (),
        notes=shape.notes if shape else (),
        hint=hint,
    )
    return LoadAhead(table.key, asset, refreshed)


def _behind_gate(name: str, preloaded: TablePreload, hint: str) -> AssetOutlook:
    if not preloaded.files:
        return AssetOutlook(name, "load", "nothing", hint=hint)
    return AssetOutlook(name, "load", "blocked", (Cause("not ready", preloaded.reason),), hint=hint)


def _partitioned_load(
    sight: Sight, table: Table, partitions: Partitions, windows: Sequence[Window], start: DomainStart
) -> LoadAhead:
    name, hint = asset_key(table.key).to_user_string(), _reload_hint(sight, table)
    if sight.files[table.key.domain].trouble:
        cause = Cause("unreadable", sight.files[table.key.domain].trouble)
        return LoadAhead(table.key, AssetOutlook(name, "load", "fail", (cause,), hint=hint))
    awaited = _awaited(sight, table, start)
    if not windows:
        return LoadAhead(table.key, AssetOutlook(name, "load", "nothing", files=awaited, hint=hint))
    ledger = sight.memory.ledger.get(table.key, ())
    filled = {each.partition for each in awaited} | {row.partition for row in ledger}
    lost = lost_partitions(awaited, ledger, windows)
    lost |= {each.key: "there is no file for it" for each in windows if partitions.empty == "fail" and each.key not in filled}
    good = [window for window in windows if window.key not in lost]
    shape = preview_load(sight.shadow, sight.project, table, (), sight.now) if good else None
    refused = sight.memory.refused.get(table.key, "") or (shape.refused if shape else "")
    causes = [_partition_cause(awaited, windows)]
    causes += [Cause("refused", f"partition {key}: {reason}") for key, reason in lost.items()]
    causes += [Cause("refused", refused)] if refused else []
    asset = AssetOutlook(
        name=name,
        kind="load",
        state="fail" if lost or refused else "run",
        causes=tuple(causes),
        files=awaited,
        partitions=as_ranges(windows),
        statements=shape.statements if shape and not refused else (),
        notes=shape.notes if shape else (),
        hint=hint,
    )
    told = frozenset(window.key for window in good) if not refused else frozenset[str]()
    return LoadAhead(table.key, asset, bool(told), told)


def _partition_cause(awaited: Sequence[Awaited], windows: Sequence[Window]) -> Cause:
    with_files = {each.partition for each in awaited}
    if any(window.key in with_files for window in windows):
        return Cause("new files", "files wait for these partitions")
    return Cause("untold", "a run loaded these partitions and was killed before it could say so")


def _reload_hint(sight: Sight, table: Table) -> str:
    known = sight.versions.get(asset_key(table.key))
    if known is None or known == code_version(table):
        return ""
    what = what_changed(sight, table)
    return f"Its YAML was changed since files were loaded{what}. To load these under today's: {load_afresh(table.key)}."
