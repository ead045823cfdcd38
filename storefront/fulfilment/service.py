"""Fulfilment: the producers' side of orders, from the paid order to the parcel in the buyer's hands, and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Role
from producers.listings.models import SoldBy
from storefront.fulfilment import refunding, repository, together
from storefront.fulfilment.errors import (
    AddressHiddenError,
    CashNotHereError,
    LotStoppedError,
    NotHarvestedError,
    NotLeadError,
    NotPackedError,
    NotWeighedError,
    PackedTwiceError,
    WrongLabelError,
)
from storefront.fulfilment.handover import Taker, say_sent
from storefront.fulfilment.models import PackedItem
from storefront.orders import company, money_back, parcels, settlement, weighings
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.events import ConsignmentShipped, OrderPaid
from storefront.orders.models import Consignment, Order, OrderLine, OrderState
from storefront.orders.parcels import Locked
from storefront.orders.states import not_before_last
from storefront.preorders import service as preorders
from storefront.refunds.models import RefundReason
from storefront.stock import service as stock
from traceability.chronicle import service as chronicle
from traceability.chronicle.telling import Content, Parcel, Unit
from traceability.labels import service as labels
from traceability.lots import service as lots
from traceability.lots.models import Lot, LotState

ADDRESS_SHOWN = "address_shown"
SHOWN_FOR = timedelta(minutes=15)
"""So long a revealed address stays on the screen of the one who asked."""
CONFIRMED = frozenset({OrderState.PACKING, OrderState.SHIPPING, OrderState.DELIVERED})
"""The states in which an address may be looked at."""
_MAY_LEAVE = {LotState.RELEASED, LotState.EXHAUSTED}


@dataclass(frozen=True)
class LotToTake:
    """So much (pieces or grams) of one lot for one order line."""

    line_id: UUID
    lot: Lot
    quantity: int


@dataclass(frozen=True)
class _Handover:
    """A parcel given to a carrier: to whom and by whom, told at `now`, done at `done_at`."""

    taker: Taker
    person_id: UUID
    now: datetime
    done_at: datetime | None


async def on_order_paid(session: AsyncSession, event: OrderPaid) -> None:
    """Tell each producer's managers and packers at once, in the app and by short message."""
    order = await orders.get_order(session, event.order_id)
    consignments = await parcels.get_consignments(session, event.consignment_ids)
    added = [one for one in consignments if one.travels_with_id is not None]
    companies = await company.find_companies(session, added) if added else {}
    for one in consignments:
        # A parcel that names no other is the first of all that travel with it.
        lead = companies[one.id].lead if one.id in companies else None
        words = _(
            "Có đơn mới %(code)s, tiền hàng %(amount)s đã trả đủ. Bạn vào xem và xác nhận giúp khách nhé.",
            code=order.code,
            amount=format_dong(one.earned_minor),
        )
        if lead is not None and lead.consignment.id != one.id:
            words = _(
                "Có đơn mới %(code)s đi chung gói với đơn %(with_code)s, tiền hàng %(amount)s đã trả đủ. Bạn vào xem rồi "
                "đóng gói chung giúp khách nhé.",
                code=order.code,
                with_code=lead.order.code,
                amount=format_dong(one.earned_minor),
            )
        if order.is_cash:
            words = _(
                "Đơn %(code)s: tiền thu hộ %(amount)s đã về.",
                code=order.code,
                amount=format_dong(order.total_minor),
            )
        await tell_packers(session, one, words, kind="order_paid", now=event.paid_at)


async def tell_packers(
    session: AsyncSession, consignment: Consignment, words: Text, *, kind: str, now: datetime
) -> None:
    """Tell the managers and packers of a parcel's producer, in the app and by short message."""
    packers = await cooperatives.list_members(session, consignment.producer_id, Role.MANAGER, Role.PACKER)
    href = f"/producer/orders/{consignment.id}"
    await notices.notify_all(session, packers, kind=kind, text=words, href=href, now=now, by_sms=True)


async def list_lots_to_take(
    session: AsyncSession, order: Order, lines: Collection[OrderLine]
) -> list[LotToTake]:
    """List from which lots the lines of a parcel are taken (or were), first expiry first within a line."""
    own = {line.id for line in lines}
    held = [one for one in await stock.list_held(session, order_id=order.id) if one.line_id in own]
    known = await lots.get_lots(session, {one.lot_id for one in held})
    return [LotToTake(one.line_id, known[one.lot_id], one.quantity) for one in held]


async def list_lots_to_pick(session: AsyncSession, line_ids: Collection[UUID]) -> list[LotToTake]:
    """List from which lots the paid lines of many parcels are taken, first expiry first; two queries."""
    held = await repository.list_held(session, line_ids)
    known = await lots.get_lots(session, {lot_id for _line, lot_id, _quantity in held})
    return [LotToTake(line_id, known[lot_id], quantity) for line_id, lot_id, quantity in held]


def list_stopped(taken: Collection[LotToTake]) -> list[Lot]:
    """Those of the lots to take that are held or recalled: a parcel with one of them does not leave."""
    stopped = {one.lot.id: one.lot for one in taken if one.lot.state not in _MAY_LEAVE}
    return list(stopped.values())


async def list_packed(session: AsyncSession, consignment_id: UUID) -> list[PackedItem]:
    """List what went into a parcel, lot by lot."""
    return await repository.list_packed(session, consignment_id)


async def unpack(session: AsyncSession, consignment_id: UUID) -> None:
    """Take the labels out of a parcel that does not leave, or came back: they are with nobody again."""
    packed = await repository.list_packed(session, consignment_id)
    await labels.take_out(session, parcel_id=consignment_id, lot_ids={item.lot_id for item in packed})


async def confirm(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    person_id: UUID,
    now: datetime,
    done_at: datetime | None = None,
) -> None:
    """Take a paid order on. Raises `WrongStateError`, `OrderNotFoundError`.

    Here as in the next steps `done_at` is when it was done, where that is told only at `now`.
    """
    locked = await lock_own(session, consignment_id, producer_id)
    await parcels.move_parcel(
        session, locked, OrderState.PACKING, person_id=person_id, now=now, done_at=done_at
    )


async def pack(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    scanned: str,
    person_id: UUID,
    now: datetime,
    done_at: datetime | None = None,
) -> None:
    """Write down which lots went into the parcel; `scanned` are the labels on it, in any spelling, or nothing.

    Raises `WrongStateError`, `PackedTwiceError`, `NotHarvestedError`, `NotWeighedError`, `LotStoppedError`, `WrongLabelError`,
    `OrderNotFoundError`.
    """
    locked = await lock_own(session, consignment_id, producer_id)
    if locked.parcel.state is not OrderState.PACKING:
        raise WrongStateError(locked.parcel.state)
    if locked.parcel.packed_at is not None:
        raise PackedTwiceError
    await _share_out(session, locked, now)
    taken = await _list_leaving(session, locked)
    await _require_harvested(session, locked, taken)
    weights = await _weights_by_lot(session, locked)
    serials = await _read_labels(session, scanned, {one.lot.id for one in taken})
    for one in taken:
        session.add(
            PackedItem(
                consignment_id=consignment_id,
                order_line_id=one.line_id,
                lot_id=one.lot.id,
                quantity=one.quantity,
                weight_g=weights.get((one.line_id, one.lot.id)),
                packed_by_id=person_id,
                created_at=now,
            )
        )
    locked.parcel.packed_at = not_before_last(locked.parcel, done_at or now)
    await labels.record_sold(session, serials=serials, now=now, parcel_id=consignment_id)
    await parcels.record_step(
        session, locked.order, locked.parcel, person_id=person_id, note="packed", now=now
    )


async def ship(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    carrier: str,
    tracking_number: str | None,
    person_id: UUID,
    now: datetime,
    phone: str | None = None,
    done_at: datetime | None = None,
) -> None:
    """Hand a packed parcel to its carrier, with all that is packed to go with it, and tell the buyers.

    What is not packed, may not leave or is not paid yet goes alone later, for nothing more (J6, J7). Raises as `pack`,
    `NotPackedError`, and `NotLeadError` for what goes with another.
    """
    locked = await lock_own(session, consignment_id, producer_id)
    found = await company.find_company(session, locked.parcel)
    lead = found.lead
    if lead and locked.parcel.state is OrderState.PACKING and lead.consignment.id != consignment_id:
        raise NotLeadError(lead.order.code)
    handover = _Handover(Taker(name=carrier, number=tracking_number, phone=phone), person_id, now, done_at)
    await _ship(session, locked, handover)
    gone = [locked.order]
    packed, left = together.list_following(found, locked.parcel)
    for one in packed:
        with_it = await parcels.lock_parcel(session, one.consignment.id)
        if await _list_stopped(session, with_it):
            left.append(one)
        else:
            await _ship(session, with_it, handover)
            gone.append(with_it.order)
    await _tell_buyer(session, gone, handover)
    await together.let_go(session, left)


async def _ship(session: AsyncSession, locked: Locked, handover: _Handover) -> None:
    order, parcel, now = locked.order, locked.parcel, handover.now
    await parcels.move_parcel(
        session,
        locked,
        OrderState.SHIPPING,
        person_id=handover.person_id,
        now=now,
        done_at=handover.done_at,
    )
    if parcel.packed_at is None:
        raise NotPackedError
    leaving = await _list_leaving(session, locked)
    taker = handover.taker
    parcel.carrier, parcel.tracking_number, parcel.carrier_phone = taker.name, taker.number, taker.phone
    await stock.ship(session, order_id=order.id, line_ids={one.line_id for one in leaving}, now=now)
    await emit(session, ConsignmentShipped(consignment_id=parcel.id))
    await _note_shipped(session, locked, now)


async def _tell_buyer(session: AsyncSession, gone: Sequence[Order], handover: _Handover) -> None:
    """Tell who gets a parcel that it left, once for all orders in it: what is paid at the door is one sum (J6)."""
    codes = ", ".join(order.code for order in gone)
    words = say_sent(codes, handover.taker, sum(order.collect_minor for order in gone))
    await notices.send_message(session, phone=gone[0].buyer_phone, text=words, lang=gone[0].language)


async def deliver(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    person_id: UUID | None,
    now: datetime,
    done_at: datetime | None = None,
) -> list[UUID]:
    """The carrier says that the parcel arrived, with all that went in it; answers the ids of the consignments.

    Raises `WrongStateError`, `OrderNotFoundError`.
    """
    locked = await lock_own(session, consignment_id, producer_id)
    found = await company.find_company(session, locked.parcel)
    others = [
        one.consignment.id
        for one in found.fellows
        if one.consignment.state is OrderState.SHIPPING and one.consignment.id != consignment_id
    ]
    arrived = [locked, *[await parcels.lock_parcel(session, other) for other in others]]
    for one in arrived:
        await parcels.move_parcel(
            session, one, OrderState.DELIVERED, person_id=person_id, now=now, done_at=done_at
        )
        await settlement.book_with_courier(session, one.order, one.parcel, now=now)
        await chronicle.note_delivered(
            session,
            parcel_id=one.parcel.id,
            order_id=one.order.id,
            producer_id=producer_id,
            delivered_at=one.parcel.delivered_at or now,
            now=now,
        )
    return [one.parcel.id for one in arrived]


async def take_back(
    session: AsyncSession, *, consignment_id: UUID, producer_id: UUID, person_id: UUID, now: datetime
) -> None:
    """Take a delivered parcel back: its goods' price is owed to the buyer (PRICING.md O10).

    Raises `WrongStateError`, `CashNotHereError` while whoever brought it has the buyer's money, `OrderNotFoundError`.
    """
    locked = await lock_own(session, consignment_id, producer_id)
    if locked.parcel.state is OrderState.SHIPPING:
        raise WrongStateError(locked.parcel.state)
    if locked.order.collect_minor:
        raise CashNotHereError
    await parcels.move_parcel(session, locked, OrderState.RETURNED, person_id=person_id, now=now)
    parcel = await parcels.get_parcel(session, consignment_id=consignment_id, producer_id=producer_id)
    await refunding.give_back(
        session, parcel, parcel.lines, reason=RefundReason.RETURNED, person_id=person_id, now=now
    )


async def reveal_address(
    session: AsyncSession, *, consignment_id: UUID, producer_id: UUID, person_id: UUID, now: datetime
) -> None:
    """Show phone and address to one person for SHOWN_FOR, and keep who looked and when.

    Raises `AddressHiddenError` while nobody has taken the order on, or when it has ended; `OrderNotFoundError`.
    """
    locked = await lock_own(session, consignment_id, producer_id)
    if locked.parcel.state not in CONFIRMED:
        raise AddressHiddenError
    await parcels.record_step(
        session, locked.order, locked.parcel, person_id=person_id, note=ADDRESS_SHOWN, now=now
    )


async def is_address_shown(
    session: AsyncSession, *, order_id: UUID, consignment_id: UUID, person_id: UUID, now: datetime
) -> bool:
    """Whether this person asked for the address of this parcel within SHOWN_FOR."""
    return any(
        step.note == ADDRESS_SHOWN
        and (step.consignment_id, step.person_id) == (consignment_id, person_id)
        and step.created_at > now - SHOWN_FOR
        for step in await orders.list_steps(session, order_id)
    )


async def _note_shipped(session: AsyncSession, locked: Locked, now: datetime) -> None:
    """Tell the chronicle which lots left in this parcel."""
    parcel = locked.parcel
    packed = await repository.list_packed(session, parcel.id)
    stayed = await money_back.list_refunded(session, {item.order_line_id for item in packed})
    packed = [item for item in packed if item.order_line_id not in stayed]
    found = await lots.get_lots(session, {item.lot_id for item in packed})
    whole = await parcels.get_parcel(session, consignment_id=parcel.id, producer_id=parcel.producer_id)
    by_weight = {line.id for line in whole.lines if line.sold_by is SoldBy.GRAM}
    contents = [
        Content(
            gtin=found[item.lot_id].gtin,
            lot_code=found[item.lot_id].code,
            quantity=item.quantity if item.weight_g is None else item.weight_g,
            is_weight=item.weight_g is not None or item.order_line_id in by_weight,
        )
        for item in packed
    ]
    await chronicle.note_shipped(
        session,
        Parcel(
            parcel_id=parcel.id,
            order_id=locked.order.id,
            producer_id=parcel.producer_id,
            packed_at=parcel.packed_at or now,
            shipped_at=parcel.shipped_at or now,
            contents=contents,
            units=[
                Unit(found[one.lot_id].gtin, found[one.lot_id].code, one.serial)
                for one in await labels.list_in_parcel(session, parcel.id)
            ],
        ),
        now=now,
    )


async def lock_own(session: AsyncSession, consignment_id: UUID, producer_id: UUID) -> Locked:
    """Lock a parcel of this producer; another producer's does not exist for them."""
    locked = await parcels.lock_parcel(session, consignment_id)
    if locked.parcel.producer_id != producer_id:
        raise OrderNotFoundError
    return locked


async def _weights_by_lot(session: AsyncSession, locked: Locked) -> Counter[tuple[UUID, UUID]]:
    """What the weighed pieces of each (line, lot) weigh; `NotWeighedError` while one that stays was not weighed."""
    parcel = await parcels.get_parcel(
        session, consignment_id=locked.parcel.id, producer_id=locked.parcel.producer_id
    )
    refunded = await money_back.list_refunded(session, [line.id for line in parcel.lines])
    if any(line.must_be_weighed and line.id not in refunded for line in parcel.lines):
        raise NotWeighedError
    weights: Counter[tuple[UUID, UUID]] = Counter()
    for piece in await weighings.list_weighed(session, [line.id for line in parcel.lines]):
        weights[piece.order_line_id, piece.lot_id] += piece.weight_g
    return weights


async def _share_out(session: AsyncSession, locked: Locked, now: datetime) -> None:
    """Let what came onto the shelf otherwise than by a lot reach those who wait for it, before this parcel is packed."""
    parcel = await parcels.get_parcel(
        session, consignment_id=locked.parcel.id, producer_id=locked.parcel.producer_id
    )
    promised = {line.variant_id for line in parcel.lines if line.expected_on is not None}
    await preorders.share_out(session, promised, now=now)


async def _require_harvested(session: AsyncSession, locked: Locked, taken: Collection[LotToTake]) -> None:
    """`NotHarvestedError` while a pre-ordered line that was not given back has no lot to be taken from."""
    parcel = await parcels.get_parcel(
        session, consignment_id=locked.parcel.id, producer_id=locked.parcel.producer_id
    )
    here = {one.line_id for one in taken}
    waiting = {line.id for line in parcel.lines if line.expected_on is not None} - here
    if waiting - await money_back.list_refunded(session, waiting):
        raise NotHarvestedError


async def _list_leaving(session: AsyncSession, locked: Locked) -> Sequence[LotToTake]:
    """What the parcel takes from which lots; `LotStoppedError` when one of them may not leave."""
    parcel = await parcels.get_parcel(
        session, consignment_id=locked.parcel.id, producer_id=locked.parcel.producer_id
    )
    taken = await list_lots_to_take(session, locked.order, parcel.lines)
    for lot in list_stopped(taken):
        raise LotStoppedError(lot.code)
    return taken


async def _list_stopped(session: AsyncSession, locked: Locked) -> list[Lot]:
    """The lots of a parcel that may not leave."""
    own = await parcels.list_with_lines(session, [locked.parcel])
    return list_stopped(await list_lots_to_take(session, locked.order, own[0].lines))


async def _read_labels(session: AsyncSession, scanned: str, lot_ids: Collection[UUID]) -> set[str]:
    """Read scanned labels, whole Digital Links or the code alone; `WrongLabelError` for one of another lot."""
    serials = set()
    for typed in re.split(r"[\s,;]+", scanned.strip()):
        if not typed:
            continue
        code = re.split(r"[?#]", typed.rpartition("/21/")[2])[0]
        serial = await labels.find_by_code(session, code)
        if serial is None or serial.lot_id not in lot_ids:
            raise WrongLabelError(code)
        serials.add(serial.serial)
    return serials
