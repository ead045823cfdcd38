"""A day's work by a thumb that stops to think: at most four taps and twenty seconds, and no signal: not a byte."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.steps import log_in
from tests.serving import Instance

pytestmark = pytest.mark.browser

MEMBER, MEMBER_E164 = "0912 000 104", "+84912000104"
MOST_TAPS = 4
MOST_S = 20.0
THINKING_S = 1.0  # before each tap: to look, and to find the place
LETTER_S = 0.3


class Thumb:
    """Taps what is seen, one after the other, and counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0
        self.began = time.monotonic()

    def tap(self, target: Locator) -> None:
        """Look, then tap the middle of it."""
        time.sleep(THINKING_S)
        target.tap()
        self.taps += 1

    def type(self, letters: str) -> None:
        """Type into what was tapped."""
        for letter in letters:
            time.sleep(LETTER_S)
            self.page.keyboard.press(letter)

    def seconds(self) -> float:
        """How long it took so far."""
        return time.monotonic() - self.began


def save(page: Page, thumb: Thumb) -> None:
    """Tap the button; the record is kept on the phone and says so."""
    thumb.tap(page.locator("main").get_by_role("button", name="Lưu", exact=True).first)
    page.wait_for_url(re.compile("/producer/outbox"))
    expect(page.locator("[data-part=records] li").first).to_contain_text("Đã lưu trong máy")


def begin(page: Page, work: str) -> Thumb:
    """From the first page to the form of this work: two taps."""
    page.goto("/producer/")
    page.wait_for_selector("html[data-ready]")
    thumb = Thumb(page)
    thumb.tap(page.locator("a.tile", has_text="Ghi nhật ký"))
    page.wait_for_selector("html[data-ready]")
    thumb.tap(page.locator("a.tile", has_text=work).first)
    page.wait_for_url(re.compile("/producer/diary/new/"))
    page.wait_for_selector("html[data-ready]")
    return thumb


def test_a_days_work_takes_four_taps_and_no_signal(phone: BrowserContext, demo: Instance) -> None:
    """Weeding and leaf picked, from the first page to "kept", with the phone offline since its first visit."""
    page = phone.new_page()
    log_in(page, demo, MEMBER, MEMBER_E164, "/producer/")
    page.wait_for_selector("html[data-kept]")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    phone.set_offline(True)

    thumb = begin(page, "Làm cỏ")
    thumb.tap(page.get_by_text("Nhổ tay").first)
    save(page, thumb)
    assert thumb.taps <= MOST_TAPS and thumb.seconds() < MOST_S, (thumb.taps, thumb.seconds())

    thumb = begin(page, "Hái chè")
    thumb.tap(page.get_by_label("Hái được bao nhiêu chè tươi"))
    thumb.type("24")
    save(page, thumb)
    assert thumb.taps <= MOST_TAPS and thumb.seconds() < MOST_S, (thumb.taps, thumb.seconds())
