"""DuckDB is started once for several uses of the warehouse, and none of them sees that."""

import os
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from sl_assets.lock import LockTimeoutError
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction

FOREIGN = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as connection:
    connection.execute("INSERT INTO t SELECT count(*) + 100 FROM t")
"""


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "w.duckdb", lock_timeout=timedelta(seconds=0.3))


def ask(connection, sql):
    return connection.execute(sql).fetchall()


def is_open(path):
    """Whether this process has a file open."""
    return any(each.resolve() == path.resolve() for each in Path("/proc/self/fd").iterdir())


@contextmanager
def no_file_may_grow_beyond(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_tidy_uses_share_one_start_and_others_have_their_own(warehouse, started):
    with warehouse.kept() as kept:
        for number in range(3):
            with kept.writer("me", tidy=True) as connection:
                connection.execute(f"CREATE TABLE t{number} AS SELECT {number} AS i")
        assert len(started) == 1
        with kept.writer("me") as connection:
            assert ask(connection, "SELECT t0.i, t1.i, t2.i FROM t0, t1, t2") == [(0, 1, 2)]
        with kept.reader() as connection:
            assert ask(connection, "FROM t2") == [(2,)]
        assert len(started) == 3
        for _ in range(2):
            with kept.reader(tidy=True) as connection:
                assert ask(connection, "FROM t2") == [(2,)]
                with pytest.raises(duckdb.Error, match="read-only"):
                    connection.execute("DROP TABLE t2")
        assert len(started) == 3


def test_a_warehouse_that_is_not_kept_starts_one_for_each_use(warehouse, started):
    for _ in range(2):
        with warehouse.writer("me", tidy=True) as connection:
            assert ask(connection, "SELECT 1") == [(1,)]
    assert len(started) == 2


def test_no_session_reaches_into_the_next(warehouse):
    with warehouse.kept() as kept:
        with kept.writer("me", tidy=True) as connection:
            connection.execute("CREATE TEMP TABLE left_behind AS SELECT 1 AS i")
            connection.execute("CREATE TEMP VIEW seen AS SELECT 1 AS i")
            connection.execute("CREATE TEMP MACRO twice(x) AS 2 * x")
            connection.execute("SET VARIABLE secret = 'told'")
            connection.execute("PREPARE asked AS SELECT 1")
            connection.execute("SET TimeZone = 'Asia/Tokyo'")
            connection.execute("SET python_enable_replacements = true")
            connection.execute("CREATE SCHEMA other; USE other")
            connection.register("frame", pa.table({"i": [1]}))
        with kept.writer("me", tidy=True) as connection:
            for gone in ("FROM left_behind", "FROM seen", "FROM frame", "SELECT twice(1)", "EXECUTE asked", "FROM frame_here"):
                frame_here = pa.table({"i": [1]})
                with pytest.raises(duckdb.Error):
                    ask(connection, gone)
                assert len(frame_here) == 1
            assert ask(connection, "SELECT getvariable('secret'), current_setting('TimeZone')") == [(None, "UTC")]
            assert ask(connection, "SELECT current_database(), current_schema()") == [("sl_warehouse", "main")]
            assert ask(connection, "SELECT count(*) FROM duckdb_temporary_files()") == [(0,)]


def test_a_transaction_that_is_left_open_is_rolled_back(warehouse):
    with warehouse.kept() as kept:
        with kept.writer("me", tidy=True) as connection:
            connection.execute("CREATE TABLE t (i INTEGER)")
            connection.execute("BEGIN; INSERT INTO t VALUES (1)")
        with kept.writer("me", tidy=True) as connection:
            assert ask(connection, "SELECT count(*) FROM t") == [(0,)]


def test_what_an_untidy_use_leaves_in_the_instance_is_gone_with_it(warehouse, tmp_path):
    with warehouse.kept() as kept:
        with kept.writer("me", tidy=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT unnest([1, NULL]) AS i")
        for _ in range(2):  # nor does it meet its own
            with kept.writer("me") as connection:
                connection.execute("SET default_null_order = 'nulls_first'; SET threads = 1")
                connection.execute(f"ATTACH '{tmp_path}/other.duckdb' AS other")
                connection.create_function("shout", str.upper, ["VARCHAR"], "VARCHAR")  # type: ignore[arg-type]
                assert ask(connection, "SELECT shout('a')") == [("A",)]
        with kept.writer("me", tidy=True) as connection:
            assert ask(connection, "FROM t ORDER BY i") == [(1,), (None,)]
            assert ask(connection, "SELECT count(*) FROM duckdb_databases() WHERE database_name = 'other'") == [(0,)]
            with pytest.raises(duckdb.CatalogException):
                ask(connection, "SELECT shout('a')")


def test_another_program_can_write_between_two_uses_and_is_seen(warehouse):
    with warehouse.kept() as kept:
        with kept.writer("me", tidy=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT 1 AS i")
            assert is_open(warehouse.database)
        assert not is_open(warehouse.database)
        assert not Path(f"{warehouse.database}.wal").exists()
        subprocess.run([sys.executable, "-c", FOREIGN, str(warehouse.database)], check=True)
        with kept.writer("me", tidy=True) as connection:
            assert ask(connection, "FROM t ORDER BY i") == [(1,), (101,)]


def test_after_an_error_the_instance_is_not_used_again(warehouse, started):
    with warehouse.kept() as kept:
        for _ in range(2):
            with pytest.raises(RuntimeError), kept.writer("me", tidy=True):
                raise RuntimeError
            assert not is_open(warehouse.database)
        assert len(started) == 2


def test_each_warehouse_keeps_its_own_limits(warehouse, tmp_path):
    small = Warehouse(tmp_path / "small.duckdb", memory_limit="100MiB")
    large = Warehouse(tmp_path / "it's large.duckdb", memory_limit="300MiB")
    limits = "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
    with small.kept() as few, large.kept() as many:
        for _ in range(2):
            with few.writer("me", tidy=True) as connection:
                assert ask(connection, limits) == [("100.0 MiB", f"{tmp_path}/small.duckdb.tmp")]
            with many.writer("me", tidy=True) as connection:
                assert ask(connection, limits) == [("300.0 MiB", f"{tmp_path}/it's large.duckdb.tmp")]


def test_a_file_that_took_the_place_of_another_with_its_time_and_size_is_read(warehouse, tmp_path):
    file = tmp_path / "rows.parquet"
    with warehouse.kept() as kept:
        for number in (1, 2):
            pyarrow.parquet.write_table(pa.table({"i": [number] * 2000}), file, use_dictionary=False)
            os.utime(file, (1_700_000_000, 1_700_000_000))
            with kept.writer("me", tidy=True) as connection:
                assert ask(connection, f"SELECT count(*) FROM '{file}' WHERE i = {number}") == [(2000,)]


def test_what_is_committed_stays_when_the_file_cannot_grow_and_the_instance_goes(warehouse, started):
    with warehouse.kept() as kept:
        with kept.writer("me", tidy=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT range AS i FROM range(100000)")
        with kept.writer("me", tidy=True) as connection, transaction(connection):
            connection.execute("INSERT INTO t VALUES (-1)")
        writing = kept.writer("me", tidy=True)
        connection = writing.__enter__()
        connection.execute("INSERT INTO t VALUES (-2)")
        with no_file_may_grow_beyond(10):
            writing.__exit__(None, None, None)
        assert not is_open(warehouse.database)
        assert len(started) == 1
        with kept.writer("me", tidy=True) as connection:
            assert ask(connection, "SELECT i FROM t WHERE i < 0 ORDER BY i") == [(-2,), (-1,)]
        assert len(started) == 2


def test_a_reader_in_another_thread_waits_for_the_writer(warehouse):
    with warehouse.kept() as kept:
        with kept.writer("me", tidy=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT 1 AS i")
            with pytest.raises(LockTimeoutError, match="another thread"), kept.reader():
                pass
            seen = []
            patient = Warehouse(warehouse.database)

            def read():
                with patient.reader() as reader:
                    seen.extend(ask(reader, "SELECT i FROM t ORDER BY i"))

            thread = threading.Thread(target=read)
            thread.start()
            connection.execute("INSERT INTO t VALUES (2)")
        thread.join()
        assert seen == [(1,), (2,)]
