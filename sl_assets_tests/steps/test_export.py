"""Files that a task writes: in the place of a table, or beside one."""

import duckdb
import pytest

from sl_assets.steps.export import ExportError
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError, transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import StatementError
from sl_assets_tests.steps.killed import kill_a_transform

ROWS = """
SELECT id, label, day, price::DECIMAL(10, 2) AS price FROM (VALUES
(1, 'a b/c', DATE '2026-01-01', 1.5), (2, NULL, DATE '2026-01-02', NULL), (3, '', NULL, 2)) AS rows(id, label, day, price)
"""


def build(shop, name="kpi.sales"):
    project = shop.project()
    return transform(project, Warehouse.of(project.settings), shop.node(name), Run("r1"))


def hidden(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


@pytest.mark.parametrize(
    ("kind", "partition"),
    [
        ("PARQUET", ""),
        ("CSV", ""),
        ("JSON_LINES", ""),
        ("PARQUET", ", partition: [day, label]"),
        ("CSV", ", partition: [day, label]"),
    ],
)
def test_files_in_the_place_of_a_table_read_as_one(shop, kind, partition):
    shop.task("sales", ROWS, f"sink: {{format: {kind}{partition}}}")
    shop.task("total", "SELECT sum(id)::INT AS total FROM kpi.sales")
    report = build(shop)
    written = shop.rows("SELECT id, label, day::VARCHAR, price::VARCHAR, typeof(price), typeof(day) FROM kpi.sales ORDER BY id")
    first = ("DECIMAL(10,2)", "DATE")
    assert written[0] == (1, "a b/c", "2026-01-01", "1.50", *first)
    assert written[1] == (2, None, "2026-01-02", None, *first)
    assert written[2][:1] + written[2][2:] == (3, None, "2.00", *first)
    assert written[2][1] == ""
    (export,) = report.exports
    assert (report.rows, export.rows) == (3, 3)
    assert export.size > 0
    assert export.path.parent == shop.root / "datasets/export/kpi"
    build(shop, "kpi.total")
    assert shop.rows("SELECT total FROM kpi.total") == [(6,)]


@pytest.mark.slow
def test_a_second_run_takes_the_place_of_the_first_and_clears_up(shop):
    folder = shop.root / "datasets/out"
    for number in (1, 2, 3):
        shop.task("sales", f"SELECT {number} AS id, 'x' AS day", "sink: {format: PARQUET, path: out/sales, partition: [day]}")
        build(shop)
        rows = duckdb.sql(f"SELECT id FROM read_parquet('{folder}/sales/**/*.parquet')").fetchall()
        assert rows == [(number,)]
        assert shop.rows("SELECT id FROM kpi.sales") == [(number,)]
    assert len(hidden(folder)) == 2  # the files of today, and those that a reader may still be reading


def test_no_rows_are_an_empty_table_with_its_columns(shop):
    shop.task("sales", "SELECT 1 AS id, 'x' AS day WHERE false", "sink: {format: PARQUET, partition: [day]}")
    build(shop)
    assert shop.rows("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'sales'") == [
        ("id", "INTEGER"),
        ("day", "VARCHAR"),
    ]


def test_several_files_beside_a_table_hold_all_of_it(shop):
    sinks = "writeStrategy: {type: APPEND}\nsinks:\n  - {path: 'out/{{ sl_scheduled_date }}.csv'}\n  - {path: out/sales.parquet}"
    shop.task("sales", "SELECT 1 AS id", sinks)
    first = build(shop)
    second = build(shop)
    assert [export.rows for export in second.exports] == [2, 2]
    assert first.exports[1].path.read_bytes() != b""
    assert [path.suffix for path in sorted((shop.root / "datasets/out").iterdir()) if path.suffix != ".csv"] == [".parquet"]
    assert duckdb.sql(f"SELECT count(*) FROM '{second.exports[1].path}'").fetchall() == [(2,)]
    assert hidden(shop.root / "datasets/out") == []


def test_a_task_that_fails_after_its_files_leaves_the_old_ones(shop):
    extra = "sink: {format: CSV, path: out/sales.csv}"
    shop.task("sales", "SELECT 1 AS id", extra)
    build(shop)
    shop.task("sales", "SELECT 2 AS id", extra + "\npostsql: [SELECT nothing]")
    with pytest.raises(StatementError):
        build(shop)
    assert (shop.root / "datasets/out/sales.csv").read_text(encoding="utf-8") == "id\n1\n"
    assert shop.rows("SELECT id FROM kpi.sales") == [(1,)]
    assert len(hidden(shop.root / "datasets/out")) == 1


@pytest.mark.slow
def test_a_kill_before_the_files_are_in_place_leaves_the_old_ones_and_the_next_run_clears_up(shop):
    extra = "sink: {format: PARQUET, path: out/sales, partition: [day]}"
    shop.task("sales", "SELECT 1 AS id, 'x' AS day", extra)
    build(shop)
    shop.task("sales", "SELECT 2 AS id, 'x' AS day", extra)
    kill_a_transform(shop.root, "kpi.sales", "publish")
    files = f"{shop.root}/datasets/out/sales/**/*.parquet"
    assert duckdb.sql(f"SELECT id FROM read_parquet('{files}')").fetchall() == [(1,)]
    build(shop)
    assert duckdb.sql(f"SELECT id FROM read_parquet('{files}')").fetchall() == [(2,)]
    assert len(hidden(shop.root / "datasets/out")) == 2


def test_what_somebody_else_put_there_is_left_alone(shop):
    shop.write("datasets/out/sales/mine.txt", "x")
    shop.task("sales", "SELECT 1 AS id, 'x' AS day", "sink: {format: PARQUET, path: out/sales, partition: [day]}")
    with pytest.raises(ExportError, match="was not written by this task"):
        build(shop)
    shop.task("sales", "SELECT 1 AS id", "sink: {format: PARQUET, path: out/sales}")
    with pytest.raises(ExportError, match="is a folder"):
        build(shop)


def test_a_path_that_leads_outside_when_it_is_rendered_is_refused(shop, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere")
    shop.write("config/env.sl.yml", "version: 1\nenv: {up: ../../..}\n")
    (shop.root / "datasets").mkdir(exist_ok=True)
    (shop.root / "datasets/link").symlink_to(outside)
    shop.task("sales", "SELECT 1 AS id", "sink: {format: CSV, path: link/sales.csv}")
    with pytest.raises(ExportError, match="leads outside the project"):
        build(shop)
    assert list(outside.iterdir()) == []
    shop.task("sales", "SELECT 1 AS id", "sink: {format: CSV, path: link/sales.csv, outside: true}")
    build(shop)
    assert [path.name for path in outside.iterdir() if not path.name.startswith(".")] == ["sales.csv"]


def test_the_sql_of_files_that_fails_is_told(shop):
    shop.task("sales", "SELECT 'x'::INTEGER AS id", "sink: {format: CSV}")
    with pytest.raises((ExportError, TransformError), match="Could not convert string 'x'"):
        build(shop)
