import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from sl_assets_tests.ui import api
from sl_assets_tests.ui.browser import open_page
from sl_assets_tests.ui.october import begin_in_october, land_october
from sl_assets_tests.ui.server import Server, copy_project, serve

BROKEN_DAY, BROKEN_FILE = "2026-11-03", "orders_20261103_09.json"
TOO_MUCH = "0.2"
HELD_BACK = "deliveries_*.xml"


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The bakery served, with thirty days of orders landed, one file of them cut off in the middle.

    Deliveries load when they arrive, which they do as soon as the server is up (with the ingredients that they name already
    loaded); the transform that reads them is stale after a minute, and once more after four. Of what an article's ingredients may
    cost, more is asked than is true of some, and what is asked blocks.
    """
    root = tmp_path_factory.mktemp("bakery")
    copy_project(root, land=True)
    begin_in_october(root / "config", last="2026-11-11")
    edit(root / "config/load/starbake/deliveries.sl.yml", r"    format: XML\n", "    format: XML\n    runOnArrival: true\n")
    stale = r"  freshness:\n    warn: .*\n    error: .*\n"
    edit(
        root / "config/transform/purchasing/delivery_lines.sl.yml",
        stale,
        "  freshness:\n    warn: 1 minute\n    error: 4 minutes\n",
    )
    edit(root / "config/transform/sales/product_costs.sl.yml", "recipe_cost > 0'", f"recipe_cost > {TOO_MUCH}'")
    landing = root / "datasets" / "incoming" / "starbake"
    land_october(landing)
    (landing / BROKEN_FILE).write_text('[\n{"order_id": 1,', encoding="utf-8")
    deliveries = {path: path.rename(root / path.name) for path in landing.glob(HELD_BACK)}
    with serve(root) as running:
        assert api.wait_for_run(running, api.materialize(running, ["starbake/ingredients"])) == "SUCCESS"
        for path, held in deliveries.items():
            held.rename(path)
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    with open_page() as opened:
        yield opened


def edit(file: Path, old: str, new: str) -> None:
    """Change one place of a project's file."""
    text, count = re.subn(old, new, file.read_text("utf-8"))
    assert count == 1, f"{old!r} is {count} times in {file}"
    file.write_text(text, encoding="utf-8")
