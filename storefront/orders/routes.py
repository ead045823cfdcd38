"""Orders over HTTP: the private page behind a long link, my orders, and the check of a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.dependencies import CurrentPerson, MaybePerson
from app.accounts.models import Person
from app.core.errors import AppError
from app.core.fields import explain
from app.core.i18n import Text, _
from app.media import service as media
from app.media.models import Photo
from app.places import service as places
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.cart import badge
from storefront.credits import service as credits_
from storefront.delivery.carriers import find_link
from storefront.invoices import service as invoices
from storefront.invoices.models import Invoice, SoldKind
from storefront.invoices.schemas import COMPANY, company_values, read_company
from storefront.orders import cancelling, company, editing, invoicing, money_back, service, weighings
from storefront.orders import parcels as order_parcels
from storefront.orders.lines import group
from storefront.orders.models import CancelReason, Order, OrderLine, OrderState
from storefront.orders.pages import (
    CheckPage,
    CodeAnswer,
    LineView,
    MinePage,
    OrderLink,
    OrderPage,
    OtherOrder,
    ParcelView,
    RefundView,
    StepView,
    view_turns,
    way_of,
)
from storefront.orders.parcels import Parcel
from storefront.orders.schemas import CodeFields
from storefront.orders.states import WAY, state_at
from storefront.orders.weighings import Turn
from storefront.orders.words import (
    STATE_KINDS,
    STATE_WORDS,
    say_back,
    say_contents,
    say_kind,
    say_ordered,
    say_past,
    say_refund,
)
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState
from storefront.payments.service import CollectingAccount
from storefront.preorders.words import say_expected
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund

router = APIRouter()
LOOKUPS = (30, timedelta(minutes=10))
"""So many codes may one visitor try in such a time."""
_TO_COLLECT = {OrderState.AWAITING_CONFIRMATION, OrderState.PACKING, OrderState.SHIPPING}
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
        credit_minor=await credits_.balance(session, person.id) if person else 0,
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
async def show(
    request: Request, token: str, *, house: TheHouse, session: DbSession, person: MaybePerson, now: Now
) -> Response:
    """An order's private page."""
    found = await service.get_behind_link(session, token)
    badge.remember_ordered(request, found.basket_hash)
    page = await _order_page(house, session, found, token=token, person=person, now=now)
    response = await render(request, page)
    response.headers.update(_PRIVATE)
    return response


@router.post("/orders/{token}/cancel", name="storefront.orders.cancel")
async def cancel(request: Request, token: str, session: DbSession, now: Now) -> Response:
    """Give an unpaid order up."""
    order = await service.get_by_token(session, token)
    await cancelling.cancel_order(session, order_id=order.id, now=now)
    return _back(request, token)


@router.post("/orders/{token}/credit/{refund_id}", name="storefront.orders.keep_credit")
async def keep_credit(
    request: Request, token: str, refund_id: UUID, *, session: DbSession, person: CurrentPerson, now: Now
) -> Response:
    """The buyer, and nobody else who has the link, keeps what goes back as store credit."""
    order = await service.get_by_token(session, token)
    await service.keep_credit(session, order_id=order.id, refund_id=refund_id, person=person, now=now)
    return _back(request, token)


@router.post("/orders/{token}/invoice", name="storefront.orders.ask_invoice")
async def ask_invoice(
    request: Request, token: str, *, house: TheHouse, session: DbSession, person: MaybePerson, now: Now
) -> Response:
    """Say whom the invoices of an order are to be made out to."""
    found = await service.get_behind_link(session, token)
    typed = (await read_submission(request)).form
    buyer, errors = read_company(typed.values)
    shown, refusal, status = Form(typed.values, errors), None, HTTPStatus.UNPROCESSABLE_ENTITY.value
    if buyer is None and not errors:
        shown = Form(typed.values, {f"{COMPANY}name": _("Bạn ghi tên công ty giúp nhé.")})
    elif buyer is not None:
        try:
            await invoicing.ask(session, order_id=found.order.id, buyer=buyer, now=now)
        except AppError as error:
            refusal, status = error.message, status_of(error)
        else:
            return _back(request, token)
    page = await _order_page(
        house, session, found, token=token, person=person, now=now, form=shown, refusal=refusal
    )
    response = await render(request, page, status=status)
    response.headers.update(_PRIVATE)
    return response


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
    consignments = await order_parcels.list_consignments(session, [order.id for order in orders])
    producers = await cooperatives.get_producers(session, {one.producer_id for one in consignments})
    return {
        order.id: [producers[one.producer_id].name for one in consignments if one.order_id == order.id]
        for order in orders
    }


async def _order_page(
    house: House,
    session: AsyncSession,
    found: service.BehindLink,
    *,
    token: str,
    person: Person | None,
    now: datetime,
    form: Form | None = None,
    refusal: Text | None = None,
) -> OrderPage:
    """The order's page; `form` is that of the invoice as it was typed, where it was refused."""
    order, payment = found.order, found.payment
    producers, companies = await company.find_companies_of(session, order.id)
    consignments = list(producers)
    parcels = await order_parcels.list_with_lines(session, consignments, [order])
    address, written = await places.read_address(session, order.address_id)
    open_ids = {id_ for id_, one in companies.items() if one.is_open(now) and one.find_awaited(now) is None}
    state = state_at(order, now)
    is_unpaid = state is OrderState.AWAITING_PAYMENT
    transfer = None
    if payment is not None and is_unpaid:
        transfer = payments.describe_transfer(payment, house.port(CollectingAccount))
    is_money_waiting = (
        payment is not None
        and order.paid_at is None
        and not (order.is_cash and state in WAY)
        and (payment.state is PaymentState.PAID_LATE or (payment.received_minor > 0 and not is_unpaid))
    )

    lines = [line for parcel in parcels for line in parcel.lines]
    weighed = await weighings.list_turns(session, [line.id for line in lines if line.most_g])
    proofs = await order_parcels.list_proofs(session, [one.id for one in consignments if one.delivered_at])
    issued: Mapping[UUID, Invoice] = {}
    back: Sequence[Refund] = ()
    # Nothing is invoiced or goes back before it is paid, or taken on to be paid at the door.
    if not is_unpaid:
        issued = await invoices.list_invoices(session, SoldKind.PARCEL, [one.id for one in consignments])
        back = await refunds.list_of(session, PayableKind.ORDER, [order.id])
    pieces = [piece for turns in weighed.values() for turn in turns for piece in turn]
    shots = [*(piece.photo_id for piece in pieces), *(proof.photo_id for proof in proofs.values())]
    photos = await media.get_photos(session, {photo_id for photo_id in shots if photo_id})

    asking = await invoicing.find_asking(
        session, order, consignments, issued=issued.keys(), is_billed=found.is_billed, person=person, now=now
    )
    may_keep = service.is_buyer(order, person)
    returned = await money_back.list_refunded(session, [line.id for line in lines]) if back else set()
    new = None
    if order.cancel_reason is CancelReason.REPLACED:
        new = await service.find_replacement(session, order.id)
    old = await service.get_order(session, order.replaces_id) if order.replaces_id else None

    def view(parcel: Parcel) -> ParcelView:
        one = parcel.consignment
        proof = proofs.get(one.id)
        shown = state if order.paid_at is None and not order.is_cash else one.state
        return ParcelView(
            id=one.id,
            producer=producers[one],
            words=STATE_WORDS[shown],
            kind=STATE_KINDS[shown],
            lines=[
                replace(_view(grouped, weighed, photos), back_words=say_back(grouped, returned))
                for grouped in group(parcel.lines)
            ],
            goods_minor=one.goods_minor,
            delivery_minor=one.delivery_minor,
            carrier=one.carrier,
            tracking_number=one.tracking_number,
            carrier_phone=one.carrier_phone,
            tracking_url=find_link(one.carrier, one.tracking_number),
            is_receivable=one.state is OrderState.DELIVERED,
            is_on_way=one.state is OrderState.SHIPPING and not order.collect_minor,
            way=way_of(one),
            taken_by=proof.taken_by if proof else "",
            proof_uri=media.thumbnail_uri(photos[proof.photo_id]) if proof and proof.photo_id else None,
            invoice=issued.get(one.id),
            together=[
                fellow.order.code
                for fellow in companies[one.id].fellows
                if fellow.consignment.id != one.id and fellow.counts(now)
            ],
            takes_more=one.id in open_ids,
            may_call_off=order.paid_at is not None and one.state is OrderState.AWAITING_CONFIRMATION,
        )

    return OrderPage(
        code=order.code,
        token=token,
        placed_at=order.created_at,
        words=STATE_WORDS[state],
        kind=STATE_KINDS[state],
        steps=await _steps(session, order, state, new),
        parcels=[view(parcel) for parcel in parcels],
        goods_minor=order.goods_minor,
        discount_minor=order.discount_minor,
        gift_minor=order.gift_minor,
        delivery_minor=order.delivery_minor,
        total_minor=order.total_minor,
        credit_minor=order.credit_minor,
        recipient_name=address.recipient_name,
        recipient_phone=address.phone,
        address=written,
        note=order.note,
        gift_note=order.gift_note,
        is_fetched=all(one.is_fetched for one in consignments),
        transfer=transfer,
        is_money_waiting=is_money_waiting,
        is_expired=state is OrderState.CANCELLED and not is_money_waiting and order.paid_at is None,
        is_editable=editing.is_editable(order, consignments, payment, now=now),
        new=OtherOrder(new.code, service.make_token(house.secret, new.id)) if new else None,
        old_code=old.code if old else None,
        is_recalled=order.cancel_reason is CancelReason.RECALLED,
        is_cancellable=is_unpaid
        or (order.is_cash and state is OrderState.AWAITING_CONFIRMATION and not order.paid_at),
        is_paid=order.paid_at is not None and state in WAY,
        collect_minor=order.collect_minor if state in _TO_COLLECT else 0,
        refunds=[
            RefundView(say_refund(one), one.paid_at, one.id if may_keep and one.paid_at is None else None)
            for one in back
        ],
        can_ask_invoice=asking.is_open,
        is_invoice_asked=asking.asked is not None,
        refusal=refusal,
        form=form or Form(company_values(asking.asked or asking.before)),
    )


def _view(
    found: list[OrderLine], weighed: Mapping[UUID, Sequence[Turn]], photos: Mapping[UUID, Photo]
) -> LineView:
    """A line, or the lines of boxes of one kind as the buyer bought them."""
    first = found[0]
    if first.bundle_name is None:
        return _line(first, weighed, photos)
    return LineView(
        first.bundle_name,
        _("Số lượng: %(count)s", count=first.bundle_quantity),
        sum(line.amount_minor for line in found),
        sum(line.discount_minor for line in found),
        price_list=first.price_list,
        gift_minor=sum(line.gift_minor for line in found),
        contents_words=say_contents(found),
    )


def _line(line: OrderLine, weighed: Mapping[UUID, Sequence[Turn]], photos: Mapping[UUID, Photo]) -> LineView:
    """A line, with what the scale said where it settled the price."""
    turns = view_turns(weighed.get(line.id, ()), photos)
    return LineView(
        line.title,
        say_ordered(line),
        line.amount_minor,
        line.discount_minor,
        turns=turns,
        per_kilo_minor=line.price_minor,
        final_minor=line.final_minor,
        price_list=line.price_list,
        expected_words=say_expected(line.expected_on) if line.expected_on else None,
        gift_minor=line.gift_minor,
        kind_words=say_kind(line.tax_kind),
    )


async def _steps(session: AsyncSession, order: Order, state: OrderState, new: Order | None) -> list[StepView]:
    """The way with the instants at which the order reached each step; an end off the way stands last, or what came after it.

    Nobody waits for the money of an order that is paid on delivery: that step is not on its way.
    """
    way = WAY[1:] if order.is_cash else WAY
    reached: dict[OrderState, datetime] = {}
    for step in await service.list_steps(session, order.id):
        if step.consignment_id is None:
            reached[step.state] = step.created_at
    if state not in way:
        done = [one for one in way if one in reached]
        return [
            *(StepView("done", say_past(one, is_cash=order.is_cash), reached[one]) for one in done),
            StepView(
                "stopped",
                _("Đã sửa thành đơn %(code)s", code=new.code) if new else STATE_WORDS[state],
                reached.get(state, order.expires_at),
            ),
        ]
    here = way.index(state)
    is_whole = state is OrderState.COMPLETED
    return [
        StepView("done", say_past(one, is_cash=order.is_cash), reached.get(one))
        if place < here or is_whole
        else StepView("now" if place == here else "next", STATE_WORDS[one], reached.get(one))
        for place, one in enumerate(way)
    ]
