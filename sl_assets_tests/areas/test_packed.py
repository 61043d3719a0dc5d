"""Archives are unpacked as files of their folder, and of nothing outside it, whatever they say."""

import bz2
import gzip
import io
import os
import stat
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.areas.entries import LONGEST_NAME, UnreadableArchiveError, base_name
from sl_assets.areas.packed import copy_entries, is_packed, list_entries
from sl_assets.project.arrival import HARMLESS
from sl_assets.project.records import UnpackLimits
from sl_assets_tests.areas.packing import tar_of, zip_of

LIMITS = UnpackLimits()
PACKERS = {"zip": zip_of, "tar": lambda *files: tar_of(*files, mode="w:"), "tgz": tar_of}


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refused(path: Path, limits: UnpackLimits = LIMITS) -> str:
    with pytest.raises(UnreadableArchiveError) as raised:
        list_entries(path, limits)
    assert raised.value.path == path
    return raised.value.reason


def special(kind: str, packer: str) -> bytes:
    """An archive with a link or a device in it, beside a good file."""
    packed = io.BytesIO()
    if packer == "zip":
        types = {"symlink": stat.S_IFLNK, "device": stat.S_IFCHR, "pipe": stat.S_IFIFO}
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("good.csv", "x")
            info = zipfile.ZipInfo("evil.csv")
            info.create_system, info.external_attr = 3, (types[kind] | 0o644) << 16
            archive.writestr(info, "/etc/passwd")
    else:
        types = {
            "symlink": tarfile.SYMTYPE,
            "device": tarfile.CHRTYPE,
            "pipe": tarfile.FIFOTYPE,
            "hardlink": tarfile.LNKTYPE,
        }
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("good.csv"), io.BytesIO())
            info = tarfile.TarInfo("evil.csv")
            info.type, info.linkname = types[kind], "/etc/passwd"
            archive.addfile(info)
    return packed.getvalue()


@pytest.mark.parametrize("name", ["a.zip", "A.ZIP", "a.tgz", "a.tar", "a.tar.gz", "a.csv.TAR.bz2", "a.tbz2"])
def test_archives_are_told_by_their_names(name):
    assert is_packed(name)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "zip", "a.zip.csv", "a.gz", "a.xlsx"])
def test_other_files_are_not_archives(name):
    assert not is_packed(name)


@pytest.mark.parametrize("kind", PACKERS)
def test_what_is_inside_comes_out_with_its_content_and_its_time(tmp_path, kind):
    files = [("a/b.csv", b"one\n" * 100_000, 1_000_000_000), ("c.csv", b"", 500)]
    path = put(tmp_path, f"x.{kind}", PACKERS[kind](*files))
    found = list_entries(path, LIMITS)
    assert [(each.name, each.size, each.modified_at.timestamp()) for each in found] == [
        ("b.csv", 400_000, 1_000_000_000),
        ("c.csv", 0, 500),
    ]
    copy_entries(path, LIMITS, {found[0].number: tmp_path / "copy"})
    assert (tmp_path / "copy").read_bytes() == files[0][1]
    assert (tmp_path / "copy").stat().st_mtime == 1_000_000_000
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy", path.name]


def test_the_compression_of_a_tar_is_told_by_its_content(tmp_path):
    plain = tar_of(("a.csv", b"1", 5), mode="w:")
    for content in (plain, gzip.compress(plain), bz2.compress(plain)):
        assert [each.name for each in list_entries(put(tmp_path, "x.tgz", content), LIMITS)] == ["a.csv"]


def test_the_clock_of_a_zip_without_a_time_zone_is_taken_for_utc(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.csv", (2026, 1, 2, 3, 4, 6)), "x")
        archive.writestr(zipfile.ZipInfo("b.csv"), "x")
    wrong = packed.getvalue().replace(b"\x00\x00\x21\x00", b"\x00\x00\x00\x00")  # 1980-00-00, which some packers write
    path = put(tmp_path, "x.zip", wrong)
    os.utime(path, (77, 77))
    assert [each.modified_at for each in list_entries(path, LIMITS)] == [
        datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
        datetime.fromtimestamp(77, UTC),
    ]


@pytest.mark.parametrize("kind", PACKERS)
def test_folders_hidden_files_and_those_of_macos_are_passed_over(tmp_path, kind):
    names = ["d/", ".hidden", "d/.DS_Store", "__MACOSX/d/._a.csv", ".git/a.csv", "./d/a.csv"]
    path = put(tmp_path, f"x.{kind}", PACKERS[kind](*((name, b"", 500) for name in names)))
    assert [each.name for each in list_entries(path, LIMITS)] == ["a.csv"]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "d/../../a.csv", "..", "C:/a.csv", "..\\a.csv", "\\\\host\\a.csv"])
def test_an_entry_that_leads_out_is_refused_with_the_whole_archive(tmp_path, kind, name):
    path = put(tmp_path, f"x.{kind}", PACKERS[kind](("good.csv", b"", 500), (name, b"", 500)))
    assert refused(path) == f"has an entry that leads out of it: {name!r}. Hint: pack files with relative names."


@pytest.mark.parametrize(
    ("kind", "packer"),
    [(kind, packer) for packer in ("zip", "tar") for kind in ("symlink", "device", "pipe")] + [("hardlink", "tar")],
)
def test_links_and_devices_are_refused(tmp_path, kind, packer):
    path = put(tmp_path, f"x.{packer}", special(kind, packer))
    assert refused(path) == "has an entry that is a link or a device, not a file: 'evil.csv'."


def test_an_encrypted_archive_is_told(tmp_path):
    packed = bytearray(zip_of(("a.csv", b"1", 500)))
    directory = packed.index(b"PK\x01\x02")
    packed[directory + 8] |= 1
    assert refused(put(tmp_path, "x.zip", bytes(packed))) == "is encrypted: 'a.csv'. Hint: pack it without a password."


def test_an_unknown_method_of_packing_is_told(tmp_path):
    packed = bytearray(zip_of(("a.csv", b"1", 500)))
    packed[packed.index(b"PK\x01\x02") + 10] = 9
    assert refused(put(tmp_path, "x.zip", bytes(packed))).startswith(
        "is packed by a method that cannot be read (number 9): 'a.csv'. Hint: "
    )


@pytest.mark.parametrize("kind", PACKERS)
def test_a_name_that_is_too_long_for_a_file_is_told(tmp_path, kind):
    path = put(tmp_path, f"x.{kind}", PACKERS[kind](("é" * LONGEST_NAME, b"", 500)))
    assert refused(path).startswith(f"has an entry whose name is longer than {LONGEST_NAME} bytes: 'éé")


@pytest.mark.parametrize("kind", PACKERS)
def test_more_than_the_limits_is_refused(tmp_path, kind):
    path = put(tmp_path, f"x.{kind}", PACKERS[kind](("a.csv", b"x" * 5000, 500), ("b.csv", b"x" * 5000, 500)))
    assert len(list_entries(path, UnpackLimits(size=10_000, entries=2))) == 2
    assert refused(path, UnpackLimits(size=9_999)).startswith("unpacks to more than 10.0 KB, which looks like")
    assert refused(path, UnpackLimits(entries=1)).startswith("has more than 1 entries. Hint: ")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_a_bomb_is_told_by_its_ratio(tmp_path, kind):
    path = put(tmp_path, f"x.{kind}", PACKERS[kind](("a.csv", bytes(HARMLESS + 1), 500)))
    reason = f"unpacks to more than 100 times its own size ({path.stat().st_size / 1000:.1f} KB), which looks like an attack"
    assert refused(path, UnpackLimits(ratio=100)).startswith(reason)
    assert len(list_entries(path, UnpackLimits(ratio=2000))) == 1


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path):
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 34
    assert refused(put(tmp_path, "x.tar", info.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))) == (
        "has a header of more than a megabyte, which no packer writes."
    )


@pytest.mark.parametrize("kind", PACKERS)
def test_cut_off_anywhere_an_archive_is_broken(tmp_path, kind):
    whole = PACKERS[kind](*((f"{number}.csv", os.urandom(600), 500) for number in range(3)))
    # tar ends with two empty blocks and filling; one of the blocks is enough to know the end
    end = len(whole) - 1 if kind != "tar" else 3 * (512 + 1024) + 511
    for length in range(0, end, 97):
        reason = refused(put(tmp_path, f"x.{kind}", whole[:length]))
        assert "damaged or cut off" in reason


def test_a_tar_with_a_broken_header_in_the_middle_is_broken(tmp_path):
    whole = bytearray(tar_of(*((f"{number}.csv", b"x", 500) for number in range(3)), mode="w:"))
    whole[1024] ^= 0xFF
    assert "damaged or cut off" in refused(put(tmp_path, "x.tar", bytes(whole)))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_archive_is_never_anything_but_broken_or_what_it_was(tmp_path, data):
    kind = data.draw(st.sampled_from(sorted(PACKERS)))
    content = b"id,label\n" + b"1,one\n" * 200
    packed = bytearray(PACKERS[kind](("a.csv", content, 500), ("b/b.csv", content, 600)))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    path, inside = put(tmp_path, f"x.{kind}", bytes(packed)), tmp_path / "inside"
    inside.mkdir(exist_ok=True)
    for each in inside.iterdir():
        each.unlink()
    try:
        found = list_entries(path, LIMITS)
        copy_entries(path, LIMITS, {each.number: inside / str(each.number) for each in found})
    except UnreadableArchiveError:
        return
    assert all((inside / str(each.number)).stat().st_size == each.size for each in found)


PARTS = ["..", ".", "", "/", "\\", "a", "~", "C:", "etc", "passwd", "~2", "\n", "é"]
hostile = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    st.lists(st.sampled_from(PARTS), max_size=8).map("/".join),
    st.lists(st.sampled_from(["..", "a", "b.csv", "..\\", "/"]), max_size=5).map("\\".join),
)


@pytest.mark.slow
@given(hostile)
def test_a_base_name_is_a_plain_name(written):
    try:
        name = base_name(Path("x.zip"), written)
    except UnreadableArchiveError:
        return
    if name is not None:
        assert Path(name).name == name
        assert not set(name) & set("/\\\0")
        assert not name.startswith(".")


def test_names_are_without_folders_whoever_packed_them():
    assert base_name(Path("x"), "a\\b\\c.csv") == base_name(Path("x"), "./a//b/c.csv") == "c.csv"
