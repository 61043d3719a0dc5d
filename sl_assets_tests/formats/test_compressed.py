import bz2
import gc
import gzip
import io
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from sl_assets import formats
from sl_assets.formats import NoRoomError, UnreadableFileError
from sl_assets.project.arrival import HARMLESS
from sl_assets.project.records import Format, UnpackLimits
from sl_assets_tests.formats.loading import load, table, write


def zstd(content: bytes) -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    return packed.getvalue().to_pybytes()


PACKERS = [gzip.compress, bz2.compress, zstd]


@pytest.fixture(autouse=True)
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("pack", PACKERS)
def test_what_is_inside_is_read_as_if_it_had_come_so(
    pack: Callable[[bytes], bytes], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = b'more;b;a\n9;x;"1\n1"\n9;y;2;too;many\n\n9;z;3\n'
    orders = table(Format(), "a", "b")
    plain = load(connection, orders, write(tmp_path, "a.csv", content))
    packed = load(connection, orders, write(tmp_path, "a.csv.x", pack(content)))
    assert packed.rows == plain.rows == [("1\n1", "x"), ("3", "z")]
    assert packed.refused == plain.refused
    assert [line for line, _, _, _ in packed.refused] == [4]
    assert packed.places == plain.places


@pytest.mark.parametrize("pack", PACKERS)
def test_parts_packed_one_after_the_other_are_one_file(
    pack: Callable[[bytes], bytes], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(tmp_path, "a", pack(b"a\n1\n") + pack(b"2\n"))
    assert load(connection, table(Format(), "a"), file).rows == [("1",), ("2",)]


def test_packed_and_plain_files_are_read_together_in_order(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [write(tmp_path, "0.json", '{"a":0}\n\n{"a":"x"}')]
    files += [write(tmp_path, f"{n}.json.gz", gzip.compress(f'{{"a":{n}}}\n\n{{"a":"x"}}'.encode())) for n in (2, 1, 3)]
    files += [write(tmp_path, "9.json", '{"a":9}')]
    (reading,) = formats.readings(table(Format("JSON"), "a"), files, connection)
    assert reading.files == tuple(files)
    found = connection.execute(reading.sql).fetchall()
    assert found == [row for file in files[:4] for row in ((file, Path(file).name[0]), (file, '"x"'))] + [(files[4], "9")]
    places = formats.locate(reading, connection, {files[0]: [2], files[2]: [2]})
    assert connection.execute(places).fetchall() == [(files[0], 2, 3, '{"a":"x"}', 9), (files[2], 2, 3, '{"a":"x"}', 9)]


def test_a_broken_document_is_told_by_the_name_it_came_with(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    good, bad = (write(tmp_path, f"{n}.gz", gzip.compress(text)) for n, text in (("good", b'{"a":1}'), ("bad", b'{"a":')))
    (reading,) = formats.readings(table(Format("JSON"), "a"), [good, bad], connection)
    with pytest.raises(duckdb.Error) as raised:
        connection.execute(reading.sql).fetchall()
    ((file, sentence),) = formats.unreadable(reading, raised.value, connection)
    assert (file, sentence[:23]) == (bad, "is not well-formed JSON")


def test_a_header_without_our_columns_is_told_by_the_name_it_came_with(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.csv.gz", gzip.compress(b"x;y\n1;2\n"))
    with pytest.raises(UnreadableFileError, match="none of the table's columns") as raised:
        formats.readings(table(Format(), "a"), [file], connection)
    assert raised.value.file == file


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_cut_file_is_broken_and_leaves_nothing_behind(
    pack: Callable[[bytes], bytes], part: float, connection: duckdb.DuckDBPyConnection, tmp_path: Path, copies: Path
) -> None:
    packed = pack(b"".join(b"%d;%d\n" % (number, number * number) for number in range(9_000)))
    file = write(tmp_path, "a", packed[: int(len(packed) * part)])
    with pytest.raises(UnreadableFileError, match="file that is damaged or cut off") as raised:
        formats.readings(table(Format(), "a"), [file], connection)
    assert raised.value.file == file
    del raised
    gc.collect()
    assert list(copies.iterdir()) == []


def archive(kind: str) -> bytes:
    packed = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(packed, "w") as archived:
            archived.writestr("a.csv", "a\n1\n")
    else:
        with tarfile.open(fileobj=packed, mode="w:gz") as archived:
            archived.addfile(tarfile.TarInfo("a.csv"))
    return packed.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_of_files_is_refused_with_a_hint(kind: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = write(tmp_path, "a", archive(kind))
    with pytest.raises(UnreadableFileError, match=rf"is an archive of several files \({kind}\). Hint: name it so"):
        formats.readings(table(Format(), "a"), [file], connection)


def test_text_that_only_begins_like_a_packed_file_is_text(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert load(connection, table(Format(), "BZh"), write(tmp_path, "a.csv", "BZh;b\n1;2\n")).rows == [("1",)]


def test_the_copies_live_as_long_as_the_reading(connection: duckdb.DuckDBPyConnection, tmp_path: Path, copies: Path) -> None:
    file = write(tmp_path, "a.csv.gz", gzip.compress(b"a\n1\n"))
    found = formats.readings(table(Format(), "a"), [file], connection)
    (folder,) = copies.iterdir()
    assert len(list(folder.iterdir())) == 1
    assert connection.execute(found[0].sql).fetchall() == [(file, "1")]
    del found
    gc.collect()
    assert list(copies.iterdir()) == []


def test_copies_that_cannot_be_written_are_not_the_fault_of_the_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, copies: Path
) -> None:
    file = write(tmp_path, "a.csv.gz", gzip.compress(b"a\n1\n"))
    copies.rmdir()
    with pytest.raises(FileNotFoundError):
        formats.readings(table(Format(), "a"), [file], connection)


@pytest.mark.parametrize("pack", PACKERS)
def test_more_than_the_limits_is_refused_while_it_is_unpacked(
    pack: Callable[[bytes], bytes], connection: duckdb.DuckDBPyConnection, tmp_path: Path, copies: Path
) -> None:
    file = write(tmp_path, "a.csv.x", pack(b"a\n" + b"1\n" * 5_000))
    small = replace(table(Format(), "a"), unpack=UnpackLimits(size=10_001))
    with pytest.raises(UnreadableFileError, match=r"unpacks to more than 10\.0 KB, which looks like an attack") as raised:
        formats.readings(small, [file], connection)
    del raised
    gc.collect()
    assert list(copies.iterdir()) == []
    assert len(load(connection, replace(small, unpack=UnpackLimits(size=10_002)), file).rows) == 5_000


@pytest.mark.slow
def test_a_bomb_is_told_by_its_ratio_before_it_is_unpacked_whole(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, copies: Path
) -> None:
    file = write(tmp_path, "a.csv.gz", gzip.compress(bytes(4 * HARMLESS)))
    bound = replace(table(Format(), "a"), unpack=UnpackLimits(ratio=10))
    with pytest.raises(UnreadableFileError, match="unpacks to more than 10 times its own size") as raised:
        formats.readings(bound, [file], connection)
    copied = max(path.stat().st_size for path in copies.rglob("*.copy"))
    assert HARMLESS - (1 << 20) <= copied <= HARMLESS
    assert raised.value.file == file


def test_a_disk_without_room_is_not_the_fault_of_the_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "a.csv.gz", gzip.compress(b"a\n" + b"1\n" * (16 << 20)))
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    sentence = r"No space left to unpack .*a\.csv\.gz: after 16\.8 MB there are 1\.0 MB free in .* Hint:"
    with pytest.raises(NoRoomError, match=sentence):
        formats.readings(table(Format(), "a"), [file], connection)


def test_copies_are_beside_the_warehouse_and_those_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    file = write(tmp_path, "a.csv.gz", gzip.compress(b"a\n1\n"))
    spill = tmp_path / "warehouse.tmp"
    abandoned = spill / "sl-assets-abandoned"
    abandoned.mkdir(parents=True)
    (abandoned / "1.copy").write_text("left behind")
    (spill / "duckdb_temp_storage-0.tmp").write_text("not ours")
    with duckdb.connect() as connection:
        connection.execute("SET temp_directory = $folder", {"folder": str(spill)})
        one = formats.readings(table(Format(), "a"), [file], connection)
        two = formats.readings(table(Format(), "a"), [file], connection)
        assert not abandoned.exists()
        assert len(list(spill.glob("sl-assets-*/1.copy"))) == 2
        assert [connection.execute(each[0].sql).fetchall() for each in (one, two)] == [[(file, "1")]] * 2
        del one, two
        gc.collect()
        assert [path.name for path in spill.iterdir()] == ["duckdb_temp_storage-0.tmp"]
