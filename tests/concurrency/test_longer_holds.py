"""A tap for more time meets the sweep, a stranger and the bank: one of them happens (BOOKINGS.md, 40 and 41)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState
from storefront.tours import booking_repository, bookings, holding
from storefront.tours.errors import HoldOverError
from storefront.tours.models import Booking, BookingState
from tests.concurrency.test_tours import book, counters, open_visit, pay, sweep
from tests.factories.visits import NOW

UNTIL = NOW + timedelta(minutes=15)
IN_TIME = UNTIL - timedelta(microseconds=1)
ROUNDS = 12


async def extend(db, booking, now=IN_TIME):
    """Tap for more time; False when the hold is over."""
    try:
        async with db.transaction() as session:
            await holding.extend_hold(session, booking_id=booking.id, now=now)
    except HoldOverError:
        return False
    return True


async def see(db, booking):
    """(booking, payment) as committed."""
    async with db.transaction() as session:
        payment = await payments.find_payment(
            session, payable_kind=PayableKind.BOOKING, payable_id=booking.id
        )
        return await bookings.get_booking(session, booking.id), payment


async def test_the_sweep_against_a_tap_in_the_last_moment(db):
    """Kept until later with its seats and its payment, or over with its seats given back; never half (rule 41)."""
    visit = await open_visit(db, capacity=40)
    kept = 0
    for number in range(ROUNDS):
        booking = await book(db, visit, 3)
        acts = [extend(db, booking), sweep(db, UNTIL), sweep(db, UNTIL)]
        done = await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        is_kept = done[0] if number % 2 else done[2]
        seen, payment = await see(db, booking)
        if is_kept:
            assert seen.state is BookingState.ON_HOLD
            assert seen.expires_at == payment.expires_at == IN_TIME + bookings.HOLD
        else:
            assert seen.state is BookingState.EXPIRED
            assert seen.expires_at == UNTIL
        kept += 3 * is_kept
        assert await counters(db, visit) == (kept, kept)


async def test_a_stranger_who_waits_for_the_last_seats(db):
    """A party that books the seats as the hold ends gets them, or the hold goes on; never both (rule 41)."""
    visit = await open_visit(db, capacity=3)
    for number in range(ROUNDS):
        booking = await book(db, visit, 3)
        acts = [extend(db, booking), book(db, visit, 3, now=UNTIL)]
        done = await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        assert sum(bool(one) for one in done) == 1
        assert await counters(db, visit) == (3, 3)
        await sweep(db, UNTIL + bookings.HOLD)
        assert await counters(db, visit) == (0, 0)


async def test_eight_taps_are_one_turn(db):
    """The same button pressed eight times at once costs one turn and answers each of them (rule 40)."""
    visit = await open_visit(db)
    booking = await book(db, visit, 2)
    assert all(await asyncio.gather(*(extend(db, booking) for _ in range(8))))
    seen, _payment = await see(db, booking)
    assert (seen.extensions, seen.expires_at) == (1, IN_TIME + bookings.HOLD)


async def test_money_meets_a_tap(db):
    """Paid while it is made longer: confirmed, whichever came first, and nobody waits for the other (rule 41)."""
    visit = await open_visit(db, capacity=40)
    for number in range(ROUNDS):
        booking = await book(db, visit, 2)
        acts = [extend(db, booking), pay(db, booking, IN_TIME)]
        await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        seen, payment = await see(db, booking)
        assert (seen.state, payment.state) == (BookingState.CONFIRMED, PaymentState.PAID)
    assert await counters(db, visit) == (2 * ROUNDS, 2 * ROUNDS)


async def test_without_the_condition_a_party_is_promised_seats_that_are_sold(db):
    """Negative control: who looks first and writes without looking again keeps seats that a stranger has by then."""
    visit = await open_visit(db, capacity=3)
    booking = await book(db, visit, 3)
    has_looked, may_write = asyncio.Event(), asyncio.Event()

    async def careless(session, booking_id, *, until, before, now):
        has_looked.set()
        await may_write.wait()
        await session.execute(update(Booking).where(Booking.id == booking_id).values(expires_at=until))
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(booking_repository, "extend", careless)
        tap = asyncio.create_task(extend(db, booking))
        await has_looked.wait()
    stranger = await book(db, visit, 3, now=UNTIL)
    may_write.set()
    assert stranger is not None
    assert await tap  # the page would say "kept", and the seats are the stranger's
    seen, _payment = await see(db, booking)
    assert (seen.state, seen.expires_at) == (BookingState.EXPIRED, IN_TIME + bookings.HOLD)
    assert await counters(db, visit) == (3, 3)
