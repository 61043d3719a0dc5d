"""Take the pictures in docs/images anew: `python docs/take_screenshots.py`. It takes about four minutes and needs a Chromium.

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
from sl_assets_tests.ui.server import Server, command, copy_project, environment, serve, wait_for

IMAGES = Path(__file__).parent / "images"
LARGEST = 400_000  # bytes
DAYS = [f"2026-11-{day:02}" for day in range(1, 11)]
FAILING = "2026-11-08"
PARTITIONED = ("load/starbake/orders.sl.yml", "transform/sales/daily_revenue.sl.yml")
CALM_SECONDS = 45  # longer than the sensor's interval


def main() -> None:
    """Build the bakery, serve it, and take one picture after the other."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "bakery"
        root.mkdir()
        copy_project(root, land=True)
        end_partitions(root)
        subprocess.run([*command("run")], cwd=root, env=environment(root), check=True)
        with serve(root) as server:
            settle(server)
            run = api.materialize(server, transforms(server))
            api.wait_for_run(server, run)
            settle(server)
            take("lineage", server, "/asset-groups", lineage, width=1500, height=900)
            take("run", server, f"/runs/{run}", hide_navigation, width=1400, height=860)
            take("asset", server, "/assets/starbake/customers", hide_navigation, width=1400, height=1240)
            (server.landing / f"orders_{FAILING.replace('-', '')}_20.json").write_text('[\n{"order_id": 1,', encoding="utf-8")
            api.backfill(server, ["starbake/orders", "sales/daily_revenue"], DAYS)
            place = f"/assets/starbake/orders?view=partitions&partition={DAYS[-1]}"
            take("backfill", server, place, hide_navigation, width=1400, height=820)


def end_partitions(root: Path) -> None:
    """The sample days are all the partitions there are, so that the pictures do not depend on the day they are taken."""
    for name in PARTITIONED:
        file = root / "config" / name
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("    start: 2026-11-01\n", "    start: 2026-11-01\n    end: 2026-11-11\n"), encoding="utf-8")


def transforms(server: Server) -> list[str]:
    """The transforms without partitions."""
    nodes = api.assets(server).items()
    return [name for name, node in nodes if "sql" in node["kinds"] and not node["isPartitioned"]]


def settle(server: Server) -> None:
    """Wait until the automation sensor has nothing more to ask for."""
    quiet = time.monotonic()

    def calm() -> bool:
        nonlocal quiet
        if any(run["status"] in api.GOING_ON for run in api.runs(server)):
            quiet = time.monotonic()
        return time.monotonic() - quiet > CALM_SECONDS

    wait_for(calm, 300, "all runs to end")


def take(name: str, server: Server, place: str, prepare: Callable[[Page], None], width: int, height: int) -> None:
    """One picture, two screen pixels for a CSS pixel.

    Raises:
        ValueError: The picture is too large for the documentation.
    """
    target = IMAGES / f"{name}.png"
    with open_page(width, height, scale=2) as page:
        page.goto(server.url + place)
        page.wait_for_load_state("networkidle")
        prepare(page)
        page.mouse.move(width / 2, height - 2)  # away from everything that has a tooltip
        page.wait_for_timeout(2000)
        page.screenshot(path=target)
    size = target.stat().st_size
    print(f"{target.name}: {size:,} bytes")
    if size > LARGEST:
        raise ValueError(f"{target} has {size:,} bytes; at most {LARGEST:,} are allowed. Hint: a smaller window.")


def lineage(page: Page) -> None:
    """All groups unfolded, the side bars away, the graph as large as the window allows."""
    hide_navigation(page)
    expand_all_groups(page)


def hide_navigation(page: Page) -> None:
    """Fold Dagster's menu away."""
    page.get_by_text("Hide navigation", exact=True).click()


if __name__ == "__main__":
    main()
