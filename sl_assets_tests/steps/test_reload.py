"""`--reload`: a table made anew from all its files, under today's YAML, in one transaction."""

import pytest

from sl_assets.steps.load import load
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

OPEN = "SELECT FILE, LINE FROM audit.rejected WHERE REPLAYED_BY IS NULL ORDER BY FILE, LINE"


def load_goods(shop, run="r1", **options):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run), **options)


def reload_goods(shop, run="r9"):
    return load_goods(shop, run, reload=True)


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", "id,label\n1,one\nx,two\n", at=100)
    load_goods(shop)
    shop.land("goods2.csv", "id,label\n3,three\n", at=50)
    load_goods(shop, "r2")
    return shop


@pytest.mark.slow
def test_every_file_is_loaded_again_under_todays_yaml(goods):
    goods.table("goods", "id: string!, label: string")
    report = reload_goods(goods)
    assert report.failures == ()
    assert report.counts == Counts(3, 3, 0)
    assert goods.rows("SELECT id, label FROM shop.goods") == [("1", "one"), ("x", "two"), ("3", "three")]
    assert goods.rows("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'goods'") == [
        ("id", "VARCHAR"),
        ("label", "VARCHAR"),
    ]
    assert goods.files("archive") == ["goods1.csv", "goods2.csv"]


@pytest.mark.slow
def test_its_rejected_rows_are_those_of_today(goods):
    assert goods.rows(OPEN) == [("goods1.csv", 3)]
    goods.table("goods", "id: string!, label: long")
    reload_goods(goods)
    assert goods.rows(OPEN) == [("goods1.csv", 2), ("goods1.csv", 3), ("goods2.csv", 2)]
    assert goods.rows("SELECT COUNT, COUNTACCEPTED, COUNTREJECTED, RUN FROM audit.files ORDER BY NAME") == [
        (2, 0, 2, "r9"),
        (1, 0, 1, "r9"),
    ]


@pytest.mark.slow
def test_a_second_reload_gives_the_same(goods):
    goods.table("goods", "id: string!, label: string")
    reload_goods(goods)
    before = goods.rows("SELECT * FROM shop.goods")
    assert reload_goods(goods, "r10").failures == ()
    assert goods.rows("SELECT * FROM shop.goods") == before
    assert goods.rows("SELECT count(*) FROM audit.files") == [(2,)]


@pytest.mark.slow
def test_what_waits_comes_after_what_was_there(goods):
    goods.table("goods", "id: long!, label: string", "metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}")
    goods.land("goods3.csv", "id,label\n1,newest\n", at=1)
    report = reload_goods(goods)
    assert [(file.name, file.status) for file in report.files] == [
        ("goods1.csv", "loaded"),
        ("goods2.csv", "loaded"),
        ("goods3.csv", "loaded"),
    ]
    assert goods.rows("SELECT id, label FROM shop.goods ORDER BY id") == [(1, "newest"), (3, "three")]


@pytest.mark.slow
def test_the_order_is_that_of_the_loads_not_of_the_files(goods):
    goods.table("goods", "id: string, label: string", "metadata: {writeStrategy: {type: OVERWRITE}}")
    reload_goods(goods)
    assert goods.rows("SELECT label FROM shop.goods") == [("three",)]


@pytest.mark.slow
def test_a_view_on_the_table_survives(goods):
    project = goods.project()
    with Warehouse.of(project.settings).writer("test") as connection:
        connection.execute("CREATE VIEW shop.labels AS SELECT label FROM shop.goods")
    reload_goods(goods)
    assert goods.rows("SELECT count(*) FROM shop.labels") == [(2,)]


@pytest.mark.slow
def test_a_file_that_is_gone_leaves_everything_as_it_is(goods):
    (goods.root / "datasets/archive/shop/goods1.csv").unlink()
    goods.table("goods", "id: string!, label: string")
    goods.land("goods3.csv", "id,label\n7,seven\n")
    report = reload_goods(goods)
    assert len(report.failures) == 1
    assert report.failures[0].startswith("goods1.csv: the ledger knows goods1.csv")
    assert goods.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (3,)]
    assert goods.files("stage") == ["goods3.csv"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attributes", "extra", "reason"),
    [
        pytest.param("id: long!, label: string", "metadata: {rejectAllOnError: true}", "1 of 2 rows rejected, and", id="limit"),
        pytest.param("other: string, another: long", "", "goods1.csv", id="header"),
        pytest.param("id: string, label: string", "metadata: {multiline: false, format: PARQUET}", "goods1.csv", id="format"),
        pytest.param("id: string, label: string", "presql: ['SELECT * FROM nothing']", "nothing", id="presql"),
    ],
)
def test_a_file_that_cannot_be_loaded_any_more_leaves_everything_as_it_is(goods, attributes, extra, reason):
    before = goods.rows(OPEN), goods.rows("SELECT * FROM audit.files ORDER BY ALL")
    goods.table("goods", attributes, extra)
    report = reload_goods(goods)
    assert reason in report.failures[0]
    assert "he table is as it was before" in report.failures[0]
    assert goods.rows("SELECT id, label FROM shop.goods ORDER BY id") == [(1, "one"), (3, "three")]
    assert goods.rows("SELECT * FROM audit.files ORDER BY ALL") == before[1]
    assert goods.files("archive") == ["goods1.csv", "goods2.csv"]
    assert goods.rows("SELECT count(*) FROM audit.audit WHERE NOT SUCCESS AND JOBID LIKE '%-r9-%'") == [(1,)]


@pytest.mark.slow
def test_versions_keep_their_times(shop):
    strategy = "metadata: {writeStrategy: {type: SCD2, key: [id], timestamp: at}}"
    shop.table("goods", "id: long, label: string, at: date", strategy)
    for number in (1, 2, 3):
        shop.land(f"goods{number}.csv", f"id,label,at\n1,v{number},2024-01-0{number}\n2,w,2024-01-01\n")
        load_goods(shop, f"r{number}")
    before = shop.rows("SELECT * FROM shop.goods ORDER BY ALL")
    assert len({row[3] for row in before}) == 3
    assert reload_goods(shop).failures == ()
    assert shop.rows("SELECT * FROM shop.goods ORDER BY ALL") == before


@pytest.mark.slow
def test_a_table_that_was_never_loaded_is_simply_loaded(shop):
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", "id,label\n1,one\n")
    assert reload_goods(shop).rows == 1
    assert reload_goods(shop, "r10").rows == 1
