"""A page in headless Chromium, when there is one."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
HOW = "Hint: install Chromium, or set CHROMIUM to its executable."
WAIT_MILLISECONDS = 120_000


def chromium() -> str | None:
    """The browser's executable: $CHROMIUM, else the first one on the PATH, else the one `playwright install` left."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@contextmanager
def open_page(width: int = 1600, height: int = 1000, scale: float = 1) -> Generator[Page, None, None]:
    """A fresh page; `width` and `height` in CSS pixels, each of them `scale` pixels of the screen."""
    executable = chromium()
    if executable is None:
        raise FileNotFoundError(f"No Chromium was found. {HOW}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
        page.set_default_timeout(WAIT_MILLISECONDS)
        expect.set_options(timeout=WAIT_MILLISECONDS)
        yield page
        browser.close()


def expand_all_groups(page: Page) -> None:
    """On the lineage page: unfold every group, as its key binding does."""
    expect(page.get_by_text("Materialize all", exact=False).first).to_be_visible()
    page.locator("svg").get_by_text("starbake", exact=True).first.wait_for()
    page.keyboard.press("Alt+KeyE")
    page.wait_for_url("**expanded=**")
    page.locator("svg").get_by_text("landing", exact=True).first.wait_for()
