"""What a large project costs before anything runs: `python benchmarks/definitions.py [tables] [tasks]`, by default 1 000 of each.

Prints seconds for a generated project, tables of 30 attributes, beside Dagster assets of the same number and edges: `bare` ones,
which cost the least that Dagster can be asked for, and `plain` ones, as a person writes them. What is measured: definitions
(parsing and lineage, and the repository that code servers and runs build from them), the snapshot that goes to the webserver, a
tick of the automation sensor, and the start of a webserver up to its first answer about all assets. `cold` is the first time that
a project is read: nothing is kept of it (SL_CACHE is an empty folder); `warm` is any later one. The budget is held beside `bare`.

Definitions and snapshot are seconds of processor time, in fresh processes that take turns, the median of `--rounds` (3): a busy
machine does not change the ratio much. Ticks and the webserver are measured once, by the clock; `--definitions` leaves them out.
Imports are not counted.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

DOMAINS = 20
COLUMNS = 30
SELECTED = 4  # columns of a task
TYPES = ["BIGINT", "VARCHAR", "DATE", "TIMESTAMPTZ", "DECIMAL(38,9)", "BOOLEAN"]
PARENTS = 3
LONGEST_START = 600  # seconds
BUDGET = {"cold": 3.0, "warm": 1.5}
QUESTION = "{ assetNodes { id } }"

APPLICATION = """version: 1
application:
  connectionRef: duckdb
  connections:
    duckdb: {type: jdbc, options: {url: "jdbc:duckdb:{{SL_DATASETS}}/warehouse.duckdb"}}
"""


def parents_of(number: int, tables: int) -> list[tuple[str, str]]:
    """What task `number` reads: tables, and one earlier task where there is one."""
    found = [(f"raw_{each % DOMAINS}", f"table_{each}") for each in ((number * 7 + step) % tables for step in range(PARENTS))]
    return [*found, (f"mart_{(number // 2) % DOMAINS}", f"task_{number // 2}")] if number > 1 else found


def write_project(root: Path, tables: int, tasks: int) -> None:
    def write(path: str, text: str) -> None:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    write("config/application.sl.yml", APPLICATION)
    for domain in range(DOMAINS):
        header = (
            f'version: 1\nload:\n  metadata: {{directory: "{{{{SL_INCOMING}}}}/raw_{domain}", format: DSV, separator: ","}}\n'
        )
        write(f"config/load/raw_{domain}/_config.sl.yml", header)
    kinds = ["long", "string", "date", "timestamp", "decimal", "boolean"]
    columns = "".join(
        f"    - {{name: c{each}, type: {kinds[each % len(kinds)]}, comment: column {each}}}\n" for each in range(COLUMNS)
    )
    for each in range(tables):
        head = f"version: 1\ntable:\n  name: table_{each}\n  pattern: table_{each}_.*\\.csv\n  comment: table {each}\n"
        write(f"config/load/raw_{each % DOMAINS}/table_{each}.sl.yml", f"{head}  attributes:\n{columns}")
    for each in range(tasks):
        folder = f"config/transform/mart_{each % DOMAINS}"
        write(
            f"{folder}/task_{each}.sl.yml", f"version: 1\ntask:\n  comment: task {each}\n  writeStrategy: {{type: OVERWRITE}}\n"
        )
        first, *others = [f"{domain}.{name}" for domain, name in parents_of(each, tables)]
        joins = "\n".join(f"left join {name} as t{place} on t{place}.c0 = base.c0" for place, name in enumerate(others))
        sql = f"with base as (\n  select c0, c1, sum(c4) as c4\n  from {first}\n  group by c0, c1\n)\n"
        write(
            f"{folder}/task_{each}.sql",
            f"{sql}select base.c0, base.c1, base.c4, count(*) as n\nfrom base\n{joins}\ngroup by all\n",
        )


def bare(tables: int, tasks: int) -> "dg.Definitions":
    """The same assets and edges with the least that Dagster can be asked for.

    Functions without a parameter, one column schema for all, one `eager()`; no resource, no kind.
    """
    import dagster as dg

    schema = dg.TableSchema([dg.TableColumn(f"c{each}", "string", description=f"column {each}") for each in range(COLUMNS)])

    def make(key: list[str], deps: list[list[str]], condition: dg.AutomationCondition | None) -> dg.AssetsDefinition:
        spec = dg.AssetSpec(
            key,
            deps=deps,
            description=key[1],
            group_name=key[0],
            metadata={"dagster/column_schema": schema},
            automation_condition=condition,
        )

        @dg.multi_asset(specs=[spec], name="__".join(key), can_subset=True)
        def run() -> None: ...

        return run

    eager = dg.AutomationCondition.eager()
    loads = [make([f"raw_{each % DOMAINS}", f"table_{each}"], [], None) for each in range(tables)]
    marts = [
        make([f"mart_{each % DOMAINS}", f"task_{each}"], [list(pair) for pair in parents_of(each, tables)], eager)
        for each in range(tasks)
    ]
    return dg.Definitions(assets=[*loads, *marts])


def plain(tables: int, tasks: int) -> "dg.Definitions":
    """What a person would write in plain Dagster for the same assets, and no more.

    One `@dg.asset` each, with the edges, a description, group, kind, its own column schema (30 columns of a table, 4 of a task)
    and `eager()` for tasks; the function takes the context and a DuckDB resource, for it has to write somewhere. It has no
    lineage of columns, links to code, code versions, config, import assets or sensor of its own, which ours have.
    """
    import dagster as dg
    from dagster_duckdb import DuckDBResource

    def make(
        key: list[str], deps: list[list[str]], columns: int, condition: dg.AutomationCondition | None
    ) -> dg.AssetsDefinition:
        described = [
            dg.TableColumn(f"c{each}", TYPES[each % len(TYPES)], description=f"column {each}") for each in range(columns)
        ]

        @dg.asset(
            key=key,
            deps=deps,
            description=key[1],
            group_name=key[0],
            kinds={"duckdb"},
            metadata={"dagster/column_schema": dg.TableSchema(described)},
            automation_condition=condition,
        )
        def run(context: dg.AssetExecutionContext, warehouse: DuckDBResource) -> None: ...

        return run

    eager = dg.AutomationCondition.eager()
    loads = [make([f"raw_{each % DOMAINS}", f"table_{each}"], [], COLUMNS, None) for each in range(tables)]
    marts = [
        make([f"mart_{each % DOMAINS}", f"task_{each}"], [list(pair) for pair in parents_of(each, tables)], SELECTED, eager)
        for each in range(tasks)
    ]
    resources = {"warehouse": DuckDBResource(database="warehouse.duckdb")}
    return dg.Definitions(assets=[*loads, *marts], resources=resources, executor=dg.in_process_executor)


OTHERS = {"bare": bare, "plain": plain}
OURS = ("cold", "warm")


def measure(kind: str, root: Path, tables: int, tasks: int) -> dict[str, float]:
    """In this process: build, repository, snapshot."""
    return _defined(kind, root, tables, tasks)[1]


def _defined(kind: str, root: Path, tables: int, tasks: int) -> "tuple[dg.Definitions, dict[str, float]]":
    import warnings

    from dagster._core.remote_representation.external_data import RepositorySnap

    import sl_assets.orchestration.definitions as ours

    warnings.simplefilter("ignore")
    found: dict[str, float] = {}
    start = time.process_time()
    if kind in OTHERS:
        defs = OTHERS[kind](tables, tasks)
    else:
        project = ours.load_project(root)
        found["of it, project"] = time.process_time() - start
        defs = ours.build_definitions(project)
    repository = defs.get_repository_def()
    repository.load_all_definitions()
    found["definitions"] = time.process_time() - start
    start = time.process_time()
    RepositorySnap.from_def(repository)
    found["snapshot"] = time.process_time() - start
    return defs, found


def ticks(kind: str, root: Path, tables: int, tasks: int) -> dict[str, float]:
    """In this process: two ticks with nothing to do, and one that requests every task."""
    import dagster as dg

    defs, _ = _defined(kind, root, tables, tasks)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as home, dg.DagsterInstance.local_temp(home) as instance:
        result = None
        for tick in ("first tick", "tick", "all requested"):
            if tick == "all requested":
                for each in range(tables):
                    instance.report_runless_asset_event(dg.AssetMaterialization([f"raw_{each % DOMAINS}", f"table_{each}"]))
            start = time.perf_counter()
            result = dg.evaluate_automation_conditions(defs, instance, cursor=result.cursor if result else None)
            found[tick] = time.perf_counter() - start
    return found


def serve(kind: str, root: Path, tables: int, tasks: int) -> float:
    """Seconds from the start of a webserver to its answer about all assets."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = root / f"{kind}_location.py"
    build = f"benchmark.{kind}({tables}, {tasks})" if kind in OTHERS else f"sl_assets.build_definitions({str(root)!r})"
    benchmark = f"import importlib.util\nspec = importlib.util.spec_from_file_location('benchmark', {__file__!r})\n"
    code.write_text(
        f"{benchmark}benchmark = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(benchmark)\n"
        f"import sl_assets\ndefs = {build}\n"
    )
    home = root / f"home_{kind}"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    environ = {**os.environ, "DAGSTER_HOME": str(home), "SL_CACHE": str(root / "cache")}
    start = time.perf_counter()
    command = [sys.executable, "-m", "dagster_webserver", "-f", str(code), "-p", str(port)]
    with (root / f"{kind}.log").open("w") as log:
        server = subprocess.Popen(command, env=environ, cwd=root, stdout=log, stderr=log, start_new_session=True)
    try:
        while not _answers(port, tables + tasks):
            if server.poll() is not None or time.perf_counter() - start > LONGEST_START:
                raise SystemExit((root / f"{kind}.log").read_text())
            time.sleep(0.1)
        return time.perf_counter() - start
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _answers(port: int, assets: int) -> bool:
    body = json.dumps({"query": QUESTION}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return len((json.load(response).get("data") or {}).get("assetNodes") or []) >= assets
    except OSError:
        return False


def in_a_process(what: str, *arguments: object, cache: Path) -> dict[str, float]:
    command = [sys.executable, __file__, f"--{what}", *map(str, arguments)]
    environ = {**os.environ, "SL_CACHE": str(cache)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def definitions(root: Path, tables: int, tasks: int, rounds: int) -> dict[str, dict[str, float]]:
    """All in turn, round after round; the median of each figure."""
    turns: dict[str, list[dict[str, float]]] = {kind: [] for kind in (*OTHERS, *OURS)}
    for _ in range(rounds):
        shutil.rmtree(root / "cache", ignore_errors=True)
        for kind, found in turns.items():
            found.append(in_a_process("measure", kind, root, tables, tasks, cache=root / "cache"))
    return {kind: {name: median(each[name] for each in found) for name in found[0]} for kind, found in turns.items()}


def main(tables: int, tasks: int, rounds: int, *, all_of_it: bool) -> None:
    root = Path(tempfile.mkdtemp(prefix="sl_assets_definitions_"))
    names = ["of it, project", "definitions", "snapshot"]
    try:
        write_project(root, tables, tasks)
        figures = definitions(root, tables, tasks, rounds)
        if all_of_it:
            names += ["first tick", "tick", "all requested", "webserver"]
            for kind in ("plain", "warm"):
                figures[kind] |= in_a_process("ticks", kind, root, tables, tasks, cache=root / "cache")
                figures[kind]["webserver"] = serve(kind, root, tables, tasks)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(f"{tables} tables of {COLUMNS} attributes and {tasks} tasks, seconds\n")
    ratios = [(ours, other) for ours in OURS for other in OTHERS]
    print(f"{'':<18}" + "".join(f"{kind:>8}" for kind in figures) + "".join(f"{f'{a} / {b}':>15}" for a, b in ratios))
    for name in names:
        found = {kind: each.get(name) for kind, each in figures.items()}
        cells = "".join(f"{'' if value is None else f'{value:.2f}':>8}" for value in found.values())
        pairs = [(found[ours], found[other]) for ours, other in ratios]
        print(f"{name:<18}{cells}" + "".join(f"{f'{one / two:.2f}' if one and two else '':>15}" for one, two in pairs))
    for kind, budget in BUDGET.items():
        ratio = figures[kind]["definitions"] / figures["bare"]["definitions"]
        print(f"\ndefinitions {kind}: {ratio:.2f} x bare, budget {budget} x", end="")
    print()


if __name__ == "__main__":
    if sys.argv[1:2] in (["--measure"], ["--ticks"]):
        work = measure if sys.argv[1] == "--measure" else ticks
        print(json.dumps(work(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))))
    else:
        asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        asked.add_argument("tables", type=int, nargs="?", default=1000)
        asked.add_argument("tasks", type=int, nargs="?", default=1000)
        asked.add_argument("--rounds", type=int, default=3)
        asked.add_argument("--definitions", action="store_true", help="no ticks, no webserver")
        given = asked.parse_args()
        main(given.tables, given.tasks, given.rounds, all_of_it=not given.definitions)
