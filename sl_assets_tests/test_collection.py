import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from sl_assets.collection import rare_collection
from sl_assets.project import load_project


@pytest.fixture(autouse=True)
def usual():
    before = gc.get_threshold()
    gc.set_threshold(500, 7, 9)
    yield (500, 7, 9)
    gc.set_threshold(*before)


def test_it_is_rare_inside_and_as_before_afterwards(usual):
    with rare_collection():
        assert gc.get_threshold()[0] >= 100_000
        with rare_collection():
            pass
        assert gc.get_threshold()[0] >= 100_000
    assert gc.get_threshold() == usual


def test_an_error_leaves_it_as_before(usual):
    with pytest.raises(KeyError), rare_collection():
        raise KeyError
    assert gc.get_threshold() == usual


def test_what_somebody_switched_off_stays_off():
    gc.set_threshold(0)
    with rare_collection():
        assert gc.get_threshold()[0] == 0
    assert gc.get_threshold()[0] == 0


def test_threads_that_overlap_leave_it_as_before(usual):
    together = Barrier(4)

    def ask(_: int) -> None:
        for _ in range(50):
            together.wait(10)
            with rare_collection():
                assert gc.get_threshold()[0] >= 100_000

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert gc.get_threshold() == usual


def test_reading_a_project_leaves_it_as_before(shop, usual):
    shop.table("orders", "id: long!")
    load_project(shop.root, {})
    assert gc.get_threshold() == usual
