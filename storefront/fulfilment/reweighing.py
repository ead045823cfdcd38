"""A weight that was typed wrong, put right until the parcel is handed over (orders/PRICING.md W10 to W14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import _
from storefront.fulfilment import repository, service
from storefront.fulfilment.errors import (
    GivenBackError,
    NotWeighedError,
    OtherTurnError,
    PaidOutError,
    WeightError,
)
from storefront.fulfilment.weighing import Weighing, check, claim_rest, find_line, share, source_of, write
from storefront.orders import money_back, parcels, weighings
from storefront.orders.errors import WrongStateError
from storefront.orders.models import Consignment, OrderLine, OrderState
from storefront.orders.parcels import Locked
from storefront.orders.weighings import Turn
from storefront.refunds import service as refunds
from storefront.refunds import withdrawing

NOTE = "weighed_again"


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What a line weighs after all, why, and which weighing this puts right: `of` is the id that one was written under."""

    weighing: Weighing
    of: UUID
    reason: str


async def weigh_again(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    correction: Correction,
    person_id: UUID,
    now: datetime,
) -> None:
    """Weigh a line again and settle it by what it weighs now; the same form again changes nothing.

    Raises `WeightError` for a piece outside the bounds or the same weights as before, `PhotoMissingError`, `NotWeighedError`
    for a line that was never weighed, `OtherTurnError` when somebody else weighed it again meanwhile, `GivenBackError` when
    its price went back, `PaidOutError` when more went out already than would be owed, `WrongStateError` once it was handed
    over, `OrderNotFoundError`.
    """
    said = correction.weighing
    locked = await service.lock_own(session, consignment_id, producer_id)
    line = await find_line(session, locked, said.line_id)
    turns = (await weighings.list_turns(session, [line.id])).get(line.id)
    if not turns:
        raise NotWeighedError
    last = turns[-1]
    if last[0].record_id == said.id:
        return
    stopped = await find_stop(session, locked.parcel, line)
    if stopped is not None:
        raise stopped
    if last[0].record_id != correction.of:
        raise OtherTurnError
    check(said, line)
    if [piece.weight_g for piece in last] == list(said.weights_g):
        raise WeightError(_("Cân nặng này giống lần cân trước, không có gì để sửa."))
    turn = last[0].turn + 1
    write(
        session,
        said,
        lot_ids=[piece.lot_id for piece in last],
        person_id=person_id,
        done_at=now,
        now=now,
        turn=turn,
        reason=correction.reason,
    )
    await session.flush()
    await _settle(session, locked, line, said, turn=turn, person_id=person_id, now=now)
    await _tell_packed(session, locked, last, said)
    await parcels.record_step(session, locked.order, locked.parcel, person_id=person_id, note=NOTE, now=now)


async def find_stop(session: AsyncSession, parcel: Consignment, line: OrderLine) -> AppError | None:
    """Say why the weight of a weighed line stands: its parcel was handed over (W10), or its price goes back whole; or None."""
    if parcel.state is not OrderState.PACKING:
        return WrongStateError(parcel.state)
    if await money_back.list_refunded(session, [line.id]):
        return GivenBackError()
    return None


async def _settle(
    session: AsyncSession,
    locked: Locked,
    line: OrderLine,
    said: Weighing,
    *,
    turn: int,
    person_id: UUID,
    now: datetime,
) -> None:
    """Owe what goes back after all: what has gone out stays, what is still owed gives way to what is right (W11, W12)."""
    source = source_of(line)
    found = await withdrawing.lock_of_source(session, payable_id=locked.order.id, source=source)
    gone = [one for one in found if one.paid_at is not None]
    gone_minor, gone_gift = sum(one.amount_minor for one in gone), sum(one.gift_minor for one in gone)
    rest, gift = share(line, said)
    if rest < gone_minor or gift < gone_gift:
        raise PaidOutError(gone_minor)
    if rest == gone_minor:
        gift = gone_gift  # the market's part goes back beside the buyer's, never alone
    is_right = (rest, gift) == (sum(one.amount_minor for one in found), sum(one.gift_minor for one in found))
    line.final_minor, line.final_gift_minor = line.amount_minor - rest, line.gift_minor - gift
    if is_right:
        return
    for one in found:
        if one.paid_at is None:
            await withdrawing.withdraw(session, one, kind=line.tax_kind, now=now)
    if rest > gone_minor:
        claim = claim_rest(
            locked,
            line,
            source=f"{source}:{turn}",
            rest_minor=rest - gone_minor,
            gift_minor=gift - gone_gift,
        )
        await refunds.open_refund(session, claim, person_id=person_id, now=now)


async def _tell_packed(session: AsyncSession, locked: Locked, last: Turn, said: Weighing) -> None:
    """Let the grams that are going to leave each lot be those of the scale; the shelf counts pieces (W14)."""
    weights: Counter[UUID] = Counter()
    for piece, weight_g in zip(last, said.weights_g, strict=True):
        weights[piece.lot_id] += weight_g
    for item in await repository.list_packed(session, locked.parcel.id):
        if item.order_line_id == said.line_id:
            item.weight_g = weights[item.lot_id]
