"""The producers' app without signal: what is written is kept, and arrives once."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Eyes
from tests.browser.test_journey import FARMER, FARMER_E164, log_in, submit
from tests.serving import Instance

PHOTO = Path(__file__).resolve().parents[2] / "app" / "demo" / "pictures" / "tea-picking.webp"


def open_app(page: Page, demo: Instance) -> None:
    """Log in and wait until the phone holds its pages."""
    log_in(page, demo, FARMER, FARMER_E164, "/producer/")
    page.wait_for_selector("html[data-kept]", timeout=30_000)
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def test_work_is_written_without_signal_and_arrives_once(phone: BrowserContext, demo: Instance) -> None:
    """Home, place, work, form and outbox open without signal; back in signal the entry is in the diary once."""
    eyes = Eyes("offline")
    page = phone.new_page()
    open_app(page, demo)
    phone.set_offline(True)
    page.goto("/producer/")
    eyes.look(page, "home")
    page.goto("/producer/diary/new")
    page.get_by_role("link", name="Bờ hồ").click()
    page.get_by_role("link", name="Làm cỏ").click()
    page.wait_for_selector("html[data-ready]")
    page.get_by_text("Nhổ tay").first.click()
    page.locator("textarea[name=note]").fill("cỏ ở bờ ao, không sóng")
    eyes.look(page, "form")
    submit(page, "Lưu")
    page.wait_for_url(re.compile("/producer/outbox"))
    expect(page.locator("[data-part=records] li")).to_have_count(1)
    expect(page.locator("[data-part=records]")).to_contain_text("Đã lưu trong máy")
    eyes.look(page, "outbox")
    page.goto("/producer/certificates")
    expect(page.locator("h1")).to_contain_text("Chưa có sóng")
    eyes.look(page, "no-signal")
    page.goto("/producer/outbox")
    phone.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-part=records]")).to_contain_text("Đã gửi", timeout=15_000)
    eyes.look(page, "sent")
    page.locator("[data-slot=open]").first.click()
    expect(page.locator("main")).to_contain_text("cỏ ở bờ ao, không sóng")
    page.goto("/producer/diary")
    eyes.assert_no_barriers()
