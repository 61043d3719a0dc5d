"""Tasks that read only what is new."""

import os

import duckdb
import pytest

from sl_assets.steps.incremental import IncrementalError
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError, transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.steps.killed import kill_a_transform

ROWS = "writeStrategy: {type: APPEND}\nincremental:\n  - {table: kpi.orders, column: seen}"
SALES = "SELECT o.id, o.seen FROM orders AS o"


def orders(shop, *rows):
    values = ", ".join(f"({identity}, {'NULL' if at is None else repr(at)}::TIMESTAMPTZ)" for identity, at in rows)
    shop.task("orders", f"SELECT * FROM (VALUES {values}) AS rows(id, seen)")
    run(shop, "kpi.orders")


def run(shop, name="kpi.sales", *, reload=False):
    project, told = shop.project(), []
    report = transform(project, Warehouse.of(project.settings), shop.node(name), Run("r1", warn=told.append), reload=reload)
    return report, told


def ids(shop):
    return [row[0] for row in shop.rows("SELECT id FROM kpi.sales ORDER BY id")]


@pytest.mark.slow
def test_rows_are_read_once_each_however_often_it_runs(shop):
    shop.task("sales", SALES, ROWS)
    orders(shop, (1, "2026-01-01 10:00:00.123456"), (2, "2026-01-02"))
    assert run(shop)[0].written == 2
    assert run(shop)[0].nothing_new
    orders(shop, (1, "2026-01-01 10:00:00.123456"), (2, "2026-01-02"), (3, "2026-01-03"))
    assert run(shop)[0].written == 1
    assert ids(shop) == [1, 2, 3]
    assert shop.rows("SELECT count(*) FROM audit.audit WHERE SCHEMA = 'sales'") == [(2,)]


@pytest.mark.slow
def test_rows_that_come_late_or_have_no_value_are_not_read_and_that_is_said(shop):
    shop.task("sales", SALES, ROWS)
    orders(shop, (1, "2026-01-02"))
    run(shop)
    orders(shop, (1, "2026-01-02"), (2, "2026-01-01"), (3, None), (4, "2026-01-03"))
    _, told = run(shop)
    assert ids(shop) == [1, 4]
    assert "1 rows of kpi.orders have no seen" in told[0]
    assert "kpi.orders has 2 rows with seen up to 2026-01-02" in told[1]
    report, told = run(shop, reload=True)
    assert (report.written, len(told)) == (4 - 1, 1)
    assert ids(shop) == [1, 2, 4]
    assert run(shop)[0].nothing_new


def test_a_run_that_fails_has_read_nothing(shop):
    orders(shop, (1, "2026-01-01"))
    shop.task("sales", "SELECT error('no') AS id FROM kpi.orders", ROWS)
    with pytest.raises(TransformError):
        run(shop)
    shop.task("sales", SALES, ROWS)
    assert run(shop)[0].written == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", ["write_inputs", "write_audit", "write_code_version"])
def test_a_kill_before_the_commit_leaves_neither_rows_nor_marks(shop, step):
    shop.task("sales", SALES, ROWS)
    orders(shop, (1, "2026-01-01"))
    run(shop)
    orders(shop, (1, "2026-01-01"), (2, "2026-01-02"))
    kill_a_transform(shop.root, "kpi.sales", step)
    assert ids(shop) == [1]
    assert run(shop)[0].written == 1
    assert run(shop)[0].nothing_new
    assert ids(shop) == [1, 2]


@pytest.mark.slow
def test_a_table_that_was_dropped_is_made_from_everything(shop):
    shop.task("sales", SALES, ROWS)
    orders(shop, (1, "2026-01-01"))
    run(shop)
    with duckdb.connect(shop.project().settings.database) as connection:
        connection.execute("DROP TABLE kpi.sales")
    assert run(shop)[0].written == 1


@pytest.mark.slow
def test_what_presql_adds_is_read_the_next_time(shop):
    orders(shop, (1, "2026-01-01"))
    shop.task("sales", SALES, ROWS + "\npresql: [\"INSERT INTO kpi.orders VALUES (2, TIMESTAMPTZ '2026-01-02')\"]")
    run(shop)
    shop.task("sales", SALES, ROWS)
    run(shop)
    assert ids(shop) == [1, 2]


def test_a_column_that_is_not_there_is_told(shop):
    orders(shop, (1, "2026-01-01"))
    shop.task("sales", SALES, ROWS.replace("column: seen", "column: nothing"))
    with pytest.raises(IncrementalError, match=r"kpi\.orders has no column nothing"):
        run(shop)


@pytest.mark.slow
def test_upserts_and_steps_and_functions_read_the_new_rows_too(shop):
    orders(shop, (1, "2026-01-01"))
    shop.write("config/transform/kpi/sales.py", "def sales(orders):\n    return orders.project('id, seen, now() AS read_at')\n")
    extra = ROWS.replace("{type: APPEND}", "{type: UPSERT_BY_KEY, key: [id]}")
    body = "".join(f"  {line}\n" for line in extra.splitlines())
    shop.write("config/transform/kpi/sales.sl.yml", f"version: 1\ntask:\n{body}")
    assert run(shop)[0].written == 1
    assert run(shop)[0].nothing_new
    (shop.root / "config/transform/kpi/sales.py").unlink()
    chain = "steps:\n  - {sql: 'SELECT * FROM {nodes.kpi.orders}'}\n  - {method: head}"
    body = "".join(f"  {line}\n" for line in f"{extra}\n{chain}".splitlines())
    shop.write("config/transform/kpi/sales.sl.yml", f"version: 1\ntask:\n{body}")
    assert run(shop)[0].nothing_new
    orders(shop, (1, "2026-01-01"), (2, "2026-01-02"))
    assert run(shop)[0].written == 1


@pytest.mark.slow
def test_files_are_read_once_each(shop):
    extra = (
        "writeStrategy: {type: APPEND}\nsources:\n  - {name: rows, path: data/rows, format: CSV}\nincremental: [{source: rows}]"
    )
    shop.task("sales", "SELECT id FROM {df}", extra)
    shop.write("data/rows/a.csv", "id\n1\n")
    assert run(shop)[0].written == 1
    assert run(shop)[0].nothing_new
    os.utime(shop.root / "data/rows/a.csv", (1, 1))
    assert run(shop)[0].nothing_new  # its bytes are the same
    shop.write("data/rows/b.csv", "id\n2\n")
    shop.write("data/rows/c.csv", "id\n3\n")
    assert run(shop)[0].written == 2
    assert ids(shop) == [1, 2, 3]
    assert run(shop, reload=True)[0].rows == 3
