"""Vectors of Starlake's orchestration, with our answer where that one is wrong: windows, retries, whose events are whose."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from sl_assets.orchestration.factories import transform as factory
from sl_assets.orchestration.ticks import partition_at_tick, tick_at_or_before, tick_before
from sl_assets.project.records import Partitions
from sl_assets.project.windows import window_of_key, window_variables
from sl_assets.warehouse.errors import WarehouseError


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "moment", "begins", "ends"),
    [
        ("0 0 * * *", "2025-01-03 00:00", "2025-01-02 00:00", "2025-01-03 00:00"),
        ("0 0 * * *", "2025-01-03 05:00", "2025-01-02 00:00", "2025-01-03 00:00"),
        ("0 * * * *", "2025-01-03 00:00:09", "2025-01-02 23:00", "2025-01-03 00:00"),
        ("0 0 * * 1", "2025-01-03 00:00", "2024-12-23 00:00", "2024-12-30 00:00"),
    ],
)
def test_the_interval_that_is_due_is_the_last_one_that_has_ended(cron, moment, begins, ends):
    tick = tick_at_or_before(cron, "UTC", at(moment))
    assert (tick_before(cron, "UTC", tick), tick) == (at(begins), at(ends))


def test_a_tick_is_for_the_partition_it_closes_and_its_scheduled_date_is_the_end():
    daily = Partitions("daily", datetime(2025, 1, 1), "at")
    key = partition_at_tick(daily, "0 0 * * *", at("2025-01-04"))
    assert key == "2025-01-03"
    variables = window_variables([window_of_key(daily, key)], "UTC")
    assert variables["sl_data_interval_start"] == "2025-01-03 00:00:00"
    assert variables["sl_data_interval_end"] == variables["sl_scheduled_date"] == "2025-01-04 00:00:00"


@pytest.mark.slow
def test_a_retry_does_the_same_again_and_there_is_one_materialization(shop, dagster, monkeypatch):
    options = "version: 1\ndag:\n  options: {retries: 1, retry_delay: 1}\n"
    shop.write("config/dags/t.sl.yml", options)
    shop.task("once", "select 1 as id", "dagRef: t\nwriteStrategy: {type: OVERWRITE}")
    attempts = []

    def fails_once(*arguments, **options):
        attempts.append(arguments[2])
        if len(attempts) == 1:
            raise WarehouseError("busy")
        return original(*arguments, **options)

    original = factory.transform
    monkeypatch.setattr(factory, "transform", fails_once)
    result = dagster.run("kpi/once")
    assert result.success
    assert len(attempts) == 2
    assert attempts[0] == attempts[1]
    assert dagster.materialized(result) == {"kpi/once"}
    assert len(dagster.instance.fetch_materializations(dg.AssetKey(["kpi", "once"]), limit=5).records) == 1


@pytest.mark.slow
def test_a_run_tells_of_its_own_assets_only_and_no_key_carries_a_date(shop, dagster):
    shop.table("goods", "id: long!")
    shop.task("labels", "select id from shop.goods")
    shop.land("goods1.csv", "id\n1\n")
    assert dagster.run("shop/goods").success
    before = dagster.instance.fetch_materializations(dg.AssetKey(["shop", "goods"]), limit=9).records
    assert dagster.materialized(dagster.run("kpi/labels")) == {"kpi/labels"}
    after = dagster.instance.fetch_materializations(dg.AssetKey(["shop", "goods"]), limit=9).records
    assert [each.storage_id for each in after] == [each.storage_id for each in before]
    keys = {key.to_user_string() for key in dagster.instance.all_asset_keys()}
    assert keys <= {key.to_user_string() for key in dagster.defs.resolve_asset_graph().get_all_asset_keys()}
