"""Many files are read some at a time, into one batch and one transaction: nobody can tell from what is in the tables."""

import pytest

from sl_assets.steps import batch
from sl_assets.steps.load import load
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

FILES = 8
UPSERT = "metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}"


@pytest.fixture(params=[1, 3, 100], ids=["one by one", "some at a time", "all at once"])
def readings(monkeypatch, request):
    """How many files were read by each statement."""
    monkeypatch.setattr("sl_assets.steps.batch.AT_ONCE", request.param)
    found = []
    ask = batch.readings

    def spy(table, files, connection):
        found.append(len(files))
        return ask(table, files, connection)

    monkeypatch.setattr("sl_assets.steps.batch.readings", spy)
    return found


def load_goods(shop):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("r1"))


def land(shop, broken=()):
    """A file each for the numbers; all have a row of their own and one row that each replaces. Two have a bad row."""
    for number in range(FILES):
        bad = {2: "x,bad\n", 5: "5,a,b,c\n"}.get(number, "")
        text = f"id,label\n{number + 1},own\n0,from {number}\n{bad}"
        shop.land(f"goods{number}.csv", "nothing,of,it\n1,2,3\n" if number in broken else text, at=number)


def test_every_row_and_every_reject_is_there_once(shop, readings):
    shop.table("goods", "id: long!, label: string")
    land(shop)
    assert load_goods(shop).counts == Counts(18, 16, 2)
    assert sum(readings) == FILES
    assert max(readings) <= batch.AT_ONCE
    rows = [row for number in range(FILES) for row in ((number + 1, "own"), (0, f"from {number}"))]
    assert shop.rows("SELECT id, label FROM shop.goods ORDER BY rowid") == rows
    assert shop.rows("SELECT NAME, COUNTACCEPTED, COUNTREJECTED FROM audit.files ORDER BY NAME") == [
        (f"goods{number}.csv", 2, int(number in (2, 5))) for number in range(FILES)
    ]
    rejected = shop.rows("SELECT FILE, LINE, RECORD_NUMBER, RECORD FROM audit.rejected ORDER BY FILE")
    assert rejected == [("goods2.csv", 4, 3, "x,bad"), ("goods5.csv", 4, None, "5,a,b,c")]


def test_the_last_file_wins(shop, readings):
    shop.table("goods", "id: long!, label: string", UPSERT)
    land(shop)
    load_goods(shop)
    assert len(readings) == -(-FILES // batch.AT_ONCE)
    assert shop.rows("SELECT label FROM shop.goods WHERE id = 0") == [(f"from {FILES - 1}",)]
    assert shop.rows("SELECT count(*) FROM shop.goods") == [(FILES + 1,)]


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_loaded(shop, readings):
    shop.table("goods", "id: long!, label: string")
    land(shop, broken=(4,))
    report = load_goods(shop)
    assert [file.name for file in report.files if file.status == "failed"] == ["goods4.csv"]
    assert len(report.loaded) == FILES - 1
    assert shop.rows("SELECT count(*) FROM shop.goods") == [((FILES - 1) * 2,)]
    assert readings
