"""Of partitions too: in whatever order things happen, each is built from the newest that there is, and never twice from the same.

Also where upstreams are refreshed while it is being built.
"""

from datetime import UTC, datetime

import dagster as dg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.factories import transform as factory
from sl_assets.orchestration.plan import plan_transforms
from sl_assets.orchestration.reading import READ_TAG
from sl_assets_tests.orchestration.simulated import Simulation

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Parameter `include_sources`")]

SALES = r"""
metadata: {format: JSON}
partitions:
  {grain: daily, start: 2026-01-30, end: 2026-02-03, column: day, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""
GRID = "partitions: {{grain: {}, start: 2026-01-01, end: 2026-03-01, column: day}}"
DAYS = ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"]
MONTHS = ["2026-01-01", "2026-02-01"]
PARTS = {
    "shop/sales": DAYS,
    "shop/a": [""],
    "kpi/per_day": DAYS,
    "kpi/mixed": DAYS,
    "kpi/per_month": MONTHS,
    "kpi/chain": MONTHS,
    "kpi/total": [""],
}
READS = {
    "kpi/per_day": ["shop/sales"],  # the same grain
    "kpi/mixed": ["shop/sales", "shop/a"],  # with an upstream that has none
    "kpi/per_month": ["shop/sales"],  # finer to coarser
    "kpi/chain": ["kpi/per_day", "shop/sales"],  # and a transform in between
    "kpi/total": ["shop/sales"],  # into one without
}
REFRESHED = [*(f"shop/sales@{day}" for day in DAYS), "shop/a"]


def parts_read(target: str, part: str, upstream: str) -> list[str]:
    """The partitions of an upstream that a partition of a target is made of, worked out without Dagster."""
    theirs = PARTS[upstream]
    if part and theirs != [""]:
        theirs = [key for key in theirs if key[:7] == part[:7]] if PARTS[target] == MONTHS else [part]
    return [f"{upstream}@{key}" if key else upstream for key in theirs]


def inputs(unit: str) -> dict[str, list[str]]:
    target, _, part = unit.partition("@")
    return {upstream: parts_read(target, part, upstream) for upstream in READS[target]}


UNITS = [f"{target}@{part}" if part else target for target in READS for part in PARTS[target]]


class Runs:
    """Runs of what is requested: each reads what there is when it begins, and may take its time until it tells."""

    def __init__(self, simulation: Simulation, strategy: str) -> None:
        self.simulation, self.strategy = simulation, strategy
        self.newest: dict[str, int] = {}
        self.read: dict[str, dict[str, int]] = {}

    def refresh(self, *units: str) -> None:
        for unit in units:
            self.report(unit)

    def report(self, unit: str, **tags: str) -> None:
        asset, _, part = unit.partition("@")
        self.simulation.report(dg.AssetMaterialization(asset.split("/"), partition=part or None, tags=tags))
        self.newest[unit] = self.simulation.instance.event_log_storage.get_maximum_record_id() or 0

    def is_due(self, unit: str) -> bool:
        """Something of one of its upstreams (of each, under `all`) was not read by its last run."""
        read, wanted = self.read.get(unit, {}), inputs(unit)
        new = [any(self.newest.get(each, -1) > read.get(each, -1) for each in parts) for parts in wanted.values()]
        there = all(any(each in self.newest for each in parts) for parts in wanted.values())
        return there and (any(new) if self.strategy == "any" else all(new))

    def run(self, requested: set[str], meanwhile: list[str]) -> None:
        """Build what is requested, upstreams first; what is in `meanwhile` is refreshed while the first one is being built."""
        for target in READS:
            units = sorted(unit for unit in requested if unit.partition("@")[0] == target)
            if not units:
                continue
            assert [unit for unit in units if not self.is_due(unit)] == [], "built again from the same inputs"
            reads = str(self.simulation.instance.event_log_storage.get_maximum_record_id() or 0)
            for unit in units:
                self.read[unit] = {
                    part: self.newest[part] for each in inputs(unit).values() for part in each if part in self.newest
                }
            self.refresh(*meanwhile)
            meanwhile = []
            for unit in units:
                self.report(unit, **{READ_TAG: reads})

    def settle(self) -> None:
        for _ in range(12):
            requested = self.simulation.tick()
            if not requested:
                return
            self.run(requested, [])
        raise AssertionError("It never comes to rest.")


@pytest.fixture(params=["any", "all"])
def project(request, shop):
    shop.table("sales", "id: long!, day: date!", SALES, pattern=r"sales_\d{8}\.json")
    shop.table("a", "id: long!")
    for target, upstreams in READS.items():
        first, *others = (each.replace("/", ".") for each in upstreams)
        joins = " ".join(f"join {each} using (id)" for each in others)
        grains = {"kpi/per_day": "daily", "kpi/mixed": "daily", "kpi/per_month": "monthly", "kpi/chain": "monthly"}
        grid = GRID.format(grains[target]) if target in grains else ""
        if grains.get(target) == "daily":
            grid = grid.replace("2026-01-01", DAYS[0]).replace("2026-03-01", "2026-02-03")
        shop.task(
            target.removeprefix("kpi/"),
            f"select {first}.id, {first}.day from {first} {joins}",
            f"dataset_triggering_strategy: {request.param}\n{grid}",
        )
    return request.param, build_definitions(shop.project())


refreshed = st.lists(st.sampled_from(REFRESHED), max_size=3, unique=True)
steps = st.lists(st.tuples(refreshed, st.booleans(), refreshed), max_size=5)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
@example(steps=[(["shop/sales@2026-01-30"], True, ["shop/sales@2026-01-30"])])
@example(steps=[(["shop/sales@2026-01-30", "shop/a"], True, ["shop/sales@2026-01-31", "shop/a"]), ([], True, [])])
def test_no_refresh_of_a_partition_is_lost_and_nothing_is_built_twice_from_the_same(project, steps):
    strategy, defs = project
    with dg.DagsterInstance.ephemeral() as instance:
        runs = Runs(Simulation(defs, instance, datetime(2026, 3, 1, tzinfo=UTC)), strategy)
        for before, ticks, meanwhile in steps:
            runs.refresh(*before)
            if ticks:
                runs.run(runs.simulation.tick(), meanwhile)
        runs.settle()
        assert [unit for unit in UNITS if runs.is_due(unit)] == []


LANDED = '{"id": 1, "day": "2026-01-30"}\n'


@pytest.mark.parametrize("project", ["any"], indirect=True)
@pytest.mark.parametrize(("name", "part"), [("per_day", "2026-01-30"), ("per_month", "2026-01-01"), ("total", None)])
def test_what_is_refreshed_while_a_real_run_builds_from_it_is_due_after_it(project, shop, dagster, monkeypatch, name, part):
    shop.land("sales_20260130.json", LANDED)
    assert dagster.run("shop/sales", partition="2026-01-30").success
    asset = dg.AssetKey(["kpi", name])

    def due():
        plan = plan_transforms(shop.project(), dagster.instance, [asset], only_due=True)
        return [launch.partitions for launch in plan.launches]

    def build(refresh):
        def built(original):
            def step(*arguments, **options):
                report = original(*arguments, **options)
                if refresh:
                    event = dg.AssetMaterialization(["shop", "sales"], partition="2026-01-30")
                    dagster.instance.report_runless_asset_event(event)
                return report

            return step

        with monkeypatch.context() as patch:
            for step in ("transform", "transform_windows"):
                patch.setattr(factory, step, built(getattr(factory, step)))
            assert dagster.run(f"kpi/{name}", partition=part).success

    wanted = [(part, part) if part else None]
    assert due() == wanted
    build(refresh=True)
    assert due() == wanted
    build(refresh=False)
    assert due() == []
