"""Row expectations hold for rows however they are made: in steps, by Python, window by window, or only those that are new."""

import pytest

RULES = """
writeStrategy: {type: APPEND}
expectations:
  - {name: positive, row: price > 0, action: quarantine}
  - {name: cheap, row: price < 1000, action: drop}
"""
PRICES = "SELECT * FROM (VALUES (1, 5.0), (2, -1.0), (3, 2000.0), (4, NULL)) AS rows(id, price)"
STEPS = """
steps:
  - sql: SELECT id, price FROM {nodes.kpi.prices}
  - {method: sort, args: [id]}
"""
PYTHON = "import polars as pl\n\n\ndef judged(prices: pl.LazyFrame) -> pl.LazyFrame:\n    return prices.sort('id')\n"


def judged(shop, kind):
    """A task `kpi.judged` over `kpi.prices`, with two rules."""
    shop.task("judged", "SELECT id, price FROM kpi.prices", RULES)
    if kind == "sql":
        return
    shop.root.joinpath("config/transform/kpi/judged.sql").unlink()
    if kind == "steps":
        shop.write("config/transform/kpi/judged.sl.yml", f"version: 1\ntask:\n{indented(RULES + STEPS)}")
    else:
        shop.write("config/transform/kpi/judged.py", PYTHON)


def indented(text):
    return "".join(f"  {line}\n" for line in text.strip().splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sql", "steps", "python"])
def test_each_row_that_a_task_makes_goes_to_one_place(shop, run, kind):
    shop.task("prices", PRICES)
    judged(shop, kind)
    run("kpi.prices")
    report = run("kpi.judged")
    assert shop.rows("SELECT id FROM kpi.judged ORDER BY id") == [(1,)]
    assert shop.rows("SELECT id, list_sort(sl_rules) FROM kpi.judged_quarantine ORDER BY id") == [
        (2, ["positive"]),
        (4, ["cheap", "positive"]),
    ]
    assert shop.rows("SELECT COUNT, COUNTACCEPTED, COUNTQUARANTINED, COUNTDROPPED FROM audit.audit WHERE SCHEMA = 'judged'") == [
        (4, 1, 2, 1)
    ]
    assert [(each.name, each.count) for each in report.expectations] == [("positive", 2), ("cheap", 2)]


@pytest.mark.slow
def test_of_only_what_is_new_only_what_is_new_is_judged_and_put_aside_rows_are_not_read_again(shop, run):
    shop.task("prices", PRICES)
    shop.task("judged", "SELECT id, price FROM kpi.prices", f"{RULES}incremental:\n  - {{table: kpi.prices, column: id}}")
    run("kpi.prices")
    run("kpi.judged")
    shop.task("prices", f"{PRICES} UNION ALL SELECT 5, -7.0 UNION ALL SELECT 6, 8.0")
    run("kpi.prices")
    report = run("kpi.judged")
    assert shop.rows("SELECT id FROM kpi.judged ORDER BY id") == [(1,), (6,)]
    assert shop.rows("SELECT id FROM kpi.judged_quarantine ORDER BY id") == [(2,), (4,), (5,)]
    assert [(each.name, each.count, each.rows) for each in report.expectations] == [("positive", 1, 2), ("cheap", 0, 2)]


@pytest.mark.slow
def test_a_rule_that_stops_an_incremental_task_has_read_nothing(shop, run):
    rule = "writeStrategy: {type: APPEND}\nexpectations:\n  - {name: positive, row: price > 0, action: fail}\n"
    shop.task("prices", PRICES)
    shop.task("judged", "SELECT id, price FROM kpi.prices", f"{rule}incremental:\n  - {{table: kpi.prices, column: id}}")
    run("kpi.prices")
    with pytest.raises(Exception, match="positive: 2 of 4 rows break it"):
        run("kpi.judged")
    shop.task("prices", PRICES.replace("-1.0", "1.0").replace("NULL", "1.0"))
    run("kpi.prices")
    run("kpi.judged")
    assert shop.rows("SELECT id FROM kpi.judged ORDER BY id") == [(1,), (2,), (3,), (4,)]


DAYS = """
SELECT * FROM (VALUES
  (1, 5.0, DATE '2026-01-01'), (2, -1.0, DATE '2026-01-01'), (3, -2.0, DATE '2026-01-02')) AS r(id, price, day)
"""
GRID = "partitions: {grain: daily, start: 2026-01-01, column: day}\n"
WINDOW_STEPS = """
steps:
  - sql: SELECT * FROM {nodes.kpi.prices} WHERE day >= '{{sl_start_date}}' AND day < '{{sl_end_date}}'
  - {method: sort, args: [id]}
"""
WINDOW_PYTHON = """
import polars as pl


def judged(prices: pl.LazyFrame, window) -> pl.LazyFrame:
    return prices.filter((pl.col("day") >= window.start.date()) & (pl.col("day") < window.end.date()))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["steps", "python"])
def test_a_window_replaces_its_own_quarantine_whatever_makes_its_rows(shop, run, kind):
    body = RULES.replace("APPEND", "OVERWRITE") + GRID
    shop.task("prices", DAYS)
    if kind == "python":
        shop.write("config/transform/kpi/judged.py", WINDOW_PYTHON)
    else:
        body += WINDOW_STEPS
    shop.write("config/transform/kpi/judged.sl.yml", f"version: 1\ntask:\n{indented(body)}")
    run("kpi.prices")
    for _ in range(2):
        run("kpi.judged", "2026-01-01", "2026-01-02")
    assert shop.rows("SELECT id FROM kpi.judged ORDER BY id") == [(1,)]
    assert shop.rows("SELECT id, sl_partition FROM kpi.judged_quarantine ORDER BY id") == [(2, "2026-01-01"), (3, "2026-01-02")]
