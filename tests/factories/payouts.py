"""Producers who are owed money, and payouts that are on their way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.cooperatives.models import Producer
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.payouts import service as payouts
from storefront.payouts.models import Payout
from tests.factories.people import make_person
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW

MINIMUM = 50_000
PAYEE: dict[str, object] = {
    "payout_bank_bin": "970415",
    "payout_account": "113366668888",
    "payout_account_name": "HTX CHE TAN CUONG",
    "verified_at": NOW,
}
"""What makes a producer one who can be paid."""


async def make_payee(session: AsyncSession, **overrides: object) -> Producer:
    """A verified cooperative with an account at VietinBank."""
    return await make_producer(session, **PAYEE | overrides)


async def owe(
    session: AsyncSession, producer_id: UUID, goods: int, delivery: int = 0, *, now: datetime = NOW
) -> None:
    """Owe a producer so much more; below zero they owe it to us."""
    buyer = accounts.buyer_receivable(PayableKind.ORDER, uuid7())
    await ledger.record(
        session,
        kind="sale",
        source=f"order:{uuid7()}",
        memo="DH4K7P",
        entries=[
            (buyer, goods + delivery),
            (accounts.seller_payable(producer_id), -goods),
            (accounts.delivery_payable(producer_id), -delivery),
        ],
        occurred_at=now,
        now=now,
    )


async def owed_to(session: AsyncSession, producer_id: UUID) -> int:
    """What the books owe a producer in all, in đồng."""
    sums = [
        await ledger.balance(session, account(producer_id))
        for account in (accounts.seller_payable, accounts.delivery_payable)
    ]
    return -sum(sums)


async def make_payout(
    session: AsyncSession, producer: Producer | None = None, *, goods: int = 500_000
) -> Payout:
    """A payout in transit of what a new producer (or this one) was owed."""
    producer = producer or await make_payee(session)
    await owe(session, producer.id, goods)
    person = await make_person(session)
    owed = await payouts.list_owed(session, minimum_minor=MINIMUM, now=NOW)
    mine = [one for one in owed if one.producer.id == producer.id]
    batch = await payouts.pay_out(session, owed=mine, person_id=person.id, now=NOW)
    [payout] = await payouts.list_payouts(session, batch.id)
    return payout
