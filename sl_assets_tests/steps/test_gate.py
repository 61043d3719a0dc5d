"""Preload strategy `ack`: nothing goes in before its ack file is there, and that goes when everything is loaded."""

import json
import os
import time
from datetime import UTC, datetime

import pytest

from sl_assets.project.windows import window_of_key
from sl_assets.steps import load as load_step
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.stage import stage
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.steps.test_load_partitions import PARTITIONS as SALES

MONDAY = datetime(2026, 11, 16, 6, tzinfo=UTC)
TODAY = "datasets/pending/shop/2026-11-16.ack"


@pytest.fixture
def acked(shop):
    shop.table("goods", "id: long!", pattern=r"goods.*\.csv")
    shop.table("prices", "id: long!", pattern=r"prices.*\.csv")
    path = shop.root / "config/load/shop/_config.sl.yml"
    path.write_text(path.read_text() + "    dagRef: acked\n")
    shop.write("config/dags/acked.sl.yml", "dag: {options: {pre_load_strategy: ack}}\n")
    return shop


def loaded(shop, name, *partitions, scheduled=MONDAY):
    project = shop.project()
    table = shop.node(f"shop.{name}")
    said = []
    windows = [window_of_key(table.partitions, key) for key in partitions] if table.partitions else None
    run = Run("r", scheduled, say=said.append)
    return load(project, Warehouse.of(project.settings), table, run, windows), said


def there(shop, path=TODAY):
    return (shop.root / path).exists()


def old(shop, name, text):
    """A file that came before its ack file did."""
    return shop.land(name, text, at=time.time() - 60)


def test_files_stay_in_landing_until_they_are_acknowledged(acked):
    old(acked, "goods1.csv", "id\n1\n")
    report, _ = loaded(acked, "goods")
    assert (report.loaded, acked.files("incoming")) == ((), ["goods1.csv"])
    acked.write(TODAY, "")
    report, said = loaded(acked, "goods")
    assert report.rows == 1
    assert not there(acked)
    assert f"{acked.root / TODAY} is used up: everything it acknowledges is loaded." in said


def test_the_import_takes_acknowledged_files_only(acked):
    acked.write("config/dags/acked.sl.yml", "dag: {options: {pre_load_strategy: ack, global_ack_file_path: '{{table}}.ok'}}\n")
    for name in ("goods1.csv", "prices1.csv"):
        acked.land(name, "id\n1\n")
    acked.write("prices.ok", "")
    project = acked.project()
    stage(project, project.domains["shop"], list(project.tables), Run("r"))
    assert (acked.files("stage"), acked.files("incoming")) == (["prices1.csv"], ["goods1.csv"])


def test_an_ack_file_is_used_up_by_the_last_of_the_tables_it_is_for(acked):
    for name in ("goods1.csv", "prices1.csv"):
        old(acked, name, "id\n1\n")
    acked.write(TODAY, "")
    _, said = loaded(acked, "goods")
    assert said[-1] == f"{acked.root / TODAY} stays: {acked.root}/datasets/incoming/shop/prices1.csv is still to be loaded."
    assert there(acked)
    loaded(acked, "prices")
    assert not there(acked)


@pytest.mark.slow
def test_a_load_that_failed_can_be_repeated(acked):
    acked.table("goods", "id: long!", "metadata: {rejectAllOnError: true}", pattern=r"goods.*\.csv")
    old(acked, "goods1.csv", "id\nx\n")
    acked.write(TODAY, "")
    report, _ = loaded(acked, "goods")
    assert (len(report.failures), there(acked)) == (1, True)
    loaded(acked, "prices")
    assert there(acked), "the ack file of the failed load was used up by another table"
    acked.table("goods", "id: long!", pattern=r"goods.*\.csv")
    loaded(acked, "goods")
    assert not there(acked)


def test_a_run_killed_between_commit_and_ack_is_finished_by_the_next_and_loads_nothing_twice(acked, monkeypatch):
    old(acked, "goods1.csv", "id\n1\n")
    acked.write(TODAY, "")

    def killed(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(load_step, "use_up_acks", killed)
        loaded(acked, "goods")
    assert there(acked)
    report, _ = loaded(acked, "goods")
    assert (report.loaded, report.rows, there(acked)) == ((), 1, False)


def test_a_file_that_came_after_its_ack_file_is_not_waited_for(acked):
    acked.write(TODAY, "")
    os.utime(acked.root / TODAY, (time.time() - 100, time.time() - 100))
    loaded(acked, "goods")
    assert not there(acked)
    acked.write(TODAY, "")
    os.utime(acked.root / TODAY, (time.time() - 100, time.time() - 100))
    old(acked, "prices1.csv", "id\n1\n")
    loaded(acked, "goods")
    assert not there(acked)


def test_each_partition_has_an_ack_file_of_its_own(acked):
    acked.table("sales", "id: long!, sold_at: timestamp!", SALES, pattern=r"sales_\d{8}_\d+\.json")
    for day in ("01", "02"):
        old(acked, f"sales_202601{day}_1.json", json.dumps({"id": 1, "sold_at": f"2026-01-{day} 08:00:00"}))
    acked.write("datasets/pending/shop/2026-01-02.ack", "")
    report, _ = loaded(acked, "sales", "2026-01-01", "2026-01-02")
    assert [(each.key, each.files) for each in report.partitions] == [("2026-01-01", 0), ("2026-01-02", 1)]
    assert acked.files("incoming") == ["sales_20260101_1.json"]
    assert not there(acked, "datasets/pending/shop/2026-01-02.ack")
