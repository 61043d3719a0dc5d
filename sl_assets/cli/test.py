"""`sl-assets test`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from sl_assets.cli.differences import print_report
from sl_assets.cli.junit import junit_xml
from sl_assets.cli.project import CONFIG_ERROR, make_console, project_or_exit
from sl_assets.project.records import Project
from sl_assets.steps.unit_tests.cases import Case, find_cases, select_cases, tests_folder
from sl_assets.steps.unit_tests.coverage import Share, coverage
from sl_assets.steps.unit_tests.run import CaseReport, run_case, sandbox

FAILED = 1
MOST_NAMED = 8


@click.command("test")
@click.option(
    "--select", "patterns", multiple=True, metavar="NAME", help="Only these: domain, domain.table or domain.table.test."
)
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a report as JUnit XML.")
def command(patterns: tuple[str, ...], junit: Path | None) -> None:
    """Run the unit tests of loads and transforms, each on a database of its own that is thrown away.

    A test is a folder `tests/load/<domain>/<table>/<test>/` or `tests/transform/<domain>/<task>/<test>/` below the config folder.
    NAME is domain, domain.table or domain.table.test; it may have `*` in it, and --select may be given several times.

    Exit code 0: all passed; 1: a test failed or could not be run; 2: the project has errors, or there is no such test.
    """
    console = make_console()
    project = project_or_exit(console)
    cases = find_cases(project)
    chosen = select_cases(cases, patterns)
    if not chosen:
        _say(console, _nothing(project, cases, patterns), "red")
        sys.exit(CONFIG_ERROR)
    reports = tuple(_run_all(console, project, chosen))
    _conclude(console, project, cases, reports)
    if junit:
        _write(console, junit, junit_xml(project.name, reports))
    if not all(report.passed for report in reports):
        sys.exit(FAILED)


def _run_all(console: Console, project: Project, cases: Sequence[Case]) -> Iterator[CaseReport]:
    with sandbox(project) as box:
        for case in cases:
            report = run_case(case, box)
            print_report(console, report)
            yield report


def _nothing(project: Project, cases: Sequence[Case], patterns: Sequence[str]) -> str:
    if not cases:
        folders = "load/<domain>/<table>/<test>/ or transform/<domain>/<task>/<test>/"
        return f"There is no test in {tests_folder(project)}: write {folders}."
    tables = dict.fromkeys(str(case.key) for case in cases)
    return f"No test is called {' or '.join(patterns)}. There are tests of {', '.join(tables)}."


def _conclude(console: Console, project: Project, cases: Sequence[Case], reports: Sequence[CaseReport]) -> None:
    errors = sum(bool(report.error) for report in reports)
    failed = sum(not report.passed for report in reports) - errors
    passed = len(reports) - errors - failed
    counts = [f"{passed} passed", *([f"{failed} failed"] if failed else []), *([f"{errors} with errors"] if errors else [])]
    seconds = sum(report.seconds for report in reports)
    style = "bold red" if failed or errors else "bold green"
    _say(console, f"\n{_count(len(reports), 'test')}: {', '.join(counts)}  {seconds:.2f}", style)
    found = coverage(project, cases)
    for share, noun in ((found.tables, "table"), (found.tasks, "transform")):
        _say(console, _covered(share, noun), "dim" if not share.untested else "")


def _covered(share: Share, noun: str) -> str:
    tested = (
        f"{len(share.tested)} of {_count(share.total, noun)} {'has' if 1 in (len(share.tested), share.total) else 'have'} tests"
    )
    if not share.untested:
        return f"{tested}."
    names = ", ".join(str(key) for key in share.untested[:MOST_NAMED])
    more = len(share.untested) - MOST_NAMED
    return f"{tested}; without: {names}{f' and {more} more' if more > 0 else ''}."


def _write(console: Console, file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        _say(console, f"{file} cannot be written: {error.strerror}.", "red")
        sys.exit(FAILED)


def _say(console: Console, text: str, style: str) -> None:
    console.print(Text(text, style), soft_wrap=True, highlight=False)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
