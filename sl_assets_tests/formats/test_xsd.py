"""Records that do not obey the XSD of their table are rejected; the others of their file are loaded, and every one is counted."""

import gzip
from pathlib import Path

import duckdb
import pytest

from sl_assets import formats
from sl_assets.formats import FormatError
from sl_assets.formats.xml_refused import numbers_in_file
from sl_assets.project.records import Format, Table
from sl_assets.project.xsd import XsdError, read_xsd
from sl_assets.steps.load import load as load_table
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.formats.loading import load, table, write

HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"%s>'
BOOK = """<xs:element name="book"><xs:complexType>
<xs:sequence><xs:element name="a" type="xs:int" minOccurs="0" maxOccurs="9"/></xs:sequence><xs:attribute name="id"/>
</xs:complexType></xs:element></xs:schema>"""
GOOD, BAD = "<book><a>1</a></book>", "<book><a>x</a></book>"


def books(folder: Path, text: str = HEAD % "" + BOOK) -> Table:
    (folder / "xsd").mkdir(exist_ok=True)
    (folder / "xsd/book.xsd").write_text(text, encoding="utf-8")
    return table(Format("XML", options={"rowTag": "book"}, xsd=read_xsd("xsd/book.xsd", folder, "book")), "a")


def test_a_record_that_does_not_obey_is_refused_and_the_others_are_not(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bad = "<book><b/>\n<a>y</a></book>"
    file = write(tmp_path, "a.xml", f"<books>\n{GOOD}\n{BAD}\n{GOOD}{bad}\n{GOOD}</books>")
    loaded = load(connection, books(tmp_path), file)
    assert loaded.rows == [('"1"',)] * 3
    assert loaded.places == [(1, 2, GOOD), (2, 4, GOOD), (3, 6, GOOD)]
    wrong = "Element 'b': This element is not expected. Expected is ( a )."
    assert loaded.refused == [
        (3, "xsd", "does not obey the XSD: line 3: Element 'a': 'x' is not a valid value of the atomic type 'xs:int'.", BAD),
        (4, "xsd", f"does not obey the XSD: line 4: {wrong}", bad),
    ]
    content = Path(file).read_bytes()
    assert [content[at or 0 :].startswith(raw.encode()) for at, raw in zip(loaded.refused_at, (BAD, bad), strict=True)] == [
        True
    ] * 2


@pytest.mark.parametrize("refused", [[], [1], [3], [1, 2, 3], [2, 4, 5, 9], [10]])
def test_numbers_among_the_given_and_among_all_agree(refused: list[int]) -> None:
    given = [number for number in range(1, 12) if number not in refused]
    asked = range(1, len(given) + 1)
    assert numbers_in_file(asked, refused) == dict(zip(given, asked, strict=True))


def test_files_are_told_apart_packed_or_not(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    texts = [f"<books>{GOOD * number}\n{BAD * (number % 3)}{GOOD}</books>".encode() for number in range(12)]
    files = [write(tmp_path, f"{n}.xml", gzip.compress(text) if n % 2 else text) for n, text in enumerate(texts)]
    (reading,) = formats.readings(books(tmp_path), files, connection)
    rows = connection.execute(f"SELECT sl_file, count(*) FROM ({reading.sql}) GROUP BY ALL").fetchall()
    assert dict(rows) == {file: n + 1 for n, file in enumerate(files)}
    refused = formats.malformed(reading, connection)
    assert refused is not None
    found = connection.execute(f"SELECT sl_file, line, rule, raw FROM ({refused})").fetchall()
    assert found == [(file, 2, "xsd", BAD) for n, file in enumerate(files) for _ in range(n % 3)]
    places = formats.locate(reading, connection, {file: [n + 1] for n, file in enumerate(files)})
    assert connection.execute(f"SELECT sl_file, line, raw FROM ({places})").fetchall() == [(file, 2, GOOD) for file in files]


def test_a_record_has_the_namespaces_of_its_file(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    orders = books(tmp_path, HEAD % ' targetNamespace="urn:b" elementFormDefault="qualified"' + BOOK)
    content = "<books xmlns:x='urn:b'><x:book><x:a>1</x:a></x:book><book><a>2</a></book></books>"
    loaded = load(connection, orders, write(tmp_path, "a.xml", content))
    assert loaded.rows == [('"1"',)]
    assert "No matching global declaration available" in str(loaded.refused[0][2])


def test_what_an_xsd_includes_counts_too(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "xsd").mkdir()
    (tmp_path / "xsd/more.xsd").write_text(HEAD % "" + BOOK, encoding="utf-8")
    orders = books(tmp_path, HEAD % "" + '<xs:include schemaLocation="more.xsd"/></xs:schema>')
    assert orders.format.xsd
    assert load(connection, orders, write(tmp_path, "a.xml", f"<books>{GOOD}{BAD}</books>")).rows == [('"1"',)]
    (tmp_path / "xsd/more.xsd").write_text(HEAD % "" + BOOK.replace("xs:int", "xs:long"), encoding="utf-8")
    assert books(tmp_path, (tmp_path / "xsd/book.xsd").read_text()).format.xsd != orders.format.xsd


def including(location: str) -> str:
    return HEAD % "" + f'<xs:include schemaLocation="{location}"/>{BOOK}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (including("../../secret.xsd"), "refers to ../../secret.xsd, which is outside the config folder"),
        (including("../link.xsd"), "refers to ../link.xsd, which is outside the config folder"),
        (including("gone.xsd"), "refers to gone.xsd, which is not there"),
        (including("http://localhost:1/x.xsd"), "refers to http://localhost:1/x.xsd, and nothing is fetched"),
        (including("file:///etc/passwd"), "refers to file:///etc/passwd, and nothing is fetched"),
        (f"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>{HEAD % '' + BOOK}", "with a DOCTYPE"),
        ("<xs:schema", "is not well-formed XML (line 1: "),
        ("<books/>", "is no XSD: its root is <books>, not <xs:schema>."),
        (HEAD % "" + BOOK.replace("xs:int", "xs:number"), "is not a valid XSD (line 2: "),
        (HEAD % "" + BOOK.replace('"book"', '"Book"'), "declares no element <book>, which is a record"),
    ],
)
def test_an_xsd_that_cannot_be_used_is_told(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "secret.xsd").write_text(HEAD % "" + BOOK, encoding="utf-8")
    metadata = tmp_path / "metadata"
    metadata.mkdir()
    (metadata / "link.xsd").symlink_to(tmp_path / "secret.xsd")
    with pytest.raises(XsdError) as raised:
        books(metadata, text)
    assert words in str(raised.value)


def test_an_xsd_that_is_gone_at_load_is_told(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    orders = books(tmp_path)
    (tmp_path / "xsd/book.xsd").unlink()
    with pytest.raises(FormatError, match=r"rowValidationXSDPath: .*book\.xsd is not there"):
        formats.readings(orders, [write(tmp_path, "a.xml", GOOD)], connection)


TABLE = """
version: 1
table:
  name: books
  pattern: books.*
  metadata: {format: XML, options: {rowTag: book, rowValidationXSDPath: xsd/book.xsd}}
  attributes:
    - {name: _id, type: long}
    - {name: a, type: long, array: true}
    - {name: b%s}
"""


@pytest.mark.parametrize("secret", ["", ", privacy: HIDE"])
def test_a_load_counts_every_record_once(shop, secret):
    shop.write("config/load/shop/books.sl.yml", TABLE % secret)
    shop.write("config/xsd/book.xsd", HEAD % "" + BOOK)
    records = ["<book id='1'><a>7</a></book>", "<book id='no'><a>x</a></book>", "<book id='no'/>", "<book id='4'/>"]
    shop.land("books.xml", "<books>\n" + "\n".join(records) + "\n</books>")
    project = shop.project()
    report = load_table(project, Warehouse.of(project.settings), shop.node("shop.books"), Run("r"))
    assert report.counts == Counts(4, 2, 2)
    assert shop.rows("SELECT _id, a FROM shop.books ORDER BY 1") == [(1, [7]), (4, None)]
    rejected = shop.rows("SELECT LINE, ATTRIBUTE, RULE, RECORD, FINDINGS[1].message FROM audit.rejected ORDER BY LINE")
    raw = "***" if secret else '<book id="no"><a>x</a></book>'
    words = "/book/a (SCHEMAV_CVC_DATATYPE_VALID_1_2_1)" if secret else "'x' is not a valid value"
    assert rejected[0][:4] == (3, None, "xsd", raw)
    assert words in rejected[0][4]
    assert ("'x'" in rejected[0][4]) == (not secret)
    assert rejected[1][:3] == (4, "_id", "pattern")
