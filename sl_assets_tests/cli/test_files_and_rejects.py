import json

import pytest
from click.testing import CliRunner

from sl_assets.cli.main import main
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse


@pytest.fixture
def loaded(shop, monkeypatch):
    shop.table("goods", "id: long!, price: double")
    shop.land("goods1.csv", "id,price\n1,1.5\nx,2\n,y\n")
    project = shop.project()
    load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("run-1"))
    monkeypatch.setenv("SL_ROOT", str(shop.root))
    return shop


def call(*arguments):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_files_tell_when_and_by_which_run_each_was_loaded(loaded):
    (row,) = [json.loads(line) for line in call("files", "--json").splitlines()]
    assert (row["table"], row["file"], row["run"]) == ("shop.goods", "goods1.csv", "run-1")
    assert (row["read"], row["accepted"], row["rejected"]) == (3, 1, 2)
    assert row["archive"] == str(loaded.root / "datasets/archive/shop/goods1.csv")


def test_files_are_a_table_for_people(loaded):
    text = call("files", "shop.goods")
    assert "goods1.csv" in text
    assert "run-1" in text


def test_rejects_are_counted_by_rule(loaded):
    rows = [json.loads(line) for line in call("rejects", "list", "--json").splitlines()]
    assert [(row["attribute"], row["rule"], row["rows"], row["example"]) for row in rows] == [
        ("id", "pattern", 1, "x"),
        ("id", "required", 1, None),
        ("price", "pattern", 1, "y"),
    ]


def test_rejected_rows_have_their_line_and_text(loaded):
    rows = [json.loads(line) for line in call("rejects", "show", "shop.goods", "--json").splitlines()]
    assert [(row["line"], row["record"]) for row in rows] == [(3, "x,2"), (4, ",y")]
    assert rows[1]["message"].count(";") == 1


@pytest.mark.parametrize("command", [["files"], ["rejects", "list"], ["rejects", "show"], ["rejects", "replay"]])
def test_before_anything_was_loaded_that_is_said(shop, monkeypatch, command):
    monkeypatch.setenv("SL_ROOT", str(shop.root))
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert "no warehouse at" in result.output


@pytest.mark.parametrize("command", [["files"], ["rejects", "list"], ["rejects", "show"]])
def test_a_database_of_somebody_else_is_no_error(shop, monkeypatch, command):
    monkeypatch.setenv("SL_ROOT", str(shop.root))
    with Warehouse.of(shop.project().settings).writer("a test") as connection:
        connection.execute("CREATE TABLE theirs (i INTEGER)")
    assert "Nothing was loaded" in call(*command)
