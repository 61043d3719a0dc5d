"""Write strategies from files: what is written together, what waits, and that it makes no difference in which runs files come."""

import itertools
import random

import pytest

from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import APPLICATION, Shop

COLUMNS = "id: long, day: date, label: string"
KEYED = "key: [id], timestamp: day"
ALL = {
    "APPEND": "type: APPEND",
    "OVERWRITE": "type: OVERWRITE",
    "OVERWRITE_BY_PARTITION": "type: OVERWRITE_BY_PARTITION",
    "UPSERT_BY_KEY": "type: UPSERT_BY_KEY, key: [id]",
    "UPSERT_BY_KEY latest": f"type: UPSERT_BY_KEY, on: SOURCE_AND_TARGET, {KEYED}",
    "UPSERT_BY_KEY_AND_TIMESTAMP": f"type: UPSERT_BY_KEY_AND_TIMESTAMP, {KEYED}",
    "DELETE_THEN_INSERT": f"type: DELETE_THEN_INSERT, {KEYED}",
    "SCD2": f"type: SCD2, {KEYED}",
    "SCD2 latest": f"type: SCD2, on: SOURCE_AND_TARGET, {KEYED}",
}
FULL_OR_DELTA = """metadata:
  writeStrategy:
    key: [id]
    types:
      OVERWRITE: group("mode") == "FULL"
      UPSERT_BY_KEY: group("mode") == "DELTA"
"""
PATTERN = "goods_(?<mode>[A-Z]+)_?[0-9]*[.]csv"
HISTORY = "id, day::VARCHAR, label, sl_start_ts IS NOT NULL, sl_end_ts IS NOT NULL"


def goods(shop, strategy):
    sink = "sink: {partition: [day, id]}"
    shop.table("goods", COLUMNS, f"metadata: {{writeStrategy: {{{strategy}}}, {sink}}}")


def load_goods(shop, run="r1"):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run))


def build(shop, name, run="r1"):
    project = shop.project()
    return transform(project, Warehouse.of(project.settings), shop.node(f"kpi.{name}"), Run(run))


def statuses(report):
    return {file.name: file.status for file in report.files}


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ALL)
def test_files_may_come_in_one_run_or_in_several(tmp_path, strategy):
    chance = random.Random(strategy)  # noqa: S311 - the same files every time
    files = ["".join(f"{line(chance)}\n" for _ in range(chance.randint(0, 5))) for _ in range(5)]
    found = [content(Shop(tmp_path / str(number)), ALL[strategy], files, cuts) for number, cuts in enumerate(CUTS)]
    assert found[0]
    assert found == [found[0]] * len(CUTS)


CUTS = [(), (1, 2, 3, 4), (2,), (1, 4)]


def line(chance):
    day = chance.choice(["2024-01-01", "2024-01-02", "2024-01-03", ""])
    return f"{chance.choice(['1', '2', '3', ''])},{day},{chance.randint(0, 10**6)}"


def content(shop, strategy, files, cuts):
    goods(shop, strategy)
    bounds = [0, *cuts, len(files)]
    for first, last in itertools.pairwise(bounds):
        for number in range(first, last):
            shop.land(f"goods{number}.csv", f"id,day,label\n{files[number]}", at=number)
        assert set(statuses(load_goods(shop, f"r{first}")).values()) == {"loaded"}
    columns = HISTORY if "SCD2" in strategy else "id, day::VARCHAR, label"
    return sorted(shop.rows(f"SELECT {columns} FROM shop.goods"), key=repr)


def test_the_columns_of_scd2_are_there_with_their_comments_from_the_first_file_on(shop):
    goods(shop, ALL["SCD2"])
    shop.land("goods1.csv", "id,day,label\n1,2024-01-01,a\n")
    load_goods(shop)
    assert shop.rows(f"SELECT {HISTORY} FROM shop.goods") == [(1, "2024-01-01", "a", True, False)]
    comments = shop.rows("SELECT column_name, comment FROM duckdb_columns() WHERE column_name LIKE 'sl%ts' ORDER BY column_index")
    assert [name for name, comment in comments if comment] == ["sl_start_ts", "sl_end_ts"]


@pytest.mark.slow
def test_a_full_file_replaces_and_a_delta_adds(shop):
    shop.table("goods", COLUMNS, FULL_OR_DELTA, PATTERN)
    for number, (mode, row) in enumerate(
        [("DELTA", "1,,lost"), ("FULL", "1,,full"), ("FULL", "2,,again"), ("DELTA", "2,,two"), ("DELTA", "3,,three")]
    ):
        shop.land(f"goods_{mode}_{number}.csv", f"id,day,label\n{row}\n", at=number)
    assert set(statuses(load_goods(shop)).values()) == {"loaded"}
    assert shop.rows("SELECT id, label FROM shop.goods ORDER BY id") == [(2, "two"), (3, "three")]


def test_a_file_for_which_no_strategy_is_chosen_fails_and_the_later_ones_wait(shop):
    shop.table("goods", COLUMNS, FULL_OR_DELTA, PATTERN)
    shop.land("goods_DELTA_1.csv", "id,day,label\n1,,one\n", at=1)
    shop.land("goods_OTHER_2.csv", "id,day,label\n1,,two\n", at=2)
    shop.land("goods_DELTA_3.csv", "id,day,label\n1,,three\n", at=3)
    report = load_goods(shop)
    assert statuses(report) == {"goods_DELTA_1.csv": "loaded", "goods_OTHER_2.csv": "failed", "goods_DELTA_3.csv": "waiting"}
    assert "must choose one strategy for it and chooses none" in report.failures[0]
    assert shop.rows("SELECT label FROM shop.goods") == [("one",)]
    assert shop.rows("SELECT SUCCESS FROM audit.audit ORDER BY 1") == [(False,), (True,)]


def test_a_first_file_without_a_strategy_fails_before_anything_was_read(shop):
    shop.table("goods", COLUMNS, FULL_OR_DELTA, PATTERN)
    shop.land("goods_OTHER_1.csv", "id,day,label\n1,,one\n")
    assert statuses(load_goods(shop)) == {"goods_OTHER_1.csv": "failed"}
    assert shop.files("stage") == ["goods_OTHER_1.csv"]


@pytest.mark.parametrize("strategy", ["OVERWRITE", "SCD2"])
@pytest.mark.parametrize("setting", ["", "  rejectMaxRecords: 5\n"])
def test_a_corrected_file_takes_the_place_of_the_broken_one_where_order_matters(shop, strategy, setting):
    goods(shop, ALL[strategy])
    shop.write("config/application.sl.yml", APPLICATION + setting)
    shop.land("goods1.csv", "nonsense\n", at=1)
    shop.land("goods2.csv", "id,day,label\n2,2024-01-02,two\n", at=2)
    assert statuses(load_goods(shop)) == {"goods1.csv": "failed", "goods2.csv": "waiting"}
    shop.land("goods1.csv", "id,day,label\n1,2024-01-01,one\n", at=3)
    report = load_goods(shop, "r2")
    assert sorted(file.status for file in report.files) == ["loaded", "loaded", "superseded"]
    assert report.failures == ()


@pytest.mark.slow
def test_a_task_keeps_versions_and_a_second_run_adds_only_what_is_newer(shop):
    goods(shop, ALL["APPEND"])
    strategy = f"writeStrategy: {{type: SCD2, {KEYED}, startTs: since, endTs: until}}"
    shop.task("versions", "select id, day, label from shop.goods", strategy)
    shop.land("goods1.csv", "id,day,label\n1,2024-01-01,a\n2,2024-01-01,b\n")
    load_goods(shop)
    build(shop, "versions")
    shop.land("goods2.csv", "id,day,label\n1,2024-01-02,c\n")
    load_goods(shop, "r2")
    build(shop, "versions", "r2")
    rows = "SELECT id, label, since IS NOT NULL, until IS NOT NULL FROM kpi.versions ORDER BY id, label"
    expected = [(1, "a", True, True), (1, "c", True, False), (2, "b", True, False)]
    assert shop.rows(rows) == expected
    build(shop, "versions", "r3")
    assert shop.rows(rows) == expected


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["UPSERT_BY_KEY_AND_TIMESTAMP", "DELETE_THEN_INSERT", "OVERWRITE_BY_PARTITION"])
def test_a_task_is_written_by_the_strategies_of_a_load(shop, strategy):
    goods(shop, ALL["OVERWRITE"])
    sink = "sink: {partition: [day]}"
    shop.task("latest", "select id, day, label from shop.goods", f"writeStrategy: {{{ALL[strategy]}}}\n{sink}")
    for number, row in enumerate(["1,2024-01-01,a", "2,2024-01-01,b", "1,2024-01-02,c"]):
        shop.land(f"goods{number}.csv", f"id,day,label\n{row}\n", at=number)
        load_goods(shop, f"r{number}")
        build(shop, "latest", f"r{number}")
    assert shop.rows("SELECT label FROM kpi.latest ORDER BY label") == [("b",), ("c",)]
