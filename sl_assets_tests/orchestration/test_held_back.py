"""What is running holds back what reads it, and a run that failed is not started again by what it was started for."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.events import StepMaterializationData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.test_utils import freeze_time

from sl_assets.orchestration.definitions import build_definitions
from sl_assets_tests.orchestration.simulated import Simulation

pytestmark = pytest.mark.filterwarnings("ignore:Parameter `include_sources`")

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


@pytest.fixture
def simulation(shop, memory):
    for name in ("a", "b", "c"):
        shop.table(name, "id: long!")
    shop.task("both", "select a.id from shop.a join shop.b using (id)")
    shop.task("other", "select * from shop.c")
    return Simulation(build_definitions(shop.project()), memory, START)


def start(simulation: Simulation, *names: str, whole_job: bool = False) -> dg.DagsterRun:
    """A run of assets that has not come to any of them; one of a whole job does not say which they are."""
    keys = {dg.AssetKey(name.split("/")) for name in names}
    job = simulation.defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys)
    with freeze_time(simulation.now):
        return simulation.instance.create_run_for_job(
            job, asset_selection=None if whole_job else keys, status=dg.DagsterRunStatus.STARTED
        )


def materialize_in(simulation: Simulation, run: dg.DagsterRun, name: str) -> None:
    data = StepMaterializationData(dg.AssetMaterialization(name.split("/")))
    event = dg.DagsterEvent(dg.DagsterEventType.ASSET_MATERIALIZATION.value, run.job_name, event_specific_data=data)
    with freeze_time(simulation.now):
        simulation.instance.report_dagster_event(event, run.run_id)


def end(simulation: Simulation, run: dg.DagsterRun, *, well: bool = True) -> None:
    kind = dg.DagsterEventType.RUN_SUCCESS if well else dg.DagsterEventType.RUN_FAILURE
    with freeze_time(simulation.now):
        simulation.instance.report_dagster_event(dg.DagsterEvent(kind.value, run.job_name), run.run_id)


@pytest.mark.parametrize("whole_job", [False, True])
@pytest.mark.parametrize("running", ["shop/b", "kpi/both"])
def test_what_is_running_holds_back_until_its_run_ends(simulation, running, whole_job):
    simulation.refresh("shop/b", "shop/a", "shop/c")
    run = start(simulation, running, whole_job=whole_job)
    assert simulation.tick() == {"kpi/other"}
    simulation.refresh("kpi/other")
    assert simulation.tick() == set()
    end(simulation, run)
    assert simulation.tick() == {"kpi/both"}


def test_a_run_that_has_built_the_upstream_and_goes_on_with_others_holds_nothing_back(simulation):
    simulation.refresh("shop/a")
    run = start(simulation, "shop/b", "shop/c")
    assert simulation.tick() == set()
    materialize_in(simulation, run, "shop/b")
    assert simulation.tick() == {"kpi/both"}


def test_a_run_that_failed_waits_for_the_next_refresh(simulation):
    simulation.refresh("shop/a", "shop/b")
    assert simulation.tick() == {"kpi/both"}
    run = start(simulation, "kpi/both")
    assert simulation.tick() == set()
    end(simulation, run, well=False)
    assert [simulation.tick(), simulation.tick()] == [set(), set()]
    simulation.refresh("shop/b")
    assert simulation.tick() == {"kpi/both"}


def test_what_comes_while_a_run_goes_on_that_fails_is_not_lost(simulation):
    simulation.refresh("shop/a", "shop/b")
    simulation.tick()
    run = start(simulation, "kpi/both")
    simulation.refresh("shop/a")
    assert simulation.tick() == set()
    end(simulation, run, well=False)
    assert simulation.tick() == {"kpi/both"}
    assert simulation.tick() == set()


@pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`")  # Dagster's own use of it
def test_a_backfill_that_has_not_come_to_the_upstream_holds_back_too(shop, memory):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    shop.table("a", "id: long!")
    shop.task("total", "select a.id from shop.sales join shop.a using (id)")
    simulation = Simulation(build_definitions(shop.project()), memory, START)
    simulation.refresh("shop/sales@2026-01-02", "shop/a")
    backfill = PartitionBackfill.from_asset_partitions(
        backfill_id="rebuild",
        asset_graph=simulation.graph,
        partition_names=["2026-01-03"],
        asset_selection=[dg.AssetKey(["shop", "sales"])],
        backfill_timestamp=simulation.now.timestamp(),
        tags={},
        dynamic_partitions_store=memory,
        all_partitions=False,
        title=None,
        description=None,
        run_config=None,
    )
    memory.add_backfill(backfill)
    assert simulation.tick() == set()
    memory.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_SUCCESS))
    assert simulation.tick() == {"kpi/total"}


def test_a_changed_query_forgets_nothing_that_waits(shop, memory):
    for name in ("a", "b", "c"):
        shop.table(name, "id: long!")
    shop.task("both", "select a.id from shop.a join shop.b using (id)", "dataset_triggering_strategy: all")
    simulation = Simulation(build_definitions(shop.project()), memory, START)
    simulation.refresh("shop/b")
    assert simulation.tick() == set()
    shop.task("both", "select c.id from shop.c join shop.a using (id) join shop.b using (id)", "dataset_triggering_strategy: all")
    simulation.defs = build_definitions(shop.project())
    simulation.graph = simulation.defs.resolve_asset_graph()
    assert simulation.tick() == set()
    simulation.refresh("shop/a", "shop/c")
    assert simulation.tick() == {"kpi/both"}


@pytest.mark.slow
def test_a_tick_over_many_tasks_asks_the_storage_a_few_times_only(shop, memory, monkeypatch):
    tables = [f"t{number}" for number in range(6)]
    for name in tables:
        shop.table(name, "id: long!")
    for number in range(30):
        first, second = (tables[(number + step) % 6] for step in (0, 1))
        shop.task(f"k{number}", f"select {first}.id from shop.{first} join shop.{second} using (id)")
    simulation = Simulation(build_definitions(shop.project()), memory, START)
    simulation.refresh(*(f"shop/{name}" for name in tables))
    asked = []
    for method in ("get_run_records", "get_asset_records", "fetch_materializations", "fetch_observations", "get_run_by_id"):
        original = getattr(memory, method)
        monkeypatch.setattr(
            memory,
            method,
            lambda *args, _original=original, _method=method, **names: (asked.append(_method), _original(*args, **names))[1],
        )
    assert len(simulation.tick()) == 30
    assert sorted(asked) == ["get_asset_records", "get_run_records"]
