"""Fulfilment over HTTP: the producers' orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import InvalidError
from app.web.dependencies import DbSession, DoneAt, Now, TheHouse
from app.web.envelope import envelope_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.fulfilment import cash, handover, invoicing, proving, service, together, unharvested
from storefront.fulfilment.pages import ParcelRow, ParcelsPage, Tab
from storefront.fulfilment.parcel_view import WAITING, find_stopped, make_page
from storefront.fulfilment.schemas import DeliverFields, PackFields, RefusedFields, ShipFields, WeighFields
from storefront.fulfilment.weighing import weigh as settle
from storefront.orders import parcels as order_parcels
from storefront.orders.models import OrderState
from storefront.orders.pages import way_of
from storefront.orders.words import STATE_WORDS, say_goods

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


@router.get("/producer/orders", name="storefront.fulfilment.list")
async def show_list(
    request: Request,
    session: DbSession,
    member: CurrentMember,
    now: Now,
    tab: OrderState = OrderState.AWAITING_CONFIRMATION,
) -> Response:
    """The producer's orders in one state, with counts for all."""
    member.require(Role.PACKER, Role.ACCOUNTANT)
    counts = await order_parcels.count_parcels(session, member.producer.id)
    parcels = await order_parcels.list_parcels_of(
        session, producer_id=member.producer.id, states={tab}, limit=_MOST_ROWS
    )
    stopped = await find_stopped(session, parcels) if tab in WAITING else set()
    goes = await together.find_all(session, parcels, now=now)
    waiting = [parcel.consignment.id for parcel in parcels] if member.has(Role.ACCOUNTANT) else []
    asked = await invoicing.list_asked(session, waiting)
    page = ParcelsPage(
        tabs=[Tab(state.value, STATE_WORDS[state], counts.get(state, 0), state is tab) for state in TABS],
        rows=[
            ParcelRow(
                id=parcel.consignment.id,
                code=parcel.order.code,
                buyer_name=parcel.order.buyer_name,
                goods=say_goods(parcel.lines),
                goods_minor=sum(line.earned_minor for line in parcel.lines),
                placed_at=parcel.order.created_at,
                is_packed=parcel.consignment.packed_at is not None,
                is_stopped=any(line.id in stopped for line in parcel.lines),
                way=way_of(parcel.consignment),
                together=[one.order.code for one in goes[parcel.consignment.id].others],
                is_invoice_asked=parcel.consignment.id in asked,
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
    return await render(request, await make_page(session, member, consignment_id, Form(), now=now))


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
        await settle(
            session,
            consignment_id=consignment_id,
            producer_id=member.producer.id,
            weighing=typed.read(photos.last(kept)),
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
    try:
        guessed = await handover.guess_form(session, member.producer.id)
        taker = handover.name_taker(
            by=typed.by,
            name=typed.carrier,
            number=typed.tracking_number,
            phone=typed.phone,
            guessed=guessed.get("carrier", ""),
        )
        envelope = envelope_of(request)
        if not typed.is_sure and handover.may_ask(envelope.captured_at if envelope else None, now):
            handover.ask(taker)
    except InvalidError as error:
        return await _refuse(request, session, member, consignment_id, form.refused(error), now=now)
    await service.ship(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        carrier=taker.name,
        tracking_number=taker.number,
        phone=taker.phone,
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


@router.post("/producer/orders/{consignment_id}/unharvested", name="storefront.fulfilment.unharvested")
async def give_up_waiting(
    request: Request, consignment_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The harvest did not come: the buyer gets the price of what waits for it back."""
    member.require(Role.MANAGER)
    await unharvested.give_back(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        now=now,
    )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/refused", name="storefront.fulfilment.take_refused")
async def take_refused(
    request: Request, consignment_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Nobody took the parcel, nobody paid: it came back, and may be sold again or not."""
    member.require(Role.PACKER)
    typed, form = (await read_submission(request)).read(RefusedFields)
    if typed is None:
        return await _refuse(request, session, member, consignment_id, form, now=now)
    await cash.take_refused(
        session,
        consignment_id=consignment_id,
        producer_id=member.producer.id,
        is_good=typed.goods == "good",
        person_id=member.person.id,
        now=now,
    )
    return _to_parcel(request, consignment_id)


@router.post("/producer/orders/{consignment_id}/decline", name="storefront.fulfilment.decline")
async def decline(
    request: Request, consignment_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Do not send an order that is to be paid on delivery."""
    member.require(Role.PACKER)
    await cash.decline(session, consignment_id=consignment_id, producer_id=member.producer.id, now=now)
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
    page = replace(await make_page(session, member, consignment_id, form, now=now), kept=kept)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
