import pytest

from sl_assets.areas.archive import archive_file, archive_path

DIGEST = "0123456789abcdef"


def test_a_file_keeps_its_name_when_it_is_free(tmp_path):
    assert archive_path(tmp_path, "a.csv", DIGEST, ()) == tmp_path / "a.csv"


def test_a_second_file_of_a_name_gets_a_piece_of_its_hash(tmp_path):
    (tmp_path / "a.tar.gz").touch()
    assert archive_path(tmp_path, "a.tar.gz", DIGEST, ()) == tmp_path / "a-01234567.tar.gz"


def test_a_path_promised_in_the_ledger_is_taken_even_before_the_move(tmp_path):
    promised = {tmp_path / "a.csv", tmp_path / "a-01234567.csv"}
    assert archive_path(tmp_path, "a.csv", DIGEST, promised) == tmp_path / "a-01234567-2.csv"


def test_archiving_twice_is_archiving_once(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "archive" / "a.csv"
    source.write_text("one")
    archive_file(source, target)
    archive_file(source, target)
    assert target.read_text() == "one"


def test_without_an_archive_the_loaded_file_is_removed(tmp_path):
    source = tmp_path / "a.csv"
    source.touch()
    archive_file(source, None)
    assert not source.exists()


def test_another_file_at_the_archive_path_is_never_overwritten(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text("one")
    target.write_text("two")
    with pytest.raises(FileExistsError, match="is another file"):
        archive_file(source, target)
    assert (source.read_text(), target.read_text()) == ("one", "two")
