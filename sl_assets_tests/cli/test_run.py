"""`sl-assets run`: what it runs, what it says, and the code it ends with."""

import hashlib
import re

import pytest
from dagster import DagsterInstance

from sl_assets_tests.crash.victims import sl_assets

GOODS = "id,label\n1,one\nx,bad\n2,two\n"


@pytest.fixture
def shop_with_kpis(shop):
    """Two loaded tables, and three transforms of which one stands on another."""
    shop.table("goods", "id: long!, label: string", pattern=r"goods\d\.csv")
    shop.table("prices", "id: long!, price: double", pattern=r"prices\d\.csv")
    shop.task("total", "SELECT count(*) AS n FROM shop.goods")
    shop.task("double_total", "SELECT n * 2 AS n FROM kpi.total")
    shop.task("price_sum", "SELECT sum(price) AS price FROM shop.prices")
    shop.land("goods1.csv", GOODS)
    shop.land("prices1.csv", "id,price\n1,1.5\n2,2.5\n")
    return shop


def contents(shop):
    """Each table of the warehouse: its number of rows and a hash over all of them."""
    found = {}
    for schema, table in shop.rows("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"):
        rows = shop.rows(f'SELECT * FROM "{schema}"."{table}" ORDER BY ALL')
        found[f"{schema}.{table}"] = (len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
    return found


def built(shop):
    return {name for name in contents(shop) if not name.startswith("audit.")}


def ended_assets(output):
    """The assets of the lines that tell that something ended, by their mark."""
    return {name: mark for mark, name in re.findall(r"^(\S) (\S+/\S+)", output, re.MULTILINE)}


@pytest.mark.slow
def test_a_run_loads_and_builds_everything_and_tells_the_counts(shop_with_kpis, invoke):
    result = invoke("run")
    assert result.exit_code == 0, result.output
    assert built(shop_with_kpis) == {"shop.goods", "shop.prices", "kpi.total", "kpi.double_total", "kpi.price_sum"}
    assert shop_with_kpis.rows("SELECT n FROM kpi.double_total") == [(4,)]
    assert re.search(r"shop/goods +1 +3 +2 +1 ", result.output)
    assert f"Warehouse: {shop_with_kpis.root}/datasets/warehouse.duckdb" in result.output


@pytest.mark.slow
def test_a_second_run_finds_nothing_new_changes_no_table_and_ends_with_zero(shop_with_kpis, invoke):
    invoke("run")
    before = contents(shop_with_kpis)
    result = invoke("run")
    assert result.exit_code == 0
    assert contents(shop_with_kpis) == before


@pytest.mark.slow
def test_a_second_run_says_that_there_is_nothing_new(shop_with_kpis, invoke):
    invoke("run")
    assert "Nothing new: everything is up to date." in invoke("run").output


@pytest.mark.slow
def test_a_new_file_rebuilds_what_stands_on_it_and_nothing_else(shop_with_kpis, invoke):
    invoke("run")
    before = contents(shop_with_kpis)
    shop_with_kpis.land("goods2.csv", "id,label\n3,three\n")
    result = invoke("run")
    after = contents(shop_with_kpis)
    assert {name for name in after if after[name] != before[name] and not name.startswith("audit.")} == {
        "shop.goods",
        "kpi.total",
        "kpi.double_total",
    }
    assert "kpi/price_sum" not in result.output


@pytest.mark.slow
def test_a_selected_table_is_loaded_and_nothing_else(shop_with_kpis, invoke):
    result = invoke("run", 'key:"shop/goods"')
    assert result.exit_code == 0, result.output
    assert built(shop_with_kpis) == {"shop.goods"}
    assert set(ended_assets(result.output)) == {"shop/goods"}
    assert shop_with_kpis.files("incoming") == ["prices1.csv"]


@pytest.mark.slow
def test_a_selected_transform_is_built_even_when_it_is_up_to_date(shop_with_kpis, invoke):
    invoke("run")
    result = invoke("run", 'key:"kpi/total"')
    assert result.exit_code == 0
    assert ended_assets(result.output) == {"kpi/total": "✓"}


@pytest.mark.slow
def test_a_selection_with_its_upstreams_runs_these_and_no_sibling(shop_with_kpis, invoke):
    result = invoke("run", '+key:"kpi/double_total"')
    assert result.exit_code == 0, result.output
    assert built(shop_with_kpis) == {"shop.goods", "kpi.total", "kpi.double_total"}


@pytest.mark.slow
def test_a_group_is_a_selection(shop_with_kpis, invoke):
    invoke("run")
    result = invoke("run", "group:kpi")
    assert set(ended_assets(result.output)) == {"kpi/total", "kpi/double_total", "kpi/price_sum"}


@pytest.mark.slow
@pytest.mark.parametrize("selection", ['key:"shop/godos"', "group:nothing", 'tag:"no"="such"', "goods"])
def test_a_selection_that_names_nothing_is_told_and_nothing_is_run(shop_with_kpis, invoke, selection):
    result = invoke("run", selection)
    assert result.exit_code == 2
    assert "SELECTION" in result.output
    assert "Traceback" not in result.output
    assert "up to date" not in result.output
    assert not (shop_with_kpis.root / "datasets" / "warehouse.duckdb").exists()


@pytest.mark.slow
@pytest.mark.parametrize("selection", ["key:", "and and", '(key:"shop/goods"'])
def test_a_selection_that_is_no_selection_is_told(shop_with_kpis, invoke, selection):
    result = invoke("run", selection)
    assert result.exit_code == 2
    assert "SELECTION" in result.output
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_a_failing_transform_ends_with_one_a_reason_and_its_upstreams_intact(shop_with_kpis, invoke):
    shop_with_kpis.task("total", "SELECT count(*) AS n, error('the cellar is flooded') AS x FROM shop.goods")
    result = invoke("run")
    assert result.exit_code == 1
    assert "kpi/total failed:" in result.output
    assert "the cellar is flooded" in result.output
    assert "config/transform/kpi/total.sql" in result.output
    assert "Traceback" not in result.output
    assert shop_with_kpis.rows("SELECT id FROM shop.goods ORDER BY id") == [(1,), (2,)]
    assert shop_with_kpis.rows("SELECT price FROM kpi.price_sum") == [(4.0,)]
    assert built(shop_with_kpis) == {"shop.goods", "shop.prices", "kpi.price_sum"}
    assert shop_with_kpis.rows("SELECT SUCCESS FROM audit.audit WHERE SCHEMA = 'total'") == [(False,)]


@pytest.mark.slow
def test_a_transform_that_fails_keeps_the_rows_it_had_and_is_built_when_it_is_mended(shop_with_kpis, invoke):
    invoke("run")
    shop_with_kpis.task("total", "SELECT CAST(label AS INTEGER) AS n FROM shop.goods")
    assert invoke("run").exit_code == 1
    assert shop_with_kpis.rows("SELECT n FROM kpi.total") == [(2,)]
    shop_with_kpis.task("total", "SELECT count(*) + 1 AS n FROM shop.goods")
    assert invoke("run").exit_code == 0
    assert shop_with_kpis.rows("SELECT n FROM kpi.total") == [(3,)]


@pytest.mark.slow
def test_what_hangs_on_a_failed_transform_is_told_as_not_run(shop_with_kpis, invoke):
    shop_with_kpis.task("total", "SELECT error('the cellar is flooded') AS n FROM shop.goods")
    result = invoke("run")
    assert result.exit_code == 1
    assert re.search(r"kpi/double_total +(not run|skipped)", result.output)


@pytest.mark.slow
def test_a_file_that_cannot_be_read_fails_its_table_and_no_other(shop_with_kpis, invoke):
    shop_with_kpis.table("events", "id: long!", "metadata: {format: JSON}", pattern=r"events\d\.json")
    shop_with_kpis.land("events1.json", '{"id": 1')
    result = invoke("run")
    assert result.exit_code == 1
    assert "shop/events failed: events1.json:" in result.output
    assert "Traceback" not in result.output
    assert {"shop.goods", "kpi.total"} <= built(shop_with_kpis)
    assert shop_with_kpis.files("stage") == ["events1.json"]


@pytest.mark.slow
def test_output_that_is_no_terminal_has_no_escape_codes(shop_with_kpis, invoke):
    shop_with_kpis.task("total", "SELECT error('the cellar is flooded') AS n FROM shop.goods")
    assert "\x1b" not in invoke("run").output


def test_no_color_takes_the_colours_from_a_terminal(shop_with_kpis, invoke, monkeypatch):
    shop_with_kpis.table("prices", "id: long!", 'metadata: {schedule: "0 25 * * *"}')
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert re.search(r"\x1b\[[0-9;]*3[1-7]", invoke("check").output)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", invoke("check").output)


@pytest.mark.slow
def test_the_summary_through_a_pipe_is_not_cut(shop):
    name = "goods_" + "of_a_rather_long_name_" * 3
    shop.table(name, "id: long!", pattern=r"goods\d\.csv")
    shop.land("goods1.csv", "id\n1\n")
    ended = sl_assets(shop.root, "run", environ={"COLUMNS": ""})
    assert ended.code == 0
    assert re.search(rf"shop/{name} +1 +1 +1 +0 +\d+\.\d\d", ended.output)


@pytest.mark.slow
def test_the_real_command_keeps_its_history_in_the_project(shop_with_kpis):
    assert sl_assets(shop_with_kpis.root, "run").code == 0
    with DagsterInstance.from_config(str(shop_with_kpis.root / ".dagster")) as instance:
        assert all(run.is_success for run in instance.get_runs())
        assert instance.get_runs()
    assert "shop/goods  unchanged" in sl_assets(shop_with_kpis.root, "run").output


@pytest.mark.slow
def test_a_failing_run_of_the_real_command_ends_with_one(shop_with_kpis):
    shop_with_kpis.task("total", "SELECT error('the cellar is flooded') AS n FROM shop.goods")
    ended = sl_assets(shop_with_kpis.root, "run")
    assert ended.code == 1
    assert "the cellar is flooded" in ended.output
    assert "Traceback" not in ended.output


@pytest.mark.slow
def test_a_transform_may_write_several_files(shop, invoke):
    shop.task("total", "SELECT 1 AS n", "sinks:\n  - {path: out/a.csv}\n  - {path: out/b.parquet}")
    result = invoke("run")
    assert result.exit_code == 0, result.output
    assert re.search(r"^✓ kpi/total  1 rows$", result.output, re.MULTILINE)
    assert sorted(path.name for path in (shop.root / "datasets/out").iterdir()) == ["a.csv", "b.parquet"]
