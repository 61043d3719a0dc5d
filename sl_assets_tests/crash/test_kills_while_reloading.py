"""Killed with SIGKILL while a table that has rows is made anew, replayed or corrected: it is exactly as before or as after."""

from dataclasses import dataclass

import pytest

from sl_assets.steps.corrections import export_rejected
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import Point

pytestmark = pytest.mark.slow

CATALOG, CONNECT = "sl_assets/warehouse/duckdb/catalog.py", "sl_assets/warehouse/duckdb/connect.py"
ENGINE = "sl_assets/warehouse/duckdb/engine.py"
AUDIT, LEDGER = "sl_assets/warehouse/duckdb/audit.py", "sl_assets/warehouse/duckdb/ledger.py"
REJECTED, BATCH = "sl_assets/warehouse/duckdb/rejected.py", "sl_assets/steps/batch.py"
COMMIT, NEW_FILES, FILES = "sl_assets/steps/commit.py", "sl_assets/steps/new_files.py", "sl_assets/areas/files.py"
CLOSING = Point(ENGINE, "detach", "call")

COLUMNS = "id: long!, label: word"
SHORT, LONG = "[a-z]{3}", "[a-z]+"  # what a word is: at first, and after the YAML was mended
PARTITIONS = (
    "\npartitions: {grain: daily, start: 2026-01-01, end: 2026-02-01, column: day, "
    r"file: 'goods_(?<partition>\d{8})_\d+\.csv', format: yyyyMMdd}"
)


@dataclass(frozen=True)
class State:
    """All that is known of table `goods`: its rows, the open rejected records, the counts in the ledger."""

    rows: tuple[tuple, ...]
    rejected: tuple[tuple, ...]
    files: tuple[tuple, ...]


def state(shop) -> State:
    """What there is now; that the audit has one row for each job of the ledger is checked on the way."""
    assert shop.rows("SELECT JOBID FROM audit.files ORDER BY 1") == shop.rows(
        "SELECT JOBID FROM audit.audit WHERE SUCCESS AND JOBID IN (SELECT JOBID FROM audit.files) ORDER BY 1"
    )
    return State(
        tuple(shop.rows("SELECT id, label FROM shop.goods ORDER BY ALL")),
        tuple(shop.rows("SELECT FILE, LINE FROM audit.rejected WHERE REPLAYED_BY IS NULL ORDER BY ALL")),
        tuple(shop.rows("SELECT NAME, COUNTACCEPTED, COUNTREJECTED FROM audit.files ORDER BY ALL")),
    )


def loads_of(shop, run: str) -> int:
    """How many files a run says to have loaded."""
    return len(shop.rows(f"SELECT 1 FROM audit.audit WHERE SUCCESS AND JOBID LIKE '%-{run}-%'"))


def words(shop, pattern: str) -> None:
    """What a label may be."""
    shop.write(
        "config/types/types.sl.yml", f"version: 1\ntypes:\n  - {{name: word, primitiveType: string, pattern: '{pattern}'}}\n"
    )


def open_shop(shop, strategy: str, then: str = LONG) -> None:
    """A table with two files in it, a rejected record in each; after that its YAML was mended, unless `then` is as before."""
    words(shop, SHORT)
    shop.table("goods", COLUMNS, f"metadata: {{writeStrategy: {{type: {strategy}, key: [id]}}}}")
    shop.land("goods1.csv", "id,label\n1,one\n3,eleven\n", at=100)
    shop.land("goods2.csv", "id,label\n2,two\n4,twelve\n", at=200)
    load_tables(shop.root, "first", "goods")
    words(shop, then)


def assert_files_are_in_the_archive(shop, *names: str) -> None:
    assert shop.files("archive") == sorted(names)
    assert (shop.files("incoming"), shop.files("stage")) == ([], [])


BEFORE = State(((1, "one"), (2, "two")), (("goods1.csv", 3), ("goods2.csv", 3)), (("goods1.csv", 1, 1), ("goods2.csv", 1, 1)))
AFTER = State(((1, "one"), (2, "two"), (3, "eleven"), (4, "twelve")), (), (("goods1.csv", 2, 0), ("goods2.csv", 2, 0)))
STATES = {
    "APPEND": (BEFORE, AFTER),
    "UPSERT_BY_KEY": (BEFORE, AFTER),
    "OVERWRITE": (
        State(((2, "two"),), (("goods2.csv", 3),), BEFORE.files),
        State(((2, "two"), (4, "twelve")), (), AFTER.files),
    ),
}

RELOAD_BEFORE_THE_COMMIT = {
    "before the drop": Point(CATALOG, "drop_table", "call"),
    "dropped": Point(CATALOG, "drop_table", "return"),
    "the new table made, no row in it": Point(CATALOG, "sync_table", "return"),
    "rows written": Point(COMMIT, "put_rows", "return"),
    "rejected records answered": Point(REJECTED, "answer_rejected", "return"),
    "ledger written": Point(LEDGER, "write_ledger", "return"),
    "at the commit": Point(CONNECT, "transaction", "c_call", "commit", under="_write_all"),
}
RELOAD_AFTER_THE_COMMIT = {
    "the commit done": Point(CONNECT, "transaction", "c_return", "commit", under="_write_all"),
    "before what is new": Point(NEW_FILES, "load_new", "call"),
    "before closing": CLOSING,
}


@pytest.mark.parametrize("strategy", STATES)
@pytest.mark.parametrize("where", RELOAD_BEFORE_THE_COMMIT)
def test_a_reload_killed_before_its_commit_leaves_the_table_as_it_was(server, shop, where, strategy):
    open_shop(shop, strategy)
    before, after = STATES[strategy]
    server.kill_at(shop.root, RELOAD_BEFORE_THE_COMMIT[where], "killed", "reload:goods")
    assert state(shop) == before
    assert loads_of(shop, "killed") == 0
    load_tables(shop.root, "again", "reload:goods")
    assert state(shop) == after
    assert loads_of(shop, "again") == 2
    assert_files_are_in_the_archive(shop, "goods1.csv", "goods2.csv")


@pytest.mark.parametrize("strategy", STATES)
@pytest.mark.parametrize("where", RELOAD_AFTER_THE_COMMIT)
def test_a_reload_killed_after_its_commit_is_done(server, shop, where, strategy):
    open_shop(shop, strategy)
    after = STATES[strategy][1]
    server.kill_at(shop.root, RELOAD_AFTER_THE_COMMIT[where], "killed", "reload:goods")
    assert state(shop) == after
    assert loads_of(shop, "killed") == 2
    load_tables(shop.root, "again", "goods")
    assert loads_of(shop, "again") == 0
    load_tables(shop.root, "and again", "reload:goods")
    assert state(shop) == after
    assert_files_are_in_the_archive(shop, "goods1.csv", "goods2.csv")


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point(COMMIT, "write_files", "return"), id="half of the files written"),
        pytest.param(Point(BATCH, "read_batch", "call", nth=2), id="before the other half is read"),
        pytest.param(Point(LEDGER, "write_ledger", "return", nth=2), id="all files written"),
    ],
)
def test_a_reload_in_several_groups_is_one_transaction(server, shop, point):
    open_shop(shop, "OVERWRITE")
    before, after = STATES["OVERWRITE"]
    server.kill_at(shop.root, point, "killed", "reload:goods")
    assert state(shop) == before
    load_tables(shop.root, "again", "reload:goods")
    assert state(shop) == after


@pytest.mark.parametrize(
    ("point", "is_new"),
    [
        pytest.param(Point(NEW_FILES, "load_new", "call"), False, id="reloaded, the waiting file not read"),
        pytest.param(Point(CONNECT, "transaction", "c_call", "commit", under="load_new"), False, id="before its commit"),
        pytest.param(Point(CONNECT, "transaction", "c_return", "commit", under="load_new"), True, id="after its commit"),
        pytest.param(Point(FILES, "move_file", "c_return", "link", under="archive"), True, id="while it is archived"),
    ],
)
def test_a_file_that_waited_is_loaded_once_when_the_reload_before_it_was_killed(server, shop, point, is_new):
    open_shop(shop, "APPEND")
    shop.land("goods3.csv", "id,label\n5,five\n")
    server.kill_at(shop.root, point, "killed", "reload:goods")
    new = ((5, "five"),)
    assert state(shop).rows == tuple(sorted((*AFTER.rows, *(new if is_new else ()))))
    load_tables(shop.root, "again", "reload:goods")
    assert state(shop).rows == tuple(sorted((*AFTER.rows, *new)))
    assert_files_are_in_the_archive(shop, "goods1.csv", "goods2.csv", "goods3.csv")


DAY = "2026-01-01", "2026-01-02"
PARTITIONED = {
    "before the drop": (Point(CATALOG, "drop_table", "call"), False),
    "dropped": (Point(CATALOG, "drop_table", "return"), False),
    "rows written": (Point(COMMIT, "put_rows", "return"), False),
    "ledger written": (Point(LEDGER, "write_ledger", "return"), False),
    "at the commit": (Point(CONNECT, "transaction", "c_call", "commit", under="load_partitions"), False),
    "the commit done": (Point(CONNECT, "transaction", "c_return", "commit", under="load_partitions"), True),
    "about to archive what is there already": (Point(COMMIT, "archive", "call"), True),
    "before closing": (CLOSING, True),
}


@pytest.mark.parametrize("where", PARTITIONED)
def test_a_partitioned_reload_that_is_killed_has_all_partitions_as_before_or_all_as_after(server, shop, where):
    point, is_done = PARTITIONED[where]
    columns = "id: {kind}!, label: string, day: date"
    shop.table("goods", columns.format(kind="long"), PARTITIONS, pattern=r"goods_\d{8}_\d+\.csv")
    names = [f"goods_{day.replace('-', '')}_1.csv" for day in DAY]
    for name, number, day in zip(names, (1, 2), DAY, strict=True):
        shop.land(name, f"id,label,day\n{number},good,{day}\nx{number},bad,{day}\n")
    load_tables(shop.root, "first", "goods")
    before = State(((1, "good"), (2, "good")), tuple((name, 3) for name in names), tuple((name, 1, 1) for name in names))
    after = State((("1", "good"), ("2", "good"), ("x1", "bad"), ("x2", "bad")), (), tuple((name, 2, 0) for name in names))
    assert state(shop) == before
    shop.table("goods", columns.format(kind="string"), PARTITIONS, pattern=r"goods_\d{8}_\d+\.csv")
    server.kill_at(shop.root, point, "killed", "reload:goods")
    assert state(shop) == (after if is_done else before)
    load_tables(shop.root, "again", "reload:goods")
    assert state(shop) == after
    assert_files_are_in_the_archive(shop, *names)


FIRST_ONLY = State(((1, "one"), (2, "two"), (3, "eleven")), (("goods2.csv", 3),), (("goods1.csv", 2, 0), ("goods2.csv", 1, 1)))
REPLAYING = {
    "before anything is written": (Point(COMMIT, "put_rows", "call"), BEFORE),
    "rows written": (Point(COMMIT, "put_rows", "return"), BEFORE),
    "marks written": (Point(REJECTED, "answer_records", "return"), BEFORE),
    "audit written": (Point(AUDIT, "write_audit", "return"), BEFORE),
    "ledger written": (Point(LEDGER, "write_ledger", "return"), BEFORE),
    "at the commit": (Point(CONNECT, "transaction", "c_call", "commit", under="_commit"), BEFORE),
    "the commit done": (Point(CONNECT, "transaction", "c_return", "commit", under="_commit"), FIRST_ONLY),
    "second file, rows written": (Point(COMMIT, "put_rows", "return", nth=2), FIRST_ONLY),
    "second file, marks written": (Point(REJECTED, "answer_records", "return", nth=2), FIRST_ONLY),
    "second file, at the commit": (Point(CONNECT, "transaction", "c_call", "commit", under="_commit", nth=2), FIRST_ONLY),
    "second file, the commit done": (Point(CONNECT, "transaction", "c_return", "commit", under="_commit", nth=2), AFTER),
    "before closing": (CLOSING, AFTER),
}


@pytest.mark.parametrize("strategy", ["APPEND", "UPSERT_BY_KEY"])
@pytest.mark.parametrize("where", REPLAYING)
def test_a_replay_that_is_killed_has_replayed_whole_files_and_the_next_one_replays_the_rest_once(server, shop, where, strategy):
    point, there = REPLAYING[where]
    open_shop(shop, strategy)
    server.kill_at(shop.root, point, "killed", "replay:goods")
    assert state(shop) == there
    load_tables(shop.root, "again", "replay:goods")
    load_tables(shop.root, "and again", "replay:goods")
    assert state(shop) == AFTER
    assert [loads_of(shop, run) for run in ("killed", "again", "and again")] == [
        len(BEFORE.rejected) - len(there.rejected),
        len(there.rejected),
        0,
    ]
    assert_files_are_in_the_archive(shop, "goods1.csv", "goods2.csv")


@pytest.mark.parametrize("verb", ["replay", "reload"])
def test_a_file_whose_load_was_killed_before_it_was_archived_is_found_by_a_replay_and_a_reload(server, shop, verb):
    words(shop, SHORT)
    shop.table("goods", COLUMNS)
    shop.land("goods1.csv", "id,label\n1,one\n3,eleven\n")
    server.kill_at(shop.root, Point(COMMIT, "archive", "call"), "killed", "goods")
    assert shop.files("stage") == ["goods1.csv"]
    words(shop, LONG)
    (report,) = load_tables(shop.root, "again", f"{verb}:goods")
    assert report.failures == ()
    assert state(shop) == State(((1, "one"), (3, "eleven")), (), (("goods1.csv", 2, 0),))
    assert_files_are_in_the_archive(shop, "goods1.csv")


CORRECTING = {
    "rows written": (Point(COMMIT, "put_rows", "return"), False),
    "ledger written": (Point(LEDGER, "write_ledger", "return"), False),
    "marks written": (Point(REJECTED, "answer_records", "return"), False),
    "at the commit": (Point(CONNECT, "transaction", "c_call", "commit", under="_correct"), False),
    "the commit done": (Point(CONNECT, "transaction", "c_return", "commit", under="_correct"), True),
    "before archiving": (Point(COMMIT, "archive", "call"), True),
    "linked into the archive and not unlinked": (Point(FILES, "move_file", "c_return", "link", under="archive"), True),
    "archived": (Point(COMMIT, "archive", "return"), True),
}


@pytest.mark.parametrize("where", CORRECTING)
def test_a_corrected_file_is_loaded_once_when_its_load_was_killed(server, shop, where):
    point, is_done = CORRECTING[where]
    open_shop(shop, "APPEND", then=SHORT)
    path = corrected(shop, "id,label\n3,six\n")
    after = State((*BEFORE.rows, (3, "six")), BEFORE.rejected[1:], tuple(sorted((*BEFORE.files, (path.name, 1, 0)))))
    server.kill_at(shop.root, point, "killed", f"correct:goods:{path}")
    assert state(shop) == (after if is_done else BEFORE)
    if path.exists():
        (report,) = load_tables(shop.root, "again", f"correct:goods:{path}")
        assert [file.status for file in report.files] == ["repeated" if is_done else "loaded"]
    assert state(shop) == after
    assert not path.exists()
    assert_files_are_in_the_archive(shop, "goods1.csv", "goods2.csv", path.name)


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point("sl_assets/warehouse/duckdb/rejected.py", "keep_corrections", "call"), id="marks not kept yet"),
        pytest.param(Point("sl_assets/warehouse/duckdb/rejected.py", "keep_corrections", "return"), id="marks kept"),
    ],
)
def test_a_reload_killed_between_a_file_and_its_corrections_forgets_neither(server, shop, point):
    open_shop(shop, "APPEND", then=SHORT)
    path = corrected(shop, "id,label\n3,six\n")
    load_tables(shop.root, "corrected", f"correct:goods:{path}")
    before = state(shop)
    server.kill_at(shop.root, point, "killed", "reload:goods")
    assert state(shop) == before
    load_tables(shop.root, "again", "reload:goods")
    assert state(shop) == before


def corrected(shop, text: str):
    """The replay file of the first file, corrected."""
    project = shop.project()
    with Warehouse.of(project.settings).reader() as connection:
        written = export_rejected(project, connection, shop.node("shop.goods"), {"goods1.csv"})
    path = written[0].path
    assert path
    path.write_text(text)
    return path


IGNORING = {
    "linked among the unresolved and not unlinked": (Point(FILES, "move_file", "c_return", "link", under="_changed"), False),
    "put aside": (Point(FILES, "place_file", "return", under="_changed"), False),
    "the other file's rows written": (Point(COMMIT, "put_rows", "return"), False),
    "at the commit": (Point(CONNECT, "transaction", "c_call", "commit", under="load_new"), False),
    "the commit done": (Point(CONNECT, "transaction", "c_return", "commit", under="load_new"), True),
    "the other file linked into the archive": (Point(FILES, "move_file", "c_return", "link", under="archive"), True),
}


@pytest.mark.parametrize("where", IGNORING)
def test_a_changed_file_is_put_aside_once_and_never_loaded_when_the_load_was_killed(server, shop, where):
    point, is_done = IGNORING[where]
    words(shop, SHORT)
    shop.table("goods", COLUMNS, "metadata: {onChangedFile: ignore}")
    shop.land("goods1.csv", "id,label\n1,one\n")
    load_tables(shop.root, "first", "goods")
    shop.land("goods1.csv", "id,label\n9,new\n", at=100)
    shop.land("goods2.csv", "id,label\n2,two\n3,three\n", at=200)
    before = State(((1, "one"),), (), (("goods1.csv", 1, 0),))
    after = State(((1, "one"), (2, "two")), (("goods2.csv", 3),), (("goods1.csv", 1, 0), ("goods2.csv", 1, 1)))
    server.kill_at(shop.root, point, "killed", "goods")
    assert state(shop) == (after if is_done else before)
    load_tables(shop.root, "again", "goods")
    assert state(shop) == after
    assert shop.files("unresolved") == ["goods1.csv"]
    assert_files_are_in_the_archive(shop, "goods1.csv", "goods2.csv")
