import subprocess
import sys
from datetime import timedelta

import duckdb
import pytest

from sl_assets.lock import LockTimeoutError
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.errors import WarehouseBusyError, WarehouseError

FOREIGN = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
time.sleep(60)
"""


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "w.duckdb", lock_timeout=timedelta(seconds=0.4))


@pytest.fixture
def foreign_process(warehouse):
    process = subprocess.Popen([sys.executable, "-c", FOREIGN, str(warehouse.database)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_connection_is_closed_after_an_error(warehouse):
    with pytest.raises(RuntimeError), warehouse.writer("a test"):
        raise RuntimeError
    with warehouse.writer("another") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_another_writer_of_ours_is_named(warehouse):
    with warehouse.writer("run 42 loading shop.goods"), pytest.raises(LockTimeoutError) as caught, warehouse.writer("me"):
        pass
    assert "run 42 loading shop.goods" in str(caught.value)


def test_a_foreign_process_is_named_and_nothing_is_written(warehouse, foreign_process):
    with pytest.raises(WarehouseBusyError) as caught, warehouse.writer("me"):
        pass
    assert f"process {foreign_process.pid}" in str(caught.value)
    assert "nothing was written" in str(caught.value)


def test_a_file_that_is_no_database_is_said_to_be_none(warehouse):
    warehouse.database.write_text("not a database, " * 100)
    with pytest.raises(WarehouseError, match="cannot be opened"), warehouse.writer("me"):
        pass


def test_reading_before_there_is_anything_is_told(warehouse):
    with pytest.raises(WarehouseError, match="no warehouse at"), warehouse.reader():
        pass


def test_a_reader_cannot_write(warehouse):
    with warehouse.writer("me") as connection:
        connection.execute("CREATE TABLE t (i INTEGER)")
    with warehouse.reader() as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("INSERT INTO t VALUES (1)")


def test_a_transaction_is_all_or_nothing(warehouse):
    with warehouse.writer("me") as connection:
        connection.execute("CREATE TABLE t (i INTEGER)")
        with pytest.raises(duckdb.Error), transaction(connection):
            connection.execute("INSERT INTO t VALUES (1)")
            connection.execute("SELECT * FROM nowhere")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_the_session_is_in_the_projects_time_zone(tmp_path):
    with Warehouse(tmp_path / "w.duckdb", timezone="Asia/Tokyo").writer("me") as connection:
        assert connection.execute("SELECT TIMESTAMPTZ '2026-01-01 00:00:00Z'::VARCHAR").fetchone() == ("2026-01-01 09:00:00+09",)
