"""Money back for order lines: each line once, whatever the reason (orders/PRICING.md O10 and O12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.orders import company, money_back, parcels
from storefront.orders.kinds import sum_kinds
from storefront.orders.models import OrderLine, OrderState
from storefront.orders.parcels import Locked, Parcel
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund, RefundReason
from storefront.refunds.service import Claim


@dataclass(frozen=True)
class Due:
    """Lines that were not paid back yet, ids ascending, and what goes back for them, in đồng; `gift_minor` to the market."""

    lines: Sequence[OrderLine]
    goods_minor: int
    delivery_minor: int
    gift_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All of it that the buyer gets."""
        return self.goods_minor + self.delivery_minor


def sum_due(
    parcel: Parcel, lines: Sequence[OrderLine], refunded: Collection[UUID], *, keeps_fee: bool = False
) -> Due:
    """Say what is still to be paid back for these lines of a parcel.

    When nothing of a parcel that has not left remains, its delivery is paid back too, unless others travel by it (J8).
    """
    fresh = sorted((line for line in lines if line.id not in refunded), key=lambda line: line.id)
    is_all = bool(fresh) and len(refunded) + len(fresh) == len(parcel.lines)
    is_here = parcel.consignment.shipped_at is None
    return Due(
        fresh,
        sum(line.settled_minor for line in fresh),
        parcel.consignment.delivery_minor if is_all and is_here and not keeps_fee else 0,
        sum(line.settled_gift_minor for line in fresh),
    )


async def give_back(
    session: AsyncSession,
    parcel: Parcel,
    lines: Sequence[OrderLine],
    *,
    reason: RefundReason,
    person_id: UUID | None,
    now: datetime,
) -> Refund | None:
    """Owe the buyer the price of those of these lines that were not paid back yet; None when there are none left.

    The caller holds the order's lock.
    """
    order, one = parcel.order, parcel.consignment
    before = await money_back.list_refunded(session, [line.id for line in parcel.lines])
    keeps_fee = await company.keeps_fee(session, one, now=now)
    due = sum_due(parcel, lines, before, keeps_fee=keeps_fee)
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
            credit_minor=order.credit_minor,
            payer_id=order.person_id,
            goods_minor=due.goods_minor,
            delivery_minor=due.delivery_minor,
            gift_minor=due.gift_minor,
            goods_kinds=sum_kinds(due.lines),
        ),
        person_id=person_id,
        now=now,
    )
    if refund is not None:
        await money_back.note_refunded(session, refund.id, [line.id for line in due.lines])
    return refund


async def end_parcel(session: AsyncSession, locked: Locked, *, person_id: UUID | None, now: datetime) -> None:
    """Cancel a locked parcel of which nothing is left to send; its delivery stays paid while others travel by it (J8)."""
    one = locked.parcel
    one.is_fee_kept = one.delivery_minor > 0 and await company.keeps_fee(session, one, now=now)
    await parcels.move_parcel(session, locked, OrderState.CANCELLED, person_id=person_id, now=now)
    await company.end(session, [one], now=now)
