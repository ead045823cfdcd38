"""Gates that send at once: every scan is kept once, one of each ticket is its entry (BOOKINGS.md, 53 and 54)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from storefront.tours import booking_repository, entries, gate_repository, settlement
from storefront.tours.entries import NewScan
from storefront.tours.gate_models import GateEntry, GateScan, ScanMeans
from storefront.tours.models import UnitItem
from tests.concurrency.test_tours import book, pay
from tests.factories.visits import NOW, make_visit

GATES = 12


async def open_visit(db):
    """A visit of this morning and a party of three that has paid: (visit, booking)."""
    async with db.transaction() as session:
        visit = await make_visit(session, starts_at=NOW + timedelta(hours=1))
    booking = await book(db, visit, 3)
    await pay(db, booking, NOW)
    return visit, booking


async def send(db, visit, booking, minute, scan_id=None):
    """One gate's phone sends what it let in at this minute."""
    scan = NewScan(
        id=scan_id or uuid7(),
        means=ScanMeans.SYMBOL,
        person_id=visit.host.id,
        scanned_at=NOW + timedelta(minutes=minute),
        places=frozenset({0, 1, 2}),
    )
    async with db.transaction() as session:
        await entries.record(session, booking.id, booking.code, scan=scan, now=NOW + timedelta(hours=3))


async def seen(db):
    """What the tables hold: (scans, entries that are first, the hours of the tickets)."""
    async with db.transaction() as session:
        scans = await session.scalar(select(func.count()).select_from(GateScan))
        firsts = await session.scalar(select(func.count()).where(~GateEntry.is_repeat))
        hours = set(await session.scalars(select(UnitItem.redeemed_at)))
        return scans, firsts, hours


async def test_many_gates_send_one_ticket_at_once(db):
    """Twelve phones, in no order: twelve scans are kept, and the earliest is the entry of all three tickets."""
    visit, booking = await open_visit(db)
    await asyncio.gather(
        *(send(db, visit, booking, minute) for minute in (7, 3, 11, 0, 5, 9, 1, 10, 2, 8, 6, 4))
    )
    assert await seen(db) == (GATES, 3, {NOW})
    async with db.transaction() as session:
        odd = await entries.list_odd(session, [visit.departure.id])
    assert [one.first.scanned_at for one in odd] == [NOW] * (GATES - 1)


async def test_one_scan_sent_many_times_at_once(db):
    """The same id, twelve times at once, is one scan."""
    visit, booking = await open_visit(db)
    one = uuid7()
    await asyncio.gather(*(send(db, visit, booking, 5, one) for _again in range(GATES)))
    assert await seen(db) == (1, 3, {NOW + timedelta(minutes=5)})


async def test_without_the_lock_both_are_first(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: gates that do not wait for each other both mean to be first; only the table's own key stops one."""
    visit, booking = await open_visit(db)
    both_have_written = asyncio.Barrier(2)
    mark = gate_repository.mark_firsts

    async def careless(session, booking_id):
        found = await booking_repository.find_booking(session, booking_id)
        assert found is not None
        return found

    async def mark_together(session, item_ids):
        await both_have_written.wait()
        return await mark(session, item_ids)

    monkeypatch.setattr(settlement, "lock_booking", careless)
    monkeypatch.setattr(gate_repository, "mark_firsts", mark_together)
    done = await asyncio.gather(
        send(db, visit, booking, 1), send(db, visit, booking, 2), return_exceptions=True
    )
    assert [type(one) for one in done if one is not None] == [IntegrityError]
