"""The bundled bakery as its users meet it: `sl-assets dev`, a browser, the buttons of the Dagster UI."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sl_assets_tests.ui import api
from sl_assets_tests.ui.browser import HOW, chromium, expand_all_groups, open_page
from sl_assets_tests.ui.conftest import TOO_MUCH
from sl_assets_tests.ui.server import Server, wait_for
from sl_assets_tests.ui.warehouse import query

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ui")]
needs_chromium = pytest.mark.skipif(chromium() is None, reason=f"Nothing was looked at: no Chromium was found. {HOW}")

GROUPS = {
    "starbake/files": {"starbake/landing", "starbake/preload", "starbake/import"},
    "starbake": {
        "starbake/customers",
        "starbake/deliveries",
        "starbake/ingredients",
        "starbake/orders",
        "starbake/products",
        "starbake/statement_lines",
        "starbake/stock_counts",
    },
    "purchasing": {"purchasing/delivery_lines", "purchasing/stock_losses", "purchasing/supplier_invoices"},
    "sales": {
        "sales/bought_together",
        "sales/daily_revenue",
        "sales/order_lines",
        "sales/product_costs",
        "sales/product_profitability",
        "sales/revenue_trend",
        "sales/rush_hours",
        "sales/top_sellers",
        "sales/weekly_report",
    },
    "crm": {"crm/customer_lifetime_value", "crm/customer_orders", "crm/customer_segments", "crm/newsletter"},
}
LANDING_TO_LAST_KPI = [
    "starbake/landing",
    "starbake/preload",
    "starbake/import",
    "starbake/orders",
    "sales/order_lines",
    "crm/customer_orders",
    "crm/customer_lifetime_value",
    "crm/customer_segments",
]


def test_every_asset_is_there_in_its_group(server: Server) -> None:
    found: dict[str, set[str]] = {}
    for name, node in api.assets(server).items():
        found.setdefault(node["groupName"], set()).add(name)
    assert found == GROUPS


def test_the_lineage_goes_from_the_landing_folder_to_the_last_kpi(server: Server) -> None:
    assets = api.assets(server)
    reads = {name: {"/".join(key["path"]) for key in node["dependencyKeys"]} for name, node in assets.items()}
    assert [(read, reader) for read, reader in pairwise(LANDING_TO_LAST_KPI) if read not in reads[reader]] == []
    assert {name for name in reads if not reads[name]} == {"starbake/landing"}
    assert {name for name, node in assets.items() if not node["isMaterializable"]} == {"starbake/landing"}


def test_schedules_and_sensors_run_from_the_start(server: Server) -> None:
    location = api.location(server)
    assert {each["cronSchedule"]: each["scheduleState"]["status"] for each in location["schedules"]} == {
        "0 0 * * *": "RUNNING",
        "0 * * * *": "RUNNING",
        "0 6 * * 1": "RUNNING",
    }
    assert sorted((each["name"], each["sensorState"]["status"]) for each in location["sensors"]) == [
        ("automation", "RUNNING"),
        ("starbake__arrivals", "RUNNING"),
    ]


def test_no_schedule_and_no_sensor_fails(server: Server) -> None:
    first = wait_for(lambda: api.ticks(server), 90, "the first tick of the sensor") or []
    assert [tick for tick in first if tick["status"] == "FAILURE"] == []


def test_an_asset_knows_what_its_yaml_says(server: Server) -> None:
    orders = api.assets(server)["starbake/orders"]
    columns = api.metadata_entry(orders, "dagster/column_schema")["schema"]["columns"]
    assert [(each["name"], each["type"]) for each in columns[:4]] == [
        ("order_id", "BIGINT"),
        ("ordered_at", "TIMESTAMPTZ"),
        ("customer_id", "BIGINT"),
        ("channel", "VARCHAR"),
    ]
    assert [each["name"] for each in columns if not each["description"]] == []
    assert columns[0]["constraints"] == {"nullable": False, "other": ["primary key"]}
    assert orders["owners"] == [{"team": "sales"}, {"email": "ana@bakery.example"}]
    assert set(orders["kinds"]) == {"duckdb", "json", "table"}
    assert orders["description"] == "Everything sold, one file per hour of opening"
    assert orders["isPartitioned"]


@pytest.mark.parametrize(
    ("asset", "labels"),
    [
        ("starbake/orders", ["orders.sl.yml"]),
        ("sales/top_sellers", ["top_sellers.sl.yml", "top_sellers.sql"]),
        ("sales/bought_together", ["bought_together.sl.yml", "bought_together.py"]),
    ],
)
def test_an_asset_leads_to_the_files_it_is_written_in(asset: str, labels: list[str], server: Server) -> None:
    references = api.metadata_entry(api.assets(server)[asset], "dagster/code_references")["codeReferences"]
    assert [Path(each["filePath"]).name for each in references] == labels
    for each in references:
        lines = Path(each["filePath"]).read_text("utf-8").splitlines()
        assert 1 <= each["lineNumber"] <= len(lines)


@needs_chromium
def test_the_lineage_page_shows_the_whole_graph(server: Server) -> None:
    names = ("landing", "preload", "import", "orders", "order_lines", "top_sellers", "stock_losses", "customer_segments")
    with open_page(height=2400) as page:  # what is not in the window is not drawn
        page.goto(f"{server.url}/asset-groups")
        expand_all_groups(page)
        for name in names:
            expect(page.locator("svg").get_by_text(name, exact=True).first).to_be_visible()


@needs_chromium
def test_an_asset_page_shows_columns_owners_kinds_and_source(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/assets/starbake/customers")
    shown = (
        "Holders of a loyalty card. The first file has everybody, the later ones who joined or changed.",
        "customer_id",
        "The number of the loyalty card",
        "lea@bakery.example",
        "DuckDB",
        "starbake.customers",
    )
    for text in shown:
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name="Open YAML")).to_have_attribute("href", re.compile(r"/customers\.sl\.yml:\d+$"))


@needs_chromium
def test_nothing_is_wrong_with_the_definitions_in_the_ui(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/locations")
    expect(page.get_by_text("Loaded", exact=True).first).to_be_visible()
    expect(page.get_by_text("Failed", exact=True)).to_have_count(0)


@needs_chromium
def test_a_table_is_materialized_by_a_click(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/assets/starbake/customers")
    page.get_by_text("Materialize", exact=True).first.click()
    confirm, launched = page.get_by_role("button", name="Confirm"), page.get_by_text("Launched run")
    expect(confirm.or_(launched).first).to_be_visible()
    if confirm.is_visible():  # Dagster asks when the upstream import was never materialized
        confirm.click()
    run = wait_for(lambda: [each for each in api.runs(server) if "dagster/from_ui" in each["tags"]], 60, "the run") or []
    assert run[0]["assets"] == {"starbake/customers"}
    assert api.wait_for_run(server, run[0]["runId"]) == "SUCCESS"

    event = api.materializations(server, "starbake/customers")[0]
    told = {key: event.metadata[key] for key in ("files", "rows_read", "rows_accepted", "rows_rejected", "dagster/row_count")}
    assert told == {"files": 3, "rows_read": 242, "rows_accepted": 237, "rows_rejected": 5, "dagster/row_count": 220}
    assert query(server.warehouse, "SELECT count(*) FROM starbake.customers") == [(220,)]
    page.reload()
    for label, value in (("rows_read", "242"), ("rows_accepted", "237"), ("rows_rejected", "5")):
        row = page.get_by_role("row").filter(has=page.get_by_text(label, exact=True))
        expect(row.get_by_text(value, exact=True).first).to_be_visible()


@needs_chromium
def test_an_expectation_that_blocks_stops_what_is_downstream_and_shows_what_is_wrong(server: Server, page: Page) -> None:
    names = ("starbake/products", "sales/product_costs", "sales/product_profitability")
    run = api.materialize(server, names)
    assert api.wait_for_run(server, run) == "FAILURE"
    steps = next(each["stepStats"] for each in api.runs(server) if each["runId"] == run)
    assert {each["stepKey"]: each["status"] for each in steps} == {
        "starbake__products": "SUCCESS",
        "sales__product_costs": "FAILURE",
    }
    page.goto(f"{server.url}/assets/sales/product_costs?view=checks")
    page.get_by_text("Failed", exact=True).first.click()
    wrong = query(server.warehouse, f"SELECT name FROM sales.product_costs WHERE recipe_cost <= {TOO_MUCH} ORDER BY name")
    assert wrong
    expect(page.get_by_text("This is a blocking asset check.")).to_be_visible()
    expect(page.get_by_role("row").filter(has=page.get_by_text("count", exact=True)).get_by_text(str(len(wrong)))).to_be_visible()
    for (name,) in wrong[:3]:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
