"""Each format through a whole load: good rows, rejected rows with their place, a broken file beside good ones."""

import gzip
import io
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sl_assets.steps.load import load
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

TABLE = """
version: 1
table:
  name: goods
  pattern: goods.*
  metadata: {%s}
  attributes:
    - {name: id, type: long, required: true, trim: BOTH, position: {first: 0, last: 3}}
    - {name: label, trim: RIGHT, position: {first: 4, last: 9}}
    - {name: file, script: parse_filename(sl_input_file_name)}
    - {name: kept, script: sl_input_file_path}
    - {name: size, type: long, script: sl_input_file_size}
    - {name: since, type: double, script: epoch(sl_input_file_modified_at)}
"""


def parquet(*rows):
    stream = io.BytesIO()
    pq.write_table(pa.table({"id": [row[0] for row in rows], "label": [row[1] for row in rows]}), stream)
    return stream.getvalue()


def xml(*rows):
    books = "".join(f"<book>\n<id>{row[0]}</id><label>{row[1]}</label></book>\n" for row in rows)
    return f"<books>\n{books}</books>".encode()


def position(*rows):
    return "".join(f"{row[0]:>4}{row[1]}\n" for row in rows).encode()


def jsonl(*rows):
    return "".join(f'{{"id": "{row[0]}", "label": "{row[1]}"}}\n' for row in rows).encode()


def packed(*rows):
    return gzip.compress(jsonl(*rows))


FORMATS = {
    "POSITION": (position, "format: FIXED, withHeader: false", b"\xff\xfe\n", 2, "   xtwo"),
    "PARQUET": (parquet, "format: PARQUET", b"PAR1", 2, '{"id":"x","label":"two"}'),
    "XML": (xml, "format: XML, options: {rowTag: book}", b"<books>", 4, "<book>\n<id>x</id><label>two</label></book>"),
    "JSON.gz": (packed, "format: JSON", packed(["9", "nine"])[:-9], 2, '{"id": "x", "label": "two"}'),
}


@pytest.fixture(params=FORMATS)
def kind(request):
    return FORMATS[request.param]


def load_goods(shop, text, *files):
    shop.write("config/load/shop/goods.sl.yml", TABLE % text)
    for number, content in enumerate(files):
        path = shop.land(f"goods{number}", "")
        path.write_bytes(content)
        os.utime(path, (number, number))
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("r"))


def test_good_rows_are_loaded_and_bad_ones_told_with_their_place(shop, kind):
    write, text, _, line, raw = kind
    report = load_goods(shop, text, write(["1", "one"], ["x", "two"], ["3", "three"]), write(["4", "four"]))
    assert report.counts == Counts(4, 3, 1)
    rows = shop.rows("SELECT id, label, file FROM shop.goods ORDER BY id")
    assert rows == [(1, "one", "goods0"), (3, "three", "goods0"), (4, "four", "goods1")]
    rejected = shop.rows("SELECT FILE, LINE, ATTRIBUTE, RULE, VALUE, RECORD FROM audit.rejected")
    assert rejected == [("goods0", line, "id", "pattern", "x", raw)]


def test_the_bytes_of_a_rejected_record_are_told(shop, kind):
    write, text, _, _, raw = kind
    content = write(["1", "one"], ["x", "two"])
    load_goods(shop, text, content)
    ((offset,),) = shop.rows("SELECT BYTE_OFFSET FROM audit.rejected")
    inside = gzip.decompress(content) if write is packed else content
    assert offset is None if write is parquet else inside[offset:].startswith(raw.encode())


def test_scripts_know_the_file_as_it_came(shop, kind):
    write, text, *_ = kind
    first, second = write(["1", "one"]), write(["2", "two"], ["3", "three"])
    load_goods(shop, text, first, second)
    archive = shop.root / "datasets/archive/shop"
    assert shop.rows("SELECT DISTINCT file, kept, size, since FROM shop.goods ORDER BY ALL") == [
        ("goods0", f"{archive}/goods0", len(first), 0.0),
        ("goods1", f"{archive}/goods1", len(second), 1.0),
    ]


@pytest.mark.slow
def test_what_scripts_know_of_twins_is_the_same_when_the_table_is_loaded_afresh(shop, kind):
    write, text, *_ = kind
    came = [write(["1", "one"]), write(["2", "two"], ["3", "three"]), write(["4", "four"])]
    archive = shop.root / "datasets/archive/shop"
    for number, content in enumerate(came):
        (shop.root / "datasets/stage/shop").mkdir(parents=True, exist_ok=True)
        stage = shop.root / "datasets/stage/shop" / ("goods9" if number == 0 else f"goods9~{number + 1}")
        stage.write_bytes(content)
        os.utime(stage, (number, number))
    load_goods(shop, text)
    facts = shop.rows("SELECT DISTINCT file, size, since, kept FROM shop.goods ORDER BY since")
    assert [row[:3] for row in facts] == [("goods9", len(content), float(number)) for number, content in enumerate(came)]
    assert sorted(row[3] for row in facts) == sorted(f"{archive}/{name}" for name in shop.files("archive"))
    project = shop.project()
    load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("again"), reload=True)
    assert shop.rows("SELECT DISTINCT file, size, since, kept FROM shop.goods ORDER BY since") == facts


def test_a_broken_file_fails_and_the_others_are_loaded(shop, kind):
    write, text, broken, _, _ = kind
    report = load_goods(shop, text, write(["1", "one"]), broken, write(["2", "two"]))
    assert shop.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,)]
    if write is position:  # a line that is no text is rejected; the file has others
        assert report.counts == Counts(3, 2, 1)
    else:
        assert [(file.name, file.status) for file in report.files if file.status != "loaded"] == [("goods1", "failed")]
        assert shop.files("stage") == ["goods1"]
