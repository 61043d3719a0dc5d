"""Whatever the names in an archive say, its files go to stage and unresolved and nowhere else."""

import io
import os
import tarfile
import zipfile
from pathlib import Path
from warnings import catch_warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.areas.entries import UnreadableArchiveError
from sl_assets.areas.files import InputFile, list_files
from sl_assets.areas.landing import PackedFile
from sl_assets.areas.packed import list_entries
from sl_assets.areas.unpack import finish_unpacking, unpack
from sl_assets.project.records import UnpackLimits

LIMITS = UnpackLimits()
PARTS = ["..", ".", "", "/", "\\", "a", "a.csv", "~", "~2", "C:", "C:\\", "outside", ".ssh", "__MACOSX", "\n", "é", "-"]
PARTS += ["x" * 260]
NAMES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).flatmap(
    lambda parts: st.sampled_from(["/", "\\", ""]).map(lambda separator: separator.join(parts))
)
KINDS = st.sampled_from([tarfile.REGTYPE] * 8 + [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])


def packed(kind: str, members) -> bytes:
    content = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(content, "w") as archive:
            for number, (name, _, _) in enumerate(members):
                info = zipfile.ZipInfo("x")
                info.filename = name  # as it is: ZipInfo would mend it
                with catch_warnings(action="ignore"):  # a name may come twice
                    archive.writestr(info, str(number))
    else:
        with tarfile.open(fileobj=content, mode="w") as archive:
            for number, (name, member, target) in enumerate(members):
                info = tarfile.TarInfo(name)
                info.type, info.linkname = member, target
                data = str(number).encode() if member == tarfile.REGTYPE else b""
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def listed(archive: Path) -> InputFile:
    (found,) = [file for file in list_files(archive.parent) if file.path == archive]
    return found


def tree(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text("latin-1") for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["zip", "tar"]),
    members=st.lists(st.tuples(NAMES, KINDS, NAMES), min_size=1, max_size=6),
    claim=st.integers(0, 6),
)
def test_nothing_is_ever_written_outside_of_stage_and_unresolved(tmp_path_factory, kind, members, claim):
    root = tmp_path_factory.mktemp("root")
    landing, stage, unresolved = (root / "d" / name for name in ("landing", "stage", "unresolved"))
    landing.mkdir(parents=True)
    (root / "a.csv").write_text("ours")
    (root / "d" / "outside").write_text("ours")
    archive = landing / f"x.{kind}"
    try:
        archive.write_bytes(packed(kind, members))
    except (UnicodeEncodeError, ValueError):
        return  # no packer writes it either
    before = tree(root)
    try:
        entries = list_entries(archive, LIMITS)
        done = unpack(PackedFile(listed(archive), {}, entries[:claim], entries[claim:]), LIMITS, stage, unresolved)
    except UnreadableArchiveError:
        assert tree(root) == before
        return
    assert all(path.parent == stage for path in done.staged)
    assert all(path.parent == unresolved for path in done.unresolved)
    after = tree(root)
    put = [str(path.relative_to(root)) for path in (*done.staged, *done.unresolved)]
    assert set(after) == (set(before) - {f"d/landing/x.{kind}"}) | set(put)
    assert [after[path] for path in put] == [str(each.number) for each in entries]
    assert not any(path.is_symlink() for path in root.rglob("*"))


def test_a_folder_that_was_not_written_whole_is_thrown_away(tmp_path):
    half = tmp_path / "stage" / ".unpacking" / "staged"
    half.mkdir(parents=True)
    (half / "000000000-a.csv").write_text("half")
    archive = tmp_path / "x.tar"
    archive.write_bytes(packed("tar", [("b.csv", tarfile.REGTYPE, "")]))
    unpack(
        PackedFile(listed(archive), {}, list_entries(archive, LIMITS), ()), LIMITS, tmp_path / "stage", tmp_path / "unresolved"
    )
    assert tree(tmp_path) == {"stage/b.csv": "0"}


def test_another_archive_under_the_name_of_an_unpacked_one_is_kept(tmp_path):
    written = tmp_path / "stage" / ".unpacked" / ("0" * 64)
    (written / "staged").mkdir(parents=True)
    (written / "staged" / "000000000-a.csv").write_text("a")
    archive = tmp_path / "x.tar"
    archive.write_text("another one")
    (written / "archive").write_text(str(archive))
    assert finish_unpacking(tmp_path / "stage", tmp_path / "unresolved").staged == (tmp_path / "stage" / "a.csv",)
    assert tree(tmp_path) == {"stage/a.csv": "a", "x.tar": "another one"}


@pytest.mark.parametrize("when", ["before it is unpacked", "while it is unpacked"])
def test_an_archive_that_is_replaced_under_our_hands_is_not_taken(tmp_path, monkeypatch, when):
    archive = tmp_path / "x.tar"
    archive.write_bytes(packed("tar", [("a.csv", tarfile.REGTYPE, ""), ("b.csv", tarfile.REGTYPE, "")]))
    one = PackedFile(listed(archive), {}, list_entries(archive, LIMITS), ())
    other = packed("tar", [("b.csv", tarfile.REGTYPE, ""), ("a.csv", tarfile.REGTYPE, "")])

    def replace_it(*_):
        archive.write_bytes(other)
        os.utime(archive, (7, 7))

    if when == "while it is unpacked":
        monkeypatch.setattr("sl_assets.areas.unpack.copy_entries", replace_it)
    else:
        replace_it()
    with pytest.raises(UnreadableArchiveError, match="was written to while it was unpacked"):
        unpack(one, LIMITS, tmp_path / "stage", tmp_path / "unresolved")
    assert set(tree(tmp_path)) == {"x.tar"}
