"""Live progress on a terminal, plain lines elsewhere, and the table at the end."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sl_assets.orchestration.launch import AssetOutcome, Outcomes

STATES = {
    "done": ("✓", "green"),
    "unchanged": ("=", "dim"),
    "skipped": ("-", "dim"),
    "failed": ("✗", "bold red"),
    "running": ("…", "cyan"),
    "not run": ("·", "dim"),
}


ASIDE = ("quarantined", "dropped")


class Progress:
    """Shows each asset while it runs and one line for each that ended."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(console=console, refresh_per_second=10, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self.live:
            self.live.stop()

    def show(self, outcome: AssetOutcome) -> None:
        """Take the news about an asset."""
        ended = outcome.state in ("skipped", "failed") or outcome.seconds > 0
        if ended:
            self.console.print(_line(outcome), soft_wrap=True, highlight=False)
        if self.live:
            running = outcome.state in ("running", "done", "unchanged") and not ended
            text = outcome.name + (f" ({outcome.partitions} partitions)" if outcome.partitions else "")
            self.live.update(Spinner("dots", text=text) if running else Text())

    def notice(self, message: str) -> None:
        """Take a sentence for whoever watches."""
        self.console.print(Text(f"! {message}", "yellow"), soft_wrap=True)


def _line(outcome: AssetOutcome) -> Text:
    mark, style = STATES[outcome.state]
    line = Text.assemble((f"{mark} ", style), (outcome.name, "bold" if outcome.state == "failed" else ""))
    details = [outcome.state if outcome.state in ("unchanged", "skipped") else ""]
    if outcome.files:
        details.append(f"{outcome.files} files")
    if outcome.counts and outcome.counts.read:
        details.append(f"{outcome.counts.accepted:,} rows")
    if outcome.counts and outcome.counts.rejected:
        details.append(f"{outcome.counts.rejected} rejected")
    if outcome.written is not None:
        details.append(f"{outcome.written:,} rows")
    details += [f"{count:,} {name}" for name, count in _aside(outcome).items() if count]
    told = ", ".join(detail for detail in details if detail)
    if told:
        line.append(f"  {told}", "dim")
    for each in outcome.broken:
        mark, style = ("✗", "red") if each.blocking else ("!", "yellow")
        line.append(f"\n  {mark} {each.name}: {each.message}", style)
    if outcome.message:
        line.append(f"\n  {outcome.message}", "red")
    return line


def summary(outcomes: Outcomes) -> Table:
    """Asset, files, rows read, accepted, rejected, seconds; quarantined and dropped where there are any."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("asset", no_wrap=True)
    aside = [name for name in ASIDE if any(_aside(each)[name] for each in outcomes.all)]
    for name in ("files", "read", "accepted", "rejected", *aside, "seconds"):
        table.add_column(name, justify="right")
    for each in outcomes.all:
        mark, style = STATES[each.state]
        table.add_row(
            Text(mark, style),
            each.name,
            _number(each.files),
            _number(each.counts.read if each.counts else (each.aside.read if each.aside else None)),
            _number(each.counts.accepted if each.counts else each.written) or _told(each),
            _rejected(each),
            *(Text(_number(_aside(each)[name] or None), "yellow") for name in aside),
            f"{each.seconds:.2f}" if each.seconds else "",
        )
    return table


def _aside(outcome: AssetOutcome) -> dict[str, int]:
    """The rows that row expectations kept out of a table."""
    counts = outcome.counts or outcome.aside
    return dict.fromkeys(ASIDE, 0) if counts is None else dict(zip(ASIDE, (counts.quarantined, counts.dropped), strict=True))


def _told(outcome: AssetOutcome) -> Text:
    return Text(outcome.state if outcome.state in ("unchanged", "skipped", "not run") else "", "dim")


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _rejected(outcome: AssetOutcome) -> Text:
    rejected = outcome.counts.rejected if outcome.counts else None
    return Text(_number(rejected), "yellow" if rejected else "")
