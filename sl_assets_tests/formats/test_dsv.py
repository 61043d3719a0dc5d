from pathlib import Path

import duckdb
import pytest

from sl_assets import formats
from sl_assets.formats import FormatError
from sl_assets.project.records import Format
from sl_assets_tests.formats.loading import load, table, write

HEAD = "id;name;x\n"


def test_columns_come_by_name_unknown_ones_are_left_out_and_missing_ones_told(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.csv", "more;name;ID\n9;a;1\n")
    loaded = load(connection, table(Format(), "id", "name", "gone"), file)
    assert loaded.reading.present == {"id", "name"}
    assert loaded.rows == [("1", "a")]


def test_without_a_header_columns_come_in_the_order_of_the_yaml(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = write(tmp_path, "a.csv", "\ufeff1,a\r\n\r\n2\r\n")
    loaded = load(connection, table(Format(with_header=False, separator=","), "id", "name"), file)
    assert loaded.rows == [("1", "a"), ("2", None)]
    assert loaded.places == [(1, 1, "1,a"), (2, 3, "2")]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id;name\n1;é\n".encode(), "utf8"),
        ("id;name\n1;é\n".encode("latin-1"), "ISO-8859-1"),
        ("id;name\n1;é\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_encodings(content: bytes, encoding: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    loaded = load(connection, table(Format(encoding=encoding), "id", "name"), write(tmp_path, "a.csv", content))
    assert loaded.rows == [("1", "é")]
    assert loaded.places == [(1, 2, "1;é")]


@pytest.mark.parametrize(
    ("form", "content", "rows"),
    [
        (Format(separator="\\t"), "id\tname\n1\ta\n", [("1", "a")]),
        (Format(separator="||"), "id||name\n1||a\n", [("1", "a")]),
        (Format(quote="'"), "id;name\n1;'a;b'\n", [("1", "a;b")]),
        (Format(), 'id;name\n1;"a ""b"" c"\n', [("1", 'a "b" c')]),
        (Format(), 'id;name\n1;"a \\"b\\" c"\n', [("1", 'a "b" c')]),
        (Format(quote=""), 'id;name\n1;"a\n', [("1", '"a')]),
        (Format(), 'id;name\n1;5" pipe\n', [("1", '5" pipe')]),
        (Format(null_value="NA"), 'id;name\nNA;""\n', [(None, None)]),
        (Format(null_value="NA", empty_is_null=False), 'id;name\nNA;""\n;x\n', [(None, ""), ("", "x")]),
        (Format(options={"skipRows": "2"}), "made by\n\nid;name\n1;a\n", [("1", "a")]),
        (Format(), "\n\nid;name\n1;a\n", [("1", "a")]),
        (Format(), 'id;"name"\n1;"a\nb"\n2;c\n', [("1", "a\nb"), ("2", "c")]),
        (Format(), 'id;name\n1;"a\nb"\n2\n', [("1", "a\nb"), ("2", None)]),
        (Format(), "", []),
        (Format(), "id;name", []),
    ],
)
def test_dialects(
    form: Format, content: str, rows: list[tuple[str | None, ...]], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    loaded = load(connection, table(form, "id", "name"), write(tmp_path, "a.csv", content))
    assert loaded.rows == rows
    assert len(loaded.places) == len(rows)


def test_refused_records_are_told_once_each_with_their_line(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    body = b'1;a;b\n2;a;b;c;d\n3;"a"b;c\n4;\xff;x\n5;a\n\n6;a;b\n'
    loaded = load(connection, table(Format(), "id", "name", "x"), write(tmp_path, "a.csv", HEAD.encode() + body))
    assert [row[0] for row in loaded.rows] == ["1", "5", "6"]
    assert [(line, rule, raw) for line, rule, _, raw in loaded.refused] == [
        (3, "too many columns", "2;a;b;c;d"),
        (4, "unquoted value", '3;"a"b;c'),
        (5, "encoding", r"4;\xff;x"),
    ]
    assert loaded.refused[0][2] == "has 5 values for 3 columns"
    assert loaded.places == [(1, 2, "1;a;b"), (2, 6, "5;a"), (3, 8, "6;a;b")]


def test_lines_are_right_behind_quoted_line_breaks(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    body = 'id;name;x\r\n1;"a\r\nb";c\r\n\r\n2;b;c;d\r\n3;"x ""y""\r\nz";5" pipe\r\n4;a;b\r\n'
    loaded = load(connection, table(Format(), "id", "name", "x"), write(tmp_path, "a.csv", body))
    assert [row[0] for row in loaded.rows] == ["1", "3", "4"]
    assert [(line, raw) for line, _, _, raw in loaded.refused] == [(5, "2;b;c;d")]
    assert loaded.places == [(1, 2, '1;"a\r\nb";c'), (2, 6, '3;"x ""y""\r\nz";5" pipe'), (3, 8, "4;a;b")]


@pytest.mark.parametrize("tail", ["", "9;only\n"])
def test_an_unterminated_quote_loses_no_record_silently(tail: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    body = f'{HEAD}1;"a\nb";c\n2;"open;c\n3;a;b\n{tail}'
    loaded = load(connection, table(Format(), "id", "name", "x"), write(tmp_path, "a.csv", body))
    assert [row[0] for row in loaded.rows] == ["1"]
    assert len(loaded.refused) == 1
    assert "3;a;b" in str(loaded.refused[0][3])


def test_consecutive_files_of_one_shape_are_read_together(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    orders = table(Format(), "id", "name")
    heads = ["id;name", "id;name", "name;id", "id;name"]
    files = [write(tmp_path, f"{number}.csv", f"{head}\n{number};{number}\n") for number, head in enumerate(heads)]
    readings = formats.readings(orders, files, connection)
    assert [reading.files for reading in readings] == [(files[0], files[1]), (files[2],), (files[3],)]
    assert connection.execute(f"SELECT sl_file, id FROM ({readings[0].sql})").fetchall() == [(files[0], "0"), (files[1], "1")]


def test_refused_records_and_places_of_several_files(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first, second = write(tmp_path, "a.csv", "id\n1\n2;3\n4\n"), write(tmp_path, "b.csv", "id\n\n5\n6;7\n")
    (reading,) = formats.readings(table(Format(), "id"), [first, second], connection)
    connection.execute(f"CREATE TEMP TABLE batch AS {reading.sql}")
    refused = formats.malformed(reading, connection)
    assert refused is not None
    assert connection.execute(f"SELECT sl_file, line FROM ({refused})").fetchall() == [(first, 3), (second, 4)]
    places = formats.locate(reading, connection, {first: [2], second: [1]})
    assert connection.execute(places).fetchall() == [(first, 2, 4, "4", 9), (second, 1, 3, "5", 4)]


def test_in_a_file_of_one_column_a_blank_line_is_no_record_but_quotes_are(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    loaded = load(connection, table(Format(null_value="NA"), "id"), write(tmp_path, "a.csv", 'id\n\n5\n""\nNA\n'))
    assert loaded.rows == [("5",), (None,), (None,)]
    assert [line for _, line, _ in loaded.places] == [3, 4, 5]


def test_a_name_that_looks_like_a_pattern_is_a_name(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    odd = write(tmp_path, "a[1]*?'.csv", "id\n1\n")
    write(tmp_path, "a1xx'.csv", "id\n2\n")
    (reading,) = formats.readings(table(Format(), "id"), [odd], connection)
    assert connection.execute(reading.sql).fetchall() == [(odd, "1")]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (Format(encoding="EBCDIC"), "metadata.encoding"),
        (Format(separator=""), "metadata.separator"),
        (Format(quote="''"), "metadata.quote"),
        (Format(options={"skipRows": "two"}), "metadata.options.skipRows"),
        (Format(name="KAFKA"), "format KAFKA"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_key(
    form: Format, words: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=words):
        formats.readings(table(form, "id"), [write(tmp_path, "a.csv", "id\n1\n")], connection)


@pytest.mark.slow
def test_records_are_in_order_and_lines_right_across_threads(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = [f"{number};{'x' * 60};y" + (";bad" if number % 50_000 == 7 else "") for number in range(400_000)]
    file = write(tmp_path, "big.csv", HEAD + "\n".join(lines) + "\n")
    (reading,) = formats.readings(table(Format(), "id", "name"), [file], connection)
    connection.execute(f"CREATE TEMP TABLE batch AS {reading.sql}")
    refused = formats.malformed(reading, connection)
    assert refused is not None
    expected = [(number + 2,) for number in range(400_000) if number % 50_000 == 7]
    assert connection.execute(f"SELECT line FROM ({refused})").fetchall() == expected
    disorder = (
        "SELECT count(*) FROM (SELECT id::INT AS id, lag(id::INT) OVER (ORDER BY rowid) AS last FROM batch) WHERE id <= last"
    )
    assert connection.execute(disorder).fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM batch").fetchone() == (400_000 - len(expected),)
