"""Invariant 1: killed with SIGKILL anywhere in a load and run again, each file is loaded exactly once and none is lost."""

import pytest

from sl_assets_tests.crash.delivery import assert_loaded_exactly_once, deliver, found_rows
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import Point
from sl_assets_tests.shop import APPLICATION, Shop

pytestmark = pytest.mark.slow

FILES, STAGE, COMMIT = "sl_assets/areas/files.py", "sl_assets/areas/stage.py", "sl_assets/steps/commit.py"
BATCH, CANDIDATES = "sl_assets/steps/batch.py", "sl_assets/steps/candidates.py"
CONNECT, CATALOG = "sl_assets/warehouse/duckdb/connect.py", "sl_assets/warehouse/duckdb/catalog.py"
ENGINE = "sl_assets/warehouse/duckdb/engine.py"
AUDIT, LEDGER = "sl_assets/warehouse/duckdb/audit.py", "sl_assets/warehouse/duckdb/ledger.py"

BEFORE_THE_COMMIT = {
    "staging, first file linked and not unlinked": Point(FILES, "move_file", "c_return", "link", under="stage_files"),
    "staging, second file linked and not unlinked": Point(FILES, "move_file", "c_return", "link", under="stage_files", nth=2),
    "after staging": Point(STAGE, "stage_files", "return"),
    "the database just made": Point(CONNECT, "_prepare", "return"),
    "the ledger being made": Point(AUDIT, "_add_missing_columns", "call"),
    "while choosing the files": Point(CANDIDATES, "find_candidates", "call"),
    "before reading": Point(BATCH, "_shapes", "return"),
    "read, nothing written": Point(BATCH, "_counts", "call"),
    "the table made, no row in it": Point(CATALOG, "sync_table", "return"),
    "rows written": Point(BATCH, "write_rejected", "call"),
    "rejected rows written": Point(BATCH, "write_rejected", "return"),
    "audit written": Point(AUDIT, "write_audit", "return"),
    "ledger written, before the commit": Point(LEDGER, "write_ledger", "return"),
    "at the commit": Point(CONNECT, "transaction", "c_call", "commit", under="commit"),
}
AFTER_THE_COMMIT = {
    "the commit done": Point(CONNECT, "transaction", "c_return", "commit", under="commit"),
    "before archiving": Point(COMMIT, "archive", "call"),
    "archiving, first file linked and not unlinked": Point(FILES, "move_file", "c_return", "link", under="archive"),
    "archiving, one file moved": Point(FILES, "move_file", "return", under="archive"),
    "archiving done": Point(COMMIT, "archive", "return"),
    "before closing": Point(ENGINE, "detach", "call"),
}
KINDS = ("goods", "prices", "stock", "sales")  # APPEND, UPSERT_BY_KEY, OVERWRITE (one transaction a file), partitions


def has_rows(shop: Shop, table: str) -> bool:
    return shop.project().settings.database.exists() and bool(found_rows(shop, [table])[table])


@pytest.mark.parametrize("table", KINDS)
@pytest.mark.parametrize("where", BEFORE_THE_COMMIT)
def test_killed_before_the_commit_nothing_is_there_and_a_new_run_loads_all(server, shop, where, table):
    delivered = deliver(shop)
    server.kill_at(shop.root, BEFORE_THE_COMMIT[where], "killed", table)
    assert not has_rows(shop, table)
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])


@pytest.mark.parametrize("table", KINDS)
@pytest.mark.parametrize("where", AFTER_THE_COMMIT)
def test_killed_after_the_commit_the_rows_are_there_and_a_new_run_only_tidies_up(server, shop, where, table):
    delivered = deliver(shop)
    server.kill_at(shop.root, AFTER_THE_COMMIT[where], "killed", table)
    assert has_rows(shop, table)
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])


@pytest.mark.parametrize("table", ["goods", "sales"])
def test_a_recovery_that_is_killed_while_it_tidies_up_is_recovered_too(server, shop, table):
    delivered = deliver(shop)
    server.kill_at(shop.root, AFTER_THE_COMMIT["before archiving"], "killed", table)
    server.kill_at(shop.root, Point(FILES, "move_file", "c_return", "link", under="_put_away"), "killed", table)
    server.kill_at(shop.root, Point(FILES, "move_file", "return", under="_put_away", nth=2), "killed", table)
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])


def test_a_killed_run_leaves_no_lock_behind(server, shop):
    deliver(shop)
    server.kill_at(shop.root, BEFORE_THE_COMMIT["ledger written, before the commit"], "killed", "goods")
    shop.write("config/application.sl.yml", APPLICATION + "  lock: {timeout: 0}\n")
    load_tables(shop.root, "again", "goods")
