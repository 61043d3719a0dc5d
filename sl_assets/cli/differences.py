"""The outcome of a unit test on a terminal: one line when it passed, else the rows that are not as expected."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from sl_assets.cli.tables import plain
from sl_assets.steps.unit_tests.differences import Difference, Row, RowDifference
from sl_assets.steps.unit_tests.run import CaseReport

MOST_ROWS = 20
_MARKS = {"missing": ("-", "red"), "unexpected": ("+", "yellow"), "changed": ("~", "bold")}


def print_report(console: Console, report: CaseReport) -> None:
    """A test with its outcome, and below it what is wrong."""
    mark = Text("✓ ", "bold green") if report.passed else Text("✗ ", "bold red")
    case = report.case
    line = Text.assemble(
        mark, (f"{case.kind:<9} ", "dim"), f"{case.key}  ", (case.name, "bold"), (f"  {report.seconds:.2f}", "dim")
    )
    console.print(line, soft_wrap=True, highlight=False)
    for text in report.error.splitlines():
        console.print(plain(f"    {text}"), style="red", soft_wrap=True, highlight=False)
    for difference in report.differences:
        for sentence in told(difference):
            console.print(plain(f"    {sentence}"), soft_wrap=True, highlight=False)
        if difference.rows:
            console.print(_grid(difference))
        more = len(difference.rows) - MOST_ROWS
        if more > 0:
            console.print(f"    ... and {more} more", highlight=False)
    if not report.passed and report.rejects:
        console.print(f"    {report.counts.rejected} of {report.counts.read} records were rejected:", highlight=False)
        for reject in report.rejects:
            console.print(plain(f"      {reject}"), style="dim", soft_wrap=True, highlight=False)


def told(difference: Difference) -> Iterator[str]:
    """What is wrong, in words."""
    counts = ((difference.count(kind), kind) for kind in ("missing", "unexpected", "changed"))
    wrong = ", ".join(f"{count} {kind}" for count, kind in counts if count)
    if wrong:
        yield f"{difference.file}: of {difference.expected} expected and {difference.found} found rows: {wrong}"
    if difference.missing_columns:
        yield f"{difference.file}: columns that are expected and not there: {', '.join(difference.missing_columns)}"
    if difference.extra_columns:
        yield f"{difference.file}: columns that are there and not expected: {', '.join(difference.extra_columns)}"


def cell(row: RowDifference, at: int) -> str:
    """A cell as it is, or as it was expected and is."""
    if row.expected is not None and row.found is not None and row.expected[at] != row.found[at]:
        return f"{_shown(row.expected[at])} → {_shown(row.found[at])}"
    some: Row = row.expected or row.found or ()
    return _shown(some[at])


def _grid(difference: Difference) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    grid.add_column("     ")
    for name in difference.columns:
        grid.add_column(name, overflow="fold")
    for row in difference.rows[:MOST_ROWS]:
        mark, style = _MARKS[row.kind]
        cells = [plain(cell(row, at)) for at in range(len(difference.columns))]
        for at, shown in enumerate(cells):
            if row.kind != "changed":
                shown.stylize(style)
            elif at in row.changed:
                shown.stylize("bold red")
        grid.add_row(Text(f"    {mark}", style), *cells)
    return grid


def _shown(value: str | None) -> str:
    if value is None:
        return "NULL"
    return value or "''"
