"""Fulfilment over HTTP: the producers' orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import InvalidError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.phone import format_phone, mask_phone
from app.core.quantity import format_grams
from app.media import service as media
from app.places import service as places
from app.web.dependencies import DbSession, DoneAt, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.listings.models import SoldBy
from storefront.fulfilment import proving, service
from storefront.fulfilment.pages import (
    LotView,
    PackLine,
    ParcelPage,
    ParcelRow,
    ParcelsPage,
    StoppedLot,
    Tab,
)
from storefront.fulfilment.schemas import DeliverFields, PackFields, ShipFields, WeighFields
from storefront.fulfilment.weighing import Weighing
from storefront.fulfilment.weighing import weigh as settle
from storefront.orders import service as orders
from storefront.orders.models import OrderLine, OrderState
from storefront.orders.words import STATE_KINDS, STATE_WORDS, say_ordered
from storefront.stock.words import say_bounds
from traceability.lots.models import Lot, LotState
from traceability.recalls import service as recalls

router = APIRouter()
TABS = (
    OrderState.AWAITING_CONFIRMATION,
    OrderState.PACKING,
    OrderState.SHIPPING,
    OrderState.DELIVERED,
    OrderState.COMPLETED,
    OrderState.RETURNED,
    OrderState.AWAITING_PAYMENT,
    OrderState.CANCELLED,
)
_MOST_ROWS = 100
_WAITING = {OrderState.AWAITING_CONFIRMATION, OrderState.PACKING}


@router.get("/producer/orders", name="storefront.fulfilment.list")
async def show_list(
    request: Request,
    session: DbSession,
    member: CurrentMember,
    tab: OrderState = OrderState.AWAITING_CONFIRMATION,
) -> Response:
    """The producer's orders in one state, with counts for all."""
    member.require(Role.PACKER, Role.ACCOUNTANT)
    counts = await orders.count_parcels(session, member.producer.id)
    parcels = await orders.list_parcels_of(
        session, producer_id=member.producer.id, states={tab}, limit=_MOST_ROWS
    )
    stopped = await _stopped_lines(session, parcels) if tab in _WAITING else set()
    page = ParcelsPage(
        tabs=[Tab(state.value, STATE_WORDS[state], counts.get(state, 0), state is tab) for state in TABS],
        rows=[
            ParcelRow(
                id=parcel.consignment.id,
                code=parcel.order.code,
                buyer_name=parcel.order.buyer_name,
                goods=[_said(line) for line in parcel.lines],
                goods_minor=sum(line.settled_minor for line in parcel.lines),
                placed_at=parcel.order.created_at,
                is_packed=parcel.consignment.packed_at is not None,
                is_stopped=any(line.id in stopped for line in parcel.lines),
            )
            for parcel in parcels
        ],
        words=STATE_WORDS[tab],
        has_pick_list=counts.get(OrderState.PACKING, 0) > 0,
    )
    return await render(request, page)


@router.get("/producer/orders/{consignment_id}", name="storefront.fulfilment.show")
async def show(
    request: Request, consignment_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """One parcel and its next act."""
    member.require(Role.PACKER, Role.ACCOUNTANT)
    return await render(request, await _parcel_page(session, member, consignment_id, Form(), now=now))


@router.post("/producer/orders/{consignment_id}/confirm", name="storefront.fulfilment.confirm")
async def confirm(
    request: Request,
    *,
    consignment_id: UUID,
    session: DbSession,
    member: CurrentMember,
    now: Now,
    done_at: DoneAt,
) -> Response:
    """Take a paid order on."""
    member.require(Role.PACKER)
    await service.confirm(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        now=now,
        done_at=done_at,
    )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/weigh", name="storefront.fulfilment.weigh")
async def weigh(
    request: Request,
    *,
    consignment_id: UUID,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
    done_at: DoneAt,
) -> Response:
    """Write down what the pieces of a line weighed."""
    member.require(Role.PACKER)
    submission = await read_submission(request)
    typed, form = submission.read(WeighFields)
    kept, wrong = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=member.person.id, is_public=False, now=now
    )
    if typed is None or wrong:
        form = Form(form.values, {**form.errors, **wrong})
        return await _refuse(request, session, member, consignment_id, form, now=now, kept=kept)
    try:
        weighing = Weighing(
            id=typed.id,
            line_id=typed.line_id,
            weights_g=typed.read_weights(),
            photo_id=photos.last(kept),
            takes_ceiling=typed.takes_ceiling,
            is_agreed=typed.is_agreed,
        )
        await settle(
            session,
            consignment_id=consignment_id,
            producer_id=member.producer.id,
            weighing=weighing,
            person_id=member.person.id,
            now=now,
            done_at=done_at,
        )
    except InvalidError as error:
        return await _refuse(
            request, session, member, consignment_id, form.refused(error), now=now, kept=kept
        )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/pack", name="storefront.fulfilment.pack")
async def pack(
    request: Request,
    *,
    consignment_id: UUID,
    session: DbSession,
    member: CurrentMember,
    now: Now,
    done_at: DoneAt,
) -> Response:
    """Write down what went into the parcel."""
    member.require(Role.PACKER)
    typed, form = (await read_submission(request)).read(PackFields)
    if typed is None:
        return await _refuse(request, session, member, consignment_id, form, now=now)
    try:
        await service.pack(
            session,
            consignment_id=consignment_id,
            producer_id=member.producer.id,
            scanned=typed.serials,
            person_id=member.person.id,
            now=now,
            done_at=done_at,
        )
    except InvalidError as error:
        return await _refuse(request, session, member, consignment_id, form.refused(error), now=now)
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/ship", name="storefront.fulfilment.ship")
async def ship(
    request: Request,
    *,
    consignment_id: UUID,
    session: DbSession,
    member: CurrentMember,
    now: Now,
    done_at: DoneAt,
) -> Response:
    """Hand the parcel to its carrier."""
    member.require(Role.PACKER)
    typed, form = (await read_submission(request)).read(ShipFields)
    if typed is None:
        return await _refuse(request, session, member, consignment_id, form, now=now)
    await service.ship(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        carrier=typed.carrier,
        tracking_number=typed.tracking_number or None,
        person_id=member.person.id,
        now=now,
        done_at=done_at,
    )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/deliver", name="storefront.fulfilment.deliver")
async def deliver(
    request: Request,
    *,
    consignment_id: UUID,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
    done_at: DoneAt,
) -> Response:
    """The parcel arrived; who took it, and a photo, if there is one."""
    member.require(Role.PACKER)
    typed, form, kept = await _read_taken(request, session, house, member, now)
    if typed is None:
        return await _refuse(request, session, member, consignment_id, form, now=now, kept=kept)
    await proving.deliver(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        taken_by=typed.taken_by,
        photo_id=photos.last(kept),
        person_id=member.person.id,
        now=now,
        done_at=done_at,
    )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/proof", name="storefront.fulfilment.prove")
async def prove(
    request: Request,
    consignment_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Who took a parcel that arrived, or a photo that the carrier sent later."""
    member.require(Role.PACKER)
    typed, form, kept = await _read_taken(request, session, house, member, now)
    if typed is None:
        return await _refuse(request, session, member, consignment_id, form, now=now, kept=kept)
    await proving.add_proof(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        taken_by=typed.taken_by,
        photo_id=photos.last(kept),
        person_id=member.person.id,
        now=now,
    )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/return", name="storefront.fulfilment.take_back")
async def take_back(
    request: Request, consignment_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The parcel came back."""
    member.require(Role.PACKER)
    await service.take_back(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        now=now,
    )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/address", name="storefront.fulfilment.reveal")
async def reveal(
    request: Request, consignment_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Show phone and address for a while; who looked is kept."""
    member.require(Role.PACKER)
    await service.reveal_address(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        now=now,
    )
    return _to_parcel(request, consignment_id)


async def _read_taken(
    request: Request, session: AsyncSession, house: House, member: Member, now: datetime
) -> tuple[DeliverFields | None, Form, list[UUID]]:
    """Read who took a parcel; None when something is wrong, a photo that was stored stays."""
    submission = await read_submission(request)
    typed, form = submission.read(DeliverFields)
    kept, wrong = await photos.keep_photos(
        session, house, submission, name=proving.FIELD, owner_id=member.person.id, is_public=False, now=now
    )
    return (None if wrong else typed), Form(form.values, {**form.errors, **wrong}), kept


def _to_parcel(request: Request, consignment_id: UUID) -> Response:
    address = request.app.url_path_for("storefront.fulfilment.show", consignment_id=consignment_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _said(line: OrderLine) -> Text:
    return _("%(title)s: %(quantity)s", title=line.title, quantity=say_ordered(line))


def _quantity(line: OrderLine, quantity: int) -> Text:
    return Text(format_grams(quantity) if line.sold_by is SoldBy.GRAM else f"× {quantity}")


async def _refuse(
    request: Request,
    session: AsyncSession,
    member: Member,
    consignment_id: UUID,
    form: Form,
    *,
    now: datetime,
    kept: Sequence[UUID] = (),
) -> Response:
    page = replace(await _parcel_page(session, member, consignment_id, form, now=now), kept=kept)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


async def _stopped_lines(session: AsyncSession, parcels: Collection[orders.Parcel]) -> set[UUID]:
    """The lines of these parcels whose lot is held or recalled."""
    taken = await service.list_lots_to_pick(session, {line.id for parcel in parcels for line in parcel.lines})
    stopped = {lot.id for lot in service.list_stopped(taken)}
    return {one.line_id for one in taken if one.lot.id in stopped}


async def _stopped_lot(session: AsyncSession, member: Member, lot: Lot) -> StoppedLot:
    is_recalled = lot.state is LotState.RECALLED
    may_go_on = is_recalled and Role.MANAGER in member.roles
    recall = await recalls.find_recall_of_lot(session, lot.id) if may_go_on else None
    return StoppedLot(lot.code, is_recalled, recall.id if recall else None)


async def _parcel_page(
    session: AsyncSession, member: Member, consignment_id: UUID, form: Form, *, now: datetime
) -> ParcelPage:
    parcel = await orders.get_parcel(session, consignment_id=consignment_id, producer_id=member.producer.id)
    order, one = parcel.order, parcel.consignment
    taken = await service.list_lots_to_take(session, order, parcel.lines)
    address = await orders.get_address(session, order)
    is_shown = one.state in service.CONFIRMED and await service.is_address_shown(
        session, order_id=order.id, consignment_id=one.id, person_id=member.person.id, now=now
    )
    commune = await places.describe(session, address.commune_code)
    can_act = member.has(Role.PACKER)
    refunded = await service.list_refunded(session, [line.id for line in parcel.lines])
    weighed = await orders.list_weighed(session, [line.id for line in parcel.lines])
    stopped = service.list_stopped(taken) if one.state in _WAITING else []
    proof = (await orders.list_proofs(session, [one.id])).get(one.id)
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
                amount_minor=line.settled_minor,
                id=line.id,
                must_be_weighed=line.must_be_weighed and line.id not in refunded,
                bounds_words=say_bounds(line.bounds_g) if line.bounds_g else None,
                weights=[format_grams(piece.weight_g) for piece in weighed if piece.order_line_id == line.id],
                lots=[
                    LotView(lot.lot.code, _quantity(line, lot.quantity), lot.lot.expires_on)
                    for lot in taken
                    if lot.line_id == line.id
                ],
                is_refunded=line.id in refunded,
            )
            for line in parcel.lines
        ],
        goods_minor=sum(line.settled_minor for line in parcel.lines),
        discount_minor=one.discount_minor,
        delivery_minor=one.delivery_minor,
        buyer_name=address.recipient_name,
        phone_words=format_phone(address.phone) if is_shown else mask_phone(address.phone),
        address=await places.format_address(session, address) if is_shown else ["***", commune],
        is_address_shown=is_shown,
        can_see_address=can_act and one.state in service.CONFIRMED and not is_shown,
        note=order.note,
        is_packed=one.packed_at is not None,
        stopped=[await _stopped_lot(session, member, lot) for lot in stopped],
        carrier=one.carrier,
        tracking_number=one.tracking_number,
        can_act=can_act,
        can_label=can_act and one.state in service.CONFIRMED,
        taken_by=proof.taken_by if proof else "",
        proof_uri=media.thumbnail_uri(photo) if photo else None,
        can_prove=can_act and one.state in proving.ARRIVED and not (proof and proof.taken_by and photo),
        form=form,
        record_id=form.values.get("id") or str(uuid7()),
    )
