"""Killed with SIGKILL at random moments, inside the engine too, and run again: each file is loaded exactly once, none is lost.

`SL_CRASHES` is the number of kills, `SL_SEED` gives other tables, files and moments.
"""

import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from sl_assets_tests.crash.assortment import WARES, Delivery, deliver_assortment
from sl_assets_tests.crash.fork_server import ForkServer
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.reckoning import assert_all_loaded_and_put_away, committed
from sl_assets_tests.crash.tally import STEP_KILLS, Tally, record
from sl_assets_tests.shop import Shop

pytestmark = pytest.mark.slow

PARTS = 8  # tests, so that they can go to several processes
KILLS = -(-int(os.environ.get("SL_CRASHES", "200")) // PARTS)
HALF = 0.5
ROWS = (50, 50, 500, 500, 2000)  # of a file
ENOUGH = 20  # of so many kills one must hit a transaction
SEED = os.environ.get("SL_SEED", "2026")


@dataclass
class Pace:
    """How many seconds a child takes for a table that nobody kills; found out on the way, for the machine may have other work."""

    seconds: float

    def faster(self) -> None:
        self.seconds *= 0.85

    def slower(self) -> None:
        self.seconds *= 1.02


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_random_moments_each_file_is_loaded_once(tmp_path, server, part, record_property):
    dice = random.Random(f"{SEED}-{part}")  # noqa: S311 - no secret
    tally = Tally()
    pace = Pace(undisturbed(server, tmp_path / "calm", dice))
    number = 0
    while tally.kills < KILLS:
        number += 1
        shop = Shop(tmp_path / str(number))
        delivery = deliver_assortment(shop, dice, dice.sample(WARES, 3), rows=dice.choice(ROWS))
        for _ in range(dice.choice((1, 2, 3))):  # the one that recovers is killed too, and the one after it
            kill_at_random(server, shop, delivery, dice, pace, tally)
        load_tables(shop.root, "again", *names(delivery))
        assert_all_loaded_and_put_away(shop, delivery)
    record(record_property, STEP_KILLS, tally)
    assert tally.in_open_transaction or tally.kills < ENOUGH, (
        f"no kill hit an open transaction, these tests have proved nothing: {tally}"
    )


def names(delivery: Delivery) -> list[str]:
    return [ware.name for ware in delivery.wares]


def undisturbed(server: ForkServer, root: Path, dice: random.Random) -> float:
    shop = Shop(root)
    delivery = deliver_assortment(shop, dice, dice.sample(WARES, 3), rows=500)
    ended = server.run(shop.root, "calm", *names(delivery))
    assert ended.code == 0, ended.output
    assert_all_loaded_and_put_away(shop, delivery)
    return ended.lived / len(delivery.wares)


def kill_at_random(server: ForkServer, shop: Shop, delivery: Delivery, dice: random.Random, pace: Pace, tally: Tally) -> None:
    """Kill a child within the time it needs; whatever it was doing, what it leaves is whole transactions.

    Most of that time is reading and checking. Every second kill is therefore soon after the beginning of a transaction.
    """
    transaction = dice.randint(1, 2 * len(delivery.wares)) if dice.random() < HALF else 0
    after = dice.uniform(0, pace.seconds / 8 if transaction else pace.seconds * len(delivery.wares))
    run = f"killed{tally.kills + tally.too_late}"  # as those of Dagster, no run has the id of another
    ended = server.run(shop.root, run, *names(delivery), after=after, transaction=transaction)
    assert not ended.hung, ended.output
    assert ended.code in (0, -signal.SIGKILL), ended.output
    loaded = committed(shop, delivery)
    if ended.code == 0:
        tally.too_late += 1
        pace.faster()
        return
    tally.kills += 1
    pace.slower()
    tally.in_open_transaction += ended.in_transaction
    moves = len(shop.files("archive")) < len(loaded)
    tally.moves_unfinished += not ended.in_transaction and moves
    tally.partly_loaded += not ended.in_transaction and not moves and 0 < len(loaded) < len(delivery.sent)
