"""Results as text while they come, and as Markdown tables for `docs/performance.md`."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version

from loading.dlt_environment import DLT
from loading.measure import Turn
from loading.scenario import Scenario

OURS = "sl-assets: staged, hashed, validated, ledgered, archived"


def versions(*, with_dlt: bool) -> str:
    """What the figures depend on."""
    dlt = [f"dlt {DLT}"] if with_dlt else []
    packages = [f"DuckDB {version('duckdb')}", f"Polars {version('polars')}", *dlt]
    return ", ".join([*packages, f"Python {platform.python_version()}", f"{os.cpu_count()} cores"])


def as_text(scenario: Scenario, results: Mapping[str, Turn]) -> str:
    """A line for each contender, and one for the budget."""
    width = max(len(title) for title in results)
    lines = [f"\n{scenario.title}"]
    for title, turn in results.items():
        if turn.failure:
            lines.append(f"  {title:<{width}}  FAILED: {turn.failure}")
        else:
            ratio = _ratio(turn, results)
            line = f"  {title:<{width}} {turn.seconds:8.2f} s {ratio:>6} x  peak {turn.peak:6.0f} MB"
            lines.append(f"{line}{_busy(turn, results)}{_rows(turn)}")
    return "\n".join([*lines, *_verdicts(scenario, results)])


def as_markdown(scenario: Scenario, results: Mapping[str, Turn]) -> str:
    """A table to paste."""
    lines = [f"| {scenario.title} | seconds | ratio | peak memory |", "|---|---|---|---|"]
    for title, turn in results.items():
        if turn.failure:
            lines.append(f"| {title} | failed | | |")
        else:
            lines.append(f"| {title} | {turn.seconds:.2f} | {_ratio(turn, results)} | {turn.peak:.0f} MB |")
    return "\n".join(lines)


def _ratio(turn: Turn, results: Mapping[str, Turn]) -> str:
    base = next(iter(results.values()))
    return "" if base.failure else f"{turn.seconds / base.seconds:.2f}"


def _busy(turn: Turn, results: Mapping[str, Turn]) -> str:
    """Seconds of the processors and their ratio, which others who use the machine disturb less."""
    base = next(iter(results.values()))
    return (
        f"  processors {turn.processor:.2f} s {turn.processor / base.processor:.2f} x"
        if turn.processor and base.processor
        else ""
    )


def _rows(turn: Turn) -> str:
    kept = f"  {turn.accepted:,} rows" if turn.accepted is not None else ""
    return kept + (f", {turn.rejected:,} rejected" if turn.rejected is not None else "")


def _verdicts(scenario: Scenario, results: Mapping[str, Turn]) -> list[str]:
    ours, base = results[OURS], next(iter(results.values()))
    if ours.failure or base.failure:
        return []
    ratio = ours.seconds / base.seconds
    lines: list[str] = []
    if scenario.budget is not None:
        lines.append(f"  budget {scenario.budget:.2f} x: {ratio:.2f} x, {_kept(ratio <= scenario.budget)}")
    if scenario.seconds is not None:
        lines.append(f"  budget {scenario.seconds:.0f} s: {ours.seconds:.2f} s, {_kept(ours.seconds <= scenario.seconds)}")
    return lines


def _kept(within: bool) -> str:
    return "kept" if within else "NOT KEPT"
