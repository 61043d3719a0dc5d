"""A scenario: the same files for several contenders, in turn, round after round; the median of the rounds counts."""

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loading.measure import Turn, take_turn
from loading.projects import write_project

BENCHMARKS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Contender:
    """Who reads, and what it does with bad rows.

    `command` is made from the root of a project. `rounds` limits how often one runs that takes minutes.
    """

    title: str
    command: Callable[[Path], list[str]]
    rounds: int | None = None
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Scenario:
    """What is compared. The first contender is what the ratios are to.

    `accepted` is how many rows each contender must end up with, by title. `budget`: ratio that `ours` must keep to.
    """

    title: str
    source: Path
    contenders: Sequence[Contender]
    accepted: Mapping[str, int]
    rounds: int
    heavy: bool = False
    memory_limit: str = ""
    budget: float | None = None
    seconds: float | None = None


def own(title: str, name: str, memory_limit: str = "") -> Contender:
    """A contender that runs with this Python."""
    arguments = [memory_limit] if memory_limit else []
    return Contender(title, lambda root: [sys.executable, "-m", "loading.contenders", name, str(root), *arguments])


def play(scenario: Scenario) -> dict[str, Turn]:
    """All rounds; title -> median seconds and highest memory. One that fails does not run again, and says why."""
    turns: dict[str, list[Turn]] = {each.title: [] for each in scenario.contenders}
    for number in range(scenario.rounds):
        for each in scenario.contenders:
            done = turns[each.title]
            if any(turn.failure for turn in done) or number >= (each.rounds or scenario.rounds):
                continue
            done.append(_checked(_turn(scenario, each), scenario.accepted.get(each.title)))
    return {title: _middle(done) for title, done in turns.items()}


def _turn(scenario: Scenario, contender: Contender) -> Turn:
    with tempfile.TemporaryDirectory(dir=scenario.source.parent) as folder:
        root = Path(folder)
        landing = write_project(root, heavy=scenario.heavy, memory_limit=scenario.memory_limit)
        for file in scenario.source.iterdir():
            os.link(file, landing / file.name)
        return take_turn(contender.command(root), BENCHMARKS, contender.variables or {})


def _checked(turn: Turn, accepted: int | None) -> Turn:
    if turn.failure or accepted is None or turn.accepted == accepted:
        return turn
    return replace(turn, failure=f"holds {turn.accepted:,} rows instead of {accepted:,}")


def _middle(turns: Sequence[Turn]) -> Turn:
    last = turns[-1]
    if last.failure:
        return last
    return replace(
        last,
        seconds=statistics.median(turn.seconds for turn in turns),
        processor=statistics.median(turn.processor for turn in turns),
        peak=max(turn.peak for turn in turns),
        private=max(turn.private for turn in turns),
    )
