"""Replay: what was rejected and is valid by now is loaded, once; what is still wrong is said."""

import pytest

from sl_assets.steps.load import load
from sl_assets.steps.replay import replay, replays_records
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

OPEN = "SELECT FILE, LINE FROM audit.rejected WHERE REPLAYED_BY IS NULL ORDER BY FILE, LINE"
ROWS = "SELECT id, day FROM shop.goods ORDER BY id"


def load_goods(shop, run="r1", **options):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run), **options)


def replay_goods(shop, run="r5"):
    project = shop.project()
    return replay(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run))


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, day: date")
    shop.land("goods1.csv", "id,day\n1,2024-01-01\n2,05.01.2024\nx,2024-01-02\n4,06.01.2024\n")
    load_goods(shop)
    return shop


def accept_german_dates(shop):
    pattern = "dd.MM.yyyy"
    shop.write("config/types/types.sl.yml", f"version: 1\ntypes:\n  - {{name: tag, primitiveType: date, pattern: {pattern}}}\n")
    shop.table("goods", "id: long!, day: tag")


@pytest.mark.slow
def test_nothing_was_mended_so_nothing_is_loaded(goods):
    report = replay_goods(goods)
    assert [(file.status, file.counts) for file in report.files] == [("still rejected", Counts(3, 0, 3))]
    assert (report.loaded, report.failures, report.rows) == ((), (), 1)
    assert len(goods.rows(OPEN)) == 3


@pytest.mark.slow
def test_what_is_valid_by_now_is_loaded_and_the_rest_stays(goods):
    accept_german_dates(goods)
    report = replay_goods(goods)
    assert [(file.status, file.counts) for file in report.files] == [("replayed", Counts(3, 2, 1))]
    assert [row[0] for row in goods.rows(ROWS)] == [1, 2, 4]
    assert goods.rows(OPEN) == [("goods1.csv", 4)]
    assert goods.rows("SELECT COUNT, COUNTACCEPTED, COUNTREJECTED FROM audit.files") == [(4, 3, 1)]
    assert goods.rows("SELECT COUNT, COUNTACCEPTED, COUNTREJECTED, STEP FROM audit.audit WHERE STEP = 'REPLAY'") == [
        (3, 2, 1, "REPLAY")
    ]


@pytest.mark.slow
def test_a_record_is_replayed_once(goods):
    accept_german_dates(goods)
    replay_goods(goods)
    assert [file.status for file in replay_goods(goods, "r6").files] == ["still rejected"]
    assert len(goods.rows(ROWS)) == 3


@pytest.mark.slow
def test_after_a_replay_a_reload_gives_the_same_rows(goods):
    accept_german_dates(goods)
    replay_goods(goods)
    goods.table("goods", "id: string, day: string")
    load_goods(goods, "r6", reload=True)
    assert len(goods.rows(ROWS)) == 4
    assert goods.rows(OPEN) == []
    assert replay_goods(goods, "r7").files == ()


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "day"), [("UPSERT_BY_KEY", "x"), ("UPSERT_BY_KEY_AND_TIMESTAMP", "6")])
def test_a_replayed_record_meets_the_row_of_its_key_as_if_it_came_now(shop, strategy, day):
    extra = f"metadata: {{writeStrategy: {{type: {strategy}, key: [id], timestamp: at}}}}"
    types = "version: 1\ntypes:\n  - {{name: digit, primitiveType: string, pattern: '{}'}}\n"
    shop.write("config/types/types.sl.yml", types.format("[0-9]"))
    shop.table("goods", "id: long, at: date, day: digit", extra)
    shop.land("goods1.csv", "id,at,day\n1,2024-01-01,5\n2,2024-01-07,x\n")
    load_goods(shop)
    shop.land("goods2.csv", "id,at,day\n2,2024-01-09,6\n")
    load_goods(shop, "r2")
    shop.write("config/types/types.sl.yml", types.format("[0-9x]"))
    assert replay_goods(shop).counts == Counts(1, 1, 0)
    assert shop.rows(ROWS) == [(1, "5"), (2, day)]


@pytest.mark.parametrize(
    ("extra", "records"),
    [
        ("metadata: {writeStrategy: {type: OVERWRITE}}", False),
        ("metadata: {writeStrategy: {type: DELETE_THEN_INSERT, key: [id]}}", False),
        ("metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}", True),
        (
            "partitions: {grain: daily, start: 2024-01-01, column: day, file: 'goods_(?<partition>\\d{8})', format: yyyyMMdd}",
            False,
        ),
    ],
)
def test_records_are_replayed_one_by_one_where_that_touches_no_other_row(shop, extra, records):
    shop.table("goods", "id: long, day: date", extra, pattern="goods_\\d{8}\\.csv")
    assert replays_records(shop.node("shop.goods")) is records


@pytest.mark.slow
def test_a_file_that_reads_otherwise_now_is_not_guessed_at(goods):
    goods.table("goods", "id: long!, day: date", "metadata: {withHeader: false}")
    report = replay_goods(goods)
    assert report.failures[0].startswith("goods1.csv: its records are not the same as when it was loaded")
    assert "--reload" in report.failures[0]
    assert len(goods.rows(OPEN)) == 3


def test_a_file_that_is_gone_is_said(goods):
    accept_german_dates(goods)
    (goods.root / "datasets/archive/shop/goods1.csv").unlink()
    assert "which should be at" in replay_goods(goods).failures[0]


def test_records_that_the_audit_did_not_keep_cannot_be_replayed(shop):
    shop.write("config/application.sl.yml", (shop.root / "config/application.sl.yml").read_text() + "  audit: {maxErrors: 1}\n")
    shop.table("goods", "id: long!, day: date")
    shop.land("goods1.csv", "id,day\nx,2024-01-01\ny,2024-01-01\n")
    load_goods(shop)
    shop.table("goods", "id: string, day: date")
    assert "only 1 of 2 rejected records were kept" in replay_goods(shop).failures[0]


@pytest.mark.slow
def test_an_overwritten_file_has_nothing_open(shop):
    shop.table("goods", "id: long", "metadata: {writeStrategy: {type: OVERWRITE}}")
    shop.land("goods1.csv", "id\nx\n")
    load_goods(shop)
    shop.land("goods2.csv", "id\n2\ny\n")
    load_goods(shop, "r2")
    assert shop.rows(OPEN) == [("goods2.csv", 3)]


@pytest.mark.slow
def test_a_file_that_failed_and_came_through_later_has_only_its_last_rejected_rows(shop):
    limited = "metadata: {rejectMaxRate: 0.2}"
    shop.table("goods", "id: long", limited)
    shop.land("goods1.csv", "id\n1\n2\nx\n")
    assert "1 of 3 rows rejected, more than rejectMaxRate (0.2)" in load_goods(shop).failures[0]
    assert shop.rows(OPEN) == [("goods1.csv", 4)]
    shop.table("goods", "id: long", "metadata: {rejectMaxRate: 0.5}")
    assert load_goods(shop, "r2").rows == 2
    assert shop.rows(OPEN) == [("goods1.csv", 4)]
    assert shop.rows("SELECT count(*) FROM audit.rejected") == [(2,)]


def test_a_column_that_has_another_type_now_is_told_and_nothing_is_written(goods):
    accept_german_dates(goods)
    goods.table("goods", "id: string, day: tag")
    report = replay_goods(goods)
    assert "has other column types in the warehouse than in the project" in report.failures[0]
    assert "--reload" in report.failures[0]
    assert len(goods.rows(OPEN)) == 3
