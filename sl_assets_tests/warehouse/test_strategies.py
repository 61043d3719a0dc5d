"""What the conformance suite does not reach: odd tables, hostile names, the columns of SCD2, windows."""

from datetime import UTC, datetime

import duckdb
import pytest

from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.project.windows import Window
from sl_assets.warehouse.duckdb.capabilities import CAPABILITIES
from sl_assets.warehouse.duckdb.catalog import sync_table
from sl_assets.warehouse.duckdb.connect import transaction
from sl_assets.warehouse.duckdb.strategies import WRITERS, Incoming, replace_windows, write_rows, written_columns
from sl_assets.warehouse.errors import SchemaDriftError

KEY = TableKey("shop", "goods")


def connect(existing):
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.goods (id BIGINT, label VARCHAR)")
    if existing:
        connection.executemany("INSERT INTO shop.goods VALUES (?, ?)", existing)
    return connection


def write(connection, batch, strategy):
    connection.execute("CREATE OR REPLACE TEMP TABLE batch (id BIGINT, label VARCHAR)")
    if batch:
        connection.executemany("INSERT INTO batch VALUES (?, ?)", batch)
    write_rows(connection, KEY, Incoming("(SELECT rowid AS n, * FROM batch)", ("id", "label"), "n"), strategy)


def test_an_upsert_of_nothing_but_keys_inserts_the_new_ones():
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.goods (id BIGINT)")
    connection.execute("INSERT INTO shop.goods VALUES (1)")
    connection.execute("CREATE TEMP TABLE batch AS SELECT unnest([1, 2, 2]) AS id")
    write_rows(connection, KEY, Incoming("batch", ("id",), "rowid"), WriteStrategy("UPSERT_BY_KEY", ("id",)))
    assert connection.execute("SELECT id FROM shop.goods ORDER BY id").fetchall() == [(1,), (2,)]


def test_columns_the_input_does_not_have_are_kept_by_an_upsert():
    connection = connect([(1, "a")])
    connection.execute("ALTER TABLE shop.goods ADD COLUMN extra VARCHAR; UPDATE shop.goods SET extra = 'kept'")
    write(connection, [(1, "b")], WriteStrategy("UPSERT_BY_KEY", ("id",)))
    assert connection.execute("FROM shop.goods").fetchall() == [(1, "b", "kept")]


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_hostile_column_names_are_quoted(kind):
    key, when, start, end = 'i"d; DROP TABLE x', "target", "source", "sl_versions"
    strategy = WriteStrategy(kind, (key,), when, partition=(key,), start=start, end=end)
    connection = duckdb.connect()
    connection.execute('CREATE SCHEMA shop; CREATE TEMP TABLE batch ("i""d; DROP TABLE x" BIGINT, target DATE, file BIGINT)')
    connection.execute("INSERT INTO batch VALUES (1, '2024-01-01', 1), (1, '2024-01-02', 2)")
    incoming = Incoming("batch", (key, when), "rowid", "file")
    sync_table(connection, KEY, written_columns(connection, incoming, strategy))
    write_rows(connection, KEY, incoming, strategy)
    write_rows(connection, KEY, incoming, strategy)
    ((rows,),) = connection.execute("SELECT count(*) FROM shop.goods").fetchall()
    assert rows == {"APPEND": 4, "OVERWRITE": 2, "SCD2": 2}.get(kind, 1)


def test_scd2_fills_its_columns_with_one_time_for_the_whole_transaction():
    strategy = WriteStrategy("SCD2", ("id",), "day")
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA shop; CREATE TEMP TABLE batch (id BIGINT, day DATE)")
    connection.execute("INSERT INTO batch VALUES (1, '2024-01-02'), (1, '2024-01-01'), (2, '2024-01-01')")
    incoming = Incoming("batch", ("id", "day"), "rowid")
    with transaction(connection):
        ((now,),) = connection.execute("SELECT now()").fetchall()
        columns = written_columns(connection, incoming, strategy)
        sync_table(connection, KEY, columns)
        write_rows(connection, KEY, incoming, strategy)
    assert list(columns.items())[2:] == [
        ("sl_start_ts", "TIMESTAMP WITH TIME ZONE"),
        ("sl_end_ts", "TIMESTAMP WITH TIME ZONE"),
    ]
    rows = connection.execute("SELECT id, day::VARCHAR, sl_start_ts, sl_end_ts FROM shop.goods ORDER BY id, day").fetchall()
    assert rows == [(1, "2024-01-01", now, now), (1, "2024-01-02", now, None), (2, "2024-01-01", now, None)]


def test_rows_that_were_there_before_scd2_are_current_versions():
    strategy = WriteStrategy("SCD2", ("id",), "day")
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.goods AS SELECT 1 AS id, DATE '2024-01-01' AS day")
    connection.execute("CREATE TEMP TABLE batch AS SELECT 1 AS id, DATE '2024-01-02' AS day")
    incoming = Incoming("batch", ("id", "day"), "rowid")
    assert sync_table(connection, KEY, written_columns(connection, incoming, strategy)).added == ("sl_start_ts", "sl_end_ts")
    write_rows(connection, KEY, incoming, strategy)
    rows = connection.execute("SELECT day::VARCHAR, sl_start_ts IS NULL, sl_end_ts IS NULL FROM shop.goods ORDER BY day")
    assert rows.fetchall() == [("2024-01-01", True, False), ("2024-01-02", False, True)]


def test_rows_that_bring_a_column_of_scd2_are_refused():
    connection = duckdb.connect()
    connection.execute("CREATE TEMP TABLE batch AS SELECT 1 AS id, DATE '2024-01-02' AS day, NULL AS SL_END_TS")
    incoming = Incoming("batch", ("id", "day", "SL_END_TS"), "rowid")
    with pytest.raises(SchemaDriftError, match="a column SL_END_TS, which SCD2 fills itself"):
        written_columns(connection, incoming, WriteStrategy("SCD2", ("id",), "day"))


def test_a_window_is_replaced_and_nothing_outside_it_is_touched():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA shop; CREATE TABLE shop.goods (day TIMESTAMPTZ, label VARCHAR)")
    connection.execute(
        "INSERT INTO shop.goods VALUES ('2026-01-01 23:59:59', 'before'), ('2026-01-02', 'old'), ('2026-01-02 23:00', 'old'), "
        "('2026-01-03', 'after')"
    )
    connection.execute("CREATE TEMP TABLE batch AS SELECT TIMESTAMPTZ '2026-01-02 12:00' AS day, 'new' AS label")
    window = Window("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    replace_windows(connection, KEY, Incoming("batch", ("day", "label"), "rowid"), "day", [window])
    assert connection.execute("SELECT label FROM shop.goods ORDER BY day").fetchall() == [("before",), ("new",), ("after",)]


def test_the_capabilities_tell_the_truth():
    assert set(WRITERS) == CAPABILITIES.strategies
