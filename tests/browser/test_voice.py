"""Speaking into a form in a real browser: recorded, heard, dropped, said again, carried by the ordinary form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.conftest import ARGUMENTS, PATIENCE, PHONE, Eyes, find_chromium
from tests.browser.steps import choose_work, follow, log_in
from tests.serving import Instance

MEMBER, MEMBER_E164 = "0912 000 103", "+84912000103"  # each phone number gets three codes in ten minutes
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
COUNT = "document.querySelector('input[name=voice]').files.length"
SIZE = "document.querySelector('input[name=voice]').files[0].size"


@pytest.fixture
def speaker(playwright: Playwright, demo: Instance) -> Iterator[BrowserContext]:
    """A phone with a microphone that hums."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*ARGUMENTS, *MICROPHONE])
    context = browser.new_context(base_url=demo.base, **PHONE)  # type: ignore[arg-type]  # as in conftest
    context.set_default_timeout(PATIENCE)
    yield context
    browser.close()


def open_form(page: Page, demo: Instance) -> None:
    """The form of leaf picked, filled in but for the voice."""
    log_in(page, demo, MEMBER, MEMBER_E164, "/producer/")
    page.goto("/producer/diary/new")
    choose_work(page, "Bờ hồ", "Hái chè")
    page.get_by_label("Hái được bao nhiêu chè tươi").fill("3 kg")
    page.get_by_text("một tôm một lá", exact=True).click()


def speak(page: Page, ms: int = 1_200) -> None:
    """Press, speak, press."""
    page.locator("[data-record]").click()
    expect(page.locator("[data-record]")).to_have_text("Nói xong")
    page.wait_for_timeout(ms)
    page.locator("[data-record]").click()
    expect(page.locator("[data-record]")).to_have_text("Nói lại")


def test_a_voice_is_spoken_dropped_said_again_and_sent(speaker: BrowserContext, demo: Instance) -> None:
    """One button starts and ends; the recording lies in the file field; the entry plays it afterwards."""
    page, eyes = speaker.new_page(), Eyes("voice")
    open_form(page, demo)
    expect(page.locator("input[name=voice]")).to_be_hidden()
    eyes.look(page, "before")
    speak(page)
    assert page.evaluate(COUNT) == 1
    assert 1_000 < page.evaluate(SIZE) < 40_000
    eyes.look(page, "spoken")
    page.locator("[data-drop]").click()
    assert page.evaluate(COUNT) == 0
    speak(page)
    page.locator("main").get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url("**/producer/diary/*?saved=1")
    player = page.locator("main audio")
    expect(player).to_be_visible()
    player.evaluate("sound => sound.play()")
    page.wait_for_timeout(600)
    assert player.evaluate("sound => sound.currentTime") > 0.1
    eyes.look(page, "entry")
    follow(page.get_by_role("link", name="Chép lại thành chữ"))
    eyes.look(page, "write-down")
    page.get_by_label("Nghe thấy gì thì viết vậy").fill("Hái bờ hồ ba cân")
    page.locator("main").get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Hái bờ hồ ba cân")).to_be_visible()
    eyes.assert_no_barriers()


def test_a_form_sent_in_the_middle_of_a_sentence_takes_it_along(
    speaker: BrowserContext, demo: Instance
) -> None:
    """Whoever forgets to end the recording loses nothing."""
    page = speaker.new_page()
    open_form(page, demo)
    page.locator("[data-record]").click()
    expect(page.locator("[data-record]")).to_have_text("Nói xong")
    page.wait_for_timeout(900)
    page.locator("main").get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url("**/producer/diary/*?saved=1")
    expect(page.locator("main audio")).to_be_visible()


def test_without_a_microphone_the_plain_field_is_left(phone: BrowserContext, demo: Instance) -> None:
    """A refused microphone gives the file field back."""
    page = phone.new_page()
    open_form(page, demo)
    page.locator("[data-record]").click()
    expect(page.locator("input[name=voice]")).to_be_attached()
    expect(page.locator("[data-record]")).to_be_hidden()
    expect(page.get_by_text("Bấm vào đây để thu tiếng")).to_be_visible()
