"""What the journeys do again and again: log in, choose the work, press the button."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Attempt
from tests.browser.conftest import PATIENCE, Eyes
from tests.factories.instances import write_into
from tests.serving import Instance

FARMER, FARMER_E164 = "0912 000 101", "+84912000101"


def log_in(page: Page, demo: Instance, typed: str, phone: str, goal: str, eyes: Eyes | None = None) -> None:
    """Log in with the code that the demo's phone got; the hour in which codes are counted is over."""
    write_into(demo, _forget_attempts)
    before = len(demo.messages_to(phone))
    page.goto(f"/login?next={goal}")
    if eyes:
        eyes.look(page, "login")
    page.get_by_label("Số điện thoại").fill(typed)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/login/code**")
    if eyes:
        eyes.look(page, "code")
    deadline = time.monotonic() + PATIENCE / 1000
    while len(demo.messages_to(phone)) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    code = re.findall(r"\b\d{6}\b", demo.messages_to(phone)[-1])[0]
    page.locator("input[name=code]").fill(code)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(f"**{goal}")


async def _forget_attempts(session: AsyncSession) -> None:
    await session.execute(delete(Attempt))


def follow(link: Locator) -> None:
    """Tap a link and wait for its page: a tap returns before the page is there, and what looks then looks at the old one."""
    goal = str(link.evaluate("tapped => tapped.href"))
    link.click()
    link.page.wait_for_url(goal)


def wait_until(page: Page, script: str) -> None:
    """Ask a page until an async script answers true; `wait_for_function` takes the bare promise for a yes."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(script):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(20)


def submit(page: Page, words: str) -> None:
    """Press the button with these words in the page's own part."""
    page.locator("main").get_by_role("button", name=words, exact=True).first.click()


def choose_work(page: Page, place: str, work: str, eyes: Eyes | None = None) -> None:
    """Choose where and what on the page of pictures; it may stand at the place of last time already."""
    elsewhere = page.locator("a.tile", has_text=place)
    if elsewhere.count():
        elsewhere.click()
    if eyes:
        eyes.look(page, "what")
    page.get_by_role("link", name=work).first.click()
