"""Invariant 8: two runs at once are safe. The second waits; in vain, it fails with a sentence that says for whom."""

import sys

import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus

from sl_assets_tests.crash.delivery import assert_loaded_exactly_once, deliver, found_rows
from sl_assets_tests.crash.victims import COMMAND, Point, child, sl_assets
from sl_assets_tests.shop import Shop

pytestmark = pytest.mark.slow

IN_A_TRANSACTION = Point("sl_assets/warehouse/duckdb/ledger.py", "write_ledger", "return")
TOLD_TO_WAIT = Point("sl_assets/steps/run.py", "on_wait", "return")
LAUNCH = "sl_assets/orchestration/launch.py"
IMPATIENT = {"SL_LOCK_TIMEOUT": "300"}
GOODS = 'key:"shop/goods"'


def holder(shop: Shop, table: str = "goods"):
    """A process that loads a table and stands still within its transaction."""
    arguments = [sys.executable, "-m", "sl_assets_tests.crash.loading", str(shop.root), "first", table]
    return child(arguments, root=shop.root, point=IN_A_TRANSACTION, then="wait")


def runs(shop: Shop):
    with DagsterInstance.from_config(str(shop.root / ".dagster")) as instance:
        return [(run.status, run.run_id, instance.all_logs(run.run_id)) for run in instance.get_runs()]


@pytest.mark.parametrize(
    "selection",
    [
        pytest.param([GOODS], id="one table"),
        pytest.param([], id="everything"),
    ],
)
def test_a_run_that_waits_in_vain_says_who_holds_the_warehouse_since_when_and_writes_nothing(shop, selection):
    delivered = deliver(shop)
    with holder(shop) as first:
        first.wait_until_there()
        second = sl_assets(shop.root, "run", *selection, environ=IMPATIENT)
        first.go_on()
        assert first.end().code == 0
    assert second.code == 1
    assert "Traceback" not in second.output
    assert f"is held by process {first.pid} (run first loading shop.goods) since 20" in second.output
    assert "Hint: let that run end" in second.output
    assert shop.rows("SELECT DISTINCT RUN FROM audit.files") == [("first",)]
    assert shop.rows("SELECT count(*) FROM audit.audit WHERE NOT SUCCESS") == [(0,)]
    assert_loaded_exactly_once(shop, delivered, ["goods"])


def test_a_run_whose_warehouse_becomes_free_in_time_succeeds(shop):
    delivered = deliver(shop)
    with holder(shop) as first:
        first.wait_until_there()
        with child([COMMAND, "run", GOODS], root=shop.root, point=TOLD_TO_WAIT, then="wait") as second:
            second.wait_until_there()
            first.go_on()
            assert first.end().code == 0
            second.go_on()
            ended = second.end()
    assert ended.code == 0, ended.output
    assert_loaded_exactly_once(shop, delivered, ["goods"])


def test_a_run_that_was_killed_while_it_waited_harms_nobody(shop):
    delivered = deliver(shop)
    with holder(shop) as first:
        first.wait_until_there()
        with child([COMMAND, "run", GOODS], root=shop.root, point=TOLD_TO_WAIT, then="kill") as second:
            assert second.end().code < 0
        first.go_on()
        assert first.end().code == 0
    assert sl_assets(shop.root, "run").code == 0
    assert_loaded_exactly_once(shop, delivered)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(Point(LAUNCH, "launch_all", "call"), id="before the first run"),
        pytest.param(Point("sl_assets/steps/stage.py", "stage", "call"), id="before staging"),
        pytest.param(Point("sl_assets/steps/load.py", "load", "call"), id="before the first load"),
    ],
)
def test_two_runs_let_go_together_load_every_file_once(shop, start):
    delivered = deliver(shop)
    with child([COMMAND, "run"], root=shop.root, point=start, then="wait") as one:
        one.wait_until_there()
        with child([COMMAND, "run"], root=shop.root, point=start, then="wait") as other:
            other.wait_until_there()
            one.go_on()
            other.go_on()
            ended = [one.end(), other.end()]
    assert [each.code for each in ended] == [0, 0], "\n".join(each.output for each in ended)
    assert_loaded_exactly_once(shop, delivered)
    assert {status for status, _, _ in runs(shop)} == {DagsterRunStatus.SUCCESS}


def test_a_run_that_looks_at_a_file_while_another_takes_it_away_goes_on(shop):
    delivered = deliver(shop)
    looking = Point("sl_assets/areas/files.py", "_input_file", "c_call", "stat", under="plan_partitioned_loads")
    with child([COMMAND, "run"], root=shop.root, point=looking, then="wait") as slow:
        slow.wait_until_there()
        ended = sl_assets(shop.root, "run")
        slow.go_on()
        late = slow.end()
    assert ended.code == 0, ended.output
    assert late.code == 0, late.output
    assert_loaded_exactly_once(shop, delivered)


def test_two_first_runs_make_one_history(shop):
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", "id,label\n1,one\n")
    making = Point("sqlalchemy/sql/ddl.py", "visit_table", "call", under="stamp_alembic_rev")
    with child([COMMAND, "run"], root=shop.root, point=making, then="wait") as one:
        one.wait_until_there()
        with child([COMMAND, "run"], root=shop.root, point=making, then="wait") as other:
            other.is_there_within(5)  # it should not come there: it should wait for the first one to be done
            one.go_on()
            other.go_on()
            ended = [one.end(), other.end()]
    assert [each.code for each in ended] == [0, 0], "\n".join(each.output for each in ended)
    assert sl_assets(shop.root, "run").code == 0


def test_a_run_that_just_starts_is_not_taken_for_dead(shop):
    deliver(shop)
    starting = Point("sl_assets/lock.py", "_acquire", "call", under="alive")
    with child([COMMAND, "run"], root=shop.root, point=starting, then="wait") as slow:
        slow.wait_until_there()
        assert sl_assets(shop.root, "run").code == 0
        slow.go_on()
        assert slow.end().code == 0
    failures = [
        log.message
        for _, _, logs in runs(shop)
        for log in logs
        if log.dagster_event and log.dagster_event.event_type == DagsterEventType.RUN_FAILURE
    ]
    assert failures == []


def test_a_run_is_not_refused_its_own_lock_while_another_looks_whether_it_is_dead(shop):
    deliver(shop)
    starting = Point("sl_assets/lock.py", "_acquire", "call", under="alive")
    looking = Point("sl_assets/orchestration/runs.py", "_is_free", "c_return", "flock")
    with child([COMMAND, "run"], root=shop.root, point=starting, then="wait") as slow:
        slow.wait_until_there()
        with child([COMMAND, "run"], root=shop.root, point=looking, then="wait") as curious:
            curious.is_there_within(60)  # or it ends, when it need not lock anything to look
            slow.go_on()
            first = slow.end()
            curious.go_on()
            assert curious.end().code == 0
    assert first.code == 0, first.output


def test_a_look_at_a_table_while_it_is_loaded_says_who_has_the_file(shop):
    deliver(shop)
    with holder(shop) as first:
        first.wait_until_there()
        shown = sl_assets(shop.root, "show", "shop.goods", environ=IMPATIENT)
        first.go_on()
        assert first.end().code == 0
    assert "Traceback" not in shown.output
    assert f"process {first.pid}" in shown.output
    assert found_rows(shop, ["goods"])["goods"]
