"""A script that fails on a value is told as that, not as a broken file."""

import pytest

from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse

TABLE = """
version: 1
table:
  name: goods
  pattern: goods.*
  metadata: {format: FORMAT}
  attributes:
    - {name: id, type: long}
    - {name: label, type: string}
    - {name: number, type: long, script: "CAST(label AS BIGINT)"}
"""


@pytest.mark.parametrize(("form", "content"), [("DSV", "id,label\n1,2\n2,x\n"), ("JSON", '{"id": 1, "label": "x"}\n')])
def test_a_script_that_fails_is_named_as_the_reason(shop, form, content):
    shop.write("config/load/shop/goods.sl.yml", TABLE.replace("FORMAT", form))
    shop.land("goods1.txt", content)
    project = shop.project()
    report = load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("r1"))
    (failure,) = report.failures
    assert failure.startswith("goods1.txt: a script, filter or privacy expression of the table fails on it: Conversion Error")
    assert shop.files("stage") == ["goods1.txt"]
