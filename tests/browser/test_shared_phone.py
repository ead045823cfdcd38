"""Two people, one phone: a PIN each, a change of hands with and without signal, and a PIN that was forgotten."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import CHEAP_PHONE, PATIENCE, Eyes
from tests.browser.modules.test_vault import DUMP
from tests.serving import Instance

HOA, HOA_E164 = "0912 000 106", "+84912000106"
PAO, PAO_E164 = "0912 000 107", "+84912000107"
MAI, MAI_E164 = "0912 000 108", "+84912000108"
VAN, VAN_E164 = "0912 000 105", "+84912000105"
LUC, LUC_E164 = "0912 000 104", "+84912000104"
MO, MO_E164 = "0912 000 103", "+84912000103"
THANH, THANH_E164 = "0912 000 102", "+84912000102"
MODULES = """
  const at = document.querySelector('script[src*="offline/people.js"]').src.replace(/people\\.js.*/, '');
  const [{ openDatabase, getMeta, setMeta }, vault, outbox, gate] = await Promise.all(
    ['db', 'vault', 'outbox', 'gate'].map((name) => import(`${at}${name}.js`)));
  const db = await openDatabase();
"""


@pytest.fixture(autouse=True)
def cheap_phone(phone: BrowserContext) -> None:
    """A phone that needs no more than the least rounds."""
    phone.add_init_script(CHEAP_PHONE)


def run(page: Page, body: str, argument: object = None) -> object:
    """Run a body that may use the phone's modules, on one of the phone's own pages."""
    return page.evaluate(f"async (given) => {{ {MODULES} {body} }}", argument)


def tap(page: Page, pin: str) -> None:
    """Tap a PIN on the ten keys."""
    for digit in pin:
        page.locator(f"[data-key='{digit}']").click()


def write(page: Page, word: str) -> None:
    """Write a record as whoever holds the phone."""
    run(
        page,
        """const me = await getMeta(db, 'active');
        await outbox.save(db, await vault.keyOf(db, me), me, { path: '/producer/diary/new/spray', title: given,
          fields: [['note', given]], files: [{ field: 'photo', name: `${given}.webp`, blob: new Blob([given]) }] });""",
        word,
    )


def read(page: Page) -> object:
    """What whoever holds the phone can read in the outbox."""
    return run(
        page,
        """const me = await getMeta(db, 'active');
        return (await outbox.list(db, await vault.keyOf(db, me), me)).map((one) => one.title);""",
    )


def type_code(page: Page, demo: Instance, typed: str, e164: str) -> None:
    """Log in from the page that asks for the number, with the code that the demo's phone got."""
    before = len(demo.messages_to(e164))
    page.get_by_label("Số điện thoại").fill(typed)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/login/code**")
    deadline = time.monotonic() + PATIENCE / 1000
    while len(demo.messages_to(e164)) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    page.locator("input[name=code]").fill(re.findall(r"\b\d{6}\b", demo.messages_to(e164)[-1])[0])
    page.locator("main form button[type=submit]").first.click()


def come_in(page: Page, demo: Instance, typed: str, e164: str, name: str) -> None:
    """Log in by code and go to the page of the own PIN."""
    page.goto("/login?next=/me")
    type_code(page, demo, typed, e164)
    page.wait_for_url("**/me")
    page.get_by_label("Tên của bạn").fill(name)
    page.get_by_role("button", name="Lưu tên").click()
    page.goto("/producer/phone/pin")
    expect(page.locator("#pin[data-ready]")).to_be_attached()


def set_pin(page: Page, pin: str) -> None:
    """Set the first PIN, twice the same."""
    page.locator(f"[data-plain] [data-set='{len(pin)}']").click()
    tap(page, pin)
    expect(page.locator("[data-pad-sub]")).to_have_text("Bấm lại số đó lần nữa")
    tap(page, pin)
    expect(page.get_by_role("heading", name="Đã đặt số bí mật")).to_be_visible()


def open_phone(page: Page) -> None:
    """Go to the page that asks who holds the phone."""
    page.goto("/producer/phone")
    expect(page.locator("#phone[data-ready]")).to_be_attached()


def unlock(page: Page, name: str, pin: str) -> None:
    """Tap the own tile and the PIN."""
    page.locator("[data-people] button", has_text=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    tap(page, pin)


def logged_in_as(page: Page) -> str:
    """Whom the fair believes to see."""
    page.goto("/me")
    field = page.locator("#f-name")
    return field.input_value() if field.count() else ""


def test_two_people_on_one_phone(demo: Instance, phone: BrowserContext) -> None:
    """Each reads what is theirs alone, the cookie changes hands with the PIN, and a forgotten PIN loses nothing."""
    eyes = Eyes("shared-phone")
    page = phone.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))

    # Bà Hoa: writes before she has a PIN, chooses a face, sets four digits.
    come_in(page, demo, HOA, HOA_E164, "Bàn Thị Hoa")
    eyes.look(page, "pin-none")
    write(page, "Shan-tuyết-của-Hoa")
    page.get_by_role("button", name="Búp chè").click()
    expect(page.locator("[data-face-said]")).to_have_text("Đã đổi khuôn mặt.")
    page.locator("[data-plain] [data-set='4']").click()
    eyes.look(page, "pin-new")
    tap(page, "1111")
    expect(page.locator("[data-said]")).to_have_text("Số này dễ đoán quá. Bạn chọn số khác nhé.")
    page.get_by_role("button", name="Quay lại").click()
    set_pin(page, "2580")
    eyes.look(page, "pin-set")
    write(page, "Nương-hai-của-Hoa")

    # She adds her neighbour: the phone is locked, the log-in asks for his number.
    open_phone(page)
    eyes.look(page, "who-one")
    page.get_by_role("button", name="Thêm người").click()
    page.wait_for_url("**/login?next=*")
    come_in(page, demo, PAO, PAO_E164, "Dương A Páo")
    write(page, "Cá-tầm-của-Páo")
    set_pin(page, "136790")
    assert read(page) == ["Cá-tầm-của-Páo"]
    open_phone(page)
    eyes.look(page, "who-two")
    expect(page.locator("[data-people] button")).to_have_count(2)

    # He leaves the phone locked. Nothing of theirs lies in it in words, and his PIN does not open hers.
    page.get_by_role("button", name="Khóa máy").click()
    expect(page.locator("[data-lock]")).to_be_hidden()
    assert logged_in_as(page) == ""
    open_phone(page)
    raw = str(page.evaluate(DUMP))
    assert "#outbox" in raw
    for word in ("tuyết", "Nương", "tầm", "của-", "2580", "136790"):
        assert word not in raw, word
    page.locator("[data-people] button", has_text="Hoa").click()
    eyes.look(page, "pad")
    tap(page, "1367")
    expect(page.locator("[data-said]")).to_have_text("Chưa đúng. Còn 14 lần thử.")
    eyes.look(page, "pad-wrong")

    # With her own she is in, here and with the fair.
    tap(page, "2580")
    page.wait_for_url(re.compile(r"/producer/$"))
    assert logged_in_as(page) == "Bàn Thị Hoa"
    open_phone(page)
    assert read(page) == ["Shan-tuyết-của-Hoa", "Nương-hai-của-Hoa"]

    # Without signal he takes the phone; the cookie is still hers, and the gate shows nothing of hers.
    phone.set_offline(True)
    page.locator("[data-people] button", has_text="Páo").click()
    with page.expect_event("requestfailed"):
        tap(page, "136790")
    phone.set_offline(False)
    open_phone(page)
    assert run(page, "return getMeta(db, 'unsigned')") == run(page, "return getMeta(db, 'active')")
    assert read(page) == ["Cá-tầm-của-Páo"]
    hers = run(page, "return (await vault.listPeople(db)).find((one) => one.name.endsWith('Hoa')).id")
    said = run(
        page,
        "const to = []; const may = await gate.guard(db, given, { go: (url) => to.push(url) }); return [may, to]",
        hers,
    )
    assert said == [False, ["/producer/phone"]]
    assert logged_in_as(page) == "Dương A Páo"

    # He locks. She has forgotten her PIN: a log-in by code, a new PIN, and all that she wrote is there.
    open_phone(page)
    page.get_by_role("button", name="Khóa máy").click()
    expect(page.locator("[data-lock]")).to_be_hidden()
    page.locator("[data-people] button", has_text="Hoa").click()
    page.get_by_role("button", name="Quên số bí mật").click()
    eyes.look(page, "forgot")
    page.get_by_role("button", name="Đăng nhập để đặt số mới").click()
    page.wait_for_url("**/login?next=*")
    type_code(page, demo, HOA, HOA_E164)
    page.wait_for_url("**/producer/phone/pin?forgot=1")
    expect(page.locator("[data-pad-title]")).to_have_text("Bấm số bí mật mới")
    tap(page, "7391")
    expect(page.locator("[data-pad-sub]")).to_have_text("Bấm lại số đó lần nữa")
    tap(page, "7391")
    expect(page.get_by_role("heading", name="Đã đặt số bí mật")).to_be_visible()
    assert read(page) == ["Shan-tuyết-của-Hoa", "Nương-hai-của-Hoa"]
    open_phone(page)
    page.get_by_role("button", name="Khóa máy").click()
    unlock(page, "Hoa", "7391")
    page.wait_for_url(re.compile(r"/producer/$"))
    eyes.assert_no_barriers()
    assert thrown == []


def test_what_was_being_written_stays_under_the_lock(demo: Instance, phone: BrowserContext) -> None:
    """Ten minutes without a touch lock the page; a form that was begun is as it was after the PIN."""
    page = phone.new_page()
    come_in(page, demo, MAI, MAI_E164, "Triệu Thị Mai")
    set_pin(page, "2580")
    modules = page.evaluate(
        "() => document.querySelector('script[src*=\"offline/people.js\"]').src.replace(/people\\.js.*/, '')"
    )
    page.goto("/producer/phone/pin")
    expect(page.locator("#pin[data-ready]")).to_be_attached()
    page.goto("/me")
    page.wait_for_selector("html[data-ready]")
    page.evaluate(
        "async (at) => { globalThis.db = await (await import(`${at}db.js`)).openDatabase(); }", modules
    )
    page.get_by_label("Tên của bạn").fill("Tên viết dở")
    page.evaluate(
        """async () => {
        const row = await db.get('meta', 'unlocked');
        await db.put('meta', { ...row, value: { ...row.value, until: Date.now() - 1 } });
        dispatchEvent(new Event('pageshow'));
        }"""
    )
    expect(page.get_by_role("heading", name="Triệu Thị Mai")).to_be_visible()
    expect(page.get_by_label("Tên của bạn")).to_be_hidden()
    assert page.evaluate(
        "async () => [(await db.get('meta', 'unlocked')) ?? null, { ...sessionStorage }]"
    ) == [None, {}]
    tap(page, "2580")
    expect(page.get_by_label("Tên của bạn")).to_be_visible()
    assert page.get_by_label("Tên của bạn").input_value() == "Tên viết dở"
    page.get_by_role("button", name="Lưu tên").click()
    expect(page.get_by_label("Tên của bạn")).to_have_value("Tên viết dở")


def test_without_a_pin_a_change_of_hands_is_warned_of(demo: Instance, phone: BrowserContext) -> None:
    """Whoever has no PIN hears first what a change of hands costs, and is nobody's to open afterwards."""
    page = phone.new_page()
    come_in(page, demo, VAN, VAN_E164, "Đào Thị Vân")
    open_phone(page)
    page.get_by_role("button", name="Thêm người").click()
    expect(page.get_by_role("heading", name="Đặt số bí mật trước đã")).to_be_visible()
    page.get_by_role("button", name="Cứ đổi người").click()
    page.wait_for_url("**/login?next=*")
    come_in(page, demo, LUC, LUC_E164, "Lý Văn Phúc")
    open_phone(page)
    page.locator("[data-people] button", has_text="Vân").click()
    page.get_by_role("button", name="Cứ đổi người").click()
    expect(page.locator("[data-note-text]")).to_contain_text("Đào Thị Vân chưa đặt số bí mật trên máy này")
    page.get_by_role("button", name="Quay lại").click()
    expect(page.locator("[data-people] button")).to_have_count(2)
    page.locator("[data-people] button", has_text="Phúc").click()
    page.wait_for_url(re.compile(r"/producer/$"))


def test_changing_and_taking_away_the_pin(demo: Instance, phone: BrowserContext) -> None:
    """A change asks for the old PIN and works without signal; without a PIN the records are open to the holder."""
    page = phone.new_page()
    come_in(page, demo, MO, MO_E164, "Trần Thị Mơ")
    set_pin(page, "2580")
    write(page, "Ghi trước")
    page.get_by_role("button", name="Chọn khuôn mặt").click()
    phone.set_offline(True)
    page.locator("[data-kept] [data-set='6']").click()
    expect(page.locator("[data-pad-sub]")).to_have_text("Bấm số bí mật cũ")
    tap(page, "1470")
    expect(page.locator("[data-said]")).to_contain_text("Còn 14 lần thử")
    tap(page, "2580")
    expect(page.locator("[data-pad-title]")).to_have_text("Bấm số bí mật mới")
    page.keyboard.type("13570")
    page.keyboard.press("Backspace")
    page.keyboard.type("95")
    expect(page.locator("[data-pad-sub]")).to_have_text("Bấm lại số đó lần nữa")
    tap(page, "135792")
    expect(page.locator("[data-said]")).to_contain_text("Hai lần chưa giống nhau")
    tap(page, "135792")
    expect(page.locator("[data-pad-sub]")).to_have_text("Bấm lại số đó lần nữa")
    tap(page, "135792")
    expect(page.get_by_role("heading", name="Đã đặt số bí mật")).to_be_visible()
    assert read(page) == ["Ghi trước"]
    page.get_by_role("button", name="Chọn khuôn mặt").click()
    page.get_by_role("button", name="Bỏ số bí mật").click()
    tap(page, "135792")
    expect(page.get_by_role("heading", name="Đã bỏ số bí mật")).to_be_visible()
    assert read(page) == ["Ghi trước"]


def test_the_first_pin_needs_signal(demo: Instance, phone: BrowserContext) -> None:
    """Without signal the way back cannot be kept: the page says so, and the records stay without a PIN."""
    page = phone.new_page()
    come_in(page, demo, THANH, THANH_E164, "Nguyễn Văn Thành")
    phone.set_offline(True)
    page.locator("[data-plain] [data-set='4']").click()
    tap(page, "2580")
    expect(page.locator("[data-pad-sub]")).to_have_text("Bấm lại số đó lần nữa")
    tap(page, "2580")
    expect(page.get_by_role("heading", name="Chưa có sóng")).to_be_visible()
    assert run(page, "return (await vault.listPeople(db))[0].digits") == 0
    phone.set_offline(False)
    page.get_by_role("button", name="Thử lại").click()
    expect(page.get_by_role("heading", name="Đã đặt số bí mật")).to_be_visible()
