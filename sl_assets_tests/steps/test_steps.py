"""Chained steps: SQL, methods of Polars and functions, one after the other."""

import json

import duckdb
import pytest

from sl_assets.project.windows import window_of_key
from sl_assets.steps.inputs import SourceError
from sl_assets.steps.making import StepError
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError, transform
from sl_assets.steps.transform_windows import transform_windows
from sl_assets.warehouse.duckdb.connect import Warehouse

PRICES = [
    ("AMZN", "2023-04-04 13:30:00", 103.1),
    ("AMZN", "2023-04-04 13:30:00", 103.1),
    ("MSFT", "2023-04-06 13:30:00", 288.8),
    ("AAPL", "2023-10-03 11:30:00", 170.7),
]


def land_prices(shop, rows=PRICES, name="prices.jsonl"):
    lines = [json.dumps({"data": {"symbol": symbol, "created_at": at, "open": price}}) for symbol, at, price in rows]
    return shop.write(f"data/stock_prices/{name}", "\n".join(lines) + "\n")


def steps(shop, name, text, extra="writeStrategy: {type: OVERWRITE}"):
    body = "".join(f"  {line}\n" for line in f"{extra}\n{text.strip(chr(10))}".splitlines())
    shop.write(f"config/transform/kpi/{name}.sl.yml", f"version: 1\ntask:\n{body}")


def build(shop, name, *keys, run="r1"):
    project = shop.project()
    task = next(each for each in project.tasks.values() if each.key.name == name)
    windows = [window_of_key(task.partitions, key) for key in keys] or None
    return transform(project, Warehouse.of(project.settings), task, Run(run), windows)


def test_the_pipeline_of_laktory_runs_in_as_many_lines(shop):
    land_prices(shop)
    steps(shop, "brz_stock_prices", "sources:\n  - {name: prices, path: data/stock_prices/, format: JSONL}")
    steps(
        shop,
        "slv_stock_prices",
        """
steps:
  - sql: |
      SELECT CAST(data.created_at AS TIMESTAMP) AS created_at, data.symbol AS symbol, data.open AS open
      FROM {nodes.kpi.brz_stock_prices}
  - method: unique
    kwargs: {subset: [symbol, created_at], keep: any}
""",
    )
    assert build(shop, "brz_stock_prices").rows == 4
    assert build(shop, "slv_stock_prices").rows == 3
    assert shop.rows("SELECT symbol, typeof(created_at) FROM kpi.slv_stock_prices ORDER BY 1") == [
        ("AAPL", "TIMESTAMP"),
        ("AMZN", "TIMESTAMP"),
        ("MSFT", "TIMESTAMP"),
    ]
    assert [str(key) for key in shop.node("kpi.slv_stock_prices").dependencies] == ["kpi.brz_stock_prices"]


def test_methods_take_expressions_types_and_frames(shop):
    shop.task("rates", "SELECT 'AMZN' AS symbol, 2.0 AS rate UNION ALL SELECT 'MSFT', 3.0")
    land_prices(shop)
    steps(
        shop,
        "priced",
        """
sources:
  - {name: prices, path: "data/stock_prices/*.jsonl"}
  - {name: rates, table: kpi.rates}
steps:
  - method: unnest
    args: [data]
  - method: join
    args: ["{sources.rates}"]
    kwargs: {on: symbol, how: left}
  - method: with_columns
    kwargs: {worth: {sql: "open * rate"}}
  - method: drop_nulls
    kwargs: {subset: worth}
  - method: cast
    args: [{worth: Int64}]
  - method: rename
    args: [{symbol: name}]
  - method: filter
    args: [{sql: "name <> '{df}'"}]
  - method: sort
    args: [worth]
  - sql: "SELECT name, worth, '{df}' AS braces, {'a': 1} AS pair FROM {df} WHERE worth > 1"
""",
    )
    build(shop, "rates")
    build(shop, "priced")
    assert shop.rows("SELECT * FROM kpi.priced") == [
        ("AMZN", 206, "{df}", {"a": 1}),
        ("AMZN", 206, "{df}", {"a": 1}),
        ("MSFT", 866, "{df}", {"a": 1}),
    ]


def test_functions_of_the_project_take_what_they_are_annotated_with(shop):
    shop.write(
        "config/functions/prices.py",
        """
import duckdb
import polars as pl
import pyarrow as pa
from typing import Annotated


def cheap(df: pl.DataFrame, limit: float) -> pl.DataFrame:
    return df.filter(pl.col("open") < limit)


def marked(df: pl.LazyFrame, context, mark="x"):
    context.say(f"marking {context.task}")
    return df.with_columns(mark=pl.lit(f"{mark} {context.run}"))


def named(df: duckdb.DuckDBPyRelation):
    return df.project("symbol, open, mark")


def counted(df: "pa.Table"):
    return df.append_column("n", pa.array(range(df.num_rows)))
""",
    )
    land_prices(shop)
    steps(
        shop,
        "chosen",
        """
sources:
  - {name: prices, path: data/stock_prices/prices.jsonl}
steps:
  - sql: SELECT data.* FROM {df}
  - {function: "prices:cheap", kwargs: {limit: 200}}
  - {function: "prices:marked", args: [ok]}
  - {function: "prices:named"}
  - {function: "prices:counted"}
""",
    )
    build(shop, "chosen", run="r7")
    assert shop.rows("SELECT * FROM kpi.chosen ORDER BY n") == [
        ("AMZN", 103.1, "ok r7", 0),
        ("AMZN", 103.1, "ok r7", 1),
        ("AAPL", 170.7, "ok r7", 2),
    ]


def test_rows_that_are_many_go_through_a_file_that_is_removed(shop, monkeypatch):
    monkeypatch.setattr("sl_assets.steps.frames.IN_MEMORY", 1000)
    steps(
        shop,
        "many",
        """
steps:
  - sql: SELECT range AS id, 'x' || range AS label, DATE '2026-01-01' AS day FROM range(300000)
  - method: with_columns
    kwargs: {twice: {sql: id * 2}}
  - sql: SELECT count(*) AS rows, sum(twice)::BIGINT AS total, min(day) AS day FROM {df}
""",
    )
    build(shop, "many")
    assert shop.rows("SELECT rows, total, day::VARCHAR FROM kpi.many") == [(300000, 300000 * 299999, "2026-01-01")]
    assert [path.name for path in (shop.root / "datasets").glob("*frames*")] == []


def test_an_empty_result_keeps_its_columns(shop):
    steps(
        shop,
        "none",
        """
steps:
  - sql: SELECT 1 AS id, 'x' AS label, 1.5::DECIMAL(10, 2) AS price WHERE false
  - method: with_columns
    kwargs: {day: {sql: "CAST('2026-01-01' AS DATE)"}}
""",
    )
    build(shop, "none")
    assert shop.rows("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'none'") == [
        ("id", "INTEGER"),
        ("label", "VARCHAR"),
        ("price", "DECIMAL(10,2)"),
        ("day", "DATE"),
    ]


def test_a_step_that_fails_is_named_with_its_place_and_nothing_is_written(shop):
    steps(shop, "bad", "steps:\n  - sql: SELECT 1 AS id\n  - sql: SELECT nothing FROM {df}")
    with pytest.raises(
        StepError, match=r'bad\.sl\.yml:\d+:\d+  step 2 \(SQL\): (?s:.*)nothing(?s:.*)FROM "temp"."main"."sl_step_1"'
    ):
        build(shop, "bad")
    steps(shop, "bad", "steps:\n  - sql: SELECT 1 AS id\n  - method: drop\n    args: [nothing]\n  - method: head")
    with pytest.raises(StepError, match=r"nothing"):
        build(shop, "bad")
    steps(shop, "bad", "steps:\n  - sql: SELECT 'x' AS id\n  - sql: SELECT id::INTEGER AS id FROM {df}")
    with pytest.raises(TransformError, match="Could not convert string 'x'"):
        build(shop, "bad")
    assert shop.rows("SELECT SUCCESS FROM audit.audit") == [(False,)] * 3
    assert shop.rows("SELECT * FROM duckdb_tables() WHERE table_name = 'bad'") == []


def test_a_function_that_fails_is_told_by_its_own_lines(shop):
    shop.write("config/functions/bad.py", "def _inner(df):\n    return df.missing\n\n\ndef run(df):\n    return _inner(df)\n")
    steps(shop, "bad", 'steps:\n  - sql: SELECT 1 AS id\n  - function: "bad:run"')
    with pytest.raises(StepError) as caught:
        build(shop, "bad")
    text = str(caught.value)
    assert "line 6, in run" in text
    assert "line 2, in _inner" in text
    assert "return df.missing" in text
    assert "AttributeError" in text
    assert "steps/chain.py" not in text


def test_an_interval_is_refused_by_name(shop):
    steps(shop, "bad", "steps:\n  - sql: SELECT INTERVAL 1 DAY AS how_long\n  - method: head")
    with pytest.raises(StepError, match="INTERVAL in how_long"):
        build(shop, "bad")


def test_files_that_are_not_there_or_lead_outside_are_refused(shop, tmp_path_factory):
    steps(shop, "read", "sources:\n  - {name: prices, path: data/none, format: CSV}")
    with pytest.raises(SourceError, match="there is no file at data/none"):
        build(shop, "read")
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    shop.write("data/none/a.csv", "a\n2\n")
    (shop.root / "data/none/b.csv").symlink_to(secret)
    with pytest.raises(SourceError, match="leads outside the project"):
        build(shop, "read")
    steps(shop, "read", "sources:\n  - {name: prices, path: data/none, format: CSV, outside: true}")
    assert build(shop, "read").rows == 2


def test_options_reach_the_reader_as_values_and_odd_names_are_names(shop):
    shop.write("data/a [1]*.csv", "id;label\n1;it's\n")
    steps(
        shop,
        "read",
        """sources:
  - {name: rows, path: "data/a [[]1]*.csv", options: {delim: ";", all_varchar: true, nullstr: "', filename=true --"}}""",
    )
    build(shop, "read")
    assert shop.rows("SELECT * FROM kpi.read") == [("1", "it's")]


def test_parquet_and_csv_are_read_by_their_names(shop):
    shop.write("data/a.csv", "id,label\n1,x\n")
    shop.write("data/b.csv", "id,price\n2,1.5\n")
    duckdb.sql("SELECT 3 AS id").write_parquet(str(shop.root / "data/c.parquet"))
    steps(
        shop,
        "read",
        """
sources:
  - {name: rows, path: "data/*.csv"}
  - {name: more, path: data/c.parquet}
steps:
  - sql: SELECT * FROM {df} UNION ALL BY NAME SELECT * FROM {sources.more}
""",
    )
    build(shop, "read")
    assert shop.rows("SELECT * FROM kpi.read ORDER BY id") == [(1, "x", None), (2, None, 1.5), (3, None, None)]


def test_plain_sql_may_read_sources_too(shop):
    shop.write("data/a.csv", "id\n1\n2\n")
    shop.task(
        "total",
        "SELECT sum({sources.rows}.id)::INT AS total FROM {sources.rows} -- {df}",
        "sources:\n  - {name: rows, path: data/a.csv}",
    )
    build(shop, "total")
    assert shop.rows("SELECT * FROM kpi.total") == [(3,)]


def test_partitions_with_steps_are_built_one_by_one(shop):
    steps(
        shop,
        "days",
        """
steps:
  - sql: |
      SELECT TIMESTAMPTZ '2026-06-01 12:00:00Z' + INTERVAL (range) DAY AS sold_at FROM range(3)
      WHERE sold_at >= '{{ sl_start_date }}' AND sold_at < '${sl_end_date}'
  - method: with_row_index
""",
        "partitions: {grain: daily, start: 2026-06-01, column: sold_at}",
    )
    project, task = shop.project(), shop.node("kpi.days")
    windows = [window_of_key(task.partitions, key) for key in ("2026-06-01", "2026-06-02", "2026-06-03")]
    report = transform_windows(project, Warehouse.of(project.settings), task, Run("r1"), windows)
    assert [each.counts.accepted for each in report.partitions] == [1, 1, 1]
    assert shop.rows("SELECT index FROM kpi.days") == [(0,), (0,), (0,)]
