"""`sl-assets plan`: what it says, what it keeps its hands off, and the code it ends with."""

import hashlib
import json
import subprocess
import sys

import pytest

from sl_assets.project.records import TableKey
from sl_assets.warehouse.duckdb.catalog import table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse

pytestmark = pytest.mark.slow


@pytest.fixture
def goods(shop):
    """A loaded table, a transform on it and one on that."""
    shop.table("goods", "id: long!, label: string", pattern=r"goods\d\.csv")
    shop.task("total", "SELECT count(*) AS n FROM shop.goods")
    shop.task("double_total", "SELECT n * 2 AS n FROM kpi.total")
    shop.land("goods1.csv", "id,label\n1,one\n")
    return shop


def contents(root):
    """Every file with its time and its bytes, every folder. (SQLite makes files of its own for as long as it reads.)"""
    files = {path: path.is_file() for path in root.rglob("*")}
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        if is_file
        else "folder"
        for path, is_file in files.items()
    }


def planned(invoke, *arguments):
    result = invoke("plan", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def assets(plan):
    return {each["asset"]: each for each in plan["assets"]}


def test_before_the_first_run_everything_is_told_and_nothing_is_made(goods, invoke):
    before = contents(goods.root)
    result = invoke("plan")
    assert (result.exit_code, contents(goods.root)) == (0, before)
    assert result.output.splitlines() == [
        "+ shop/import  import",
        "    1 file, 15 B, from landing to stage: goods1.csv",
        "+ shop/goods  load",
        "    1 new file, 15 B: goods1.csv (15 B)",
        '    CREATE SCHEMA IF NOT EXISTS "shop"',
        '    CREATE TABLE "shop"."goods" ("id" BIGINT NOT NULL, "label" VARCHAR)',
        "+ kpi/total  transform",
        "    it was never built",
        '    CREATE SCHEMA IF NOT EXISTS "kpi"',
        '    CREATE OR REPLACE TABLE "kpi"."total" AS ...',
        "+ kpi/double_total  transform",
        "    it was never built",
        '    CREATE OR REPLACE TABLE "kpi"."double_total" AS ...',
        "",
        "A run would do 1 import, 1 load, 2 transforms. Nothing was changed.",
    ]


def test_after_a_run_there_is_nothing_to_do_and_looking_leaves_no_trace(goods, invoke):
    invoke("run")
    before = contents(goods.root)
    result = invoke("plan")
    assert result.output == "Nothing to do: 3 up to date.\n"
    assert contents(goods.root) == before


def test_with_work_waiting_looking_leaves_no_trace_either(goods, invoke):
    invoke("run")
    goods.land("goods2.csv", "id,label\n2,two\n")
    goods.task("total", "SELECT count(*) + 0 AS n FROM shop.goods")
    before = contents(goods.root)
    assert "A run would do 1 import, 1 load, 2 transforms." in invoke("plan").output
    assert contents(goods.root) == before


def test_the_exit_code_tells_whether_there_is_work_only_when_it_is_asked_to(goods, invoke):
    assert (invoke("plan").exit_code, invoke("plan", "--exit-code").exit_code) == (0, 3)
    invoke("run")
    assert invoke("plan", "--exit-code").exit_code == 0


def test_the_sql_that_is_foretold_makes_the_columns_that_the_run_makes(goods, invoke):
    invoke("run")
    goods.table("goods", "id: long!, label: string, price: double, weight: decimal", pattern=r"goods\d\.csv")
    goods.land("goods2.csv", "id,label,price,weight\n2,two,1.5,2\n")
    load = assets(planned(invoke))["shop/goods"]
    statements = load["sql"]
    with Warehouse.of(goods.project().settings).reader() as connection:
        there = table_columns(connection, TableKey("shop", "goods"))
    assert invoke("run").exit_code == 0
    with Warehouse.of(goods.project().settings).reader() as connection:
        after = table_columns(connection, TableKey("shop", "goods"))
    added = [f'ALTER TABLE "shop"."goods" ADD COLUMN "{name}" {kind}' for name, kind in after.items() if name not in there]
    assert len(added) == 2
    assert statements == added


def test_changed_yaml_is_named_part_by_part_with_the_way_to_load_afresh(goods, invoke):
    invoke("run")
    goods.table("goods", "id: long!, label: string!, price: double", pattern=r"goods\d\.csv")
    plan = planned(invoke)
    assert plan["work"] is False
    assert assets(plan)["shop/goods"]["hint"] == (
        "Its YAML was changed since files were loaded (attributes.label.required, attributes.price (new)). "
        """To load these under today's: `sl-assets run 'key:"shop/goods"' --reload`."""
    )


def test_changed_sql_is_a_cause_and_what_reads_it_follows(goods, invoke):
    invoke("run")
    goods.task("total", "SELECT count(*) + 1 AS n FROM shop.goods")
    causes = {name: each["causes"] for name, each in assets(planned(invoke)).items()}
    assert causes == {
        "kpi/total": [{"code": "code changed", "text": "its SQL or YAML was changed since it was built (sql)", "upstream": None}],
        "kpi/double_total": [{"code": "upstream runs", "text": "kpi/total is going to be refreshed", "upstream": "kpi/total"}],
    }


def test_a_table_that_was_refreshed_alone_makes_what_reads_it_due(goods, invoke):
    invoke("run")
    invoke("run", 'key:"kpi/total"')
    assert [each["upstream"] for each in assets(planned(invoke))["kpi/double_total"]["causes"]] == ["kpi/total"]
    assert "kpi/total was refreshed since it was built" in invoke("plan").output


def test_a_transform_that_looked_and_found_nothing_new_is_not_due_any_more(goods, invoke):
    goods.task("seen", "SELECT id FROM shop.goods", "incremental: [{table: shop.goods, column: id}]")
    invoke("run")
    goods.land("goods2.csv", "id,label\n1,again\n")
    assert "kpi/seen" in invoke("run").output
    assert "kpi/seen" not in assets(planned(invoke))
    goods.land("goods3.csv", "id,label\n2,two\n")
    assert assets(planned(invoke))["kpi/seen"]["state"] == "run"
    invoke("run")
    assert goods.rows("SELECT id FROM kpi.seen ORDER BY id") == [(1,), (2,)]


def test_columns_that_a_transform_gains_and_loses_are_told_down_the_chain(goods, invoke):
    invoke("run")
    goods.task("total", "SELECT count(*) AS number, max(label) AS last FROM shop.goods")
    goods.task("double_total", "SELECT number * 2 AS n, last FROM kpi.total")
    found = assets(planned(invoke))
    assert found["kpi/total"]["notes"] == ["Made anew, its table adds number BIGINT, last VARCHAR; loses n."]
    assert found["kpi/double_total"]["notes"] == ["Made anew, its table adds last VARCHAR."]


def test_sql_that_no_longer_fits_what_it_reads_is_told_before_it_runs(goods, invoke):
    invoke("run")
    goods.task("total", "SELECT [count(*)] AS n FROM shop.goods")
    (note,) = assets(planned(invoke))["kpi/double_total"]["notes"]
    assert note.startswith("Its SQL does not fit the tables it reads and may fail: Binder Error: ")
    assert invoke("run").exit_code == 1


def test_a_type_that_the_table_cannot_take_is_refused_as_the_run_refuses_it(goods, invoke):
    invoke("run")
    goods.table("goods", "id: long!, label: date", pattern=r"goods\d\.csv")
    goods.land("goods2.csv", "id,label\n2,2026-01-01\n")
    load = assets(planned(invoke))["shop/goods"]
    assert (load["state"], load["sql"]) == ("fail", [])
    (cause,) = [each for each in load["causes"] if each["code"] == "refused"]
    result = invoke("run")
    assert result.exit_code == 1
    assert cause["text"].splitlines()[0] in result.output


def test_each_file_is_told_with_what_becomes_of_it(shop, invoke):
    shop.table("goods", "id: long!, label: string", "metadata: {onChangedFile: refuse}", pattern=r"goods\d\.csv")
    shop.land("goods1.csv", "id,label\n1,one\n")
    shop.land("goods2.csv", "id,label\n2,two\n")
    invoke("run")
    shop.land("goods1.csv", "id,label\n1,one\n")
    shop.land("goods2.csv", "id,label\n2,TWO\n")
    shop.land("goods3.csv", "id,label\n3,three\n")
    shop.land("stray.txt", "?")
    plan = planned(invoke)
    load = assets(plan)["shop/goods"]
    assert {each["name"]: each["fate"] for each in load["files"]} == {
        "goods1.csv": "repeated",
        "goods2.csv": "refused",
        "goods3.csv": "new",
    }
    assert load["state"] == "fail"
    assert [(each["code"], each["paths"]) for each in plan["left_alone"]] == [
        ("unclaimed", [str(shop.root / "datasets/incoming/shop/stray.txt")])
    ]
    assert "! shop: 1 file claimed by no table, left in " in invoke("plan").output


def test_files_that_are_not_ready_are_left_alone(shop, invoke):
    shop.table("goods", "id: long!", "metadata: {ack: ok}", pattern=r"goods\d\.csv")
    shop.table("slow", "id: long!", "metadata: {quietPeriod: 1h}", pattern=r"slow\d\.csv")
    for name in ("goods1.csv", "slow1.csv"):
        shop.land(name, "id\n1\n")
    shop.land("broken.zip", "no archive", at=1_600_000_000)
    plan = planned(invoke)
    assert plan["work"] is False
    assert {each["code"] for each in plan["left_alone"]} == {"unacknowledged", "busy", "broken"}


def test_what_waits_for_a_table_that_was_never_built_says_for_which(goods, invoke):
    (goods.root / "datasets/incoming/shop/goods1.csv").unlink()
    plan = planned(invoke)
    assert {name: each["causes"][0]["upstream"] for name, each in assets(plan).items()} == {
        "kpi/total": "shop/goods",
        "kpi/double_total": "kpi/total",
    }
    assert plan["work"] is False


def test_a_hundred_tables_that_are_up_to_date_are_one_line(shop, invoke):
    for number in range(100):
        shop.table(f"t{number}", "id: long!", pattern=f"t{number}_.*")
    assert invoke("plan").output == "Nothing to do: 100 up to date.\n"


def test_a_selection_that_names_nothing_ends_with_two(goods, invoke):
    result = invoke("plan", 'key:"shop/godos"')
    assert result.exit_code == 2
    assert "names no asset of this project" in result.output


HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_while_somebody_else_writes_it_says_what_it_cannot_know(goods, invoke):
    invoke("run")
    goods.land("goods2.csv", "id,label\n2,two\n")
    goods.task("total", "SELECT count(*) + 1 AS n FROM shop.goods")
    database = goods.root / "datasets/warehouse.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        plan = planned(invoke)
        told = invoke("plan")
        holder.stdin.close()
    assert f"process {holder.pid}" in plan["warehouse"]["unread"]
    assert {name for name, each in assets(plan).items() if each["state"] == "run"} == {
        "shop/import",
        "shop/goods",
        "kpi/total",
        "kpi/double_total",
    }
    assert told.output.startswith("Not known: which files were loaded before, and the columns that are there. The warehouse ")
    assert planned(invoke)["warehouse"]["unread"] is None
