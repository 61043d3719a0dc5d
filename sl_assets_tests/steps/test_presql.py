"""`presql` and `postsql`: rendered, in the transaction of the rows, told by their place when they fail."""

from datetime import UTC, datetime

import pytest

from sl_assets.project.records import TableKey
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import StatementError

GOODS = "id,label\n1,a\n2,b\n"
AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def goods(shop, extra=""):
    shop.table("goods", "id: long!, label: string", extra)
    shop.land("goods1.csv", GOODS)


def load_goods(shop, run="r1"):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run, AT))


def build(shop, name, run="r1"):
    project = shop.project()
    return transform(project, Warehouse.of(project.settings), shop.node(f"kpi.{name}"), Run(run, AT))


def test_the_table_is_there_before_presql_and_filled_before_postsql(shop):
    goods(
        shop,
        "presql:\n  - create table marks as select 'pre' as moment, count(*) as n from shop.goods\n"
        "postsql:\n  - |\n    insert into marks select 'post; ''', count(*) from shop.goods;\n"
        "    -- and\n    delete from shop.goods where id = 1",
    )
    load_goods(shop)
    assert shop.rows("SELECT moment, n FROM marks ORDER BY ALL") == [("post; '", 2), ("pre", 0)]
    assert shop.rows("SELECT id FROM shop.goods") == [(2,)]


def test_the_variables_of_the_project_and_the_run_are_rendered(shop):
    shop.write("config/env.sl.yml", 'version: 1\nenv: {who: "we"}\n')
    shop.write("config/macros/own.j2", "{% macro mark(what) %}create table {{ what }} as select{% endmacro %}")
    shop.task(
        "marks",
        "-- SL_PRESQL\n{{ mark('pre') }} '{{ who }}' as who, '{{ sl_scheduled_date }}' as moment;\n"
        "{% for name in ['a', 'b'] %}insert into pre values ('{{ name }}', '${who}');\n{% endfor %}\n"
        "-- SL_SQL\nselect * from pre\n-- SL_POSTSQL\nupdate pre set moment = ''",
        "postsql: [\"insert into pre values ('{{ who }}', 'late')\"]",
    )
    build(shop, "marks")
    expected = [("a", "we"), ("b", "we"), ("we", "2024-05-06 07:08:09")]
    assert shop.rows("SELECT * FROM kpi.marks ORDER BY ALL") == expected
    assert shop.rows("SELECT * FROM pre ORDER BY ALL") == [("a", ""), ("b", ""), ("we", ""), ("we", "late")]


def test_what_fails_in_postsql_of_a_load_undoes_the_load_and_names_its_place(shop):
    goods(shop, "presql:\n  - create table marks as select 1 as i\npostsql:\n  - select 1\n  - delete from gods")
    (message,) = load_goods(shop).failures
    path = shop.root / "config/load/shop/goods.sl.yml"
    assert message.startswith(f"goods1.csv: {path}:12:7  Catalog Error: Table with name gods does not exist!")
    assert message.endswith("Nothing was written.\n\nas it was sent:\ndelete from gods")
    assert shop.rows("SELECT table_name FROM duckdb_tables() WHERE table_name IN ('goods', 'marks')") == []
    assert shop.rows("SELECT count(*) FROM audit.files") == [(0,)]
    assert shop.rows("SELECT SUCCESS FROM audit.audit") == [(False,)]


def test_what_fails_in_a_section_of_a_task_is_told_by_the_line_of_its_file(shop):
    shop.task("latest", "-- SL_PRESQL\nselect 1;\n\nselect\n  nothing;\n-- SL_SQL\nselect 1 as id")
    file = shop.root / "config/transform/kpi/latest.sql"
    with pytest.raises(StatementError) as raised:
        build(shop, "latest")
    assert str(raised.value).startswith(f"{file}:4:1  Binder Error: ")
    assert str(raised.value).endswith("as it was sent:\nselect\n  nothing")
    assert shop.rows("SELECT SUCCESS, STEP FROM audit.audit") == [(False, "TRANSFORM")]


@pytest.mark.parametrize("statement", ["COMMIT", "rollback", "BEGIN TRANSACTION", "select 1; abort"])
@pytest.mark.parametrize("key", ["presql", "postsql"])
def test_the_transaction_is_not_theirs(shop, statement, key):
    goods(shop, f"{key}: ['{statement}']")
    (message,) = load_goods(shop).failures
    assert "a transaction can neither begin nor end here: the rows, the audit and the ledger commit together. Hint: " in message
    assert shop.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'goods'") == [(0,)]


@pytest.mark.slow
def test_presql_of_a_task_meets_its_table_on_the_first_run_already(shop):
    goods(shop)
    load_goods(shop)
    shop.task(
        "all", "select id, label from shop.goods", "presql: [delete from kpi.all where id = 1]\nwriteStrategy: {type: APPEND}"
    )
    for run in ("r1", "r2"):
        build(shop, "all", run)
    assert shop.rows("SELECT id FROM kpi.all ORDER BY id") == [(1,), (2,), (2,)]


def test_presql_may_change_rows_of_a_table_that_gets_a_wider_column_and_a_new_one(shop):
    strategy = "presql: [delete from kpi.latest where id = 1]\nwriteStrategy: {type: UPSERT_BY_KEY, key: [id]}"
    shop.task("latest", "select unnest([1::integer, 2::integer]) as id", strategy)
    build(shop, "latest")
    shop.task("latest", "select 3000000000 as id, 'x' as label", strategy)
    report = build(shop, "latest", "r2")
    assert [str(each) for each in report.changes.widened] == ["id: INTEGER -> BIGINT"]
    assert report.changes.added == ("label",)
    assert shop.rows("SELECT id, label FROM kpi.latest ORDER BY id") == [(2, None), (3000000000, "x")]


def test_what_presql_sets_for_all_of_duckdb_ends_with_its_task(shop):
    """The tasks of a run share one DuckDB, those with statements of their own do not."""
    attach = "presql: [\"SET default_null_order = 'nulls_first'\", \"ATTACH ':memory:' AS other\"]"
    shop.task("first", "SELECT unnest([1, NULL]) AS i")
    shop.task("second", "SELECT list(i ORDER BY i) AS i FROM kpi.first", f"{attach}\nwriteStrategy: {{type: OVERWRITE}}")
    shop.task("third", "SELECT list(i ORDER BY i) AS i FROM kpi.first")
    project = shop.project()
    with Warehouse.of(project.settings).kept() as warehouse:
        for name in ("first", "second", "third", "second"):
            transform(project, warehouse, project.tasks[TableKey("kpi", name)], Run("r"))
    assert shop.rows("SELECT i FROM kpi.second") == [([None, 1],)]
    assert shop.rows("SELECT i FROM kpi.third") == [([1, None],)]


def test_sql_may_read_what_only_presql_makes(shop):
    shop.task(
        "marks", "select * from made", "presql: [create or replace table made as select 7 as i]\nwriteStrategy: {type: APPEND}"
    )
    build(shop, "marks")
    assert shop.rows("SELECT i FROM kpi.marks") == [(7,)]
