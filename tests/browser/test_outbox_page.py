"""The outbox's page says how it stands: never more than arrived, and always what to do next."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Eyes
from tests.browser.test_next_person import hold, seed_two, visit
from tests.browser.test_offline_faults import PICTURE, SAVE
from tests.factories.instances import Worker
from tests.serving import Instance

pytestmark = pytest.mark.browser
WAKE = "dispatchEvent(new Event('online'))"


def write(page: Page, worker: Worker, photos: int = 0) -> None:
    """Write one record on the page's own phone, and wake it."""
    given = {"site": str(worker.site_id), "producer": str(worker.producer_id), "many": 1, "photos": photos}
    page.evaluate(SAVE, given | {"content": PICTURE})
    page.evaluate(WAKE)


def test_a_photo_that_was_refused_is_not_all_sent(demo: Instance, phone: BrowserContext) -> None:
    """The words arrived, the photo did not and says why: the page does not say in green that all is sent."""
    first, _second, _number = seed_two(demo)
    page = visit(phone, demo, first)
    page.goto("/producer/outbox")
    phone.route(
        "**/offline/uploads",
        lambda route: route.fulfill(
            status=422,
            content_type="application/problem+json",
            body='{"type": "about:blank#file-refused", "detail": "Ảnh này bị hỏng."}',
        ),
    )
    write(page, first, photos=1)
    expect(page.locator("#outbox [data-slot=files]")).to_have_text("Ảnh này bị hỏng.")
    expect(page.locator("#outbox [data-part=line]")).to_be_hidden()
    write(page, first)
    expect(page.locator("#outbox [data-part=records] > li")).to_have_count(2)
    expect(page.locator("#outbox [data-slot=open]:visible")).to_have_count(2)
    expect(page.locator("#outbox [data-part=line]")).to_be_hidden()


def test_somebody_elses_log_in_says_where_to_go(demo: Instance, phone: BrowserContext) -> None:
    """What waits for another log-in is not "being sent", and a button leads to the own book."""
    eyes = Eyes("outbox-other")
    first, second, _number = seed_two(demo)
    page = visit(phone, demo, first)
    page.goto("/producer/outbox")
    hold(phone, demo, second)
    write(page, first)
    notice = page.locator("#outbox [data-part=line]")
    expect(notice).to_contain_text("Máy này đang đăng nhập tên người khác.")
    expect(page.locator("#outbox [data-slot=state]")).to_contain_text("trong máy")
    eyes.look(page, "other-person")
    notice.get_by_role("link", name="Mở sổ của mình").click()
    expect(page.locator("#phone[data-ready]")).to_be_attached()
    eyes.assert_no_barriers()
