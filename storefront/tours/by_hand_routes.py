"""A party that its host writes down, over HTTP: the form, and how a held party pays."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.phone import format_phone
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from producers.cooperatives.access import CurrentMember
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import bookings, by_hand, departures, service, views
from storefront.tours.hand_pages import HandPage, HandPaidPage
from storefront.tours.models import Booking, BookingState, Departure
from storefront.tours.schemas import HandFields, HowPaid, NewBooking, read_units
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.states import booking_state_at
from storefront.tours.words import say_instant, say_left, say_when

router = APIRouter(prefix="/producer/tours")
_PAID = "storefront.tours.hand_paid"
WAYS = [
    (HowPaid.CASH, _("Đã đưa tiền mặt"), _("Có vé ngay")),
    (HowPaid.TRANSFER, _("Chuyển khoản bây giờ"), _("Giữ chỗ 15 phút, quét mã QR")),
    (HowPaid.LATER, _("Đến nơi mới trả"), _("Giữ chỗ đến giờ đi")),
]


@router.get("/departures/{departure_id}/party", name="storefront.tours.hand_form")
async def show_form(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Who telephones, or stands at the gate."""
    member.require(*HOST_ROLES)
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )
    form = Form({"id": str(uuid7()), "how": HowPaid.CASH.value})
    return await render(request, await _form_page(session, departure, form, now=now))


@router.post("/departures/{departure_id}/party", name="storefront.tours.hand_enter")
async def enter(
    request: Request,
    departure_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Hold the seats, or sell them at once for cash; the same form sent twice is one party."""
    member.require(*HOST_ROLES)
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )
    fields, form = (await read_submission(request)).read(HandFields)
    units, unit_errors = read_units(form.values)
    phone = (fields.contact_phone if fields else None) or member.person.phone
    if fields is None or unit_errors or phone is None:
        missing = {} if phone else {"contact_phone": _("Bạn ghi số điện thoại của khách.")}
        form = Form(form.values, {**missing, **form.errors, **unit_errors})
        page = await _form_page(session, departure, form, now=now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    wish = NewBooking(
        id=fields.id,
        departure_id=departure_id,
        units=units,
        contact_name=fields.contact_name,
        contact_phone=phone,
        note=fields.note,
    )
    try:
        async with session.begin_nested():
            made = await by_hand.enter(
                session,
                wish=wish,
                producer_id=member.producer.id,
                how=fields.how,
                secret=house.secret,
                address=house.settings.public_url.rstrip("/"),
                now=now,
            )
    except AppError as error:
        page = await _form_page(session, departure, form.refused(error), now=now)
        return await render(request, page, status=status_of(error))
    if fields.how is HowPaid.LATER:
        return _to_day(request, departure)
    return _to_paid(request, made)


@router.get("/bookings/{booking_id}/pay", name=_PAID)
async def show_paid(
    request: Request, booking_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """How a held party pays: a QR to show, or cash; then its code."""
    member.require(*HOST_ROLES)
    booking = await by_hand.get_own(session, booking_id=booking_id, producer_id=member.producer.id)
    return await render(request, await _paid_page(request, session, booking, now=now))


@router.post("/bookings/{booking_id}/cash", name="storefront.tours.hand_cash")
async def take_cash(
    request: Request, booking_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The host has the money in hand; tapped twice it is taken once."""
    member.require(*HOST_ROLES)
    try:
        async with session.begin_nested():
            booking = await by_hand.take_cash(
                session, booking_id=booking_id, producer_id=member.producer.id, now=now
            )
    except AppError as error:
        booking = await by_hand.get_own(session, booking_id=booking_id, producer_id=member.producer.id)
        page = await _paid_page(request, session, booking, now=now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return _to_paid(request, booking)


async def _form_page(session: AsyncSession, departure: Departure, form: Form, *, now: Now) -> HandPage:
    tour = await service.get_tour(session, departure.tour_id)
    left = await departures.count_left(session, departure.id, now=now)
    return HandPage(
        form=form,
        tour=tour,
        departure_id=departure.id,
        on=departure.local_on,
        when=say_when(tour, departure),
        left=say_left(left),
        offers=views.show_offers(
            (await service.list_offers(session, [tour.id]))[tour.id], departure.local_on
        ),
        ways=[(way.value, words, hint) for way, words, hint in WAYS],
    )


async def _paid_page(
    request: Request, session: AsyncSession, booking: Booking, *, now: Now, refusal: Text | None = None
) -> HandPaidPage:
    party = await bookings.get_party(session, booking)
    state = booking_state_at(booking, now)
    house = request.app.state.house
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    is_held = state is BookingState.ON_HOLD and payment is not None
    return HandPaidPage(
        booking=booking,
        title=party.tour.title,
        on=party.departure.local_on,
        when=say_when(party.tour, party.departure),
        who=views.say_party(party.items, lambda text: house.catalogue.translate(text, language_of(request))),
        phone=format_phone(booking.contact_phone),
        state=state,
        until=say_instant(booking.expires_at) if is_held else None,
        due_minor=payments.due_minor(payment) if payment else 0,
        transfer=payments.describe_transfer(payment, house.port(payments.CollectingAccount))
        if payment and is_held
        else None,
        refusal=refusal,
    )


def _to_day(request: Request, departure: Departure) -> RedirectResponse:
    path = request.app.url_path_for("storefront.tours.day")
    return RedirectResponse(f"{path}?on={departure.local_on}", HTTPStatus.SEE_OTHER)


def _to_paid(request: Request, booking: Booking) -> RedirectResponse:
    path = str(request.app.url_path_for(_PAID, booking_id=booking.id))
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
