from pathlib import Path

import duckdb
import pytest

from sl_assets import formats
from sl_assets.formats import FormatError
from sl_assets.project.encodings import codec_of
from sl_assets.project.records import Attribute, Format, Table, TableKey
from sl_assets_tests.formats.loading import STRING, load, write


def fixed(form: Format, **positions: tuple[int, int] | None) -> Table:
    attributes = tuple(Attribute(name, name, STRING, position=place) for name, place in positions.items())
    return Table(TableKey("d", "t"), "t", "d", ".*", attributes, form, Path("t.sl.yml"))


BARE = Format("POSITION", with_header=False)


@pytest.mark.parametrize(
    ("form", "content", "rows"),
    [
        (BARE, "ab12\ncd34\n", [("ab", "12"), ("cd", "34")]),
        (BARE, "ab12\r\ncd34", [("ab", "12"), ("cd", "34")]),
        (BARE, "ab12\r\n\ncd34\n", [("ab", "12"), ("cd", "34")]),
        (BARE, "a\nabc\nab12more\n\n    \n", [("a", None), ("ab", "c"), ("ab", "12"), ("  ", "  ")]),
        (BARE, 'a";"\n"b\\\'\n#c;,\n', [('a"', ';"'), ('"b', "\\'"), ("#c", ";,")]),
        (BARE, "\ufeffé€12\n", [("é€", "12")]),
        (Format("POSITION"), "head\nab12\n", [("ab", "12")]),
        (Format("POSITION"), "\nab12\n", [("ab", "12")]),
        (Format("POSITION"), "head", []),
        (Format("POSITION"), "", []),
        (Format("POSITION", options={"skipRows": "2"}), "made\nby\nhead\nab12\n", [("ab", "12")]),
        (Format("POSITION", with_header=False, null_value="-"), "- 12\na -\n", [(None, "12"), ("a ", None)]),
    ],
)
def test_a_line_is_cut_at_its_positions(
    form: Format, content: str, rows: list[tuple[str | None, ...]], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    loaded = load(connection, fixed(form, a=(0, 1), b=(2, 3)), write(tmp_path, "a.txt", content))
    assert (loaded.rows, loaded.refused) == (rows, [])
    lines = content.removeprefix("\ufeff").splitlines()
    numbers = [number for number, line in enumerate(lines, start=1) if line and number > loaded.reading.skip]
    assert [(record, line) for record, line, _ in loaded.places] == list(enumerate(numbers, start=1))


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16"])
def test_positions_count_characters_in_any_encoding(encoding: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", "head\né1\n".encode(encoding))
    loaded = load(connection, fixed(Format("POSITION", encoding=encoding), a=(0, 0), b=(1, 1)), file)
    assert loaded.rows == [("é", "1")]
    assert loaded.places == [(1, 2, "é1")]


def test_fields_may_overlap_and_stand_in_any_order(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    loaded = load(connection, fixed(BARE, b=(2, 3), all=(0, 3), a=(0, 0)), write(tmp_path, "a.txt", "ab12\n"))
    assert loaded.rows == [("12", "ab12", "a")]


def test_a_line_that_is_no_text_is_refused_with_its_number(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    loaded = load(connection, fixed(BARE, a=(0, 1)), write(tmp_path, "a.txt", b"ab\n\n\xffx\ncd\n"))
    assert loaded.rows == [("ab",), ("cd",)]
    assert [(line, rule) for line, rule, _, _ in loaded.refused] == [(3, "encoding")]
    assert loaded.places == [(1, 1, "ab"), (2, 4, "cd")]


def test_files_are_read_together_and_told_apart(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [write(tmp_path, name, f"{name}\n") for name in ("a.txt", "b.txt", "c*.txt")]
    found = formats.readings(fixed(BARE, a=(0, 4)), files, connection)
    assert [reading.files for reading in found] == [(files[0], files[1]), (files[2],)]
    assert connection.execute(found[0].sql).fetchall() == [(files[0], "a.txt"), (files[1], "b.txt")]


def test_an_attribute_without_a_position_is_named(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="attribute b has no position"):
        formats.readings(fixed(BARE, a=(0, 1), b=None), [write(tmp_path, "a.txt", "a")], connection)


def test_a_file_that_is_gone_is_told(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", "ab\n")
    (reading,) = formats.readings(fixed(BARE, a=(0, 1)), [file], connection)
    Path(file).unlink()
    ((name, sentence),) = formats.unreadable(reading, ValueError(), connection)
    assert name == file
    assert sentence.startswith("cannot be read as lines of text: ")


def in_bytes(encoding: str = "UTF-8", **settings: object) -> Format:
    return Format("POSITION", encoding=encoding, options={"positionUnit": "bytes"}, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("encoding", "line", "rows"),
    [
        ("UTF-8", "é1€ab", [("é", "1", "€a")]),
        ("UTF-8", "ab1cdef", [("ab", "1", "cdef")]),
        ("ISO-8859-1", "éb1c", [("éb", "1", "c")]),
        ("windows-1252", "€b1“”", [("€b", "1", "“”")]),
        ("Shift_JIS", "表1ソx", [("表", "1", "ソx")]),
        ("UTF-8", "é", [("é", None, None)]),
    ],
)
def test_positions_count_bytes_when_asked(
    encoding: str, line: str, rows: list[tuple[str | None, ...]], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    form = in_bytes(encoding)
    file = write(tmp_path, "a.txt", f"head\n\n{line}\r\n".encode(codec_of(encoding) or ""))
    loaded = load(connection, fixed(form, a=(0, 1), b=(2, 2), c=(3, 6)), file)
    assert (loaded.rows, loaded.refused, loaded.places) == (rows, [], [(1, 3, line)])


def test_two_bytes_are_a_character_of_utf_16(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    form = in_bytes("UTF-16", with_header=False)
    loaded = load(connection, fixed(form, a=(0, 3), b=(4, 7)), write(tmp_path, "a.txt", "éb😀\nabcd\n".encode("utf-16")))
    assert loaded.rows == [("éb", "😀"), ("ab", "cd")]
    assert loaded.places == [(1, 1, "éb😀"), (2, 2, "abcd")]


def test_a_line_in_which_a_field_cuts_a_character_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    form = in_bytes(with_header=False, null_value="é")
    loaded = load(connection, fixed(form, a=(0, 1), b=(2, 3)), write(tmp_path, "a.txt", "ab12\naé12\né 12\nab1é\nabé\n"))
    assert loaded.rows == [("ab", "12"), (None, " 1"), ("ab", None)]
    words = "is not text in the encoding of the file, or a position cuts a character in two"
    assert loaded.refused == [(2, "encoding", words, "aé12"), (4, "encoding", words, "ab1é")]
    assert loaded.places == [(1, 1, "ab12"), (2, 3, "é 12"), (3, 5, "abé")]


def test_bytes_that_are_no_text_are_refused_where_positions_count_bytes(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    loaded = load(connection, fixed(in_bytes(with_header=False), a=(0, 1), b=(2, 3)), write(tmp_path, "a.txt", b"ab12\n\xe912\n"))
    assert loaded.rows == [("ab", "12")]
    assert [(fault[0], fault[1], fault[3]) for fault in loaded.refused] == [(2, "encoding", r"\xe912")]


def test_another_unit_is_refused_by_its_key(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    form = Format("POSITION", options={"positionUnit": "bits"})
    with pytest.raises(FormatError, match=r"positionUnit: 'bits' is unknown\. Allowed: characters, bytes\."):
        formats.readings(fixed(form, a=(0, 1)), [write(tmp_path, "a.txt", "a")], connection)
