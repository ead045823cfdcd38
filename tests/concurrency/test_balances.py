"""The rest of a price meets the job that ends who has not paid it: one of them happens (BOOKINGS.md, 86)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.errors import AppError, BusyError
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState
from storefront.tours import balances, booking_repository
from storefront.tours.models import Booking, BookingState
from tests.concurrency.test_tours import book, counters, pay
from tests.factories.visits import NOW, SITE, make_visit
from tests.instants import until_stopped
from tests.storefront.tours.test_deposits import DUE, START, THIRD, pay_rest

ROUNDS = 8


async def owing(db):
    """A party of two that has paid its deposit, was reminded, and whose rest is due."""
    async with db.transaction() as session:
        visit = await make_visit(session, starts_at=START, balance_rule="cancel", **THIRD)
    booking = await book(db, visit, 2)
    await pay(db, booking, NOW)
    async with db.transaction() as session:
        assert await balances.remind(session, **SITE, now=DUE - timedelta(hours=20)) == 1
    return visit, booking


async def rest(db, booking):
    """The rest arrives at the due hour."""
    async with db.transaction() as session:
        await pay_rest(session, booking, now=DUE)


async def end(db):
    """One job of the due hour."""
    async with db.transaction() as session:
        await balances.end_overdue(session, now=DUE)


async def cash(db, visit, booking):
    """The host took it in cash."""
    async with db.transaction() as session:
        await balances.take_cash(session, booking_id=booking.id, producer_id=visit.producer.id, now=DUE)


async def see(db, booking):
    """(the party's state, its rest's state, what waits of the deposit) as committed."""
    async with db.transaction() as session:
        found = await session.get_one(Booking, booking.id)
        payment = await payments.find_payment(
            session, payable_kind=PayableKind.BALANCE, payable_id=booking.id
        )
        return (
            found.state,
            payment.state,
            await ledger.balance(session, accounts.deposits(booking.id)),
        )


async def test_the_rest_comes_as_the_party_ends(db):
    """In, and the party stands; or too late, and the money waits to go back: never ended and paid, nor a đồng lost."""
    for number in range(ROUNDS):
        visit, booking = await owing(db)
        acts = [rest(db, booking), end(db), end(db), cash(db, visit, booking)]
        done = await asyncio.gather(*(acts if number % 2 else acts[::-1]), return_exceptions=True)
        assert all(one is None or isinstance(one, AppError) for one in done)
        assert not any(isinstance(one, BusyError) for one in done)
        state, paid, waiting = await see(db, booking)
        assert (state, paid) in (
            (BookingState.CONFIRMED, PaymentState.PAID),
            (BookingState.CANCELLED, PaymentState.PAID_LATE),
        )
        assert waiting == 0
        taken, heads = await counters(db, visit)
        assert taken == heads


async def test_without_the_lock_a_party_that_paid_is_ended(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: a job that looks without locking ends a party whose rest is just coming in."""

    async def look(session, ids):
        return list(await session.scalars(select(Booking).where(Booking.id.in_(ids)).order_by(Booking.id)))

    _visit, booking = await owing(db)
    monkeypatch.setattr(booking_repository, "lock_some", look)
    async with db.transaction() as paying:
        await pay_rest(paying, booking, now=DUE - timedelta(seconds=1))
        ending = asyncio.create_task(end(db))
        await until_stopped(db, ending)
    await asyncio.gather(ending, return_exceptions=True)
    assert (await see(db, booking))[:2] == (BookingState.CANCELLED, PaymentState.PAID)
