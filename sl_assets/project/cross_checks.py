"""What no file says wrong by itself, and several do together: file names that two tables claim, gates that never open."""

from collections.abc import Iterable
from pathlib import Path

from sl_assets.project.file_names import Pattern, overlapping
from sl_assets.project.records import AreaPaths, Table
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place


def check_file_names(tables: Iterable[Table], findings: Findings) -> None:
    """SL260 for two tables that the same file could go to, with the name of such a file."""
    by_folder: dict[tuple[str, str], list[Table]] = {}
    for table in tables:
        if not table.pattern:
            continue
        folder = ("landing", str(table.landing)) if table.landing else ("domain", table.key.domain)
        by_folder.setdefault(folder, []).append(table)
    for together in by_folder.values():
        patterns = [Pattern(table.pattern) for table in together]
        rivals: dict[int, list[tuple[int, str]]] = {}
        for one, two, name in overlapping(patterns):
            rivals.setdefault(two, []).append((one, name))
        for two, found in rivals.items():
            one, name = min(found)
            _tell_claimed(together[one], together[two], name, len(found) - 1, findings)


def check_gates(tables: Iterable[Table], areas: AreaPaths, findings: Findings) -> None:
    """SL262 for a preload that can never find anything: it looks in a place where nothing of this project puts files."""
    closed: dict[tuple[Place, str, Path | None], list[Table]] = {}
    for table in tables:
        options = table.orchestration
        strategy = options.pre_load_strategy
        if (strategy == "imported") == (table.landing is None) and strategy in ("imported", "pending"):
            place = options.places.get("pre_load_strategy", table.place)
            closed.setdefault((place, strategy, table.landing), []).append(table)
    for (place, strategy, landing), found in closed.items():
        names = ", ".join(str(table.key) for table in found)
        if strategy == "imported":
            fact = f"waits for files that land, and {names} {'has' if len(found) == 1 else 'have'} no directory where they could."
            hint = "Write metadata.directory, or pre_load_strategy: pending when somebody else fills the stage."
        else:
            stage = areas.stage / found[0].key.domain
            fact = f"waits for files of {names} in {stage}, and those that land in {landing} come there by an import only."
            hint = "Write imported, or leave out metadata.directory when somebody else fills the stage."
        findings.warning("SL262", place, "options.pre_load_strategy", fact, hint)


def _tell_claimed(first: Table, second: Table, name: str, others: int, findings: Findings) -> None:
    place = second.places.get("pattern", second.place)
    other = first.places.get("pattern", first.place)
    more = f" The same goes for {others} more {'table' if others == 1 else 'tables'}." if others else ""
    if first.key.domain == second.key.domain:
        fact = f'a file "{name}" would go to {first.key}, whose pattern matches it too ({other}).{more}'
    else:
        fact = f'a file "{name}" in {first.landing} could go to {first.key} as well ({other}): who imports first takes it.{more}'
    findings.warning("SL260", place, f"{second.key}.pattern", fact, "Let each name match one pattern only.")
