"""The scenarios of the benchmark: their files, who reads them, and the budgets of the design."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from loading import inputs
from loading.dlt_environment import Dlt
from loading.report import OURS
from loading.scenario import Contender, Scenario, own

BARE = "DuckDB's CREATE TABLE AS FROM read_csv, typed, nothing checked"
BARE_REJECTS = "DuckDB's CREATE TABLE AS FROM read_csv with store_rejects"
BARE_SAME_WORK = "DuckDB with trims, MD5 and script by hand, nothing checked"
POLARS = "Polars, typed, into a Parquet file"
POLARS_NULLS = "Polars, bad values become null, into a Parquet file"
DLT = "dlt, read_csv_duckdb as Arrow"
DLT_DROPS = "dlt, read_csv_duckdb as Arrow, bad rows dropped"
DLT_PANDAS = "dlt, read_csv (pandas), contract discard_row"
FEW, MANY, SECONDS = 100, 1000, 3.0  # files of a kilobyte; the budget is for many
SPACE = 4  # times the size of a huge file: the file, the warehouse, the temporary batch on disk, and some air


class NoRoomError(Exception):
    """The disk is too small for the huge file."""


@dataclass(frozen=True)
class Peers:
    """dlt, where it could be installed; `slow`: with its reader on pandas."""

    dlt: Dlt | None
    slow: bool

    def contenders(self, *, bad: bool) -> list[Contender]:
        """dlt's ways."""
        dlt = self.dlt
        if dlt is None:
            return []
        quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "BENCHMARK_COLUMNS": json.dumps(inputs.DUCKDB_TYPES)}
        fast = Contender(
            DLT_DROPS if bad else DLT,
            lambda root: dlt.command("read_csv_duckdb", root, ignore_errors=bad),
            variables=quiet,
        )
        pandas = Contender(DLT_PANDAS, lambda root: dlt.command("read_csv", root, ignore_errors=False), 1, quiet)
        return [fast, pandas] if self.slow else [fast]


def clean(source: Path, rows: int, rounds: int, peers: Peers) -> Scenario:
    """Built-in types, every row good."""
    inputs.write_rows(source / "goods.csv", rows)
    contenders = [own(BARE, "bare"), own(OURS, "sl_assets"), own(POLARS, "polars"), *peers.contenders(bad=False)]
    title = f"{rows:,} rows, no row bad"
    return Scenario(title, source, contenders, _all(contenders, rows), rounds, budget=1.25)


def one_in_a_thousand(source: Path, rows: int, rounds: int, peers: Peers) -> Scenario:
    """The same with bad rows, which each contender treats its own way; only ours and the bare engine tell which they were."""
    inputs.write_rows(source / "goods.csv", rows, 1000)
    good = rows - inputs.bad_rows(rows, 1000)
    tells = [own(BARE_REJECTS, "bare_rejects"), own(OURS, "sl_assets")]
    drops, nulls = peers.contenders(bad=True), own(POLARS_NULLS, "polars_nulls")
    accepted = {**_all([*tells, *drops], good), **_all([nulls], rows)}
    return Scenario(f"{rows:,} rows, 1 in 1 000 bad", source, [*tells, nulls, *drops], accepted, rounds)


def heavy(source: Path, rows: int, rounds: int, _peers: Peers) -> Scenario:
    """Regular-expression types, trims, a script and privacy on half of the columns of the same file."""
    inputs.write_rows(source / "goods.csv", rows)
    contenders = [own(BARE, "bare"), own(OURS, "sl_assets"), own(BARE_SAME_WORK, "bare_same_work")]
    title = f"{rows:,} rows; patterns, trims, script and privacy on half of the columns"
    return Scenario(title, source, contenders, _all(contenders, rows), rounds, heavy=True, budget=1.8)


def small_files(source: Path, files: int, rounds: int, peers: Peers) -> Scenario:
    """Many files of a kilobyte for one table."""
    rows = 10
    inputs.write_small_files(source, files, rows)
    contenders = [own(BARE, "bare"), own(OURS, "sl_assets"), own(POLARS, "polars")]
    contenders += replace(peers, slow=True).contenders(bad=False)  # pandas is the faster one here
    title = f"{files:,} files of a kilobyte"
    seconds = SECONDS if files == MANY else None
    return Scenario(title, source, contenders, _all(contenders, files * rows), rounds, seconds=seconds)


def huge(source: Path, gigabytes: float, bad_every: int, memory_limit: str) -> Scenario:
    """A file larger than memory, once; the bare engine has the same limit."""
    rows = inputs.write_huge(source / "goods.csv", gigabytes, bad_every)
    bare = own(BARE_REJECTS, "bare_rejects", memory_limit) if bad_every else own(BARE, "bare", memory_limit)
    contenders = [bare, own(OURS, "sl_assets")]
    how = f"1 in {bad_every:,} bad" if bad_every else "no row bad"
    size = (source / "goods.csv").stat().st_size / 1e9
    title = f"{size:.1f} GB, {rows:,} rows, {how}, memory_limit {memory_limit}"
    bad = inputs.bad_rows_huge(rows, bad_every)
    return Scenario(title, source, contenders, _all(contenders, rows - bad), 1, memory_limit=memory_limit)


def room_for(folder: Path, gigabytes: float) -> str:
    """A sentence on the free space.

    Raises:
        NoRoomError: There is too little.
    """
    free, needed = shutil.disk_usage(folder).free / 1e9, SPACE * gigabytes
    fact = f"{free:.0f} GB are free in {folder.parent}, {needed:.1f} GB are needed for a file of {gigabytes:g} GB"
    if free < needed:
        raise NoRoomError(f"{fact}. Hint: --folder on a larger disk, or a smaller --huge-gb")
    return f"\n{fact}"


def _all(contenders: list[Contender], rows: int) -> dict[str, int]:
    return {each.title: rows for each in contenders}
