"""Selling, packing and receiving guests without signal: what is written on the phone arrives once, and two agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE, PHONE, Eyes
from tests.browser.steps import FARMER, FARMER_E164, log_in, submit
from tests.browser.test_journey import add_departure_today, book
from tests.serving import Instance


@pytest.fixture
def second_phone(phone: BrowserContext, demo: Instance) -> Iterator[BrowserContext]:
    """Another phone of 360 x 740."""
    assert phone.browser is not None
    context = phone.browser.new_context(base_url=demo.base, **PHONE)  # type: ignore[arg-type]  # playwright's own dictionary
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def open_app(page: Page, demo: Instance, logins: list[Any]) -> None:
    """Open home as the farmer, logged in once for all phones, and wait until the phone holds its pages."""
    if logins:
        page.context.add_cookies(logins)
        page.goto("/producer/")
    else:
        log_in(page, demo, FARMER, FARMER_E164, "/producer/")
        logins += page.context.cookies()
    page.wait_for_selector("html[data-kept]")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


@pytest.fixture(scope="module")
def logins() -> list[Any]:
    """The cookies of the one log-in: codes are sent only so often."""
    return []


def keep_now(page: Page) -> None:
    """Let the phone fetch its pages anew, as it does after ten minutes."""
    page.evaluate(
        """async () => {
            const address = document.querySelector('script[src*="offline/start.js"]').src;
            const { keepPages } = await import(address);
            await keepPages({ force: true });
        }"""
    )


def come_back(phone: BrowserContext, page: Page) -> None:
    """There is signal again."""
    phone.set_offline(False)
    page.goto("/producer/outbox")


def write(page: Page, words: str) -> None:
    """Press the button of a form and land in the outbox with it kept on the phone."""
    page.wait_for_selector("html[data-ready]")
    submit(page, words)
    page.wait_for_url(re.compile("/producer/outbox"))
    expect(page.locator("[data-part=records]")).to_contain_text("Đã lưu trong máy")


def open_listing(page: Page) -> str:
    """The address of the first listing."""
    page.goto("/producer/listings")
    page.locator("main ul.list a").first.click()
    page.wait_for_url(re.compile(r"/producer/listings/[0-9a-f-]{36}"))
    return page.url


PRICE = "input[name^=pack_][name$=_price_minor].money-in >> nth=0"


def test_two_edits_of_a_listing_meet(
    phone: BrowserContext, second_phone: BrowserContext, demo: Instance, logins: list[Any]
) -> None:
    """A price changed offline and words changed online both stand; two prices are asked about with two buttons."""
    eyes = Eyes("merge")
    mine, theirs = phone.new_page(), second_phone.new_page()
    open_app(mine, demo, logins)
    open_app(theirs, demo, logins)
    address = open_listing(theirs)

    phone.set_offline(True)
    mine.goto(address)
    mine.locator(PRICE).fill("411k")
    eyes.look(mine, "price-offline")
    write(mine, "Lưu")
    theirs.locator("textarea[name=description]").fill("Lời mới của người kia")
    theirs.wait_for_selector("html[data-ready]")
    submit(theirs, "Lưu")
    theirs.wait_for_url("**/producer/listings")
    come_back(phone, mine)
    expect(mine.locator("[data-part=records]")).to_contain_text("Đã gửi")
    theirs.goto(address)
    expect(theirs.locator(PRICE)).to_have_value("411.000")
    expect(theirs.locator("textarea[name=description]")).to_have_value("Lời mới của người kia")

    keep_now(mine)
    phone.set_offline(True)
    mine.goto(address)
    mine.locator(PRICE).fill("422k")
    write(mine, "Lưu")
    theirs.locator(PRICE).fill("433k")
    submit(theirs, "Lưu")
    theirs.wait_for_url("**/producer/listings")
    come_back(phone, mine)
    keeps = mine.get_by_role("button", name="Giữ của tôi")
    expect(keeps).to_be_visible()
    expect(mine.locator("[data-part=records] li").first).to_contain_text("422k")
    expect(mine.locator("[data-part=records] li").first).to_contain_text("433.000")
    eyes.look(mine, "conflict")
    keeps.click()
    expect(keeps).to_have_count(0)
    expect(mine.locator("[data-part=records] li").first).to_contain_text("Đã gửi")
    theirs.goto(address)
    expect(theirs.locator(PRICE)).to_have_value("422.000")
    eyes.assert_no_barriers()


def test_an_order_is_confirmed_packed_and_sent_offline(
    phone: BrowserContext, demo: Instance, logins: list[Any]
) -> None:
    """Three steps from one kept page, without signal; they arrive in their order."""
    eyes = Eyes("parcel-offline")
    page = phone.new_page()
    open_app(page, demo, logins)
    page.goto("/producer/orders")
    address = page.locator("main ul.list a").first.get_attribute("href")
    assert address is not None
    phone.set_offline(True)
    page.goto(address)
    eyes.look(page, "parcel")
    write(page, "Xác nhận đơn")
    page.goto(address)
    page.locator("summary", has_text="Ghi luôn bước sau").click()
    eyes.look(page, "next-steps")
    write(page, "Đóng gói xong")
    page.goto(address)
    page.locator("summary", has_text="Ghi luôn bước sau").click()
    page.locator("[name=by]").select_option("other")
    page.locator("[name=carrier]").fill("Nhà xe Hải Yến")
    write(page, "Đã giao cho bên vận chuyển")
    expect(page.locator("[data-part=records] li")).to_have_count(3)
    eyes.look(page, "outbox")
    come_back(phone, page)
    expect(page.locator("[data-part=records]").get_by_text("Đã gửi")).to_have_count(3)
    page.goto(address)
    expect(page.locator("main")).to_contain_text("Nhà xe Hải Yến")
    expect(page.get_by_role("button", name="Khách đã nhận hàng")).to_be_visible()
    eyes.assert_no_barriers()


def test_a_lot_is_made_and_stock_is_taken_offline(
    phone: BrowserContext, demo: Instance, logins: list[Any]
) -> None:
    """A lot out of a harvest, and a broken box, written without signal."""
    eyes = Eyes("lot-offline")
    page = phone.new_page()
    open_app(page, demo, logins)
    phone.set_offline(True)
    page.goto("/producer/lots/new")
    page.locator("input[name=source]").first.check()
    page.get_by_label("Cân thành phẩm được bao nhiêu").fill("100 g")
    eyes.look(page, "lot")
    write(page, "Lập lô")
    page.goto("/producer/stock")
    page.locator("summary", has_text="Thêm, bớt").first.click()
    page.locator("label", has_text="Thêm vào").first.click()
    page.locator("input[name=amount]").first.fill("1")
    page.locator("input[name=reason]").first.fill("tìm thấy một hộp")
    eyes.look(page, "stock")
    write(page, "Ghi lại")
    phone.set_offline(False)
    # Sent by the page that is open: another one would send them again, and may hear of the lot before its place is noted.
    expect(page.locator("[data-part=records]").get_by_text("Đã gửi")).to_have_count(2)
    page.goto("/producer/outbox")
    expect(page.locator("[data-part=records]").get_by_text("Đã gửi")).to_have_count(2)
    eyes.look(page, "sent")
    page.locator("[data-part=records] li [data-slot=open]").filter(visible=True).last.click()
    page.wait_for_url(re.compile(r"/producer/lots/[0-9a-f-]{36}$"))
    expect(page.locator("main")).to_contain_text("100 g")
    eyes.assert_no_barriers()


def test_a_guest_comes_in_offline(
    phone: BrowserContext, second_phone: BrowserContext, demo: Instance, logins: list[Any]
) -> None:
    """Today's list is on the phone; a guest is let in without signal, and the gate's page knows of it at once."""
    eyes = Eyes("gate-offline")
    page = phone.new_page()
    open_app(page, demo, logins)
    add_departure_today(page, eyes)
    code = book(second_phone.new_page(), None).replace(" ", "")
    keep_now(page)
    phone.set_offline(True)
    page.goto("/producer/tours/day")
    expect(page.locator("main")).to_contain_text(code)
    eyes.look(page, "day")
    write(page, "Cho Vũ Quốc Huy vào, 2 người")
    page.goto(f"/producer/tours/gate?code={code}")
    expect(page.locator("[data-said]")).to_contain_text("Vé này đã vào rồi")
    eyes.look(page, "gate")
    come_back(phone, page)
    expect(page.locator("[data-part=records] li").last).to_contain_text("Đã gửi")
    eyes.look(page, "answers")
    page.goto("/producer/tours/day")
    expect(page.locator("main li", has_text=code)).to_contain_text("Đã vào cổng")
    eyes.assert_no_barriers()
