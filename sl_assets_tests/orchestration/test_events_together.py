"""Events that are written together come to the same in Dagster's history as one by one."""

import logging
import os
import shutil
import sqlite3
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster import DagsterEvent, DagsterEventType, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.events import (
    AssetMaterializationPlannedData,
    AssetObservationData,
    DagsterEventBatchMetadata,
    StepMaterializationData,
)
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from sl_assets.orchestration.events_together import MOST, SIZE
from sl_assets.orchestration.factories.load import MOST_FILES_ALONE
from sl_assets.orchestration.history import quick_history
from sl_assets_tests.orchestration.dagster_project import persistent_instance

SALES, GOODS = dg.AssetKey(["shop", "sales"]), dg.AssetKey(["shop", "goods"])
DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""
JANUARY = [f"2026-01-{day:02}" for day in range(1, 31)]


def entry(kind: DagsterEventType, data: object, second: int, run: str = "one") -> EventLogEntry:
    event = DagsterEvent(kind.value, "job", step_key="step", event_specific_data=data)
    return EventLogEntry(None, logging.DEBUG, "", run, 1_800_000_000.0 + second, "step", "job", event)


def planned(second: int, key: dg.AssetKey, partition: str) -> EventLogEntry:
    data = AssetMaterializationPlannedData(key, partition=partition, partitions_subset=None)
    return entry(DagsterEventType.ASSET_MATERIALIZATION_PLANNED, data, second)


def materialization(second: int, key: dg.AssetKey, partition: str | None = None, run: str = "one") -> EventLogEntry:
    tags = {DATA_VERSION_TAG: f"version-{second}", "sl/other": "not-indexed"}
    told = dg.AssetMaterialization(key, partition=partition, tags=tags, metadata={"rows": second})
    return entry(DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(told), second, run)


def observation(second: int, key: dg.AssetKey) -> EventLogEntry:
    told = dg.AssetObservation(key, tags={DATA_VERSION_TAG: f"seen-{second}"})
    return entry(DagsterEventType.ASSET_OBSERVATION, AssetObservationData(told), second)


def check_planned(second: int) -> EventLogEntry:
    data = AssetCheckEvaluationPlanned(asset_key=GOODS, check_name="rows", partitions_subset=None)
    return entry(DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED, data, second)


BATCHES = {
    "planned": [planned(1, SALES, "a"), planned(2, SALES, "b"), check_planned(3), planned(4, GOODS, "a")],
    "materialized": [materialization(5, SALES, "a"), materialization(6, SALES, "b"), materialization(7, SALES, "a")],
    "of two assets": [materialization(1, SALES, "a"), materialization(2, GOODS), materialization(3, SALES, "b")],
    "observed last": [materialization(1, SALES, "a"), materialization(2, SALES, "b"), observation(3, SALES)],
    "observed first": [observation(1, SALES), materialization(2, SALES, "a"), materialization(3, SALES, "b")],
    "of two runs": [materialization(1, SALES, "a"), materialization(2, SALES, "b"), materialization(3, SALES, "c", "two")],
    "one": [materialization(1, SALES, "a")],
}


@pytest.fixture
def storage(tmp_path, empty_home):
    """Opens one history after the other, each empty."""
    opened = []

    def open_next():
        home = tmp_path / f"home{len(opened)}"
        shutil.copytree(empty_home, home)
        opened.append(persistent_instance(home))
        return opened[-1].event_log_storage

    yield open_next
    for instance in opened:
        instance.dispose()


def contents(storage):
    """Every row of every table of events and assets, in all of its databases; numbers of assets mean nothing."""
    tables = {}
    for file in sorted(Path(storage.path_for_shard("index")).parent.glob("*.db")):
        with sqlite3.connect(file) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                if name.startswith(("event_log", "asset_")):
                    left_out = {"create_timestamp", "id" if name == "asset_keys" else ""}
                    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})") if row[1] not in left_out]
                    order = "asset_key" if name == "asset_keys" else "id"
                    select = f"SELECT {', '.join(columns)} FROM {name} ORDER BY {order}"
                    tables[file.name, name] = connection.execute(select).fetchall()
    return tables


def test_a_batch_comes_to_the_same_rows_as_its_events_one_by_one(storage):
    singly, together = storage(), storage()
    with quick_history():
        for name, batch in BATCHES.items():
            for event in batch:
                singly.store_event(event)
            together.store_event_batch(batch)
            assert contents(together) == contents(singly), name
    assert all(contents(singly)["index.db", table] for table in ("asset_keys", "asset_event_tags", "event_logs"))


def test_a_batch_that_cannot_be_written_together_is_written_one_by_one_and_nothing_is_doubled(storage, monkeypatch, capsys):
    opened = storage()
    write = opened._store_asset_event
    failing = iter([True])

    def store_once_it_has_failed(connection, event, number):
        if next(failing, False):
            raise RuntimeError("no room")
        write(connection, event, number)

    monkeypatch.setattr(opened, "_store_asset_event", store_once_it_has_failed)
    events = [materialization(second, SALES, partition) for second, partition in enumerate("abc")]
    with quick_history():
        for number, event in enumerate(events, start=1):
            metadata = DagsterEventBatchMetadata("batch", number == len(events))
            opened._instance.handle_new_event(event, batch_metadata=metadata)
    assert "no room" in capsys.readouterr().err
    assert {name: len(rows) for (_, name), rows in contents(opened).items() if name == "event_logs"} == {"event_logs": 3}


def test_a_size_that_somebody_set_stays(monkeypatch):
    monkeypatch.setenv(SIZE, "7")
    with quick_history():
        assert os.environ[SIZE] == "7"
    assert os.environ[SIZE] == "7"


def test_the_size_stays_set_because_another_thread_may_be_in_the_middle_of_a_batch(monkeypatch):
    monkeypatch.delenv(SIZE, raising=False)
    with quick_history():
        pass
    assert os.environ.pop(SIZE) == str(MOST)


def test_dagsters_storage_is_afterwards_as_it_was():
    with quick_history(), quick_history():
        assert "store_event_batch" in vars(SqliteEventLogStorage)
    assert "store_event_batch" not in vars(SqliteEventLogStorage)


@pytest.fixture
def january(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    for day in JANUARY:
        shop.land(f"sales_{day.replace('-', '')}.json", f'{{"id": 1, "sold_at": "{day} 12:00:00"}}\n')
    return shop


def test_a_month_of_partitions_is_told_in_few_transactions_each_partition_with_its_own_facts(january, dagster):
    """It fails when Dagster hands on batches otherwise: what that costs is told in `sl_assets.orchestration.events_together`."""
    began = []

    def remember(connection):
        began.append(connection)

    sa.event.listen(sa.Engine, "begin", remember)
    with quick_history():
        result = dagster.run("shop/sales", partitions=(JANUARY[0], JANUARY[-1]))
    sa.event.remove(sa.Engine, "begin", remember)
    assert result.success
    assert dagster.materialized(result) == {f"shop/sales@{day}" for day in JANUARY}
    yielded = {event.step_materialization_data.materialization.partition for event in result.get_asset_materialization_events()}
    assert yielded == {*JANUARY}
    for day in (JANUARY[0], JANUARY[-1]):
        assert dagster.metadata("shop/sales", day)["files"] == 1
        (file,) = dagster.metadata("shop/sales", day)["file_list"].records
        assert file.data["file"] == f"sales_{day.replace('-', '')}.json"
    assert len(began) < 2 * len(JANUARY), "planned and materialized one by one, it would be four for each"
    assert_files_share_entries_of_the_log(dagster, result)


def assert_files_share_entries_of_the_log(dagster, result):
    assert len(JANUARY) > MOST_FILES_ALONE
    told = [record.user_message for record in dagster.instance.all_logs(result.run_id) if "loaded, 1 rows" in record.user_message]
    assert len(told) == 1
    for day in JANUARY:
        assert f"sales_{day.replace('-', '')}.json: loaded, 1 rows, 0 rejected" in told[0].splitlines()
