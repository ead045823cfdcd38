"""Cash of visits: a host has what a party pays in hand, and it is set off against what we owe them (ledger/BOOKS.md, BD3 and BD5)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, Payment
from storefront.tours.models import Booking


async def keep(
    session: AsyncSession, booking: Booking, payment: Payment, producer_id: UUID, *, now: datetime
) -> None:
    """Let what is due of a locked booking's payment, the first or the rest, arrive with the producer, and set it off.

    Fee and tax of the sale are booked as of any, so the producer owes them, netted in the next payout (BO2).
    """
    due = payments.due_minor(payment)
    in_hand = accounts.producer_cash(producer_id)
    await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider=receipts.IN_HAND,
            external_id=f"visit:{payment.id}",
            account=in_hand,
            amount_minor=due,
            memo=booking.code,
            payment_id=payment.id,
            arrived_at=now,
        ),
        now=now,
    )
    part = ":rest" if payment.payable_kind is PayableKind.BALANCE else ""
    await ledger.record(
        session,
        kind="cash_kept",
        source=f"booking:{booking.id}{part}",
        memo=booking.code,
        entries=[(accounts.seller_payable(producer_id), due), (in_hand, -due)],
        occurred_at=now,
        now=now,
    )
