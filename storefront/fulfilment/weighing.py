"""The scale at packing: what each piece weighed, what the line costs in the end, what goes back (orders/PRICING.md W3 to W9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.core.quantity import format_grams
from storefront.fulfilment import repository, service
from storefront.fulfilment.errors import PackedTwiceError, WeighedTwiceError, WeightError
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import OrderState, WeighedPiece
from storefront.payments.models import PayableKind
from storefront.pricing import service as pricing
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund, RefundReason
from storefront.refunds.service import Claim


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """What was typed for one line: grams of each piece in its order, and the photo of the scale.

    `id` is made where it was written. With `takes_ceiling` the producer gives away what is above the heaviest that was
    promised; with `is_agreed` the buyer takes a piece that is lighter.
    """

    id: UUID
    line_id: UUID
    weights_g: Sequence[int]
    photo_id: UUID | None
    takes_ceiling: bool = False
    is_agreed: bool = False


async def weigh(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    weighing: Weighing,
    person_id: UUID,
    now: datetime,
    done_at: datetime | None = None,
) -> Refund | None:
    """Settle a line by the scale: its final price, and the rest owed to the buyer; None when nothing goes back.

    The same weights again change nothing. Raises `WeightError` for a piece outside the bounds, `WeighedTwiceError`,
    `WrongStateError`, `PackedTwiceError`, `OrderNotFoundError`.
    """
    locked = await service.lock_own(session, consignment_id, producer_id)
    parcel = await orders.get_parcel(session, consignment_id=consignment_id, producer_id=producer_id)
    line = next((line for line in parcel.lines if line.id == weighing.line_id), None)
    if line is None or line.bounds_g is None:
        raise OrderNotFoundError
    before = await orders.list_weighed(session, [line.id])
    if before:
        if [piece.weight_g for piece in before] != list(weighing.weights_g):
            raise WeighedTwiceError
        return None
    if locked.parcel.state is not OrderState.PACKING:
        raise WrongStateError(locked.parcel.state)
    if locked.parcel.packed_at is not None or await repository.list_refunded(session, [line.id]):
        raise PackedTwiceError
    _check(weighing, line.quantity, line.bounds_g)
    taken = await service.list_lots_to_take(session, locked.order, [line])
    lot_ids = [one.lot.id for one in taken for _piece in range(one.quantity)]
    for position, (weight_g, lot_id) in enumerate(zip(weighing.weights_g, lot_ids, strict=True), start=1):
        session.add(
            WeighedPiece(
                order_line_id=line.id,
                position=position,
                lot_id=lot_id,
                weight_g=weight_g,
                photo_id=weighing.photo_id,
                record_id=weighing.id,
                weighed_by_id=person_id,
                weighed_at=done_at or now,
                created_at=now,
            )
        )
    final = pricing.settle_weights(line.price_minor, weighing.weights_g, line.bounds_g[1])
    line.final_minor = max(0, final - line.discount_minor)
    await orders.record_step(
        session, locked.order, locked.parcel, person_id=person_id, note="weighed", now=now
    )
    rest = line.amount_minor - line.final_minor
    if not rest:
        return None
    return await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.ORDER,
            payable_id=locked.order.id,
            code=locked.order.code,
            producer_id=producer_id,
            payee_name=locked.order.buyer_name,
            payee_phone=locked.order.buyer_phone,
            reason=RefundReason.WEIGHED,
            source=f"weighed:{line.id}",
            paid_minor=locked.order.total_minor,
            goods_minor=rest,
        ),
        person_id=person_id,
        now=now,
    )


def _check(weighing: Weighing, pieces: int, bounds_g: tuple[int, int]) -> None:
    least, most = (format_grams(grams) for grams in bounds_g)
    if len(weighing.weights_g) != pieces:
        raise WeightError(_("Bạn ghi cân nặng của từng con, đủ %(count)s con.", count=pieces))
    for weight in weighing.weights_g:
        if weight < bounds_g[0] and not weighing.is_agreed:
            raise WeightError(
                _(
                    "Có con nhẹ hơn %(least)s. Bạn bắt con khác, hoặc hỏi khách: khách chịu thì đánh dấu ô bên dưới.",
                    least=least,
                )
            )
        if weight > bounds_g[1] and not weighing.takes_ceiling:
            raise WeightError(
                _(
                    "Có con nặng hơn %(most)s. Bạn bắt con khác, hoặc đánh dấu ô bên dưới để chỉ lấy tiền %(most)s.",
                    most=most,
                )
            )
