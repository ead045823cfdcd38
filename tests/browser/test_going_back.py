"""Going back to the form of a visit and pressing its button again, on a phone with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Eyes

FORM = "/tours/mot-buoi-hai-che-tan-cuong/book"
HOLD = "Giữ chỗ"
BOOKING = re.compile(r"/bookings/")


@pytest.mark.parametrize("fixture", ["phone", "plain_phone"])
def test_pressed_again_it_is_the_first_hold(request: pytest.FixtureRequest, fixture: str) -> None:
    """What was typed and the form's id are still there: the same hold. Changed, the page says that it booked already."""
    context: BrowserContext = request.getfixturevalue(fixture)
    page = context.new_page()
    page.goto(FORM)
    page.locator("select[name=departure_id], input[name=departure_id]").first.wait_for()
    form_id = page.locator("input[name=id]").input_value()
    page.locator("input[name^=unit_]").first.fill("2")
    page.locator("input[name=contact_name]").fill("Chị Hạnh")
    page.locator("input[name=contact_phone]").fill("0912 000 981" if fixture == "phone" else "0912 000 982")
    first_day = page.locator("input[type=radio][name=departure_id]").first
    if first_day.count():
        first_day.check(force=True)
    page.get_by_role("button", name=HOLD).click()
    page.wait_for_url(BOOKING)
    held = page.url
    page.go_back()
    assert page.locator("input[name=id]").input_value() == form_id
    assert page.locator("input[name=contact_name]").input_value() == "Chị Hạnh"
    page.get_by_role("button", name=HOLD).click()
    page.wait_for_url(BOOKING)
    assert page.url == held
    page.go_back()
    page.locator("input[name^=unit_]").first.fill("3")
    page.get_by_role("button", name=HOLD).click()
    expect(page.get_by_role("link", name="Xem lần đặt đó")).to_have_attribute("href", re.compile(BOOKING))
    eyes = Eyes(f"back-{fixture}")
    if fixture == "phone":
        eyes.look(page, "used")
        eyes.assert_no_barriers()
    page.get_by_role("link", name="Đặt thêm một lần nữa").click()
    expect(page.locator("input[name=id]")).not_to_have_value(form_id)
    assert page.locator("input[name^=unit_]").first.input_value() == "3"
