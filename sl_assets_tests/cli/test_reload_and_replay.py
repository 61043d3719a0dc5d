"""`sl-assets run --reload` and `sl-assets rejects replay`, through Dagster: what changes a table is told as an event."""

import json

import dagster as dg
import pytest

from sl_assets.orchestration.instance import open_instance

pytestmark = pytest.mark.slow

ROWS = "SELECT id, day FROM shop.goods ORDER BY id"


@pytest.fixture
def goods(shop, invoke):
    shop.table("goods", "id: long, day: date")
    shop.task("count", "SELECT count(*) AS goods FROM shop.goods")
    shop.land("goods1.csv", "id,day\n1,2024-01-01\nx,2024-01-02\n")
    assert invoke("run").exit_code == 0
    return shop


def events(shop):
    records = open_instance(shop.root).fetch_materializations(dg.AssetKey(["shop", "goods"]), limit=10).records
    return [{key: value.value for key, value in each.asset_materialization.metadata.items()} for each in records]


def test_a_table_is_loaded_afresh_and_what_reads_it_follows(goods, invoke):
    goods.table("goods", "id: string, day: date")
    result = invoke("run", 'key:"shop/goods"', "--reload")
    assert result.exit_code == 0, result.output
    assert [row[0] for row in goods.rows(ROWS)] == ["1", "x"]
    assert [event["rows_accepted"] for event in events(goods)] == [2, 1]
    assert "kpi/count" in invoke("run").output
    assert goods.rows("SELECT goods FROM kpi.count") == [(2,)]
    assert "Nothing new" in invoke("run").output


def test_a_reload_that_fails_says_why_and_tells_no_event(goods, invoke):
    (goods.root / "datasets/archive/shop/goods1.csv").unlink()
    result = invoke("run", 'key:"shop/goods"', "--reload")
    assert result.exit_code == 1
    assert "goods1.csv: the ledger knows goods1.csv" in result.output
    assert len(events(goods)) == 1


def test_reload_wants_to_know_what(goods, invoke):
    result = invoke("run", "--reload")
    assert result.exit_code == 2
    assert "--reload needs a SELECTION" in result.output


def test_a_partitioned_table_is_loaded_afresh_whole(shop, invoke):
    name = "file: 'goods_(?<partition>\\d{8})\\.csv', format: yyyyMMdd"
    grid = f"partitions: {{grain: daily, start: 2024-01-01, end: 2024-01-10, column: day, {name}}}"
    shop.table("goods", "id: long, day: date", grid, pattern="goods_\\d{8}\\.csv")
    shop.land("goods_20240102.csv", "id,day\n1,2024-01-02\n")
    shop.land("goods_20240105.csv", "id,day\nx,2024-01-05\n5,2024-01-05\n")
    assert invoke("run").exit_code == 0
    shop.table("goods", "id: string, day: date", grid, pattern="goods_\\d{8}\\.csv")
    result = invoke("run", 'key:"shop/goods"', "--reload")
    assert result.exit_code == 0, result.output
    assert sorted(row[0] for row in shop.rows(ROWS)) == ["1", "5", "x"]
    assert {event["files"] for event in events(shop)} == {0, 1}


def test_what_is_mended_is_replayed_and_the_rest_is_told(goods, invoke):
    goods.land("goods2.csv", "id,day\n2,05.01.2024\ny,06.01.2024\n")
    assert invoke("run").exit_code == 0
    goods.write("config/types/types.sl.yml", "version: 1\ntypes:\n  - {name: tag, primitiveType: date, pattern: dd.MM.yyyy}\n")
    goods.table("goods", "id: long, day: tag")
    result = invoke("rejects", "replay", "shop.goods")
    assert result.exit_code == 0, result.output
    assert "Still rejected in shop.goods" in result.output
    assert [row[0] for row in goods.rows(ROWS)] == [1, 2]
    assert events(goods)[0]["rows_accepted"] == 1
    open_ones = [json.loads(line) for line in invoke("rejects", "show", "--json").output.splitlines()]
    assert sorted((row["file"], row["line"]) for row in open_ones) == [("goods1.csv", 3), ("goods2.csv", 3)]
    before = len(events(goods))
    assert invoke("rejects", "replay").exit_code == 0
    assert len(events(goods)) == before


def test_a_corrected_file_is_loaded_by_name(goods, invoke):
    result = invoke("rejects", "export", "shop.goods")
    assert result.exit_code == 0, result.output
    (path,) = (goods.root / "datasets/replay/shop/goods").iterdir()
    assert str(path) in result.output
    path.write_text("id,day\n7,2024-01-02\n")
    result = invoke("rejects", "replay", "shop.goods", "--file", str(path))
    assert result.exit_code == 0, result.output
    assert "Nothing is rejected any more." in result.output
    assert [row[0] for row in goods.rows(ROWS)] == [1, 7]
    assert "No rejected record is open." in invoke("rejects", "replay").output


def test_a_file_that_is_no_replay_file_is_refused(goods, invoke):
    path = goods.write("other.csv", "id,day\n7,2024-01-02\n")
    result = invoke("rejects", "replay", "shop.goods", "--file", str(path))
    assert result.exit_code == 1
    assert "other.csv is not named like a replay file" in result.output


def test_an_overwriting_table_is_loaded_afresh_instead(shop, invoke):
    shop.table("goods", "id: long, day: date", "metadata: {writeStrategy: {type: OVERWRITE}}")
    shop.land("goods1.csv", "id,day\n1,2024-01-01\nx,2024-01-02\n")
    invoke("run")
    shop.table("goods", "id: string, day: date", "metadata: {writeStrategy: {type: OVERWRITE}}")
    assert invoke("rejects", "replay").exit_code == 0
    assert [row[0] for row in shop.rows(ROWS)] == ["1", "x"]


def test_a_file_whose_name_carries_no_partition_is_said(shop, invoke):
    grid = "partitions: {grain: daily, start: 2024-01-01, column: day, file: 'goods_(?<partition>\\d{8})', format: yyyyMMdd}"
    shop.table("goods", "id: long, day: date", grid, pattern="goods_\\d{8}\\.csv")
    shop.land("goods_20240102.csv", "id,day\n1,2024-01-02\n")
    assert "goods_20240102.csv waits for shop.goods, and its name carries no partition" in invoke("run").output
