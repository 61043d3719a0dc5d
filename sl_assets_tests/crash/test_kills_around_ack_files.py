"""Killed with SIGKILL anywhere around an ack file: what it acknowledges is loaded exactly once, and nobody waits for ever."""

import pytest

from sl_assets_tests.crash.delivery import assert_loaded_exactly_once, deliver
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import Point

pytestmark = pytest.mark.slow

CONNECT, STAGE, COMMIT = "sl_assets/warehouse/duckdb/connect.py", "sl_assets/areas/stage.py", "sl_assets/steps/commit.py"
GATE, ACKS = "sl_assets/steps/gate.py", "sl_assets/areas/global_acks.py"
ACKNOWLEDGED = {
    "after staging": Point(STAGE, "stage_files", "return"),
    "at the commit": Point(CONNECT, "transaction", "c_call", "commit", under="commit"),
    "the commit done": Point(CONNECT, "transaction", "c_return", "commit", under="commit"),
    "archiving done": Point(COMMIT, "archive", "return"),
    "before the ack file is used up": Point(GATE, "use_up_acks", "call"),
    "before the ack file goes": Point(ACKS, "remove_ack", "call"),
}
GONE = Point(ACKS, "remove_ack", "return")


@pytest.fixture
def delivered(shop):
    path = shop.root / "config/load/shop/_config.sl.yml"
    path.write_text(path.read_text() + "    dagRef: acked\n")
    options = "{pre_load_strategy: ack, global_ack_file_path: 'acks/{{table}}.ack'}"
    shop.write("config/dags/acked.sl.yml", f"dag: {{options: {options}}}\n")
    shop.write("acks/goods.ack", "")
    shop.write("acks/sales.ack", "")
    return deliver(shop)


@pytest.mark.parametrize("table", ["goods", "sales"])
@pytest.mark.parametrize("where", ACKNOWLEDGED)
def test_killed_while_the_ack_file_is_there_the_next_run_loads_what_is_left_and_uses_it_up(server, shop, delivered, where, table):
    server.kill_at(shop.root, ACKNOWLEDGED[where], "killed", table)
    assert (shop.root / f"acks/{table}.ack").exists()
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])
    assert not (shop.root / f"acks/{table}.ack").exists()


@pytest.mark.parametrize("table", ["goods", "sales"])
def test_an_ack_file_that_is_gone_means_that_everything_is_loaded(server, shop, delivered, table):
    server.kill_at(shop.root, GONE, "killed", table)
    assert not (shop.root / f"acks/{table}.ack").exists()
    assert_loaded_exactly_once(shop, delivered, [table])
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])
