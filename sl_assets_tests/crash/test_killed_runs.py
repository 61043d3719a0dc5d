"""`sl-assets run`, killed with SIGKILL: the next run does not hang, loads what is missing, and closes the dead run."""

import os
import random
import signal
import subprocess
import time

import dagster as dg
import pytest
from dagster import DagsterInstance, DagsterRunStatus

from sl_assets_tests.crash.delivery import assert_loaded_exactly_once, deliver
from sl_assets_tests.crash.tally import COMMAND_KILLS, RunTally, record
from sl_assets_tests.crash.victims import COMMAND, Point, child, sl_assets
from sl_assets_tests.shop import Shop

pytestmark = pytest.mark.slow

LOAD, COMMIT = "sl_assets/steps/load.py", "sl_assets/steps/commit.py"
LEDGER = "sl_assets/warehouse/duckdb/ledger.py"
FACTORY, RUNS = "sl_assets/orchestration/factories/load.py", "sl_assets/orchestration/runs.py"
TRANSFORM = "sl_assets/steps/transform.py"
IN_THE_MIDDLE_OF_A_LOAD = Point(LEDGER, "write_ledger", "return")
PARTS = 2  # tests, so that they can go to several processes
KILLS = -(-int(os.environ.get("SL_RUN_CRASHES", "12")) // PARTS)
SEED = os.environ.get("SL_SEED", "2026")
NOT_OVER = {
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
}


def open_shop(shop: Shop, rows: int = 200):
    """The delivery of the load tests with one transform on top."""
    delivered = deliver(shop, rows)
    shop.task("totals", "SELECT count(*) AS goods, (SELECT count(*) FROM shop.prices) AS prices FROM shop.goods")
    return delivered


def kill_run(shop: Shop, point: Point) -> None:
    with child([COMMAND, "run"], root=shop.root, point=point) as victim:
        ended = victim.end()
    assert ended.code == -signal.SIGKILL, ended.output


def run_again(shop: Shop) -> str:
    ended = sl_assets(shop.root, "run")
    assert ended.code == 0, ended.output
    return ended.output


def statuses(shop: Shop) -> list[DagsterRunStatus]:
    with DagsterInstance.from_config(str(shop.root / ".dagster")) as instance:
        return [run.status for run in instance.get_runs()]


def assert_all_is_there(shop: Shop, delivered) -> None:
    assert_loaded_exactly_once(shop, delivered)
    assert shop.rows("SELECT goods, prices FROM kpi.totals") == [(len(delivered.rows["goods"]), len(delivered.rows["prices"]))]


def assert_right(shop: Shop, delivered) -> None:
    assert_all_is_there(shop, delivered)
    assert not NOT_OVER.intersection(statuses(shop))


def test_a_run_killed_in_the_middle_of_a_load_is_made_good_by_the_next(shop):
    delivered = open_shop(shop)
    kill_run(shop, IN_THE_MIDDLE_OF_A_LOAD)
    run_again(shop)
    assert_right(shop, delivered)


def test_the_dead_run_is_closed_as_failed_with_a_sentence(shop):
    open_shop(shop)
    kill_run(shop, IN_THE_MIDDLE_OF_A_LOAD)
    assert statuses(shop) == [DagsterRunStatus.STARTED]
    run_again(shop)
    with DagsterInstance.from_config(str(shop.root / ".dagster")) as instance:
        dead = instance.get_runs()[-1]
        told = [str(record.message) for record in instance.all_logs(dead.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)]
    assert dead.status == DagsterRunStatus.FAILURE
    assert len(told) == 1
    assert "The process of this run ended without telling Dagster" in told[0]
    assert "run again" in told[0]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point(LOAD, "load", "return"), id="loaded, Dagster not told"),
        pytest.param(Point(FACTORY, "_mark", "call"), id="about to tell Dagster"),
        pytest.param(Point(COMMIT, "archive", "call"), id="committed, not archived"),
    ],
)
def test_rows_that_a_dead_run_committed_reach_the_transforms_through_the_next_run(shop, point):
    shop.table("goods", "id: long!, label: string")
    shop.task("totals", "SELECT count(*) AS goods FROM shop.goods")
    shop.land("goods1.csv", "id,label\n1,one\n2,two\n")
    kill_run(shop, point)
    assert shop.rows("SELECT count(*) FROM shop.goods") == [(2,)]
    output = run_again(shop)
    assert "kpi/totals" in output
    assert shop.rows("SELECT goods FROM kpi.totals") == [(2,)]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point(TRANSFORM, "_write_table", "return"), id="before the commit"),
        pytest.param(Point(TRANSFORM, "_write", "return"), id="after the commit, Dagster not told"),
    ],
)
def test_a_transform_killed_is_built_by_the_next_run(shop, point):
    delivered = open_shop(shop)
    kill_run(shop, point)
    run_again(shop)
    assert_right(shop, delivered)


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point(RUNS, "alive", "call"), id="before it marks itself as alive"),
        pytest.param(Point(RUNS, "alive", "return"), id="just marked as alive"),
    ],
)
def test_a_run_killed_before_its_first_step_does_not_stay_started(shop, point):
    delivered = open_shop(shop)
    kill_run(shop, point)
    run_again(shop)
    assert_right(shop, delivered)


@pytest.mark.parametrize("part", range(PARTS))
def test_runs_killed_at_random_moments_are_made_good_by_the_next(tmp_path, part, record_property):
    dice = random.Random(f"{SEED}-{part}")  # noqa: S311 - no secret
    pace = undisturbed(Shop(tmp_path / "calm"))
    tally = RunTally()
    number = 0
    while tally.kills < KILLS:
        number += 1
        shop = Shop(tmp_path / str(number))
        delivered = open_shop(shop, rows=3000)
        with child([COMMAND, "run"], root=shop.root) as victim:
            try:
                # The delay is the experiment, not a way to wait.
                victim.process.wait(timeout=dice.uniform(0, pace))
            except subprocess.TimeoutExpired:
                victim.kill()
            killed = victim.end().code == -signal.SIGKILL
        tally.kills += killed
        pace *= 1 if killed else 0.85  # the machine has become faster
        going_on = DagsterRunStatus.STARTED in (statuses(shop) if (shop.root / ".dagster").is_dir() else [])
        tally.dagster_runs_going_on += killed and going_on
        run_again(shop)
        assert_all_is_there(shop, delivered)
        assert not provably_dead(shop)
    record(record_property, COMMAND_KILLS, tally)


def provably_dead(shop: Shop) -> list[str]:
    """Runs that Dagster believes to be going on although they left a lock file; those that had none yet are tested above."""
    with DagsterInstance.from_config(str(shop.root / ".dagster")) as instance:
        return [
            run.run_id
            for run in instance.get_runs()
            if run.status in NOT_OVER and (shop.root / ".dagster" / "alive" / f"{run.run_id}.lock").exists()
        ]


def undisturbed(shop: Shop) -> float:
    delivered = open_shop(shop, rows=3000)
    began = time.monotonic()
    run_again(shop)
    lived = time.monotonic() - began
    assert_right(shop, delivered)
    return lived
