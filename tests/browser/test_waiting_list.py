"""Seats kept longer, and the waiting list, on a visitor's phone: with and without JavaScript, read by axe."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Eyes
from tests.browser.steps import FARMER, FARMER_E164, follow, log_in
from tests.browser.test_every_page import SMALL, WIDER
from tests.serving import Instance

TOUR = "/tours/mot-buoi-hai-che-tan-cuong"
FISH = "/tours/tham-trai-ca-nuoc-lanh-thuong-minh"


def judge(page: Page, eyes: Eyes, step: str) -> None:
    """The page fits the smallest phone, its targets a thumb, and axe finds nothing."""
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate(WIDER) == []
    assert page.evaluate(SMALL) == []
    page.set_viewport_size({"width": 360, "height": 740})
    eyes.look(page, step)


def join(page: Page, eyes: Eyes | None, phone: str) -> None:
    """Leave a name for the sold-out day."""
    page.goto(TOUR)
    if eyes:
        judge(page, eyes, "tour")
    follow(page.get_by_role("link", name="Ghi tên chờ").first)
    if eyes:
        judge(page, eyes, "form")
    page.locator("input[name^=unit_]").first.fill("2")
    page.locator("input[name=contact_name]").fill("Anh Nam")
    page.locator("input[name=contact_phone]").fill(phone)
    page.get_by_role("button", name="Ghi tên chờ").click()
    page.wait_for_url(re.compile(r"/waiting/"))


def test_a_name_on_the_list(phone: BrowserContext, plain_phone: BrowserContext, demo: Instance) -> None:
    """A sold-out day leads to the list, the list to a page of one's own, one tap leaves it; the host sees who waits."""
    eyes = Eyes("waiting")
    # Whatever day is sold out first by now: one party waits for it already.
    plain = plain_phone.new_page()
    join(plain, None, "0912 000 992")
    page = phone.new_page()
    join(page, eyes, "0912 000 991")
    expect(page.get_by_text(re.compile(r"Trước bạn còn \d+ nhóm"))).to_be_visible()
    judge(page, eyes, "place")
    [said] = re.findall(r"(\d+)/(\d+)/(\d{4})", page.locator("main").inner_text())[:1]
    day = date(*(int(part) for part in reversed(said)))
    plain.get_by_role("button", name="Rời danh sách chờ").click()
    expect(plain.get_by_text("Bạn đã rời danh sách chờ")).to_be_visible()
    browser = phone.browser
    assert browser is not None
    _see_the_hosts_pages(browser, demo, eyes, day)
    eyes.assert_no_barriers()


def _see_the_hosts_pages(browser: Browser, demo: Instance, eyes: Eyes, day: date) -> None:
    context = browser.new_context(
        base_url=demo.base, viewport={"width": 360, "height": 740}, locale="vi-VN", device_scale_factor=2
    )
    try:
        host = context.new_page()
        log_in(host, demo, FARMER, FARMER_E164, "/producer/")
        host.goto("/producer/tours")
        card = host.locator("main article, main section, main li").filter(has_text="Một buổi hái chè").last
        follow(card.get_by_role("link", name="Sửa"))
        host.get_by_text("Cần đủ người mới đón?").click()
        judge(host, eyes, "host-form")
        follow(host.get_by_role("link", name="Ngày đi").first)
        judge(host, eyes, "host-dates")
        host.goto(f"/producer/tours/day?on={day}")
        expect(host.get_by_text("Anh Nam")).to_be_visible()
        judge(host, eyes, "host-day")
    finally:
        context.close()


def test_seats_are_kept_longer(phone: BrowserContext, plain_phone: BrowserContext) -> None:
    """The page says until when, says so again five minutes and one minute before, and one tap keeps them longer."""
    eyes = Eyes("longer")
    page = phone.new_page()
    page.goto(FISH)
    judge(page, eyes, "small-tour")
    page.goto(f"{FISH}/group")
    judge(page, eyes, "group")
    page.goto(FISH)
    follow(page.get_by_role("link", name="Đặt ngày này").first)
    judge(page, eyes, "small-form")
    page.locator("input[name=contact_name]").fill("Chị Mai")
    page.locator("input[name=contact_phone]").fill("0912 000 993")
    page.get_by_role("button", name="Giữ chỗ").click()
    page.wait_for_url(re.compile(r"/bookings/"))
    judge(page, eyes, "held")
    link = page.url
    page.clock.install()
    page.goto(link)
    status = page.locator("main p[role=status]")
    expect(status).to_have_text(re.compile(r"^Chỗ của bạn được giữ đến [^.]+\.$"))
    page.clock.fast_forward("10:30")
    expect(status).to_contain_text("Còn 5 phút.")
    page.clock.fast_forward("03:45")
    expect(status).to_contain_text("Còn 1 phút.")
    plain = plain_phone.new_page()
    plain.goto(link)
    expect(plain.locator("main p[role=status]")).to_contain_text("Chỗ của bạn được giữ đến")
    plain.get_by_role("button", name="Giữ thêm 15 phút").click()
    expect(plain.locator("main p[role=status]")).to_contain_text("Chỗ của bạn được giữ đến")
    plain.get_by_role("button", name="Bỏ giữ chỗ").click()
    expect(plain.get_by_text("Đã bỏ giữ chỗ")).to_be_visible()
    eyes.assert_no_barriers()
