"""What keeps a file from being loaded: too many rejected records, or a file of its name that was there before."""

import pytest

from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import APPLICATION, DOMAIN

FILE = "id\n1\n2\n3\n4\nx\n"
GRID = "partitions: {grain: daily, start: 2024-01-01, column: day, file: 'goods_(?<partition>\\d{8})\\.csv', format: yyyyMMdd}"


def load_goods(shop, run="r1"):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run))


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("rejectMaxRate: 0.2", ""),
        ("rejectMaxRate: 0.19", "1 of 5 rows rejected, more than rejectMaxRate (0.19); nothing was written."),
        ("rejectMaxRate: 0", "1 of 5 rows rejected, more than rejectMaxRate (0); nothing was written."),
        ("rejectMaxRecords: 1", ""),
        ("rejectMaxRecords: 0", "1 of 5 rows rejected, more than rejectMaxRecords (0); nothing was written."),
        ("rejectAllOnError: true", "1 of 5 rows rejected, and rejectAllOnError is set; nothing was written."),
    ],
)
@pytest.mark.parametrize("where", ["application", "domain", "table"])
def test_a_file_with_too_many_rejected_records_fails_as_a_whole(shop, limit, reason, where):
    extra = f"metadata: {{{limit}}}" if where == "table" else ""
    if where == "application":
        shop.write("config/application.sl.yml", f"{APPLICATION}  {limit}\n")
    if where == "domain":
        shop.write("config/load/shop/_config.sl.yml", f"{DOMAIN.rstrip()}\n    {limit}\n")
    shop.table("goods", "id: long", extra)
    shop.land("goods1.csv", FILE)
    report = load_goods(shop)
    assert [file.message for file in report.files] == [reason]
    assert report.rows == (0 if reason else 4)
    assert shop.rows("SELECT count(*) FROM audit.rejected") == [(1,)]


def test_the_nearest_limit_counts(shop):
    shop.write("config/application.sl.yml", f"{APPLICATION}  rejectMaxRecords: 0\n  rejectAllOnError: true\n")
    shop.table("goods", "id: long", "metadata: {rejectMaxRecords: 5, rejectAllOnError: false}")
    shop.land("goods1.csv", FILE)
    assert load_goods(shop).failures == ()


@pytest.mark.slow
def test_a_limit_is_asked_of_each_file(shop):
    shop.table("goods", "id: long", "metadata: {rejectMaxRecords: 1}")
    shop.land("goods1.csv", FILE)
    shop.land("goods2.csv", "id\ny\nz\n5\n")
    shop.land("goods3.csv", FILE)
    report = load_goods(shop)
    assert [file.status for file in report.files] == ["loaded", "failed", "loaded"]
    assert report.rows == 8


@pytest.mark.slow
def test_a_changed_file_is_loaded_unless_told_otherwise(shop):
    shop.table("goods", "id: long")
    shop.land("goods1.csv", "id\n1\n")
    load_goods(shop)
    shop.land("goods1.csv", "id\n2\n")
    assert load_goods(shop, "r2").rows == 2


@pytest.mark.slow
def test_a_changed_file_can_be_ignored(shop):
    shop.table("goods", "id: long", "metadata: {onChangedFile: ignore}")
    shop.land("goods1.csv", "id\n1\n")
    load_goods(shop)
    for number in (2, 3):
        shop.land("goods1.csv", f"id\n{number}\n")
        report = load_goods(shop, f"r{number}")
        (file,) = report.files
        assert (file.status, report.failures, report.rows) == ("ignored", (), 1)
        assert "a file of this name and other content was loaded at" in file.message
        assert file.path.read_text() == f"id\n{number}\n"
    assert shop.files("unresolved") == ["goods1.csv", "goods1.csv~2"]
    assert shop.files("stage") == []


@pytest.mark.slow
def test_a_changed_file_can_be_refused(shop):
    shop.table("goods", "id: long", "metadata: {onChangedFile: refuse}")
    shop.land("goods1.csv", "id\n1\n")
    load_goods(shop)
    shop.land("goods1.csv", "id\n2\n")
    shop.land("goods2.csv", "id\n3\n")
    report = load_goods(shop, "r2")
    assert report.failures[0].endswith("and onChangedFile is refuse; it stays in stage.")
    assert shop.files("stage") == ["goods1.csv"]
    assert report.rows == 2


def test_the_same_file_again_is_no_changed_file(shop):
    shop.table("goods", "id: long", "metadata: {onChangedFile: refuse}")
    for run in ("r1", "r2"):
        shop.land("goods1.csv", "id\n1\n")
        assert load_goods(shop, run).failures == ()


def test_two_files_of_one_name_that_wait_together_are_the_first_and_a_changed_one(shop):
    shop.table("goods", "id: long", "metadata: {onChangedFile: ignore}")
    shop.write("datasets/stage/shop/goods1.csv", "id\n1\n")
    shop.write("datasets/stage/shop/goods1.csv~2", "id\n2\n")
    report = load_goods(shop)
    assert sorted(file.status for file in report.files) == ["ignored", "loaded"]
    assert report.rows == 1


def test_a_corrected_file_takes_the_place_of_a_broken_one_even_where_changed_files_are_refused(shop):
    shop.table("goods", "id: long", "metadata: {onChangedFile: refuse}")
    shop.land("goods1.csv", "other\n1\n")
    assert load_goods(shop).failures
    shop.land("goods1.csv", "id\n2\n")
    report = load_goods(shop, "r2")
    assert [file.status for file in report.files] == ["superseded", "loaded"]
    assert (report.failures, report.rows) == ((), 1)
