"""A program that is not ours has the DuckDB file open: its name and process are told, and nothing is written."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from sl_assets_tests.crash.victims import sl_assets

pytestmark = pytest.mark.slow

IMPATIENT = {"SL_LOCK_TIMEOUT": "300"}
NOTEBOOK = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def notebook(shop, mode):
    """A foreign process with the database open until the block ends."""
    database = str(shop.project().settings.database)
    process = subprocess.Popen(
        [sys.executable, "-c", NOTEBOOK, database, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    try:
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        assert process.wait(timeout=60) == 0


@pytest.fixture
def open_shop(shop):
    """A warehouse with two goods in it and a third on its way."""
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", "id,label\n1,one\nx,bad\n2,two\n")
    assert sl_assets(shop.root, "run").code == 0
    shop.land("goods2.csv", "id,label\n3,three\nx,bad\n")
    return shop


def everything(shop):
    tables = shop.rows("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL")
    return {name: shop.rows(f'SELECT * FROM "{name[0]}"."{name[1]}" ORDER BY ALL') for name in tables}


@pytest.mark.parametrize("mode", ["write", "read"])
def test_a_foreign_process_is_named_and_nothing_is_written(open_shop, mode):
    before = everything(open_shop)
    with notebook(open_shop, mode) as foreign:
        refused = sl_assets(open_shop.root, "run", environ=IMPATIENT)
    assert refused.code == 1
    assert "Traceback" not in refused.output
    assert f"process {foreign.pid}" in refused.output
    assert "nothing was written" in refused.output
    assert "Hint: close it there" in refused.output
    assert everything(open_shop) == before


@pytest.mark.parametrize("mode", ["write", "read"])
def test_once_it_is_closed_the_next_run_loads_what_waits(open_shop, mode):
    with notebook(open_shop, mode):
        sl_assets(open_shop.root, "run", environ=IMPATIENT)
    again = sl_assets(open_shop.root, "run")
    assert again.code == 0, again.output
    assert open_shop.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,), (3,)]
    assert open_shop.rows("SELECT FILE, LINE FROM audit.rejected ORDER BY ALL") == [("goods1.csv", 3), ("goods2.csv", 3)]
    assert open_shop.files("archive") == ["goods1.csv", "goods2.csv"]


def test_a_transform_says_so_too_and_keeps_the_table_it_had(open_shop):
    open_shop.task("total", "SELECT count(*) AS n FROM shop.goods")
    assert sl_assets(open_shop.root, "run").code == 0
    with notebook(open_shop, "read") as foreign:
        refused = sl_assets(open_shop.root, "run", 'key:"kpi/total"', environ=IMPATIENT)
    assert refused.code == 1
    assert f"process {foreign.pid}" in refused.output
    assert open_shop.rows("SELECT n FROM kpi.total") == [(3,)]
