"""What a room's script keeps on the phone: sealed, its owner's alone, and gone with its hour; and the gate's book in it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.modules.kit import run

pytestmark = pytest.mark.browser
DATA = """
const D2 = await import('/static/offline/data.js');
const DAY = Date.parse('2026-11-28T17:00:00+00:00');
const put = (path, value, more = {}) => D2.keep(db, key, owner, { path, until: '2026-11-28T17:00:00+00:00', value, ...more }, DAY - 9000);
const get = (path, now = DAY - 1) => D2.find(db, key, owner, path, now);
"""
BOOK = """
const { openBook } = await import('/static/tickets/book.js');
const DOOR = '/producer/tours/gate';
const phone = { db, owner, person: owner, context: { producer: 'p' }, key: () => Promise.resolve(key) };
const list = { day: '2099-11-28', until: '2099-11-28T17:00:00+00:00' };
const guest = (more = {}) => ({ text: 'ABC', title: 'Cho vào cổng', code: 'AB', places: [0, 2], heads: 2, ...more });
const isFree = (scans) => !scans.some(({ code }) => code === 'AB');
"""


def test_data_is_sealed_and_gone_with_its_hour(lab: Page) -> None:
    """52: under its address until its hour; what lies there cannot be read, and is wiped with pages of that day."""
    said = run(
        lab,
        DATA
        + """
        await put('/a?on=1', { names: 'Chị Mai' }, { etag: 'x' });
        await D2.keep(db, key, owner, { path: '/b', until: '2026-11-29T17:00:00+00:00', value: 2 }, DAY - 9000);
        const before = await get('/a?on=1');
        await D2.confirm(db, owner, '/a?on=1', DAY - 5000);
        const one = [(await get('/a?on=1')).at, (await get('/b')).at];
        await D2.confirm(db, owner, '', DAY - 4000);
        await D2.confirm(db, owner, '/none', DAY);
        const all = [(await get('/a?on=1')).at, (await get('/b')).at];
        const raw = await db.get('meta', `data:${owner}:/a?on=1`);
        const open = new TextDecoder().decode(new Uint8Array(raw.value.sealed.data)).includes('Mai');
        const late = await get('/a?on=1', DAY);
        const cupboard = await caches.open(`pages-${owner}`);
        const page = (until) => new Response('x', { headers: { 'X-Until': until } });
        await cupboard.put('/day', page('2026-11-28T17:00:00+00:00'));
        await cupboard.put('/home', page(''));
        await caches.open('shell-1');
        await D2.wipe(db, DAY);
        return {
          before: [before.value.names, before.etag, before.at - DAY], one: one.map((at) => at - DAY), all: all.map((at) => at - DAY),
          open, late, left: (await db.getAllKeys('meta')).filter((name) => name.startsWith('data:')).length,
          pages: (await cupboard.keys()).map((request) => new URL(request.url).pathname), stranger: await D2.find(db, key, 'x', '/b', DAY),
        };
        """,
    )
    assert said == {
        "before": ["Chị Mai", "x", -9000],
        "one": [-5000, -9000],
        "all": [-4000, -4000],
        "open": False,
        "late": None,
        "left": 1,
        "pages": ["/home"],
        "stranger": None,
    }


def test_a_scan_is_written_down_and_queued_once(lab: Page) -> None:
    """53: one record in the outbox with the scan's own id; the second time nobody comes in, in whatever tab."""
    said = run(
        lab,
        BOOK
        + """
        const [one, other] = [await openBook(phone, list, DOOR), await openBook(phone, list, DOOR)];
        const went = await Promise.all([one.admit(guest(), isFree), other.admit(guest(), isFree)]);
        await one.look();
        const [record] = await O.list(db, key, owner);
        const again = await openBook(phone, list, DOOR);
        await again.mend();
        return { went, rows: (await rows()).length, scans: again.scans.map(({ id, isQueued }) => [id === record.id, isQueued]),
          path: record.path, fields: record.fields, others: await again.listUnsent() };
        """,
    )
    assert said == {
        "went": [True, False],
        "rows": 1,
        "scans": [[True, True]],
        "path": "/producer/tours/gate",
        "fields": [["code", "ABC"], ["places", "0,2"]],
        "others": [],
    }


def test_what_did_not_reach_the_outbox_goes_there_later(lab: Page) -> None:
    """53: a full phone keeps the scan in its book; once there is room it is queued, under the same id and hour."""
    said = run(
        lab,
        BOOK
        + """
        const real = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function put(...args) {
          if (this.name === 'outbox') throw new DOMException('', 'QuotaExceededError');
          return real.apply(this, args);
        };
        const narrow = await openBook(phone, list, DOOR);
        const went = await attempt(narrow.admit(guest({ places: null }), isFree));
        IDBObjectStore.prototype.put = real;
        const before = [(await rows()).length, narrow.scans.map(({ isQueued }) => isQueued)];
        const book = await openBook(phone, list, DOOR);
        await book.mend();
        const [record] = await O.list(db, key, owner);
        await O.save(db, key, owner, { ...record, id: undefined, fields: [['code', 'AB-C']], path: DOOR, files: [] });
        return { went, before, after: book.scans.map(({ id, isQueued, at }) => [id === record.id, isQueued, at === record.captured_at]),
          fields: record.fields, others: (await book.listUnsent()).map(({ code }) => code) };
        """,
    )
    assert said == {
        "went": True,
        "before": [0, [False]],
        "after": [[True, True, True]],
        "fields": [["code", "ABC"]],
        "others": ["AB-C"],
    }
