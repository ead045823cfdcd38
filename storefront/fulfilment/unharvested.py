"""A harvest that did not come: whoever waits for it gets the price back (orders/PRICING.md O14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.fulfilment import refunding
from storefront.fulfilment.service import list_lots_to_take, lock_own
from storefront.orders import money_back, parcels
from storefront.orders.errors import WrongStateError
from storefront.orders.models import OrderState
from storefront.preorders import service as preorders
from storefront.refunds.models import Refund, RefundReason

_BEFORE_PACKING = frozenset({OrderState.AWAITING_CONFIRMATION, OrderState.PACKING})


async def give_back(
    session: AsyncSession, *, consignment_id: UUID, producer_id: UUID, person_id: UUID, now: datetime
) -> Refund | None:
    """Owe the buyer the price of the lines of a paid parcel that still wait for their harvest; None when none do.

    What remains may be packed and sent; a parcel of which nothing remains is cancelled, and its delivery goes back too.
    Raises `WrongStateError` for a parcel that is not paid or was packed, and `OrderNotFoundError`.
    """
    locked = await lock_own(session, consignment_id, producer_id)
    if locked.parcel.state not in _BEFORE_PACKING or locked.parcel.packed_at is not None:
        raise WrongStateError(locked.parcel.state)
    parcel = await parcels.get_parcel(session, consignment_id=consignment_id, producer_id=producer_id)
    here = {one.line_id for one in await list_lots_to_take(session, locked.order, parcel.lines)}
    back = await money_back.list_refunded(session, [line.id for line in parcel.lines])
    waiting = [
        line for line in parcel.lines if line.expected_on is not None and line.id not in {*here, *back}
    ]
    if not waiting:
        return None
    # Caps before books: the one order of locks.
    await preorders.release(session, order_id=locked.order.id, line_ids={line.id for line in waiting})
    refund = await refunding.give_back(
        session, parcel, waiting, reason=RefundReason.CANCELLED, person_id=person_id, now=now
    )
    if len(back) + len(waiting) == len(parcel.lines):
        await refunding.end_parcel(session, locked, person_id=person_id, now=now)
    return refund
