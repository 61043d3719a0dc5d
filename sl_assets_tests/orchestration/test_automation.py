"""Upstream triggers, by Dagster's own evaluation."""

import time

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions

# Dagster's own test function uses what Dagster calls beta.
pytestmark = pytest.mark.filterwarnings("ignore:Parameter `include_sources`")

DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


class Clock:
    """Evaluates the conditions tick by tick and reports materializations in between."""

    def __init__(self, defs, instance):
        self.defs, self.instance, self.cursor = defs, instance, None
        self.tick()

    def tick(self):
        result = dg.evaluate_automation_conditions(self.defs, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        names = [key.to_user_string() for key in self.defs.resolve_asset_graph().get_all_asset_keys()]
        return {name for name in names if result.get_num_requested(dg.AssetKey(name.split("/")))}

    def refresh(self, *names):
        for name in names:
            asset, _, partition = name.partition("@")
            self.instance.report_runless_asset_event(dg.AssetMaterialization(asset.split("/"), partition=partition or None))
            time.sleep(0.02)  # Dagster orders events by their time in storage, to the millisecond


@pytest.fixture
def clock(shop, dagster):
    def make(triggering="any", *, built=True):
        shop.table("a", "id: long!")
        shop.table("b", "id: long!")
        shop.task("both", "select a.id from shop.a join shop.b using (id)")
        shop.task("after", "select * from kpi.both")
        shop.write("config/dags/t.sl.yml", f"version: 1\ndag:\n  options: {{dataset_triggering_strategy: {triggering}}}\n")
        application = shop.root / "config/application.sl.yml"
        application.write_text(application.read_text() + "  dagRef: {transform: t}\n")
        if built:
            for name in ("a", "b"):
                dagster.instance.report_runless_asset_event(dg.AssetMaterialization(["shop", name]))
        return Clock(build_definitions(shop.project()), dagster.instance)

    return make


@pytest.mark.slow
def test_a_target_waits_until_everything_it_reads_was_built_once(clock):
    ticking = clock("any", built=False)
    ticking.refresh("shop/a")
    assert ticking.tick() == set()
    assert ticking.tick() == set()
    ticking.refresh("shop/b")
    assert ticking.tick() == {"kpi/both", "kpi/after"}


def test_a_partitioned_upstream_is_there_with_its_first_partition(shop, dagster):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    shop.task("total", "select count(*) as n from shop.sales")
    ticking = Clock(build_definitions(shop.project()), dagster.instance)
    ticking.refresh("shop/sales@2026-01-02")
    assert ticking.tick() == {"kpi/total"}


def test_any_upstream_is_enough_and_its_downstream_comes_along(clock):
    ticking = clock("any")
    ticking.refresh("shop/a")
    assert ticking.tick() == {"kpi/both", "kpi/after"}


def test_all_waits_for_the_last(clock):
    ticking = clock("all")
    ticking.refresh("shop/a")
    assert ticking.tick() == set()
    ticking.refresh("shop/b")
    assert ticking.tick() == {"kpi/both", "kpi/after"}


def test_nothing_is_requested_twice(clock):
    ticking = clock("any")
    ticking.refresh("shop/a")
    ticking.tick()
    ticking.refresh("kpi/both", "kpi/after")
    assert ticking.tick() == set()
    assert ticking.tick() == set()


@pytest.mark.slow
def test_an_update_after_the_own_run_within_one_tick_is_not_lost(clock):
    ticking = clock("any")
    ticking.refresh("shop/a")
    ticking.tick()
    ticking.refresh("kpi/both", "shop/b")
    assert "kpi/both" in ticking.tick()


@pytest.mark.slow
def test_an_observation_triggers_nothing(clock):
    ticking = clock("any")
    ticking.instance.report_runless_asset_event(dg.AssetObservation(["shop", "a"]))
    assert ticking.tick() == set()
