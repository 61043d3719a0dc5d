import os
from datetime import UTC, datetime

import pytest

from sl_assets.areas.files import content_hash, list_files, move_file, place_file, twin_names


def write(path, text="x", at=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if at is not None:
        os.utime(path, (at, at))
    return path


def test_files_come_oldest_first_then_by_name(tmp_path):
    write(tmp_path / "b.csv", at=100)
    write(tmp_path / "a.csv", at=100)
    write(tmp_path / "c.csv", at=50)
    assert [file.name for file in list_files(tmp_path)] == ["c.csv", "a.csv", "b.csv"]


def test_dot_files_and_subfolders_are_not_files(tmp_path):
    write(tmp_path / ".hidden")
    write(tmp_path / "folder" / "a.csv")
    assert list_files(tmp_path) == ()


def test_a_folder_that_is_not_there_holds_no_files(tmp_path):
    assert list_files(tmp_path / "nowhere") == ()


def test_a_twin_keeps_the_name_it_came_with(tmp_path):
    write(tmp_path / "orders.csv~2", at=7)
    (file,) = list_files(tmp_path)
    assert file.name == "orders.csv"
    assert file.path.name == "orders.csv~2"
    assert file.modified_at == datetime.fromtimestamp(7, UTC)


def test_placing_never_overwrites(tmp_path):
    stage = tmp_path / "stage"
    first = place_file(write(tmp_path / "in" / "a.csv", "one"), stage, twin_names("a.csv"))
    second = place_file(write(tmp_path / "in" / "a.csv", "two"), stage, twin_names("a.csv"))
    assert (first.name, first.read_text()) == ("a.csv", "one")
    assert (second.name, second.read_text()) == ("a.csv~2", "two")


def test_a_move_that_was_cut_off_after_the_link_is_finished(tmp_path):
    source, target = write(tmp_path / "a.csv", "one"), tmp_path / "b.csv"
    os.link(source, target)
    assert move_file(source, target)
    assert not source.exists()
    assert target.read_text() == "one"


def test_a_move_onto_another_file_is_refused(tmp_path):
    source, target = write(tmp_path / "a.csv", "one"), write(tmp_path / "b.csv", "two")
    assert not move_file(source, target)
    assert (source.read_text(), target.read_text()) == ("one", "two")


def test_where_links_are_impossible_the_file_is_copied_whole_before_it_gets_its_name(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    source = write(tmp_path / "a.csv", "one", at=42)
    assert move_file(source, tmp_path / "sub" / "a.csv")
    assert (tmp_path / "sub" / "a.csv").read_text() == "one"
    assert (tmp_path / "sub" / "a.csv").stat().st_mtime == 42
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["a.csv"]


@pytest.mark.parametrize(("one", "two", "same"), [("a", "a", True), ("a", "b", False)])
def test_the_hash_is_of_the_content(tmp_path, one, two, same):
    assert (content_hash(write(tmp_path / "x", one)) == content_hash(write(tmp_path / "y", two))) is same
