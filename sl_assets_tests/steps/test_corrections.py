"""Replay files: written, corrected by hand, loaded once, in every format that has text."""

import gzip

import polars as pl
import pytest

from sl_assets.formats import FormatError
from sl_assets.steps.corrections import NoReplayFileError, export_rejected, load_corrections
from sl_assets.steps.load import load
from sl_assets.steps.replay import replay
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

OPEN = "SELECT FILE, LINE FROM audit.rejected WHERE REPLAYED_BY IS NULL ORDER BY FILE, LINE"
ROWS = "SELECT id, label FROM shop.goods ORDER BY id"


def step(shop, verb, *more, run="r1", **options):
    project = shop.project()
    return verb(project, Warehouse.of(project.settings), shop.node("shop.goods"), *more, **options)


def load_goods(shop, run="r1", **options):
    return step(shop, load, Run(run), **options)


def export(shop):
    project = shop.project()
    with Warehouse.of(project.settings).reader() as connection:
        return export_rejected(project, connection, shop.node("shop.goods"))


def correct(shop, path, run="r2"):
    return step(shop, load_corrections, path, Run(run))


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", 'id,label\n1,one\nx,"two\nlines"\ny,three\n')
    load_goods(shop)
    return shop


@pytest.mark.slow
def test_a_replay_file_is_loadable_and_has_the_header_and_the_open_records(goods):
    (written,) = export(goods)
    assert (written.of, written.records) == ("goods1.csv", 2)
    assert written.path.read_text() == 'id,label\nx,"two\nlines"\ny,three\n'
    assert written.path.parent == goods.root / "datasets/replay/shop/goods"


@pytest.mark.slow
def test_corrected_records_are_loaded_and_answered(goods):
    (written,) = export(goods)
    written.path.write_text('id,label\n2,"two\nlines"\n3,three\n')
    report = correct(goods, written.path)
    assert report.failures == ()
    assert goods.rows(ROWS) == [(1, "one"), (2, "two\nlines"), (3, "three")]
    assert goods.rows(OPEN) == []
    assert not written.path.exists()
    assert goods.files("archive") == [written.path.name, "goods1.csv"]


@pytest.mark.slow
def test_what_is_still_wrong_is_rejected_again_from_the_corrected_file(goods):
    (written,) = export(goods)
    written.path.write_text("id,label\n2,two\nz,three\n")
    correct(goods, written.path)
    assert goods.rows(OPEN) == [(written.path.name, 3)]
    (again,) = export(goods)
    assert again.path.read_text() == "id,label\nz,three\n"


@pytest.mark.slow
def test_the_same_file_again_is_not_loaded_again(goods):
    (written,) = export(goods)
    content = "id,label\n2,two\n"
    written.path.write_text(content)
    correct(goods, written.path)
    written.path.write_text(content)
    assert [file.status for file in correct(goods, written.path, "r3").files] == ["repeated"]
    assert len(goods.rows(ROWS)) == 2


@pytest.mark.slow
def test_records_that_were_answered_meanwhile_are_not_loaded_twice(goods):
    (written,) = export(goods)
    written.path.write_text("id,label\n2,two\n3,three\n")
    goods.table("goods", "id: string, label: string")
    load_goods(goods, "r2", reload=True)
    with pytest.raises(NoReplayFileError, match="are not those that are open now"):
        correct(goods, written.path)
    assert len(goods.rows(ROWS)) == 3


@pytest.mark.slow
def test_a_reload_does_not_load_what_was_corrected(goods):
    (written,) = export(goods)
    written.path.write_text("id,label\n2,two\n3,three\n")
    correct(goods, written.path)
    goods.table("goods", "id: string, label: string")
    for run in ("r3", "r4"):
        assert load_goods(goods, run, reload=True).failures == ()
        assert goods.rows(ROWS) == [("1", "one"), ("2", "two"), ("3", "three")]
        assert goods.rows(OPEN) == []
        assert goods.rows("SELECT NAME, COUNT, COUNTACCEPTED, COUNTREJECTED FROM audit.files ORDER BY COUNT") == [
            (written.path.name, 2, 2, 0),
            ("goods1.csv", 3, 1, 2),
        ]
    assert step(goods, replay, Run("r5")).files == ()


def test_a_file_that_is_no_replay_file_is_told_what_one_is(goods):
    path = goods.write("datasets/mine.csv", "id,label\n2,two\n")
    with pytest.raises(
        NoReplayFileError, match=r"mine\.csv is not named like a replay file.*sl-assets rejects export shop\.goods"
    ):
        correct(goods, path)


@pytest.mark.slow
def test_a_corrected_file_that_cannot_be_read_stays_where_it_is(goods):
    (written,) = export(goods)
    written.path.write_text("other\n1\n")
    report = correct(goods, written.path)
    assert report.failures
    assert written.path.exists()
    assert len(goods.rows(OPEN)) == 2


def test_private_records_are_masked_in_the_audit_and_whole_in_the_replay_file(shop):
    shop.write(
        "config/load/shop/goods.sl.yml",
        "version: 1\ntable:\n  name: goods\n  pattern: 'goods.*'\n  attributes:\n"
        "    - {name: id, type: long}\n    - {name: label, type: string, privacy: SHA256}\n",
    )
    shop.land("goods1.csv", "id,label\nx,secret\n")
    load_goods(shop)
    assert shop.rows("SELECT RECORD FROM audit.rejected") == [("***",)]
    assert export(shop)[0].path.read_text() == "id,label\nx,secret\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attributes", "extra", "name", "content", "corrected"),
    [
        pytest.param(
            "id: long, label: string",
            "format: JSON",
            "goods1.json",
            '{"id": 1, "label": "a"}\n{"id": "x", "label": "b"}\n',
            ('"x"', "2"),
            id="json lines",
        ),
        pytest.param(
            "id: long, label: string",
            "format: JSON, array: true",
            "goods1.json",
            '[{"id": 1, "label": "a"},\n {"id": "x", "label": "b"}, {"id": "y", "label": "c"}]',
            ('"x"', "2"),
            id="json array",
        ),
        pytest.param(
            "id: long, label: string",
            "format: XML, options: {rowTag: good}",
            "goods1.xml",
            "<a><good><id>1</id><label>a</label></good><good><id>x</id><label>b&amp;</label></good></a>",
            (">x<", ">2<"),
            id="xml",
        ),
        pytest.param(
            "id: long, label: string",
            "withHeader: false, encoding: ISO-8859-1",
            "goods1.csv",
            "1,a\nx,Brötchen\n".encode("iso-8859-1"),
            ("x,", "2,"),
            id="no header, latin-1",
        ),
        pytest.param(
            "id: long, label: string",
            "separator: ','",
            "goods1.csv.gz",
            gzip.compress(b"id,label\n1,a\nx,b\n"),
            ("x", "2"),
            id="gz",
        ),
        pytest.param(
            "id: long, label: string",
            "separator: ','",
            "goods1.csv",
            "id,label\r\nx,b\r\n1,a\r\n",
            ("x", "2"),
            id="first record, crlf",
        ),
        pytest.param(
            "id: long, label: string",
            "separator: ','",
            "goods1.csv",
            "id,label\n1,a,b\n2,b\n",
            ("1,a,b", "1,a"),
            id="refused by the reader",
        ),
    ],
)
def test_every_format_with_text_can_be_corrected(shop, attributes, extra, name, content, corrected):
    shop.table("goods", attributes, f"metadata: {{{extra}}}")
    path = shop.land(name, "")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = load_goods(shop)
    assert before.counts.rejected
    (written,) = export(shop)
    encoding = "iso-8859-1" if "8859" in extra else "utf-8"
    text = written.path.read_text(encoding)
    written.path.write_text(text.replace(*corrected), encoding)
    report = correct(shop, written.path)
    assert report.failures == ()
    assert report.rows == before.rows + 1
    assert len(shop.rows(OPEN)) == before.counts.rejected - 1


@pytest.mark.slow
def test_records_of_fixed_width_can_be_corrected(shop):
    shop.write(
        "config/load/shop/goods.sl.yml",
        "version: 1\ntable:\n  name: goods\n  pattern: 'goods.*'\n  metadata: {format: POSITION, withHeader: false}\n"
        "  attributes:\n"
        "    - {name: id, type: long, position: {first: 0, last: 2}, trim: BOTH}\n"
        "    - {name: label, type: string, position: {first: 3, last: 5}}\n",
    )
    shop.land("goods1.txt", "  1abc\n  xdef\n")
    load_goods(shop)
    (written,) = export(shop)
    assert written.path.read_text() == "  xdef\n"
    written.path.write_text("  2def\n")
    correct(shop, written.path)
    assert shop.rows(ROWS) == [(1, "abc"), (2, "def")]


def test_parquet_has_no_replay_file(shop, tmp_path):
    shop.table("goods", "id: long!, label: string", "metadata: {format: PARQUET}")
    path = shop.land("goods1.parquet", "")
    pl.DataFrame({"id": [1, None], "label": ["a", "b"]}).write_parquet(path)
    load_goods(shop)
    with pytest.raises(FormatError, match="PARQUET"):
        export(shop)


def test_a_table_whose_late_records_replace_others_takes_the_whole_file_again(shop):
    shop.table("goods", "id: long, label: string", "metadata: {writeStrategy: {type: OVERWRITE}}")
    shop.land("goods1.csv", "id,label\n1,one\nx,two\n")
    load_goods(shop)
    (written,) = export(shop)
    with pytest.raises(NoReplayFileError, match="let the corrected file come again"):
        correct(shop, written.path)


@pytest.mark.slow
def test_a_load_writes_replay_files_where_the_project_asks_for_them(shop):
    shop.write("config/application.sl.yml", (shop.root / "config/application.sl.yml").read_text() + "  sinkReplayToFile: true\n")
    shop.table("goods", "id: long, label: string")
    shop.land("goods1.csv", "id,label\n1,one\nx,two\n")
    shop.land("goods2.csv", "id,label\n3,three\n")
    load_goods(shop)
    (path,) = (shop.root / "datasets/replay/shop/goods").iterdir()
    assert path.read_text() == "id,label\nx,two\n"
    path.write_text("id,label\n2,two\n")
    assert export(shop)[0].path.read_text() == "id,label\n2,two\n"  # one that a person may be working on is not written over
    correct(shop, path)
    assert shop.rows(ROWS) == [(1, "one"), (2, "two"), (3, "three")]
