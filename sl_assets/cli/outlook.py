"""An outlook on a terminal: what would run and why, what would not, and what is up to date in one line."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from sl_assets.cli.tables import plain
from sl_assets.orchestration.outlook import AssetOutlook, LeftAlone, Outlook, PartitionRange, total_size
from sl_assets.project.arrival import size_text
from sl_assets.steps.preview.files import Awaited

MARKS = {"run": ("+", "green"), "fail": ("✗", "bold red"), "blocked": ("·", "yellow"), "nothing": ("=", "dim")}
FATES = {
    "new": "new",
    "repeated": "loaded before: put away, not loaded again",
    "ignored": "loaded with other content: put into unresolved, as onChangedFile says",
    "refused": "loaded with other content: refused, as onChangedFile says",
    "without partition": "carrying no partition",
}
SHOWN = 5
"""As many files or ranges of one kind are named; the rest is counted."""
LONGEST = 160
"""Characters of a statement that are shown, unless it is asked for in full."""


def print_outlook(console: Console, outlook: Outlook, *, full_sql: bool) -> None:
    """Print what a run would do. Plain lines, so that a pipe gets the same words."""

    def tell(text: Text) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    if outlook.warehouse:
        tell(
            Text.assemble(
                ("Not known: which files were loaded before, and the columns that are there. ", "yellow"), outlook.warehouse
            )
        )
    gates = [each for each in outlook.assets if each.kind == "preload" and each.state == "fail"]
    putting_away = [each for each in outlook.idle if each.files]
    shown = [*gates, *outlook.work, *putting_away, *(each for each in outlook.blocked if each.kind == "load")]
    for asset in shown:
        for line in _lines(asset, full_sql=full_sql):
            tell(line)
    for line in _waiting(outlook.blocked):
        tell(line)
    for line in _left_alone(outlook.left_alone):
        tell(line)
    for asset in outlook.assets:
        if asset.hint:
            tell(Text.assemble((asset.name, "bold"), f": {asset.hint}"))
    if shown or outlook.left_alone or outlook.blocked:
        tell(Text())
    tell(_summary(outlook))


def _lines(asset: AssetOutlook, *, full_sql: bool) -> Iterator[Text]:
    mark, style = MARKS[asset.state]
    line = Text.assemble((f"{mark} ", style), (asset.name, "bold"), (f"  {asset.kind}", "dim"))
    if asset.partitions:
        line.append(f"  {_count(sum(each.count for each in asset.partitions), 'partition')}: {_some(_ranges(asset.partitions))}")
    yield line
    told = [cause for cause in asset.causes if cause.code not in ("new files", "files landed")]
    for cause in told:
        style = "red" if cause.code in ("refused", "refused files", "unreadable") else ""
        yield Text(f"    {cause.text}", style)
    yield from _files(asset.files, moved=asset.kind == "import")
    for statement in asset.statements:
        yield Text.assemble("    ", (_short(statement, full=full_sql), "cyan"))
    for note in asset.notes:
        yield Text.assemble("    ", plain(note))


def _waiting(blocked: Iterable[AssetOutlook]) -> Iterator[Text]:
    """The transforms that wait, one line for each table that they wait for."""
    waiting: dict[str, list[str]] = {}
    for asset in blocked:
        if asset.kind == "transform":
            waiting.setdefault(asset.causes[0].text, []).append(asset.name)
    for cause, names in waiting.items():
        mark, style = MARKS["blocked"]
        yield Text.assemble((f"{mark} ", style), (_some(names), "bold"), f"  waiting: {cause}")


def _files(files: Sequence[Awaited], *, moved: bool) -> Iterator[Text]:
    for fate, words in FATES.items():
        mine = [each for each in files if each.fate == fate]
        if not mine:
            continue
        names = _some([each.file.name if moved else f"{each.file.name} ({size_text(each.file.size)})" for each in mine])
        what = "from landing to stage" if moved else words
        total = size_text(total_size(mine))
        head = f"{_count(len(mine), 'file')}, {total}, {what}: " if fate != "new" or moved else f"{_new(len(mine))}, {total}: "
        yield Text.assemble(f"    {head}", plain(names))


def _left_alone(left: Iterable[LeftAlone]) -> Iterator[Text]:
    for each in left:
        if not each.paths:
            yield Text.assemble(("! ", "yellow"), plain(each.text))
        elif each.code == "broken":
            yield Text.assemble(("! ", "yellow"), plain(f"{each.paths[0]} {each.text} It stays there."))
        else:
            names = _some([path.name for path in each.paths])
            stays = f"{each.text}, left in {_folder(each.paths)}: {names}"
            text = f"{each.domain}: {_count(len(each.paths), 'file')} {stays}"
            yield Text.assemble(("! ", "yellow"), plain(text))


def _folder(paths: Sequence[Path]) -> str:
    return " and ".join(str(path) for path in dict.fromkeys(path.parent for path in paths))


def _summary(outlook: Outlook) -> Text:
    work = Counter(each.kind for each in outlook.work)
    idle = sum(each.kind in ("load", "transform") for each in outlook.idle)
    parts = [_count(work[kind], kind) for kind in ("import", "load", "transform") if work[kind]]
    waiting = sum(each.kind in ("load", "transform") for each in outlook.blocked)
    rest = [f"{idle} up to date"] if idle else []
    rest += [f"{waiting} waiting"] if waiting else []
    if not parts:
        told = f"Nothing to do: {', '.join(rest)}." if rest else "Nothing to do."
        return Text(told, "green" if not waiting else "yellow")
    return Text(f"A run would do {', '.join(parts)}{'; ' if rest else ''}{', '.join(rest)}. Nothing was changed.", "bold")


def _ranges(ranges: Sequence[PartitionRange]) -> list[str]:
    return [each.first if each.count == 1 else f"{each.first}...{each.last}" for each in ranges]


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _short(statement: str, *, full: bool) -> str:
    if full:
        return statement
    line = " ".join(statement.split())
    if line.startswith("CREATE OR REPLACE"):
        return f"{line.partition(' AS ')[0]} AS ..."
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def _new(number: int) -> str:
    return f"{number} new file{'' if number == 1 else 's'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
