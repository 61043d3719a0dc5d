"""What random kills hit, counted by each test and summed up at the end of the test run, over all its processes."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass

import pytest

STEP_KILLS, COMMAND_KILLS = "kills of steps.load", "kills of sl-assets run"


@dataclass
class Tally:
    """Kills, and what they hit; the moments exclude each other.

    Attributes:
        in_open_transaction: A transaction of the product was open.
        moves_unfinished: None was open; files of the ledger were not in the archive yet.
        partly_loaded: Neither; some files were loaded and others not.
        too_late: Children that ended before they were killed; they are no kills.
    """

    kills: int = 0
    in_open_transaction: int = 0
    moves_unfinished: int = 0
    partly_loaded: int = 0
    too_late: int = 0


@dataclass
class RunTally:
    """Runs of the command that were killed, and those that Dagster believed to be going on then."""

    kills: int = 0
    dagster_runs_going_on: int = 0


def record(record_property: Callable[[str, object], None], kind: str, tally: Tally | RunTally) -> None:
    """Keep a tally with the report of its test: that is what comes from an xdist worker to the terminal."""
    record_property(kind, json.dumps(asdict(tally)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the random kills of all tests hit, whether they failed or not."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.stats.get(outcome, [])]
    for kind in (STEP_KILLS, COMMAND_KILLS):
        total: Counter[str] = Counter()
        for each in reports:
            for name, text in getattr(each, "user_properties", ()):
                if name == kind:
                    total.update(json.loads(text))
        if total:
            kills = total.pop("kills", 0)
            moments = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in total.items())
            terminalreporter.write_line(f"crash suite: {kills} random {kind}: {moments}")
