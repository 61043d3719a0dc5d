from datetime import UTC, datetime

import duckdb
import pytest

from sl_assets.project.windows import window_of_key
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets.warehouse.errors import WindowError
from sl_assets_tests.shop import APPLICATION

PARIS = "partitions: {grain: daily, start: 2026-01-01, column: sold_at, timezone: Europe/Paris}"
SALES = """
select * from (values (1, timestamptz '2026-06-01 21:59:00Z'), (2, timestamptz '2026-06-01 22:00:00Z'),
    (3, timestamptz '2026-06-02 21:59:00Z')) as sales(id, sold_at)
"""
WINDOW = SALES + "where sold_at >= '{{ sl_start_date }}' and sold_at < '{{ sl_end_date }}'"


def build(shop, *keys):
    project, task = shop.project(), shop.node("kpi.sales")
    windows = [window_of_key(task.partitions, key) for key in keys] or None
    return transform(project, Warehouse.of(project.settings), task, Run("r1"), windows)


def test_partitions_in_another_zone_than_the_session_hold_their_own_day(shop):
    shop.task("sales", WINDOW, PARIS)
    report = build(shop, "2026-06-02")
    assert [(each.key, each.counts.accepted) for each in report.partitions] == [("2026-06-02", 2)]
    assert shop.rows("SELECT id FROM kpi.sales ORDER BY id") == [(2,), (3,)]


def test_building_a_window_again_replaces_it_and_no_other(shop):
    shop.task("sales", WINDOW, PARIS)
    build(shop, "2026-06-01", "2026-06-02")
    build(shop, "2026-06-02")
    assert shop.rows("SELECT id FROM kpi.sales ORDER BY id") == [(1,), (2,), (3,)]


def test_rows_outside_the_window_are_refused_and_nothing_is_written(shop):
    shop.task("sales", SALES, PARIS)
    with pytest.raises(WindowError, match="1 rows outside the window"):
        build(shop, "2026-06-02")
    assert shop.rows("SELECT SUCCESS FROM audit.audit") == [(False,)]


def test_sql_without_the_partition_column_is_refused(shop):
    shop.task(
        "sales", "pivot (values (1, 'a')) as rows(id, label) on label using count(*)", PARIS
    )  # of which nobody knows before
    with pytest.raises(WindowError, match="returns no column sold_at"):
        build(shop, "2026-06-02")


def test_a_view_is_made_and_counted(shop):
    shop.task("sales", "select unnest([1, 2, 3]) as id", "sink: {materializedView: VIEW}")
    assert build(shop).written == 3
    assert shop.rows("SELECT table_type FROM information_schema.tables WHERE table_name = 'sales'") == [("VIEW",)]


def test_appending_twice_appends_twice_and_a_new_column_is_added(shop):
    shop.task("sales", "select 1 as id", "writeStrategy: {type: APPEND}")
    build(shop)
    shop.task("sales", "select 2 as id, 'x' as label", "writeStrategy: {type: APPEND}")
    assert build(shop).rows == 2
    assert shop.rows("SELECT id, label FROM kpi.sales ORDER BY id") == [(1, None), (2, "x")]


def test_windows_are_asked_of_a_partitioned_task_only(shop):
    shop.task("sales", SALES, PARIS)
    with pytest.raises(ValueError, match="needs partition keys"):
        build(shop)


def test_a_table_of_the_projects_own_database_may_be_written_with_three_parts(shop):
    shop.table("goods", "id: long!")
    shop.land("goods1.csv", "id\n1\n2\n")
    project = shop.project()
    load(project, Warehouse.of(project.settings), shop.node("shop.goods"), Run("r1"))
    shop.task("total", "SELECT sum(warehouse.shop.goods.id) AS total FROM Warehouse.shop.goods")
    task = shop.node("kpi.total")
    assert [str(key) for key in task.dependencies] == ["shop.goods"]
    transform(shop.project(), Warehouse.of(project.settings), task, Run("r2"))
    assert shop.rows("SELECT total FROM kpi.total") == [(3,)]


def test_a_table_of_another_database_is_read_where_presql_attaches_it(shop, tmp_path):
    other = tmp_path / "other.duckdb"
    with duckdb.connect(other) as connection:
        connection.execute("CREATE TABLE rates AS SELECT 7 AS rate")
    attach = f"ATTACH IF NOT EXISTS '{other}' AS dwh (READ_ONLY)"
    shop.task("total", "SELECT rate FROM dwh.main.rates", f'writeStrategy: {{type: OVERWRITE}}\npresql: ["{attach}"]')
    project = shop.project()
    assert [(each.code, each.subject) for each in project.diagnostics] == [("SL308", "dwh.main.rates")]
    transform(project, Warehouse.of(project.settings), shop.node("kpi.total"), Run("r1"))
    assert shop.rows("SELECT rate FROM kpi.total") == [(7,)]


MOMENTS = "SELECT '{{ sl_start_date }}' AS a, '{{ sl_data_interval_end }}' AS b, '{{ sl_scheduled_date }}' AS c"


def at_noon(shop):
    project = shop.project()
    run = Run("r1", datetime(2026, 6, 2, 10, 0, tzinfo=UTC))
    transform(project, Warehouse.of(project.settings), shop.node("kpi.sales"), run)
    return shop.rows("SELECT a, b, c FROM kpi.sales")[0]


def test_a_task_with_a_cron_knows_the_window_between_its_last_two_ticks(shop):
    shop.write("config/application.sl.yml", APPLICATION.rstrip() + "\n  timezone: Europe/Paris\n")
    shop.task("sales", MOMENTS, 'schedule: "30 2 * * *"\nwriteStrategy: {type: OVERWRITE}')
    assert at_noon(shop) == ("2026-06-01 02:30:00", "2026-06-02 02:30:00", "2026-06-02 12:00:00")
    shop.write("config/env.sl.yml", "version: 1\nenv: {sl_start_date: '2020-01-01'}\n")
    assert at_noon(shop)[:2] == ("2020-01-01", "2026-06-02 02:30:00")


def test_the_ticks_are_those_of_the_clocks_of_the_cron(shop):
    shop.write("config/application.sl.yml", APPLICATION.rstrip() + "\n  timezone: UTC\n")
    shop.write("config/dags/paris.sl.yml", "version: 1\ndag: {options: {timezone: Europe/Paris}}\n")
    shop.task("sales", MOMENTS, 'schedule: "30 2 * * *"\ndagRef: paris')
    assert at_noon(shop)[:2] == ("2026-06-01 00:30:00", "2026-06-02 00:30:00")


def test_a_task_without_a_window_is_told_unless_the_project_says_what_it_is(shop):
    shop.task("sales", MOMENTS + " WHERE '{{ sl_end_date | default('x') }}' <> ''")
    assert [each.subject for each in shop.project().diagnostics] == ["sl_start_date", "sl_data_interval_end"]
    shop.write("config/env.sl.yml", "version: 1\nenv: {sl_start_date: '2020-01-01', sl_data_interval_end: '2021-01-01'}\n")
    assert shop.project().diagnostics == ()
    assert at_noon(shop)[:2] == ("2020-01-01", "2021-01-01")
