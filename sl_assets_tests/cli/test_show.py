"""`sl-assets show`, `--help` and `--version`."""

import re
from importlib.metadata import version

import pytest

from sl_assets_tests.crash.victims import INSTALLED, sl_assets


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, label: string", "comment: What is sold", pattern=r"goods\d\.csv")
    shop.task("total", "SELECT count(*) AS n FROM shop.goods")
    return shop


def test_a_table_is_shown_as_the_project_has_it(goods, invoke):
    result = invoke("show", "shop.goods")
    assert result.exit_code == 0
    assert result.output.startswith("shop.goods  What is sold\n")
    assert f"written in  {goods.root}/config/load/shop/goods.sl.yml" in result.output
    assert re.search(r"id +BIGINT +required", result.output)
    assert "There is no warehouse at" in result.output


@pytest.mark.slow
def test_a_loaded_table_is_shown_with_its_files_and_rejected_rows(goods, invoke):
    goods.land("goods1.csv", "id,label\n1,one\nx,bad\n")
    assert invoke("run").exit_code == 0
    result = invoke("show", "shop.goods")
    assert result.exit_code == 0
    assert "1 rows in" in result.output
    assert re.search(r"goods1\.csv +20\S+ \S+ +2 +1 +1", result.output)
    assert re.search(r"goods1\.csv +3 +id +pattern +x +`id` \(long\)", result.output)


def test_a_transform_is_shown_with_its_sql_and_what_it_reads(goods, invoke):
    result = invoke("show", "KPI.Total")
    assert result.exit_code == 0
    assert f"sql         {goods.root}/config/transform/kpi/total.sql" in result.output
    assert "reads       shop.goods" in result.output


def test_of_an_unknown_table_the_close_one_is_suggested(goods, invoke):
    result = invoke("show", "shop.godos")
    assert result.exit_code == 2
    assert "There is no table shop.godos. Did you mean shop.goods?" in result.output
    assert "Traceback" not in result.output


def test_of_a_name_like_no_other_all_are_listed(goods, invoke):
    result = invoke("show", "zzz")
    assert result.exit_code == 2
    assert "There are: kpi.total, shop.goods." in result.output


@pytest.mark.parametrize(
    "text",
    ["price [EUR]", "closed [/bold] tag", "back\\slash [red]"],
)
def test_a_comment_is_shown_as_it_is_written(shop, invoke, text):
    shop.table("goods", "id: long!", f"comment: '{text}'")
    result = invoke("show", "shop.goods")
    assert result.exit_code == 0
    assert result.output.startswith(f"shop.goods  {text}\n")


@pytest.mark.slow
@pytest.mark.parametrize("value", ["[/bold]", "[red]", "[link=file:///etc]click"])
def test_a_rejected_value_is_shown_as_it_came(goods, invoke, value):
    goods.land("goods1.csv", f"id,label\n{value},bad\n")
    assert invoke("run").exit_code == 0
    result = invoke("show", "shop.goods")
    assert result.exit_code == 0
    assert f" {value} " in result.output


@pytest.mark.slow
def test_a_rejected_value_cannot_command_the_terminal(goods, invoke):
    goods.land("goods1.csv", "id,label\n\x1b[31mred,bad\n")
    assert invoke("run").exit_code == 0
    assert "\x1b" not in invoke("show", "shop.goods").output


def test_help_names_the_commands_and_what_they_are_for(invoke):
    result = invoke("--help")
    assert result.exit_code == 0
    for command in ("check", "dev", "run", "show"):
        assert re.search(rf"^  {command} +\S", result.output, re.MULTILINE)
    assert "SL_ROOT" in result.output


@pytest.mark.parametrize("command", ["check", "dev", "run", "show"])
def test_each_command_has_help_of_its_own(invoke, command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {command}")


def test_help_of_run_says_what_each_exit_code_means(invoke):
    output = invoke("run", "--help").output
    assert "SELECTION" in output
    assert all(f"{code}: " in output for code in (0, 1, 2))


def test_an_unknown_command_is_told(invoke):
    result = invoke("rnu")
    assert result.exit_code == 2
    assert "No such command 'rnu'" in result.output


def test_version_is_that_of_the_package(invoke):
    result = invoke("--version")
    assert result.exit_code == 0
    assert version("sl-assets") in result.output


@pytest.mark.slow
def test_the_real_command_calls_itself_by_its_name(tmp_path):
    assert sl_assets(tmp_path, "--version", command=INSTALLED).output.strip() == f"sl-assets, version {version('sl-assets')}"
    assert sl_assets(tmp_path, "--help", command=INSTALLED).output.startswith("Usage: sl-assets ")
