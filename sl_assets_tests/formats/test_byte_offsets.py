"""The byte that is told for a record is where the record's own text stands in the file."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sl_assets import formats
from sl_assets.project.records import Format, Table
from sl_assets_tests.formats.loading import Loaded, load, table, write

MARK = b"\xef\xbb\xbf"
WORDS = ["a", "é", "東京", "🚀", "x" * 300, "", " b "]


def told(loaded: Loaded) -> list[tuple[str, int | None]]:
    """Raw text and offset of every record, refused or not."""
    places = zip((str(place[2]) for place in loaded.places), loaded.placed_at, strict=True)
    return [*places, *zip((str(fault[3]) for fault in loaded.refused), loaded.refused_at, strict=True)]


def check(loaded: Loaded, content: bytes, records: int) -> None:
    found = told(loaded)
    assert len(found) == records
    for raw, offset in found:
        assert offset is not None
        assert content[offset:].startswith(raw.encode())


def csv_of(seed: int, newline: str, *, breaks: bool, faults: bool) -> tuple[str, int]:
    """Delimited text with blank lines, records of too many values and, with `breaks`, values that span lines."""
    chance = random.Random(seed)  # noqa: S311 - the same files every time
    lines = ["id;name;x"]
    records = chance.randrange(1, 40)
    for number in range(records):
        word = chance.choice(WORDS)
        name = f'"{word}{newline}{word}""{word}"' if breaks and chance.random() < 0.4 else word
        extra = ";too;many" if faults and chance.random() < 0.3 else ""
        lines += [""] * chance.choice([0, 0, 0, 1, 2])
        lines.append(f"{number};{name};y{extra}")
    return newline.join(lines) + chance.choice(["", newline, newline * 3]), records


@pytest.mark.slow
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("breaks", [False, True])
@pytest.mark.parametrize("mark", [b"", MARK])
def test_delimited_records_start_where_it_is_said(
    newline: str, breaks: bool, mark: bytes, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for seed in range(12):
        text, records = csv_of(seed, newline, breaks=breaks, faults=True)
        content = mark + text.encode()
        check(load(connection, table(Format(), "id", "name", "x"), write(tmp_path, f"{seed}.csv", content)), content, records)


def test_the_first_record_of_a_file_without_header_starts_behind_the_byte_order_mark(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    headless = Format(with_header=False)
    loaded = load(connection, table(headless, "id", "name"), write(tmp_path, "a.csv", MARK + b"1;a\n2;b;c\n"))
    assert told(loaded) == [("1;a", 3), ("2;b;c", 7)]
    loaded = load(connection, table(headless, "id", "name"), write(tmp_path, "b.csv", MARK + b'1;a;c\n"2\n";b\n'))
    assert told(loaded) == [('"2\n";b', 9), ("1;a;c", 3)]


def test_bytes_that_are_no_text_do_not_shift_what_follows(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = b"id;name\n1;\xff\xfe\n2;\xe9\xe9;z\n3;b\n"
    loaded = load(connection, table(Format(), "id", "name"), write(tmp_path, "a.csv", content))
    assert loaded.placed_at == [content.index(b"3;b")]
    assert loaded.refused_at == [content.index(b"1;"), content.index(b"2;")]


def test_of_a_file_with_values_too_long_to_look_at_no_place_is_told(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    loaded = load(connection, table(Format(), "id"), write(tmp_path, "a.csv", f'id\n"{"x" * 200_000}\n"\n2\n3;4\n'))
    assert len(loaded.rows) == 2
    assert loaded.places == []
    assert [(line, raw) for line, _, _, raw in loaded.refused] == [(5, "3;4")]
    assert loaded.refused_at == [200_009]


@pytest.mark.slow
def test_offsets_are_right_across_threads(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = [f"{number};{'x' * 60};y" + (";bad" if number % 50_000 == 7 else "") for number in range(400_000)]
    content = ("id;name;x\n" + "\n".join(lines) + "\n").encode()
    (reading,) = formats.readings(table(Format(), "id", "name"), [write(tmp_path, "big.csv", content)], connection)
    connection.execute(f"CREATE TEMP TABLE batch AS {reading.sql}")
    refused = formats.malformed(reading, connection)
    places = formats.locate(reading, connection, {reading.files[0]: [1, 200_000, 399_992]})
    found = connection.execute(
        f"SELECT raw, byte_offset FROM ({refused}) UNION ALL SELECT raw, byte_offset FROM ({places})"
    ).fetchall()
    assert len(found) == 11
    assert all(content[offset:].startswith(raw.encode() + b"\n") for raw, offset in found)


def test_each_of_several_files_has_offsets_of_its_own(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contents = [csv_of(seed, "\r\n", breaks=True, faults=True)[0].encode() for seed in range(5)]
    files = [write(tmp_path, f"{number}.csv", content) for number, content in enumerate(contents)]
    for reading in formats.readings(table(Format(), "id", "name", "x"), files, connection):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {reading.sql}")
        refused, places = formats.malformed(reading, connection), formats.locate(reading, connection)
        told = [f"SELECT sl_file, raw, byte_offset FROM ({sql})" for sql in (refused, places) if sql]
        for file, raw, offset in connection.execute(" UNION ALL ".join(told)).fetchall():
            assert contents[files.index(file)][offset:].startswith(raw.encode())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_of_json_start_at_their_first_character(
    newline: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    chance = random.Random(1)  # noqa: S311 - the same files every time
    records = [{"a": chance.choice(WORDS), "n": number} for number in range(60)]
    lines = [" " * chance.randrange(3) + json.dumps(record, ensure_ascii=False) + " " for record in records]
    content = newline.join(line if chance.random() < 0.8 else f"{newline}{line}" for line in lines).encode()
    check(load(connection, table(Format("JSON"), "a"), write(tmp_path, "a.json", content)), content, len(records))


@pytest.mark.parametrize("form", [Format("JSON", array=True), Format("JSON", multiline=True)])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_documents_start_at_their_brace(
    form: Format, indent: int | None, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    chance = random.Random(2)  # noqa: S311 - the same files every time
    records = [{"a": chance.choice(WORDS) * 40, "b": {"]": ["}", number]}} for number in range(60)]
    documents = [json.dumps(record, ensure_ascii=False, indent=indent).replace("\n", "\r\n") for record in records]
    text = f" [\r\n{' ,'.join(documents)} ]" if form.array else "\r\n".join(documents)
    loaded = load(connection, table(form, "a"), write(tmp_path, "a.json", text.encode()))
    check(loaded, text.encode(), len(records))
    assert [raw for raw, _ in told(loaded)] == documents


@pytest.mark.slow
def test_documents_longer_than_what_is_read_at_once_are_found(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    documents = [json.dumps({"a": "é" * 3_000_000}), '{"a":\n"x"}', json.dumps({"a": "y" * 2_500_000}), '{"a":1}']
    content = f"[{','.join(documents)}]".encode()
    loaded = load(connection, table(Format("JSON", array=True), "a"), write(tmp_path, "a.json", content))
    assert loaded.placed_at == [content.index(document.encode()) for document in documents]
    assert [line for _, line, _ in loaded.places] == [1, 1, 2, 2]


def fixed(content: bytes, folder: Path, connection: duckdb.DuckDBPyConnection) -> Loaded:
    plain = table(Format("POSITION", with_header=False), "id", "name")
    places = ((0, 1), (2, 5))
    attributes = tuple(replace(each, position=place) for each, place in zip(plain.attributes, places, strict=True))
    return load(connection, replace(plain, attributes=attributes), write(folder, "a.txt", content))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fixed_width_lines_start_where_it_is_said(newline: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = newline.join(["01éa  ", "", "02東b  ", '03"c']).encode() + newline.encode() + b"04\xff\xff\n05z"
    loaded = fixed(content, tmp_path, connection)
    assert loaded.placed_at == [content.index(start) for start in (b"01", b"02", b"03", b"05")]
    assert loaded.refused_at == [content.index(b"04")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_elements_start_at_their_tag(encoding: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    names = ["é", "ü", "x" * 300]
    records = [f"<book>\r\n<a>{name}</a></book>" for name in names]
    text = f'<?xml version="1.0" encoding="{encoding}"?>\r\n<!-- é --><books>{" ".join(records)}</books>'
    content = text.encode(encoding)
    form = Format("XML", options={"rowTag": "book"})
    loaded = load(connection, table(form, "a"), write(tmp_path, "a.xml", content))
    plain = "utf-16-le" if encoding == "utf-16" else encoding
    assert loaded.placed_at == [content.index(record.encode(plain)) for record in records]


def test_a_row_of_a_parquet_file_has_no_bytes_of_its_own(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("COPY (SELECT unnest(['x', 'y']) AS a) TO $1 (FORMAT parquet)", [str(tmp_path / "a.parquet")])
    assert load(connection, table(Format("PARQUET"), "a"), str(tmp_path / "a.parquet")).placed_at == [None, None]


def test_bytes_of_a_packed_file_are_those_of_what_is_inside(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text, records = csv_of(3, "\n", breaks=True, faults=True)
    loaded = load(connection, orders(), write(tmp_path, "a.csv.gz", gzip.compress(text.encode())))
    check(loaded, text.encode(), records)


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252"])
def test_of_a_file_in_another_encoding_the_lines_are_told_and_no_bytes(
    encoding: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.csv", 'id;name\n1;"é\né"\n2;b;c\n'.encode(encoding))
    loaded = load(connection, table(Format(encoding=encoding), "id", "name"), file)
    assert (loaded.places, loaded.placed_at) == ([(1, 2, '1;"é\né"')], [None])
    assert ([(line, raw) for line, _, _, raw in loaded.refused], loaded.refused_at) == ([(4, "2;b;c")], [None])


def orders() -> Table:
    return table(Format(), "id", "name", "x")
