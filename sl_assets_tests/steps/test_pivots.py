"""A PIVOT whose columns are values in the data: DuckDB makes several statements of it, and tells no number of rows."""

import pytest

from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse

PIVOT = "PIVOT (VALUES (1, 'open', 5), (1, 'paid', 6), (2, 'paid', 7)) AS orders(id, status, amount) ON status USING sum(amount)"
ROWS = [(1, 5, 6), (2, None, 7)]


def build(shop, name="kpi.sales"):
    project = shop.project()
    return transform(project, Warehouse.of(project.settings), shop.node(name), Run("r1"))


@pytest.mark.parametrize(
    "extra",
    [
        "writeStrategy: {type: OVERWRITE}",
        "writeStrategy: {type: UPSERT_BY_KEY, key: [id]}",
        "sink: {format: PARQUET}",
        "sink: {format: CSV}",
        "sink: {format: PARQUET, partition: [id]}",
        "expectations: [{name: positive, row: paid > 0, action: quarantine}]",
    ],
)
def test_its_rows_are_there_and_counted_wherever_they_are_written_to(shop, extra):
    shop.task("sales", PIVOT, extra)
    assert build(shop).written == 2
    assert shop.rows("SELECT id, open::INT, paid::INT FROM kpi.sales ORDER BY id") == ROWS
    assert shop.rows("SELECT COUNTACCEPTED FROM audit.audit WHERE SCHEMA = 'sales'") == [(2,)]


def test_it_may_be_one_of_several_steps(shop):
    shop.write(
        "config/transform/kpi/sales.sl.yml",
        f'version: 1\ntask:\n  steps:\n    - sql: "{PIVOT}"\n    - sql: SELECT id, open, paid FROM {{df}}\n'
        "    - {method: sort, args: [id]}\n",
    )
    for _ in range(2):
        assert build(shop).written == 2
    assert shop.rows("SELECT id, open::INT, paid::INT FROM kpi.sales ORDER BY id") == sorted(2 * ROWS)
