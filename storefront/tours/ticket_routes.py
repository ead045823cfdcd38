"""Tickets over HTTP: what a symbol's address opens, and a party's tickets one by one."""

from __future__ import annotations

import json
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import find_login
from app.core import qr
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.places import service as places
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.house import house_of
from app.web.pages import language_of, render
from app.web.templating import light_script
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import find_member
from storefront.tours import batch_seats, batches, bookings, entries, symbols, tickets
from storefront.tours.batch_models import TicketState
from storefront.tours.batch_pages import AnyDayPage
from storefront.tours.batch_seats import Paper
from storefront.tours.bookings import Party
from storefront.tours.models import BookingState, DepartureState
from storefront.tours.pages import TicketCard, TicketPage, TicketsPage
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.states import TICKETED, booking_state_at
from storefront.tours.symbols import WHOLE
from storefront.tours.words import BOOKING_WORDS, DEPARTURE_WORDS, say_days, say_unit, say_when

router = APIRouter()


def draw_whole(request: Request, party: Party) -> Markup:
    """The symbol that lets a whole party in; its caller has seen that it has paid."""
    words = _("Mã vào cổng %(code)s", code=party.booking.code)
    return _draw(request, party, heads=party.booking.heads, place=WHOLE, words=words)


def _draw(request: Request, party: Party, *, heads: int, place: int, words: Text) -> Markup:
    house = house_of(request)
    symbol = symbols.symbol_of(party.booking, party.departure, heads=heads, place=place)
    signer = symbols.signers(house.secret)[0]
    letters = symbols.write(symbol, producer_id=party.tour.producer_id, signer=signer)
    label = house.catalogue.translate(words, language_of(request))
    return Markup(qr.svg(symbols.address_of(letters, house.settings.public_url), label=label))  # noqa: S704 - our own SVG, label escaped


@router.get(symbols.PATH + "camera.js", name="storefront.tours.camera")
async def camera_worker(request: Request) -> Response:
    """The worker that brings what a host's camera opens to the gate, without signal too."""
    gate = json.dumps(request.app.url_path_for("storefront.tours.gate"))
    text = f"const GATE = {gate};\n" + light_script("tickets/camera.js")
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get(symbols.PATH + "{letters}", name="storefront.tours.ticket")
async def show_ticket(
    request: Request, letters: str, *, session: DbSession, house: TheHouse, now: Now
) -> Response:
    """What a phone's own camera opens: for who stands at the gate the gate, for anybody else whether the ticket is right.

    Nobody's name is on it: whoever holds a ticket may show it around.
    """
    keys = symbols.signers(house.secret)
    paper = await batch_seats.find_shown(session, letters, keys=keys)
    if paper is not None:
        if await _receives(request, session, paper.batch.producer_id, now):
            return _to_gate(request, letters)
        return await render(request, await _any_day_page(session, paper))
    found = await tickets.find_party(session, letters, keys=keys)
    if await _receives(request, session, found.party.tour.producer_id, now):
        return _to_gate(request, letters)
    is_off = found.party.departure.state is DepartureState.CANCELLED
    state = booking_state_at(found.party.booking, now)
    words, kind = DEPARTURE_WORDS[DepartureState.CANCELLED] if is_off else BOOKING_WORDS[state]
    page = TicketPage(
        tour=found.party.tour,
        when=say_when(found.party.tour, found.party.departure),
        place=await places.describe(session, found.party.tour.commune_code),
        heads=found.symbol.heads,
        state_words=words,
        state_kind=kind,
    )
    return await render(request, page)


async def _receives(request: Request, session: AsyncSession, producer_id: UUID, now: datetime) -> bool:
    """Whether whoever looks at a ticket stands at its gate."""
    login = await find_login(request, session, now)
    member = await find_member(request, session, login.person) if login else None
    return member is not None and member.producer.id == producer_id and member.has(*HOST_ROLES)


def _to_gate(request: Request, letters: str) -> RedirectResponse:
    gate = request.app.url_path_for("storefront.tours.gate")
    return RedirectResponse(f"{gate}?{urlencode({'code': letters})}", HTTPStatus.SEE_OTHER)


async def _any_day_page(session: AsyncSession, paper: Paper) -> AnyDayPage:
    sheet = await batches.get_sheet(session, paper.batch)
    [line] = [one for one in sheet.lines if one.ticket.id == paper.ticket.id]
    words, kind = _("Dùng được"), "good"
    if line.came_at is not None:
        words, kind = BOOKING_WORDS[BookingState.REDEEMED]
    elif paper.ticket.state is TicketState.BACK:
        words, kind = _("Đã trả lại, không dùng được"), "bad"
    producer = await cooperatives.get_producer(session, paper.batch.producer_id)
    return AnyDayPage(
        tour=sheet.tour,
        when=say_days(paper.batch.valid_from, paper.batch.valid_until),
        place=await places.describe(session, sheet.tour.commune_code),
        heads=paper.batch.heads,
        state=words,
        kind=kind,
        seated=say_when(sheet.tour, line.departure) if line.departure else None,
        phone=format_phone(producer.phone),
    )


@router.get("/bookings/{token}/tickets", name="storefront.tours.tickets")
async def show_tickets(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """A party's tickets one by one, for those who come apart."""
    booking = await bookings.get_by_token(session, token)
    if booking_state_at(booking, now) not in TICKETED:
        there = request.app.url_path_for("storefront.tours.booking", token=token)
        return RedirectResponse(there, HTTPStatus.SEE_OTHER)
    party = await bookings.get_party(session, booking)
    page = TicketsPage(
        back_href=str(request.app.url_path_for("storefront.tours.booking", token=token)),
        tour=party.tour,
        when=say_when(party.tour, party.departure),
        cards=await draw_each(request, session, party),
    )
    return await render(request, page)


async def draw_each(request: Request, session: AsyncSession, party: Party) -> list[TicketCard]:
    """The tickets of a party one by one; its caller has seen that it has them."""
    units = {item.id: unit for item, unit in party.items}
    cards = []
    for item in await entries.list_tickets(session, party.booking.id):
        code = item.ticket_code or ""  # whoever has paid has one
        words = _("Mã vào cổng %(code)s", code=code)
        drawn = _draw(request, party, heads=item.heads, place=item.place, words=words)
        cards.append(TicketCard(say_unit(units[item.id]), code, drawn))
    return cards
