"""Tasks in Python: a function whose parameters are the tables it reads."""

import pytest

from sl_assets.project import load_project
from sl_assets.project.digest import changed_parts, code_parts, code_version
from sl_assets.project.windows import window_of_key
from sl_assets.steps.making import StepError
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.steps.transform_windows import transform_windows
from sl_assets.warehouse.duckdb.connect import Warehouse

TOTALS = """
from typing import Annotated

import duckdb
import polars as pl
from polars import LazyFrame
from pyarrow import RecordBatchReader, Table


def totals(
    orders,
    goods: "pl.DataFrame",
    lazy: LazyFrame = "kpi.orders",
    arrow: Annotated[Table, "kpi.orders"] = None,
    batches: RecordBatchReader = "kpi.orders",
    *,
    context,
) -> duckdb.DuckDBPyRelation:
    assert isinstance(orders, duckdb.DuckDBPyRelation)
    rows = sum(batch.num_rows for batch in batches)
    counted = lazy.select(pl.len()).collect().item()
    context.say(f"{context.task} in {context.run}")
    found = f"{goods.height} AS goods, {counted} AS lazy, {arrow.num_rows} AS arrow, {rows} AS rows"
    return orders.aggregate(f"count(*) AS n, {found}")
"""


def python(shop, name, text, extra=""):
    shop.write(f"config/transform/kpi/{name}.py", text)
    if extra:
        body = "".join(f"  {line}\n" for line in extra.splitlines())
        shop.write(f"config/transform/kpi/{name}.sl.yml", f"version: 1\ntask:\n{body}")


def build(shop, name, *keys):
    project = shop.project()
    task = next(each for each in project.tasks.values() if each.key.name == name)
    windows = [window_of_key(task.partitions, key) for key in keys] or None
    said = []
    return transform(project, Warehouse.of(project.settings), task, Run("r1", say=said.append), windows), said


@pytest.mark.slow
def test_a_function_is_given_its_tables_in_the_form_it_asks_for(shop):
    shop.task("orders", "SELECT unnest([1, 2, 3]) AS id")
    shop.task("goods", "SELECT 1 AS id")
    python(shop, "totals", TOTALS)
    build(shop, "orders")
    build(shop, "goods")
    report, said = build(shop, "totals")
    assert said == ["kpi.totals in r1"]
    assert report.rows == 1
    assert shop.rows("SELECT * FROM kpi.totals") == [(3, 1, 3, 3, 3)]
    assert [str(key) for key in shop.node("kpi.totals").dependencies] == ["kpi.orders", "kpi.goods"]


@pytest.mark.parametrize(
    "made",
    [
        "pl.DataFrame({'id': [1, 2]})",
        "pl.LazyFrame({'id': [1, 2]})",
        "pl.DataFrame({'id': [1, 2]}).to_arrow()",
        "pl.DataFrame({'id': [1, 2]}).to_arrow().to_reader()",
    ],
)
def test_what_it_returns_may_be_any_frame(shop, made):
    python(shop, "made", f"import polars as pl\n\n\ndef made():\n    return {made}\n")
    assert build(shop, "made")[0].rows == 2
    assert shop.rows("SELECT sum(id) FROM kpi.made") == [(3,)]


def test_what_is_no_frame_is_refused(shop):
    python(shop, "made", "def made():\n    return None\n")
    with pytest.raises(StepError, match=r"made\.py:1:1  it gave NoneType, not a DuckDB relation"):
        build(shop, "made")


def test_it_takes_every_write_strategy(shop):
    python(
        shop,
        "latest",
        "import polars as pl\n\n\ndef latest(context):\n    return pl.DataFrame({'id': [1, 2], 'run': [context.run] * 2})\n",
        "writeStrategy: {type: UPSERT_BY_KEY, key: [id]}",
    )
    build(shop, "latest")
    assert build(shop, "latest")[0].rows == 2


def test_it_is_given_its_window_and_partitions_are_built_one_by_one(shop):
    python(
        shop,
        "days",
        "import polars as pl\n\n\ndef days(window):\n    return pl.DataFrame({'at': [window.start], 'key': [window.key]})\n",
        "partitions: {grain: daily, start: 2026-06-01, column: at}",
    )
    project, task = shop.project(), shop.node("kpi.days")
    windows = [window_of_key(task.partitions, key) for key in ("2026-06-01", "2026-06-02")]
    report = transform_windows(project, Warehouse.of(project.settings), task, Run("r1"), windows)
    assert [each.counts.accepted for each in report.partitions] == [1, 1]
    assert shop.rows('SELECT "key" FROM kpi.days ORDER BY 1') == [("2026-06-01",), ("2026-06-02",)]


def test_its_error_shows_its_own_lines_only(shop):
    python(shop, "bad", "def _inner():\n    return 1 / 0\n\n\ndef bad():\n    return _inner()\n")
    with pytest.raises(StepError) as caught:
        build(shop, "bad")
    text = str(caught.value)
    assert "line 6, in bad" in text
    assert "return 1 / 0" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "sl_assets/" not in text
    assert shop.rows("SELECT SUCCESS, MESSAGE LIKE '%ZeroDivisionError%' FROM audit.audit") == [(False, True)]


def test_a_relation_that_fails_when_it_is_read_tells_what_failed(shop):
    python(shop, "bad", "def bad(duckdb_of='kpi.texts'):\n    return duckdb_of.project('label::INT AS label')\n")
    shop.task("texts", "SELECT unnest(['1', 'two']) AS label")
    build(shop, "texts")
    with pytest.raises(StepError, match="Could not convert string 'two' to INT32") as caught:
        build(shop, "bad")
    assert str(caught.value).endswith("\n\nNothing was written.")  # on a line of its own behind several


def test_a_module_that_cannot_be_imported_says_why(shop):
    python(shop, "bad", "import nothing_of_that_name\n\n\ndef bad():\n    return None\n")
    with pytest.raises(StepError, match=r"(?s)cannot be imported.*line 1.*No module named 'nothing_of_that_name'"):
        build(shop, "bad")


def test_a_file_that_changed_since_the_project_was_read_is_not_run(shop):
    python(shop, "made", "def made():\n    return None\n")
    project, task = shop.project(), shop.node("kpi.made")
    python(shop, "made", "raise SystemExit\n")
    with pytest.raises(StepError, match="has changed since the project was read"):
        transform(project, Warehouse.of(project.settings), task, Run("r1"))


def test_reading_a_project_runs_nothing_and_the_code_version_follows_the_file(shop, tmp_path):
    bomb = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n\n\ndef made():\n    return None\n"
    python(shop, "made", bomb)
    before = shop.node("kpi.made")
    python(shop, "made", bomb + "# changed\n")
    after = shop.node("kpi.made")
    assert not (tmp_path / "ran").exists()
    assert code_version(before) != code_version(after)
    assert changed_parts(code_parts(before), code_parts(after)) == ("python.function",)


def test_no_name_in_sql_means_a_variable_of_python(shop):
    shop.task("total", "SELECT * FROM project", "writeStrategy: {type: OVERWRITE}")
    project = load_project(shop.root, {})
    assert [each.code for each in project.diagnostics] == ["SL301"]
    with pytest.raises(Exception, match=r"does not exist"):
        transform(project, Warehouse.of(project.settings), shop.node("kpi.total"), Run("r1"))


SHARED = "from deep.inner import FACTOR\nfrom .deep import twice\n\n\ndef scaled(x):\n    return twice(x) * FACTOR\n"


def with_helpers(shop):
    """A task whose function imports files of functions/, in each of the ways in which that is written."""
    shop.write("config/functions/shared.py", SHARED)
    shop.write("config/functions/deep/__init__.py", "def twice(x):\n    return 2 * x\n")
    shop.write("config/functions/deep/inner.py", "FACTOR = 10\n")
    body = "import polars as pl\nimport deep.inner\nfrom deep import inner\nimport shared as known\n\n\ndef made():\n"
    body += "    from shared import scaled\n    assert inner is deep.inner\n    assert known.scaled is scaled\n"
    python(shop, "made", body + "    return pl.DataFrame({'n': [scaled(deep.inner.FACTOR)]})\n")


def test_files_of_functions_can_be_imported_and_are_part_of_the_code_version(shop):
    with_helpers(shop)
    before = code_version(shop.node("kpi.made"))
    build(shop, "made")
    assert shop.rows("SELECT n FROM kpi.made") == [(200,)]
    shop.write("config/functions/deep/inner.py", "FACTOR = 1\n")
    assert code_version(shop.node("kpi.made")) != before
    build(shop, "made")
    assert shop.rows("SELECT n FROM kpi.made ORDER BY n") == [(2,), (200,)]


def test_an_imported_file_that_changed_is_not_run_and_one_that_fails_is_told_with_its_line(shop):
    with_helpers(shop)
    project, task = shop.project(), shop.node("kpi.made")
    shop.write("config/functions/deep/inner.py", "FACTOR = 1 / 0\n")
    with pytest.raises(StepError, match="or a file that it imports has changed since the project was read"):
        transform(project, Warehouse.of(project.settings), task, Run("r1"))
    with pytest.raises(StepError, match=r'(?s)deep/inner\.py", line 1, in <module>\n    FACTOR = 1 / 0\n.*ZeroDivisionError'):
        build(shop, "made")
