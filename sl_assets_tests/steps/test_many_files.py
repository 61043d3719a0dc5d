"""Many files are read some at a time, into one batch and one transaction: nobody can tell from what is in the tables."""

from pathlib import Path

import pytest

from sl_assets.steps import batch, small_files
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


@pytest.fixture(params=[True, False], ids=["gathered", "each by itself"])
def gathered(monkeypatch, request):
    """Whether the text of small files was gathered before it was validated; three files are read by one statement."""
    monkeypatch.setattr("sl_assets.steps.batch.AT_ONCE", 3)
    if not request.param:
        monkeypatch.setattr("sl_assets.steps.small_files.SMALL", 0)
    found = []
    monkeypatch.setattr("sl_assets.steps.batch.gathered", lambda unit: found.append(len(unit)) or small_files.gathered(unit))
    yield found
    assert bool(found) is request.param


def with_script(shop, script):
    lines = [
        "version: 1\ntable:\n  name: goods\n  pattern: goods.*\n  attributes:",
        "    - {name: id, type: long, required: true}",
    ]
    lines += ["    - {name: label, type: string}", f'    - {{name: made, type: string, script: "{script}"}}\n']
    shop.write("config/load/shop/goods.sl.yml", "\n".join(lines))


def land_in_two_orders(shop):
    """Files whose columns stand in another order than those of the file before; a bad row in the third and in the seventh."""
    for number in range(FILES):
        value = "x" if number in (2, 6) else number
        text = f"id,label\n{value},of {number}\n" if number % 2 else f"label,id\nof {number},{value}\n"
        shop.land(f"goods{number}.csv", text, at=number)


def test_columns_in_another_order_and_rejects_are_told_apart_file_by_file(shop, gathered):
    shop.table("goods", "id: long!, label: string")
    land_in_two_orders(shop)
    assert load_goods(shop).counts == Counts(FILES, FILES - 2, 2)
    good = [(number, f"of {number}") for number in range(FILES) if number not in (2, 6)]
    assert shop.rows("SELECT id, label FROM shop.goods ORDER BY rowid") == good
    rejected = shop.rows("SELECT FILE, LINE, RECORD_NUMBER, RECORD FROM audit.rejected ORDER BY FILE")
    assert rejected == [("goods2.csv", 2, 1, "of 2,x"), ("goods6.csv", 2, 1, "of 6,x")]


def test_what_scripts_ask_of_the_file_of_a_row_is_that_of_its_own_file(shop, gathered):
    with_script(shop, "parse_filename(sl_input_file_name)")
    land(shop)
    load_goods(shop)
    assert shop.rows("SELECT made, count(*) FROM shop.goods GROUP BY made ORDER BY made") == [
        (f"goods{number}.csv", 2) for number in range(FILES)
    ]


def test_a_script_that_fails_on_one_file_fails_no_file_that_was_not_read_with_it(shop, gathered):
    with_script(shop, "CASE WHEN id = 5 THEN error('no') ELSE label END")
    land(shop)
    report = load_goods(shop)
    failed = {file.name: file.message for file in report.files if file.status == "failed"}
    assert set(failed) == {f"goods{number}.csv" for number in (3, 4, 5)}  # those that one statement read
    assert all("a script, filter or privacy expression of the table fails on it" in message for message in failed.values())
    assert len(report.loaded) == FILES - 3


def test_a_file_that_cannot_be_read_any_more_is_told_among_those_that_are_gathered(shop, monkeypatch):
    monkeypatch.setattr("sl_assets.steps.batch.AT_ONCE", 3)
    shop.table("goods", "id: long!, label: string")
    land(shop)

    def gathering_without_the_fifth(unit):
        for reading in unit:
            for file in reading.files:
                if file.endswith("goods4.csv"):
                    Path(file).unlink(missing_ok=True)
        yield from small_files.gathering(unit)

    monkeypatch.setattr("sl_assets.steps.batch.gathering", gathering_without_the_fifth)
    report = load_goods(shop)
    assert [file.name for file in report.files if file.status == "failed"] == ["goods4.csv"]
    assert shop.rows("SELECT count(*), count(DISTINCT label) FROM shop.goods") == [((FILES - 1) * 2, FILES)]


def test_more_small_files_than_one_statement_takes_are_validated_by_several(shop, monkeypatch):
    monkeypatch.setattr("sl_assets.steps.batch.AT_ONCE", 2)
    monkeypatch.setattr("sl_assets.steps.small_files.MOST_FILES", 4)
    found = []
    monkeypatch.setattr("sl_assets.steps.batch.gathered", lambda unit: found.append(len(unit)) or small_files.gathered(unit))
    monkeypatch.setattr("sl_assets.steps.commit.NOTED_AT_ONCE", 3)
    shop.table("goods", "id: long!, label: string")
    land(shop)
    assert load_goods(shop).counts == Counts(18, 16, 2)
    assert found == [2, 2]
    assert shop.rows("SELECT count(*), count(DISTINCT NAME) FROM audit.files") == [(FILES, FILES)]
    assert shop.rows("SELECT count(*), sum(COUNT) FROM audit.audit WHERE STEP = 'LOAD'") == [(FILES, 18)]
