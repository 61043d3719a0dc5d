"""Every strategy, under both `on`, against the oracle: first, second and third load, repeated, late and NULL keys and times."""

from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.steps.groups import TOGETHER
from sl_assets.warehouse.duckdb.capabilities import CAPABILITIES
from sl_assets.warehouse.duckdb.catalog import sync_table
from sl_assets.warehouse.duckdb.connect import transaction
from sl_assets.warehouse.duckdb.strategies import Incoming, write_rows, written_columns
from sl_assets_tests.warehouse import strategies_oracle
from sl_assets_tests.warehouse.strategies_oracle import Row

pytestmark = pytest.mark.slow

KEY = TableKey("shop", "goods")
COLUMNS = ("id", "part", "ts", "label")
ORIGIN = date(2024, 1, 1)

VALUES = st.tuples(
    st.sampled_from([1, 2, None]),
    st.sampled_from(["a", "b", None]),
    st.sampled_from([1, 2, 3, None]),
)
FILES = st.lists(st.lists(VALUES, max_size=6), min_size=1, max_size=4)

KEYED = ("UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP", "DELETE_THEN_INSERT", "SCD2")
STRATEGIES = [
    WriteStrategy(kind, key, "ts", on, ("part", "id") if kind == "OVERWRITE_BY_PARTITION" else ())
    for kind in sorted(CAPABILITIES.strategies)
    for on in ("TARGET", "SOURCE_AND_TARGET")
    for key in ([("id",), ("part", "id")] if kind in KEYED else [()])
]
STRATEGIES.append(WriteStrategy("UPSERT_BY_KEY", ("id",), None, "SOURCE_AND_TARGET"))


def name(strategy):
    return f"{strategy.type}-{strategy.on}-{'-'.join(strategy.key)}-{strategy.timestamp}"


def numbered(files):
    """Rows with labels that grow through all files, so that it can be told which of several equal ones is there."""
    labels = iter(range(1, 1000))
    return [[Row(*each, next(labels)) for each in file] for file in files]


class Goods:
    """The table in DuckDB, written by the code under test."""

    def __init__(self, connection, existing):
        self.connection = connection
        self.nows = {}
        connection.execute("DROP TABLE IF EXISTS shop.goods")
        if existing is not None:
            connection.execute(f"CREATE TABLE shop.goods AS {relation([existing])}; ALTER TABLE shop.goods DROP COLUMN file")

    def write(self, files, strategy):
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {relation(files)}")
        batch = "file" if len(files) > 1 else None
        incoming = Incoming("(SELECT rowid AS n, * FROM batch)", COLUMNS, "n", batch)
        with transaction(self.connection):
            self.nows[self.connection.execute("SELECT now()").fetchone()[0]] = len(self.nows)
            sync_table(self.connection, KEY, written_columns(self.connection, incoming, strategy))
            write_rows(self.connection, KEY, incoming, strategy)

    @property
    def content(self):
        history = "sl_start_ts, sl_end_ts" if len(self.connection.execute("FROM shop.goods").description) > 4 else "NULL, NULL"
        rows = self.connection.execute(f"SELECT id, part, ts, label, {history} FROM shop.goods").fetchall()
        return sorted((self._shown(*row) for row in rows), key=repr)

    def _shown(self, id_, part, ts, label, start, end):
        return (id_, part, None if ts is None else (ts - ORIGIN).days, label, self.nows.get(start), self.nows.get(end))


def relation(files):
    rows = [(row.id, row.part, row.ts, row.label, number) for number, file in enumerate(files) for row in file]
    literals = ", ".join(str(row).replace("None", "NULL") for row in rows) or "(0, '', 0, 0, 0)"
    columns = "id::BIGINT AS id, part::VARCHAR AS part, (DATE '2024-01-01' + ts::INTEGER) AS ts, label::BIGINT AS label, file"
    return f"SELECT {columns} FROM (VALUES {literals}) AS v (id, part, ts, label, file)" + ("" if rows else " WHERE false")


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1; SET TimeZone = 'UTC'; CREATE SCHEMA shop")
        yield connection


def shown(table):
    return sorted((row.shown for row in table), key=repr)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=name)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(first=st.booleans(), files=FILES)
def test_after_every_load_the_table_is_as_read_row_by_row(connection, strategy, first, files):
    existing, *files = numbered(files if not first else [[], *files])
    goods, table = Goods(connection, None if first else existing), list(existing)
    for number, file in enumerate(files):
        goods.write([file], strategy)
        table = strategies_oracle.write(table, file, number, strategy, number)
        assert goods.content == shown(table)


@pytest.mark.parametrize("strategy", [each for each in STRATEGIES if each.type in TOGETHER], ids=name)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(existing=st.lists(VALUES, max_size=4), files=FILES, cuts=st.lists(st.booleans(), min_size=3, max_size=3))
def test_files_written_together_leave_what_they_leave_one_after_the_other(connection, strategy, existing, files, cuts):
    existing, *files = numbered([existing, *files])
    goods, table = Goods(connection, existing), list(existing)
    for now, group in enumerate(split(list(enumerate(files)), cuts)):
        goods.write([file for _, file in group], strategy)
        for number, file in group:
            table = strategies_oracle.write(table, file, number, strategy, now)
    assert goods.content == shown(table)


def split(files, cuts):
    groups = [[files[0]]]
    for file, cut in zip(files[1:], cuts, strict=False):
        if cut:
            groups.append([file])
        else:
            groups[-1].append(file)
    return groups
