"""A refund that was counted wrong: while nothing of it has gone out it is withdrawn, and another says what is right (BW1 to BW3)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import TaxKind
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.refunds import repository
from storefront.refunds.models import Refund
from storefront.taxes import service as taxes


async def lock_of_source(session: AsyncSession, *, payable_id: UUID, source: str) -> list[Refund]:
    """Lock what goes or went back for one thing; what is open stays open until the transaction ends.

    The caller holds the lock of the order or booking. Sources of what follows begin with the first one's.
    """
    return await repository.lock_of_source(session, payable_id, source)


async def withdraw(session: AsyncSession, refund: Refund, *, kind: TaxKind, now: datetime) -> None:
    """Owe nothing any more by an open refund that is locked, all of it for goods of one kind: books, fee and tax turn back."""
    refund.withdrawn_at = now
    await session.flush()
    earned = refund.amount_minor + refund.gift_minor
    source, sale = f"refund:{refund.id}", f"{refund.payable_kind}:{refund.payable_id}"
    await ledger.record(
        session,
        kind="refund_withdrawn",
        source=source,
        memo=refund.code,
        entries=[
            (accounts.refund_payable(refund.payable_kind, refund.payable_id), refund.amount_minor),
            (accounts.marketing_expense(), refund.gift_minor),
            (accounts.seller_payable(refund.producer_id), -earned),
        ],
        occurred_at=now,
        now=now,
    )
    await fees.take_again(
        session,
        sale=sale,
        producer_id=refund.producer_id,
        goods_minor=earned,
        source=source,
        memo=refund.code,
        now=now,
    )
    await taxes.withhold_again(
        session,
        sale=sale,
        producer_id=refund.producer_id,
        parts={kind: earned},
        source=source,
        memo=refund.code,
        now=now,
    )
