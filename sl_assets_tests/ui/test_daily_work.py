"""A day at work in the Dagster UI: a month is backfilled with one bad file in it, files arrive, an asset grows stale."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sl_assets_tests.ui import api
from sl_assets_tests.ui.browser import chromium, open_page
from sl_assets_tests.ui.conftest import BROKEN_DAY, BROKEN_FILE
from sl_assets_tests.ui.expected import LANDED, Day, expected_days
from sl_assets_tests.ui.october import october
from sl_assets_tests.ui.server import Server, wait_for
from sl_assets_tests.ui.warehouse import query

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ui")]
AUTOMATION_SECONDS = 400
CHAIN = ("starbake/orders", "sales/daily_revenue")


def thirty_days() -> dict[str, Day]:
    return {**october(), **expected_days()}


def backfill_by_clicks(page: Page, server: Server, number: int) -> str:
    """Choose the two assets on the lineage page, and all their partitions in the dialog; the id of the backfill."""
    before = api.backfills(server)
    page.goto(f"{server.url}/asset-groups")
    materialize = page.get_by_role("button", name="Materialize all")
    expect(materialize).to_be_visible()
    page.locator(".CodeMirror").first.click()
    page.keyboard.type(" or ".join(f'key:"{name}"' for name in CHAIN))
    page.keyboard.press("Enter")
    page.wait_for_url("**/asset-groups~**")
    expect(page.get_by_text("Materialize all (", exact=False)).to_have_count(0)  # it counts only while nothing is chosen
    materialize.click()
    confirm, launch = page.get_by_role("button", name="Confirm"), page.get_by_role("button", name="Launch backfill")
    expect(confirm.or_(launch).first).to_be_visible()
    if confirm.is_visible():  # Dagster asks when the upstream import was never materialized
        confirm.click()
    page.get_by_text("All", exact=True).first.click()
    expect(page.get_by_text(f"{number} partitions", exact=True).first).to_be_visible()
    launch.click()
    return (wait_for(lambda: [each for each in api.backfills(server) if each not in before], 60, "the backfill") or [""])[0]


def test_a_broken_file_in_a_month_costs_its_day_and_no_other_until_it_is_repaired(server: Server) -> None:
    days = thirty_days()
    good = {key: day for key, day in days.items() if key != BROKEN_DAY}
    assert len(days) == 30
    if chromium() is None:
        done = api.backfill(server, CHAIN, list(days))
    else:
        with open_page() as page:
            done = api.wait_for_backfill(server, backfill_by_clicks(page, server, len(days)))
    assert done == dict.fromkeys(CHAIN, api.BackfillCounts(30, materialized=29, failed=1))
    orders = api.partitions_by_status(server, "starbake/orders")
    assert orders["FAILED"] == [BROKEN_DAY]
    assert orders["MATERIALIZED"] == list(good)
    assert api.partitions_by_status(server, "sales/daily_revenue")["MATERIALIZED"] == list(good)
    assert any(BROKEN_FILE in message for message in api.failure_messages(server, "starbake/orders"))
    assert _counts_by_partition(server, days) == {key: day.counts for key, day in good.items()}
    assert _orders_in(server.warehouse) == {key: day.order_ids for key, day in good.items()}
    assert _revenue_in(server.warehouse) == {key: (len(day.order_ids), day.revenue) for key, day in good.items()}

    corrected = (LANDED / BROKEN_FILE).read_bytes()
    (server.landing / BROKEN_FILE).write_bytes(corrected)
    run = api.materialize(server, ["starbake/orders"], **{"dagster/partition": BROKEN_DAY})
    assert api.wait_for_run(server, run) == "SUCCESS"
    assert _counts_by_partition(server, days) == {key: day.counts for key, day in days.items()}
    assert _orders_in(server.warehouse) == {key: day.order_ids for key, day in days.items()}

    def automated() -> list[dict[str, Any]]:
        events = [each for each in api.materializations(server, "sales/daily_revenue") if each.partition == BROKEN_DAY]
        return [run for run in api.runs(server) if run["runId"] in {each.run_id for each in events}]

    renewing = wait_for(automated, AUTOMATION_SECONDS, "the automation sensor to build the revenue of the repaired day") or []
    assert [run["tags"]["dagster/sensor_name"] for run in renewing] == [api.AUTOMATION]
    assert _revenue_in(server.warehouse) == {key: (len(day.order_ids), day.revenue) for key, day in days.items()}


def test_files_that_arrive_become_a_run_and_the_transform_that_reads_them_follows(server: Server) -> None:
    arrived = first_run(server, "starbake/deliveries", "arrival")
    assert arrived["tags"]["dagster/sensor_name"] == "starbake__arrivals"
    assert arrived["assets"] == {"starbake/preload", "starbake/import", "starbake/deliveries"}
    followed = first_run(server, "purchasing/delivery_lines", "automation")
    assert "starbake/deliveries" not in followed["assets"]
    assert query(server.warehouse, "SELECT count(DISTINCT delivery_id) FROM purchasing.delivery_lines") == query(
        server.warehouse, "SELECT count(*) FROM starbake.deliveries"
    )


def test_a_stale_asset_is_refreshed_although_nothing_that_it_reads_is_new(server: Server) -> None:
    first_run(server, "purchasing/delivery_lines", "automation")

    def again() -> list[api.Materialization] | None:
        events = api.materializations(server, "purchasing/delivery_lines")
        return events if len(events) > 1 else None

    newest = (wait_for(again, AUTOMATION_SECONDS, "the stale asset to be refreshed") or [])[0]
    run = next(each for each in api.runs(server) if each["runId"] == newest.run_id)
    assert (run["tags"]["dagster/sensor_name"], run["tags"]["sl/trigger"]) == (api.AUTOMATION, "automation")
    assert len(api.materializations(server, "starbake/deliveries")) == 1


def first_run(server: Server, asset: str, trigger: str) -> dict[str, Any]:
    """The run that made the first materialization of an asset, which something triggers."""
    events = wait_for(lambda: api.materializations(server, asset), AUTOMATION_SECONDS, f"{asset} to be built by {trigger}") or []
    run = next(each for each in api.runs(server) if each["runId"] == events[-1].run_id)
    assert run["tags"]["sl/trigger"] == trigger
    assert api.wait_for_run(server, run["runId"]) == "SUCCESS"
    return run


def _counts_by_partition(server: Server, keys: Iterator[str] | Any) -> dict[str, tuple[int, int, int]]:
    """What the newest event of each partition of the orders tells: rows read, accepted, rejected."""
    events = reversed(api.materializations(server, "starbake/orders"))
    names = ("rows_read", "rows_accepted", "rows_rejected")
    told = {event.partition: tuple(event.metadata[name] for name in names) for event in events if event.partition in keys}
    return dict(sorted(told.items()))


def _orders_in(warehouse: Path) -> dict[str, frozenset[int]]:
    """The numbers of the orders in the warehouse, by day; each is there once."""
    sql = (
        "SELECT strftime(ordered_at, '%Y-%m-%d') AS day, list(order_id), count(*) FROM starbake.orders GROUP BY day ORDER BY day"
    )
    found = {day: (frozenset(ids), count) for day, ids, count in query(warehouse, f"SET TimeZone = 'UTC'; {sql}")}
    assert all(len(ids) == count for ids, count in found.values())
    return {day: ids for day, (ids, _) in found.items()}


def _revenue_in(warehouse: Path) -> dict[str, tuple[int, Any]]:
    """Orders and revenue of each day as the KPI has them."""
    rows = query(warehouse, "SELECT strftime(day, '%Y-%m-%d'), orders, revenue FROM sales.daily_revenue ORDER BY day")
    assert len(rows) == len({day for day, _, _ in rows})
    return {day: (orders, revenue) for day, orders, revenue in rows}
