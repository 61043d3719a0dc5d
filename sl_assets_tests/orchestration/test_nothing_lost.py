"""Whatever happens in whatever order: no update is lost, and nothing is built twice from the same input."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.orchestration.definitions import build_definitions
from sl_assets_tests.orchestration.simulated import Simulation

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Parameter `include_sources`")]

DEPOT = 'version: 1\nload:\n  metadata: {directory: "{{SL_INCOMING}}/depot"}\n'
CRATES = "version: 1\ntable:\n  name: crates\n  pattern: crates.*\n  attributes: [{name: id, type: long}]\n"
UPSTREAMS = {
    "kpi/wide": ["shop/a", "shop/b", "shop/c", "depot/crates"],
    "kpi/narrow": ["shop/a"],
    "kpi/diamond": ["kpi/wide", "kpi/narrow", "shop/b"],
}
TABLES = UPSTREAMS["kpi/wide"]
POINTER = "dagster/input_event_pointer/"


class Runs:
    """Runs of what is requested: inputs are read one after the other, and a run may take its time."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.read: dict[str, dict[str, int]] = {}
        self.requests = 0

    def newest(self, name: str) -> int:
        records = self.simulation.instance.fetch_materializations(dg.AssetKey(name.split("/")), limit=1).records
        return records[0].storage_id if records else -1

    def unread(self, target: str) -> set[str]:
        """The upstreams of a target with something newer than its last run read."""
        read = self.read.get(target, {})
        return {name for name in UPSTREAMS[target] if self.newest(name) != read.get(name, -1)}

    def run(self, requested: set[str], meanwhile: list[str], must_differ) -> None:
        """Build targets in order; tables in `meanwhile` are refreshed while the first one is being built."""
        for target in [each for each in UPSTREAMS if each in requested]:
            inputs = {name: self.newest(name) for name in UPSTREAMS[target]}
            before = self.read.get(target, {})
            changed = [name for name in inputs if inputs[name] != before.get(name)]
            assert must_differ(changed, UPSTREAMS[target]), f"{target} was built from {inputs} before"
            self.read[target] = inputs
            self.requests += 1
            self.simulation.refresh(*meanwhile)
            meanwhile = []
            tags = {POINTER + name: str(pointer) for name, pointer in inputs.items()}
            self.simulation.report(dg.AssetMaterialization(target.split("/"), tags=tags))

    def settle(self, must_differ) -> None:
        """Tick and run until nothing is requested any more."""
        for _ in range(20):
            requested = self.simulation.tick()
            if not requested:
                return
            self.run(requested, [], must_differ)
        raise AssertionError("It never comes to rest.")


@pytest.fixture(params=["any", "all"])
def project(request, shop):
    for name in ("a", "b", "c"):
        shop.table(name, "id: long!")
    shop.write("config/load/depot/_config.sl.yml", DEPOT)
    shop.write("config/load/depot/crates.sl.yml", CRATES)
    for target, upstreams in UPSTREAMS.items():
        first, *others = (each.replace("/", ".") for each in upstreams)
        sql = f"select id from {first} " + " ".join(f"join {each} using (id)" for each in others)
        shop.task(target.removeprefix("kpi/"), sql, f"dataset_triggering_strategy: {request.param}")
    return request.param, build_definitions(shop.project())


tables = st.lists(st.sampled_from(TABLES), max_size=3, unique=True)
steps = st.lists(
    st.tuples(tables, st.booleans(), tables), max_size=6
)  # refreshed, then a tick or none, refreshed during its runs


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_no_update_is_lost_and_none_is_built_twice(project, steps):
    strategy, defs = project
    must_differ = {"any": lambda changed, _: bool(changed), "all": lambda changed, every: len(changed) == len(every)}[strategy]
    with dg.DagsterInstance.ephemeral() as instance:
        simulation = Simulation(defs, instance, datetime(2026, 1, 1, tzinfo=UTC))
        runs = Runs(simulation)
        for refreshed, ticks, meanwhile in steps:
            simulation.refresh(*refreshed)
            if ticks:
                runs.run(simulation.tick(), meanwhile, must_differ)
        runs.settle(must_differ)
        # what some target has not read yet is left alone: it is for the automation to remember it
        unread = runs.unread("kpi/wide") if strategy == "all" else {name for name in TABLES if runs.newest(name) >= 0}
        simulation.refresh(*(name for name in TABLES if name not in unread))
        runs.settle(must_differ)
        assert not runs.unread("kpi/wide") | runs.unread("kpi/narrow")
        # under "all", the diamond may be waiting for others, but not when all that it reads is new
        assert len(runs.unread("kpi/diamond")) < (1 if strategy == "any" else len(UPSTREAMS["kpi/diamond"]))
        assert simulation.tick() == set()


def test_a_real_run_writes_down_what_it_read_from_runs_before_it_and_from_its_own(shop, dagster):
    """What `HasUnread` lives on: Dagster notes the event of each upstream, also of one built in the same run."""
    shop.table("a", "id: long!")
    shop.task("middle", "select id from shop.a")
    shop.task("last", "select id from shop.a join kpi.middle using (id)")
    shop.land("a1.csv", "id\n1\n")
    assert dagster.run("shop/a").success
    assert dagster.run("kpi/middle", "kpi/last").success
    newest = {name: _newest(dagster.instance, name) for name in ("shop/a", "kpi/middle", "kpi/last")}
    for target, names in (("kpi/middle", ["shop/a"]), ("kpi/last", ["shop/a", "kpi/middle"])):
        tags = newest[target].asset_materialization.tags
        assert {name: int(tags[POINTER + name]) for name in names} == {name: newest[name].storage_id for name in names}


def _newest(instance, name):
    return instance.fetch_materializations(dg.AssetKey(name.split("/")), limit=1).records[0]
