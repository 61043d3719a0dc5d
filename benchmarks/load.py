"""How fast a validated, hashed, ledgered load is, beside the bare engine and its peers, in one run.

    python benchmarks/load.py                        # 5 million rows, 3 rounds
    python benchmarks/load.py --rows 200000 --rounds 1
    python benchmarks/load.py --huge --markdown      # also 10 GB under a 2 GB memory limit; tables for docs/performance.md

Every contender runs in a process of its own, in turn; the median of the rounds counts, ratios are to the first of each list, and
peak memory is that of the process and all it starts. dlt is installed from PyPI into a virtual environment of its own.
"""

import argparse
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loading import scenarios
from loading.dlt_environment import NotInstallableError, install_dlt
from loading.measure import Turn
from loading.report import OURS, as_markdown, as_text, versions
from loading.scenario import Scenario, play

MORE_MEMORY = 1.1  # of that for 100 files: what 1 000 may take for memory to be called flat


@dataclass
class Session:
    """What has been measured so far, and what went wrong."""

    options: argparse.Namespace
    folder: Path
    tables: list[str]
    faults: list[str]

    def play(self, scenario: Scenario) -> Turn:
        """Play a scenario and print it; gives our own result."""
        results = play(scenario)
        print(as_text(scenario, results), flush=True)
        self.tables.append(as_markdown(scenario, results))
        self.faults += [f"{scenario.title}: {title}: {turn.failure}" for title, turn in results.items() if turn.failure]
        return results[OURS]

    @contextmanager
    def source(self) -> Generator[Path]:
        """A folder for the files of a scenario, gone when it has been played."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name) / "input"
            folder.mkdir()
            yield folder


def main() -> int:
    options = _options()
    dlt, skipped = None, ""
    try:
        dlt = install_dlt(options.dlt_cache) if options.dlt else None
    except NotInstallableError as error:
        skipped = f"dlt IS SKIPPED, it cannot be installed: {error}"
        print(skipped, file=sys.stderr)
    print(versions(with_dlt=dlt is not None))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        session = Session(options, Path(folder), [], [])
        peers = scenarios.Peers(dlt, slow=options.slow)
        for make in (scenarios.clean, scenarios.one_in_a_thousand, scenarios.heavy):
            with session.source() as source:
                session.play(make(source, options.rows, options.rounds, peers))
        _small_files(session, peers)
        if options.huge:
            _huge(session)
    if options.markdown:
        print("\n" + "\n\n".join(session.tables))
    if skipped:
        print(skipped, file=sys.stderr)
    for fault in session.faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if session.faults else 0


def _small_files(session: Session, peers: scenarios.Peers) -> None:
    peaks: list[float] = []
    for files in (scenarios.FEW, scenarios.MANY):
        with session.source() as source:
            peaks.append(session.play(scenarios.small_files(source, files, session.options.rounds, peers)).peak)
    few, many = peaks
    word = "flat" if many <= MORE_MEMORY * few else "NOT FLAT"
    each = (many - few) * 1024 / (scenarios.MANY - scenarios.FEW)
    print(f"  memory {few:.0f} MB for {scenarios.FEW} files, {many:.0f} MB for {scenarios.MANY:,}, {each:.0f} KB a file: {word}")


def _huge(session: Session) -> None:
    options = session.options
    limit = options.huge_memory_mb
    try:
        print(scenarios.room_for(session.folder, options.huge_gb))
    except scenarios.NoRoomError as error:
        session.faults.append(str(error))
        return
    for bad_every in (0, 1000):
        with session.source() as source:
            ours = session.play(scenarios.huge(source, options.huge_gb, bad_every, options.huge_duckdb_memory))
        if ours.failure:
            continue
        print(f"  limit {limit} MB: peak {ours.peak:.0f} MB, {ours.private:.0f} MB of it no pages of files", flush=True)
        if ours.peak > limit:
            bad = f"1 row in {bad_every} bad" if bad_every else "no row bad"
            session.faults.append(f"{options.huge_gb:g} GB, {bad}: {ours.peak:.0f} MB of memory, {limit} MB allowed")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where inputs and databases are written; default: the temporary folder")
    parser.add_argument("--markdown", action="store_true", help="print tables for docs/performance.md at the end")
    parser.add_argument("--no-dlt", dest="dlt", action="store_false", help="leave dlt out")
    cache = Path(tempfile.gettempdir()) / "sl-assets-benchmarks"
    parser.add_argument("--dlt-cache", type=Path, default=cache, help="where dlt is installed and kept (%(default)s)")
    parser.add_argument(
        "--slow", action="store_true", help="also dlt's read_csv on pandas, once: many minutes for 5 million rows"
    )
    parser.add_argument("--huge", action="store_true", help="also a file larger than memory")
    parser.add_argument("--huge-gb", type=float, default=10, help="its size in GB (%(default)s)")
    parser.add_argument("--huge-memory-mb", type=int, default=2048, help="more resident memory is a failure (%(default)s)")
    parser.add_argument("--huge-duckdb-memory", default="1GB", help="the project's memory_limit for it (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
