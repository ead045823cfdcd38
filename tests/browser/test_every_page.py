"""Every page of the producers' app on the smallest phone, with the largest letters, without a mouse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import AXE, PATIENCE, PHONE, Eyes
from tests.browser.steps import log_in
from tests.serving import Instance

MANAGER, MANAGER_E164 = "0912 000 101", "+84912000101"
FISH, FISH_E164 = "0912 000 201", "+84912000201"
_NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/producer/voices/)[a-z]+$")
"""What differs between pages of one kind: a record's id, the language that is spoken (a long page, five times alike)."""
_NOT_PAGES = re.compile(r"\.(pdf|xlsx|svg|png|ics|json|webp|audio)$")
MOST_PAGES = 150
LANGUAGE = {"lang"}  # a page in another language is the same page

WIDER = """() => {
  const edge = document.documentElement.clientWidth;
  return [...document.querySelectorAll('main *, header *, nav *')].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width && box.right > edge + 1 && !element.closest('.sr, .skip, .table, [data-scrolls]');
  }).slice(0, 3).map((element) => element.outerHTML.slice(0, 120));
}"""
SMALL = """() => [...document.querySelectorAll('main a.btn, main button, main summary, main input:not([type=hidden]), main select, .bar a')]
  .filter((element) => {
    const target = element.closest('label.pick, label.tile, .shot') ?? element;
    const box = target.getBoundingClientRect();
    return box.width && box.height && box.height < 44 && !element.closest('.sr');
  }).slice(0, 3).map((element) => element.outerHTML.slice(0, 120))"""
KEEP_NOTHING = """{
  const ask = window.fetch;
  window.fetch = (what, ...how) => what === '/offline/bundle' ? Promise.reject(new TypeError('kept out')) : ask(what, ...how);
}"""
UNREACHED = """() => [...document.querySelectorAll('[onclick], [role=button]:not(button):not([tabindex])')]
  .map((element) => element.outerHTML.slice(0, 120))"""


def pattern_of(address: str) -> str:
    """A page's kind: its path without the ids and languages in it, and the names of what it asks for."""
    parts = urlsplit(address)
    names = sorted({pair.split("=")[0] for pair in parts.query.split("&") if pair} - LANGUAGE)
    return _NUMBER.sub("*", parts.path) + ("?" + "&".join(names) if names else "")


def walk(page: Page, start: str, seen: set[str], eyes: Eyes) -> list[str]:
    """What is wrong with the pages under /producer/ that a person reaches by links: one of each kind not `seen` yet."""
    wrong: list[str] = []
    found: set[str] = set()
    todo = [start]
    while todo and len(found) < MOST_PAGES:
        path = todo.pop(0)
        kind = pattern_of(path)
        if kind in found or _NOT_PAGES.search(urlsplit(path).path):
            continue
        is_new = kind not in seen
        if is_new:
            page.set_viewport_size({"width": 320, "height": 640})
        answer = page.goto(path) if is_new else page.request.get(path)
        assert answer is not None and answer.status < 500, path
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        found.add(kind)
        for href in re.findall(r'href="([^"]+)"', answer.text()):
            target = urljoin(path, href.replace("&amp;", "&"))
            if target.startswith("/producer/") and pattern_of(target) not in found:
                todo.append(target.split("#")[0])
        if is_new:
            seen.add(kind)
            wrong += judge(page, eyes, path)
    return wrong


def judge(page: Page, eyes: Eyes, path: str) -> list[str]:
    """What is wrong with the page that is open, at 320 px, and at 200 % text."""
    wrong = [f"{path} too wide at 320 px: {what}" for what in page.evaluate(WIDER)]
    wrong += [f"{path} too small for a thumb: {what}" for what in page.evaluate(SMALL)]
    wrong += [f"{path} needs a mouse: {what}" for what in page.evaluate(UNREACHED)]
    eyes.look(page, re.sub(r"\W+", "-", pattern_of(path)).strip("-")[:60])
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.set_viewport_size({"width": 640, "height": 1280})
    wrong += [f"{path} too wide at 200 %: {what}" for what in page.evaluate(WIDER)]
    return wrong


@pytest.fixture
def phone(chromium: Browser, demo: Instance) -> Iterator[BrowserContext]:
    """A phone whose pictures are a quarter of the size: there are many. It goes nowhere without signal.

    All that a phone keeps would be put together for each of the pages, and each would pass through its service worker. A
    route of Playwright's in its place would read the stylesheet and the scripts anew for each page.
    """
    how = {**PHONE, "device_scale_factor": 1, "service_workers": "block"}
    context = chromium.new_context(base_url=demo.base, **how)  # type: ignore[arg-type]  # as in conftest
    context.set_default_timeout(PATIENCE)
    context.add_init_script(path=AXE)  # sent once, not with each page
    context.add_init_script(KEEP_NOTHING)
    yield context
    context.close()


def test_every_page_of_the_producers_app_fits_the_smallest_phone(
    phone: BrowserContext, demo: Instance
) -> None:
    """No page under /producer/ is wider than 320 px, needs a mouse or a fine finger, or has a barrier that axe finds."""
    eyes = Eyes("pages")
    wrong: list[str] = []
    seen: set[str] = set()
    for typed, number in ((MANAGER, MANAGER_E164), (FISH, FISH_E164)):
        phone.clear_cookies()
        page = phone.new_page()
        log_in(page, demo, typed, number, "/producer/")
        wrong += walk(page, "/producer/", seen, eyes)
        page.close()
    assert len(seen) > 30, sorted(seen)
    assert wrong == []
    eyes.assert_no_barriers()


def test_the_judge_sees_what_is_wrong(phone: BrowserContext) -> None:
    """Negative control: a page with one fault of each kind is found guilty of each."""
    page = phone.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.set_content(
        "<main><p style='width:400px'>wide</p><button style='height:20px'>small</button>"
        "<span onclick='1'>mouse</span><img src='data:,'></main>"
    )
    assert [len(page.evaluate(one)) for one in (WIDER, SMALL, UNREACHED)] == [1, 1, 1]
    eyes = Eyes("guilty")
    eyes.look(page, "page")
    assert any("image-alt" in one for found in eyes.barriers.values() for one in found)
