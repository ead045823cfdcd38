"""Few words: a farmer records a prompt, another phone downloads the pack and hears it without signal."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import PHONE, Eyes
from tests.browser.steps import log_in
from tests.browser.test_voice import speak, speaker
from tests.serving import Instance

__all__ = ["speaker"]
MEMBER, MEMBER_E164 = "0912 000 104", "+84912000104"  # each phone number gets three codes in ten minutes
STAFF, STAFF_E164 = "0912 000 901", "+84912000901"
PLAYED = "window.played = 0; const play = Audio.prototype.play; Audio.prototype.play = function () { window.played += 1; return play.call(this); };"


def publish(speaker: BrowserContext, demo: Instance) -> None:
    """Staff sends out what was recorded in Tày, on a phone of their own."""
    assert speaker.browser is not None
    desk = speaker.browser.new_context(base_url=demo.base, **PHONE)  # type: ignore[arg-type]  # as in conftest
    page = desk.new_page()
    log_in(page, demo, STAFF, STAFF_E164, "/producer/voices/tyz")
    page.get_by_role("button", name="Phát hành bản mới").click()
    expect(page.get_by_text("bản 1")).to_be_visible()
    desk.close()


def test_a_prompt_is_recorded_published_downloaded_and_heard_offline(
    speaker: BrowserContext, demo: Instance
) -> None:
    """One speaker stands beside the one recorded prompt, and speaks without a network."""
    page, eyes = speaker.new_page(), Eyes("speak")
    page.add_init_script(PLAYED)
    log_in(page, demo, MEMBER, MEMBER_E164, "/producer/")
    page.goto("/producer/voices")
    eyes.look(page, "languages")
    page.get_by_role("link", name="Tiếng Tày").click()
    page.locator("summary").click()
    page.get_by_role("link", name="Ghi nhật ký", exact=True).click()
    speak(page)
    eyes.look(page, "said")
    page.locator("main").get_by_role("button", name="Lưu, sang câu sau").click()
    page.wait_for_url("**saved=1")
    publish(speaker, demo)
    page.goto("/voices")
    page.get_by_text("Tiếng Tày").click()
    page.get_by_role("button", name="Lưu tiếng").click()
    expect(page.get_by_role("button", name="Tải tiếng về máy")).to_be_visible()
    eyes.look(page, "chosen")
    page.get_by_role("button", name="Tải tiếng về máy").click()
    expect(page.get_by_text("Đã tải về máy")).to_be_visible()
    page.goto("/producer/")
    button = page.get_by_role("button", name="Nghe: Ghi nhật ký")
    expect(button).to_be_visible()
    assert page.locator("[data-speaker]").count() == 1
    eyes.look(page, "today")
    speaker.set_offline(True)
    button.click()
    page.wait_for_timeout(500)
    assert page.evaluate("window.played") == 1
    expect(button).to_be_visible()
    speaker.set_offline(False)
    eyes.assert_no_barriers()


def test_without_clip_and_voice_there_is_silence(phone: BrowserContext, demo: Instance) -> None:
    """A language without a pack on a phone without a Vietnamese voice shows no speaker at all."""
    page = phone.new_page()
    log_in(page, demo, MEMBER, MEMBER_E164, "/voices")
    page.get_by_text("Tiếng Mông").click()
    page.get_by_role("button", name="Lưu tiếng").click()
    expect(page.locator("body[data-speak=hmn]")).to_be_attached()
    expect(page.locator("[data-speaker]")).to_have_count(0)
