from pathlib import Path

from sl_assets.spec.findings import Findings, allowed, suggest
from sl_assets.spec.place import Place
from sl_assets.spec.read import read_file, read_text
from sl_assets.spec.table import TableFile

TABLE = """table:
  name: orders
  pattern: x
  metadata:
    withHeader: yes
    nullValue: NA
    encoding: null
    writeStrategy: {on: source_and_target}
"""


def read(tmp_path: Path, text: str | bytes) -> tuple[TableFile | None, list[str]]:
    file = tmp_path / "orders.sl.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    findings = Findings()
    result = read_file(file, TableFile, {}, findings)
    return (result.spec if result else None), [one.code for one in findings.sorted()]


def test_text_becomes_what_the_model_expects(tmp_path: Path) -> None:
    spec, codes = read(tmp_path, TABLE)
    assert codes == []
    assert spec is not None
    assert spec.table is not None
    metadata = spec.table.metadata
    assert (metadata.with_header, metadata.null_value, metadata.write_strategy.on) == (True, "NA", "SOURCE_AND_TARGET")


def test_null_counts_as_not_written(tmp_path: Path) -> None:
    spec, _ = read(tmp_path, TABLE)
    assert spec is not None
    assert spec.table is not None
    assert spec.table.metadata.model_fields_set == {"with_header", "null_value", "write_strategy"}


def test_a_file_with_a_mistake_is_read_without_it_so_that_later_mistakes_are_found_too(tmp_path: Path) -> None:
    spec, codes = read(tmp_path, TABLE + "  colour: blue\n  tags: 3\n")
    assert codes == ["SL105", "SL107"]
    assert spec is not None
    assert spec.table is not None
    assert (spec.table.name, spec.table.tags) == ("orders", ())


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, b"a: \xff") == (None, ["SL100"])


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + TABLE.encode())[1] == []


def test_the_ends_of_lines_do_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    for end in (b"\n", b"\r\n", b"\r"):
        file.write_bytes(end.join([b"\xef\xbb\xbfselect 1", b"", b"from a"]))
        assert read_text(file, Findings()) == "select 1\n\nfrom a"


def test_a_list_knows_the_places_of_its_items(tmp_path: Path) -> None:
    file = tmp_path / "orders.sl.yml"
    file.write_text("table:\n  name: orders\n  attributes: [{name: a}, {name: b},\n    {name: c}]\n")
    result = read_file(file, TableFile, {}, Findings())
    assert result is not None
    source = result.source.below("table", "attributes")
    assert (
        source.places() == [source.place(index) for index in range(3)] == [Place(file, *at) for at in ((3, 16), (3, 27), (4, 5))]
    )
    assert result.source.below("table", "name").places() == []


def test_a_source_knows_the_place_and_the_name_of_its_parts(tmp_path: Path) -> None:
    file = tmp_path / "orders.sl.yml"
    file.write_text("table:\n  name: orders\n  attributes:\n    - name: id\n      type: long\n")
    result = read_file(file, TableFile, {}, Findings())
    assert result is not None
    source = result.source.below("table", "attributes", 0)
    assert (source.place("type"), source.subject("type")) == (Place(file, 5, 13), "attributes[id].type")


def test_a_hint_names_the_likely_word_first() -> None:
    assert allowed(["name", "pattern"], "patern") == 'Did you mean "pattern"? Allowed: name, pattern.'
    assert suggest("UPSERT", ["APPEND", "UPSERT_BY_KEY_AND_TIMESTAMP", "UPSERT_BY_KEY"]) == 'Did you mean "UPSERT_BY_KEY"?'
    assert suggest("zzz", ["name"]) == ""
