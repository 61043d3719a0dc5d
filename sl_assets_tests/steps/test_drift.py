"""A project that was changed after files were loaded: what `check` says of it, and which loads are refused."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from sl_assets.project import load_project
from sl_assets.project.windows import window_of_key, windows_between
from sl_assets.steps.check import check_warehouse
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import SchemaDriftError

GOODS = "id: long!, label: string"
ROWS = "id,label\n1,one\n2,two\n"
PARTITIONS = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""
SALES = "id: long!, sold_at: timestamp!, paid_at: timestamp"


def told(shop):
    """Code, subject and text of each disagreement with the warehouse."""
    compared = check_warehouse(load_project(shop.root, {}))
    assert not compared.skipped, compared.skipped
    found = [each for each in compared.project.diagnostics if each.code.startswith("SL4")]
    assert all(each.severity == "warning" for each in found)
    return [(each.code, each.subject, f"{each.fact} {each.hint}") for each in found]


def place(shop, code):
    (found,) = [each for each in check_warehouse(load_project(shop.root, {})).project.diagnostics if each.code == code]
    return f"{found.place.file.relative_to(shop.root)}:{found.place.line}"


def run_load(shop, name="goods", run="r1", **options):
    project, table = shop.project(), shop.node(f"shop.{name}")
    report = load(project, Warehouse.of(project.settings), table, Run(run), **options)
    assert report.failures == ()
    return report


def write(shop, sql):
    with Warehouse.of(shop.project().settings).writer("a test") as connection:
        connection.execute(sql)


@pytest.fixture
def goods(shop):
    """A table with one loaded file."""
    shop.table("goods", GOODS)
    shop.land("goods1.csv", ROWS)
    run_load(shop)
    return shop


@pytest.fixture
def sales(shop):
    """A daily table with two loaded days."""
    sales_table(shop)
    for day in ("01", "02"):
        at = f"2026-01-{day} 12:00:00"
        shop.land(f"sales_202601{day}.json", f'{{"id": {int(day)}, "sold_at": "{at}", "paid_at": "{at}"}}\n')
    load_sales(shop)
    return shop


def sales_table(shop, extra=PARTITIONS, attributes=SALES):
    shop.table("sales", attributes, extra, pattern=r"sales_\d{6,8}\.json")


def load_sales(shop, run="r1", **options):
    partitions = shop.node("shop.sales").partitions
    windows = windows_between(partitions, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    return run_load(shop, "sales", run, windows=windows, **options)


def sold(shop):
    return shop.rows("SELECT id FROM shop.sales ORDER BY id")


def test_nothing_is_told_of_a_project_that_is_as_it_was(goods):
    compared = check_warehouse(goods.project())
    assert (compared.project, compared.files, compared.skipped) == (goods.project(), 1, "")
    assert told(goods) == []


def test_a_table_that_was_deleted_is_told_until_it_is_dropped(goods):
    goods.table("other", "key: string")
    (goods.root / "config/load/shop/goods.sl.yml").unlink()
    ((code, subject, text),) = told(goods)
    assert (code, subject) == ("SL401", "shop.goods")
    assert text.startswith("is in the warehouse, filled from 1 file, and not in the project any more. Nothing is renamed")
    write(goods, "DROP TABLE shop.goods")
    assert told(goods) == []


def test_a_table_that_may_have_been_renamed_is_asked_about(goods):
    (goods.root / "config/load/shop/goods.sl.yml").unlink()
    goods.table("other", "key: string")
    goods.table("wares", f"{GOODS}, price: double", pattern="goods.*")
    ((_, _, text),) = told(goods)
    assert "Is it shop.wares now (100% of its files and 67% of its columns fit)?" in text


def test_a_table_with_data_of_its_own_is_no_new_name(goods):
    goods.table("wares", GOODS)
    goods.land("wares1.csv", ROWS)
    run_load(goods, "wares")
    (goods.root / "config/load/shop/goods.sl.yml").unlink()
    ((_, _, text),) = told(goods)
    assert "Is it" not in text


@pytest.mark.slow
def test_a_transform_that_was_deleted_is_told(goods):
    goods.task("totals", "SELECT count(*) AS number FROM shop.goods")
    project = goods.project()
    transform(project, Warehouse.of(project.settings), goods.node("kpi.totals"), Run("r1"))
    assert told(goods) == []
    for path in (goods.root / "config/transform/kpi").iterdir():
        path.unlink()
    ((code, subject, text),) = told(goods)
    assert (code, subject) == ("SL401", "kpi.totals")
    assert "filled by a transform" in text


def test_a_domain_that_was_deleted_is_told_at_the_folder_it_would_be_in(goods):
    for path in (goods.root / "config/load/shop").iterdir():
        path.unlink()
    assert [each[:2] for each in told(goods)] == [("SL401", "shop.goods")]
    assert place(goods, "SL401") == "config/load:0"


def test_loaded_files_that_the_pattern_leaves_out_now_are_counted(goods):
    goods.table("goods", GOODS, pattern=r"goods_\d+\.csv")
    ((code, subject, text),) = told(goods)
    assert (code, subject) == ("SL402", "shop.goods")
    assert text.startswith("its pattern leaves out 1 of 1 loaded file, goods1.csv. ")
    assert place(goods, "SL402") == "config/load/shop/goods.sl.yml:4"


def test_loaded_files_that_another_table_would_get_now_are_counted(goods):
    goods.table("a_first", GOODS, pattern=r"goods\d+.*")
    ((code, subject, text),) = told(goods)
    assert (code, subject) == ("SL403", "shop.goods")
    assert "1 of 1 loaded file would go to shop.a_first now, goods1.csv." in text


def test_staged_files_that_no_table_takes_any_more_are_told(goods):
    goods.write("datasets/stage/shop/goods_2.txt", ROWS)
    assert told(goods) == []
    goods.table("goods", GOODS, pattern=r"goods\d\.csv")
    ((code, subject, text),) = told(goods)
    assert (code, subject) == ("SL402", "shop")
    assert "stage holds 1 file that no table takes, goods_2.txt: never loaded." in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (PARTITIONS.replace("daily", "monthly"), "monthly partitions by sold_at in UTC"),
        (PARTITIONS.replace("daily", "hourly"), "hourly partitions by sold_at in UTC"),
        (PARTITIONS.replace("sold_at", "paid_at"), "daily partitions by paid_at in UTC"),
        (PARTITIONS.replace("yyyyMMdd}", "yyyyMMdd, timezone: Asia/Tokyo}"), "daily partitions by sold_at in Asia/Tokyo"),
    ],
)
def test_other_partitions_are_told_and_a_load_that_would_lose_rows_is_refused(sales, extra, said):
    sales_table(sales, extra)
    fact = (
        f"was loaded under daily partitions by sold_at in UTC (2 files), and the project says {said}: "
        "a rebuilt partition would lose rows."
    )
    ((code, subject, text),) = told(sales)
    assert (code, subject) == ("SL404", "shop.sales")
    assert text.startswith(fact)
    assert place(sales, "SL404") == "config/load/shop/sales.sl.yml:10"
    with pytest.raises(SchemaDriftError) as refused:
        load_sales(sales, run="r2")
    assert str(refused.value).startswith(f"shop.sales {fact}")
    assert "Nothing was written. Hint: Write the old partitions back, or load the table afresh" in str(refused.value)
    assert sold(sales) == [(1,), (2,)]


@pytest.mark.slow
def test_loading_afresh_settles_it(sales):
    sales_table(sales, PARTITIONS.replace("daily", "monthly"))
    load_sales(sales, run="r2", reload=True)
    assert sold(sales) == [(1,), (2,)]
    assert told(sales) == []
    load_sales(sales, run="r3")
    assert sold(sales) == [(1,), (2,)]


def test_months_that_became_days_are_told_although_every_first_of_a_month_is_a_day(shop):
    sales_table(shop, PARTITIONS.replace("daily", "monthly").replace("yyyyMMdd", "yyyyMM").replace("{8}", "{6}"))
    shop.land("sales_202601.json", '{"id": 1, "sold_at": "2026-01-01 12:00:00"}\n{"id": 2, "sold_at": "2026-01-02 12:00:00"}\n')
    load_sales(shop)
    sales_table(shop)
    assert told(shop)[0][0] == "SL404"
    with pytest.raises(SchemaDriftError):
        load_sales(shop, run="r2")
    assert sold(shop) == [(1,), (2,)]


@pytest.mark.slow
def test_a_warehouse_that_never_wrote_definitions_down_is_judged_by_its_keys(sales):
    write(sales, "DROP TABLE audit.definitions; ALTER TABLE audit.files DROP COLUMN pruned_at")
    assert told(sales) == []
    sales_table(sales, PARTITIONS.replace("daily", "monthly"))
    ((code, _, text),) = told(sales)
    assert code == "SL404"
    assert "was loaded under other partitions (2026-01-02) (2 files), and the project says monthly" in text
    with pytest.raises(SchemaDriftError):
        load_sales(sales, run="r2")
    assert sold(sales) == [(1,), (2,)]


def test_a_table_that_was_not_partitioned_cannot_be_rebuilt_by_windows(shop):
    sales_table(shop, "metadata: {format: JSON}")
    shop.land("sales_20260101.json", '{"id": 1, "sold_at": "2026-01-01 12:00:00"}\n')
    run_load(shop, "sales")
    sales_table(shop)
    ((code, _, text),) = told(shop)
    assert code == "SL404"
    assert "was loaded under no partitions (1 file), and the project says daily" in text
    with pytest.raises(SchemaDriftError):
        load_sales(shop, run="r2")
    assert sold(shop) == [(1,)]


@pytest.mark.slow
def test_a_table_that_is_not_partitioned_any_more_is_told_and_loaded(sales):
    sales_table(sales, "metadata: {format: JSON}")
    ((code, _, text),) = told(sales)
    assert code == "SL404"
    assert text.startswith("was loaded as partitions (2 files) and has none any more.")
    sales.land("sales_20260103.json", '{"id": 3, "sold_at": "2026-01-03 12:00:00"}\n')
    run_load(sales, "sales", "r2")
    assert sold(sales) == [(1,), (2,), (3,)]


def test_days_of_a_date_are_the_same_in_every_zone(shop):
    sales_table(shop, attributes="id: long!, sold_at: date!")
    shop.land("sales_20260101.json", '{"id": 1, "sold_at": "2026-01-01"}\n')
    load_sales(shop)
    sales_table(shop, PARTITIONS.replace("yyyyMMdd}", "yyyyMMdd, timezone: Asia/Tokyo}"), "id: long!, sold_at: date!")
    assert told(shop) == []


@pytest.mark.slow
def test_partitions_before_the_start_are_told_and_others_are_loaded(sales):
    sales_table(sales, PARTITIONS.replace("start: 2026-01-01", "start: 2026-01-02"))
    ((code, _, text),) = told(sales)
    assert code == "SL405"
    assert text.startswith("start and end leave out 1 loaded partition, 2026-01-01.")
    window = window_of_key(sales.node("shop.sales").partitions, "2026-01-02")
    run_load(sales, "sales", "r2", windows=[window])
    assert sold(sales) == [(1,), (2,)]


def test_files_whose_name_says_another_partition_now_are_told(sales):
    sales_table(sales, PARTITIONS.replace("yyyyMMdd", "yyyyddMM"))
    ((code, _, text),) = told(sales)
    assert code == "SL405"
    assert "1 loaded file would go to another partition by file and format, such as sales_20260102.json: " in text
    assert "loaded into 2026-01-02, now 2026-02-01." in text


def test_a_column_that_is_no_attribute_any_more_is_told_with_its_likely_new_name(goods):
    goods.table("goods", "id: long!, labels: string, price: double")
    ((code, subject, text),) = told(goods)
    assert (code, subject) == ("SL406", "shop.goods")
    assert 'the warehouse has a column "label" (VARCHAR) that is no attribute any more. Was it renamed to "labels"?' in text


def test_a_column_that_is_gone_is_not_taken_for_one_of_another_type(goods):
    goods.table("goods", "id: long!, price: double")
    ((_, _, text),) = told(goods)
    assert "renamed" not in text


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("id: string!, label: string", ["id is BIGINT in the warehouse and VARCHAR in the project; loads are refused."]),
        ("id: integer!, label: string", ["id is BIGINT in the warehouse and INTEGER in the project; the warehouse keeps"]),
        ("id: decimal!, label: string", []),  # wide enough for every long: the next load does it
    ],
)
def test_other_column_types_are_told_as_the_next_load_takes_them(goods, attributes, said):
    types = "version: 1\ntypes:\n  - {name: integer, primitiveType: long, pattern: '-?\\d+', ddlMapping: {duckdb: INTEGER}}\n"
    goods.write("config/types/types.sl.yml", types)
    goods.table("goods", attributes)
    found = told(goods)
    assert [code for code, _, _ in found] == ["SL407"] * len(said)
    assert all(text.startswith(part) for (_, _, text), part in zip(found, said, strict=True))
    if not said:
        goods.land("goods2.csv", "id,label\n3,three\n")
        assert run_load(goods, run="r2").widened_columns


SCD2 = "metadata: {writeStrategy: {type: SCD2, key: [id], timestamp: at}}"
APPEND = "metadata: {writeStrategy: {type: APPEND}}"
UPSERT = "metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (SCD2, UPSERT, "was written by SCD2 and says UPSERT_BY_KEY now. The old versions of a key stay"),
        (APPEND, SCD2, "was written by APPEND and says SCD2 now. The rows that are there count as current versions"),
    ],
)
def test_a_change_from_or_to_versions_is_told(shop, before, after, said):
    shop.table("goods", "id: long!, at: date", before)
    shop.land("goods1.csv", "id,at\n1,2026-01-01\n")
    run_load(shop)
    assert told(shop) == []
    shop.table("goods", "id: long!, at: date", after)
    (text,) = [text for code, _, text in told(shop) if code == "SL408"]
    assert text.startswith(said)
    assert place(shop, "SL408") == "config/load/shop/goods.sl.yml:8"


@pytest.mark.parametrize(("rows", "repeated"), [("1,a\n1,b\n2,c\n,d\n,e\n", 1), ("1,a\n2,b\n,d\n,e\n", 0)])
def test_rows_that_share_a_new_key_are_counted(shop, rows, repeated):
    shop.table("goods", "id: long, label: string", APPEND)
    shop.land("goods1.csv", f"id,label\n{rows}")
    run_load(shop)
    shop.table("goods", "id: long, label: string", UPSERT)
    found = told(shop)
    assert [code for code, _, _ in found] == ["SL409"] * repeated
    assert all(text.startswith("rows that were loaded before it was the key share 1 value of (id).") for _, _, text in found)


def test_old_versions_of_a_key_do_not_count_as_repeated(shop):
    shop.table("goods", "id: long!, at: date, place: string", SCD2)
    shop.land("goods1.csv", "id,at,place\n1,2026-01-01,a\n1,2026-01-02,a\n")
    run_load(shop)
    shop.table("goods", "id: long!, at: date, place: string", SCD2.replace("[id]", "[id, place]"))
    assert told(shop) == []
    shop.table("goods", "id: long!, at: date, place: string", UPSERT.replace("[id]", "[place]"))
    assert [code for code, _, _ in told(shop)] == ["SL406", "SL406", "SL408"]


@pytest.mark.slow
def test_a_table_that_was_dropped_by_hand_is_told(goods):
    write(goods, "DROP TABLE shop.goods")
    ((code, _, text),) = told(goods)
    assert code == "SL410"
    assert text.startswith("is not in the warehouse, and the ledger has 1 file of it: none of them is loaded twice.")
    assert """`sl-assets run 'key:"shop/goods"' --reload`""" in text
    run_load(goods, run="r2", reload=True)
    assert told(goods) == []
    assert goods.rows("SELECT count(*) FROM shop.goods") == [(2,)]


def test_a_project_with_errors_is_not_compared(goods):
    goods.write("config/load/shop/goods.sl.yml", "version: 1\ntable: {name: goods}\n")
    compared = check_warehouse(load_project(goods.root, {}))
    assert compared.files is None
    assert [each.code for each in compared.project.diagnostics if each.code.startswith("SL4")] == []
    assert "errors" in compared.skipped


@pytest.mark.slow
def test_a_warehouse_that_somebody_writes_to_is_not_waited_for(goods, monkeypatch):
    monkeypatch.setattr("sl_assets.steps.check.PATIENCE", timedelta(milliseconds=50))
    holding = (
        "import sys; from pathlib import Path; from sl_assets.warehouse.duckdb.connect import Warehouse\n"
        "with Warehouse(Path(sys.argv[1])).writer('a long load'): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holding, goods.project().settings.database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        compared = check_warehouse(goods.project())
        process.stdin.close()
    assert compared.files is None
    assert f"is held by process {process.pid} (a long load) since " in compared.skipped


def test_a_database_of_somebody_else_holds_nothing_of_ours(shop):
    shop.table("goods", GOODS)
    database = shop.project().settings.database
    database.parent.mkdir(parents=True)
    with duckdb.connect(database) as connection:
        connection.execute("CREATE TABLE theirs AS SELECT 1 AS one")
    assert told(shop) == []


def test_comparing_changes_nothing(goods):
    database = goods.project().settings.database
    before = database.read_bytes()
    goods.table("goods", "id: string")
    check_warehouse(goods.project())
    assert database.read_bytes() == before
