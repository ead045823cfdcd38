"""The page of one parcel, put together: what to take, for whom, and the next act."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text
from app.core.ids import uuid7
from app.core.phone import format_phone, mask_phone
from app.core.quantity import format_grams
from app.media import service as media
from app.places import service as places
from app.web.forms import Form
from producers.cooperatives.access import Member
from producers.cooperatives.models import Role
from producers.listings.models import SoldBy
from storefront.fulfilment import handover, invoicing, proving, service, together
from storefront.fulfilment.pages import LotView, OtherOrder, PackLine, ParcelPage, StoppedLot
from storefront.orders import money_back, weighings
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.lines import group
from storefront.orders.models import OrderLine, OrderState
from storefront.orders.pages import way_of
from storefront.orders.words import STATE_KINDS, STATE_WORDS, say_bundle, say_goods, say_ordered
from storefront.preorders.words import say_expected
from storefront.stock.words import say_bounds
from traceability.lots.models import Lot, LotState
from traceability.recalls import service as recalls

WAITING = frozenset({OrderState.AWAITING_CONFIRMATION, OrderState.PACKING})
"""The states of a parcel that has still to leave."""


def _quantity(line: OrderLine, quantity: int) -> Text:
    return Text(format_grams(quantity) if line.sold_by is SoldBy.GRAM else f"× {quantity}")


async def find_stopped(session: AsyncSession, parcels: Collection[order_parcels.Parcel]) -> set[UUID]:
    """Find the lines of these parcels whose lot is held or recalled."""
    taken = await service.list_lots_to_pick(session, {line.id for parcel in parcels for line in parcel.lines})
    stopped = {lot.id for lot in service.list_stopped(taken)}
    return {one.line_id for one in taken if one.lot.id in stopped}


def _other(
    parcel: order_parcels.Parcel, lead: order_parcels.Parcel | None, held: Collection[UUID]
) -> OtherOrder:
    one, is_awaited = parcel.consignment, parcel.consignment.state is OrderState.AWAITING_PAYMENT
    return OtherOrder(
        id=one.id,
        code=parcel.order.code,
        goods=say_goods(parcel.lines),
        is_lead=parcel is lead,
        is_packed=one.packed_at is not None,
        is_stopped=any(line.id in held for line in parcel.lines),
        paid_until=parcel.order.expires_at if is_awaited else None,
        collect_minor=parcel.order.collect_minor,
    )


async def _stopped_lot(session: AsyncSession, member: Member, lot: Lot) -> StoppedLot:
    is_recalled = lot.state is LotState.RECALLED
    may_go_on = is_recalled and Role.MANAGER in member.roles
    recall = await recalls.find_recall_of_lot(session, lot.id) if may_go_on else None
    return StoppedLot(lot.code, is_recalled, recall.id if recall else None)


async def make_page(
    session: AsyncSession, member: Member, consignment_id: UUID, form: Form, *, now: datetime
) -> ParcelPage:
    """Make the page as this member sees it, with what stands in a form; `OrderNotFoundError`."""
    parcel = await order_parcels.get_parcel(
        session, consignment_id=consignment_id, producer_id=member.producer.id
    )
    order, one = parcel.order, parcel.consignment
    taken = await service.list_lots_to_take(session, order, parcel.lines)
    address = await orders.get_address(session, order)
    is_shown = one.state in service.CONFIRMED and await service.is_address_shown(
        session, order_id=order.id, consignment_id=one.id, person_id=member.person.id, now=now
    )
    commune = await places.describe(session, address.commune_code)
    can_act = member.has(Role.PACKER)
    refunded = await money_back.list_refunded(session, [line.id for line in parcel.lines])
    weighed = await weighings.list_weighed(session, [line.id for line in parcel.lines])
    stopped = service.list_stopped(taken) if one.state in WAITING else []
    goes = (await together.find_all(session, [parcel], now=now))[one.id]
    held = await find_stopped(session, goes.others) if goes.others else set()
    proof = (await order_parcels.list_proofs(session, [one.id])).get(one.id)
    photo = await media.get_photo(session, proof.photo_id) if proof and proof.photo_id else None
    return ParcelPage(
        id=one.id,
        code=order.code,
        state=one.state.value,
        words=STATE_WORDS[one.state],
        kind=STATE_KINDS[one.state],
        lines=[
            PackLine(
                title=line.title,
                quantity_words=say_ordered(line),
                amount_minor=line.earned_minor,
                id=line.id,
                must_be_weighed=line.must_be_weighed and line.id not in refunded,
                bounds_words=say_bounds(line.bounds_g) if line.bounds_g else None,
                weights=[format_grams(piece.weight_g) for piece in weighed if piece.order_line_id == line.id],
                can_weigh_again=can_act
                and one.state is OrderState.PACKING
                and line.final_minor is not None
                and line.id not in refunded,
                lots=[
                    LotView(lot.lot.code, _quantity(line, lot.quantity), lot.lot.expires_on)
                    for lot in taken
                    if lot.line_id == line.id
                ],
                is_refunded=line.id in refunded,
                expected_words=say_expected(line.expected_on) if line.expected_on else None,
                box_words=say_bundle(line),
                is_first_of_box=line is found[0],
                box_minor=sum(one.earned_minor for one in found),
            )
            for found in group(parcel.lines)
            for line in found
        ],
        goods_minor=sum(line.earned_minor for line in parcel.lines),
        discount_minor=one.discount_minor,
        gift_minor=sum(line.settled_gift_minor for line in parcel.lines),
        delivery_minor=one.delivery_minor,
        collect_minor=order.collect_minor,
        buyer_name=address.recipient_name,
        phone_words=format_phone(address.phone) if is_shown else mask_phone(address.phone),
        address=await places.format_address(session, address) if is_shown else ["***", commune],
        is_address_shown=is_shown,
        can_see_address=can_act and one.state in service.CONFIRMED and not is_shown,
        note=order.note,
        gift_note=order.gift_note,
        way=way_of(one),
        is_packed=one.packed_at is not None,
        stopped=[await _stopped_lot(session, member, lot) for lot in stopped],
        carrier=one.carrier,
        tracking_number=one.tracking_number,
        carrier_phone=one.carrier_phone,
        takers=handover.list_choices() if can_act and one.state in WAITING else (),
        guessed=await handover.guess_form(session, member.producer.id)
        if can_act and one.state in WAITING and not one.is_fetched
        else {},
        with_it=[_other(other, goes.lead, held) for other in goes.others],
        lead_id=goes.lead.consignment.id if goes.lead else None,
        lead_code=goes.lead.order.code if goes.lead else "",
        collect_all_minor=order.collect_minor + sum(other.order.collect_minor for other in goes.others),
        can_act=can_act,
        can_give_up=member.has(Role.MANAGER)
        and one.state in WAITING
        and one.packed_at is None
        and any(
            line.expected_on and line.id not in refunded and line.id not in {lot.line_id for lot in taken}
            for line in parcel.lines
        ),
        can_hold_back=member.has(Role.MANAGER) and one.state in WAITING and order.paid_at is not None,
        can_label=can_act and one.state in service.CONFIRMED,
        can_invoice=member.has(Role.ACCOUNTANT) and one.state in invoicing.SOLD,
        is_invoice_asked=member.has(Role.ACCOUNTANT)
        and one.id in await invoicing.list_asked(session, [one.id]),
        taken_by=proof.taken_by if proof else "",
        proof_uri=media.thumbnail_uri(photo) if photo else None,
        can_prove=can_act and one.state in proving.ARRIVED and not (proof and proof.taken_by and photo),
        form=form,
        record_id=form.values.get("id") or str(uuid7()),
    )
