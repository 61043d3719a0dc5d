import pytest

from sl_assets.project.windows import window_of_key
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError
from sl_assets.steps.transform_windows import transform_windows
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WindowError

DAYS = [f"2026-01-{day:02}" for day in range(1, 31)]
DAILY = "partitions: {grain: daily, start: 2026-01-01, column: day}"
SOURCE = "select (date '2026-01-01' + i::integer) as day, {value} as n from range(30) as days(i)"
FILTER = " where day >= '{{ sl_start_date }}' and day < '{{ sl_end_date }}'"


def build(shop, sql, first=1, last=30):
    shop.task("daily", sql, DAILY)
    project, task = shop.project(), shop.node("kpi.daily")
    windows = [window_of_key(task.partitions, key) for key in DAYS[first - 1 : last]]
    return transform_windows(project, Warehouse.of(project.settings), task, Run("r1"), windows)


def rows(shop):
    return dict(shop.rows("SELECT day::DATE::VARCHAR, n FROM kpi.daily ORDER BY day"))


def audit(shop):
    return sorted(success for (success,) in shop.rows("SELECT success FROM audit.audit"))


def test_a_range_is_one_pass(shop):
    report = build(shop, SOURCE.format(value="i") + FILTER)
    assert [each.counts.accepted for each in report.partitions] == [1] * 30
    assert (rows(shop), audit(shop)) == ({day: number for number, day in enumerate(DAYS)}, [True])


@pytest.mark.slow
def test_a_bad_window_is_named_and_left_as_it_was_and_the_others_are_built(shop):
    build(shop, SOURCE.format(value="-i") + FILTER, 10, 12)
    report = build(shop, SOURCE.format(value="case when i = 10 then cast('x' || i as bigint) else i end") + FILTER)
    assert [sentence.split(":")[0] for sentence in report.failures] == ["partition 2026-01-11"]
    assert (report.written, report.rows) == (29, 30)
    assert rows(shop) == {day: -10 if number == 10 else number for number, day in enumerate(DAYS)}


@pytest.mark.slow
def test_a_row_outside_its_window_fails_that_window_only(shop):
    strange = (
        SOURCE.format(value="i")
        + FILTER
        + " union all select date '2020-01-01', 1 where date '2026-01-05' >= '{{ sl_start_date }}'"
    )
    report = build(shop, strange + " and date '2026-01-05' < '{{ sl_end_date }}'")
    assert [sentence.split(":")[0] for sentence in report.failures] == ["partition 2026-01-05"]
    assert sorted(rows(shop)) == [day for day in DAYS if day != "2026-01-05"]


@pytest.mark.slow
def test_where_all_windows_are_bad_the_failure_is_that_of_the_whole(shop):
    with pytest.raises(WindowError, match="30 rows outside the window"):
        build(shop, SOURCE.format(value="i").replace("2026-01-01", "2020-01-01"))


def test_sql_that_fails_whatever_the_data_is_tried_once(shop):
    with pytest.raises(TransformError, match="nothing_like_it"):
        build(shop, SOURCE.format(value="nothing_like_it()") + FILTER)
    assert audit(shop) == [False]


@pytest.mark.parametrize(
    "sql",
    [
        (
            "select '{{ sl_start_date }}'::date as day, count(*) as n from range(30) as days(i) "
            "where date '2026-01-01' + i::int >= '{{ sl_start_date }}' and date '2026-01-01' + i::int < '{{ sl_end_date }}'"
        ),
        SOURCE.format(value="1") + " where day = '{{ sl_start_date }}'",
    ],
)
def test_sql_that_means_each_window_by_its_start_is_run_window_by_window(shop, sql):
    report = build(shop, sql, 3, 6)
    assert [each.counts.accepted for each in report.partitions] == [1] * 4
    assert rows(shop) == dict.fromkeys(DAYS[2:6], 1)
