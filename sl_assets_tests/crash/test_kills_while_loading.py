"""Invariant 1: killed with SIGKILL anywhere in a load and run again, each file is loaded exactly once and none is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sl_assets_tests.crash.delivery import TABLES, assert_loaded_exactly_once, deliver, found_rows
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import Child, Point, child
from sl_assets_tests.shop import APPLICATION, Shop

pytestmark = pytest.mark.slow

FILES, STAGE, LOAD = "sl_assets/areas/files.py", "sl_assets/areas/stage.py", "sl_assets/steps/load.py"
BATCH, CANDIDATES = "sl_assets/steps/batch.py", "sl_assets/steps/candidates.py"
CONNECT, CATALOG = "sl_assets/warehouse/duckdb/connect.py", "sl_assets/warehouse/duckdb/catalog.py"
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
    "at the commit": Point(CONNECT, "transaction", "c_call", "commit", under="_commit"),
}
AFTER_THE_COMMIT = {
    "the commit done": Point(CONNECT, "transaction", "c_return", "commit", under="_commit"),
    "before archiving": Point(LOAD, "_archive", "call"),
    "archiving, first file linked and not unlinked": Point(FILES, "move_file", "c_return", "link", under="_archive"),
    "archiving, one file moved": Point(FILES, "move_file", "return", under="_archive"),
    "archiving done": Point(LOAD, "_archive", "return"),
    "before closing": Point(CONNECT, "writer", "c_call", "close"),
}
KINDS = ("goods", "prices", "stock", "sales")  # APPEND, UPSERT_BY_KEY, OVERWRITE (one transaction a file), partitions


def loading(shop: Shop, *tables: str) -> list[str]:
    return [sys.executable, "-m", "sl_assets_tests.crash.loading", str(shop.root), "killed", *tables]


def kill_at(shop: Shop, point: Point, *tables: str) -> None:
    with child(loading(shop, *tables), root=shop.root, point=point) as victim:
        ended = victim.end()
    assert ended.code == -signal.SIGKILL, ended.output


def has_rows(shop: Shop, table: str) -> bool:
    return shop.project().settings.database.exists() and bool(found_rows(shop, [table])[table])


@pytest.mark.parametrize("table", KINDS)
@pytest.mark.parametrize("where", BEFORE_THE_COMMIT)
def test_killed_before_the_commit_nothing_is_there_and_a_new_run_loads_all(shop, where, table):
    delivered = deliver(shop)
    kill_at(shop, BEFORE_THE_COMMIT[where], table)
    assert not has_rows(shop, table)
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])


@pytest.mark.parametrize("table", KINDS)
@pytest.mark.parametrize("where", AFTER_THE_COMMIT)
def test_killed_after_the_commit_the_rows_are_there_and_a_new_run_only_tidies_up(shop, where, table):
    delivered = deliver(shop)
    kill_at(shop, AFTER_THE_COMMIT[where], table)
    assert has_rows(shop, table)
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])


@pytest.mark.parametrize("table", ["goods", "sales"])
def test_a_recovery_that_is_killed_while_it_tidies_up_is_recovered_too(shop, table):
    delivered = deliver(shop)
    kill_at(shop, AFTER_THE_COMMIT["before archiving"], table)
    kill_at(shop, Point(FILES, "move_file", "c_return", "link", under="_put_away"), table)
    kill_at(shop, Point(FILES, "move_file", "return", under="_put_away", nth=2), table)
    load_tables(shop.root, "again", table)
    assert_loaded_exactly_once(shop, delivered, [table])


def test_a_killed_run_leaves_no_lock_behind(shop):
    deliver(shop)
    kill_at(shop, BEFORE_THE_COMMIT["ledger written, before the commit"], "goods")
    shop.write("config/application.sl.yml", APPLICATION + "  lock: {timeout: 0}\n")
    load_tables(shop.root, "again", "goods")


def test_killed_at_random_moments_each_file_is_loaded_once(tmp_path, capsys):
    seed = int(os.environ.get("SL_SEED", "2026"))
    kills = int(os.environ.get("SL_CRASHES", "40"))
    dice = random.Random(seed)  # noqa: S311 - no secret
    hits = Hits(pace=undisturbed(Shop(tmp_path / "calm")))
    number = 0
    while hits.kills < kills:
        number += 1
        shop = Shop(tmp_path / str(number))
        delivered = deliver(shop, rows=3000)
        for _ in range(dice.randint(1, 3)):
            kill_at_random(shop, dice, hits)
        load_tables(shop.root, "again", *TABLES)
        assert_loaded_exactly_once(shop, delivered)
    with capsys.disabled():
        print(f"\nseed {seed}: {hits}")  # noqa: T201
    assert hits.in_transaction, "no kill hit an open transaction: this run has proved nothing"


@dataclass
class Hits:
    """What the random kills hit; `pace` is how long a child needs that nobody kills, in seconds."""

    pace: float
    kills: int = 0
    too_late: int = 0
    in_transaction: int = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.in_transaction} of them hit an open transaction; "
            f"{self.too_late} more came when the child had ended"
        )


def undisturbed(shop: Shop) -> float:
    delivered = deliver(shop, rows=3000)
    with loading_child(shop, shop.root / "in_transaction") as lucky:
        began = time.monotonic()
        assert lucky.end().code == 0
        lived = time.monotonic() - began
    assert_loaded_exactly_once(shop, delivered)
    return lived


def kill_at_random(shop: Shop, dice: random.Random, hits: Hits) -> None:
    """Kill a child within the time that it needs; the delay is the experiment, not a way to wait for something."""
    state = shop.root / "in_transaction"
    state.write_text("0")
    with loading_child(shop, state) as victim:
        try:
            victim.process.wait(timeout=dice.uniform(0, hits.pace))
        except subprocess.TimeoutExpired:
            victim.kill()
            assert victim.end().code in (-signal.SIGKILL, 0)
        else:
            assert victim.end().code == 0
    if victim.process.returncode == 0:
        hits.too_late += 1
        hits.pace *= 0.95  # the machine has become faster than it was when the time was taken
    else:
        hits.kills += 1
        hits.in_transaction += state.read_text() == "1"


@contextmanager
def loading_child(shop: Shop, state: Path) -> Generator[Child, None, None]:
    """A child that has read its modules and is about to load all five tables."""
    with child(loading(shop, *TABLES), root=shop.root, environ={"SL_TRANSACTION_FILE": str(state)}) as victim:
        victim.read_until("here")
        yield victim
