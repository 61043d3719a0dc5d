"""Who reads the files: `python -m loading.contenders NAME PROJECT [MEMORY_LIMIT]`, each in a process of its own.

Prints seconds, also those of the processors (imports left out), and rows as JSON. `bare` is DuckDB's CREATE TABLE AS FROM
read_csv with the same types into a database file; it validates nothing beyond its casts and would take `1.5` for a BIGINT.
`polars` writes a Parquet file instead.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from loading.inputs import DUCKDB_TYPES
from loading.projects import SAME_WORK

Files = list[str]
Facts = dict[str, int]


def bare(root: Path, files: Files, memory_limit: str) -> Facts:
    return _create(root, files, memory_limit, "*")


def bare_rejects(root: Path, files: Files, memory_limit: str) -> Facts:
    """As `bare`, and what does not convert goes to DuckDB's own table of rejects (kept until the connection closes)."""
    return _create(root, files, memory_limit, "*", ", store_rejects = true")


def bare_same_work(root: Path, files: Files, memory_limit: str) -> Facts:
    return _create(root, files, memory_limit, SAME_WORK)


def _create(root: Path, files: Files, memory_limit: str, columns: str, options: str = "") -> Facts:
    import duckdb

    read = f"read_csv({files}, header = true, columns = {DUCKDB_TYPES}, auto_detect = false{options})"
    with duckdb.connect(root / "bare.duckdb") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if memory_limit:
            connection.execute(f"SET memory_limit = '{memory_limit}'")
        connection.execute(f"CREATE TABLE goods AS SELECT {columns} FROM {read}")
        count = connection.execute("SELECT count(*) FROM goods").fetchall()
    return {"accepted": int(count[0][0])}


def sl_assets(root: Path, files: Files, _memory_limit: str) -> Facts:
    """From the landing folder to the archive; the memory limit is in the project."""
    from sl_assets.project import load_project
    from sl_assets.project.records import TableKey
    from sl_assets.steps.load import load
    from sl_assets.steps.run import Run
    from sl_assets.warehouse.duckdb.connect import Warehouse

    project = load_project(root, {})
    report = load(project, Warehouse.of(project.settings), project.tables[TableKey("shop", "goods")], Run("benchmark"))
    if report.failures or len(report.loaded) != len(files):
        sys.exit(f"loaded {len(report.loaded)} of {len(files)} files: {report.failures}")
    return {"accepted": report.counts.accepted, "rejected": report.counts.rejected}


def polars(root: Path, files: Files, _memory_limit: str) -> Facts:
    return _sink(root, files, ignore_errors=False)


def polars_nulls(root: Path, files: Files, _memory_limit: str) -> Facts:
    """As `polars`; what does not convert becomes null, and its row stays."""
    return _sink(root, files, ignore_errors=True)


def _sink(root: Path, files: Files, *, ignore_errors: bool) -> Facts:
    import polars as pl

    kinds = {"BIGINT": pl.Int64, "VARCHAR": pl.String, "DOUBLE": pl.Float64, "DATE": pl.Date, "BOOLEAN": pl.Boolean}
    schema = {name: kinds.get(kind, pl.String) for name, kind in DUCKDB_TYPES.items()}
    moment = pl.col("ts").str.to_datetime("%Y-%m-%d %H:%M:%S")
    target = root / "goods.parquet"
    pl.scan_csv(files, schema=schema, ignore_errors=ignore_errors).with_columns(moment).sink_parquet(target)
    return {"accepted": pl.scan_parquet(target).select(pl.len()).collect().item()}


CONTENDERS: dict[str, tuple[str, Callable[[Path, Files, str], Facts]]] = {
    "bare": ("duckdb", bare),
    "bare_rejects": ("duckdb", bare_rejects),
    "bare_same_work": ("duckdb", bare_same_work),
    "sl_assets": ("sl_assets.steps.load", sl_assets),
    "polars": ("polars", polars),
    "polars_nulls": ("polars", polars_nulls),
}
"""Name -> module whose import is not measured, what to run."""


def main(name: str, root: Path, memory_limit: str = "") -> None:
    files = sorted(str(file) for file in (root / "datasets" / "incoming" / "shop").iterdir())
    module, contend = CONTENDERS[name]
    importlib.import_module(module)
    began, busy = time.perf_counter(), time.process_time()
    facts = contend(root, files, memory_limit)
    print(json.dumps({"seconds": time.perf_counter() - began, "processor": time.process_time() - busy, **facts}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
