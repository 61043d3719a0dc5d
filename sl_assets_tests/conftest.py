import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

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
WAREHOUSE = {"connection", "dagster", "invoke", "memory", "run", "server", "shop"}
MEASURED = {"cli", "orchestration"}  # folders whose slow tests run what no quick one runs


def pytest_itemcollected(item):
    """Of a test with many cases on one warehouse, which takes a tenth of a second, those after the third are slow.

    Those, and most other slow ones, run what quicker ones have run, or run it in processes of their own. They are not measured
    for coverage, which takes half as long again: what is told of coverage is a little less than what there is.
    """
    is_late = False
    if hasattr(item, "callspec") and WAREHOUSE.intersection(item.fixturenames):
        counts = item.parent.stash.setdefault(_COUNTS, Counter())
        counts[item.originalname] += 1
        is_late = counts[item.originalname] > CASES
    if is_late:
        item.add_marker(pytest.mark.slow)
    if is_late or (item.get_closest_marker("slow") and not MEASURED.intersection(item.path.parts)):
        item.add_marker(pytest.mark.no_cover)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The longest tests come first, whatever the order of the others: at the end nobody waits for them."""
    items.sort(key=lambda item: "random_moments" not in item.name)


settings.register_profile("quick", max_examples=25)  # `make check`; `make test` tries a hundred where a test does not say


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """The folder in which a test keeps what it has read of projects; without it nothing is kept."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SL_CACHE", str(folder))
    return folder


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
