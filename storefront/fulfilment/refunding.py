"""Money back for order lines: each line once, whatever the reason (orders/PRICING.md O10 and O12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

    When nothing of a parcel that has not left remains, its delivery is paid back too. The caller holds the order's lock.
    """
    order, one = parcel.order, parcel.consignment
    before = await repository.list_refunded(session, [line.id for line in parcel.lines])
    fresh = sorted((line for line in lines if line.id not in before), key=lambda line: line.id)
    goods = sum(line.amount_minor for line in fresh)
    if not goods:
        return None
    is_all = len(before) + len(fresh) == len(parcel.lines)
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
            source=f"order_line:{fresh[0].id}",
            paid_minor=order.total_minor,
            goods_minor=goods,
            delivery_minor=one.delivery_minor if is_all and one.shipped_at is None else 0,
        ),
        person_id=person_id,
        now=now,
    )
    if refund is not None:
        await repository.insert_refunded(session, refund.id, [line.id for line in fresh])
    return refund


async def list_refunded(session: AsyncSession, line_ids: Collection[UUID]) -> set[UUID]:
    """Those of these order lines whose price goes or went back."""
    return await repository.list_refunded(session, line_ids)
