"""Who of a party comes, over HTTP: tickets that leave, and people who are added."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.core.errors import AppError
from app.core.i18n import _
from app.core.ids import hash_token, uuid7
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.tours import bookings, party_people, service, views
from storefront.tours.models import Booking, BookingState
from storefront.tours.pages import PeoplePage
from storefront.tours.schemas import PeopleFields, read_units
from storefront.tours.visitor_routes import to_booking
from storefront.tours.words import say_unit, say_when

router = APIRouter()
MOST_CHANGES = 10
LIMIT_PER = timedelta(days=1)


@router.get("/bookings/{token}/people", name="storefront.tours.people")
async def show(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """The tickets of a party, and what could be added."""
    booking = await bookings.get_by_token(session, token)
    return await render(request, await _page(session, booking, token, Form(), now))


@router.post("/bookings/{token}/people", name="storefront.tours.change_people")
async def change(request: Request, token: str, *, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Change the party; each change tells the host by short message, so they are counted."""
    key = hash_token(token).hex()
    await attempts.limit(
        house.database, kind="booking_people", key=key, most=MOST_CHANGES, per=LIMIT_PER, now=now
    )
    booking = await bookings.get_by_token(session, token)
    fields, form = (await read_submission(request)).read(PeopleFields)
    units, unit_errors = read_units(form.values)
    if fields is None or unit_errors:
        page = await _page(session, booking, token, Form(form.values, {**form.errors, **unit_errors}), now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            made = await party_people.change_people(
                session,
                booking_id=booking.id,
                leaving=fields.leaving,
                added=units,
                seen=fields.seen,
                added_id=fields.id,
                secret=house.secret,
                now=now,
            )
    except AppError as error:
        page = await _page(session, booking, token, form.refused(error), now)
        return await render(request, page, status=status_of(error))
    return to_booking(request, bookings.token_of(made, house.secret))


async def _page(session: AsyncSession, booking: Booking, token: str, form: Form, now: datetime) -> PeoplePage:
    booking = await bookings.get_booking(session, booking.id)
    party = await bookings.get_party(session, booking)
    is_paid = booking.state is BookingState.CONFIRMED
    offers = (await service.list_offers(session, [party.tour.id]))[party.tour.id]
    return PeoplePage(
        token=token,
        tour=party.tour,
        when=say_when(party.tour, party.departure),
        is_paid=is_paid,
        why_not=party_people.why_not(party, now=now),
        can_drop=party_people.is_held_by_extras(party, now=now),
        tickets=[
            (
                str(item.place),
                _("%(unit)s, mã %(code)s", unit=say_unit(unit), code=item.ticket_code)
                if item.ticket_code
                else say_unit(unit),
                item.price_minor,
            )
            for item, unit in party.items
        ],
        offers=views.show_offers(
            [one for one in offers if is_paid or one.option.id == booking.option_id], party.departure.local_on
        ),
        booking_id=form.values.get("id") or str(uuid7()),
        seen=booking.tickets_made,
        form=form,
    )
