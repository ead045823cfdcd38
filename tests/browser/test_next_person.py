"""The next person on a phone that nobody locked: their log-in opens their own book, and never writes in the last one's."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import SESSION_COOKIE
from app.accounts.models import Person
from app.core.clock import SystemClock
from producers.diaries.models import EntryKind
from tests.browser.conftest import PATIENCE
from tests.browser.steps import log_in
from tests.browser.test_offline_faults import PICTURE, SAVE
from tests.factories.instances import Worker, seed_workers, write_into
from tests.factories.producers import make_entry
from tests.serving import Instance

pytestmark = pytest.mark.browser
OWNER = "() => document.body.dataset.owner"
HOLDER = """async () => {
  const at = document.querySelector('script[src*="offline/start.js"]').src;
  const { phone, ready } = await import(at);
  await ready;
  return (await phone.db.get('meta', 'active'))?.value ?? null;
}"""
KEPT_HOME = """async (person) => {
  const kept = await (await caches.open(`pages-${person}`)).match('/producer/');
  return new DOMParser().parseFromString(await kept.text(), 'text/html').body.dataset.owner;
}"""
FILES = """async () => {
  const at = document.querySelector('script[src*="offline/start.js"]').src;
  const { phone } = await import(at);
  return (await phone.db.getAll('files')).map((file) => [file.state, file.offset > 0]);
}"""


def seed_two(demo: Instance) -> tuple[Worker, Worker, str]:
    """Two people at work, and the number of the second, who did something yesterday that one tap does again."""
    first, second = seed_workers(demo, 2, households=10)

    async def name_them(session: AsyncSession) -> str:
        for worker, name in ((first, "Lò Thị Mận"), (second, "Dương A Páo")):
            await session.execute(update(Person).where(Person.id == worker.person_id).values(name=name))
        await make_entry(
            session, producer_id=second.producer_id, person_id=second.person_id, site_id=second.site_id,
            kind=EntryKind.WEED, details={"method": "hand"}, input_id=None, quantity_g=None,
            performed_at=SystemClock().now() - timedelta(days=1),
        )  # fmt: skip
        person = await session.get_one(Person, second.person_id)
        return str(person.phone)

    return first, second, write_into(demo, name_them)


def hold(phone: BrowserContext, demo: Instance, worker: Worker) -> None:
    """Put this worker's log-in in place of whoever's stood there."""
    phone.clear_cookies()
    phone.add_cookies([{"name": SESSION_COOKIE, "value": worker.token, "url": demo.base}])


def visit(phone: BrowserContext, demo: Instance, worker: Worker) -> Page:
    """A first visit that leaves the worker's pages on the phone."""
    hold(phone, demo, worker)
    page = phone.new_page()
    page.goto("/producer/")
    page.wait_for_selector("html[data-kept]", state="attached")
    expect_home(page, worker)
    return page


def expect_home(page: Page, worker: Worker) -> None:
    """The home page is this worker's, frame and all, and so is the phone."""
    page.wait_for_function("(whose) => document.body?.dataset.owner === whose", arg=str(worker.person_id))
    assert page.evaluate(HOLDER) == str(worker.person_id)


def wait_for_files(page: Page, *wanted: list[object]) -> None:
    """Wait until these are the files on the phone: state, and whether a part of it is with the fair."""
    deadline = time.monotonic() + PATIENCE / 1000
    while (found := page.evaluate(FILES)) != list(wanted):
        assert time.monotonic() < deadline, found
        page.wait_for_timeout(100)


def test_who_logs_in_by_code_opens_their_own_book(demo: Instance, phone: BrowserContext) -> None:
    """The last one's kept pages do not stand in for theirs: name, frame and what one tap writes are their own."""
    first, second, number = seed_two(demo)
    page = visit(phone, demo, first)
    phone.clear_cookies()
    log_in(page, demo, number.replace("+84", "0"), number, "/producer/")
    assert page.evaluate(OWNER) == str(second.person_id)
    expect_home(page, second)
    expect(page.locator("a.me")).to_contain_text("Dương A Páo")
    page.locator("main form[data-offline]").first.evaluate("(form) => form.requestSubmit()")
    page.wait_for_url("**/producer/diary/**")
    assert page.evaluate(OWNER) == str(second.person_id)
    assert page.evaluate(KEPT_HOME, str(first.person_id)) == str(first.person_id)


def test_a_log_in_whose_first_page_does_not_come_asks_who_it_is(
    demo: Instance, phone: BrowserContext
) -> None:
    """The signal goes right after the code: no kept page of the last one opens, the phone asks who holds it."""
    first, _second, _number = seed_two(demo)
    page = visit(phone, demo, first)
    phone.clear_cookies()
    page.goto("/login?next=/producer/")
    page.get_by_label("Số điện thoại").fill("0912 000 101")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/login/code**")
    page.wait_for_load_state("networkidle")
    phone.set_offline(True)
    page.goto("/producer/")
    expect(page.locator("#phone[data-ready]")).to_be_attached()
    page.locator("[data-people] button", has_text="Lò Thị Mận").click()
    expect_home(page, first)


def test_a_kept_home_gives_way_when_the_fair_sees_somebody_else(
    demo: Instance, phone: BrowserContext
) -> None:
    """However the log-in changed: the other's news does not come into this frame, the page becomes theirs."""
    first, second, _number = seed_two(demo)
    page = visit(phone, demo, first)
    hold(phone, demo, second)
    page.goto("/producer/")
    expect_home(page, second)
    assert page.evaluate(KEPT_HOME, str(first.person_id)) == str(first.person_id)


def test_what_waits_for_another_log_in_gives_the_phone_over(demo: Instance, phone: BrowserContext) -> None:
    """A record that the fair does not take under this log-in stays, and the next page is of whoever is logged in."""
    first, second, _number = seed_two(demo)
    page = visit(phone, demo, first)
    hold(phone, demo, second)
    write = {
        "site": str(first.site_id),
        "producer": str(first.producer_id),
        "many": 1,
        "photos": 0,
        "content": "",
    }
    page.evaluate(SAVE, write)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("body[data-line=other-person]")
    page.goto("/producer/")
    expect_home(page, second)
    hold(phone, demo, first)
    page.goto("/producer/")
    expect_home(page, first)
    page.goto("/producer/outbox")
    expect(page.locator("#outbox [data-part=records] > li")).to_have_count(1)


def test_a_photo_half_sent_waits_while_somebody_else_is_logged_in(
    demo: Instance, phone: BrowserContext
) -> None:
    """The line breaks in a photo, another person logs in and opens the app: the rest goes when its owner is back."""
    first, second, _number = seed_two(demo)
    page = visit(phone, demo, first)
    pieces: list[str] = []

    def break_off(route: Route) -> None:
        if route.request.method == "PATCH":
            pieces.append(route.request.url)
        if len(pieces) > 1:
            route.abort()
        else:
            route.continue_()

    phone.route("**/offline/uploads/**", break_off)
    write = {
        "site": str(first.site_id),
        "producer": str(first.producer_id),
        "many": 1,
        "photos": 1,
        "content": PICTURE,
    }
    page.evaluate(SAVE, write)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_for_files(page, ["saved", True])
    hold(phone, demo, second)
    phone.unroute("**/offline/uploads/**")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("body[data-line=other-person]")
    assert page.evaluate(FILES) == [["saved", True]]
    hold(phone, demo, first)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_for_files(page)
