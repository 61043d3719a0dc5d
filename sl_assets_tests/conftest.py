import os
import shutil
import tempfile
from collections import Counter

import duckdb
import pytest
from hypothesis import settings

from sl_assets_tests.crash.tally import pytest_terminal_summary
from sl_assets_tests.shop import Shop

__all__ = ["pytest_terminal_summary"]  # a hook: what comes from the processes of xdist is only known up here


IN_MEMORY, ROOM = "/dev/shm", 4 << 30  # noqa: S108 - it is looked whether it is there


def pytest_configure():
    """Tests keep no facts in the user's folders; those about facts say where. Their files are in memory if that has room."""
    os.environ.setdefault("SL_CACHE", "off")
    if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = IN_MEMORY  # for the processes that tests start, and for this one


CASES = 3
_COUNTS = pytest.StashKey[Counter]()
WAREHOUSE = {"connection", "dagster", "invoke", "memory", "run", "shop"}


def pytest_itemcollected(item):
    """A warehouse takes a tenth of a second: of a test with many cases on one, those after the third are slow."""
    if hasattr(item, "callspec") and WAREHOUSE.intersection(item.fixturenames):
        counts = item.parent.stash.setdefault(_COUNTS, Counter())
        counts[item.originalname] += 1
        if counts[item.originalname] > CASES:
            item.add_marker(pytest.mark.slow)


settings.register_profile("quick", max_examples=25)  # `make check`; `make test` tries a hundred where a test does not say


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.fixture
def started(monkeypatch):
    """How often DuckDB was started."""
    starts = []
    connect = duckdb.connect

    def start(*args, **kwargs):
        starts.append(kwargs)
        return connect(*args, **kwargs)

    monkeypatch.setattr(duckdb, "connect", start)
    return starts
