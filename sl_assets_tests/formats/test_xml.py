import gzip
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sl_assets import formats
from sl_assets.formats import FormatError, UnreadableFileError
from sl_assets.formats.xml_elements import records
from sl_assets.project.records import Attribute, Format, Table
from sl_assets_tests.formats.loading import load, write
from sl_assets_tests.formats.loading import table as strings
from sl_assets_tests.validation.tables import attribute, messages, table, validated

BOOKS = Format("XML", options={"rowTag": "book"})


def judged(
    connection: duckdb.DuckDBPyConnection, folder: Path, content: str | bytes, *attributes: Attribute, form: Format = BOOKS
) -> list[dict[str, Any]]:
    typed: Table = table(*attributes, format=form)
    (reading,) = formats.readings(typed, [write(folder, "a.xml", content)], connection)
    return validated(connection, typed, reading)


def one(connection: duckdb.DuckDBPyConnection, folder: Path, book: str, *attributes: Attribute) -> dict[str, Any]:
    (row,) = judged(connection, folder, f"<books>{book}</books>", *attributes)
    return row


def test_elements_and_xml_attributes_become_columns(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = """<?xml version="1.0" encoding="UTF-8"?>
<catalog><books at="x">
  <book id="1"><title>A &amp; B</title><price> 1.5 </price><more>x</more></book><other/>
  <book id="2"><price><![CDATA[2]]></price><title/></book>
</books></catalog>"""
    rows = judged(
        connection,
        tmp_path,
        content,
        attribute("_id", "long", rename="id"),
        attribute("title"),
        attribute("price", "double", trim="BOTH"),
        attribute("gone", required=True, default=None),
    )
    assert [(row["id"], row["title"], row["price"]) for row in rows] == [(1, "A & B", 1.5), (2, None, 2.0)]
    assert messages(rows) == [["`gone` is required"]] * 2


@pytest.mark.parametrize(
    ("book", "value"),
    [
        ("<book><a>1</a></book>", [1]),
        ("<book><a>1</a><b/><a>2</a><a/></book>", [1, 2, None]),
        ("<book/>", None),
        ("<x:book xmlns:x='urn:x'><x:a>1</x:a></x:book>", [1]),
        ("<book xmlns='urn:y'><a>1</a></book>", [1]),
        ("<book><a xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'/></book>", [None]),
        ("<book><a>1<!-- one --></a><?do it?></book>", [1]),
        ("<book><a unit='x'>1</a></book>", [1]),
    ],
)
def test_repeated_elements_are_an_array(book: str, value: object, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    row = one(connection, tmp_path, book, attribute("a", "long", array=True))
    assert (row["a"], row["sl_errors"]) == (value, None)


LINES = attribute(
    "lines",
    "struct",
    attributes=(
        attribute("_n", "int"),
        attribute("_VALUE", rename="words"),
        attribute("line", "struct", array=True, attributes=(attribute("_sku", required=True), attribute("day", "date"))),
    ),
)


@pytest.mark.parametrize(
    ("book", "value"),
    [
        (
            "<lines n='2'>\n<line sku='a'><day>2024-01-02</day></line>\n<line sku='b'/></lines>",
            {"_n": 2, "words": None, "line": [{"_sku": "a", "day": date(2024, 1, 2)}, {"_sku": "b", "day": None}]},
        ),
        ("<lines>one <line sku='a'/> two</lines>", {"_n": None, "words": "one  two", "line": [{"_sku": "a", "day": None}]}),
        ("<lines>words</lines>", {"_n": None, "words": "words", "line": None}),
        ("<lines>\n</lines>", None),
        ("", None),
    ],
)
def test_nested_elements_are_structs(book: str, value: object, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    row = one(connection, tmp_path, f"<book>{book}</book>", LINES)
    assert (row["lines"], row["sl_errors"]) == (value, None)


@pytest.mark.parametrize(
    ("book", "faults"),
    [
        ("<lines n='x'><line/><line sku='b'><day>no</day></line></lines>", ["lines._n", "lines.line[1].day"]),
        ("<lines/><lines n='1'/>", ["lines"]),
        ("<lines><line sku='a'><day><d>1</d></day></line></lines>", ["lines.line[0].day"]),
        ("<lines><line>text</line></lines>", ["lines.line[0]"]),
        ("<lines><line><day>2024-01-02</day></line></lines>", ["lines.line[0]._sku"]),
    ],
)
def test_faults_within_are_told_by_their_path(
    book: str, faults: list[str], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    row = one(connection, tmp_path, f"<book>{book}</book>", LINES)
    assert [fault["attribute"] for fault in row["sl_errors"]] == faults


def test_a_scalar_that_occurs_twice_or_holds_elements_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = "<books><book><a>1</a><a>2</a></book><book><a><b>1</b></a></book></books>"
    rows = judged(connection, tmp_path, content, attribute("a"))
    assert messages(rows) == [["`a` expected to be a string but found array"], ["`a` expected to be a string but found struct"]]


def test_a_variant_takes_whatever_there_is(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    row = one(connection, tmp_path, "<book><a k='1'>t<b>1</b><b><c/></b></a></book>", attribute("a", "variant"))
    assert row["a"].replace(" ", "") == '{"_k":"1","b":["1",{"c":""}],"_VALUE":"t"}'


def test_null_value_holds_within_too(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    form = Format("XML", options={"rowTag": "<x:book>"}, null_value="NA")
    content = "<books><book k='NA'><a>NA</a><a>1</a></book></books>"
    (row,) = judged(connection, tmp_path, content, attribute("_k"), attribute("a", array=True), form=form)
    assert (row["_k"], row["a"]) == (None, [None, "1"])


def test_a_record_within_a_record_belongs_to_it(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = "<books><book><a>1</a><book><a>2</a></book></book>\n<book><a>3</a></book></books>"
    loaded = load(connection, strings(BOOKS, "a"), write(tmp_path, "a.xml", content))
    assert loaded.rows == [('"1"',), ('"3"',)]
    assert loaded.places == [(1, 1, "<book><a>1</a><book><a>2</a></book></book>"), (2, 2, "<book><a>3</a></book>")]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252", "GB2312"])
def test_a_record_is_found_again_in_any_encoding(encoding: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    name = "书" if encoding == "GB2312" else "é"
    content = f'<?xml version="1.0" encoding="{encoding}"?>\n<books>\n<book\n  k="{name}"/>\n\n<book/></books>'
    loaded = load(connection, strings(BOOKS, "_k"), write(tmp_path, "a.xml", content.encode(encoding)))
    lines = [None, None] if encoding == "GB2312" else [3, 6]
    assert loaded.rows == [(f'"{name}"',), (None,)]
    assert loaded.places == [(1, lines[0], f'<book k="{name}"/>'), (2, lines[1], "<book/>")]


@pytest.mark.slow
def test_lines_are_right_in_long_files(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = "<books>\n" + "<book>\n<a>\nx</a></book>\n" * 40_000 + "</books>"
    file = write(tmp_path, "a.xml", content)
    (reading,) = formats.readings(strings(BOOKS, "a"), [file], connection)
    places = formats.locate(reading, connection, {file: {1, 20_000, 40_000}})
    assert connection.execute(f"SELECT sl_record, line FROM ({places})").fetchall() == [
        (1, 2),
        (20_000, 59_999),
        (40_000, 119_999),
    ]


def test_files_are_read_in_order_compressed_or_not(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    texts = [f"<books>\n<book><a>{number}</a></book><book/></books>".encode() for number in range(12)]
    files = [write(tmp_path, f"{n}.xml", gzip.compress(text) if n % 3 == 1 else text) for n, text in enumerate(texts)]
    (reading,) = formats.readings(strings(BOOKS, "a"), files, connection)
    assert reading.files == tuple(files)
    found = connection.execute(reading.sql).fetchall()
    assert found == [row for n, file in enumerate(files) for row in ((file, f'"{n}"'), (file, None))]
    places = formats.locate(reading, connection, {files[3]: [1], files[4]: [2]})
    assert connection.execute(places).fetchall() == [
        (files[3], 1, 2, "<book><a>3</a></book>", 8),
        (files[4], 2, 2, "<book/>", 29),
    ]


BOMB = "<!DOCTYPE books [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
OUTSIDE = "<!DOCTYPE books [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>"
PARAMETER = "<!DOCTYPE books [<!ENTITY % a SYSTEM 'file:///etc/hostname'> %a;]>"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{BOMB}<books><book><a>&b;</a></book></books>", r"declares an entity \(a\) in its DOCTYPE"),
        (f"{BOMB}<books><book/></books>", r"declares an entity \(a\)"),
        (f"{OUTSIDE}<books><book><a>&a;</a></book></books>", r"declares an entity \(a\)"),
        (f"{PARAMETER}<books><book/></books>", r"declares an entity \(a\)"),
        ("<!DOCTYPE books SYSTEM 'x.dtd'><books><book><a>x&y;</a></book></books>", "holds an entity that nobody declares: &y;"),
        ("<books><book><a>&y;</a></book></books>", r"is not well-formed XML \(line 1: Entity 'y' not defined\)"),
        ("<books><book><a>1</a>", r"is not well-formed XML \(line 1: Premature end of data in tag book line 1\)"),
        ("<books><book></books>", "is not well-formed XML"),
        (b"<books><book>\xff</book></books>", "is not well-formed XML"),
        ("", r"is not well-formed XML \(no element found\)"),
        ("<books><Book/></books>", r"has no element <book> \(metadata.options.rowTag\)"),
    ],
)
def test_a_file_that_is_not_to_be_read_is_broken_with_a_sentence(
    content: str | bytes, words: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.xml", content)
    with pytest.raises(UnreadableFileError, match=words) as raised:
        formats.readings(strings(BOOKS, "a"), [file], connection)
    assert raised.value.file == file


def test_a_doctype_that_declares_no_entity_does_no_harm(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = "<!DOCTYPE books SYSTEM 'http://localhost:1/x.dtd'><books><book><a>1</a></book></books>"
    assert load(connection, strings(BOOKS, "a"), write(tmp_path, "a.xml", content)).rows == [('"1"',)]


def test_a_document_without_elements_has_no_records(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert load(connection, strings(BOOKS, "a"), write(tmp_path, "a.xml", "<books>\n</books>")).rows == []


def test_the_document_itself_may_be_the_record(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert load(connection, strings(BOOKS, "a"), write(tmp_path, "a.xml", "<book><a>1</a></book>")).rows == [('"1"',)]


def test_a_record_too_large_for_the_reader_is_told(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    names = [
        write(tmp_path, name, f"<books><book>{text}</book></books>") for name, text in (("a", ""), ("b", "<a>xxxxxxxx</a>" * 10))
    ]
    (reading,) = formats.readings(strings(BOOKS, "a"), names, connection)
    error = ValueError("maximum_object_size")
    assert formats.unreadable(reading, error, connection) == tuple(
        (name, "holds a record that is too large (the file)") for name in names
    )


def test_the_name_of_a_record_is_needed(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"metadata\.options\.rowTag: is missing"):
        formats.readings(strings(Format("XML"), "a"), [write(tmp_path, "a.xml", "<a/>")], connection)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    content = "<books>" + "<skipped><a/></skipped><book><a/></book>" * 50_000 + "</books>"
    sizes = [len(element.getparent()) for element in records(write(tmp_path, "a.xml", content), "book")]  # type: ignore[attr-defined]
    assert len(sizes) == 50_000
    assert max(sizes) < 3_000  # what one piece of the file holds
