"""Write strategies of a project's own: templates in write-strategies/duckdb/."""

import pytest

from sl_assets.project import load_project
from sl_assets.project.digest import code_version
from sl_assets.project.records import TableKey, WriteStrategy
from sl_assets.project.write_templates import NEUTRAL_VALUES
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.duckdb.strategies import Incoming, template_values
from sl_assets.warehouse.errors import StatementError

COLUMNS = "id: long, stock: long, label: string"
HIGHEST = """{# of each key the row with the highest stock #}
CREATE TEMP TABLE SL_INCOMING AS {{ selectStatement }};

UPDATE {{ tableFullName }} AS SL_EXISTING
{{ tableUpdateSetExpression }}
FROM SL_INCOMING
WHERE {{ strategyKeyJoinCondition }} AND SL_INCOMING.stock > SL_EXISTING.stock; -- nothing; here

INSERT INTO {{ tableFullName }} ({{ tableColumnsCsv }})
SELECT {{ tableIncomingColumnsCsv }}
FROM SL_INCOMING ANTI JOIN {{ tableFullName }} AS SL_EXISTING ON {{ strategyKeyJoinCondition }};
"""
FILES = ["1,10,a\n2,10,b\n", "1,5,c\n3,1,d\n", "2,11,e\n", "3,2,f\nx,y,bad\n"]
RESULT = [(1, 10, "a"), (2, 11, "e"), (3, 2, "f")]


def goods(shop, template=HIGHEST, name="highest", strategy="type: highest, key: [id]", columns=COLUMNS, extra=""):
    shop.write(f"config/write-strategies/duckdb/{name}.j2", template)
    shop.table("goods", columns, f"metadata: {{writeStrategy: {{{strategy}}}}}\n{extra}")


def land(shop, *numbers):
    for number in numbers:
        shop.land(f"goods{number}.csv", f"id,stock,label\n{FILES[number]}", at=number)


def load_goods(shop, run="r1", *, reload=False):
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run), reload=reload)


def rows(shop):
    return shop.rows("SELECT id, stock, label FROM shop.goods ORDER BY ALL")


@pytest.mark.slow
@pytest.mark.parametrize("runs", [[(0, 1, 2, 3)], [(0,), (1,), (2,), (3,)], [(0, 1), (2, 3)]])
def test_files_come_one_after_the_other_whether_in_one_run_or_in_several(shop, runs):
    goods(shop)
    for number, files in enumerate(runs):
        land(shop, *files)
        load_goods(shop, f"r{number}")
    assert rows(shop) == RESULT
    assert shop.rows("SELECT sum(COUNT), sum(COUNTACCEPTED), sum(COUNTREJECTED) FROM audit.files") == [(7, 6, 1)]
    assert shop.rows("SELECT VALUE FROM audit.rejected") == [("x",)]


@pytest.mark.slow
def test_a_table_that_is_loaded_afresh_comes_out_the_same(shop):
    goods(shop)
    land(shop, 0, 1, 2, 3)
    load_goods(shop)
    assert len(load_goods(shop, "r2", reload=True).loaded) == 4
    assert rows(shop) == RESULT


def test_a_template_takes_the_place_of_the_built_in_strategy_of_its_name(shop):
    goods(shop, "INSERT INTO {{ tableFullName }} {{ selectStatement }} WHERE id > 1", "append", "type: APPEND")
    land(shop, 0, 1)
    load_goods(shop)
    assert rows(shop) == [(2, 10, "b"), (3, 1, "d")]


def test_a_template_can_be_one_of_the_strategies_chosen_by_file(shop):
    types = 'types: {append: "fileSize < 25", overwrite: "fileSize >= 25"}'
    goods(shop, "INSERT INTO {{ tableFullName }} {{ selectStatement }} WHERE id > 1", "append", types)
    land(shop, 0, 2)
    load_goods(shop)
    assert rows(shop) == [(1, 10, "a"), (2, 10, "b"), (2, 11, "e")]


@pytest.mark.slow
def test_a_task_is_written_by_a_template(shop):
    goods(shop)
    shop.task("highest", "select id, stock, label from shop.goods", "writeStrategy: {type: HIGHEST, key: [id]}")
    for number in (0, 2):
        land(shop, number)
        load_goods(shop, f"r{number}")
        project = shop.project()
        transform(project, Warehouse.of(project.settings), shop.node("kpi.highest"), Run(f"r{number}"))
    assert shop.rows("SELECT id, stock, label FROM kpi.highest ORDER BY id") == [(1, 10, "a"), (2, 11, "e")]


def test_macros_variables_and_odd_names_are_at_hand(shop):
    shop.write("config/env.sl.yml", 'version: 1\nenv: {floor: "10"}\n')
    shop.write("config/macros/own.j2", "{% macro at_least(column) %}{{ column }} >= {{ floor }}{% endmacro %}")
    template = """
    MERGE INTO {{ tableFullName }} AS SL_EXISTING
    USING (SELECT * FROM ({{ selectStatement }}) WHERE {{ at_least('stock') }} AND stock < {{ ceiling }}) AS SL_INCOMING
    ON {{ renderStrategyKeyJoinCondition('SL_INCOMING', 'SL_EXISTING', strategyKey) }}
    WHEN NOT MATCHED AND NOT ({{ renderStrategyKeyIsNull('SL_INCOMING', strategyKey) }}) THEN {{ tableInsert }}
    """
    shop.write("config/write-strategies/duckdb/new_ones.j2", template)
    attributes = """
    - {name: "no. of goods", type: long}
    - {name: stock, type: long}
    """
    yaml = f"version: 1\ntable:\n  name: goods\n  pattern: goods.*\n  attributes:{attributes}\n"
    yaml += '  metadata: {writeStrategy: {type: NEW_ONES, key: ["no. of goods"]}}\n'
    shop.write("config/load/shop/goods.sl.yml", yaml)
    shop.land("goods1.csv", "no. of goods,stock\n1,5\n2,10\n,11\n3,500\n")
    environ = {"ceiling": "100", "SL_SECRET_OF_NO_USE": "x"}
    project = load_project(shop.root, environ)
    assert [str(each) for each in project.diagnostics] == []
    assert "SL_SECRET_OF_NO_USE" not in project.environment
    load(project, Warehouse.of(project.settings), project.tables[TableKey("shop", "goods")], Run("r1"))
    assert shop.rows("SELECT * FROM shop.goods") == [(2, 10)]


@pytest.mark.slow
def test_sql_that_fails_is_told_with_file_line_and_statement_and_nothing_is_kept(shop):
    goods(shop, HIGHEST.replace("SL_INCOMING.stock >", "SL_INCOMING.stok >"))
    land(shop, 0, 1)
    report = load_goods(shop)
    assert [file.status for file in report.files] == ["failed", "waiting"]
    message = report.failures[0]
    file = shop.root / "config/write-strategies/duckdb/highest.j2"
    assert message.startswith(f"goods0.csv: {file}:4:1  Binder Error: ")
    assert 'does not have a column named "stok"' in message
    assert "Nothing was written." in message
    assert 'as it was sent:\nUPDATE "shop"."goods" AS SL_EXISTING\nSET "id" = SL_INCOMING."id", ' in message
    assert shop.rows("SELECT SUCCESS, COUNTACCEPTED FROM audit.audit") == [(False, 0)]
    assert shop.rows("SELECT * FROM audit.files") == []
    assert shop.rows("SELECT * FROM duckdb_tables() WHERE table_name = 'goods'") == []
    goods(shop)
    load_goods(shop, "r2")
    assert rows(shop) == [(1, 10, "a"), (2, 10, "b"), (3, 1, "d")]


@pytest.mark.slow
def test_a_later_statement_that_fails_undoes_the_earlier_ones(shop):
    goods(shop)
    land(shop, 0)
    load_goods(shop)
    goods(shop, "DELETE FROM {{ tableFullName }};\nINSERT INTO {{ tableFullName }} SELECT 1, error('no'), 'x'")
    land(shop, 1)
    message = load_goods(shop, "r2").failures[0]
    assert "highest.j2:2:1  " in message
    assert rows(shop) == [(1, 10, "a"), (2, 10, "b")]
    assert shop.rows("SELECT count(*) FROM audit.files") == [(1,)]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("COMMIT", "TRANSACTION"),
        ("ROLLBACK", "TRANSACTION"),
        ("BEGIN", "TRANSACTION"),
        ("ATTACH ':memory:' AS other", "ATTACH"),
        ("DETACH sl_warehouse", "DETACH"),
        ("COPY {{ tableFullName }} TO '{{ out }}'", "COPY"),
        ("EXPORT DATABASE '{{ out }}'", "EXPORT"),
        ("USE memory", "SET"),
        ("SET threads = 1", "SET"),
        ("CHECKPOINT", "CALL"),
        ("PREPARE a AS SELECT 1", "PREPARE"),
        ("INSTALL httpfs", "LOAD"),
    ],
)
def test_what_a_rollback_cannot_undo_is_refused(shop, tmp_path, statement, kind):
    out = tmp_path / "out"
    shop.write("config/env.sl.yml", f'version: 1\nenv: {{out: "{out}"}}\n')
    goods(shop, f"INSERT INTO {{{{ tableFullName }}}} {{{{ selectStatement }}}};\n{statement}")
    land(shop, 0)
    message = load_goods(shop).failures[0]
    assert f"highest.j2:2:1  {kind} is not allowed in a write strategy. Allowed: SELECT, INSERT, UPDATE, " in message
    assert shop.rows("SELECT * FROM duckdb_tables() WHERE table_name = 'goods'") == []
    assert not out.exists()


def test_a_template_that_has_no_table_to_write_to_any_more_is_told(shop):
    goods(shop, "DROP TABLE {{ tableFullName }}")
    land(shop, 0)
    assert "goods" in load_goods(shop).failures[0]
    assert shop.rows("SELECT * FROM audit.files") == []


def test_a_template_of_a_task_that_fails_is_recorded(shop):
    goods(shop, "SELECT\n\n  nothing")
    shop.task("latest", "select 1 as id", "writeStrategy: {type: HIGHEST}")
    project = shop.project()
    with pytest.raises(StatementError, match=r"highest\.j2:1:1  Binder Error: "):
        transform(project, Warehouse.of(project.settings), shop.node("kpi.latest"), Run("r1"))
    assert shop.rows("SELECT SUCCESS, STEP FROM audit.audit") == [(False, "TRANSFORM")]


def test_values_of_a_private_table_are_in_no_message(shop):
    goods(shop, "INSERT INTO {{ tableFullName }} SELECT id, CAST(label AS BIGINT), label FROM ({{ selectStatement }})")
    path = shop.root / "config/load/shop/goods.sl.yml"
    path.write_text(path.read_text().replace("{name: id, type: long}", "{name: id, type: long, privacy: MD5}"))
    path.write_text(path.read_text().replace("{name: id, type: long, privacy: MD5}", "{name: id, type: string, privacy: MD5}"))
    shop.land("goods1.csv", "id,stock,label\nsecret,1,secret\n")
    message = load_goods(shop).failures[0]
    assert "secret" not in message
    assert "highest.j2:1:1  " in message


def test_what_a_template_may_name_is_the_same_when_it_is_checked_and_when_it_runs():
    values = template_values(TableKey("a", "b"), Incoming("c", ("d",), "rowid"), WriteStrategy("X"))
    assert values.keys() == NEUTRAL_VALUES.keys()


def test_a_changed_template_is_changed_code(shop):
    goods(shop)
    before = code_version(shop.node("shop.goods"))
    goods(shop, HIGHEST + "\n-- changed")
    assert code_version(shop.node("shop.goods")) != before
