"""Another day over HTTP: a party chooses among the days on which it fits."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.core.errors import AppError
from app.core.ids import hash_token
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.tours import bookings, moving, views
from storefront.tours.models import Booking
from storefront.tours.pages import MovePage
from storefront.tours.schemas import MoveFields
from storefront.tours.visitor_routes import to_booking
from storefront.tours.words import say_when

router = APIRouter()
MOST_MOVES = 10
LIMIT_PER = timedelta(days=1)


@router.get("/bookings/{token}/day", name="storefront.tours.days")
async def show(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """The other days on which the party fits."""
    booking = await bookings.get_by_token(session, token)
    return await render(request, await _page(session, booking, token, Form(), now))


@router.post("/bookings/{token}/day", name="storefront.tours.change_day")
async def move(request: Request, token: str, *, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Move the party; each move tells the host by short message, so they are counted."""
    key = hash_token(token).hex()
    await attempts.limit(house.database, kind="booking_day", key=key, most=MOST_MOVES, per=LIMIT_PER, now=now)
    booking = await bookings.get_by_token(session, token)
    fields, form = (await read_submission(request)).read(MoveFields)
    if fields is None:
        page = await _page(session, booking, token, form, now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            await moving.move(session, booking_id=booking.id, departure_id=fields.departure_id, now=now)
    except AppError as error:
        page = await _page(session, booking, token, form.refused(error), now)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)


async def _page(session: AsyncSession, booking: Booking, token: str, form: Form, now: datetime) -> MovePage:
    party = await bookings.get_party(session, booking)
    tour = party.tour
    return MovePage(
        token=token,
        tour=tour,
        heads=booking.heads,
        when=say_when(tour, party.departure),
        why_not=moving.why_not(booking, tour, party.departure, now=now),
        dates=[
            (str(one.departure.id), say_when(tour, one.departure), views.show_date(tour, one).state)
            for one in await moving.list_days(session, booking, tour, now=now)
        ],
        form=form,
    )
