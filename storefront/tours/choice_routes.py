"""What guests of a day called off want instead, over HTTP."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.tours import bookings, calling_off, choices, moving, views
from storefront.tours.models import Booking
from storefront.tours.pages import ChoicePage
from storefront.tours.schemas import MoveFields
from storefront.tours.visitor_routes import to_booking
from storefront.tours.words import say_called_off, say_when

router = APIRouter()


@router.get("/bookings/{token}/choice", name="storefront.tours.choice")
async def show(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Another day, or all of the money."""
    booking = await bookings.get_by_token(session, token)
    return await render(request, await _page(session, booking, token, Form(), now))


@router.post("/bookings/{token}/choice/day", name="storefront.tours.choose_day")
async def choose_day(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Another day."""
    booking = await bookings.get_by_token(session, token)
    fields, form = (await read_submission(request)).read(MoveFields)
    if fields is None:
        page = await _page(session, booking, token, form, now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            await choices.choose_day(
                session, booking_id=booking.id, departure_id=fields.departure_id, now=now
            )
    except AppError as error:
        page = await _page(session, booking, token, form.refused(error), now)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)


@router.post("/bookings/{token}/choice/money", name="storefront.tours.choose_money")
async def choose_money(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """All of the money."""
    booking = await bookings.get_by_token(session, token)
    try:
        async with session.begin_nested():
            await choices.choose_money(session, booking_id=booking.id, now=now)
    except AppError as error:
        page = await _page(session, booking, token, Form().refused(error), now)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)


async def _page(session: AsyncSession, booking: Booking, token: str, form: Form, now: datetime) -> ChoicePage:
    party = await bookings.get_party(session, await bookings.get_booking(session, booking.id))
    tour = party.tour
    choice = await choices.find_open(session, party.booking, now=now)
    days = await moving.list_days(session, party.booking, tour, now=now) if choice else []
    return ChoicePage(
        token=token,
        tour=tour,
        why=say_called_off(party.departure),
        until=calling_off.say_until(choice.expires_at) if choice else None,
        when=say_when(tour, party.departure),
        heads=booking.heads,
        total_minor=booking.refundable_minor,
        dates=[
            (str(one.departure.id), say_when(tour, one.departure), views.show_date(tour, one).state)
            for one in days
        ],
        form=form,
    )
