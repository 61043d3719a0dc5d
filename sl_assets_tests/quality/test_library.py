"""The library of expectation macros: each with a table of which it holds and one of which it does not."""

import duckdb
import pytest

from sl_assets.project import compile_expectation, load_project
from sl_assets.project.library import library_macros
from sl_assets.project.quality import Expectation
from sl_assets.project.records import TableKey
from sl_assets.sql.counted import counted_rows

HOLDS = """
CREATE TABLE shop.holds AS SELECT * FROM (VALUES
    (1, 'a@x.org', 'Ann', 'FR', 'EUR', 10.0, 40, 60, 'ART-1', '2026-01-01', '{}', NULL, 1, 2),
    (2, 'b@x.org', 'Bob', 'FR', 'EUR', 11.0, 30, 70, 'ART-2', '2026-01-02', '[1]', NULL, 3, 4),
    (3, 'c@x.org', 'Cyd', 'DE', 'EUR', 12.0, 20, 80, 'ING-3', '2026-01-03', 'null', NULL, 5, 6),
    (4, 'd@x.org', 'Dan', 'CH', 'CHF', 13.0, 10, 90, 'ING-4', '2026-01-04', '"x"', NULL, 7, 8)
) AS t(id, email, name, country, currency, price, a, b, sku, day, payload, nothing, low, high)
"""
BREAKS = """
CREATE TABLE shop.breaks AS SELECT * FROM (VALUES
    (1, NULL,      'Ann',   'FR', 'EUR', 1000.0, 40, 50, 'X-1',   '2026-01-04', '{',  1,    2, 1),
    (1, 'b',       ' ',     'FR', 'CHF', -1.0,   30, 70, 'ART-2', 'never',      '[]', NULL, 3, 4),
    (3, 'b',       'B0b',   'XX', 'EUR', 12.0,   20, 80, 'X-3',   '2026-01-02', '{}', NULL, 9, 9)
) AS t(id, email, name, country, currency, price, a, b, sku, day, payload, nothing, low, high)
"""
NAMES = "['id', 'email', 'name', 'country', 'currency', 'price', 'a', 'b', 'sku', 'day', 'payload', 'nothing', 'low', 'high']"

# the arguments behind the table, and what it finds in the table that breaks it
CASES = {
    "expect_column_values_to_not_be_null": ("'email'", 1),
    "expect_column_values_to_be_null": ("'nothing'", 1),
    "expect_column_values_to_not_be_blank": ("'name'", 1),
    "expect_column_proportion_of_non_null_values_to_be_between": ("'email', 0.7, 1", 1),
    "expect_any_column_to_not_be_null": ("['email', 'nullif(id, 1)']", 1),
    "expect_compound_columns_to_not_be_null": ("['id', 'email']", 1),
    "expect_column_values_to_not_be_null_where": ("'email', 'id > 0'", 1),
    "expect_column_values_to_be_in_set": ("'country', ['FR', 'DE', 'CH']", 1),
    "expect_column_values_to_not_be_in_set": ("'country', ['XX', \"it's\"]", 1),
    "expect_column_value_lengths_to_be_between": ("'name', 2, 3", 1),
    "expect_column_value_lengths_to_equal": ("'sku', 5", 2),
    "expect_column_values_to_match_like_pattern": ("'email', '%@%'", 2),
    "expect_column_values_to_not_match_like_pattern": ("'sku', 'X-%'", 2),
    "expect_column_values_to_match_like_pattern_list": ("'sku', ['ART-%', 'ING-%']", 2),
    "expect_column_values_to_not_match_like_pattern_list": ("'sku', ['X-1', 'X-3']", 2),
    "expect_column_values_to_match_regex": ("'sku', '^[A-Z]{3}-[0-9]$'", 2),
    "expect_column_values_to_not_match_regex": ("'name', '[0-9]'", 1),
    "expect_column_values_to_match_regex_list": ("'sku', ['^A', '^I']", 2),
    "expect_column_values_to_not_match_regex_list": ("'sku', ['^X-1', '^X-3']", 2),
    "expect_column_values_to_match_strftime_format": ("'day', '%Y-%m-%d'", 1),
    "expect_column_values_to_be_dateutil_parseable": ("'day'", 1),
    "expect_column_values_to_be_json_parseable": ("'payload'", 1),
    "expect_column_pair_values_to_be_equal": ("'high - low', '1'", 2),
    "expect_column_pair_values_a_to_be_greater_than_b": ("'high', 'low'", 2),
    "expect_column_pair_values_to_be_in_set": ("'country', 'currency', [['FR', 'EUR'], ['DE', 'EUR'], ['CH', 'CHF']]", 2),
    "expect_column_values_to_exist_in_other_table": ("'country', 'shop.countries', 'country'", 1),
    "expect_condition_to_be_true": ("'length(email) > 2'", 3),
    "unexpected_rows_expectation": ("'select * from sl_this where price < 0'", 1),
    "expect_query_results_to_match_comparison": (
        "'select distinct country from sl_this', 'select country from shop.countries'",
        3,
    ),
    "expect_table_row_count_to_be_between": ("4, 5", 1),
    "expect_table_row_count_to_equal": ("4", 1),
    "expect_table_row_count_to_equal_other_table": ("'shop.four'", 1),
    "expect_table_to_not_be_empty": ("", 1),
    "expect_group_row_count_to_be_between": ("'id', 1, 1", 1),
    "expect_column_values_to_be_unique": ("'id'", 1),
    "expect_compound_columns_to_be_unique": ("['id', 'country']", 1),
    "expect_multicolumn_values_to_be_unique": ("['id', 'country']", 1),
    "expect_select_column_values_to_be_unique_within_record": ("['low', 'high']", 1),
    "expect_column_unique_value_count_to_be_between": ("'id', 4, 4", 1),
    "expect_column_proportion_of_unique_values_to_be_between": ("'email', 0.9, 1", 1),
    "expect_column_distinct_values_to_be_in_set": ("'country', ['FR', 'DE', 'CH']", 1),
    "expect_column_distinct_values_to_contain_set": ("'country', ['FR', 'DE']", 1),
    "expect_column_distinct_values_to_equal_set": ("'country', ['FR', 'DE', 'CH']", 3),
    "expect_column_most_common_value_to_be_in_set": ("'coalesce(email, country)', ['a@x.org']", 1),
    "expect_column_values_to_be_between": ("'price', 0, 100", 2),
    "expect_column_values_to_be_positive": ("'price'", 1),
    "expect_column_values_to_not_be_negative": ("'price'", 1),
    "expect_column_min_to_be_between": ("'price', 0", 1),
    "expect_column_max_to_be_between": ("'price', none, 100", 1),
    "expect_column_mean_to_be_between": ("'price', 11, 12", 1),
    "expect_column_median_to_be_between": ("'price', 11.4, 11.6", 1),
    "expect_column_stdev_to_be_between": ("'price', 1, 2", 1),
    "expect_column_variance_to_be_between": ("'price', 1, 2", 1),
    "expect_column_sum_to_be_between": ("'price', 46, 46", 1),
    "expect_column_sum_to_equal_other_table": ("'price', 'shop.four', 'price'", 1),
    "expect_column_quantile_values_to_be_between": ("'price', [0, 0.5, 1], [[9, 11], [11, 12], [12, 13]]", 2),
    "expect_column_value_z_scores_to_be_less_than": ("'price', 1.17", 0),
    "expect_column_kl_divergence_to_be_less_than": ("'country', ['FR', 'DE', 'CH'], [0.5, 0.25, 0.25], 0.01", 1),
    "expect_multicolumn_sum_to_equal": ("['a', 'b'], 100", 1),
    "expect_column_values_to_be_increasing": ("'price', 'a desc'", 0),
    "expect_column_values_to_be_decreasing": ("'a', 'id'", 0),
    "expect_column_max_to_be_recent": ("'day', 40000", 1),
    "expect_column_to_exist": ("'Email', 1", 1),
    "expect_column_values_to_be_of_type": ("'price', 'decimal(3,1)'", 1),
    "expect_column_values_to_be_in_type_list": ("'price', ['DOUBLE', 'DECIMAL(3,1)']", 1),
    "expect_table_column_count_to_be_between": ("14, 15", 1),
    "expect_table_column_count_to_equal": ("14", 1),
    "expect_table_column_count_to_equal_other_table": ("'shop.holds'", 1),
    "expect_table_columns_to_match_ordered_list": (NAMES, 1),
    "expect_table_columns_to_match_set": (f"{NAMES}, exact_match=true", 1),
}
OTHER_TABLE = {  # what only another table can break
    "expect_table_to_not_be_empty": "shop.empty",
    "expect_column_value_z_scores_to_be_less_than": "shop.far",
    "expect_column_values_to_be_increasing": "shop.up_and_down",
    "expect_column_values_to_be_decreasing": "shop.up_and_down",
    "expect_column_max_to_be_recent": "shop.old",
    "expect_column_to_exist": "shop.narrow",
    "expect_column_values_to_be_of_type": "shop.narrow",
    "expect_column_values_to_be_in_type_list": "shop.narrow",
    "expect_table_column_count_to_be_between": "shop.narrow",
    "expect_table_column_count_to_equal": "shop.narrow",
    "expect_table_column_count_to_equal_other_table": "shop.narrow",
    "expect_table_columns_to_match_ordered_list": "shop.narrow",
    "expect_table_columns_to_match_set": "shop.narrow",
}
FOUND_THERE = {
    "expect_column_value_z_scores_to_be_less_than": 1,
    "expect_column_values_to_be_increasing": 1,
    "expect_column_values_to_be_decreasing": 2,
    "expect_table_columns_to_match_set": 13,
}


@pytest.fixture(scope="module")
def warehouse():
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA shop; {HOLDS}; {BREAKS}")
        connection.execute("CREATE TABLE shop.four AS FROM shop.holds; CREATE TABLE shop.empty AS FROM shop.holds LIMIT 0")
        connection.execute("CREATE TABLE shop.narrow AS SELECT 'one' AS price")
        connection.execute("CREATE TABLE shop.countries AS SELECT unnest(['FR', 'DE', 'CH']) AS country")
        connection.execute("CREATE TABLE shop.old AS SELECT DATE '1900-01-01' AS day")
        connection.execute("CREATE TABLE shop.far AS SELECT unnest([1, 1, 1, 1, 1, 1, 1, 1, 99]) AS price")
        connection.execute("CREATE TABLE shop.up_and_down AS FROM (VALUES (1, 5.0, 1), (2, 4.0, 2), (3, 4.5, 3)) t(id, price, a)")
        connection.execute("ALTER TABLE shop.holds ALTER day TYPE VARCHAR")
        yield connection


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    (root / "metadata").mkdir()
    (root / "metadata/application.sl.yml").write_text("version: 1\napplication: {name: test}\n")
    return load_project(root, {})


def found(project, warehouse, name, arguments, table, this="sl_this"):
    call = f"{name}({', '.join(part for part in (this, arguments) if part)})"
    sql = compile_expectation(project, TableKey(*table.split(".")), Expectation(call, fail_on_error=True))
    ((value,),) = warehouse.execute(sql).fetchall()
    rows = counted_rows(sql)
    if rows is not None and value:
        assert len(warehouse.execute(rows).fetchall()) == value
    return value


def test_every_macro_has_a_case():
    assert CASES.keys() == library_macros().keys()


@pytest.mark.parametrize("name", CASES)
def test_a_macro_holds_of_what_is_right_and_not_of_what_is_wrong(project, warehouse, name):
    arguments, wrong = CASES[name]
    assert found(project, warehouse, name, arguments, "shop.holds") == 0
    table = OTHER_TABLE.get(name, "shop.breaks")
    expected = FOUND_THERE.get(name, wrong if table == "shop.breaks" else 1)
    assert expected > 0
    assert found(project, warehouse, name, arguments, table, this="'sl_this'") == expected


@pytest.mark.parametrize(
    "name", [name for name in CASES if not name.startswith(("expect_table", "expect_column_to", "unexpected"))]
)
def test_a_table_without_rows_is_judged_by_a_stated_policy(project, warehouse, name):
    """What each row or each value must be holds where there is none; a number made of all rows is none, and does not hold."""
    of_all = (
        "proportion",
        "min_to",
        "max_to",
        "mean",
        "median",
        "stdev",
        "variance",
        "sum_to_be",
        "unique_value_count",
        "most_common",
    )
    of_all += ("kl_divergence", "quantile", "query_results", "contain_set", "equal_set", "sum_to_equal_other")
    schema = name in ("expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list")
    value = found(project, warehouse, name, CASES[name][0], "shop.empty")
    assert schema or bool(value) == any(part in name for part in of_all)


def test_every_example_of_the_library_can_be_rendered(project):
    for macro in library_macros().values():
        assert macro.about.endswith(".")
        assert macro.example.startswith(f"{macro.name}(sl_this")
        sql = compile_expectation(project, TableKey("shop", "goods"), Expectation(macro.example, fail_on_error=True))
        assert sql.startswith("select ")


def test_a_macro_of_the_project_wins_and_may_call_the_library(shop, run):
    own = (
        "{% macro expect_table_to_not_be_empty(table_name) %}select 0{% endmacro %}"
        "{% macro good_price(column) %}{{ expect_column_values_to_be_between('sl_this', column, 1, 9) }}{% endmacro %}"
    )
    shop.write("config/expectations/own.j2", own)
    shop.table(
        "goods", "id: long!", 'expectations:\n  - expect: "good_price(\'id\')"\n  - expect: "expect_table_to_not_be_empty(x)"'
    )
    project, table = shop.project(), shop.node("shop.goods")
    first, second = (compile_expectation(project, table.key, each) for each in table.expectations)
    assert first.startswith('select count(*) from "shop"."goods" where id is not null')
    assert second == "select 0"
