"""Files in other encodings than UTF-8: the same rows and lines in every format; bytes that are no text are never guessed."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sl_assets import formats
from sl_assets.formats import FormatError
from sl_assets.project.encodings import codec_of
from sl_assets.project.records import Attribute, Format, Table
from sl_assets_tests.formats.loading import STRING, load, table, write

WORDS = {"ISO-8859-1": "né", "ISO-8859-15": "5€", "windows-1252": "“€”", "UTF-16": "é書€😀", "UTF-16LE": "é書", "UTF-16BE": "é書"}
WORDS |= {
    "UTF-8": "é書😀",
    "UTF-32": "é😀",
    "Shift_JIS": "表ソ",
    "GB18030": "é書😀",
    "EUC-JP": "書",
    "KOI8-R": "Я",
    "Cp1250": "ř",
}
WORDS |= {"x-MacRoman": "é", "IBM850": "é", "US-ASCII": "e", "ISO-2022-JP": "書"}


def places(*_: object) -> Table:
    attributes = (Attribute("id", "id", STRING, position=(0, 0)), Attribute("name", "name", STRING, position=(1, 5)))
    return replace(table(Format(), "id"), attributes=attributes)


WRITTEN: dict[str, tuple[Format, Callable[[str], str]]] = {
    "DSV": (Format(), lambda word: f"id;name\n1;{word}\n2;x\n"),
    "DSV with line breaks": (Format(), lambda word: f'id;name\n1;{word}\n2;"x\n"\n'),
    "JSON": (Format("JSON"), lambda word: json.dumps({"id": 1, "name": word}, ensure_ascii=False) + '\n{"id":2,"name":"x"}\n'),
    "JSON array": (Format("JSON", array=True), lambda word: f'[\n{{"id":1,"name":"{word}"}},\n{{"id":2,"name":"x"}}]'),
    "POSITION": (Format("POSITION"), lambda word: f"head\n1{word}\n2x\n"),
    "XML": (
        Format("XML", options={"rowTag": "row"}),
        lambda word: f"<rows>\n<row><id>1</id><name>{word}</name></row>\n<row><id>2</id><name>x</name></row></rows>",
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", WORDS)
@pytest.mark.parametrize("kind", WRITTEN)
def test_every_format_is_read_in_every_encoding(
    kind: str, encoding: str, packed: bool, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    form, text = WRITTEN[kind]
    word = WORDS[encoding]
    names = places() if form.name == "POSITION" else table(form, "id", "name")
    content = text(word).encode(codec_of(encoding) or "")
    file = write(tmp_path, "a", gzip.compress(content) if packed else content)
    loaded = load(connection, replace(names, format=replace(form, encoding=encoding)), file)
    found = [row[1].strip('"') if row[1] and kind != "DSV with line breaks" else row[1] for row in loaded.rows]
    assert found == [word, "x\n" if kind == "DSV with line breaks" else "x"]
    assert [place[:2] for place in loaded.places] == [(1, 1), (2, 2)] if kind == "JSON" else [(1, 2), (2, 3)]
    assert word in str(loaded.places[0][2])
    assert loaded.refused == []


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("kind", WRITTEN)
def test_a_byte_order_mark_is_no_text(kind: str, mark: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    form, text = WRITTEN[kind]
    names = places() if form.name == "POSITION" else table(form, "id", "name")
    encoded = text("é").encode(mark)
    content = encoded if mark in {"utf-8-sig", "utf-16", "utf-32"} else "\ufeff".encode(mark) + encoded
    encoding = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(mark, mark)
    loaded = load(connection, replace(names, format=replace(form, encoding=encoding)), write(tmp_path, "a", content))
    assert len(loaded.rows) == 2
    assert "é" in str(loaded.rows[0][1])
    assert "\ufeff" not in str(loaded.places)


def test_without_a_mark_utf_16_is_told_by_its_zeros(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [write(tmp_path, codec, "id\n1\n".encode(codec)) for codec in ("utf-16-le", "utf-16-be")]
    (reading,) = formats.readings(table(Format(encoding="UTF-16"), "id"), files, connection)
    assert connection.execute(reading.sql).fetchall() == [(files[0], "1"), (files[1], "1")]


@pytest.mark.parametrize(
    ("encoding", "body", "raw"),
    [
        ("windows-1252", b"2;\x81\x8dx", r"2;\x81\x8dx"),
        ("Shift_JIS", b"2;\x81", r"2;\x81"),
        ("UTF-16LE", "2;".encode("utf-16-le") + b"\x00\xd8", r"2;\x00\xd8"),
        ("GB18030", b"2;\xff", r"2;\xff"),
    ],
)
@pytest.mark.parametrize("name", ["DSV", "POSITION"])
def test_a_record_with_bytes_that_are_no_text_is_refused_and_the_others_are_not(
    name: str, encoding: str, body: bytes, raw: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    codec = codec_of(encoding) or ""
    content = "id;name\n1;a\n".encode(codec) + body + "\n3;c\n".encode(codec)
    form = Format(name, encoding=encoding)  # type: ignore[arg-type]
    names = replace(places() if name == "POSITION" else table(form, "id", "name"), format=form)
    loaded = load(connection, names, write(tmp_path, "a", content))
    assert [row[0] for row in loaded.rows] == ["1", "3"]
    assert [fault[:4] for fault in loaded.refused] == [(3, "encoding", "is not text in the encoding of the file", raw)]
    assert [place[:2] for place in loaded.places] == [(1, 2), (2, 4)]


def test_a_literal_text_that_looks_like_refused_bytes_is_left_alone(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = "id;name\n1;what?\\x81\n2;b;c\n".encode("cp1252")
    loaded = load(connection, table(Format(encoding="Cp1252"), "id", "name"), write(tmp_path, "a", content))
    assert loaded.rows == [("1", "what?\\x81")]
    assert loaded.places[0][2] == "1;what?\\x81"


@pytest.mark.parametrize("kind", ["JSON", "JSON array"])
def test_a_json_file_with_bytes_that_are_no_text_is_broken(
    kind: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    form, text = WRITTEN[kind]
    content = text("?").encode().replace(b"?", b"\x81")
    (reading,) = formats.readings(
        table(replace(form, encoding="Cp1252"), "id", "name"), [write(tmp_path, "a", content)], connection
    )
    with pytest.raises(duckdb.Error) as raised:
        connection.execute(reading.sql).fetchall()
    ((_, sentence),) = formats.unreadable(reading, raised.value, connection)
    assert sentence.startswith("is not Cp1252 text (")


def test_an_xml_file_that_says_its_encoding_is_believed(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = "<?xml version='1.0' encoding='ISO-8859-1'?><rows><row a='é'/></rows>".encode("latin-1")
    form = Format("XML", encoding="UTF-16", options={"rowTag": "row"})
    assert load(connection, table(form, "_a"), write(tmp_path, "a.xml", content)).rows == [('"é"',)]


def test_lines_of_mainframe_files_end_as_they_do_there(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = b"\x15".join(line.encode("cp037") for line in ["head", "1éa", "2b"])
    loaded = load(connection, replace(places(), format=Format("POSITION", encoding="IBM037")), write(tmp_path, "a", content))
    assert loaded.rows == [("1", "éa"), ("2", "b")]


@pytest.mark.slow
def test_a_character_may_stand_across_pieces_of_the_file(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = [f"{number};{'書' * 40}" for number in range(40_000)]
    file = write(tmp_path, "a.csv", "\n".join(["id;name", *rows]).encode("shift-jis"))
    loaded = load(connection, table(Format(encoding="SJIS"), "id", "name"), file)
    assert loaded.rows == [(str(number), "書" * 40) for number in range(40_000)]
    assert loaded.refused == []


@pytest.mark.parametrize("name", ["DSV", "JSON", "POSITION", "XML"])
def test_an_encoding_that_nobody_knows_is_told(name: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    form = Format(name, encoding="base64", options={"rowTag": "row"})  # type: ignore[arg-type]
    with pytest.raises(FormatError, match=r"metadata\.encoding: 'base64' is not an encoding"):
        formats.readings(table(form, "id"), [write(tmp_path, "a", "id\n1\n")], connection)


@pytest.mark.parametrize("name", ["base64", "rot13", "idna", "utf-7", "undefined", "raw_unicode_escape", "EBCDIC", "", "é"])
def test_what_makes_no_text_is_no_encoding(name: str) -> None:
    assert codec_of(name) is None


@pytest.mark.parametrize(
    ("name", "codec"),
    [("UTF8", "utf-8"), ("ascii", "utf-8"), ("ISO8859_1", "iso8859-1"), ("IBM-037", "cp037"), ("x-windows-874", "cp874")],
)
def test_names_are_those_of_java_and_python(name: str, codec: str) -> None:
    assert codec_of(name) == codec
