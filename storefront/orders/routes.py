"""Orders over HTTP: the private page behind a long link, my orders, and the check of a code."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.dependencies import MaybePerson
from app.core.fields import explain
from app.core.i18n import _
from app.core.quantity import format_grams
from app.media import service as media
from app.media.models import Photo
from app.places import service as places
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.forms import Form
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.orders import service
from storefront.orders.models import CancelReason, Order, OrderLine, OrderState, WeighedPiece
from storefront.orders.pages import (
    CheckPage,
    CodeAnswer,
    LineView,
    MinePage,
    OrderLink,
    OrderPage,
    ParcelView,
    RefundView,
    StepView,
)
from storefront.orders.schemas import CodeFields
from storefront.orders.service import Parcel
from storefront.orders.states import WAY, state_at
from storefront.orders.words import STATE_KINDS, STATE_WORDS, say_ordered, say_refund
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState
from storefront.payments.service import CollectingAccount
from storefront.refunds import service as refunds

router = APIRouter()
LOOKUPS = (30, timedelta(minutes=10))
"""So many codes may one visitor try in such a time."""
_PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


async def limit_lookups(request: Request, house: TheHouse, visitor: VisitorKey, now: Now) -> None:
    """Count a look-up by code before the request's own transaction begins; LimitedError."""
    if request.query_params.get("code"):
        most, per = LOOKUPS
        await attempts.limit(house.database, kind="order_code", key=visitor, most=most, per=per, now=now)


Limited = Depends(limit_lookups)


@router.get("/orders", name="storefront.orders.mine", dependencies=[Limited])
async def mine(
    request: Request, house: TheHouse, session: DbSession, person: MaybePerson, now: Now
) -> Response:
    """My orders when I am logged in; else what a code alone may say."""
    form, answer = await _look_up(request, session, now)
    orders: list[Order] = []
    if person is not None:
        orders = await service.list_orders_of(session, person_id=person.id, phone=person.phone)
    shops = await _shops(session, orders)
    page = MinePage(
        person_name=person.name if person else None,
        orders=[
            OrderLink(
                code=order.code,
                token=service.make_token(house.secret, order.id),
                placed_at=order.created_at,
                total_minor=order.total_minor,
                words=STATE_WORDS[state_at(order, now)],
                kind=STATE_KINDS[state_at(order, now)],
                shops=shops[order.id],
            )
            for order in orders
        ],
        form=form,
        answer=answer,
    )
    return await render(request, page)


@router.get("/check", name="storefront.orders.check", dependencies=[Limited])
async def check(request: Request, session: DbSession, now: Now) -> Response:
    """Is this order real? Anybody may ask."""
    form, answer = await _look_up(request, session, now)
    return await render(request, CheckPage(form=form, answer=answer))


@router.get("/orders/{token}", name="storefront.orders.show")
async def show(request: Request, token: str, house: TheHouse, session: DbSession, now: Now) -> Response:
    """An order's private page."""
    order = await service.get_by_token(session, token)
    response = await render(request, await _order_page(house, session, order, token=token, now=now))
    response.headers.update(_PRIVATE)
    return response


@router.post("/orders/{token}/cancel", name="storefront.orders.cancel")
async def cancel(request: Request, token: str, session: DbSession, now: Now) -> Response:
    """Give an unpaid order up."""
    order = await service.get_by_token(session, token)
    await service.cancel_order(session, order_id=order.id, now=now)
    return _back(request, token)


@router.post("/orders/{token}/received/{consignment_id}", name="storefront.orders.receive")
async def receive(
    request: Request, token: str, consignment_id: UUID, session: DbSession, now: Now
) -> Response:
    """The buyer has the parcel in hand."""
    order = await service.get_by_token(session, token)
    await service.complete_parcel(session, order_id=order.id, consignment_id=consignment_id, now=now)
    return _back(request, token)


def _back(request: Request, token: str) -> Response:
    address = request.app.url_path_for("storefront.orders.show", token=token)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, headers=_PRIVATE)


async def _look_up(request: Request, session: AsyncSession, now: datetime) -> tuple[Form, CodeAnswer | None]:
    typed = request.query_params.get("code")
    if typed is None:
        return Form(), None
    form = Form({"code": typed})
    try:
        fields = CodeFields(code=typed)
    except ValidationError as error:
        return Form(form.values, explain(error)), None
    order = await service.find_by_code(session, fields.code)
    if order is None:
        wrong = _(
            "Chợ Phiên không có đơn nào mang mã này. Nếu ai đó bảo bạn trả tiền cho mã này, đừng trả nhé."
        )
        return Form(form.values, {"code": wrong}), None
    state = state_at(order, now)
    shops = (await _shops(session, [order]))[order.id]
    return form, CodeAnswer(order.code, STATE_WORDS[state], STATE_KINDS[state], shops)


async def _shops(session: AsyncSession, orders: list[Order]) -> dict[UUID, list[str]]:
    """The sellers of each order by name; two queries."""
    consignments = await service.list_consignments(session, [order.id for order in orders])
    producers = await cooperatives.get_producers(session, {one.producer_id for one in consignments})
    return {
        order.id: [producers[one.producer_id].name for one in consignments if one.order_id == order.id]
        for order in orders
    }


async def _order_page(
    house: House, session: AsyncSession, order: Order, *, token: str, now: datetime
) -> OrderPage:
    parcels = await service.list_parcels(session, order)
    producers = await cooperatives.get_producers(
        session, {parcel.consignment.producer_id for parcel in parcels}
    )
    address = await service.get_address(session, order)
    payment = await payments.find_payment(session, payable_kind=PayableKind.ORDER, payable_id=order.id)
    state = state_at(order, now)
    is_unpaid = state is OrderState.AWAITING_PAYMENT
    transfer = None
    if payment is not None and is_unpaid:
        transfer = payments.describe_transfer(payment, house.port(CollectingAccount))
    is_money_waiting = (
        payment is not None
        and order.paid_at is None
        and (payment.state is PaymentState.PAID_LATE or (payment.received_minor > 0 and not is_unpaid))
    )

    weighed = await service.list_weighed(session, [line.id for parcel in parcels for line in parcel.lines])
    proofs = await service.list_proofs(session, [parcel.consignment.id for parcel in parcels])
    shots = [*(piece.photo_id for piece in weighed), *(proof.photo_id for proof in proofs.values())]
    photos = await media.get_photos(session, {photo_id for photo_id in shots if photo_id})

    def view(parcel: Parcel) -> ParcelView:
        one = parcel.consignment
        proof = proofs.get(one.id)
        shown = state if order.paid_at is None else one.state
        return ParcelView(
            id=one.id,
            producer=producers[one.producer_id],
            words=STATE_WORDS[shown],
            kind=STATE_KINDS[shown],
            lines=[_line(line, weighed, photos) for line in parcel.lines],
            goods_minor=one.goods_minor,
            delivery_minor=one.delivery_minor,
            carrier=one.carrier,
            tracking_number=one.tracking_number,
            is_receivable=one.state is OrderState.DELIVERED,
            taken_by=proof.taken_by if proof else "",
            proof_uri=media.thumbnail_uri(photos[proof.photo_id]) if proof and proof.photo_id else None,
        )

    return OrderPage(
        code=order.code,
        token=token,
        placed_at=order.created_at,
        words=STATE_WORDS[state],
        kind=STATE_KINDS[state],
        steps=await _steps(session, order, state),
        parcels=[view(parcel) for parcel in parcels],
        goods_minor=order.goods_minor,
        discount_minor=order.discount_minor,
        delivery_minor=order.delivery_minor,
        total_minor=order.total_minor,
        recipient_name=address.recipient_name,
        recipient_phone=address.phone,
        address=await places.format_address(session, address),
        note=order.note,
        transfer=transfer,
        is_money_waiting=is_money_waiting,
        is_expired=state is OrderState.CANCELLED and not is_money_waiting and order.paid_at is None,
        is_recalled=order.cancel_reason is CancelReason.RECALLED,
        is_cancellable=is_unpaid,
        is_paid=order.paid_at is not None,
        refunds=[
            RefundView(say_refund(one), one.paid_at)
            for one in await refunds.list_of(session, PayableKind.ORDER, [order.id])
        ],
    )


def _line(line: OrderLine, weighed: list[WeighedPiece], photos: dict[UUID, Photo]) -> LineView:
    """A line, with what the scale said where it settled the price."""
    own = [piece for piece in weighed if piece.order_line_id == line.id]
    photo_id = next((piece.photo_id for piece in own if piece.photo_id), None)
    return LineView(
        line.title,
        say_ordered(line),
        line.amount_minor,
        line.discount_minor,
        weights=[format_grams(piece.weight_g) for piece in own],
        photo_uri=media.thumbnail_uri(photos[photo_id]) if photo_id else None,
        per_kilo_minor=line.price_minor,
        final_minor=line.final_minor,
    )


async def _steps(session: AsyncSession, order: Order, state: OrderState) -> list[StepView]:
    """The way with the instants at which the order reached each step; an end off the way stands last."""
    reached: dict[OrderState, datetime] = {}
    for step in await service.list_steps(session, order.id):
        if step.consignment_id is None:
            reached[step.state] = step.created_at
    if state not in WAY:
        done = [one for one in WAY if one in reached]
        return [
            *(StepView("done", STATE_WORDS[one], reached[one]) for one in done),
            StepView("stopped", STATE_WORDS[state], reached.get(state, order.expires_at)),
        ]
    here = WAY.index(state)
    is_whole = state is OrderState.COMPLETED
    return [
        StepView(
            "done" if place < here or is_whole else "now" if place == here else "next",
            STATE_WORDS[one],
            reached.get(one) if place <= here else None,
        )
        for place, one in enumerate(WAY)
    ]
