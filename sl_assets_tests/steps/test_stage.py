"""From landing to stage: archives, files that are still being written, ack files."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from sl_assets.areas.files import InputFile
from sl_assets.project.records import TableKey
from sl_assets.steps.preload import preload
from sl_assets.steps.run import Run
from sl_assets.steps.stage import stage
from sl_assets_tests.areas.packing import tar_of, zip_of
from sl_assets_tests.crash.loading import load_tables

GOODS, PRICES = TableKey("shop", "goods"), TableKey("shop", "prices")
PACKERS = {"zip": zip_of, "tgz": tar_of, "tar.gz": tar_of, "tar.bz2": lambda *files: tar_of(*files, mode="w:bz2")}
IMPORTED = "version: 1\ndag: {template: x, options: {pre_load_strategy: imported}}\n"


@pytest.fixture
def two(shop):
    shop.table("goods", "id: long!, label: string", pattern=r"goods.*\.csv")
    shop.table("prices", "id: long!, price: double", pattern=r"prices.*\.csv")
    return shop


def land(shop, name, content, at=None):
    path = shop.land(name, "")
    path.write_bytes(content)
    if at is not None:
        os.utime(path, (at, at))
    return path


class Told:
    """A run that keeps what it was told."""

    def __init__(self, quiet=timedelta(0)):
        self.said, self.warned = [], []
        self.run = Run("r1", say=self.said.append, warn=self.warned.append, quiet=quiet)


def staged(shop, *tables, quiet=timedelta(0)):
    project = shop.project()
    told = Told(quiet)
    return stage(project, project.domains["shop"], list(tables or (GOODS, PRICES)), told.run), told


@pytest.mark.parametrize("kind", PACKERS)
def test_the_files_of_an_archive_are_staged_for_the_tables_they_match(two, kind):
    packed = PACKERS[kind](("2026/goods1.csv", b"id,label\n1,one\n", 500), ("./prices.csv", b"id,price\n1,2.5\n", 400))
    land(two, f"delivery.{kind}", packed)
    report, told = staged(two)
    assert {key: [path.name for path in paths] for key, paths in report.staged.items()} == {
        GOODS: ["goods1.csv"],
        PRICES: ["prices.csv"],
    }
    assert (two.files("incoming"), [name for name in two.files("stage") if not name.startswith(".")]) == (
        [],
        ["goods1.csv", "prices.csv"],
    )
    assert (two.root / "datasets/stage/shop/goods1.csv").stat().st_mtime == 500
    assert told.warned == []


@pytest.mark.slow
def test_a_load_that_stages_its_own_files_unpacks_an_archive_and_leaves_the_rest_for_the_other_load(two):
    land(two, "delivery.zip", zip_of(("goods1.csv", b"id,label\n1,one\n", 500), ("prices.csv", b"id,price\n1,2.5\n", 400)))
    (goods,) = load_tables(two.root, "r1", "goods")
    assert [file.name for file in goods.files] == ["goods1.csv"]
    (prices,) = load_tables(two.root, "r2", "prices")
    assert prices.rows == 1
    assert two.rows("SELECT NAME FROM audit.files ORDER BY 1") == [("goods1.csv",), ("prices.csv",)]
    assert two.files("archive") == ["goods1.csv", "prices.csv"]


def test_an_archive_without_a_file_for_the_run_stays(two):
    land(two, "delivery.zip", zip_of(("prices.csv", b"id,price\n1,2.5\n", 400)))
    staged(two, GOODS)
    assert two.files("incoming") == ["delivery.zip"]


def test_the_files_of_an_archive_are_loaded_in_their_own_order(shop):
    shop.table("goods", "id: long!, label: string", "metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}")
    late, early = ("goods_a.csv", b"id,label\n1,late\n", 900), ("goods_b.csv", b"id,label\n1,early\n", 100)
    land(shop, "d.zip", zip_of(late, early))
    load_tables(shop.root, "r1", "goods")
    assert shop.rows("SELECT label FROM shop.goods") == [("late",)]


def test_the_name_of_an_entry_gives_its_partition(shop):
    extra = (
        "metadata: {format: JSON}\npartitions: {grain: daily, start: 2026-01-01, end: 2026-02-01, column: sold_at, "
        r"file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}"
    )
    shop.table("sales", "id: long!, sold_at: timestamp!", extra, pattern=r"sales_\d{8}\.json")
    day = '{{"id": {0}, "sold_at": "2026-01-0{0} 08:00:00"}}\n'
    files = [(f"sales_2026010{number}.json", day.format(number).encode(), 100) for number in (1, 2)]
    land(shop, "week.tgz", tar_of(*files))
    (report,) = load_tables(shop.root, "r1", "sales")
    assert [(each.key, each.files) for each in report.partitions] == [("2026-01-01", 1), ("2026-01-02", 1), ("2026-01-03", 0)]


def test_two_files_of_one_name_in_an_archive_are_both_loaded(two):
    land(two, "d.zip", zip_of(("a/goods1.csv", b"id,label\n1,one\n", 100), ("b/goods1.csv", b"id,label\n2,two\n", 100)))
    (report,) = load_tables(two.root, "r1", "goods")
    assert [file.name for file in report.files] == ["goods1.csv", "goods1.csv"]
    assert two.rows("SELECT id FROM shop.goods ORDER BY 1") == [(1,), (2,)]


def test_entries_that_match_no_table_are_kept_as_unresolved_and_said(two):
    land(two, "d.zip", zip_of(("goods1.csv", b"id,label\n1,one\n", 100), ("readme.txt", b"hello", 100)))
    report, told = staged(two)
    assert two.files("unresolved") == ["readme.txt"]
    assert [path.name for path in report.unresolved] == ["readme.txt"]
    assert told.warned == [f"readme.txt came in an archive and matches no table; it is kept as {report.unresolved[0]}."]


def test_an_archive_without_any_file_for_a_table_stays_in_landing_and_is_said(two):
    path = land(two, "goods1.csv.zip", zip_of(("readme.txt", b"hello", 100)))
    report, told = staged(two)
    assert report.unclaimed == (path,)
    assert told.said == [f"{path} holds no file for a table of domain shop; it stays there."]


def test_a_damaged_archive_stays_and_the_other_files_go_on(two):
    packed = zip_of(("goods1.csv", b"id,label\n" + b"1,one\n" * 1000, 100))
    bad = land(two, "bad.zip", packed[: len(packed) // 2])
    wrong = bytearray(packed)
    wrong[60] ^= 0xFF
    land(two, "crc.zip", bytes(wrong))
    two.land("prices1.csv", "id,price\n1,2.5\n")
    report, told = staged(two)
    assert [path.name for path in report.staged[PRICES]] == ["prices1.csv"]
    assert two.files("incoming") == ["bad.zip", "crc.zip"]
    assert [path.name for path, _ in report.broken] == ["bad.zip", "crc.zip"]
    assert told.warned[0] == f"{bad} is no .zip archive, or is damaged or cut off: File is not a zip file. It stays there."
    assert report.staged[GOODS] == ()
    assert sorted(path.name for path in (two.root / "datasets/stage/shop").iterdir()) == ["prices1.csv"]


def test_limits_are_the_projects(two):
    path = two.root / "config/application.sl.yml"
    path.write_text(path.read_text() + "  unpack: {maxSize: 1 KB, maxEntries: 2}\n")
    land(two, "large.zip", zip_of(("goods1.csv", b"id,label\n" + b"1,one\n" * 1000, 100)))
    land(two, "many.tgz", tar_of(*((f"goods{number}.csv", b"id\n", 100) for number in range(3))))
    report, _ = staged(two)
    large, many = (reason for _, reason in report.broken)
    assert large == (
        "unpacks to more than 1.0 KB, which looks like an attack or a mistake. "
        "Hint: if it is neither, raise unpack.maxSize in application.sl.yml."
    )
    assert many == "has more than 2 entries. Hint: if that is right, raise unpack.maxEntries in application.sl.yml."


def test_an_archive_for_which_there_is_no_room_stays(two, monkeypatch):
    land(two, "d.zip", zip_of(("goods1.csv", b"id,label\n" + b"1,one\n" * 1000, 100)))
    usage = type("Usage", (), {"free": 5000})()
    monkeypatch.setattr("sl_assets.areas.unpack.shutil.disk_usage", lambda _: usage)
    report, _ = staged(two)
    (reason,) = [reason for _, reason in report.broken]
    assert reason.startswith("unpacks to 6.0 KB, and there are 5.0 KB free in ")
    assert two.files("incoming") == ["d.zip"]


def test_preload_counts_the_entries_of_archives_and_unpacks_nothing(two):
    two.write("config/dags/gated.sl.yml", IMPORTED)
    path = two.root / "config/load/shop/_config.sl.yml"
    path.write_text(path.read_text() + "    dagRef: gated\n")
    land(two, "d.tgz", tar_of(("goods1.csv", b"x", 100), ("goods2.csv", b"x", 100), ("readme.txt", b"x", 100)))
    land(two, "bad.zip", b"PK")
    two.land("goods3.csv", "x")
    project = two.project()
    report = preload(project, project.domains["shop"], [GOODS, PRICES])
    assert report.found == {GOODS: 3, PRICES: 0}
    assert len(report.notes) == 1
    assert "bad.zip is no .zip archive" in report.notes[0]
    assert two.files("incoming") == ["bad.zip", "d.tgz", "goods3.csv"]
    assert two.files("stage") == []


def test_a_file_that_is_still_being_written_is_left_alone_and_said(two):
    path = two.land("goods1.csv", "id,label\n", at=time.time() - 2)
    old = two.land("goods2.csv", "id,label\n", at=time.time() - 60)
    zipped = land(two, "d.zip", b"half of an arch")
    report, told = staged(two, quiet=timedelta(seconds=10))
    assert [each.name for each in report.staged[GOODS]] == [old.name]
    assert set(report.busy) == {path, zipped}
    assert f"{path} may still be being written: it was modified 2 s ago; it is left alone for now." in told.said
    assert (report.broken, told.warned) == ((), [])


@pytest.mark.parametrize(
    ("application", "domain", "table", "taken"),
    [("", "", "", True), ("1h", "", "", False), ("1h", "0s", "", True), ("", "1h", "", False), ("", "1h", "1s", True)],
)
def test_the_quiet_period_of_a_table_is_its_own_else_its_domains_else_the_applications(shop, application, domain, table, taken):
    for file, indent, value in (("application", "  ", application), ("load/shop/_config", "    ", domain)):
        path = shop.root / f"config/{file}.sl.yml"
        path.write_text(path.read_text() + (f"{indent}quietPeriod: {value}\n" if value else ""))
    shop.table("goods", "id: long!", f"metadata: {{quietPeriod: {table}}}" if table else "")
    shop.land("goods1.csv", "id\n1\n", at=time.time() - 60)
    report, _ = staged(shop, GOODS)
    assert bool(report.staged[GOODS]) is taken


def test_a_file_from_the_future_is_judged_by_the_clock_of_the_file_system(two):
    path = two.land("goods1.csv", "id,label\n", at=time.time() + 86_400)
    report, _ = staged(two, quiet=timedelta(seconds=30))
    assert report.busy == (path,)
    time.sleep(1.1)
    report, _ = staged(two, quiet=timedelta(seconds=1))
    assert report.busy == ()


def test_a_file_ahead_in_every_clock_is_not_held_back():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ahead = now + timedelta(days=1)
    assert not InputFile(None, "a", 0, ahead, ahead).is_busy(timedelta(seconds=10), now)
    assert InputFile(None, "a", 0, now + timedelta(seconds=3), ahead).is_busy(timedelta(seconds=10), now)


@pytest.fixture
def acked(shop):
    shop.table("goods", "id: long!, label: string", "metadata: {ack: ok}", pattern=r"goods.*\.csv")
    return shop


def test_the_ack_of_a_file_acknowledges_that_file_only(acked):
    acked.land("goods1.csv", "id,label\n1,one\n")
    acked.land("goods1.ok", "")
    report, _ = staged(acked, GOODS)
    assert len(report.staged[GOODS]) == 1
    acked.land("goods1.csv", "id,label\n2,two\n")
    report, _ = staged(acked, GOODS)
    assert report.staged[GOODS] == ()
    assert acked.files("incoming") == ["goods1.csv"]


def test_an_ack_file_shared_by_two_tables_counts_for_both(acked):
    acked.table("prices", "id: long!", "metadata: {ack: ok}", pattern=r"goods.*\.txt")
    for name in ("goods1.csv", "goods1.txt", "goods1.ok"):
        acked.land(name, "id\n1\n")
    assert len(staged(acked, GOODS)[0].staged[GOODS]) == 1
    assert len(staged(acked, PRICES)[0].staged[PRICES]) == 1
    assert acked.files("incoming") == []


def test_an_archive_waits_for_its_ack_file(acked):
    acked.table("prices", "id: long!, price: double", pattern=r"prices.*\.csv")
    land(acked, "d.zip", zip_of(("goods1.csv", b"id,label\n1,one\n", 100), ("goods1.ok", b"", 100)))
    land(acked, "p.zip", zip_of(("prices1.csv", b"id,price\n1,1\n", 100)))
    report, told = staged(acked)
    assert (report.staged[GOODS], acked.files("incoming")) == ((), ["d.zip"])
    acked.land("d.ok", "")
    report, told = staged(acked)
    assert len(report.staged[GOODS]) == 1
    assert (report.unresolved, told.warned, acked.files("incoming")) == ((), [], [])


def test_a_damaged_archive_keeps_its_acknowledgement_and_the_one_in_its_place_does_not_get_it(acked):
    packed = zip_of(("goods1.csv", b"id,label\n" + b"1,one\n" * 1000, 100))
    wrong = bytearray(packed)
    wrong[60] ^= 0xFF
    land(acked, "d.zip", bytes(wrong))
    acked.land("d.ok", "")
    for _ in range(2):
        report, _ = staged(acked, GOODS)
        assert [path.name for path, _ in report.broken] == ["d.zip"]
    land(acked, "d.zip", packed)
    report, _ = staged(acked, GOODS)
    assert (report.broken, report.staged[GOODS]) == ((), ())
    acked.land("d.ok", "")
    report, _ = staged(acked, GOODS)
    assert len(report.staged[GOODS]) == 1
    assert acked.files("incoming") == []
