"""How fast a validated, hashed, ledgered load is, beside the bare engine and a peer, in one run.

    python benchmarks/load.py                 # 5 million rows, 3 rounds
    python benchmarks/load.py --rows 1000000 --rounds 1

Every contender runs in a process of its own, turn by turn; the median of the rounds counts, and ratios are to the bare engine.
`bare` is DuckDB's CREATE TABLE AS FROM read_csv with the same types into a file; it validates nothing and would take `1.5` for a
BIGINT. `polars` reads the same file with the same types into a Parquet file.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = {
    "id": ("long", "BIGINT"),
    "name": ("string", "VARCHAR"),
    "qty": ("long", "BIGINT"),
    "price": ("double", "DOUBLE"),
    "day": ("date", "DATE"),
    "ts": ("timestamp", "TIMESTAMPTZ"),
    "flag": ("boolean", "BOOLEAN"),
    "txt": ("string", "VARCHAR"),
    "cat": ("long", "BIGINT"),
    "amount": ("double", "DOUBLE"),
}
ROW = """i AS id, 'customer ' || (i % 1000) AS name, (i * 7) % 10000 AS qty, round(random() * 1000, 2) AS price,
    DATE '2020-01-01' + CAST(i % 2000 AS INTEGER) AS day, strftime(TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND,
    '%Y-%m-%d %H:%M:%S') AS ts, i % 3 = 0 AS flag, 'some text ' || i AS txt, i % 50 AS cat, i * 1.5 AS amount"""
APPLICATION = """
version: 1
application:
  connectionRef: duckdb
  connections:
    duckdb: {type: jdbc, options: {url: "jdbc:duckdb:{{SL_DATASETS}}/warehouse.duckdb"}}
"""


def write_input(path: Path, rows: int, bad_every: int = 0) -> None:
    import duckdb

    row = ROW.replace(
        "(i * 7) % 10000 AS qty", f"CASE WHEN i % {bad_every} = 1 THEN 'x' ELSE ((i * 7) % 10000)::VARCHAR END AS qty"
    )
    duckdb.sql("SELECT setseed(0.5)")
    duckdb.sql(f"COPY (SELECT {row if bad_every else ROW} FROM range({rows}) t(i)) TO '{path}' (HEADER)")


def write_project(root: Path) -> None:
    config = root / "config"
    (config / "load" / "shop").mkdir(parents=True)
    (config / "application.sl.yml").write_text(APPLICATION)
    domain = 'version: 1\nload:\n  metadata: {directory: "{{SL_INCOMING}}/shop", format: DSV, separator: ","}\n'
    (config / "load" / "shop" / "_config.sl.yml").write_text(domain)
    attributes = "".join(f"    - {{name: {name}, type: {kind}}}\n" for name, (kind, _) in COLUMNS.items())
    table = f"version: 1\ntable:\n  name: goods\n  pattern: goods.*\n  attributes:\n{attributes}"
    (config / "load" / "shop" / "goods.sl.yml").write_text(table)
    (root / "datasets" / "incoming" / "shop").mkdir(parents=True)


def bare(root: Path, files: list[Path]) -> dict[str, object]:
    import duckdb

    types = ", ".join(f"'{name}': '{kind}'" for name, (_, kind) in COLUMNS.items())
    connection = duckdb.connect(root / "bare.duckdb")
    names = [str(file) for file in files]
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE goods AS FROM read_csv({names}, header = true, columns = {{{types}}}, auto_detect = false)")
    connection.close()
    return {}


def sl_assets(root: Path, files: list[Path]) -> dict[str, object]:
    from sl_assets.project import load_project
    from sl_assets.project.records import TableKey
    from sl_assets.steps.load import load
    from sl_assets.steps.run import Run
    from sl_assets.warehouse.duckdb.connect import Warehouse

    project = load_project(root, {})
    report = load(project, Warehouse.of(project.settings), project.tables[TableKey("shop", "goods")], Run("benchmark"))
    assert not report.failures, report.failures
    assert len(report.loaded) == len(files)
    return {"accepted": report.counts.accepted, "rejected": report.counts.rejected}


def polars(root: Path, files: list[Path]) -> dict[str, object]:
    import polars as pl

    kinds = {"BIGINT": pl.Int64, "VARCHAR": pl.String, "DOUBLE": pl.Float64, "DATE": pl.Date, "BOOLEAN": pl.Boolean}
    schema = {name: kinds.get(kind, pl.String) for name, (_, kind) in COLUMNS.items()}
    pl.scan_csv(files, schema=schema).with_columns(pl.col("ts").str.to_datetime("%Y-%m-%d %H:%M:%S")).sink_parquet(
        root / "p.parquet"
    )
    return {}


CONTENDERS = {"bare": bare, "sl_assets": sl_assets, "polars": polars}


def run_one(name: str, root: Path) -> None:
    """One contender, once; its seconds (imports left out) and peak memory go to standard output as JSON."""
    files = sorted((root / "datasets" / "incoming" / "shop").iterdir())
    __import__({"bare": "duckdb", "polars": "polars"}.get(name, "sl_assets.steps.load"))
    began = time.perf_counter()
    facts = CONTENDERS[name](root, files)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, **facts}))


def measure(name: str, source: Path, rounds: int) -> dict[str, float]:
    results = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            root = Path(folder)
            write_project(root)
            for file in source.iterdir():
                os.link(file, root / "datasets" / "incoming" / "shop" / file.name)
            command = [sys.executable, __file__, "--one", name, str(root)]
            results.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    middle = statistics.median(result["seconds"] for result in results)
    return {**results[-1], "seconds": middle, "peak_mb": max(result["peak_mb"] for result in results)}


def scenario(title: str, source: Path, rounds: int, contenders: list[str]) -> None:
    print(f"\n{title}")
    base = None
    for name in contenders:
        result = measure(name, source, rounds)
        base = base or result["seconds"]
        counts = f"  {result['accepted']:,} accepted, {result['rejected']:,} rejected" if "accepted" in result else ""
        ratio = result["seconds"] / base
        print(f"  {name:<10} {result['seconds']:7.2f} s  {ratio:5.2f} x  peak {result['peak_mb']:6.0f} MB{counts}")
    shutil.rmtree(source)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("CONTENDER", "ROOT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run_one(options.one[0], Path(options.one[1]))
        return
    import duckdb
    import polars as pl

    size = f"{options.rows:,} rows x {len(COLUMNS)} columns"
    print(f"duckdb {duckdb.__version__}, polars {pl.__version__}, {os.cpu_count()} cores, {size}")
    with tempfile.TemporaryDirectory() as folder:
        for title, bad in (("no row bad", 0), ("1 row in 1 000 bad", 1000)):
            source = Path(folder) / "input"
            source.mkdir()
            write_input(source / "goods.csv", options.rows, bad)
            # the bare engine fails on a bad row, so it reads the file without any
            scenario(title, source, options.rounds, ["bare", "sl_assets", "polars"] if not bad else ["sl_assets"])
        source = Path(folder) / "input"
        source.mkdir()
        for number in range(1000):
            write_input(source / f"goods{number:04}.csv", 10)
        scenario("1 000 files of a kilobyte", source, options.rounds, ["bare", "sl_assets", "polars"])


if __name__ == "__main__":
    main()
