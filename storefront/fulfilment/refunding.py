"""Money back for order lines: each line once, whatever the reason (orders/PRICING.md O10 and O12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.fulfilment import repository
from storefront.orders.models import OrderLine
from storefront.orders.service import Parcel
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund, RefundReason
from storefront.refunds.service import Claim


@dataclass(frozen=True)
class Due:
    """Lines that were not paid back yet, ids ascending, and what goes back for them, in đồng."""

    lines: Sequence[OrderLine]
    goods_minor: int
    delivery_minor: int

    @property
    def total_minor(self) -> int:
        """All of it."""
        return self.goods_minor + self.delivery_minor


def sum_due(parcel: Parcel, lines: Sequence[OrderLine], refunded: Collection[UUID]) -> Due:
    """Say what is still to be paid back for these lines of a parcel.

    When nothing of a parcel that has not left remains, its delivery is paid back too.
    """
    fresh = sorted((line for line in lines if line.id not in refunded), key=lambda line: line.id)
    is_all = bool(fresh) and len(refunded) + len(fresh) == len(parcel.lines)
    is_here = parcel.consignment.shipped_at is None
    return Due(
        fresh,
        sum(line.settled_minor for line in fresh),
        parcel.consignment.delivery_minor if is_all and is_here else 0,
    )


async def give_back(
    session: AsyncSession,
    parcel: Parcel,
    lines: Sequence[OrderLine],
    *,
    reason: RefundReason,
    person_id: UUID,
    now: datetime,
) -> Refund | None:
    """Owe the buyer the price of those of these lines that were not paid back yet; None when there are none left.

    The caller holds the order's lock.
    """
    order, one = parcel.order, parcel.consignment
    before = await repository.list_refunded(session, [line.id for line in parcel.lines])
    due = sum_due(parcel, lines, before)
    if not due.total_minor:
        return None
    refund = await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.ORDER,
            payable_id=order.id,
            code=order.code,
            producer_id=one.producer_id,
            payee_name=order.buyer_name,
            payee_phone=order.buyer_phone,
            reason=reason,
            source=f"order_line:{due.lines[0].id}",
            paid_minor=order.total_minor,
            goods_minor=due.goods_minor,
            delivery_minor=due.delivery_minor,
        ),
        person_id=person_id,
        now=now,
    )
    if refund is not None:
        await repository.insert_refunded(session, refund.id, [line.id for line in due.lines])
    return refund
