"""An unpaid order that is edited: whether it may be, and its end for the order that takes its place (PRICING.md, E1 to E9)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from storefront.cart.ports import Edited
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import NotEditableError
from storefront.orders.models import CancelReason, Consignment, Order, OrderState
from storefront.orders.states import state_at
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, Payment


class OpenEdits:
    """Answers the basket, which knows no orders."""

    async def find(self, session: AsyncSession, order_id: UUID, *, now: datetime) -> Edited:
        """An order that a basket takes the place of."""
        return await find(session, order_id, now=now)


async def find(session: AsyncSession, order_id: UUID, *, now: datetime) -> Edited:
    """Find whether an order may be edited at this moment, and in words why not; `OrderNotFoundError`."""
    order = await orders.get_order(session, order_id)
    consignments = await parcels.list_consignments(session, [order.id])
    refusal = await _find_refusal(session, order, consignments, now=now)
    return Edited(order.id, order.code, order.expires_at, refusal)


async def lock(session: AsyncSession, order_id: UUID, *, now: datetime) -> tuple[Order, list[Consignment]]:
    """Lock an order that is edited: no money pays it and no sweep ends it before the new one stands (E6, E7).

    Raises `NotEditableError` when one of them was faster.
    """
    order, consignments = await orders.lock_order(session, order_id)
    refusal = await _find_refusal(session, order, consignments, now=now)
    if refusal is not None:
        raise NotEditableError(refusal)
    return order, consignments


def is_editable(
    order: Order, consignments: Collection[Consignment], payment: Payment | None, *, now: datetime
) -> bool:
    """Whether the buyer may edit it: unpaid, held still, without any money or credit, and by itself (E1)."""
    return (
        state_at(order, now) is OrderState.AWAITING_PAYMENT
        and not order.is_cash
        and not order.credit_minor
        and order.cart_id is not None
        and not any(one.travels_with_id for one in consignments)
        and payment is not None
        and not payment.received_minor
    )


async def _find_refusal(
    session: AsyncSession, order: Order, consignments: Collection[Consignment], *, now: datetime
) -> Text | None:
    payment = await payments.find_payment(session, payable_kind=PayableKind.ORDER, payable_id=order.id)
    if is_editable(order, consignments, payment, now=now):
        return None
    if order.paid_at is not None or (payment is not None and payment.received_minor):
        return _(
            "Tiền của đơn %(code)s đã tới nên không sửa được nữa. Đơn đó vẫn còn nguyên, bạn không mất gì cả.",
            code=order.code,
        )
    if order.cancel_reason is CancelReason.REPLACED:
        new = await orders.find_replacement(session, order.id)
        return _(
            "Đơn %(code)s đã được sửa thành đơn %(new)s rồi.", code=order.code, new=new.code if new else ""
        )
    if state_at(order, now) is OrderState.CANCELLED:
        return _(
            "Đơn %(code)s đã hủy hoặc hết giờ giữ hàng nên không sửa được nữa. Bạn đặt thành đơn mới nhé.",
            code=order.code,
        )
    return _("Đơn %(code)s không sửa được. Bạn cần đổi gì thì gọi người bán nhé.", code=order.code)
