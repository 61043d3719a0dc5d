"""Is there anything to load: every strategy, its counts and its words; "no" and "nobody can say" apart."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from sl_assets.areas.files import UnreadableFolderError
from sl_assets.areas.global_acks import BrokenAckError
from sl_assets.project.records import TableKey
from sl_assets.steps.preload import preload

GOODS, PRICES = TableKey("shop", "goods"), TableKey("shop", "prices")
MONDAY = datetime(2026, 11, 16, 6, tzinfo=UTC)


@pytest.fixture
def gated(shop):
    shop.table("goods", "id: long!", pattern=r"goods.*\.csv")
    shop.table("prices", "id: long!", pattern=r"prices.*\.csv")
    path = shop.root / "config/load/shop/_config.sl.yml"
    path.write_text(path.read_text() + "    dagRef: gated\n")

    def under(strategy, extra=""):
        shop.write("config/dags/gated.sl.yml", f"dag: {{options: {{pre_load_strategy: {strategy}{extra}}}}}\n")
        return shop

    return under


def looked(shop, *tables, **options):
    project = shop.project()
    return preload(project, project.domains["shop"], list(tables or (GOODS, PRICES)), **options)


def put(shop, path):
    return shop.write(f"datasets/{path}", "")


def test_imported_counts_landing_and_stage_table_by_table(gated):
    shop = gated("imported")
    landing = shop.land("goods1.csv", "").parent
    stage = put(shop, "stage/shop/goods0.csv").parent
    report = looked(shop)
    assert report.ready
    assert report.found == {GOODS: 2, PRICES: 0}
    assert report.tables[GOODS].reason == f"1 file in {landing} and 1 file in {stage}"
    assert report.tables[PRICES].reason == rf"no file in {landing} or {stage} matches prices.*\.csv"


def test_what_is_there_and_does_not_count_is_said(gated):
    shop = gated("imported")
    shop.table("prices", "id: long!", "metadata: {ack: ok}", pattern=r"prices.*\.csv")
    shop.land("goods1.csv", "", at=time.time() - 1)
    shop.land("prices1.csv", "", at=time.time() - 100)
    report = looked(shop, quiet=timedelta(seconds=30))
    assert not report.ready
    assert report.tables[GOODS].reason.endswith("; 1 still being written")
    assert report.tables[PRICES].reason.endswith("; 1 waiting for the ack file beside it")
    assert "goods1.csv may still be being written" in report.notes[0]


def test_a_landing_folder_that_does_not_exist_is_not_ready_and_said(gated):
    shop = gated("imported")
    report = looked(shop)
    assert not report.ready
    assert "datasets/incoming/shop (which does not exist)" in report.tables[GOODS].reason


@pytest.mark.parametrize("strategy", ["none", "imported", "pending", "ack"])
def test_a_landing_folder_that_cannot_be_read_is_broken(gated, strategy):
    shop = gated(strategy)
    put(shop, "incoming/shop")
    with pytest.raises(UnreadableFolderError, match="incoming/shop cannot be read: Not a directory"):
        looked(shop)


def test_pending_looks_in_stage_only(gated):
    shop = gated("pending")
    shop.land("goods1.csv", "")
    report = looked(shop)
    assert (report.ready, report.found[GOODS]) == (False, 0)
    put(shop, "stage/shop/goods1.csv")
    assert looked(shop).found == {GOODS: 1, PRICES: 0}


def test_a_table_has_its_own_strategy(gated):
    shop = gated("imported")
    shop.write("config/dags/free.sl.yml", "dag: {options: {}}\n")
    shop.table("prices", "id: long!", "metadata: {dagRef: free}", pattern=r"prices.*\.csv")
    assert [each.ready for each in looked(shop).tables.values()] == [False, True]


def test_a_domain_is_gated_when_one_of_its_tables_is(gated):
    shop = gated("none")
    shop.write("config/dags/waits.sl.yml", "dag: {options: {pre_load_strategy: pending}}\n")
    shop.table("prices", "id: long!", "metadata: {dagRef: waits}", pattern=r"prices.*\.csv")
    assert shop.project().domains["shop"].pre_load_strategy == "pending"


def test_an_ack_file_is_starlakes_default_and_of_the_day_of_the_run(gated):
    shop = gated("ack")
    path = shop.root / "datasets/pending/shop/2026-11-16.ack"
    report = looked(shop, scheduled=MONDAY)
    assert (report.ready, report.missing) == (False, (path,))
    assert report.tables[GOODS].reason == f"waits for its ack file {path}; 0 files"
    put(shop, "pending/shop/2026-11-16.ack")
    shop.land("goods1.csv", "")
    report = looked(shop, scheduled=MONDAY)
    assert (report.ready, report.missing) == (True, ())
    assert report.tables[GOODS].reason == f"acknowledged by {path}; 1 file"
    assert path.exists()


def test_the_day_is_that_of_the_projects_time_zone(gated):
    shop = gated("ack")
    path = shop.root / "config/application.sl.yml"
    path.write_text(path.read_text() + "  timezone: Pacific/Auckland\n")
    assert looked(shop, scheduled=MONDAY.replace(hour=12)).missing[0].name == "2026-11-17.ack"


def test_the_path_of_an_ack_file_is_rendered_for_domain_table_and_day(gated):
    shop = gated("ack", ', global_ack_file_path: "acks/{{domain}}_{{ table }}-{{ds}}.ok"')
    assert [str(path.relative_to(shop.root)) for path in looked(shop, scheduled=MONDAY).missing] == [
        "acks/shop_goods-2026-11-16.ok",
        "acks/shop_prices-2026-11-16.ok",
    ]
    shop.write("acks/shop_prices-2026-11-16.ok", "")
    assert [each.ready for each in looked(shop, scheduled=MONDAY).tables.values()] == [False, True]


def test_a_folder_in_the_place_of_the_ack_file_is_broken(gated):
    shop = gated("ack", ", global_ack_file_path: datasets/all.ack")
    put(shop, "all.ack/oops")
    with pytest.raises(BrokenAckError, match=r"all\.ack should be an ack file and is a folder"):
        looked(shop)
