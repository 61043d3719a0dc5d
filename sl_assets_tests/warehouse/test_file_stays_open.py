"""The warehouse's file may stay open from one use of a run to the next, as long as nobody else wants it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from sl_assets.lock import is_waited_for
from sl_assets.warehouse.duckdb import engine
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.warehouse.test_engine import ask, is_open

PATIENCE = 20  # seconds
VICTIM = """
import sys, time
from pathlib import Path
from sl_assets.warehouse.duckdb import engine
from sl_assets.warehouse.duckdb.connect import Warehouse
engine.IDLE = engine.LONGEST = 60
with Warehouse(Path(sys.argv[1])).kept(stays_open=True) as kept:
    for number in range(3):
        with kept.writer("a victim", tidy=True) as connection:
            connection.execute(f"CREATE TABLE t{number} AS SELECT range AS i FROM range(1000)")
            connection.execute(f"CREATE VIEW v{number} AS SELECT count(*) AS n FROM t{number}")
    print("written", flush=True)
    time.sleep(60)
"""
READER = """
import sys
from pathlib import Path
from sl_assets.warehouse.duckdb.connect import Warehouse
with Warehouse(Path(sys.argv[1])).reader() as connection:
    print(connection.execute("SELECT count(*) FROM t").fetchone()[0])
"""


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "w.duckdb", lock_timeout=timedelta(seconds=PATIENCE))


@pytest.fixture
def slow_to_close(monkeypatch):
    """Only who asks for it gets the file closed."""
    monkeypatch.setattr(engine, "IDLE", PATIENCE)
    monkeypatch.setattr(engine, "LONGEST", PATIENCE)


def write(kept, sql="INSERT INTO t VALUES (1)", purpose="me"):
    with kept.writer(purpose, tidy=True) as connection:
        connection.execute(sql)


def opened_for_writing(warehouse):
    """A kept warehouse whose file is open: a context, and a table `t` in it."""
    write(warehouse, "CREATE TABLE t (i INTEGER)")
    return warehouse.kept(stays_open=True)


def attached(connection):
    """When the file was attached, as far as the connection knows: DuckDB numbers what is attached."""
    return ask(connection, "SELECT database_oid FROM duckdb_databases() WHERE database_name = 'sl_warehouse'")


@pytest.mark.usefixtures("slow_to_close")
def test_the_next_use_has_the_file_that_is_open_and_sees_what_was_written(warehouse, started):
    with opened_for_writing(warehouse) as kept:
        with kept.writer("me", tidy=True) as connection:
            connection.execute("INSERT INTO t VALUES (7)")
            first = attached(connection)
        assert is_open(warehouse.database)
        with kept.writer("me", tidy=True) as connection:
            assert ask(connection, "FROM t") == [(7,)]
            assert attached(connection) == first
    assert len(started) == 2
    assert not is_open(warehouse.database)
    assert not Path(f"{warehouse.database}.wal").exists()
    assert "closes the warehouse" not in {each.name for each in threading.enumerate()}


def test_it_is_closed_when_no_use_comes_for_a_moment_and_opened_for_the_next(warehouse, monkeypatch):
    monkeypatch.setattr(engine, "IDLE", 0.05)
    with opened_for_writing(warehouse) as kept:
        for number in range(2):
            write(kept)
            deadline = time.monotonic() + PATIENCE
            while is_open(warehouse.database) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert not is_open(warehouse.database)
            with duckdb.connect(str(warehouse.database)) as foreign:
                assert ask(foreign, "SELECT count(*) FROM t") == [(number + 1,)]


def test_now_and_then_it_is_closed_though_use_follows_use(warehouse, monkeypatch):
    monkeypatch.setattr(engine, "IDLE", PATIENCE)
    monkeypatch.setattr(engine, "LONGEST", 0.0)
    monkeypatch.setattr(engine, "WORTH", 0)
    with opened_for_writing(warehouse) as kept:
        for _ in range(2):
            write(kept)
            assert not is_open(warehouse.database)


def test_a_file_that_takes_long_to_open_stays_open_longer(warehouse, monkeypatch):
    monkeypatch.setattr(engine, "IDLE", PATIENCE)
    monkeypatch.setattr(engine, "LONGEST", 0.0)
    monkeypatch.setattr(engine, "WORTH", 1_000_000)
    with opened_for_writing(warehouse) as kept:
        write(kept)
        assert is_open(warehouse.database)


@pytest.mark.usefixtures("slow_to_close")
def test_a_reader_of_ours_in_another_process_is_let_in_between_two_uses(warehouse):
    with opened_for_writing(warehouse) as kept:
        write(kept)
        reader = subprocess.Popen([sys.executable, "-c", READER, str(warehouse.database)], stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + PATIENCE
        while reader.poll() is None and time.monotonic() < deadline:
            write(kept)
        assert reader.poll() == 0
        assert reader.stdout is not None
        assert int(reader.stdout.read()) >= 1
        reader.stdout.close()


@pytest.mark.usefixtures("slow_to_close")
def test_two_runs_that_write_again_and_again_take_turns(warehouse):
    order = []

    def run(name):
        with warehouse.kept(stays_open=True) as kept:
            for _ in range(10):
                with kept.writer(name, tidy=True) as connection:
                    connection.execute("INSERT INTO t VALUES (1)")
                    order.append(name)
                    while len(set(order)) == 1 and not is_waited_for(warehouse.lock_path):
                        time.sleep(0.01)  # until the other one has come

    write(warehouse, "CREATE TABLE t (i INTEGER)")
    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = [name for number, name in enumerate(order) if number == 0 or order[number - 1] != name]
    assert len(turns) > 4, order
    with warehouse.reader() as connection:
        assert ask(connection, "SELECT count(*) FROM t") == [(20,)]


@pytest.mark.usefixtures("slow_to_close")
def test_readers_and_untidy_uses_of_the_same_run_do_not_wait(warehouse):
    with opened_for_writing(warehouse) as kept:
        began = time.monotonic()
        write(kept)
        with kept.reader() as connection:
            assert ask(connection, "SELECT count(*) FROM t") == [(1,)]
        write(kept)
        with kept.writer("me") as connection:
            connection.execute("INSERT INTO t VALUES (3)")
        assert not is_open(warehouse.database)
        write(kept)
        assert time.monotonic() - began < PATIENCE / 2
    with warehouse.reader() as connection:
        assert ask(connection, "SELECT count(*) FROM t") == [(4,)]


@pytest.mark.usefixtures("slow_to_close")
def test_the_lock_tells_the_use_that_has_the_file(warehouse):
    with opened_for_writing(warehouse) as kept:
        for number in range(2):
            with kept.writer(f"use {number}", tidy=True):
                assert json.loads(warehouse.lock_path.read_text())["purpose"] == f"use {number}"


@pytest.mark.usefixtures("slow_to_close")
def test_after_an_error_the_file_is_closed_and_what_was_committed_before_stays(warehouse):
    with opened_for_writing(warehouse) as kept:
        write(kept)
        with pytest.raises(RuntimeError), kept.writer("me", tidy=True) as connection:
            connection.execute("BEGIN; INSERT INTO t VALUES (2)")
            raise RuntimeError
        assert not is_open(warehouse.database)
        write(kept)
        with kept.writer("me", tidy=True) as connection:
            assert ask(connection, "SELECT count(*) FROM t") == [(2,)]


@pytest.mark.usefixtures("slow_to_close")
def test_before_a_fork_the_file_is_closed_and_the_child_opens_it_by_itself(warehouse):
    with opened_for_writing(warehouse) as kept:
        write(kept)
        child = os.fork()
        if child == 0:
            try:
                write(kept)
                os._exit(2 if is_open(warehouse.database) else 0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert not is_open(warehouse.database)
        with kept.writer("me", tidy=True) as connection:
            assert ask(connection, "SELECT count(*) FROM t") == [(2,)]


def test_a_process_that_is_killed_between_two_uses_loses_nothing_and_holds_nothing(warehouse):
    victim = subprocess.Popen([sys.executable, "-c", VICTIM, str(warehouse.database)], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "written\n"
    assert Path(f"{warehouse.database}.wal").stat().st_size > 0
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    with warehouse.reader() as connection:
        assert ask(connection, "SELECT v0.n, v1.n, v2.n FROM v0, v1, v2") == [(1000, 1000, 1000)]
    write(warehouse, "DROP VIEW v0")
    with warehouse.reader() as connection:
        assert ask(connection, "SELECT count(*) FROM t0") == [(1000,)]
