"""Calendars over HTTP: the feed itself, and who opens or shuts its address."""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.core.i18n import Text
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.house import House, house_of
from app.web.pages import language_of, render
from producers.cooperatives.access import CurrentMember
from storefront.tours import bookings, calendars, feeds
from storefront.tours.calendars import Sheet
from storefront.tours.feeds import Paths
from storefront.tours.models import CalendarFeed
from storefront.tours.pages import FeedPage

router = APIRouter()
MEDIA_TYPE = "text/calendar; charset=utf-8"
_FEED = "storefront.tours.feed"
_OWN = "storefront.tours.feed_own"


@router.get("/calendar/{token}.ics", name=_FEED)
async def show(token: str, *, request: Request, session: DbSession, house: TheHouse, now: Now) -> Response:
    """What a calendar asks for every hour; what stands as it stood is not written again."""
    paths = _paths(request, house)
    source = f"{house.settings.public_url.rstrip('/')}{request.url.path}"
    sheet, language = await feeds.read(session, token, paths=paths, source=source, now=now)
    headers = {"ETag": calendars.tag(sheet, language), "Cache-Control": "private, no-cache"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(await _write(house, sheet, language), media_type=MEDIA_TYPE, headers=headers)


@router.get("/bookings/{token}/visit.ics", name="storefront.tours.calendar")
async def hand_over(token: str, *, request: Request, session: DbSession, house: TheHouse) -> Response:
    """The visit as a file for the visitor's own calendar; it leads back to the party's page."""
    party = await bookings.get_party(session, await bookings.get_by_token(session, token))
    path = request.app.url_path_for("storefront.tours.booking", token=token)
    address = f"{house.settings.public_url.rstrip('/')}{path}"
    sheet = feeds.tell_party(party, host=_host(house), address=address, source=None)
    headers = {
        "Content-Disposition": f'attachment; filename="{party.booking.code}.ics"',
        "Cache-Control": "private, no-store",
    }
    content = await _write(house, sheet, party.booking.language)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


@router.post("/bookings/{token}/calendar", name="storefront.tours.feed_party")
async def open_for_party(
    token: str, *, request: Request, session: DbSession, house: TheHouse, now: Now
) -> Response:
    """Give the party an address that follows its day."""
    booking = await bookings.get_by_token(session, token)
    await feeds.open_for_party(
        session, booking=booking, secret=house.secret, language=language_of(request), now=now
    )
    return _to(request, "storefront.tours.booking", token=token)


@router.post("/bookings/{token}/calendar/end", name="storefront.tours.feed_party_end")
async def end_for_party(token: str, *, request: Request, session: DbSession, now: Now) -> Response:
    """Shut the party's address."""
    feed = await feeds.find_of_party(session, (await bookings.get_by_token(session, token)).id)
    if feed is not None:
        await feeds.end(session, feed, now=now)
    return _to(request, "storefront.tours.booking", token=token)


@router.get("/producer/tours/calendar", name=_OWN)
async def show_own(request: Request, *, session: DbSession, member: CurrentMember) -> Response:
    """Where this person's calendar asks for the producer's dates."""
    feed = await feeds.find_of_member(session, producer_id=member.producer.id, person_id=member.person.id)
    return await render(request, FeedPage(feed_href=address_of(request, feed) if feed else None))


@router.post("/producer/tours/calendar", name="storefront.tours.feed_open")
async def open_own(
    request: Request, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Give this person an address of the producer's dates."""
    await feeds.open_for_member(
        session,
        producer_id=member.producer.id,
        person_id=member.person.id,
        secret=house.secret,
        language=language_of(request),
        now=now,
    )
    return _to(request, _OWN)


@router.post("/producer/tours/calendar/end", name="storefront.tours.feed_end")
async def end_own(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Shut this person's address."""
    feed = await feeds.find_of_member(session, producer_id=member.producer.id, person_id=member.person.id)
    if feed is not None:
        await feeds.end(session, feed, now=now)
    return _to(request, _OWN)


def address_of(request: Request, feed: CalendarFeed) -> str:
    """The whole address of a feed, as a calendar wants it typed in."""
    house = house_of(request)
    path = request.app.url_path_for(_FEED, token=feeds.token_of(feed, house.secret))
    return f"{house.settings.public_url.rstrip('/')}{path}"


async def _write(house: House, sheet: Sheet, language: str) -> bytes:
    """Write a calendar beside the loop: a thousand dates take a third of a second."""

    def speak(text: Text) -> str:
        return house.catalogue.translate(text, language)

    return await asyncio.to_thread(partial(calendars.write, sheet, speak))


def _paths(request: Request, house: House) -> Paths:
    base = house.settings.public_url.rstrip("/")

    def tour(slug: str) -> str:
        return f"{base}{request.app.url_path_for('storefront.tours.show', slug=slug)}"

    def stay(slug: str) -> str:
        return f"{base}{request.app.url_path_for('storefront.stays.show', slug=slug)}"

    return Paths(host=_host(house), tour=tour, stay=stay)


def _host(house: House) -> str:
    """The house's one name, whatever name it was called by: an event keeps its UID."""
    return urlsplit(house.settings.public_url).hostname or ""


def _to(request: Request, route: str, **names: str) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for(route, **names), HTTPStatus.SEE_OTHER)
