"""Races of money, with real connections: one report delivered twenty times at once."""

import asyncio
from datetime import timedelta

import pytest

from app.core.events import Handlers
from app.core.ids import uuid7
from storefront.ledger import service as ledger
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.events import PaymentPaid
from storefront.payments.models import PayableKind
from tests.fakes import sepay

TIMES = 20
BANK = "bank:970436:0123456789"


@pytest.fixture
def paid(house):
    """Every PaymentPaid that was announced and committed or not."""
    events = []
    ears = Handlers()

    async def listen(_session, event):
        events.append(event)

    ears.on(PaymentPaid, listen)
    before, house.database.handlers = house.database.handlers, ears
    yield events
    house.database.handlers = before


@pytest.fixture
async def payment(db, house):
    """A payment of 350.000 đồng that waits."""
    now = house.clock.now()
    async with db.transaction() as session:
        return await payments.open_payment(
            session,
            payable_kind=PayableKind.ORDER,
            payable_id=uuid7(),
            payable_code="DH4K7P",
            amount_minor=350_000,
            expires_at=now + timedelta(minutes=15),
            now=now,
        )


async def in_bank(db):
    async with db.transaction() as session:
        return await ledger.balance(session, BANK)


async def test_twenty_deliveries_pay_once(db, house, payment, paid, new_client):
    """P7: one report delivered twenty times at once is booked once, and every delivery hears success."""
    body = sepay.make_body(content=payment.code)
    async with new_client() as visitor:
        answers = await asyncio.gather(
            *(sepay.send(visitor, body, now=house.clock.now()) for _time in range(TIMES))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len(paid) == 1
    assert await in_bank(db) == 350_000


async def test_without_the_guard_money_would_multiply(db, house, payment, paid):
    """The negative control: reports whose id guards nothing are booked each time, so the guard is what holds."""
    now = house.clock.now()

    async def deliver(number):
        async with db.transaction() as session:
            arrival = receipts.Arrival(
                provider="sepay",
                external_id=f"unguarded-{number}",
                account=BANK,
                amount_minor=350_000,
                memo="",
                payment_id=payment.id,
                arrived_at=now,
            )
            await receipts.record_arrival(session, arrival, now=now)

    await asyncio.gather(*(deliver(number) for number in range(TIMES)))
    assert await in_bank(db) == TIMES * 350_000
    assert len(paid) == 1  # the payment's lock still lets it be paid only once


async def test_parts_at_once_add_up(db, house, payment, paid, new_client):
    """P2: seven parts at the same moment make the whole, with no part lost."""
    async with new_client() as visitor:
        await asyncio.gather(
            *(
                sepay.send(
                    visitor,
                    sepay.make_body(content=payment.code, transferAmount=50_000),
                    now=house.clock.now(),
                )
                for _part in range(7)
            )
        )
    assert len(paid) == 1
    async with db.transaction() as session:
        found = await payments.get_by_token(session, payment.token)
    assert (found.state, found.received_minor) == ("paid", 350_000)
