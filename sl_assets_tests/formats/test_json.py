from pathlib import Path

import duckdb
import pytest

from sl_assets import formats
from sl_assets.project.records import Format
from sl_assets_tests.formats.loading import load, table, write

NDJSON, ARRAY, MULTILINE = Format("JSON"), Format("JSON", array=True), Format("JSON", multiline=True)


@pytest.mark.parametrize(
    ("form", "content", "places"),
    [
        (NDJSON, '{"a":1,"b":"x"}\n\n{"a":"2","z":0}\n', [(1, 1, '{"a":1,"b":"x"}'), (2, 3, '{"a":"2","z":0}')]),
        (Format("JSON_FLAT"), '{"a":1,"b":"x"}\r\n{"a":"2"}', [(1, 1, '{"a":1,"b":"x"}'), (2, 2, '{"a":"2"}')]),
        (ARRAY, '[\n{"a":1,"b":"x"},\n {"a":\n"2"}]\n', [(1, 2, '{"a":1,"b":"x"}'), (2, 3, '{"a":\n"2"}')]),
        (NDJSON, '[{"a":1,"b":"x"},{"a":"2"}]', [(1, 1, '{"a":1,"b":"x"}'), (2, 1, '{"a":"2"}')]),
        (MULTILINE, '{"a":1,\n"b":"x"}\n{"a":"2"}', [(1, 1, '{"a":1,\n"b":"x"}'), (2, 3, '{"a":"2"}')]),
    ],
)
def test_each_layout_gives_the_same_records(
    form: Format, content: str, places: list[tuple[object, ...]], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    loaded = load(connection, table(form, "a", "b"), write(tmp_path, "a.json", content))
    assert loaded.rows == [("1", '"x"'), ('"2"', None)]
    assert loaded.places == places
    assert loaded.reading.representation == "json"


@pytest.mark.parametrize(
    ("form", "content", "words"),
    [
        (ARRAY, '[{"a":1},{"a":', "ends in the middle of a record (record 2)"),
        (ARRAY, '{"a":1}\n', "is not a JSON array, although metadata.array is true"),
        (NDJSON, '{"a":1}\n{"a":\n{"a":3}\n', "is not well-formed JSON (line 2; a file whose records span lines"),
        (NDJSON, '{"a":1}\n5\n', "holds something other than an object (line 2)"),
        (NDJSON, b'{"a":1}\n{"a":"\xff"}\n', "is not UTF-8 text (line 2)"),
    ],
)
def test_a_malformed_document_fails_its_file_with_a_sentence(
    form: Format, content: str | bytes, words: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    good, bad = write(tmp_path, "good.json", "[]" if form.array else "{}"), write(tmp_path, "bad.json", content)
    (reading,) = formats.readings(table(form, "a", required=True), [good, bad], connection)
    with pytest.raises(duckdb.Error) as raised:
        connection.execute(f"CREATE TEMP TABLE batch AS {reading.sql}")
    ((file, sentence),) = formats.unreadable(reading, raised.value, connection)
    assert file == bad
    assert sentence.startswith(words)


def test_a_byte_order_mark_is_passed_over(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    loaded = load(connection, table(NDJSON, "a"), write(tmp_path, "a.json", b'\xef\xbb\xbf{"a":1}\n'))
    assert (loaded.rows, loaded.places) == ([("1",)], [(1, 1, '{"a":1}')])


def test_a_table_of_one_column_reads_that_key(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert load(connection, table(NDJSON, "a"), write(tmp_path, "a.json", '{"a":1,"b":2}\n{}')).rows == [("1",), (None,)]


def test_a_required_key_that_never_occurs_is_absent_and_a_null_is_not(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.json", '{"a":null,"it\'s \\"b\\"":1}\n')
    (reading,) = formats.readings(table(NDJSON, "a", "gone", 'it\'s "b"', required=True), [file], connection)
    assert reading.present == {"a", 'it\'s "b"'}


def test_files_of_different_layouts_are_read_apart(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [write(tmp_path, f"{name}.json", text) for name, text in {"a": "{}", "b": "{}", "c": "[]", "d": "{}"}.items()]
    readings = formats.readings(table(NDJSON, "a"), files, connection)
    assert [len(reading.files) for reading in readings] == [2, 1, 1]
