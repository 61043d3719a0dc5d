"""What a transform costs above its own SQL: `python benchmarks/chain.py [tasks] [rounds] [--beside TABLES]`, 50 tasks, 3 rounds.

A chain of SQL tasks, each reading the one before, is run by Dagster in one process; beside it the same statements are sent to
DuckDB by hand, one transaction each. The first task makes 1 000 rows. Prints the best of the rounds, and what one asset costs
above the engine's own work; the budget is 60 ms. `--beside` makes that many other tables of 20 columns first, in each warehouse.
`steps` are the same tasks as plain functions, without Dagster; `plain Dagster` is an asset for each statement as a person would
write it, with dagster-duckdb. Beside the time that passed stands the processors' time, all threads together: it tells more on a
machine that others use too.
"""

import argparse
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import duckdb

BUDGET = 60.0  # milliseconds an asset
ROWS = 1_000

APPLICATION = """version: 1
application:
  connectionRef: duckdb
  connections:
    duckdb: {type: jdbc, options: {url: "jdbc:duckdb:{{SL_DATASETS}}/warehouse.duckdb"}}
"""


def statements(tasks: int) -> list[str]:
    first = f"select range as id, range % 100 as grp, range * 1.5 as amount from range({ROWS})"
    step = (
        "select id, grp, amount + {0} as amount, sum(amount) over (partition by grp order by id) as running from chain.task_{1}"
    )
    return [first, *(step.format(number, f"{number - 1:03}") for number in range(1, tasks))]


def write_project(root: Path, tasks: int) -> None:
    folder = root / "config" / "transform" / "chain"
    folder.mkdir(parents=True)
    (root / "config" / "application.sl.yml").write_text(APPLICATION, encoding="utf-8")
    (folder / "_config.sl.yml").write_text("version: 1\ntransform:\n  default: {writeStrategy: {type: OVERWRITE}}\n", "utf-8")
    for number, sql in enumerate(statements(tasks)):
        (folder / f"task_{number:03}.sql").write_text(f"{sql}\n", encoding="utf-8")


def crowd(database: Path, tables: int) -> None:
    """Other tables in a warehouse."""
    database.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f"column_{number} VARCHAR" for number in range(20))
    with duckdb.connect(str(database)) as connection:
        connection.begin()
        for number in range(tables):
            connection.execute(f"CREATE TABLE other_{number} ({columns})")
        connection.commit()


def by_hand(root: Path, tasks: int) -> None:
    with duckdb.connect(str(root / "hand.duckdb")) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS chain")
        for number, sql in enumerate(statements(tasks)):
            connection.execute(f"CREATE OR REPLACE TABLE chain.task_{number:03} AS {sql}")


def by_steps(root: Path) -> Callable[[], None]:
    from sl_assets.project import load_project
    from sl_assets.steps.run import Run
    from sl_assets.steps.transform import transform
    from sl_assets.warehouse.duckdb.connect import Warehouse

    project = load_project(root, {})
    ordered = sorted(project.tasks.values(), key=lambda task: task.key)

    def run() -> None:
        with Warehouse.of(project.settings).kept(stays_open=True) as warehouse:
            for task in ordered:
                transform(project, warehouse, task, Run("benchmark"))

    return run


def by_dagster(root: Path) -> Callable[[], None]:
    import dagster as dg

    from sl_assets import build_definitions

    job = build_definitions(root).resolve_implicit_global_asset_job_def()
    instance = dg.DagsterInstance.ephemeral()

    def run() -> None:
        if not job.execute_in_process(instance=instance).success:
            raise SystemExit("the run failed")

    return run


def by_plain_dagster(root: Path, tasks: int) -> Callable[[], None]:
    """What a person would write: an asset for each statement, with the DuckDB resource of dagster-duckdb, that tells its rows."""
    import dagster as dg
    from dagster_duckdb import DuckDBResource

    def make(number: int, sql: str) -> dg.AssetsDefinition:
        name, before = f"task_{number:03}", [["chain", f"task_{number - 1:03}"]] if number else []

        @dg.asset(key=["chain", name], deps=before, code_version="1")
        def run(warehouse: DuckDBResource) -> dg.MaterializeResult:
            with warehouse.get_connection() as connection:
                connection.execute("CREATE SCHEMA IF NOT EXISTS chain")
                connection.execute(f"CREATE OR REPLACE TABLE chain.{name} AS {sql}")
                (rows,) = connection.execute(f"SELECT count(*) FROM chain.{name}").fetchone()
            return dg.MaterializeResult(metadata={"dagster/row_count": rows})

        return run

    definitions = dg.Definitions(
        assets=[make(number, sql) for number, sql in enumerate(statements(tasks))],
        resources={"warehouse": DuckDBResource(database=str(root / "plain.duckdb"))},
        executor=dg.in_process_executor,
    )
    job = definitions.resolve_implicit_global_asset_job_def()
    instance = dg.DagsterInstance.ephemeral()

    def run() -> None:
        if not job.execute_in_process(instance=instance).success:
            raise SystemExit("the run failed")

    return run


def best(run: Callable[[], None], rounds: int) -> tuple[float, float]:
    seconds: list[float] = []
    worked: list[float] = []
    for _ in range(rounds):
        start, before = time.perf_counter(), time.process_time()
        run()
        seconds.append(time.perf_counter() - start)
        worked.append(time.process_time() - before)
    return min(seconds), min(worked)


def main(tasks: int, rounds: int, beside: int) -> None:
    import logging

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    root = Path(tempfile.mkdtemp(prefix="sl_assets_chain_"))
    try:
        write_project(root, tasks)
        for database in ("hand.duckdb", "plain.duckdb", "datasets/warehouse.duckdb"):
            crowd(root / database, beside)
        figures = {
            "DuckDB by hand": best(lambda: by_hand(root, tasks), rounds),
            "steps": best(by_steps(root), rounds),
            "Dagster": best(by_dagster(root), rounds),
            "plain Dagster": best(by_plain_dagster(root, tasks), rounds),
        }
    finally:
        shutil.rmtree(root, ignore_errors=True)
    hand = figures["DuckDB by hand"]
    print(f"a chain of {tasks} SQL tasks, {ROWS} rows each, beside {beside} tables, best of {rounds}\n")
    print(f"{'':<16}{'seconds':>9}{'ms above, each':>16}{'worked':>10}{'ms above, each':>16}")
    for name, each in figures.items():
        passed, worked = ((mine - its) / tasks * 1000 for mine, its in zip(each, hand, strict=True))
        print(f"{name:<16}{each[0]:>9.2f}{passed:>16.1f}{each[1]:>10.2f}{worked:>16.1f}")
    print(f"\nbudget: {BUDGET:.0f} ms an asset above the engine's own work")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a transform costs above its own SQL.")
    parser.add_argument("tasks", nargs="?", type=int, default=50)
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--beside", type=int, default=0, metavar="TABLES")
    given = parser.parse_args()
    main(given.tasks, given.rounds, given.beside)
