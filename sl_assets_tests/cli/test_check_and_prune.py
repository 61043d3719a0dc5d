"""`sl-assets check` against a warehouse, and `sl-assets prune`."""

import pytest

from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import APPLICATION


@pytest.fixture
def loaded(shop):
    shop.table("goods", "id: long!, price: double")
    shop.land("goods1.csv", "id,price\n1,1.5\nx,2\n")
    project = shop.project()
    load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("run-1"))
    return shop


def age(shop, days):
    with Warehouse.of(shop.project().settings).writer("a test") as connection:
        connection.execute(f"UPDATE audit.files SET LOADED_AT = LOADED_AT - INTERVAL {days} DAY")


def retain(shop, settings):
    shop.write("config/application.sl.yml", f"{APPLICATION}  retention: {{{settings}}}\n")


def lines(result, shop):
    return [line.rstrip() for line in result.output.replace(f"{shop.root}/", "").splitlines()]


def test_check_says_what_it_compared(loaded, invoke):
    result = invoke("check")
    assert lines(result, loaded) == [
        "1 table and 0 transforms in config, 1 loaded file in datasets/warehouse.duckdb: 0 errors, 0 warnings."
    ]
    assert result.exit_code == 0


def test_a_disagreement_with_the_warehouse_is_a_warning_at_its_line(loaded, invoke):
    loaded.table("goods", "id: long!, price: string")
    result = invoke("check")
    told, summary = lines(result, loaded)
    assert told == (
        "config/load/shop/goods.sl.yml:7:7  warning  shop.goods: price is DOUBLE in the warehouse and VARCHAR in the project; "
        "loads are refused. Set the type back, or load the table afresh: "
        "`sl-assets run 'key:\"shop/goods\"' --reload`. [SL407]"
    )
    assert summary.endswith("in datasets/warehouse.duckdb: 0 errors, 1 warning.")
    assert result.exit_code == 0


@pytest.mark.parametrize("option", ["--no-warehouse", "--offline"])
def test_the_warehouse_is_left_alone_when_asked(loaded, invoke, option):
    loaded.table("goods", "id: long!, price: string")
    assert lines(invoke("check", option), loaded) == ["1 table and 0 transforms in config: 0 errors, 0 warnings."]


def test_a_project_with_errors_is_not_compared_and_that_is_said(loaded, invoke):
    loaded.table("goods", "id: lnog!")
    result = invoke("check")
    assert lines(result, loaded)[1:] == [
        "Not compared with the warehouse: first the errors have to be corrected.",
        "1 table and 0 transforms in config: 1 error, 0 warnings.",
    ]
    assert result.exit_code == 2


def test_a_file_that_is_no_database_is_said_in_one_line(loaded, invoke):
    loaded.write("datasets/warehouse.duckdb", "not a database, but long enough to have a header" * 400)
    told, summary = lines(invoke("check"), loaded)
    assert told.startswith("Not compared with the warehouse: datasets/warehouse.duckdb cannot be opened: ")
    assert summary.endswith("config: 0 errors, 0 warnings.")


@pytest.mark.slow
def test_prune_tells_what_it_removed(loaded, invoke):
    retain(loaded, "archive: 90d")
    age(loaded, 91)
    dry = invoke("prune", "--dry-run")
    assert lines(dry, loaded) == [
        "what     of          would be removed",
        "archive  shop.goods  1 file, 19 B",
        "Nothing was removed.",
    ]
    assert loaded.files("archive") == ["goods1.csv"]
    done = invoke("prune", "SHOP.goods")
    assert lines(done, loaded) == [
        "what     of          removed",
        "archive  shop.goods  1 file, 19 B",
    ]
    assert loaded.files("archive") == []
    assert invoke("prune").output == "Nothing is older than retention allows.\n"


def test_without_a_retention_everything_is_kept_and_that_is_said(loaded, invoke):
    age(loaded, 10_000)
    result = invoke("prune")
    assert (result.exit_code, result.output) == (0, "No retention is set: everything is kept.\n")
    assert loaded.files("archive") == ["goods1.csv"]


def test_a_name_that_is_none_is_refused_with_the_likely_one(loaded, invoke):
    result = invoke("prune", "shop.gods")
    assert result.exit_code == 2
    assert 'There is no domain or table shop.gods. Did you mean "shop.goods"?' in result.output


@pytest.mark.slow
def test_what_cannot_be_removed_ends_with_one(loaded, invoke, monkeypatch):
    retain(loaded, "archive: 90d")
    age(loaded, 91)
    monkeypatch.setattr("sl_assets.steps.retention._remove", lambda path: f"{path}: Permission denied")
    result = invoke("prune")
    assert result.exit_code == 1
    assert "Not removed: datasets/archive/shop/goods1.csv: Permission denied" in lines(result, loaded)


def test_before_anything_was_loaded_that_is_said(shop, invoke):
    result = invoke("prune")
    assert result.exit_code == 1
    assert "There is no warehouse at" in result.output
