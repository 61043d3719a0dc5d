"""`sl-assets expect`: the expectations of the tables as they are."""

import re

import pytest
from click.testing import CliRunner

from sl_assets.cli.main import main


@pytest.fixture
def goods(shop, run, monkeypatch):
    monkeypatch.setenv("SL_ROOT", str(shop.root))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    shop.table("goods", "id: long!, price: double", "expectations:\n  - {name: positive, row: price > 0}")
    shop.land("goods1.csv", "id,price\n1,5\n2,-1\n")
    run("shop.goods")
    return shop


@pytest.mark.slow
def test_a_warning_is_told_with_its_rows_and_is_no_failure(goods):
    result = CliRunner().invoke(main, ["expect", "--rows"])
    assert result.exit_code == 0, result.output
    assert re.search(r"! +shop/goods +positive +1 +1 of 2 rows break it", result.output)
    assert re.search(r"2 +-1\.0", result.output)
    assert "1 expectations: 0 hold, 1 warn, 0 fail." in result.output


@pytest.mark.slow
def test_what_stops_is_a_failure_and_a_selection_is_asked_alone(goods):
    goods.table("goods", "id: long!, price: double", "expectations:\n  - {name: positive, row: price > 0, action: fail}")
    goods.task("total", "select 1 as n", "expectations:\n  - {name: one, row: n = 1}")
    result = CliRunner().invoke(main, ["expect", 'key:"shop/goods"'])
    assert result.exit_code == 1
    assert "1 expectations: 0 hold, 0 warn, 1 fail." in result.output
    assert CliRunner().invoke(main, ["expect", "--partition", "2024-01-01"]).exit_code == 2


@pytest.mark.slow
def test_a_run_tells_what_did_not_hold_what_was_kept_out_and_what_was_not_run_for_it(goods):
    goods.table(
        "goods",
        "id: long!, price: double",
        "expectations:\n  - {name: positive, row: price > 0, action: quarantine}\n  - {name: cheap, row: price < 3}",
    )
    goods.task(
        "total", "select count(*) as n from shop.goods", "expectations:\n  - expect: expect_table_row_count_to_equal(sl_this, 9)"
    )
    goods.task("after", "select n from kpi.total")
    result = CliRunner().invoke(main, ["run", "*", "--reload"])
    assert result.exit_code == 1
    lines = [line.rstrip() for line in result.output.splitlines()]
    assert "  ! positive: 1 of 2 rows break it; put into quarantine" in lines
    assert "  ! cheap: 1 of 2 rows break it" in lines
    assert "  ✗ expect_table_row_count_to_equal__9: 1 found, 0 expected" in lines
    assert "kpi/total failed: its rows are written, and expect_table_row_count_to_equal__9 did not hold." in lines
    assert "shop/goods warns: cheap did not hold." in lines
    assert "kpi/after was not run: it reads kpi/total" in lines
    assert "dagster" not in result.output.split("Warehouse:")[0].lower()
