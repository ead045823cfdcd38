"""The whole way in a real browser on a phone: from a tea garden to a paid order and a booked visit."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Eyes
from tests.serving import Instance

PHOTO = Path(__file__).resolve().parents[2] / "app" / "demo" / "pictures" / "tea-picking.webp"
FARMER, FARMER_E164 = "0912 000 101", "+84912000101"


def log_in(page: Page, demo: Instance, typed: str, phone: str, goal: str, eyes: Eyes | None = None) -> None:
    """Log in with the code that the demo's phone got."""
    before = len(demo.messages_to(phone))
    page.goto(f"/login?next={goal}")
    if eyes:
        eyes.look(page, "login")
    page.get_by_label("Số điện thoại").fill(typed)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/login/code**")
    if eyes:
        eyes.look(page, "code")
    deadline = time.monotonic() + 15
    while len(demo.messages_to(phone)) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    code = re.findall(r"\b\d{6}\b", demo.messages_to(phone)[-1])[0]
    page.locator("input[name=code]").fill(code)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(f"**{goal}")


def decode_labels(pdf: bytes) -> list[str]:
    """Read every symbol of a printed sheet as a phone would."""
    found: list[str] = []
    for sheet in pypdfium2.PdfDocument(pdf):
        image = sheet.render(scale=3).to_pil()
        found += [symbol.text for symbol in zxingcpp.read_barcodes(image)]
    return found


def submit(page: Page, words: str) -> None:
    """Press the button with these words in the page's own part."""
    page.locator("main").get_by_role("button", name=words, exact=True).first.click()


def write_and_pack(page: Page, eyes: Eyes) -> tuple[str, str]:
    """Write a picking with a photo, make a lot of it, print labels; answers (lot page, sheet address)."""
    eyes.look(page, "today")
    page.goto("/producer/diary/new")
    eyes.look(page, "where")
    page.get_by_role("link", name="Bờ hồ").click()
    eyes.look(page, "what")
    page.get_by_role("link", name="Hái chè").click()
    page.get_by_label("Hái được bao nhiêu chè tươi").fill("mấy cân")
    page.get_by_text("một tôm một lá", exact=True).click()
    submit(page, "Lưu")
    expect(page.locator("[aria-invalid=true]")).to_have_value("mấy cân")
    eyes.look(page, "picking-wrong")
    page.get_by_label("Hái được bao nhiêu chè tươi").fill("24 kg")
    page.locator("input[name=photos]").set_input_files(PHOTO)
    page.wait_for_timeout(500)
    eyes.look(page, "picking")
    submit(page, "Lưu")
    expect(page.locator("main")).to_contain_text("24 kg")
    expect(page.locator("main img").first).to_be_visible()
    eyes.look(page, "picked")
    page.goto("/producer/diary")
    eyes.look(page, "diary")
    page.goto("/producer/lots/new")
    page.get_by_label("Đóng vào gói nào").select_option(label=next(
        text for text in page.locator("select[name=variant_id] option").all_inner_texts() if "móc câu" in text and "500 g" in text
    ))  # fmt: skip
    page.locator("label", has_text="Bờ hồ (24 kg)").first.click()
    page.get_by_label("Cân thành phẩm được bao nhiêu").fill("9 kg")
    submit(page, "Lập lô")
    expect(page.locator("main")).to_contain_text(
        "Bờ hồ"
    )  # nine kilos out of twenty-four are refused, and it says of what
    eyes.look(page, "lot-too-heavy")
    page.get_by_label("Cân thành phẩm được bao nhiêu").fill("5 kg")
    submit(page, "Lập lô")
    page.wait_for_url(re.compile(r"/producer/lots/[0-9a-f-]{36}$"))
    lot_page = page.url
    eyes.look(page, "lot")
    page.locator("input[name=count]").fill("10")
    submit(page, "In nhãn")
    page.wait_for_load_state()
    eyes.look(page, "labels")
    address = page.get_by_role("link", name="Mở tờ nhãn để in").get_attribute("href")
    assert address is not None
    return lot_page, address


def buy(page: Page, eyes: Eyes, scan: str) -> str:
    """Scan a label, buy from it, pay at the demo's bank; answers the order's private page."""
    answer = page.goto(scan)
    assert answer is not None
    assert answer.status == 200
    eyes.look(page, "scan")
    page.get_by_role("link", name="Mua thêm").click()
    eyes.look(page, "product")
    page.locator("label.pick", has_text="Gói 500 g").click()
    page.locator("input[name=quantity]").fill("2")
    submit(page, "Cho vào giỏ")
    page.goto("/cart")
    eyes.look(page, "cart")
    page.goto("/checkout")
    submit(page, "Đặt mua")
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    eyes.look(page, "checkout-wrong")
    page.locator("input[name=name]").fill("Phạm Minh Anh")
    page.locator("input[name=phone]").fill("+84 912-000-301")
    page.locator("input[name=commune_text]").fill("ba đình")
    page.locator("[name=line]").fill("số 12 ngõ 5 phố Quán Thánh")
    submit(page, "Đặt mua")
    page.wait_for_load_state()
    if "/checkout" in page.url:  # several places have this name: choose
        eyes.look(page, "checkout-which")
        page.locator("label", has_text="Hà Nội").first.click()
        submit(page, "Đặt mua")
    page.wait_for_url(re.compile(r"/orders/"))
    order_page = page.url
    eyes.look(page, "order-unpaid")
    page.get_by_role("link", name=re.compile("Mở ngân hàng dùng thử")).first.click()
    eyes.look(page, "bank")
    submit(page, "Chuyển đúng số tiền")
    page.wait_for_url(re.compile(r"/orders/"))
    expect(page.locator("main")).to_contain_text("Chờ xác nhận")
    eyes.look(page, "order-paid")
    return order_page


def pack_and_ship(page: Page, eyes: Eyes, order_page: str) -> None:
    """Find the paid order, confirm, pack from its lot, ship with a carrier and number."""
    page.goto("/notices")
    eyes.look(page, "notices")
    page.goto("/producer/orders")
    eyes.look(page, "orders")
    page.get_by_role("link", name=re.compile("Phạm Minh Anh")).first.click()
    eyes.look(page, "parcel")
    submit(page, "Xác nhận đơn")
    page.wait_for_load_state()
    eyes.look(page, "parcel-confirmed")
    submit(page, "Đóng gói xong")
    page.wait_for_load_state()
    eyes.look(page, "parcel-packed")
    page.locator("[name=carrier]").fill("Viettel Post")
    page.locator("[name=tracking_number]").fill("VTP123456789")
    submit(page, "Đã giao cho bên vận chuyển")
    page.wait_for_load_state()
    eyes.look(page, "parcel-shipped")


def test_from_the_garden_to_the_door(phone: BrowserContext, demo: Instance, chromium: object) -> None:
    """Diary with a photo, harvest, lot, labels; a label decodes, its page sells, the bank pays, the parcel leaves."""
    farmer_eyes, buyer_eyes = Eyes("farmer"), Eyes("buyer")
    farmer = phone.new_page()
    log_in(farmer, demo, FARMER, FARMER_E164, "/producer/", farmer_eyes)
    _lot, sheet = write_and_pack(farmer, farmer_eyes)
    pdf = phone.request.get(sheet)
    assert pdf.headers["content-type"] == "application/pdf"
    labels = decode_labels(pdf.body())
    assert len(labels) == 10
    assert len(set(labels)) == 10
    Image.open(io.BytesIO(farmer.screenshot()))  # the sheet's own picture is kept beside the others
    page_image = pypdfium2.PdfDocument(pdf.body())[0].render(scale=1.5).to_pil()
    page_image.save(Path("var/screenshots/sheet.png"))
    browser = phone.browser
    assert browser is not None
    other = browser.new_context(base_url=demo.base, viewport={"width": 360, "height": 740}, locale="vi-VN")
    other.set_default_timeout(15_000)
    try:
        buyer = other.new_page()
        order_page = buy(buyer, buyer_eyes, labels[0])
        pack_and_ship(farmer, farmer_eyes, order_page)
        buyer.goto(order_page)
        expect(buyer.locator("main")).to_contain_text("VTP123456789")
        buyer_eyes.look(buyer, "order-shipped")
    finally:
        other.close()
    farmer_eyes.assert_no_barriers()
    buyer_eyes.assert_no_barriers()


@pytest.mark.parametrize("path", ["home", "scan", "product", "producer", "tour"])
def test_the_buying_half_needs_no_script(plain_phone: BrowserContext, demo: Instance, path: str) -> None:
    """Every page that a buyer lands on answers and shows its content with JavaScript off."""
    page = plain_phone.new_page()
    answer = page.goto(demo.links()[path])
    assert answer is not None
    assert answer.status == 200
    expect(page.locator("h1")).to_be_visible()
