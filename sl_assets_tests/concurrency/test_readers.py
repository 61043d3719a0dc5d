"""Who reads while a load or transform writes: the table as it was, then as it is, and nothing between; views stay."""

import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pytest

from sl_assets.project.records import TableKey
from sl_assets.project.windows import window_of_key
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import CATALOG, Warehouse
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import LONGEST, Point, child

ROWS = 5000
LONG = "select count(*) from range(10000000) where hash(range) % 7 = 1"  # the rows are written and not committed for a while
STATE = "SELECT label, count(*), sum(id)::BIGINT FROM shop.seen GROUP BY ALL ORDER BY ALL"
CURRENT = "SELECT label, count(*), sum(id)::BIGINT FROM shop.seen WHERE sl_end_ts IS NULL GROUP BY ALL ORDER BY ALL"


@dataclass(frozen=True)
class Watched(Warehouse):
    """A warehouse with a reader beside every writer, who asks again and again."""

    query: str = STATE
    seen: list[tuple[tuple, ...]] = field(default_factory=list)
    held: list[tuple[tuple, ...]] = field(default_factory=list)

    @contextmanager
    def writer(self, purpose, on_wait=None, *, tidy=False) -> Generator[duckdb.DuckDBPyConnection, None, None]:
        writing = super().writer(purpose, on_wait, tidy=tidy)
        with writing as connection, connection.cursor() as steady, connection.cursor() as reader:
            steady.execute(f"USE {CATALOG}; BEGIN")
            self.held.append(self.state(steady))
            reader.execute(f"USE {CATALOG}")
            over = threading.Event()
            thread = threading.Thread(target=self._watch, args=(reader, over))
            thread.start()
            try:
                yield connection
            finally:
                over.set()
                thread.join()
            self.held.append(self.state(steady))
            self.seen.append(self.state(reader))
            steady.rollback()

    def state(self, connection):
        return tuple(connection.execute(self.query).fetchall())

    def _watch(self, reader, over):
        while not over.wait(0.002):  # the writer needs the processor too
            self.seen.append(self.state(reader))


def watched(shop, query=STATE):
    return Watched(shop.project().settings.database, query=query)


def rows(label, first=0):
    day = {"old": "2024-01-01", "new": "2024-01-02"}[label]
    return "id,day,label\n" + "".join(f"{number},{day},{label}\n" for number in range(first, first + ROWS))


def state(**labels):
    return tuple(sorted((label, len(numbers), sum(numbers)) for label, numbers in labels.items() if numbers))


OLD = state(old=range(ROWS))
SHIFTED = ROWS // 2
BOTH = state(old=range(SHIFTED), new=range(SHIFTED, SHIFTED + ROWS))
NEW = state(new=range(SHIFTED, SHIFTED + ROWS))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "after", "query"),
    [
        ("type: OVERWRITE", NEW, STATE),
        ("type: UPSERT_BY_KEY, key: [id]", BOTH, STATE),
        ("type: UPSERT_BY_KEY_AND_TIMESTAMP, key: [id], timestamp: day", BOTH, STATE),
        ("type: DELETE_THEN_INSERT, key: [id]", BOTH, STATE),
        ("type: SCD2, key: [id], timestamp: day", BOTH, CURRENT),
    ],
)
def test_a_reader_sees_the_table_before_or_after_a_load(shop, strategy, after, query):
    shop.table("goods", "id: integer, day: date, label: string", f"metadata: {{writeStrategy: {{{strategy}}}}}")
    shop.land("goods1.csv", rows("old"))
    load(shop.project(), Warehouse.of(shop.project().settings), shop.node("shop.goods"), Run("r1"))
    with Warehouse.of(shop.project().settings).writer("a view") as connection:
        connection.execute("CREATE VIEW shop.seen AS SELECT * FROM shop.goods")
    columns = "id: long, day: date, label: string, more: string"  # one column is widened meanwhile, one is added
    shop.table("goods", columns, f"metadata: {{writeStrategy: {{{strategy}}}}}\npostsql: ['{LONG}']")
    shop.land("goods2.csv", rows("new", SHIFTED))
    warehouse = watched(shop, query)
    report = load(shop.project(), warehouse, shop.node("shop.goods"), Run("r2"))
    assert report.failures == ()
    assert set(warehouse.seen) == {OLD, after}
    assert warehouse.seen.index(after) > 10
    assert warehouse.seen[warehouse.seen.index(after) :] == [after] * (len(warehouse.seen) - warehouse.seen.index(after))
    assert warehouse.held == [OLD, OLD]


@pytest.mark.slow
def test_a_reader_sees_the_table_before_or_after_a_transform_that_makes_it_anew(shop):
    body = "select range as id, '{label}' as label from range({first}, {first} + 5000)"
    shop.task("goods", body.format(label="old", first=0))
    transform(shop.project(), Warehouse.of(shop.project().settings), shop.node("kpi.goods"), Run("r1"))
    with Warehouse.of(shop.project().settings).writer("a view") as connection:
        connection.execute("CREATE SCHEMA shop; CREATE VIEW shop.seen AS SELECT * FROM kpi.goods")
    shop.task("goods", body.format(label="new", first=SHIFTED), f"postsql: ['{LONG}']\nwriteStrategy: {{type: OVERWRITE}}")
    warehouse = watched(shop)
    transform(shop.project(), warehouse, shop.node("kpi.goods"), Run("r2"))
    assert set(warehouse.seen) == {OLD, NEW}
    assert warehouse.held == [OLD, OLD]


@pytest.mark.slow
def test_a_load_that_fails_is_never_seen(shop):
    shop.table("goods", "id: integer, day: date, label: string")
    shop.land("goods1.csv", rows("old"))
    load(shop.project(), Warehouse.of(shop.project().settings), shop.node("shop.goods"), Run("r1"))
    with Warehouse.of(shop.project().settings).writer("a view") as connection:
        connection.execute("CREATE VIEW shop.seen AS SELECT * FROM shop.goods")
    shop.table("goods", "id: long, day: date, label: string", f"postsql: ['{LONG}', select error()]")
    shop.land("goods2.csv", rows("new", SHIFTED))
    warehouse = watched(shop)
    assert load(shop.project(), warehouse, shop.node("shop.goods"), Run("r2")).failures
    assert set(warehouse.seen) == {OLD}


PARTITIONS = (
    "partitions: {grain: daily, start: 2024-01-01, end: 2024-01-03, column: day, "
    r"file: 'goods_(?<partition>\d{8})\.csv', format: yyyyMMdd}"
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reload", "partitioned reload"])
def test_a_reader_sees_the_table_before_or_after_a_reload(shop, kind):
    extra = PARTITIONS if kind == "partitioned reload" else ""
    shop.table("goods", "id: integer, day: date, label: string", extra)
    shop.land("goods_20240101.csv", rows("old"))
    days = ("2024-01-01", "2024-01-02")
    project = shop.project()
    goods = project.tables[TableKey("shop", "goods")]
    windows = [window_of_key(goods.partitions, day) for day in days] if goods.partitions else None
    load(project, Warehouse.of(project.settings), goods, Run("r1"), windows)
    with Warehouse.of(project.settings).writer("a view") as connection:
        connection.execute("CREATE VIEW shop.seen AS SELECT * FROM shop.goods")
    even = "update shop.goods set label = 'new' where id % 2 = 0"
    columns = "id: long, day: date, label: string, more: string"
    shop.table("goods", columns, f'{extra}\npostsql: ["{even}", "{LONG}"]')
    warehouse = watched(shop)
    goods = shop.project().tables[TableKey("shop", "goods")]
    report = load(shop.project(), warehouse, goods, Run("r2"), windows, reload=True)
    assert report.failures == ()
    after = state(old=range(1, ROWS, 2), new=range(0, ROWS, 2))
    assert set(warehouse.seen) == {OLD, after}
    assert warehouse.seen.index(after) > 10
    assert warehouse.held == [OLD, OLD]


DROPPED = Point("sl_assets/warehouse/duckdb/catalog.py", "drop_table", "return")


@pytest.mark.slow
@pytest.mark.parametrize(("is_killed", "seen"), [(True, [(1,)]), (False, [(1,), (2,)])])
def test_another_process_that_waits_while_a_table_is_dropped_and_made_anew_reads_it_whole(shop, is_killed, seen):
    shop.table("goods", "id: long, at: date")
    shop.land("goods1.csv", "id,at\n1,2026-01-01\n2,soon\n")
    load_tables(shop.root, "first", "goods")
    shop.table("goods", "id: long, at: string")
    reloading = [sys.executable, "-m", "sl_assets_tests.crash.loading", str(shop.root), "second", "reload:goods"]
    with child(reloading, root=shop.root, point=DROPPED, then="wait") as writer, ThreadPoolExecutor(1) as pool:
        writer.wait_until_there()
        reader = pool.submit(shop.rows, "SELECT id FROM shop.goods ORDER BY id")
        with pytest.raises(TimeoutError):  # nothing to read yet, and no error either
            reader.result(timeout=1)
        writer.kill() if is_killed else writer.go_on()
        assert reader.result(timeout=LONGEST) == seen
