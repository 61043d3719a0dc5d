import pytest

from sl_assets.project.windows import window_of_key
from sl_assets.steps.load import load
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

PARTITIONS = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})_\d+\.json', format: yyyyMMdd}
"""


@pytest.fixture
def sales(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!", PARTITIONS, pattern=r"sales_\d{8}_\d+\.json")
    return shop


def line(number, day, hour="12"):
    return f'{{"id": {number}, "sold_at": "2026-01-{day} {hour}:00:00"}}\n'


def load_days(shop, *days, run="r1"):
    project, table = shop.project(), shop.node("shop.sales")
    windows = [window_of_key(table.partitions, f"2026-01-{day}") for day in days]
    return load(project, Warehouse.of(project.settings), table, Run(run), windows)


def per_day(shop):
    return shop.rows("SELECT strftime(sold_at, '%d'), count(*), sum(id)::BIGINT FROM shop.sales GROUP BY 1 ORDER BY 1")


def test_a_range_is_one_pass_with_counts_for_each_partition(sales):
    sales.land("sales_20260101_1.json", line(1, "01") + line(2, "01"))
    sales.land("sales_20260102_1.json", line(3, "02"))
    report = load_days(sales, "01", "02", "03")
    assert [(each.key, each.files, each.counts) for each in report.partitions] == [
        ("2026-01-01", 1, Counts(2, 2, 0)),
        ("2026-01-02", 1, Counts(1, 1, 0)),
        ("2026-01-03", 0, Counts(0, 0, 0)),
    ]
    assert per_day(sales) == [("01", 2, 3), ("02", 1, 3)]


def test_only_the_files_of_the_window_are_taken(sales):
    sales.land("sales_20260101_1.json", line(1, "01"))
    sales.land("sales_20260102_1.json", line(2, "02"))
    load_days(sales, "02")
    assert per_day(sales) == [("02", 1, 2)]
    assert sales.files("stage") == ["sales_20260101_1.json"]


@pytest.mark.slow
def test_a_late_file_joins_what_the_archive_has(sales):
    sales.land("sales_20260101_1.json", line(1, "01"))
    load_days(sales, "01")
    sales.land("sales_20260101_2.json", line(2, "01"))
    report = load_days(sales, "01", run="r2")
    assert report.partitions[0].files == 2
    assert per_day(sales) == [("01", 2, 3)]


@pytest.mark.slow
def test_building_a_partition_again_gives_the_same_rows_and_touches_no_other(sales):
    sales.land("sales_20260101_1.json", line(1, "01"))
    sales.land("sales_20260102_1.json", line(2, "02"))
    load_days(sales, "01", "02")
    load_days(sales, "01", run="r2")
    load_days(sales, "01", run="r3")
    assert per_day(sales) == [("01", 1, 1), ("02", 1, 2)]
    assert sales.rows("SELECT NAME, RUN FROM audit.files ORDER BY NAME") == [
        ("sales_20260101_1.json", "r3"),
        ("sales_20260102_1.json", "r1"),
    ]


def test_a_row_of_another_day_is_rejected(sales):
    sales.land("sales_20260101_1.json", line(1, "01") + line(2, "05"))
    report = load_days(sales, "01")
    assert report.partitions[0].counts == Counts(2, 1, 1)
    assert sales.rows("SELECT RULE, ATTRIBUTE, LINE FROM audit.rejected") == [("partition", "sold_at", 2)]


def test_one_broken_file_fails_its_partition_and_no_other(sales):
    for day in ("01", "02", "03"):
        sales.land(f"sales_202601{day}_1.json", line(int(day), day))
    sales.land("sales_20260102_2.json", '{"id": ')
    report = load_days(sales, "01", "02", "03")
    assert [bool(each.failure) for each in report.partitions] == [False, True, False]
    assert "sales_20260102_2.json" in report.partitions[1].failure
    assert per_day(sales) == [("01", 1, 1), ("03", 1, 3)]
    assert sales.files("stage") == ["sales_20260102_1.json", "sales_20260102_2.json"]


def test_a_corrected_file_heals_its_partition(sales):
    sales.land("sales_20260101_1.json", "nonsense", at=1)
    assert load_days(sales, "01").failures
    sales.land("sales_20260101_1.json", line(1, "01"), at=2)
    assert load_days(sales, "01", run="r2").failures == ()
    assert per_day(sales) == [("01", 1, 1)]
    assert sales.files("unresolved") == ["sales_20260101_1.json"]


def test_a_partition_whose_archived_file_is_gone_is_refused_and_kept(sales):
    sales.land("sales_20260101_1.json", line(1, "01"))
    load_days(sales, "01")
    (sales.root / "datasets/archive/shop/sales_20260101_1.json").unlink()
    report = load_days(sales, "01", run="r2")
    assert "restore the file there" in report.failures[0]
    assert per_day(sales) == [("01", 1, 1)]


def test_an_archived_file_that_was_changed_is_refused(sales):
    sales.land("sales_20260101_1.json", line(1, "01"))
    load_days(sales, "01")
    sales.write("datasets/archive/shop/sales_20260101_1.json", line(2, "01"))
    assert "is another file" in load_days(sales, "01", run="r2").failures[0]


def test_empty_fail_refuses_a_window_without_files(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!", PARTITIONS.replace("yyyyMMdd}", "yyyyMMdd, empty: fail}"))
    report = load_days(shop, "01")
    assert report.failures == ("partition 2026-01-01: there is no file for it",)


def test_a_file_without_a_partition_in_its_name_is_told(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!", PARTITIONS)
    shop.land("sales_extra.json", line(1, "01"))
    report = load_days(shop, "01")
    assert report.warnings == ("sales_extra.json carries no partition in its name and was not loaded",)


def test_a_partitioned_table_wants_windows(sales):
    project = sales.project()
    with pytest.raises(ValueError, match="needs partition keys"):
        load(project, Warehouse.of(project.settings), sales.node("shop.sales"), Run("r1"))
