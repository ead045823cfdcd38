"""An operator's booking over HTTP: sold, changed, given back, with its tickets."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.places import service as places
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.operators.access import CurrentClerk
from storefront.operators.members import Clerk
from storefront.portal import service
from storefront.portal.pages import BookingPage, ChangePage, OwnTicketsPage
from storefront.portal.schemas import GuestFields
from storefront.portal.selling_routes import say_offer, show_offers
from storefront.portal.service import COMING, Change
from storefront.portal.words import say_state
from storefront.tours import bookings, cancelling, ticket_routes, views
from storefront.tours import service as tours
from storefront.tours.models import Booking, BookingState, DepartureState
from storefront.tours.schemas import CancelFields, read_units
from storefront.tours.states import TICKETED, booking_state_at
from storefront.tours.terms import steps_kept
from storefront.tours.words import say_free, say_unit, say_when

router = APIRouter(prefix="/operator/bookings")
_SHOW = "storefront.portal.booking"


@router.get("/{booking_id}", name=_SHOW)
async def show(
    request: Request, booking_id: UUID, *, session: DbSession, clerk: CurrentClerk, now: Now
) -> Response:
    """A booking as it is now."""
    booking = await service.get_own(session, clerk, booking_id)
    return await render(request, await _page(request, session, booking, now=now))


@router.post("/{booking_id}/confirm", name="storefront.portal.confirm")
async def confirm(
    request: Request, booking_id: UUID, *, session: DbSession, clerk: CurrentClerk, now: Now
) -> Response:
    """Sell it on the operator's account."""
    act = service.confirm(session, clerk, booking_id, now=now)
    return await _do(request, session, clerk, booking_id, act, now=now)


@router.post("/{booking_id}/cancel", name="storefront.portal.cancel")
async def cancel(
    request: Request, booking_id: UUID, *, session: DbSession, clerk: CurrentClerk, now: Now
) -> Response:
    """Give the seats back, at the price that the page said."""
    fields, _form = (await read_submission(request)).read(CancelFields)
    promised = fields.back_minor if fields else None
    act = service.cancel(session, clerk, booking_id, promised_minor=promised, now=now)
    return await _do(request, session, clerk, booking_id, act, now=now)


@router.get("/{booking_id}/change", name="storefront.portal.change")
async def show_change(
    request: Request, booking_id: UUID, *, session: DbSession, clerk: CurrentClerk, now: Now
) -> Response:
    """The form of another party, day or name, as it stands."""
    booking = await service.get_own(session, clerk, booking_id)
    party = await bookings.get_party(session, booking)
    own = "" if service.is_reached_by(clerk, booking) else booking.contact_phone
    values = {
        "departure_id": str(booking.departure_id),
        "contact_name": booking.contact_name,
        "contact_phone": format_phone(own) if own else "",
        "note": booking.note,
        **{f"unit_{unit.id}": str(number) for unit, number, _amount in views.count_units(party.items)},
    }
    return await render(request, await _change_page(session, clerk, booking, Form(values), now=now))


@router.post("/{booking_id}/change", name="storefront.portal.save_change")
async def save_change(
    request: Request, booking_id: UUID, *, session: DbSession, clerk: CurrentClerk, now: Now
) -> Response:
    """Change it, whole or not at all."""
    booking = await service.get_own(session, clerk, booking_id)
    fields, form = (await read_submission(request)).read(GuestFields)
    units, unit_errors = read_units(form.values)
    form = Form(form.values, {**form.errors, **unit_errors})
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None and not unit_errors:
        has_units = any(name.startswith("unit_") for name in form.values)
        wish = Change(
            departure_id=fields.departure_id,
            units=units if has_units else None,
            contact_name=fields.contact_name,
            contact_phone=fields.contact_phone or clerk.operator.phone or "",
            note=fields.note,
        )
        try:
            async with session.begin_nested():
                await service.change(session, clerk, booking_id, wish, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, booking_id)
        booking = await service.get_own(session, clerk, booking_id)
    return await render(request, await _change_page(session, clerk, booking, form, now=now), status=status)


@router.get("/{booking_id}/tickets", name="storefront.portal.tickets")
async def show_tickets(
    request: Request, booking_id: UUID, *, session: DbSession, clerk: CurrentClerk, now: Now
) -> Response:
    """The tickets one by one, to print or to send to each guest."""
    booking = await service.get_own(session, clerk, booking_id)
    if booking_state_at(booking, now) not in TICKETED:
        return _to(request, booking_id)
    party = await bookings.get_party(session, booking)
    page = OwnTicketsPage(
        back_href=str(request.app.url_path_for(_SHOW, booking_id=booking_id)),
        tour=party.tour,
        when=say_when(party.tour, party.departure),
        cards=await ticket_routes.draw_each(request, session, party),
    )
    return await render(request, page)


async def _do(
    request: Request,
    session: AsyncSession,
    clerk: Clerk,
    booking_id: UUID,
    act: Awaitable[Booking],
    *,
    now: datetime,
) -> Response:
    """Do something with a booking, and show it; a refusal stands on its page, and nothing has happened."""
    try:
        async with session.begin_nested():
            await act
    except AppError as error:
        booking = await service.get_own(session, clerk, booking_id)
        page = await _page(request, session, booking, now=now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return _to(request, booking_id)


def _to(request: Request, booking_id: UUID) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for(_SHOW, booking_id=booking_id), HTTPStatus.SEE_OTHER)


async def _page(
    request: Request,
    session: AsyncSession,
    booking: Booking,
    *,
    now: datetime,
    refusal: Text | None = None,
) -> BookingPage:
    party = await bookings.get_party(session, booking)
    state = booking_state_at(booking, now)
    words, kind = say_state(state, party.departure)
    host = await cooperatives.get_producer(session, party.tour.producer_id)
    is_off = party.departure.state is DepartureState.CANCELLED
    charged = booking.total_minor if state in COMING else booking.kept_minor
    back = charged - booking.total_minor
    return BookingPage(
        party=party,
        state_words=words,
        state_kind=kind,
        when=say_when(party.tour, party.departure),
        place=await places.describe(session, party.tour.commune_code),
        host=host.name,
        host_phone=host.phone or "",
        lines=[
            (_("%(number)s × %(unit)s", number=number, unit=say_unit(unit)), amount)
            for unit, number, amount in views.count_units(party.items)
        ]
        + ([(_("Trả lại chỗ"), back)] if back else []),
        charged_minor=charged,
        back_minor=cancelling.back_minor(booking, party.tour, party.departure, now=now),
        held_until=booking.expires_at if state is BookingState.ON_HOLD else None,
        is_sold=state in TICKETED,
        is_live=state in COMING and not is_off,
        qr_svg=ticket_routes.draw_whole(request, party) if state in TICKETED else Markup(),
        why_not=cancelling.why_not(booking, party.tour, party.departure, now=now),
        cutoff=say_free(steps_kept(booking), party.tour, party.departure),
        refusal=refusal,
    )


async def _change_page(
    session: AsyncSession, clerk: Clerk, booking: Booking, form: Form, *, now: datetime
) -> ChangePage:
    party = await bookings.get_party(session, booking)
    own = (str(party.departure.id), say_when(party.tour, party.departure), _("ngày đang đặt"))
    offers = (await tours.list_offers(session, [party.tour.id]))[party.tour.id]
    others = [
        (
            str(day.seats.departure.id),
            say_when(party.tour, day.seats.departure),
            say_offer(day, views.say_price(offers, day.seats.departure.local_on, service.terms_of(clerk))),
        )
        for day in await service.list_days(session, clerk, party.tour, now=now)
        if day.seats.departure.id != party.departure.id
    ]
    is_fixed = await service.is_kept_elsewhere(session, booking)
    return ChangePage(
        party=party,
        dates=[own, *others],
        offers=[] if is_fixed else show_offers(offers, service.terms_of(clerk)),
        form=form,
    )
