"""Take the pictures in docs/images anew: `python docs/take_screenshots.py`. It takes about ten minutes and needs a Chromium.

The bundled bakery is loaded in a temporary folder and served from there; nothing else is touched.
"""
# ruff: noqa: INP001, S603, T201 - a script that is run by hand, starts our own command and tells what it did

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page

from sl_assets_tests.ui import api
from sl_assets_tests.ui.browser import expand_all_groups, open_page
from sl_assets_tests.ui.conftest import edit
from sl_assets_tests.ui.expected import expected_days
from sl_assets_tests.ui.october import begin_in_october, land_october, october
from sl_assets_tests.ui.server import Server, command, copy_project, environment, serve, wait_for

IMAGES = Path(__file__).parent / "images"
LARGEST = 400_000  # bytes
FAILING, LAST = "2026-11-08", "2026-11-10"
STALE = "purchasing/delivery_lines"
SETTINGS = {
    "dagster-nav-collapsed": "true",
    "asset-graph-direction": '"horizontal"',
    "asset-node-facets": '["kind-tag", "latest-event"]',  # what makes the nodes of the lineage low
}
"""What Dagster's UI remembers in the browser: the menu folded away, the graph from left to right."""
BELOW_THE_BAR = 25  # CSS pixels: the search bar lies on top of the graph
ABOVE_THE_FILTER = 22  # CSS pixels: where the line between steps and log can be dragged
BELOW_THE_STEPS = 515  # CSS pixels
CALM_SECONDS = 45  # longer than the sensor's interval


def main() -> None:
    """Build the bakery, serve it, and take one picture after the other."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "bakery"
        root.mkdir()
        copy_project(root, land=True)
        # the days there are files for are all partitions there are: the pictures do not depend on the day they are taken
        begin_in_october(root / "config", last="2026-11-11")
        landing = root / "datasets" / "incoming" / "starbake"
        land_october(landing)
        held = max(landing.glob("deliveries_*.xml"))
        held = held.rename(root / held.name)
        subprocess.run([*command("run")], cwd=root, env=environment(root), check=True)
        with serve(root) as server:
            settle(server)
            run = next(each["runId"] for each in api.runs(server) if "starbake/customers" in each["assets"])
            take("lineage", server, "/asset-groups", lineage, width=1440, height=1800, scale=1.1)
            take("run", server, f"/runs/{run}", messages_of_run, width=1400, height=960)
            take("asset", server, "/assets/starbake/customers", nothing, width=1440, height=1742, scale=1.3)
            (server.landing / f"orders_{FAILING.replace('-', '')}_20.json").write_text('[\n{"order_id": 1,', encoding="utf-8")
            take("checks", server, "/assets/sales/daily_revenue?view=checks", nothing, width=1400, height=620, scale=1.5)
            api.backfill(server, ["starbake/orders", "sales/daily_revenue"], [*october(), *expected_days()])
            settle(server)
            place = f"/assets/starbake/orders?view=partitions&partition={LAST}"
            take("backfill", server, place, nothing, width=1400, height=1207, scale=1.8)
            take("month", server, f"/runs/b/{api.backfills(server)[0]}", nothing, width=1400, height=370, scale=1.5)
        let_files_start_runs(root / "config")
        with serve(root) as server:
            held.rename(landing / held.name)
            wait_for(
                lambda: stale_refreshed(server), 600, "a file to arrive, its table to be read, and what reads it to grow stale"
            )
            settle(server)
            take("triggers", server, "/runs", nothing, width=1400, height=420, scale=1.5)
            take("freshness", server, f"/assets/{STALE}", nothing, width=1400, height=1000, scale=1.5)


def let_files_start_runs(config: Path) -> None:
    """Deliveries are loaded when they arrive, and what reads them warns after three minutes."""
    edit(config / "load/starbake/deliveries.sl.yml", r"    format: XML\n", "    format: XML\n    runOnArrival: true\n")
    stale = r"  freshness:\n    warn: .*\n"
    edit(config / f"transform/{STALE}.sl.yml", stale, "  freshness:\n    warn: 3 minutes\n")


def stale_refreshed(server: Server) -> bool:
    """Whether a run followed that of the file that arrived, and after it another came of its own accord."""
    runs = api.runs(server)  # the newest first
    arrived = next((place for place, run in enumerate(runs) if "arrivals" in run["tags"].get("dagster/sensor_name", "")), 0)
    later = [run for run in runs[:arrived] if STALE in run["assets"]]
    return len(later) > 1 and all(run["status"] == "SUCCESS" for run in later)


def settle(server: Server) -> None:
    """Wait until the automation sensor has nothing more to ask for."""
    quiet = time.monotonic()

    def calm() -> bool:
        nonlocal quiet
        if any(run["status"] in api.GOING_ON for run in api.runs(server)):
            quiet = time.monotonic()
        return time.monotonic() - quiet > CALM_SECONDS

    wait_for(calm, 300, "all runs to end")


def take(
    name: str, server: Server, place: str, prepare: Callable[[Page], None], width: int, height: int, scale: float = 2
) -> None:
    """One picture of a window of that many CSS pixels, each of them `scale` pixels of the picture.

    Raises:
        ValueError: The picture is too large for the documentation.
    """
    target = IMAGES / f"{name}.png"
    with open_page(width, height, scale) as page:
        page.add_init_script("".join(f"localStorage.setItem('{key}', '{value}');" for key, value in SETTINGS.items()))
        page.goto(server.url + place)
        page.wait_for_load_state("networkidle")
        prepare(page)
        page.mouse.move(width - 2, height - 2)  # away from everything that has a tooltip
        page.wait_for_timeout(4000)
        page.screenshot(path=target)
    size = target.stat().st_size
    print(f"{target.name}: {size:,} bytes")
    if size > LARGEST:
        raise ValueError(f"{target} has {size:,} bytes; at most {LARGEST:,} are allowed. Hint: a smaller window.")


def lineage(page: Page) -> None:
    """All groups unfolded, the list of assets away, the graph as large as the window allows."""
    expand_all_groups(page)
    page.get_by_role("button", name="panel_show_right").first.click()
    page.wait_for_timeout(1000)
    graph = page.locator("[data-svg-viewport]").bounding_box()
    if graph is None:
        raise LookupError("The page has no graph.")
    left, bottom = graph["x"] + 12, graph["y"] + graph["height"] - 60
    page.mouse.dblclick(left, bottom)  # fits the graph into the window
    page.wait_for_timeout(1000)
    page.mouse.move(left, bottom)
    page.mouse.down()
    page.mouse.move(left, bottom + BELOW_THE_BAR, steps=5)
    page.mouse.up()


def messages_of_run(page: Page) -> None:
    """The steps with their whole names, and of the log what was said about each file."""
    page.get_by_role("button", name="gantt_flat").click()
    box = page.get_by_placeholder("Filter…").last
    place = box.bounding_box()
    if place is None:
        raise LookupError("The page has no log.")
    page.mouse.move(place["x"], place["y"] - ABOVE_THE_FILTER)
    page.mouse.down()
    page.mouse.move(place["x"], BELOW_THE_STEPS, steps=5)
    page.mouse.up()
    box.fill("loaded,")
    box.press("Enter")
    page.wait_for_timeout(500)
    box.blur()


def nothing(page: Page) -> None:
    """The page is right as it opens."""
    del page


if __name__ == "__main__":
    main()
