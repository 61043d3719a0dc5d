"""Killed with SIGKILL while an archive is unpacked or an ack file is used up, and run again: each file exactly once."""

import os

import pytest

from sl_assets_tests.areas.packing import tar_of, zip_of
from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import Point

pytestmark = pytest.mark.slow

FILES, UNPACK, PACKED = "sl_assets/areas/files.py", "sl_assets/areas/unpack.py", "sl_assets/areas/packed.py"
ACKS, STAGE = "sl_assets/areas/acknowledgements.py", "sl_assets/areas/stage.py"
MEMBERS = (
    ("goods1.csv", b"id,label\n1,one\n", 100),
    ("goods2.csv", b"id,label\n2,two\n", 200),
    ("again/goods2.csv", b"id,label\n3,three\n", 300),
    ("readme.txt", b"hello", 400),
)

UNPACKING = {
    "an entry half-written": Point(PACKED, "copy_entries", "c_return", "fsync"),
    "another entry half-written": Point(PACKED, "copy_entries", "c_call", "utime", nth=3),
    "all written": Point(PACKED, "copy_entries", "return"),
    "about to count as unpacked": Point(UNPACK, "_sync", "return", nth=3),
    "counted as unpacked": Point(UNPACK, "_sync", "return", nth=4),
    "first entry linked and not unlinked": Point(FILES, "move_file", "c_return", "link", under="_finish"),
    "first entry in place": Point(FILES, "place_file", "return", under="_finish"),
    "two entries in place": Point(FILES, "place_file", "return", under="_finish", nth=2),
    "an unresolved entry linked and not unlinked": Point(FILES, "move_file", "c_return", "link", under="_finish", nth=4),
    "all in place, the archive still there": Point(UNPACK, "_sync", "return", nth=5),
    "the archive removed": Point(UNPACK, "_discard", "call", under="_finish"),
    "done": Point(UNPACK, "_finish", "return"),
}


def land(shop, name, content):
    shop.land(name, "").write_bytes(content)


def assert_everything_once(shop):
    assert shop.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,), (3,)]
    ledger = shop.rows("SELECT NAME FROM audit.files ORDER BY 1")
    assert ledger == [("goods1.csv",), ("goods2.csv",), ("goods2.csv",)]
    assert shop.files("unresolved") == ["readme.txt"]
    assert shop.files("incoming") == []
    assert shop.files("stage") == []
    assert len(shop.files("archive")) == 3


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize("where", UNPACKING)
def test_killed_while_it_unpacks_each_entry_is_loaded_once(server, shop, where, pack):
    shop.table("goods", "id: long!, label: string", pattern=r"goods.*\.csv")
    land(shop, "d.zip" if pack is zip_of else "d.tgz", pack(*MEMBERS))
    server.kill_at(shop.root, UNPACKING[where], "killed", "goods")
    load_tables(shop.root, "again", "goods")
    assert_everything_once(shop)


def test_killed_again_while_it_recovers_each_entry_is_loaded_once(server, shop):
    shop.table("goods", "id: long!, label: string", pattern=r"goods.*\.csv")
    land(shop, "d.zip", zip_of(*MEMBERS))
    server.kill_at(shop.root, UNPACKING["counted as unpacked"], "killed", "goods")
    server.kill_at(shop.root, UNPACKING["first entry linked and not unlinked"], "killed", "goods")
    server.kill_at(shop.root, Point(FILES, "place_file", "return", under="finish_unpacking", nth=2), "killed", "goods")
    load_tables(shop.root, "again", "goods")
    assert_everything_once(shop)


ACKNOWLEDGING = {
    "marked, the ack file still there": Point("pathlib.py", "unlink", "call", under="use_up"),
    "the ack file gone, the file still there": Point(ACKS, "use_up", "return"),
    "linked and not unlinked": Point(FILES, "move_file", "c_return", "link", under="stage_files"),
    "moved": Point(FILES, "move_file", "return", under="stage_files"),
    "about to remove the mark": Point(ACKS, "remove_stale", "call"),
    "done": Point(STAGE, "stage_files", "return"),
}


@pytest.mark.parametrize("where", ACKNOWLEDGING)
def test_killed_while_an_ack_file_is_used_up_its_file_is_loaded_and_the_next_one_waits(server, shop, where):
    shop.table("goods", "id: long!, label: string", "metadata: {ack: ok}", pattern=r"goods.*\.csv")
    first = shop.land("goods1.csv", "id,label\n1,one\n")
    shop.land("goods1.ok", "")
    server.kill_at(shop.root, ACKNOWLEDGING[where], "killed", "goods")
    if not first.exists():  # its place is free, and the next one is on its way: not acknowledged, whatever is left of the first
        shop.land("goods1.csv", "id,label\n2,tw")
    load_tables(shop.root, "again", "goods")
    load_tables(shop.root, "and again", "goods")
    assert shop.rows("SELECT id, label FROM shop.goods") == [(1, "one")]
    shop.land("goods1.csv", "id,label\n2,two\n")
    load_tables(shop.root, "waits", "goods")
    assert shop.rows("SELECT id FROM shop.goods") == [(1,)]
    shop.land("goods1.ok", "")
    load_tables(shop.root, "acknowledged", "goods")
    assert shop.rows("SELECT id FROM shop.goods ORDER BY 1") == [(1,), (2,)]
    assert shop.files("incoming") == []


@pytest.mark.parametrize("where", ["marked, the ack file still there", "the ack file gone, the file still there"])
def test_an_acknowledged_archive_is_unpacked_after_a_kill(server, shop, where):
    shop.table("goods", "id: long!, label: string", "metadata: {ack: ok}", pattern=r"goods.*\.csv")
    land(shop, "d.zip", zip_of(*MEMBERS))
    shop.land("d.ok", "")
    server.kill_at(shop.root, ACKNOWLEDGING[where], "killed", "goods")
    load_tables(shop.root, "again", "goods")
    assert_everything_once(shop)


def test_a_mark_is_not_for_a_file_that_was_written_to_since(server, shop):
    shop.table("goods", "id: long!, label: string", "metadata: {ack: ok}", pattern=r"goods.*\.csv")
    path = shop.land("goods1.csv", "id,label\n1,one\n")
    shop.land("goods1.ok", "")
    server.kill_at(shop.root, ACKNOWLEDGING["the ack file gone, the file still there"], "killed", "goods")
    path.write_text("id,label\n2,tw")
    os.utime(path, (5, 5))
    (report,) = load_tables(shop.root, "again", "goods")
    assert report.files == ()
    assert shop.files("incoming") == ["goods1.csv"]
