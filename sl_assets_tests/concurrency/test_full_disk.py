"""The disk is full in the middle of a load or reload, or while unpacking: nothing half-written is left, the next run is right."""

import gzip
import hashlib
import os
import subprocess
import sys

import pytest

from sl_assets_tests.areas.packing import zip_of
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import COMMAND, child, sl_assets
from sl_assets_tests.shop import Shop

pytestmark = pytest.mark.slow

ROWS = 100_000
LIMITED = """
import os, resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
os.execv(sys.argv[2], sys.argv[2:])
"""


def open_shop(shop: Shop) -> Shop:
    """Two small rows in the warehouse, and a file on its way that takes megabytes."""
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", "id,label\n1,one\nx,bad\n2,two\n")
    assert sl_assets(shop.root, "run").code == 0
    shop.land("goods2.csv", large_file())
    return shop


def large_file() -> str:
    """A file of seven megabytes that hardly gets smaller by packing."""
    lines = [f"{number},{hashlib.sha256(str(number).encode()).hexdigest()}" for number in range(10, 10 + ROWS)]
    return "id,label\nx,bad\n" + "\n".join(lines) + "\n"


def run_limited(shop: Shop, limit: int, job: str) -> str:
    """Do a job in a process none of whose files may grow beyond some bytes; give what it printed."""
    loading = [sys.executable, "-m", "sl_assets_tests.crash.loading", str(shop.root), "full", job]
    with child([sys.executable, "-c", LIMITED, str(limit), *loading], root=shop.root) as limited:
        return limited.end().output


def assert_only_the_first_file_is_in(shop: Shop) -> None:
    assert shop.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,)]
    assert shop.rows("SELECT NAME FROM audit.files") == [("goods1.csv",)]
    assert shop.rows("SELECT COUNT, COUNTACCEPTED FROM audit.audit WHERE SUCCESS") == [(3, 2)]
    assert shop.files("stage") == ["goods2.csv"]
    assert shop.files("archive") == ["goods1.csv"]


def assert_both_files_are_in(shop: Shop) -> None:
    assert shop.rows("SELECT count(*), count(DISTINCT id) FROM shop.goods") == [(ROWS + 2, ROWS + 2)]
    assert shop.rows("SELECT NAME, COUNTREJECTED FROM audit.files ORDER BY NAME") == [("goods1.csv", 1), ("goods2.csv", 1)]
    assert (shop.files("stage"), shop.files("archive")) == ([], ["goods1.csv", "goods2.csv"])


def test_a_file_that_may_not_grow_fails_the_load_and_the_next_run_is_right(shop):
    open_shop(shop)
    limit = shop.project().settings.database.stat().st_size + 300_000
    output = run_limited(shop, limit, "goods")
    assert "File too large" in output, output
    assert_only_the_first_file_is_in(shop)
    load_tables(shop.root, "again", "goods")
    assert_both_files_are_in(shop)


def test_a_reload_that_may_not_grow_leaves_the_table_as_it_was_and_the_next_one_is_right(shop):
    open_shop(shop)
    load_tables(shop.root, "second", "goods")
    before = shop.rows("SELECT id, label FROM shop.goods ORDER BY id")
    ledger = shop.rows("SELECT * FROM audit.files ORDER BY NAME")
    shop.table("goods", "id: string!, label: string")
    output = run_limited(shop, 1_000_000, "reload:goods")  # below the file's size: blocks that are free in it do not help
    assert "File too large" in output, output
    assert shop.rows("SELECT id, label FROM shop.goods ORDER BY id") == before
    assert shop.rows("SELECT * FROM audit.files ORDER BY NAME") == ledger
    assert shop.files("archive") == ["goods1.csv", "goods2.csv"]
    load_tables(shop.root, "again", "reload:goods")
    assert shop.rows("SELECT count(*), count(DISTINCT id) FROM shop.goods") == [(ROWS + 4, ROWS + 3)]
    assert shop.rows("SELECT sum(COUNTACCEPTED), sum(COUNTREJECTED) FROM audit.files") == [(ROWS + 4, 0)]


PACKED = {
    "goods2.csv.gz": gzip.compress,
    "delivery.zip": lambda content: zip_of(("goods2.csv", content, 1_700_000_000)),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_file_for_which_there_is_no_room_fails_the_load_and_the_next_run_is_right(shop, name):
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", "id,label\n1,one\nx,bad\n2,two\n")
    load_tables(shop.root, "first", "goods")
    packed = shop.land(name, "")
    packed.write_bytes(PACKED[name](large_file().encode()))
    limit = shop.project().settings.database.stat().st_size + 300_000
    assert packed.stat().st_size < len(large_file())
    assert limit < len(large_file())
    output = run_limited(shop, limit, "goods")
    assert "File too large" in output, output
    assert shop.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,)]
    assert shop.rows("SELECT NAME FROM audit.files") == [("goods1.csv",)]
    assert shop.files("archive") == ["goods1.csv"]
    assert shop.files("incoming") + shop.files("stage") == [name]
    load_tables(shop.root, "again", "goods")
    assert shop.rows("SELECT count(*), count(DISTINCT id) FROM shop.goods") == [(ROWS + 2, ROWS + 2)]
    assert shop.files("incoming") + shop.files("stage") == []
    assert not list(shop.root.glob("datasets/warehouse.duckdb.tmp/*"))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of some megabytes; only root may mount one, and not everywhere."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_fails_the_run_with_its_reason_and_the_next_run_is_right(tmp_path, small_disk):
    datasets = small_disk / "datasets"
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "datasets").symlink_to(datasets)
    datasets.mkdir()
    shop = open_shop(Shop(tmp_path / "project"))
    free = os.statvfs(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - 1_000_000))
    with child([COMMAND, "run"], root=shop.root) as run:
        ended = run.end()
    assert ended.code == 1, ended.output
    assert "Traceback" not in ended.output
    assert "No space left" in ended.output
    assert_only_the_first_file_is_in(shop)
    ballast.unlink()
    again = sl_assets(shop.root, "run")
    assert again.code == 0, again.output
    assert_both_files_are_in(shop)
