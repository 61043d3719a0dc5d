"""What is older than `retention` allows is removed, and nothing else; files that were pruned stay known as loaded."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from sl_assets.project.retention import has_retention
from sl_assets.project.windows import window_of_key
from sl_assets.steps import retention
from sl_assets.steps.load import load
from sl_assets.steps.retention import prune
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WarehouseError
from sl_assets_tests.shop import APPLICATION, DOMAIN

GOODS = "id: long!, label: string"
PARTITIONS = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


def application(shop, settings):
    shop.write("config/application.sl.yml", f"{APPLICATION}  retention: {{{settings}}}\n")


def run_load(shop, name="goods", run="r1", **options):
    project, table = shop.project(), shop.node(f"shop.{name}")
    return load(project, Warehouse.of(project.settings), table, Run(run), **options)


def run_prune(shop, *chosen, days=0, **options):
    """Prune as if so many days had gone by."""
    project = shop.project()
    now = datetime.now(UTC) + timedelta(days=days)
    return prune(project, Warehouse.of(project.settings), Run("p1"), chosen, now=now, **options)


def removed(report):
    return sorted(row.name for rows in report.archived.values() for row in rows)


def rows_of(report):
    return {(name, str(key)): number for (name, key), number in report.rows.items()}


def ledger(shop):
    """Each loaded file: is it in the archive, was it pruned?"""
    return shop.rows("SELECT NAME, ARCHIVE IS NOT NULL, PRUNED_AT IS NOT NULL FROM audit.files ORDER BY NAME")


@pytest.fixture
def goods(shop):
    """Two loaded files, one with a rejected row; archives are kept for 90 days."""
    application(shop, "archive: 90d")
    shop.table("goods", GOODS)
    shop.land("goods1.csv", "id,label\n1,one\nx,bad\n")
    shop.land("goods2.csv", "id,label\n2,two\n")
    run_load(shop)
    return shop


def test_by_default_everything_is_kept(goods):
    goods.write("config/application.sl.yml", APPLICATION)
    assert not has_retention(goods.project())
    assert run_prune(goods, days=10_000).is_empty
    assert goods.files("archive") == ["goods1.csv", "goods2.csv"]


@pytest.mark.slow
def test_archived_files_go_when_their_time_has_come_and_stay_known_as_loaded(goods):
    assert run_prune(goods, days=89).is_empty
    assert removed(run_prune(goods, days=91)) == ["goods1.csv", "goods2.csv"]
    assert goods.files("archive") == []
    assert ledger(goods) == [("goods1.csv", False, True), ("goods2.csv", False, True)]
    goods.land("goods2.csv", "id,label\n2,two\n")
    assert [file.status for file in run_load(goods, run="r2").files] == ["repeated"]
    assert goods.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,)]


@pytest.mark.slow
def test_it_is_the_time_of_the_load_that_counts_not_that_of_the_file(goods):
    goods.land("goods3.csv", "id,label\n3,three\n", at=1)
    run_load(goods, run="r2")
    assert run_prune(goods, days=89).is_empty


@pytest.mark.slow
def test_a_dry_run_tells_the_same_and_removes_nothing(goods):
    application(goods, "archive: 90d, rejects: 90d, audit: 90d")
    before = ledger(goods)
    report = run_prune(goods, days=91, dry_run=True)
    assert removed(report) == ["goods1.csv", "goods2.csv"]
    assert rows_of(report) == {("rejected", "shop.goods"): 1, ("audit", "shop.goods"): 2}
    assert ledger(goods) == before
    assert goods.files("archive") == ["goods1.csv", "goods2.csv"]
    assert goods.rows("SELECT (SELECT count(*) FROM audit.rejected), (SELECT count(*) FROM audit.audit)") == [(1, 2)]
    assert run_prune(goods, days=91) == report


@pytest.mark.slow
def test_each_kind_has_a_time_of_its_own(goods):
    application(goods, "rejects: 30d, audit: 60d")
    assert run_prune(goods, days=29).is_empty
    assert rows_of(run_prune(goods, days=31)) == {("rejected", "shop.goods"): 1}
    assert rows_of(run_prune(goods, days=61)) == {("audit", "shop.goods"): 2}
    assert goods.rows("SELECT (SELECT count(*) FROM audit.rejected), (SELECT count(*) FROM audit.audit)") == [(0, 0)]
    assert goods.files("archive") == ["goods1.csv", "goods2.csv"]


def test_quarantined_rows_go_with_the_rejected_ones(shop):
    application(shop, "rejects: 30d")
    rule = "expectations:\n  - {name: named, row: label IS NOT NULL, action: quarantine}"
    shop.table("goods", GOODS, rule)
    shop.land("goods1.csv", "id,label\n1,one\n2,\n")
    run_load(shop)
    shop.table("goods", GOODS)  # the rule is gone, its rows are not
    assert run_prune(shop, days=29).is_empty
    assert rows_of(run_prune(shop, "shop.goods", days=31)) == {("quarantine", "shop.goods"): 1}
    assert shop.rows("SELECT count(*) FROM shop.goods_quarantine") == [(0,)]
    assert shop.rows("SELECT id FROM shop.goods") == [(1,)]


def test_a_table_says_it_over_its_domain_and_the_domain_over_the_application_key_by_key(shop):
    application(shop, "archive: 90d, rejects: 30d")
    shop.write("config/load/shop/_config.sl.yml", DOMAIN + "    retention: {archive: 2 weeks}\n")
    shop.table("goods", GOODS)
    shop.table("wares", GOODS, "metadata: {retention: {rejects: keep}}")
    shop.table("prices", GOODS, "metadata: {retention: {archive: keep, rejects: 7d}}")
    tables = {key.name: table.retention for key, table in shop.project().tables.items()}
    assert {name: (each.archive, each.rejects) for name, each in tables.items()} == {
        "goods": (timedelta(days=14), timedelta(days=30)),
        "wares": (timedelta(days=14), None),
        "prices": (None, timedelta(days=7)),
    }


@pytest.mark.slow
def test_only_what_is_chosen_is_pruned(goods):
    goods.table("wares", GOODS)
    goods.land("wares1.csv", "id,label\n1,one\n")
    run_load(goods, "wares")
    assert removed(run_prune(goods, "shop.wares", days=91)) == ["wares1.csv"]
    assert goods.files("archive") == ["goods1.csv", "goods2.csv"]
    assert removed(run_prune(goods, "shop", days=91)) == ["goods1.csv", "goods2.csv"]


def test_a_table_that_the_project_has_no_more_goes_by_the_application(goods):
    (goods.root / "config/load/shop/goods.sl.yml").unlink()
    assert removed(run_prune(goods, days=91)) == ["goods1.csv", "goods2.csv"]


def test_a_file_that_came_again_goes_from_the_archive_too_and_a_strange_one_stays(goods):
    goods.land("goods1.csv", "id,label\n1,one\nx,bad\n")
    run_load(goods, run="r2")
    goods.write("datasets/archive/shop/theirs.csv", "id,label\n1,one\n")
    report = run_prune(goods, days=91)
    assert len(report.repeated) == 1
    assert goods.files("archive") == ["theirs.csv"]


def test_files_put_aside_go_by_the_time_they_were_put_there(goods):
    application(goods, "unresolved: 30d")
    path = goods.write("datasets/unresolved/shop/broken.csv", "?")
    os.utime(path, (1, 1))
    goods.write("datasets/unresolved/shop/.hidden", "?")
    assert run_prune(goods, days=29).is_empty
    assert run_prune(goods, "shop.goods", days=31).is_empty
    assert run_prune(goods, days=31).unresolved == (path,)
    assert goods.files("unresolved") == [".hidden"]


@pytest.fixture
def sales(shop):
    application(shop, "archive: 90d")
    shop.table("sales", "id: long!, sold_at: timestamp!", PARTITIONS, pattern=r"sales_\d{8}\.json")
    land_sale(shop)
    load_day(shop)
    return shop


def land_sale(shop):
    shop.land("sales_20260101.json", '{"id": 1, "sold_at": "2026-01-01 12:00:00"}\n')


def load_day(shop, run="r1"):
    window = window_of_key(shop.node("shop.sales").partitions, "2026-01-01")
    return run_load(shop, "sales", run, windows=[window])


@pytest.mark.slow
def test_a_partition_whose_file_was_pruned_is_refused_with_the_reason_and_kept(sales):
    run_prune(sales, days=91)
    day = (datetime.now(UTC) + timedelta(days=91)).date()
    (failure,) = load_day(sales, "r2").failures
    assert f"its archived file was removed by retention on {day}" in failure
    assert sales.rows("SELECT id FROM shop.sales") == [(1,)]


@pytest.mark.slow
def test_a_pruned_file_that_comes_again_is_back_in_the_archive_and_rebuilds_its_partition(sales):
    run_prune(sales, days=91)
    land_sale(sales)
    assert load_day(sales, "r2").failures == ()
    assert sales.rows("SELECT id FROM shop.sales") == [(1,)]
    assert ledger(sales) == [("sales_20260101.json", True, False)]
    assert sales.files("archive") == ["sales_20260101.json"]
    assert load_day(sales, "r3").failures == ()


@pytest.mark.slow
def test_a_table_whose_file_was_pruned_is_loaded_afresh_once_the_file_is_back(goods):
    run_prune(goods, days=91)
    assert "removed by retention" in run_load(goods, run="r2", reload=True).failures[0]
    goods.land("goods1.csv", "id,label\n1,one\nx,bad\n")
    goods.land("goods2.csv", "id,label\n2,two\n")
    run_load(goods, run="r3")
    assert run_load(goods, run="r4", reload=True).failures == ()
    assert goods.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,)]


@pytest.mark.slow
def test_what_cannot_be_removed_is_told_and_tried_again(goods, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(retention, "_remove", lambda path: f"{path}: Permission denied" if path.name == "goods1.csv" else "")
        report = run_prune(goods, days=91)
    assert report.failures == (f"{goods.root}/datasets/archive/shop/goods1.csv: Permission denied",)
    assert ledger(goods) == [("goods1.csv", True, True), ("goods2.csv", False, True)]
    assert removed(run_prune(goods)) == ["goods1.csv"]  # whatever the time: it was given up before
    assert ledger(goods) == [("goods1.csv", False, True), ("goods2.csv", False, True)]


KILLED = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sl_assets.project import load_project
from sl_assets.steps import retention
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

def die_at(name):
    there = getattr(retention, name)
    calls = []
    def step(*arguments):
        calls.append(name)
        if len(calls) == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        return there(*arguments)
    setattr(retention, name, step)

die_at(sys.argv[2])
project = load_project(Path(sys.argv[1]), {})
retention.prune(project, Warehouse.of(project.settings), Run("p0"), now=datetime.now(UTC) + timedelta(days=91))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "call"), [("mark_pruned", 1), ("_remove", 1), ("_remove", 2), ("forget_archive", 1), ("delete_old", 1)]
)
def test_a_prune_that_was_killed_is_finished_by_the_next(goods, step, call):
    application(goods, "archive: 90d, rejects: 90d")
    killed = subprocess.run([sys.executable, "-c", KILLED, goods.root, step, str(call)], check=False)
    assert killed.returncode == -signal.SIGKILL
    there = goods.files("archive")
    marked = {name for name, _, pruned in ledger(goods) if pruned}
    assert {"goods1.csv", "goods2.csv"} - set(there) <= marked  # no file went before its row said so
    run_prune(goods, days=91)
    assert goods.files("archive") == []
    assert ledger(goods) == [("goods1.csv", False, True), ("goods2.csv", False, True)]
    assert goods.rows("SELECT count(*) FROM audit.rejected") == [(0,)]
    assert goods.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,)]


@pytest.mark.slow
def test_a_half_pruned_file_is_read_while_it_is_there(sales, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(retention, "_remove", lambda path: f"{path}: Permission denied")
        run_prune(sales, days=91)
    assert load_day(sales, "r2").failures == ()
    assert ledger(sales) == [("sales_20260101.json", True, False)]  # it was loaded again: its time begins anew


def test_a_warehouse_of_an_earlier_version_is_brought_up_to_date(goods):
    with Warehouse.of(goods.project().settings).writer("a test") as connection:
        connection.execute("ALTER TABLE audit.files DROP COLUMN PRUNED_AT")
        connection.execute("UPDATE audit.version SET LEDGER = 1")
    assert removed(run_prune(goods, days=91)) == ["goods1.csv", "goods2.csv"]


def test_there_is_nothing_to_prune_where_nothing_was_loaded(shop):
    shop.table("goods", GOODS)
    with pytest.raises(WarehouseError, match="There is no warehouse at"):
        run_prune(shop)
    assert not shop.project().settings.database.exists()


def test_an_archive_that_was_moved_away_by_hand_is_no_failure(goods):
    shutil.rmtree(goods.root / "datasets/archive")
    assert run_prune(goods, days=91).failures == ()
    assert ledger(goods) == [("goods1.csv", False, True), ("goods2.csv", False, True)]
