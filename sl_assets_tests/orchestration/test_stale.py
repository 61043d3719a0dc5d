"""What is older than its freshness allows is requested, once for each change of its state."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets_tests.orchestration.simulated import Simulation

pytestmark = pytest.mark.filterwarnings("ignore:Parameter `include_sources`")

START = datetime(2026, 3, 20, tzinfo=UTC)
FRESH = "freshness: {warn: 1 day, error: 2 days}"
DAILY = r"""
metadata: {format: JSON, freshness: {error: 1 day}}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


def watch(simulation: Simulation, hours: int) -> list[tuple[int, str]]:
    """Each hour the daemon judges and the sensor ticks: (hours since the start, what is requested)."""
    found: list[tuple[int, str]] = []
    for hour in range(1, hours + 1):
        simulation.at(START + timedelta(hours=hour))
        simulation.judge()
        found += [(hour, name) for name in sorted(simulation.tick())]
    return found


@pytest.mark.slow
def test_a_stale_transform_is_requested_when_it_warns_and_when_it_fails_and_then_no_more(shop, memory):
    shop.table("a", "id: long!")
    shop.task("kept_fresh", "select * from shop.a", FRESH)
    simulation = Simulation(build_definitions(shop.project()), memory, START - timedelta(minutes=1))
    simulation.refresh("shop/a", "kpi/kept_fresh")
    assert watch(simulation, 24 * 3) == [(24, "kpi/kept_fresh"), (48, "kpi/kept_fresh")]


@pytest.mark.slow
def test_what_was_refreshed_becomes_stale_anew(shop, memory):
    shop.task("kept_fresh", "select 1 as one", FRESH)
    simulation = Simulation(build_definitions(shop.project()), memory, START - timedelta(minutes=1))
    simulation.refresh("kpi/kept_fresh")
    requests = []
    for hour in range(6, 24 * 21 + 1, 6):
        simulation.at(START + timedelta(hours=hour))
        simulation.judge()
        if simulation.tick():
            requests.append(hour)
            simulation.refresh("kpi/kept_fresh")
    # a day after the refresh before it, seen six hours later at most: three weeks with a clock change in them
    assert requests == [24 + 30 * n for n in range(17)]


@pytest.mark.slow
def test_a_scheduled_transform_is_requested_too_when_its_schedule_does_not_keep_it_fresh(shop, memory):
    shop.task("kept_fresh", "select 1 as one", f"schedule: monthly\n{FRESH}")
    simulation = Simulation(build_definitions(shop.project()), memory, START - timedelta(minutes=1))
    simulation.refresh("kpi/kept_fresh")
    assert watch(simulation, 30) == [(24, "kpi/kept_fresh")]


@pytest.mark.slow
def test_a_stale_load_looks_for_files_and_what_it_finds_refreshes_its_downstream(shop, memory):
    shop.table("a", "id: long!", f"metadata: {{{FRESH}}}")
    shop.task("below", "select * from shop.a")
    simulation = Simulation(build_definitions(shop.project()), memory, START - timedelta(minutes=1))
    simulation.refresh("shop/a", "kpi/below")
    simulation.tick()
    assert watch(simulation, 30) == [(24, "shop/a")]  # it may find nothing, and then nothing is built from it
    simulation.refresh("shop/a")
    assert simulation.tick() == {"kpi/below"}


@pytest.mark.slow
def test_what_a_stale_load_did_not_find_is_looked_for_again_only_when_it_fails(shop, memory):
    shop.table("a", "id: long!", f"metadata: {{{FRESH}}}")
    simulation = Simulation(build_definitions(shop.project()), memory, START - timedelta(minutes=1))
    simulation.refresh("shop/a")
    assert watch(simulation, 24) == [(24, "shop/a")]
    simulation.look("shop/a")
    assert simulation.tick() == set()
    simulation.at(START + timedelta(hours=49))
    simulation.judge()
    assert simulation.tick() == {"shop/a"}


@pytest.mark.slow
def test_behind_a_gate_the_gate_and_the_import_are_requested_with_it(shop, memory):
    shop.write("config/dags/gated.sl.yml", "version: 1\ndag: {options: {pre_load_strategy: imported}}\n")
    shop.table("a", "id: long!", f"metadata: {{dagRef: gated, {FRESH}}}")
    simulation = Simulation(build_definitions(shop.project()), memory, START - timedelta(minutes=1))
    simulation.refresh("shop/a")
    assert watch(simulation, 30) == [(24, "shop/a"), (24, "shop/import"), (24, "shop/preload")]


@pytest.mark.slow
def test_of_a_partitioned_table_it_is_the_newest_partition(shop, memory):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    simulation = Simulation(build_definitions(shop.project()), memory, START - timedelta(minutes=1))
    simulation.refresh("shop/sales@2026-03-19")
    assert watch(simulation, 30) == [(24, "shop/sales@2026-03-21")]


@pytest.mark.slow
def test_what_was_never_built_is_not_stale(shop, memory):
    shop.task("kept_fresh", "select 1 as one", FRESH)
    simulation = Simulation(build_definitions(shop.project()), memory, START)
    assert watch(simulation, 80) == []


def test_the_sensor_itself_makes_one_run_of_a_stale_load_and_its_gate(shop, memory):
    """Through the sensor that the daemon calls, as far as run requests."""
    shop.write("config/dags/gated.sl.yml", "version: 1\ndag: {options: {pre_load_strategy: imported}}\n")
    shop.table("a", "id: long!", f"metadata: {{dagRef: gated, {FRESH}}}")
    defs = build_definitions(shop.project())
    simulation = Simulation(defs, memory, datetime.now(UTC) - timedelta(hours=30))
    simulation.refresh("shop/a")
    simulation.at(datetime.now(UTC))
    simulation.judge()
    sensor = next(each for each in defs.sensors if each.name == "automation")
    context = dg.build_sensor_context(instance=memory, repository_def=defs.get_repository_def())
    requests = sensor.evaluate_tick(context).run_requests
    assert [{key.to_user_string() for key in request.asset_selection} for request in requests] == [
        {"shop/a", "shop/import", "shop/preload"}
    ]
    assert requests[0].tags["sl/trigger"] == "automation"
