"""Write strategies against an oracle that goes row by row in plain Python."""

from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.project.windows import Window
from sl_assets.warehouse.duckdb.capabilities import CAPABILITIES
from sl_assets.warehouse.duckdb.strategies import WRITERS, Incoming, replace_windows, write_rows

KEY = TableKey("shop", "goods")
ROWS = st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 4)), st.sampled_from("abc")), max_size=8)


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


def content(connection):
    return sorted(connection.execute("SELECT id, label FROM shop.goods").fetchall(), key=repr)


def oracle(existing, batch, strategy):
    if strategy.type == "APPEND":
        return existing + batch
    if strategy.type == "OVERWRITE":
        return list(batch)
    rows = list(existing)
    for new in batch:
        at = [number for number, old in enumerate(rows) if new[0] is not None and old[0] == new[0]]
        if at:
            for number in at:
                rows[number] = new
        else:
            rows.append(new)
    return rows


STRATEGIES = [WriteStrategy("APPEND"), WriteStrategy("OVERWRITE"), WriteStrategy("UPSERT_BY_KEY", ("id",))]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: each.type)
@settings(max_examples=60, deadline=None)
@given(existing=ROWS, first=ROWS, second=ROWS)
def test_two_batches_leave_what_a_row_by_row_reading_leaves(strategy, existing, first, second):
    if strategy.type == "UPSERT_BY_KEY":  # a table that was only ever upserted holds each key once
        existing = oracle([], existing, strategy)
    connection = connect(existing)
    write(connection, first, strategy)
    write(connection, second, strategy)
    expected = oracle(oracle(existing, first, strategy), second, strategy)
    assert content(connection) == sorted(expected, key=repr)


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


def test_hostile_column_names_are_quoted():
    connection = duckdb.connect()
    connection.execute('CREATE SCHEMA shop; CREATE TABLE shop.goods ("i""d; DROP TABLE x" BIGINT)')
    connection.execute('CREATE TEMP TABLE batch AS SELECT 1::BIGINT AS "i""d; DROP TABLE x"')
    write_rows(connection, KEY, Incoming("batch", ('i"d; DROP TABLE x',), "rowid"), WriteStrategy("APPEND"))
    assert connection.execute("SELECT count(*) FROM shop.goods").fetchone() == (1,)


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
