import sqlite3

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from sl_assets.orchestration.history import quick_history

FULL, NORMAL = 2, 1


@pytest.fixture
def write(tmp_path):
    """Opens a database with a write-ahead log, writes and closes it, as Dagster does for each event; tells its `synchronous`."""
    file = tmp_path / "history.db"

    def once():
        engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text("PRAGMA journal_mode = WAL"))
            connection.execute(sa.text("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY)"))
            connection.execute(sa.text("INSERT INTO events DEFAULT VALUES"))
            connection.commit()
            mode = connection.execute(sa.text("PRAGMA synchronous")).scalar_one()
        engine.dispose()
        return mode

    once.log = file.with_name("history.db-wal")
    once.count = lambda: sqlite3.connect(file).execute("SELECT count(*) FROM events").fetchone()[0]
    return once


def test_the_write_ahead_log_is_folded_in_once_at_the_end_and_not_at_every_event(write):
    with quick_history():
        assert [write() for _ in range(3)] == [NORMAL] * 3
        assert write.log.exists()
    assert not write.log.exists()
    assert write.count() == 3


def test_before_and_after_it_nothing_is_changed(write):
    assert write() == FULL
    with quick_history():
        write()
    assert (write(), write.log.exists()) == (FULL, False)


def test_one_inside_another_does_no_harm(write):
    with quick_history():
        with quick_history():
            assert [write(), write()] == [NORMAL] * 2
        assert write.log.exists()
        assert write() == NORMAL
    assert not write.log.exists()


def test_what_was_written_is_seen_by_others_meanwhile(write):
    with quick_history():
        write()
        assert write.count() == 1


def test_a_database_in_memory_is_left_alone():
    with quick_history(), sa.create_engine("sqlite://").connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1


@pytest.mark.slow
def test_dagster_keeps_one_engine_for_each_database_instead_of_one_for_each_event(tmp_path):
    """It fails when a new Dagster makes its engines elsewhere: what that costs is told in `sl_assets.orchestration.history`."""
    engines = set()
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance, quick_history():
        sa.event.listen(sa.Engine, "engine_connect", remember := lambda connection: engines.add(connection.engine))
        for number in range(5):
            instance.report_runless_asset_event(dg.AssetMaterialization("a", partition=str(number)))
        sa.event.remove(sa.Engine, "engine_connect", remember)
        assert len(instance.get_materialized_partitions(dg.AssetKey("a"))) == 5
    assert len({str(each.url) for each in engines}) == len(engines)


def test_it_leaves_dagster_as_it_was():
    before = sqlite_event_log.create_engine
    with quick_history(), quick_history():
        assert sqlite_event_log.create_engine is not before
    assert sqlite_event_log.create_engine is before
