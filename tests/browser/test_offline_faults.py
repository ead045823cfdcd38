"""What a phone wrote arrives once: over restarts, with replies lost, with the server killed, with the log-in ended.

Small counts in `make test`; `CHOPHIEN_SOAK=1` writes 200 records with 40 photos and kills twenty times.
"""

from __future__ import annotations

import base64
import contextlib
import io
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, Route

from app.accounts.dependencies import SESSION_COOKIE
from tests.browser.conftest import ARGUMENTS, PATIENCE, PHONE, find_chromium
from tests.factories.instances import Worker, seed_workers
from tests.serving import Instance

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Size:
    """How much is written, in how many sittings, and how often the server dies meanwhile."""

    records: int
    photos: int
    sittings: int
    kills: int
    patience_s: float


SIZE = Size(200, 40, 4, 20, 900) if os.environ.get("CHOPHIEN_SOAK") else Size(12, 4, 3, 2, 120)
LOST = 0.3

SAVE = """async ({ site, producer, many, photos, content }) => {
  const at = document.querySelector('script[src*="offline/start.js"]').src;
  const { phone, ready } = await import(at);
  await ready;
  const [{ save }, { uuid7 }] = await Promise.all(['outbox', 'ids'].map((name) => import(at.replace('start.js', `${name}.js`))));
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const day = new Date(Date.now() + 7 * 3600000).toISOString().slice(0, 10);
  const ids = [];
  for (let n = 0; n < many; n += 1) {
    const id = uuid7();
    const fields = Object.entries({ id, site_id: site, method: 'hand', performed_on: day, note: `cỏ ${n}` });
    const files = n < photos ? [{ field: 'photos', name: `${n}.jpg`, blob: new Blob([bytes], { type: 'image/jpeg' }) }] : [];
    const { lost } = await save(phone.db, await phone.key(), phone.owner,
      { id, person: phone.person, context: { producer }, path: '/producer/diary/new/weed', page: '/producer/diary/new/weed', title: 'Làm cỏ', fields, files });
    if (lost) throw new Error('a photo did not fit');
    ids.push(id);
  }
  return ids;
}"""
LEFT = """async () => {
  const at = document.querySelector('script[src*="offline/start.js"]').src;
  const { phone, ready } = await import(at);
  await ready;
  const { counts } = await import(at.replace('start.js', 'outbox.js'));
  const { saved, refused, files } = await counts(phone.db, phone.owner);
  return { saved, refused, files };
}"""
WAKE = "dispatchEvent(new Event('online'))"


def picture() -> str:
    """A photo of noise, some 100 KB that take three requests (base64)."""
    held = io.BytesIO()
    size = (320, 240)
    Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3)).save(
        held, "JPEG", quality=85
    )
    return base64.b64encode(held.getvalue()).decode()


PICTURE = picture()


@pytest.fixture(scope="module")
def valley() -> Iterator[Instance]:
    """An instance of its own: it is killed."""
    instance = Instance(demo=False)
    try:
        instance.start()
        yield instance
    finally:
        instance.remove()


@pytest.fixture(scope="module")
def workers(valley: Instance) -> Iterator[Worker]:
    """A worker for each journey."""
    return iter(seed_workers(valley, 5))


@dataclass
class Pocket:
    """A phone that is switched off and on again: its profile stays on the disk."""

    playwright: Playwright
    profile: Path
    server: Instance
    worker: Worker

    @contextlib.contextmanager
    def open(
        self, *, has_signal: bool = True, has_worker: bool = True
    ) -> Iterator[tuple[BrowserContext, Page]]:
        """Switch it on, with the outbox's page open."""
        context = self.playwright.chromium.launch_persistent_context(
            self.profile, executable_path=find_chromium(), args=list(ARGUMENTS), base_url=self.server.base,
            service_workers="allow" if has_worker else "block", **PHONE,
        )  # type: ignore[arg-type]  # playwright's own dictionary  # fmt: skip
        try:
            context.set_default_timeout(PATIENCE)
            context.set_offline(not has_signal)
            page = context.pages[0]
            if not context.cookies():
                self.log_in(context)
            page.goto("/producer/outbox")
            yield context, page
        finally:
            with contextlib.suppress(Exception):  # it may have been killed
                context.close()

    def log_in(self, context: BrowserContext) -> None:
        """Hold the log-in, as after a code."""
        context.add_cookies(
            [{
                "name": SESSION_COOKIE, "value": self.worker.token, "url": self.server.base,
                "expires": time.time() + 86_400,
            }]
        )  # fmt: skip

    def save(self, page: Page, many: int, photos: int = 0) -> list[str]:
        """Write records with the page's own modules; the first of them carry a photo. Answers their ids."""
        ids: list[str] = page.evaluate(
            SAVE,
            {
                "site": str(self.worker.site_id),
                "producer": str(self.worker.producer_id),
                "many": many,
                "photos": photos,
                "content": PICTURE,
            },
        )
        return ids

    def stored(self) -> list[str]:
        """The ids of this person's entries in the diary, each as often as it stands there."""
        return [str(row[0]) for row in self.ask("SELECT id FROM diary_entries WHERE person_id = %s")]

    def shown(self) -> list[int]:
        """How many photos hang on each entry that has any."""
        return [
            int(row[0]) for row in self.ask(
                "SELECT count(*) FROM diary_photos p JOIN diary_entries e ON e.id = p.entry_id WHERE e.person_id = %s GROUP BY e.id"
            )
        ]  # fmt: skip

    def ask(self, query: str) -> list[tuple[UUID | int]]:
        """Ask the database about this person; the server that is served from stays as it is."""
        data = self.server.database()
        data.start()
        try:
            with psycopg.connect(data.url().replace("+psycopg", "")) as connection:
                return connection.execute(query, [self.worker.person_id]).fetchall()  # type: ignore[arg-type]  # a literal
        finally:
            data.stop()

    def wait_until_empty(self, page: Page) -> None:
        """Wait until nothing waits on the phone; it is woken as a farmer wakes it, who looks again and again."""
        deadline = time.monotonic() + SIZE.patience_s
        while (left := page.evaluate(LEFT)) != {"saved": 0, "refused": 0, "files": 0}:
            assert not left["refused"] and time.monotonic() < deadline, left
            page.evaluate(WAKE)
            page.wait_for_timeout(500)

    def assert_arrived(self, ids: list[str], photos: int) -> None:
        """Each record stands once, each photo hangs once."""
        assert sorted(self.stored()) == sorted(ids)
        assert self.shown() == [1] * photos


@pytest.fixture
def pocket(playwright: Playwright, valley: Instance, workers: Iterator[Worker], tmp_path: Path) -> Pocket:
    """A phone in a pocket, of somebody who has never been here; its first visit was with signal."""
    made = Pocket(playwright, tmp_path / "profile", valley, next(workers))
    with made.open() as (_context, page):
        page.wait_for_selector("html[data-kept]")
    return made


def test_what_is_written_over_several_restarts_arrives_once(pocket: Pocket) -> None:
    """Written without signal, the phone off and on between, once by a crash: all of it arrives, once."""
    ids: list[str] = []
    for sitting in range(SIZE.sittings):
        with pocket.open(has_signal=False) as (context, page):
            ids += pocket.save(page, SIZE.records // SIZE.sittings, SIZE.photos // SIZE.sittings)
            if sitting == 1:
                with contextlib.suppress(Exception):  # nobody is left to answer
                    context.new_cdp_session(page).send("Browser.crash")
    assert not pocket.stored()
    photos = SIZE.photos // SIZE.sittings * SIZE.sittings
    with pocket.open(has_signal=False) as (context, page):
        assert page.evaluate(LEFT) == {"saved": len(ids), "refused": 0, "files": photos}
        context.set_offline(False)
        pocket.wait_until_empty(page)
    pocket.assert_arrived(ids, photos)


def test_replies_that_are_lost_double_nothing(pocket: Pocket) -> None:
    """Three in ten replies never come, after the server has taken in what was sent."""
    dice = random.Random(3)
    dropped: list[str] = []

    def carry(route: Route) -> None:
        reply = route.fetch()
        if dice.random() < LOST:
            dropped.append(f"{route.request.method} {reply.status}")
            route.abort("connectionreset")
        else:
            route.fulfill(response=reply)

    with pocket.open(has_worker=False) as (context, page):
        context.set_offline(True)
        ids = pocket.save(page, SIZE.records, SIZE.photos)
        context.route("**/offline/submissions", carry)
        context.route("**/offline/uploads**", carry)
        context.set_offline(False)
        pocket.wait_until_empty(page)
    assert {"POST 200", "PATCH 204"} <= set(dropped), dropped
    pocket.assert_arrived(ids, SIZE.photos)


def test_a_server_that_is_killed_while_it_takes_in_loses_and_doubles_nothing(pocket: Pocket) -> None:
    """`kill -9` again and again while the phone sends."""
    rest = SIZE.records
    ids: list[str] = []
    with pocket.open() as (context, page):
        for kill in range(SIZE.kills):
            context.set_offline(True)
            part = rest // (SIZE.kills - kill)
            ids += pocket.save(page, part, SIZE.photos // SIZE.kills)
            rest -= part
            context.set_offline(False)
            page.evaluate(WAKE)
            page.wait_for_timeout(
                random.Random(kill).uniform(20, 300)
            )  # the instant of the cut is what varies
            pocket.server.kill()
            pocket.server.start()
        pocket.wait_until_empty(page)
    pocket.assert_arrived(ids, SIZE.photos // SIZE.kills * SIZE.kills)


def test_a_log_in_that_ends_midway_keeps_the_outbox(pocket: Pocket) -> None:
    """Half is sent, the log-in ends, more is written; after the next log-in the rest arrives."""
    half = SIZE.records // 2
    with pocket.open() as (context, page):
        ids = pocket.save(page, half)
        pocket.wait_until_empty(page)
        context.clear_cookies()
        ids += pocket.save(page, half, SIZE.photos)
        page.evaluate(WAKE)
        page.wait_for_selector("body[data-line=logged-out]")
        assert page.evaluate(LEFT) == {"saved": half, "refused": 0, "files": SIZE.photos}
        assert len(pocket.stored()) == half
        pocket.log_in(context)
        pocket.wait_until_empty(page)
    pocket.assert_arrived(ids, SIZE.photos)
