"""The waiting list over HTTP: a name is left, a private page says how things stand, one button leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.dependencies import MaybePerson, find_login
from app.core.errors import AppError
from app.core.ids import uuid7
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form
from app.web.pages import language_of, render
from storefront.tours import (
    bookings,
    departures,
    service,
    views,
    waiting,
    wishes,
)
from storefront.tours.errors import RoomError
from storefront.tours.models import BookingState, Tour
from storefront.tours.states import booking_state_at, takes_names
from storefront.tours.waiting_pages import WaitingPage, WaitPage
from storefront.tours.words import say_unit, say_when

router = APIRouter()
MOST_PLACES = 10
LIMIT_PER = timedelta(hours=1)
_SHOW = "storefront.tours.waiting"


@router.get("/tours/{slug}/wait", name="storefront.tours.wait_form")
async def form(request: Request, slug: str, *, session: DbSession, person: MaybePerson, now: Now) -> Response:
    """The form of the waiting list; what the link carries is filled in already."""
    tour = await service.get_public_tour(session, slug)
    return await render(
        request, await _form_page(session, tour, wishes.begin(request, person), str(uuid7()), now)
    )


@router.post("/tours/{slug}/wait", name="storefront.tours.wait")
async def join(
    request: Request, slug: str, *, session: DbSession, house: TheHouse, visitor: VisitorKey, now: Now
) -> Response:
    """Put the party on the list; the same form sent twice leads to the same place."""
    await attempts.limit(
        house.database, kind="waiting", key=visitor, most=MOST_PLACES, per=LIMIT_PER, now=now
    )
    wish, form = await wishes.read(request)
    login = await find_login(request, session, now)
    tour = await service.get_public_tour(session, slug)
    if wish is None:
        page = await _form_page(session, tour, form, form.values.get("id", ""), now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            made = await waiting.join(
                session,
                wish=wish,
                secret=house.secret,
                person_id=login.person.id if login else None,
                language=language_of(request),
                now=now,
            )
    except AppError as error:
        page = await _form_page(
            session, tour, form.refused(error), str(wish.id), now, has_room=isinstance(error, RoomError)
        )
        return await render(request, page, status=status_of(error))
    return _to_place(request, waiting.token_of(made, house.secret))


@router.get("/waiting/{token}", name=_SHOW)
async def show(request: Request, token: str, *, session: DbSession, house: TheHouse, now: Now) -> Response:
    """A waiting party's own page: how many are before it, then its offer."""
    place = await waiting.get_place(session, await waiting.get_by_token(session, token))
    state = booking_state_at(place.booking, now) if place.booking else None
    page = WaitingPage(
        token=token,
        tour=place.tour,
        party=place.party,
        when=say_when(place.tour, place.departure),
        lines=[(say_unit(unit), wanted.number) for wanted, unit in place.units],
        before=place.before,
        is_open=takes_names(place.tour, place.departure, now),
        departure_state=place.departure.state,
        booking_state=state,
        held_until=place.booking.expires_at if place.booking and state is BookingState.ON_HOLD else None,
        booking_token=bookings.token_of(place.booking, house.secret) if place.booking else "",
    )
    return await render(request, page)


@router.post("/waiting/{token}/leave", name="storefront.tours.leave")
async def leave(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Leave the list; seats in hand go to the next."""
    party = await waiting.get_by_token(session, token)
    await waiting.leave(session, party_id=party.id, now=now)
    return _to_place(request, token)


async def _form_page(
    session: AsyncSession, tour: Tour, form: Form, party_id: str, now: datetime, *, has_room: bool = False
) -> WaitPage:
    seats = [
        one
        for one in await departures.list_seats(session, [tour], now=now)
        if takes_names(tour, one.departure, now)
    ]
    # Days with room are for booking; one that is too small for a party comes with the link that led here.
    chosen = form.values.get("departure_id", "")
    short = [one for one in seats if not (one.is_open and one.left) or str(one.departure.id) == chosen]
    return WaitPage(
        form=form,
        tour=tour,
        party_id=party_id or str(uuid7()),
        dates=[
            (str(one.departure.id), say_when(tour, one.departure), views.show_date(tour, one).state)
            for one in short or seats
        ],
        offers=views.show_offers((await service.list_offers(session, [tour.id]))[tour.id]),
        book_query=views.carry_on(form.values) if has_room else "",
    )


def _to_place(request: Request, token: str) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for(_SHOW, token=token), HTTPStatus.SEE_OTHER)
