"""The scale at packing: what each piece weighed, what the line costs in the end, what goes back (orders/PRICING.md W3 to W9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.core.quantity import format_grams
from storefront.fulfilment import service
from storefront.fulfilment.errors import PackedTwiceError, PhotoMissingError, WeighedTwiceError, WeightError
from storefront.orders import money_back, parcels, weighings
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import OrderLine, OrderState, WeighedPiece
from storefront.orders.parcels import Locked
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

    The same weights again change nothing. Raises `WeightError` for a piece outside the bounds, `PhotoMissingError`, `WeighedTwiceError`,
    `WrongStateError`, `PackedTwiceError`, `OrderNotFoundError`.
    """
    locked = await service.lock_own(session, consignment_id, producer_id)
    line = await find_line(session, locked, weighing.line_id)
    before = await weighings.list_weighed(session, [line.id])
    if before:
        if [piece.weight_g for piece in before] != list(weighing.weights_g):
            raise WeighedTwiceError
        return None
    if locked.parcel.state is not OrderState.PACKING:
        raise WrongStateError(locked.parcel.state)
    if locked.parcel.packed_at is not None or await money_back.list_refunded(session, [line.id]):
        raise PackedTwiceError
    check(weighing, line)
    taken = await service.list_lots_to_take(session, locked.order, [line])
    lot_ids = [one.lot.id for one in taken for _piece in range(one.quantity)]
    write(session, weighing, lot_ids=lot_ids, person_id=person_id, done_at=done_at or now, now=now)
    rest, gift_back = share(line, weighing)
    line.final_gift_minor, line.final_minor = line.gift_minor - gift_back, line.amount_minor - rest
    await parcels.record_step(
        session, locked.order, locked.parcel, person_id=person_id, note="weighed", now=now
    )
    if not rest:
        return None
    claim = claim_rest(locked, line, source=source_of(line), rest_minor=rest, gift_minor=gift_back)
    return await refunds.open_refund(session, claim, person_id=person_id, now=now)


async def find_line(session: AsyncSession, locked: Locked, line_id: UUID) -> OrderLine:
    """Find a line of a locked parcel that the scale settles; `OrderNotFoundError` for any other."""
    parcel = await parcels.get_parcel(
        session, consignment_id=locked.parcel.id, producer_id=locked.parcel.producer_id
    )
    line = next((line for line in parcel.lines if line.id == line_id), None)
    if line is None or line.bounds_g is None:
        raise OrderNotFoundError
    return line


def source_of(line: OrderLine) -> str:
    """Under what the rest of a line goes back; of what was weighed again with the turn behind it."""
    return f"weighed:{line.id}"


def write(
    session: AsyncSession,
    weighing: Weighing,
    *,
    lot_ids: Sequence[UUID],
    person_id: UUID,
    done_at: datetime,
    now: datetime,
    turn: int = 1,
    reason: str = "",
) -> None:
    """Keep what each piece weighed; `lot_ids` are those of the pieces, in their order."""
    for position, (weight_g, lot_id) in enumerate(zip(weighing.weights_g, lot_ids, strict=True), start=1):
        session.add(
            WeighedPiece(
                order_line_id=weighing.line_id,
                turn=turn,
                position=position,
                lot_id=lot_id,
                weight_g=weight_g,
                photo_id=weighing.photo_id,
                record_id=weighing.id,
                weighed_by_id=person_id,
                weighed_at=done_at,
                reason=reason,
                created_at=now,
            )
        )


def share(line: OrderLine, weighing: Weighing) -> tuple[int, int]:
    """What of a line goes back by the scale, in đồng: (to the buyer, to the market)."""
    most_g = line.most_g or 0
    final = pricing.settle_weights(line.price_minor, weighing.weights_g, most_g)
    back = line.amount_minor + line.gift_minor - max(0, final - line.discount_minor)
    gift_back = share_gift(line, back)
    return back - gift_back, gift_back


def claim_rest(locked: Locked, line: OrderLine, *, source: str, rest_minor: int, gift_minor: int) -> Claim:
    """Say what goes back of a line by the scale, to whom."""
    order = locked.order
    return Claim(
        payable_kind=PayableKind.ORDER,
        payable_id=order.id,
        code=order.code,
        producer_id=locked.parcel.producer_id,
        payee_name=order.buyer_name,
        payee_phone=order.buyer_phone,
        reason=RefundReason.WEIGHED,
        source=source,
        paid_minor=order.total_minor,
        credit_minor=order.credit_minor,
        payer_id=order.person_id,
        goods_minor=rest_minor,
        gift_minor=gift_minor,
        goods_kinds={line.tax_kind: rest_minor + gift_minor},
    )


def share_gift(line: OrderLine, back_minor: int) -> int:
    """How much of what goes back of a line the market had paid: in proportion, rounded down, so that the buyer gets the rest."""
    return line.gift_minor * back_minor // (line.amount_minor + line.gift_minor) if line.gift_minor else 0


def check(weighing: Weighing, line: OrderLine) -> None:
    """`WeightError` for a piece outside the bounds that nobody agreed to, or not one weight for each piece (W6).

    `PhotoMissingError` when nobody showed the scale (W3).
    """
    bounds_g, pieces = (line.least_g or 0, line.most_g or 0), line.quantity
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
    if weighing.photo_id is None:
        raise PhotoMissingError
