"""A party that changes its people while others pay, cancel, sweep and book: whole, and nothing paid twice (BOOKINGS.md, 115 to 118)."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from app.core.errors import ConflictError, InvalidError
from app.core.ids import uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import (
    booking_repository,
    bookings,
    cancelling,
    entries,
    party_people,
    settlement,
    sweeping,
)
from storefront.tours.errors import NotBookableError
from storefront.tours.models import Booking, BookingState, UnitType
from tests.concurrency.test_tours import LATER, book, cancel, counters, open_visit, pay, sweep
from tests.factories.visits import NOW, SECRET
from tests.instants import until_stopped

ROUNDS = 6


async def change(db, visit, booking, leaving=(), adults=0):
    """A guest sends the form; False when it was refused in words."""
    added = {visit.units[UnitType.ADULT].id: adults} if adults else {}
    try:
        async with db.transaction() as session:
            await party_people.change_people(
                session,
                booking_id=booking.id,
                leaving=leaving,
                added=added,
                seen=2,
                added_id=uuid7(),
                secret=SECRET,
                now=NOW,
            )
    except (ConflictError, InvalidError):
        return False
    return True


async def test_two_holds_that_grow_into_the_last_seats(db):
    """Of two holds that grow at once into seats for one, one grows; what it pays is what it has."""
    visit = await open_visit(db, capacity=6)
    held = [await book(db, visit, 2) for _ in range(2)]
    assert sum(await asyncio.gather(*(change(db, visit, one, (), 2) for one in held))) == 1
    assert await counters(db, visit) == (6, 6)
    async with db.transaction() as session:
        for row in await session.scalars(select(Booking)):
            asked = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=row.id)
            tickets = await entries.list_tickets(session, row.id)
            assert asked.amount_minor == row.total_minor == sum(one.price_minor for one in tickets)


async def test_a_party_that_shrinks_and_cancels_at_once(db):
    """All of the money goes back, once, and every seat; also with the form sent twice."""
    visit = await open_visit(db, capacity=40)
    for _round in range(ROUNDS):
        booking = await book(db, visit, 2)
        await pay(db, booking, NOW)
        await asyncio.gather(
            change(db, visit, booking, [0]),
            cancel(db, booking, NOW),
            change(db, visit, booking, [0]),
        )
        async with db.transaction() as session:
            owed = accounts.refund_payable(PayableKind.BOOKING, booking.id)
            assert await ledger.balance(session, owed) == -300_000
        assert await counters(db, visit) == (0, 0)


async def test_a_hold_that_grows_while_it_is_paid_or_swept(db):
    """It grew before the money, after which the sum is fixed, or it ended: seats, tickets and what is asked agree."""
    visit = await open_visit(db, capacity=60)
    for turn in range(ROUNDS):
        booking = await book(db, visit, 2)
        other = pay(db, booking, NOW) if turn % 2 else sweep(db, LATER)
        await asyncio.gather(change(db, visit, booking, (), 1), other)
        taken, heads = await counters(db, visit)
        assert taken == heads
        async with db.transaction() as session:
            row = await bookings.get_booking(session, booking.id)
            tickets = await entries.list_tickets(session, row.id)
            assert (row.heads, row.total_minor) == (len(tickets), 150_000 * len(tickets))
            balance = await ledger.balance(
                session, accounts.buyer_receivable(PayableKind.BOOKING, booking.id)
            )
            assert balance == 0 if row.state is BookingState.CONFIRMED else balance <= 0


async def test_a_paid_party_that_swaps_people_beside_a_hold_that_ends(db):
    """Who has given seats back and adds people in one go waits for no hold that somebody works on: both are answered (BOOKINGS.md, 3 and 118)."""
    visit = await open_visit(db, capacity=6)
    booking = await book(db, visit, 4)
    await pay(db, booking, NOW)
    lapsed = await book(db, visit, 2)
    is_locked = asyncio.Event()

    async def end_slowly():
        async with db.transaction() as session:
            await settlement.lock_booking(session, lapsed.id)
            is_locked.set()
            await until_stopped(db, swapping)
            return await sweeping.expire_holds(session, now=LATER)

    async def swap():
        await is_locked.wait()
        async with db.transaction() as session:
            await party_people.change_people(
                session,
                booking_id=booking.id,
                leaving=[0],
                added={visit.units[UnitType.ADULT].id: 2},
                seen=4,
                added_id=uuid7(),
                secret=SECRET,
                now=LATER,
            )

    swapping = asyncio.create_task(swap())
    ended, swapped = await asyncio.gather(end_slowly(), swapping, return_exceptions=True)
    assert (ended, type(swapped)) == (1, NotBookableError)
    assert await counters(db, visit) == (4, 4)


async def test_late_money_for_people_who_join_beside_their_party(db):
    """People who were added pay late while the party that they join is cancelled: both happen (BOOKINGS.md, 8 and 118)."""
    visit = await open_visit(db)
    booking = await book(db, visit, 2)
    await pay(db, booking, NOW)
    assert await change(db, visit, booking, (), 1)
    async with db.transaction() as session:
        joined = await session.scalar(select(Booking).where(Booking.joins_id == booking.id))
    await sweep(db, LATER)
    is_locked = asyncio.Event()

    async def cancel_slowly():
        async with db.transaction() as session:
            await settlement.lock_booking(session, booking.id)
            is_locked.set()
            await until_stopped(db, paying)
            await cancelling.cancel_booking(session, booking_id=booking.id, now=LATER)

    async def pay_late():
        await is_locked.wait()
        await pay(db, joined, LATER)

    paying = asyncio.create_task(pay_late())
    await asyncio.gather(cancel_slowly(), paying)
    assert await counters(db, visit) == (1, 1)
    async with db.transaction() as session:
        assert (await bookings.get_booking(session, joined.id)).state is BookingState.CONFIRMED


async def test_without_the_bookings_lock_a_ticket_is_paid_back_twice(db, monkeypatch):
    """Negative control: who reads a party and locks nothing gives the money of one ticket back twice."""
    visit = await open_visit(db)
    booking = await book(db, visit, 3)
    await pay(db, booking, NOW)
    both_have_read = asyncio.Barrier(2)
    list_tickets = entries.list_tickets

    async def careless(session, booking_id):
        return await booking_repository.find_booking(session, booking_id)

    async def read_and_wait(session, booking_id):
        found = await list_tickets(session, booking_id)
        await both_have_read.wait()
        return found

    async def keep(_self, _row):
        """The row is deleted by the other as well."""

    monkeypatch.setattr(settlement, "lock_booking", careless)
    monkeypatch.setattr(entries, "list_tickets", read_and_wait)
    monkeypatch.setattr("sqlalchemy.ext.asyncio.AsyncSession.delete", keep)
    await asyncio.gather(*(change(db, visit, booking, [0]) for _twice in range(2)))
    async with db.transaction() as session:
        owed = accounts.refund_payable(PayableKind.BOOKING, booking.id)
        assert await ledger.balance(session, owed) == -300_000
