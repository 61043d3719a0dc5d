import gzip
import hashlib

import pytest

from sl_assets.steps.batch import read_batch
from sl_assets.steps.load import load
from sl_assets.steps.new_files import LARGE
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import APPLICATION

GOODS = "id,label\n1,one\n2,two\n"
UPSERT = "writeStrategy: {type: UPSERT_BY_KEY, key: [id]}"


def load_goods(shop, run="r1"):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run))


def metadata(text):
    return f"metadata: {{{text}}}"


@pytest.fixture(autouse=True, params=[LARGE, 0], ids=["through a batch", "while it is read"])
def both_ways(monkeypatch, request):
    """Large files are written while they are read: all that holds for small ones holds for them."""
    monkeypatch.setattr("sl_assets.steps.new_files.LARGE", request.param)


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, label: string")
    return shop


def test_a_landed_file_is_loaded_archived_and_written_down(goods):
    goods.land("goods1.csv", GOODS)
    report = load_goods(goods)
    assert report.counts == Counts(2, 2, 0)
    assert report.rows == 2
    assert goods.rows("SELECT id, label FROM shop.goods ORDER BY id") == [(1, "one"), (2, "two")]
    assert (goods.files("incoming"), goods.files("stage"), goods.files("archive")) == ([], [], ["goods1.csv"])
    assert goods.rows("SELECT NAME, COUNT, COUNTACCEPTED, COUNTREJECTED, RUN FROM audit.files") == [("goods1.csv", 2, 2, 0, "r1")]
    assert goods.rows("SELECT SUCCESS, COUNT, COUNTACCEPTED, COUNTREJECTED, MESSAGE, STEP FROM audit.audit") == [
        (True, 2, 2, 0, "success", "LOAD")
    ]


def test_nothing_new_changes_nothing(goods):
    goods.land("goods1.csv", GOODS)
    load_goods(goods)
    report = load_goods(goods, "r2")
    assert (report.files, report.failures, report.rows) == ((), (), 2)


def test_the_same_file_again_is_said_and_archived_but_not_loaded(goods):
    goods.land("goods1.csv", GOODS)
    load_goods(goods)
    goods.land("goods1.csv", GOODS)
    report = load_goods(goods, "r2")
    assert [file.status for file in report.files] == ["repeated"]
    assert report.rows == 2
    assert goods.files("stage") == []
    assert len(goods.files("archive")) == 2


def test_the_same_name_with_other_content_is_another_file(goods):
    goods.land("goods1.csv", GOODS)
    load_goods(goods)
    goods.land("goods1.csv", "id,label\n3,three\n")
    assert load_goods(goods, "r2").rows == 3
    assert len(goods.files("archive")) == 2


def test_two_files_of_one_name_waiting_together_are_both_loaded_in_order(goods):
    goods.table("goods", "id: long!, label: string", metadata(UPSERT))
    goods.write("datasets/stage/shop/goods1.csv", "id,label\n1,old\n")
    goods.land("goods1.csv", "id,label\n1,new\n")
    load_goods(goods)
    assert goods.rows("SELECT id, label FROM shop.goods") == [(1, "new")]


def test_bad_rows_are_kept_with_file_line_attribute_rule_value_and_text(goods):
    goods.land("goods1.csv", "id,label\n1,one\nx,two\n,three\n4,four\n")
    report = load_goods(goods)
    assert report.counts == Counts(4, 2, 2)
    assert report.failures == ()
    rows = goods.rows("SELECT FILE, LINE, ATTRIBUTE, RULE, VALUE, RECORD FROM audit.rejected ORDER BY LINE")
    assert rows == [
        ("goods1.csv", 3, "id", "pattern", "x", "x,two"),
        ("goods1.csv", 4, "id", "required", None, ",three"),
    ]
    ((error,),) = goods.rows("SELECT ERROR FROM audit.rejected WHERE LINE = 3")
    assert error.startswith("ERR -> \n`id` (long) doesn't match pattern `-?\\d+`\n\nFILE -> ")


def test_a_row_with_two_faults_is_one_rejected_row_with_two_findings(goods):
    goods.table("goods", "id: long!, price: double")
    goods.land("goods1.csv", "id,price\nx,y\n")
    load_goods(goods)
    assert goods.rows("SELECT len(FINDINGS), RULE FROM audit.rejected") == [(2, "pattern")]


def test_reject_all_on_error_writes_nothing_but_the_record_of_it(goods):
    goods.write("config/application.sl.yml", APPLICATION + "  rejectAllOnError: true\n")
    goods.land("goods1.csv", "id,label\n1,one\nx,two\n")
    report = load_goods(goods)
    assert [file.status for file in report.files] == ["failed"]
    assert "rejectAllOnError" in report.failures[0]
    assert goods.rows("SELECT SUCCESS, COUNT, COUNTACCEPTED, COUNTREJECTED FROM audit.audit") == [(False, 2, 0, 1)]
    assert goods.rows("SELECT LINE FROM audit.rejected") == [(3,)]
    assert goods.rows("SELECT count(*) FROM audit.files") == [(0,)]
    assert goods.files("stage") == ["goods1.csv"]


def test_of_several_files_the_one_that_cannot_be_read_fails_alone(shop):
    shop.table("goods", "id: long!, label: string", "metadata: {format: JSON}")
    shop.land("goods1.json", '{"id": 1, "label": "one"}\n', at=1)
    shop.land("goods2.json", '{"id": 2, "label": ', at=2)
    shop.land("goods3.json", '{"id": 3, "label": "three"}\n', at=3)
    report = load_goods(shop)
    assert {file.name: file.status for file in report.files} == {
        "goods1.json": "loaded",
        "goods2.json": "failed",
        "goods3.json": "loaded",
    }
    assert shop.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (3,)]
    assert shop.rows("SELECT SUCCESS, count(*) FROM audit.audit GROUP BY ALL ORDER BY 1") == [(False, 1), (True, 2)]
    assert shop.files("stage") == ["goods2.json"]


def test_where_order_matters_a_later_file_waits_for_an_earlier_one_that_failed(shop):
    shop.table("goods", "id: long!, label: string", "metadata: {format: JSON, " + UPSERT + "}")
    shop.land("goods1.json", '{"id": 1, "label": "one"}\n', at=1)
    shop.land("goods2.json", "nonsense", at=2)
    shop.land("goods3.json", '{"id": 1, "label": "three"}\n', at=3)
    report = load_goods(shop)
    assert {file.name: file.status for file in report.files} == {
        "goods1.json": "loaded",
        "goods2.json": "failed",
        "goods3.json": "waiting",
    }
    assert shop.rows("SELECT label FROM shop.goods") == [("one",)]
    shop.write("datasets/stage/shop/goods2.json", '{"id": 1, "label": "two"}\n')
    load_goods(shop, "r2")
    assert shop.files("stage") == []


@pytest.mark.parametrize("strategy", ["APPEND", UPSERT.partition("type: ")[2].rstrip("}")])
def test_a_corrected_file_of_the_same_name_takes_the_place_of_the_broken_one(shop, strategy):
    shop.table("goods", "id: long!, label: string", f"metadata: {{format: JSON, writeStrategy: {{type: {strategy}}}}}")
    shop.land("goods1.json", "nonsense", at=1)
    assert [file.status for file in load_goods(shop).files] == ["failed"]
    shop.land("goods1.json", '{"id": 1, "label": "one"}\n', at=2)
    report = load_goods(shop, "r2")
    assert sorted(file.status for file in report.files) == ["loaded", "superseded"]
    assert report.failures == ()
    assert (shop.files("stage"), shop.files("unresolved")) == ([], ["goods1.json"])
    assert shop.rows("SELECT id FROM shop.goods") == [(1,)]


def test_a_header_without_any_of_the_columns_fails_the_file_and_names_both(goods):
    goods.land("goods1.csv", "id;label\n1;one\n")
    report = load_goods(goods)
    assert report.failures == (
        (
            "goods1.csv: has none of the table's columns in its header: there is `id;label`, wanted are id, label. "
            "Hint: see metadata.separator, withHeader and encoding."
        ),
    )
    assert goods.files("stage") == ["goods1.csv"]


def test_a_compressed_file_is_loaded_and_kept_as_it_came(goods):
    packed = gzip.compress(GOODS.encode())
    goods.land("goods1.csv.gz", "").write_bytes(packed)
    assert load_goods(goods).counts == Counts(2, 2, 0)
    assert goods.files("archive") == ["goods1.csv.gz"]
    assert goods.rows("SELECT NAME, SIZE FROM audit.files") == [("goods1.csv.gz", len(packed))]


def test_a_table_may_have_a_landing_folder_of_its_own(shop):
    shop.table("goods", "id: long!, label: string", metadata('directory: "{{SL_INCOMING}}/elsewhere"'))
    shop.write("datasets/incoming/elsewhere/goods1.csv", GOODS)
    assert load_goods(shop).rows == 2


def test_under_the_native_loader_one_bad_cell_fails_the_file(shop):
    shop.table("goods", "id: long!, label: string", metadata("loader: native"))
    shop.land("goods1.csv", GOODS + "x,three\n")
    report = load_goods(shop)
    assert [file.status for file in report.files] == ["failed"]
    assert report.rows == 0


def test_overwrite_leaves_the_last_files_rows(goods):
    goods.table("goods", "id: long!, label: string", metadata("writeStrategy: {type: OVERWRITE}"))
    goods.land("goods1.csv", GOODS, at=1)
    goods.land("goods2.csv", "id,label\n9,nine\n", at=2)
    report = load_goods(goods)
    assert report.counts == Counts(3, 3, 0)
    assert goods.rows("SELECT id FROM shop.goods") == [(9,)]


def test_a_file_keeps_out_of_a_load_until_its_ack_file_is_there(goods):
    goods.table("goods", "id: long!, label: string", metadata("ack: ok"), pattern=r"goods.*\.csv")
    goods.land("goods1.csv", GOODS)
    assert load_goods(goods).files == ()
    goods.land("goods1.ok", "")
    assert load_goods(goods, "r2").rows == 2
    assert goods.files("incoming") == []


def test_a_new_attribute_becomes_a_column_and_old_rows_stay(goods):
    goods.land("goods1.csv", GOODS)
    load_goods(goods)
    goods.table("goods", "id: long!, label: string, price: double")
    goods.land("goods2.csv", "id,label,price\n3,three,1.5\n")
    assert load_goods(goods, "r2").added_columns == ("price",)
    assert goods.rows("SELECT id, price FROM shop.goods ORDER BY id") == [(1, None), (2, None), (3, 1.5)]


def test_a_changed_type_is_refused_before_a_row_is_written(goods):
    goods.land("goods1.csv", GOODS)
    load_goods(goods)
    goods.table("goods", "id: string, label: string")
    goods.land("goods2.csv", GOODS)
    report = load_goods(goods, "r2")
    assert "id is BIGINT there, VARCHAR here" in report.failures[0]
    assert report.rows == 2


def test_rows_read_are_rows_accepted_plus_rows_rejected_over_odd_input(goods):
    goods.land("goods1.csv", 'id,label\r\n1,"a\nb"\r\n\r\n2,two,too,many\r\nx,y\r\n3\r\n"4","q""q"\r\n')
    report = load_goods(goods)
    assert report.counts.read == report.counts.accepted + report.counts.rejected == 5
    assert goods.rows("SELECT id, label FROM shop.goods ORDER BY id") == [(1, "a\nb"), (3, None), (4, 'q"q')]
    assert goods.rows("SELECT LINE FROM audit.rejected ORDER BY LINE") == [(5,), (6,)]


@pytest.mark.slow
def test_a_thousand_small_files_are_one_read(goods):
    for number in range(200):
        goods.land(f"goods{number:04}.csv", f"id,label\n{number},x\n")
    report = load_goods(goods)
    assert (len(report.loaded), report.rows) == (200, 200)
    assert goods.rows("SELECT count(*), sum(COUNT) FROM audit.files") == [(200, 200)]


def test_presql_and_postsql_run_with_the_load(goods):
    goods.table(
        "goods",
        "id: long!, label: string",
        'presql: ["create or replace table marks as select 1 as i"]\npostsql: ["insert into marks values (2)"]',
    )
    goods.land("goods1.csv", GOODS)
    load_goods(goods)
    assert goods.rows("SELECT i FROM marks ORDER BY i") == [(1,), (2,)]


def test_files_that_match_no_table_stay_where_they_are(goods):
    goods.land("stranger.csv", GOODS)
    load_goods(goods)
    assert goods.files("incoming") == ["stranger.csv"]


def test_a_table_without_partitions_takes_no_windows(goods):
    project = goods.project()
    with pytest.raises(ValueError, match="has no partitions"):
        load(project, Warehouse.of(project.settings), goods.node("shop.goods"), Run("r1"), [])


def test_a_private_value_is_in_no_table_when_its_row_is_rejected(shop):
    application = APPLICATION + "  rejectWithValue: true\n"
    shop.write("config/application.sl.yml", application)
    shop.write("config/types/types.sl.yml", "version: 1\ntypes:\n  - {name: digits, primitiveType: string, pattern: '[0-9]+'}\n")
    shop.write(
        "config/load/shop/goods.sl.yml",
        """
version: 1
table:
  name: goods
  pattern: goods.*
  attributes:
    - {name: id, type: long, required: true}
    - {name: card, type: digits, privacy: SHA256}
""",
    )
    shop.land("goods1.csv", "id,card\nx,4711\n2,secret4712\n,4713,too,many\n")
    load_goods(shop)
    text = str(shop.rows("SELECT rejected FROM audit.rejected")) + str(shop.rows("SELECT audit FROM audit.audit"))
    assert shop.rows("SELECT count(*) FROM audit.rejected") == [(3,)]
    assert not [secret for secret in ("4711", "4712", "4713") if secret in text]


def test_a_large_clean_file_is_read_once_and_one_with_a_bad_row_goes_through_a_batch(goods, monkeypatch):
    read = []
    monkeypatch.setattr("sl_assets.steps.new_files.LARGE", 0)
    monkeypatch.setattr(
        "sl_assets.steps.new_files.read_batch", lambda *given: read.append(given[2][0].name) or read_batch(*given)
    )
    goods.land("clean.csv", GOODS, at=1)
    goods.table("goods", "id: long!, label: string", metadata("writeStrategy: {type: OVERWRITE}"), pattern=".*")
    assert load_goods(goods).counts == Counts(2, 2, 0)
    assert read == []
    goods.land("bad.csv", GOODS + "x,y\n", at=2)
    assert load_goods(goods, "r2").counts == Counts(3, 2, 1)
    assert read == ["bad.csv"]


def test_a_json_field_may_be_called_filename(shop):
    shop.table("goods", "filename: string, id: long", "metadata: {format: JSON}")
    for number in (1, 2):
        shop.land(f"goods{number}.json", f'{{"filename": "f{number}", "id": {number}}}\n{{"filename": "x", "id": "bad"}}\n')
    report = load_goods(shop)
    assert (report.failures, report.rows) == ((), 2)
    assert shop.rows("SELECT filename FROM shop.goods ORDER BY 1") == [("f1",), ("f2",)]
    assert shop.rows("SELECT FILE, LINE FROM audit.rejected ORDER BY 1") == [("goods1.json", 2), ("goods2.json", 2)]


@pytest.mark.parametrize("threshold", [0, 1 << 40], ids=["beside the reading", "before it"])
def test_a_file_is_known_by_its_hash_whenever_that_is_worked_out(goods, monkeypatch, threshold):
    monkeypatch.setattr("sl_assets.steps.candidates.HASHED_ASIDE", threshold)
    goods.land("goods1.csv", GOODS)
    assert load_goods(goods).rows == 2
    assert goods.rows("SELECT HASH FROM audit.files") == [(hashlib.sha256(GOODS.encode()).hexdigest(),)]
    goods.land("goods1.csv", GOODS)
    assert [file.status for file in load_goods(goods, "r2").files] == ["repeated"]
    goods.land("goods1.csv", GOODS.replace("two", "three"))
    assert load_goods(goods, "r3").rows == 4
