"""The machinery of the crash tests itself: a kill that did not happen where it should fails the test."""

import pytest

from sl_assets_tests.crash.loading import load_tables
from sl_assets_tests.crash.victims import Point

pytestmark = pytest.mark.slow

LEDGER = "sl_assets/warehouse/duckdb/ledger.py"


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, label: string")
    shop.land("goods1.csv", "id,label\n1,one\n")
    return shop


def test_a_point_that_is_never_reached_fails_the_test_with_what_the_child_said(server, goods):
    nowhere = Point(LEDGER, "write_ledger", "return", under="reload_table")
    with pytest.raises(AssertionError, match=r"never came to Point\(.*under='reload_table'(.|\n)*accepted=1"):
        server.kill_at(goods.root, nowhere, "killed", "goods")
    assert goods.rows("SELECT id FROM shop.goods") == [(1,)]


def test_a_child_that_fails_fails_the_test_with_its_traceback(server, goods):
    with pytest.raises(AssertionError, match="KeyError: TableKey"):
        server.kill_at(goods.root, Point(LEDGER, "write_ledger", "return"), "killed", "nothing")


def test_a_child_is_killed_where_its_point_is(server, goods):
    ended = server.run(goods.root, "killed", "goods", point=Point(LEDGER, "write_ledger", "return"))
    assert (ended.code, ended.hung) == (-9, False)
    assert "in write_ledger" in ended.output
    load_tables(goods.root, "again", "goods")


def test_a_transaction_that_is_open_when_the_child_is_killed_is_seen(server, goods):
    goods.table("goods", "id: long!, label: string", "postsql: ['select count(*) from range(30000000000) where hash(range) = 1']")
    ended = server.run(goods.root, "killed", "goods", after=0.5, transaction=2)  # the first one makes the audit tables
    assert (ended.code, ended.in_transaction) == (-9, True)
    assert goods.rows("SELECT * FROM audit.files") == []


def test_a_child_that_ends_before_its_transaction_is_no_kill(server, goods):
    ended = server.run(goods.root, "lucky", "goods", after=0, transaction=99)
    assert (ended.code, ended.hung, ended.in_transaction) == (0, False, False)
