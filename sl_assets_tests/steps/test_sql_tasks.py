"""What a task in SQL may do beside one SELECT: statements of its own, bound parameters, columns that follow or stay."""

import pytest

from sl_assets.project import load_project
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError, transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import SchemaDriftError, StatementError


def build(shop, name="kpi.sales", run="r1"):
    project = shop.project()
    return transform(project, Warehouse.of(project.settings), shop.node(name), Run(run))


@pytest.mark.slow
def test_sql_that_is_not_parsed_is_sent_as_it_is_and_writes_its_table_itself(shop):
    shop.task("orders", "SELECT unnest([1, 2, 3]) AS id")
    script = """
CREATE TABLE IF NOT EXISTS kpi.sales (id INTEGER, run VARCHAR);
DELETE FROM kpi.sales WHERE id IN (SELECT id FROM orders_of_today()); -- ; is no end
INSERT INTO kpi.sales SELECT id, '{{ who }};' FROM kpi.orders WHERE id > $least;
""".replace("IN (SELECT id FROM orders_of_today())", "= $least")
    shop.write("config/env.sl.yml", "version: 1\nenv: {who: me}\n")
    shop.task("sales", script, "parseSQL: false\ndependencies: [kpi.orders]\nparameters: {least: 1}")
    assert [str(key) for key in shop.node("kpi.sales").dependencies] == ["kpi.orders"]
    build(shop, "kpi.orders")
    assert build(shop).rows == 2
    assert build(shop).rows == 4
    assert shop.rows("SELECT DISTINCT id, run FROM kpi.sales ORDER BY 1") == [(2, "me;"), (3, "me;")]
    assert shop.rows("SELECT COUNT, SUCCESS FROM audit.audit WHERE SCHEMA = 'sales'") == [(2, True), (4, True)]


def test_a_statement_that_fails_undoes_those_before_it(shop):
    shop.task(
        "sales", "CREATE TABLE kpi.sales (id INTEGER);\n\nINSERT INTO kpi.sales VALUES ('x')", "parseSQL: false\ndependencies: []"
    )
    with pytest.raises(StatementError, match=r"sales\.sql:3:1 (?s:.*)INSERT INTO kpi\.sales"):
        build(shop)
    assert shop.rows("SELECT * FROM duckdb_tables() WHERE table_name = 'sales'") == []


def test_sql_that_leaves_no_table_is_refused(shop):
    shop.task("sales", "SELECT 1", "parseSQL: false\ndependencies: []")
    with pytest.raises(TransformError, match=r"kpi\.sales is not there after the SQL"):
        build(shop)


def test_a_transaction_cannot_end_in_it(shop):
    shop.task("sales", "CREATE TABLE kpi.sales (id INTEGER); COMMIT", "parseSQL: false\ndependencies: []")
    with pytest.raises(StatementError, match="a transaction can neither begin nor end here"):
        build(shop)


def test_who_does_not_say_what_it_reads_is_warned(shop):
    shop.task("sales", "SELECT 1", "parseSQL: false")
    assert [each.code for each in load_project(shop.root, {}).diagnostics] == ["SL323"]


def test_parameters_are_bound_and_never_pasted(shop):
    hostile = "x'); DROP TABLE kpi.sales; --"
    shop.task(
        "sales",
        "SELECT 1 AS id, 'a' AS label",
        "writeStrategy: {type: APPEND}\n"
        f'parameters: {{label: "{hostile}", many: 3, half: 0.5, sure: true, at: "{{{{ sl_scheduled_date }}}}"}}\n'
        "postsql:\n"
        '  - "INSERT INTO kpi.sales VALUES ($many, $label)"\n'
        '  - "INSERT INTO kpi.sales SELECT 9, typeof($half) || typeof($sure) || typeof($many) || length($at)"',
    )
    build(shop)
    assert shop.rows("SELECT * FROM kpi.sales ORDER BY id") == [(1, "a"), (3, hostile), (9, "DOUBLEBOOLEANINTEGER19")]


def test_a_parameter_that_there_is_not_is_told(shop):
    shop.task("sales", "SELECT 1 AS id", "parameters: {day: 1}\npostsql:\n  - SELECT $dya")
    with pytest.raises(StatementError, match=r"\$dya is no parameter\. Allowed: day"):
        build(shop)


def test_columns_are_added_by_default(shop):
    shop.task("sales", "SELECT 1 AS id, 'x' AS gone", "writeStrategy: {type: APPEND}")
    build(shop)
    shop.task("sales", "SELECT 2 AS id, true AS new", "writeStrategy: {type: APPEND}\nsyncStrategy: ADD")
    assert build(shop).changes.added == ("new",)
    assert shop.rows("SELECT id, gone, new FROM kpi.sales ORDER BY id") == [(1, "x", None), (2, None, True)]


def test_all_drops_what_the_sql_does_not_return_any_more(shop):
    shop.task("sales", "SELECT 1 AS id, 'x' AS gone", "writeStrategy: {type: APPEND}")
    build(shop)
    shop.task("sales", "SELECT 2 AS id, true AS new", "writeStrategy: {type: APPEND}\nsyncStrategy: ALL")
    assert build(shop).changes.sentences == ("Column new was added.", "Column gone was dropped.")
    assert shop.rows("SELECT * FROM kpi.sales ORDER BY id") == [(1, None), (2, True)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["APPEND", "OVERWRITE"])
def test_none_leaves_the_columns_as_they_are(shop, kind):
    extra = f"writeStrategy: {{type: {kind}}}\nsyncStrategy: NONE"
    shop.task("sales", "SELECT 1::BIGINT AS id, 'x' AS label", extra)
    build(shop)
    shop.task("sales", "SELECT 2::SMALLINT AS id", extra)
    build(shop)
    kept = [(2, None)] if kind == "OVERWRITE" else [(1, "x"), (2, None)]
    assert shop.rows("SELECT * FROM kpi.sales ORDER BY id") == kept
    shop.task("sales", "SELECT 3 AS id, true AS new", extra)
    with pytest.raises(SchemaDriftError, match="has no column new in the warehouse, and syncStrategy is NONE"):
        build(shop)
    assert shop.rows("SELECT * FROM kpi.sales ORDER BY id") == kept
