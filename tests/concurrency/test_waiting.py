"""The waiting list under many hands: no seat twice, none overlooked, nobody asked twice (BOOKINGS.md, 43 to 46)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from storefront.tours import cancelling, departure_repository, offering, sweeping, waiting
from storefront.tours.errors import RoomError
from storefront.tours.models import Booking, BookingState
from storefront.tours.waiting_models import WaitingParty, WaitingState
from tests.concurrency.test_tours import book, cancel, counters, pay, sweep
from tests.factories.visits import NOW, SECRET, make_visit, wish
from tests.instants import until_stopped

START = NOW + timedelta(days=7)
ROUNDS = 10


async def open_full(db, capacity, heads):
    """A tour whose day is full of parties of `heads`: (visit, their bookings)."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=capacity, starts_at=START)
    return visit, [await book(db, visit, heads) for _ in range(capacity // heads)]


async def wait(db, visit, number, adults=2, now=NOW):
    """A party that waits, in a transaction of its own; None when it had better book."""
    party = wish(visit, adults, contact_phone=f"+8491230{number:04}")
    with suppress(RoomError):
        async with db.transaction() as session:
            return await waiting.join(
                session, wish=party, secret=SECRET, person_id=None, language="vi", now=now
            )


async def offer(db, visit, now=NOW):
    """One job that looks after the list: how many parties it asked."""
    async with db.transaction() as session:
        made = await offering.offer_seats(
            session, departure_id=visit.departure.id, secret=SECRET, address="https://cho.example", now=now
        )
        return len(made)


async def leave(db, party, now=NOW):
    """Tap "leave the list"."""
    async with db.transaction() as session:
        await waiting.leave(session, party_id=party.id, now=now)


async def see(db, visit):
    """[(state of the place, state of its booking)] in the order of coming."""
    statement = (
        select(WaitingParty.state, Booking.state)
        .outerjoin(Booking, Booking.id == WaitingParty.booking_id)
        .where(WaitingParty.departure_id == visit.departure.id)
        .order_by(WaitingParty.created_at, WaitingParty.id)
    )
    async with db.transaction() as session:
        return [tuple(row) for row in await session.execute(statement)]


async def queued(db):
    """How many jobs ask for the list."""
    statement = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'tours.offer_seats'"
    async with db.transaction() as session:
        return await session.scalar(text(statement))


async def test_two_parties_give_their_seats_back_at_once(db):
    """Each asks for the list, the jobs run at once: two waiting parties are asked, each once, in their order (45)."""
    visit, had = await open_full(db, 6, 2)
    for number in range(4):
        await wait(db, visit, number)
    before = await queued(db)
    await asyncio.gather(*(cancel(db, one, NOW) for one in had[:2]))
    assert await queued(db) == before + 2
    asked = await asyncio.gather(*(offer(db, visit) for _ in range(6)))
    assert sorted(asked) == [0, 0, 0, 0, 0, 2]
    states = [state for state, _booking in await see(db, visit)]
    assert states == ["offered", "offered", "waiting", "waiting"]
    assert await counters(db, visit) == (6, 6)


async def test_the_list_against_strangers(db):
    """Seats that come back are the list's or a stranger's, whoever is first at the counter; never both (45)."""
    visit, _had = await open_full(db, 4, 2)
    for number in range(ROUNDS):
        await sweep(db, NOW + timedelta(days=1))
        held = [await book(db, visit, 2) for _ in range(2)]
        await wait(db, visit, number, 2)
        acts = [
            cancel(db, held[0], NOW),
            offer(db, visit),
            book(db, visit, 2),
            book(db, visit, 1),
            offer(db, visit),
        ]
        await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        await offer(db, visit)
        taken, heads = await counters(db, visit)
        assert taken == heads <= 4
        # What is left is too little for whoever still waits.
        still = [state for state, _booking in await see(db, visit) if state == WaitingState.WAITING]
        assert not still or taken > 2


async def test_whoever_joins_while_seats_come_back_is_seen(db):
    """The transaction that gives seats back saw nobody wait; the joiner's own job waits for it and finds them (45)."""
    visit, [had] = await open_full(db, 2, 2)
    async with db.transaction() as giving:
        await cancelling.cancel_booking(giving, booking_id=had.id, now=NOW)
        party = await wait(db, visit, 1)
        assert party is not None
        job = asyncio.create_task(offer(db, visit))
        await until_stopped(db, job)
        assert not job.done()
    assert await job == 1
    assert await see(db, visit) == [(WaitingState.OFFERED, BookingState.ON_HOLD)]


async def test_without_the_lock_first_nobody_is_asked(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: a job that looks without locking the day sees no seat, and none looks again: it lies there."""

    async def careless(_session, _ids):
        """Lock nothing beforehand."""

    visit, [had] = await open_full(db, 2, 2)
    async with db.transaction() as giving:
        await cancelling.cancel_booking(giving, booking_id=had.id, now=NOW)
        before = await queued(db)
        assert await wait(db, visit, 1) is not None
        monkeypatch.setattr(departure_repository, "lock_departures", careless)
        assert await offer(db, visit) == 0
    assert await queued(db) == before + 1  # the joiner's own, which has just run in vain
    assert await see(db, visit) == [(WaitingState.WAITING, None)]
    assert await counters(db, visit) == (0, 0)


async def test_leaving_against_being_asked(db):
    """Left, or asked and its seats given back; never a seat that nobody has (46)."""
    for number in range(ROUNDS):
        visit, [had] = await open_full(db, 2, 2)
        party = await wait(db, visit, number)
        await cancel(db, had, NOW)
        acts = [leave(db, party), offer(db, visit)]
        await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        await leave(db, party)
        assert await see(db, visit) in (
            [(WaitingState.LEFT, None)],
            [(WaitingState.OFFERED, BookingState.CANCELLED)],
        )
        assert await counters(db, visit) == (0, 0)


async def test_leaving_against_paying(db):
    """Paid and kept, or given back and the money in its queue; the next one is asked for free seats only (46)."""
    for number in range(ROUNDS):
        visit, [had] = await open_full(db, 2, 2)
        party = await wait(db, visit, 2 * number)
        await wait(db, visit, 2 * number + 1, now=NOW + timedelta(seconds=1))
        await cancel(db, had, NOW)
        await offer(db, visit)
        async with db.transaction() as session:
            [booking] = await session.scalars(
                select(Booking).where(
                    Booking.departure_id == visit.departure.id, Booking.state == BookingState.ON_HOLD
                )
            )
        acts = [leave(db, party), pay(db, booking, NOW), offer(db, visit)]
        await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        await offer(db, visit)
        [first, second] = await see(db, visit)
        if first == (WaitingState.OFFERED, BookingState.CONFIRMED):
            assert second == (WaitingState.WAITING, None)
        else:
            assert first == (WaitingState.OFFERED, BookingState.CANCELLED)
            assert second == (WaitingState.OFFERED, BookingState.ON_HOLD)
        assert await counters(db, visit) == (2, 2)


async def test_the_end_of_an_offer_against_the_sweep_and_a_stranger(db):
    """The seats of an offer that ends come back once, and are the next one's or a stranger's (44, 45)."""
    over = NOW + offering.OFFER
    for number in range(ROUNDS):
        visit, [had] = await open_full(db, 2, 2)
        await wait(db, visit, 2 * number)
        await wait(db, visit, 2 * number + 1, now=NOW + timedelta(seconds=1))
        await cancel(db, had, NOW)
        await offer(db, visit)
        acts = [offer(db, visit, over), sweep(db, over), sweep(db, over), book(db, visit, 2, now=over)]
        done = await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        stranger = done[3] if number % 2 else done[0]
        await offer(db, visit, over)
        [first, second] = await see(db, visit)
        assert first == (WaitingState.OFFERED, BookingState.EXPIRED)
        assert (second[0] == WaitingState.WAITING) == (stranger is not None)
        assert await counters(db, visit) == (2, 2)


async def test_one_number_taps_many_times(db):
    """Twenty forms with one number make one place, and the same form sent twenty times is the same place (42)."""
    visit, _had = await open_full(db, 2, 2)
    party = wish(visit, 2, contact_phone="+84912300001")

    async def send(one):
        async with db.transaction() as session:
            made = await waiting.join(
                session, wish=one, secret=SECRET, person_id=None, language="vi", now=NOW
            )
            return made.id

    same = await asyncio.gather(*(send(party) for _ in range(20)))
    assert set(same) == {party.id}
    others = await asyncio.gather(
        *(send(wish(visit, 1, contact_phone="+84912300001")) for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(one, Exception) for one in others)
    assert len(await see(db, visit)) == 1
    async with db.transaction() as session:
        assert await sweeping.expire_holds(session, now=NOW) == 0
