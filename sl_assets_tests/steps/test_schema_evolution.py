"""Attributes that change between two loads of a table."""

import pytest

from sl_assets.orchestration.metadata import load_metadata, transform_metadata
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse

STRATEGIES = [
    "APPEND",
    "OVERWRITE",
    "UPSERT_BY_KEY",
    "UPSERT_BY_KEY_AND_TIMESTAMP",
    "DELETE_THEN_INSERT",
    "SCD2",
    "OVERWRITE_BY_PARTITION",
]


def goods(shop, columns, strategy="APPEND", extra=""):
    writes = f"writeStrategy: {{type: {strategy}, key: [id], timestamp: day}}, sink: {{partition: [id]}}"
    shop.table("goods", columns, f"metadata: {{{writes}}}\n{extra}")


def load_goods(shop, name, text, run):
    shop.land(name, text)
    project = shop.project()
    return load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run(run))


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_key_is_widened_and_a_column_added_under_every_strategy_and_views_survive(shop, strategy):
    goods(shop, "id: integer!, day: date!", strategy)
    load_goods(shop, "goods1.csv", "id,day\n1,2024-01-01\n", "r1")
    with Warehouse.of(shop.project().settings).writer("a view") as connection:
        connection.execute("CREATE VIEW shop.seen AS SELECT * FROM shop.goods")
    goods(shop, "id: long!, day: iso_date!, label: string", strategy)
    report = load_goods(shop, "goods2.csv", "id,day,label\n3000000000,2024-01-02,x\n1,2024-01-03,y\n", "r2")
    assert report.failures == ()
    assert report.added_columns == ("label",)
    widened = ["id: INTEGER -> BIGINT", "day: DATE -> TIMESTAMP WITH TIME ZONE"]
    assert [str(each) for each in report.widened_columns] == widened
    metadata = load_metadata(report)
    assert (metadata["added_columns"], metadata["widened_columns"]) == ("label", ", ".join(widened))
    rows = shop.rows("SELECT id, day::DATE::VARCHAR, label FROM shop.seen ORDER BY ALL")
    old = [(1, "2024-01-01", None)] if strategy in ("APPEND", "SCD2") else []
    assert rows == sorted([*old, (1, "2024-01-03", "y"), (3000000000, "2024-01-02", "x")], key=lambda row: row[:2])


def test_a_narrower_type_in_the_project_is_written_into_the_wider_column_and_told(shop):
    goods(shop, "id: long, day: date")
    load_goods(shop, "goods1.csv", "id,day\n3000000000,2024-01-01\n", "r1")
    goods(shop, "id: short, day: date")
    report = load_goods(shop, "goods2.csv", "id,day\n7,2024-01-01\n", "r2")
    assert report.widened_columns == ()
    assert report.changes.warnings == ("Column id stays BIGINT, which holds every SMALLINT of the project.",)
    assert shop.rows("SELECT id FROM shop.goods ORDER BY id") == [(7,), (3000000000,)]


def test_a_type_that_clashes_fails_the_file_before_a_row_is_written(shop):
    goods(shop, "id: long, day: date")
    load_goods(shop, "goods1.csv", "id,day\n1,2024-01-01\n", "r1")
    goods(shop, "id: string, day: timestamp, label: string")
    report = load_goods(shop, "goods2.csv", "id,day,label\n2,2024-01-01 00:00:00,x\n", "r2")
    (message,) = report.failures
    assert "id is BIGINT there, VARCHAR here. Nothing was written. Hint: " in message
    assert report.changes.widened == ()
    assert shop.rows("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'goods' ORDER BY 1") == [
        ("day", "DATE"),
        ("id", "BIGINT"),
    ]
    assert shop.rows("SELECT NAME FROM audit.files") == [("goods1.csv",)]
    assert shop.files("stage") == ["goods2.csv"]


def test_a_load_that_fails_after_the_columns_changed_leaves_them_as_they_were(shop):
    goods(shop, "id: integer, day: date")
    load_goods(shop, "goods1.csv", "id,day\n1,2024-01-01\n", "r1")
    goods(shop, "id: long, day: date, label: string", extra="postsql: [select error('no')]")
    assert "no" in load_goods(shop, "goods2.csv", "id,day,label\n2,2024-01-01,x\n", "r2").failures[0]
    assert shop.rows("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'goods' ORDER BY 1") == [
        ("day", "DATE"),
        ("id", "INTEGER"),
    ]


@pytest.mark.slow
def test_required_columns_are_never_null_and_may_be_so_again_when_they_are_required_no_more(shop):
    goods(shop, "id: long!, day: date!")
    load_goods(shop, "goods1.csv", "id,day\n1,2024-01-01\n,2024-01-01\n", "r1")
    nullable = "SELECT column_name, is_nullable FROM duckdb_columns() WHERE table_name = 'goods' ORDER BY 1"
    assert shop.rows(nullable) == [("day", False), ("id", False)]
    goods(shop, "id: long!, day: date")
    assert load_goods(shop, "goods2.csv", "id,day\n2,\n", "r2").failures == ()
    assert shop.rows(nullable) == [("day", True), ("id", False)]
    goods(shop, "id: long!, label: string")
    shop.table("goods", "id: long!, label: string")
    assert load_goods(shop, "goods3.csv", "id,label\n3,x\n", "r3").failures == ()


def test_a_required_column_that_a_script_or_privacy_makes_anew_may_be_null(shop):
    yaml = """version: 1
table:
  name: goods
  pattern: goods.*
  attributes:
    - {name: id, type: long, required: true}
    - {name: label, type: string, required: true, privacy: HIDE}
    - {name: half, type: double, required: true, script: "CASE WHEN id > 1 THEN id / 2 END"}
"""
    shop.write("config/load/shop/goods.sl.yml", yaml)
    assert load_goods(shop, "goods1.csv", "id,label\n1,a\n2,b\n", "r1").failures == ()
    assert shop.rows("SELECT column_name FROM duckdb_columns() WHERE table_name = 'goods' AND NOT is_nullable") == [("id",)]


@pytest.mark.slow
def test_nested_attributes_that_are_new_become_fields_of_the_rows_that_are_there(shop):
    yaml = """version: 1
table:
  name: goods
  pattern: goods.*
  metadata: {{format: JSON}}
  attributes:
    - {{name: id, type: long, required: true}}
    - {{name: parts, type: struct, array: true, required: true, attributes: [{fields}]}}
"""
    shop.write("config/load/shop/goods.sl.yml", yaml.format(fields="{name: a, type: integer}"))
    load_goods(shop, "goods1.json", '{"id": 1, "parts": [{"a": 1}]}\n', "r1")
    shop.write("config/load/shop/goods.sl.yml", yaml.format(fields="{name: b, type: date}, {name: a, type: long}"))
    report = load_goods(shop, "goods2.json", '{"id": 2, "parts": [{"b": "2024-01-01", "a": 3000000000}]}\n', "r2")
    assert [str(each) for each in report.widened_columns] == ["parts: STRUCT(a INTEGER)[] -> STRUCT(a BIGINT, b DATE)[]"]
    rows = shop.rows("SELECT parts[1].a, parts[1].b::VARCHAR FROM shop.goods ORDER BY id")
    assert rows == [(1, None), (3000000000, "2024-01-01")]


def test_a_transform_widens_too_and_says_so(shop):
    shop.task("sums", "select 1::integer as n", "writeStrategy: {type: APPEND}")
    project = shop.project()
    transform(project, Warehouse.of(project.settings), shop.node("kpi.sums"), Run("r1"))
    shop.task("sums", "select 3000000000 as n, 1 as more", "writeStrategy: {type: APPEND}")
    project = shop.project()
    report = transform(project, Warehouse.of(project.settings), shop.node("kpi.sums"), Run("r2"))
    metadata = transform_metadata(report)
    assert (metadata["added_columns"], metadata["widened_columns"]) == ("more", "n: INTEGER -> BIGINT")
    assert shop.rows("SELECT n, more FROM kpi.sums ORDER BY n") == [(1, None), (3000000000, 1)]
