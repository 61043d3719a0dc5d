"""SQL that fails when it runs: the line that failed is marked, and told by the file it was written in."""

import pytest

from sl_assets.steps.failing_line import failing_line, numbered
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError, transform
from sl_assets.warehouse.duckdb.connect import Warehouse

SQL = """-- what goes wrong is in the line that casts
{% if true %}
-- a comment
{% endif %}
select
    label,
    label::integer as number
from (values ('one')) as goods(label)
"""


def failure(shop, name="numbers"):
    project = shop.project()
    with pytest.raises(TransformError) as raised:
        transform(project, Warehouse.of(project.settings), shop.node(f"kpi.{name}"), Run("r1"))
    return str(raised.value)


@pytest.mark.parametrize("strategy", ["OVERWRITE", "APPEND"])
def test_the_line_that_failed_is_marked_and_is_that_of_the_file(shop, strategy):
    shop.task("numbers", SQL, f"writeStrategy: {{type: {strategy}}}")
    told = failure(shop)
    assert told.startswith("Conversion Error: Could not convert string 'one' to INT32")
    place = f"{shop.root}/config/transform/kpi/numbers.sql:7:1, as it was sent:\n"
    assert told.partition(place)[2].splitlines() == [
        "  1 | select",
        "  2 |     label,",
        "> 3 |     label::integer as number",
        "  4 | from (values ('one')) as goods(label)",
    ]


def test_sql_within_yaml_is_told_by_its_block(shop):
    shop.write(
        "config/transform/kpi/numbers.sl.yml",
        "version: 1\ntask:\n  writeStrategy: {type: OVERWRITE}\n  sql: |\n    select\n      'one'::integer as number\n",
    )
    told = failure(shop)
    assert "/config/transform/kpi/numbers.sl.yml:" in told
    assert ">" in told.splitlines()[-1]


def test_of_a_long_query_the_lines_around_are_shown():
    sql = "\n".join(f"line {number}" for number in range(1, 101))
    shown = numbered(sql, 50).splitlines()
    assert (shown[0], shown[1], shown[-1]) == ("  ...", "  38 | line 38", "  ...")
    assert "> 50 | line 50" in shown


def test_without_a_line_all_of_it_is_shown_as_it_is():
    assert failing_line("Catalog Error: Table with name x does not exist!") is None
    assert numbered("select 1", None) == "select 1"
    assert numbered("select 1", 9) == "select 1"


def test_a_table_that_was_not_made_yet_is_told_and_how_it_is_made(shop):
    shop.table("goods", "id: long")
    shop.task("numbers", "select g.id from shop.goods g join erp.rates r on r.id = g.id")
    told = failure(shop)
    assert "Not in the warehouse: shop.goods, erp.rates." in told
    assert told.endswith("Hint: sl-assets run '+key:\"kpi/numbers\"' makes what it reads first.")
    shop.task("numbers", "select id from erp.rates")
    assert failure(shop).endswith("Not in the warehouse: erp.rates.")
    shop.task("numbers", "select no_such_function(1) as id")
    assert "Not in the warehouse" not in failure(shop)
