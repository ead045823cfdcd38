"""The browser house: a served demo and the system's Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.serving import Instance
from tests.shared_demo import demo_instance

ROOT = Path(__file__).resolve().parents[2]
WITH_PICTURES = bool(os.environ.get("CHOPHIEN_PICTURES"))  # for eyes: taking them lasts a quarter of the time
SCREENSHOTS = ROOT / "var" / "screenshots"
AXE = ROOT / "tests" / "vendor" / "axe" / "axe.min.js"
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "locale": "vi-VN",
    "device_scale_factor": 2,
    "has_touch": True,
}
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
)
CHEAP_PHONE = (
    "(() => { const real = performance.now.bind(performance); performance.now = () => real() * 8; })()"
)
"""A phone on which 600,000 rounds of PBKDF2 last a second and more: a PIN is stretched by no more than these."""
PATIENCE = 60_000  # ms for a step: the machine is shared, and a step that is slow there is not wrong
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def demo() -> Iterator[Instance]:
    """A running demo."""
    instance = demo_instance()
    try:
        instance.start()
        yield instance
    finally:
        instance.remove()


def find_chromium() -> str | None:
    """The system's Chromium, the headless shell first; none means Playwright's own."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright for one file of tests: its event loop ends before a test that has another."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium, or Playwright's own where there is none; each test opens a phone of its own in it."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
    yield browser
    browser.close()


@pytest.fixture
def phone(chromium: Browser, demo: Instance) -> Iterator[BrowserContext]:
    """A phone of 360 x 740 that stands on the demo's address."""
    context = chromium.new_context(base_url=demo.base, **PHONE)  # type: ignore[arg-type]  # playwright's own dictionary
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def plain_phone(chromium: Browser, demo: Instance) -> Iterator[BrowserContext]:
    """The same phone with JavaScript off."""
    context = chromium.new_context(base_url=demo.base, java_script_enabled=False, **PHONE)  # type: ignore[arg-type]  # as above
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


class Eyes:
    """Looks at a page: lets axe look for barriers, and keeps a picture in var/screenshots with `CHOPHIEN_PICTURES=1`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.barriers: dict[str, list[str]] = {}
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def look(self, page: Page, step: str) -> None:
        """Note what axe finds on the page at this step, and keep its picture."""
        self.count += 1
        page.wait_for_load_state()  # a click may have led elsewhere just now
        if WITH_PICTURES:
            page.screenshot(path=SCREENSHOTS / f"{self.name}-{self.count:02d}-{step}.png", full_page=True)
        kept = page.viewport_size or {"width": 360, "height": 740}
        # axe judges a window as tall as the page: the bar that sticks to a short window's edge covers nothing in it.
        tall = int(page.evaluate("document.documentElement.scrollHeight")) + 200
        page.set_viewport_size({"width": kept["width"], "height": tall})
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = page.evaluate(
            "async () => (await axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'], resultTypes: ['violations']})).violations"
        )
        page.set_viewport_size({"width": kept["width"], "height": kept["height"]})
        if found:
            self.barriers[f"{step} {page.url}"] = [
                f"{item['id']}: {item['nodes'][0]['html'][:160]} {item['nodes'][0].get('failureSummary', '')[:200]}"
                for item in found
            ]

    def assert_no_barriers(self) -> None:
        """Axe finds nothing on any page that was looked at."""
        assert not self.barriers, "\n".join(
            f"{where}: {what}" for where, all_of in self.barriers.items() for what in all_of
        )
