"""The producers' app without signal: what is written is kept, and arrives once."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE, Eyes
from tests.browser.steps import choose_work, log_in, submit
from tests.serving import Instance

MEMBER, MEMBER_E164 = "0912 000 102", "+84912000102"  # each phone number gets three codes in ten minutes
PHOTO = Path(__file__).resolve().parents[2] / "app" / "demo" / "pictures" / "tea-picking.webp"


def open_app(page: Page, demo: Instance) -> None:
    """Log in and wait until the phone holds its pages."""
    log_in(page, demo, MEMBER, MEMBER_E164, "/producer/")
    page.wait_for_selector("html[data-kept]")
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
    choose_work(page, "Bờ hồ", "Làm cỏ")
    page.wait_for_selector("html[data-ready]")
    page.get_by_text("Nhổ tay").first.click()
    page.locator("textarea[name=note]").fill("cỏ ở bờ ao, không sóng")
    eyes.look(page, "form")
    submit(page, "Lưu")
    page.wait_for_url(re.compile("/producer/outbox"))
    expect(page.locator("[data-part=records] li")).to_have_count(1)
    expect(page.locator("[data-part=records]")).to_contain_text("Đã lưu trong máy")
    eyes.look(page, "outbox")
    page.goto("/producer/diary/new/note")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Làm ở đâu").select_option(label="Bờ hồ")
    submit(page, "Lưu")
    expect(page.locator("#e-note")).to_contain_text("viết vài chữ, nói vài câu")
    page.goto("/producer/certificates")
    expect(page.locator("h1")).to_contain_text("Chưa có sóng")
    eyes.look(page, "no-signal")
    page.goto("/producer/outbox")
    phone.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-part=records]")).to_contain_text("Đã gửi")
    eyes.look(page, "sent")
    page.locator("[data-slot=open]").first.click()
    expect(page.locator("main")).to_contain_text("cỏ ở bờ ao, không sóng")
    page.goto("/producer/diary")
    eyes.assert_no_barriers()


def write_weeding(page: Page, words: str) -> None:
    """Write that weeds were taken out at the lake's edge."""
    page.goto("/producer/diary/new")
    choose_work(page, "Bờ hồ", "Làm cỏ")
    page.wait_for_selector("html[data-ready]")
    page.get_by_text("nhổ tay").first.click()
    page.locator("textarea[name=note]").fill(words)


def test_a_file_is_carried_down_the_mountain(phone: BrowserContext, demo: Instance, tmp_path: Path) -> None:
    """Unsent records go into one signed file; another phone hands it in, the command again changes nothing."""
    eyes = Eyes("carry")
    page = phone.new_page()
    open_app(page, demo)
    phone.set_offline(True)
    write_weeding(page, "việc thứ nhất, đi bằng tệp")
    page.locator("input[name=photos]").set_input_files(PHOTO)
    page.wait_for_timeout(800)
    submit(page, "Lưu")
    page.wait_for_url(re.compile("/producer/outbox"))
    page.get_by_text("Gửi hộ bằng tệp").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Gói thành tệp").click()
    carried = tmp_path / "carried.json"
    download.value.save_as(carried)
    assert "việc thứ nhất" in json.loads(carried.read_text(encoding="utf-8"))["body"]

    browser = phone.browser
    assert browser is not None
    other = browser.new_context(base_url=demo.base, viewport={"width": 360, "height": 740}, locale="vi-VN")
    other.set_default_timeout(PATIENCE)
    try:
        helper = other.new_page()
        log_in(helper, demo, "0912 000 201", "+84912000201", "/producer/")
        helper.goto("/producer/outbox/carry")
        forged = tmp_path / "forged.json"
        forged.write_text(
            carried.read_text(encoding="utf-8").replace("thứ nhất", "thứ hai"), encoding="utf-8"
        )
        helper.locator("input[type=file]").set_input_files(forged)
        submit(helper, "Gửi lên chợ")
        expect(helper.locator("#e-file")).to_contain_text("đã bị sửa")
        helper.locator("input[type=file]").set_input_files(carried)
        submit(helper, "Gửi lên chợ")
        expect(helper.locator("main")).to_contain_text("Đã nhận 1 trên 1 việc")
        expect(helper.locator("main")).to_contain_text("Kèm 1 ảnh")
        eyes.look(helper, "handed-in")
    finally:
        other.close()
    again = demo.run("outbox", "import", str(carried))
    assert again.stdout.startswith("✓ Làm cỏ · Bờ hồ")
    phone.set_offline(False)
    page.goto("/producer/diary")
    expect(page.locator("main")).to_contain_text("Làm cỏ")
    page.goto("/producer/outbox")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-part=records]")).to_contain_text("Đã gửi")
    page.locator("[data-slot=open]").first.click()
    expect(page.locator("main")).to_contain_text("việc thứ nhất, đi bằng tệp")
    expect(page.locator("main img")).to_have_count(1)
    eyes.assert_no_barriers()
