"""The bundled project against its sample data, without the engine: does what is written there fit together?"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sl_assets_tests.bundled.test_sample_data import CHECKED_IN, SAMPLE_DATA
from sl_assets_tests.projects import naive

CONFIG = SAMPLE_DATA.parent / "config"
ROOTS = {"application", "env", "types", "load", "table", "transform", "task", "dag"}
PROJECT = naive.read_project(CONFIG)
NODES = {**PROJECT.tables, **PROJECT.tasks}
pytestmark = pytest.mark.xdist_group("bakery by hand")  # loaded once
YAML_FILES = [str(file.relative_to(CONFIG)) for file in sorted(CONFIG.rglob("*.sl.yml"))]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[naive.Refusal]]]:
    with duckdb.connect() as connection:
        refusals = naive.load(connection, PROJECT, CHECKED_IN, tmp_path_factory.mktemp("naive"))
        naive.transform(connection, PROJECT)
        yield connection, refusals


@pytest.fixture
def warehouse(loaded: tuple[duckdb.DuckDBPyConnection, list[naive.Refusal]]) -> duckdb.DuckDBPyConnection:
    return loaded[0]


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    rows = connection.execute(sql).fetchall()
    assert len(rows) == 1
    return rows[0][0] if len(rows[0]) == 1 else rows[0]


def with_nested(attributes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in attributes:
        yield each
        yield from with_nested(each.get("attributes", []))


@pytest.mark.parametrize("name", YAML_FILES)
def test_every_file_has_its_version_and_one_root_key(name: str) -> None:
    document = naive.read_yaml(CONFIG / name, PROJECT.variables)
    assert document.pop("version") == "1"
    assert len(document) == 1
    assert document.keys() <= ROOTS


@pytest.mark.parametrize("key", NODES)
def test_every_table_and_attribute_is_explained(key: str) -> None:
    node = NODES[key]
    assert node["comment"]
    assert [each["name"] for each in with_nested(node["attributes"]) if not each.get("comment")] == []


@pytest.mark.parametrize("key", NODES)
def test_every_table_has_an_owner_that_dagster_accepts(key: str) -> None:
    assert NODES[key]["owners"]
    assert all(re.fullmatch(r"team:[a-z]+|[a-z]+@bakery\.example", owner) for owner in NODES[key]["owners"])


def test_the_account_numbers_are_all_that_is_private() -> None:
    attributes = [(key, each) for key, table in PROJECT.tables.items() for each in with_nested(table["attributes"])]
    private = [(key, each["name"], each["privacy"]) for key, each in attributes if "privacy" in each]
    assert private == [("starbake.statement_lines", "iban", "SHA256")]


def test_every_sample_of_a_type_fits_it() -> None:
    types = naive.read_yaml(CONFIG / "types" / "types.sl.yml", PROJECT.variables)["types"]
    assert [each["name"] for each in types if not naive.fits(PROJECT.types[each["name"]], each["sample"])] == []


@pytest.mark.parametrize(
    ("kind", "text"), [("money", "-1.30"), ("weight", "25,5"), ("compact_date", "20261131"), ("booking_kind", "SUPP")]
)
def test_what_is_nearly_of_a_type_does_not_fit_it(kind: str, text: str) -> None:
    assert not naive.fits(PROJECT.types[kind], text)


@pytest.mark.slow
def test_the_rows_refused_are_the_ones_that_are_listed(loaded: tuple[Any, list[naive.Refusal]]) -> None:
    text = (SAMPLE_DATA / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| (\S+\.\w+) \| (\d+) \| (\S+) \| (\w+) \|", text, flags=re.MULTILINE)
    assert len(listed) == 20
    assert sorted(loaded[1]) == sorted(naive.Refusal(file, int(line), *rest) for file, line, *rest in listed)


@pytest.mark.parametrize("key", PROJECT.tasks)
def test_a_task_gives_the_columns_that_its_yaml_promises(key: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    promised = [(each["name"], naive.column_type(PROJECT, each)) for each in PROJECT.tasks[key]["attributes"]]
    found = [row[:2] for row in warehouse.execute(f"DESCRIBE {key}").fetchall()]
    same = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
    assert found == [(name, same.get(kind, kind)) for name, kind in promised]


@pytest.mark.parametrize("key", PROJECT.tasks)
def test_a_task_has_rows(key: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, f"SELECT count(*) FROM {key}") > 0


@pytest.mark.parametrize(
    ("key", "expect"), [(key, each["expect"]) for key, node in NODES.items() for each in node["expectations"] if "expect" in each]
)
def test_an_expectation_holds(key: str, expect: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, naive.expectation_sql(PROJECT, key, expect)) == 0


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ("is_col_value_not_unique('id')", 1),
        ("expect_compound_columns_to_be_unique('checked', ['id', 'amount'])", 1),
        ("is_col_value_null('amount')", 1),
        ("expect_column_values_to_be_between('checked', 'amount', 0, 5)", 1),
        ("is_condition_not_met('amount < 5')", 2),
        ("is_col_value_unknown('id', 'other', 'id')", 2),
        ("is_sum_different('amount', 'other', 'amount')", 1),
        ("expect_table_to_not_be_empty('checked')", 0),
    ],
)
def test_a_macro_counts_what_is_wrong(expect: str, wrong: int) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE checked AS SELECT * FROM (VALUES (1, 1), (1, 1), (2, NULL), (3, 9)) AS t(id, amount)")
        connection.execute("CREATE TABLE other AS SELECT 1 AS id, 10 AS amount")
        assert one(connection, naive.expectation_sql(PROJECT, "checked", expect)) == wrong


def test_an_empty_table_is_found_out() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE checked (id INTEGER)")
        assert one(connection, naive.expectation_sql(PROJECT, "checked", "expect_table_to_not_be_empty('checked')")) == 1


def test_the_segments_are_three_tasks_behind_the_orders() -> None:
    chain = [
        "crm.customer_segments",
        "crm.customer_lifetime_value",
        "crm.customer_orders",
        "sales.order_lines",
        "starbake.orders",
    ]
    assert all(read in naive.reads(PROJECT, reader) for reader, read in pairwise(chain))


def test_one_day_of_revenue_is_the_same_alone_and_among_all(warehouse: duckdb.DuckDBPyConnection) -> None:
    sql = naive.task_sql(PROJECT, "sales.daily_revenue", "2026-11-07 00:00:00", "2026-11-08 00:00:00")
    alone = warehouse.execute(sql).fetchall()
    assert alone == warehouse.execute("FROM sales.daily_revenue WHERE day = '2026-11-07'").fetchall()
    assert len(alone) == 1


def test_the_reports_are_plausible(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, "SELECT count(*), count(DISTINCT week) FROM sales.weekly_report") == (3, 3)
    assert (
        one(warehouse, "SELECT name FROM sales.top_sellers WHERE rank = 1 ORDER BY month DESC LIMIT 1")
        == "Ham and butter sandwich"
    )
    assert one(warehouse, "SELECT count(DISTINCT segment) FROM crm.customer_segments") == 4
    assert one(warehouse, "SELECT min(margin_rate) > 0.3 AND max(margin_rate) < 1 FROM sales.product_profitability")
    assert one(warehouse, "SELECT sum(loss) BETWEEN 50 AND 300 AND max(loss_rate) < 0.2 FROM purchasing.stock_losses")
    assert one(warehouse, "SELECT count(*), count(paid_on), max(days_to_pay) FROM purchasing.supplier_invoices") == (15, 11, 6)
    assert one(warehouse, "SELECT 5 < avg(average_basket) AND avg(average_basket) < 9 FROM sales.daily_revenue")


def test_a_customer_who_moved_has_the_new_address(warehouse: duckdb.DuckDBPyConnection) -> None:
    last = (CHECKED_IN / "customers_20261108.csv").read_text("utf-8").splitlines()[1].split(",")
    assert one(warehouse, f"SELECT postcode FROM starbake.customers WHERE customer_id = {int(last[0])}") == last[-4]


def test_every_value_of_the_environment_is_used() -> None:
    sql = "".join(file.read_text("utf-8") for file in Path(CONFIG).rglob("*.sql"))
    environment = naive.read_yaml(CONFIG / "env.sl.yml", {})["env"]
    assert [name for name in environment if f"{{{{ {name} }}}}" not in sql] == []
