"""Checking a label without signal, as somebody at a stall does it."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Eyes
from tests.serving import Instance
from traceability.labels.press import link_of, open_press


def read_label(demo: Instance) -> str:
    """The whole address of one of the demo's labels, as it is printed."""
    _empty, _key, gtin, _key, lot, _key, serial = demo.links()["scan"].split("/")
    secret = (demo.folder / "var" / "secret").read_text(encoding="utf-8").strip().encode()
    return link_of(open_press(demo.base, secret), gtin=gtin, lot_code=lot, serial=serial)


def check(page: Page, address: str) -> None:
    """Paste an address and press the button."""
    page.locator("#f-code").fill(address)
    page.locator("form[data-check] button[type=submit]").click()


def test_a_label_is_checked_without_signal(phone: BrowserContext, demo: Instance) -> None:
    """Opened once with signal, the page opens without, and tells our label from one with another letter, as a scan does."""
    eyes = Eyes("verify-offline")
    link = read_label(demo)
    page = phone.new_page()
    page.goto("/verify")
    page.get_by_role("link", name="Kiểm tra khi không có sóng").click()
    page.wait_for_selector("html[data-kept]")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    changed = link.replace("/21/", "/21/9", 1)
    with_signal = phone.new_page()
    with_signal.goto(changed)
    wrong = with_signal.locator(".answer h2").first.inner_text()
    with_signal.goto(link)
    right = with_signal.locator("p", has_text="Chữ ký số trong mã").inner_text()
    with_signal.close()
    phone.set_offline(True)
    page.reload()
    eyes.look(page, "form")
    check(page, link)
    said = page.locator("[data-said]")
    expect(said).to_contain_text("Chữ ký đúng")
    expect(said).to_contain_text(right)
    eyes.look(page, "right")
    check(page, changed)
    expect(said).to_contain_text(wrong)
    eyes.look(page, "wrong")
    check(page, demo.links()["scan"])
    expect(said).to_contain_text("không có chữ ký")
    phone.set_offline(False)
    page.goto("/verify/offline?lang=en")
    expect(page.locator("h1")).to_contain_text("Check a label's signature")
    phone.set_offline(True)
    page.goto("/verify/offline")
    expect(page.locator("h1")).to_contain_text("Check a label's signature")
    check(page, link)
    expect(said).to_contain_text("The signature is right")
    eyes.assert_no_barriers()


def test_without_scripts_the_form_asks_the_fair(plain_phone: BrowserContext, demo: Instance) -> None:
    """Where no script runs, the same form leads to the label's page."""
    page = plain_phone.new_page()
    page.goto("/verify/offline")
    page.locator("#f-code").fill(read_label(demo))
    page.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(page.locator(".answer").first).to_be_visible()
