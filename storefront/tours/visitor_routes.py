"""Visits over HTTP, as visitors meet them."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.dependencies import MaybePerson, find_login
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.phone import format_phone
from app.places import service as places
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from app.web.public import Built, cached_page
from app.web.structured import embed
from producers.cooperatives import service as cooperatives
from storefront.catalog import service as catalog
from storefront.catalog.models import EntryKind
from storefront.invoices import service as invoices
from storefront.invoices.models import SoldKind
from storefront.invoices.schemas import asked_values
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState
from storefront.tours import (
    availability,
    balance_routes,
    booking_repository,
    bookings,
    calling_off,
    cancelling,
    choices,
    departures,
    discovery,
    discovery_routes,
    extras,
    feed_routes,
    feeds,
    holding,
    invoicing,
    moving,
    party_people,
    resources,
    service,
    sights,
    terms,
    ticket_routes,
    views,
    wishes,
)
from storefront.tours.bookings import Party
from storefront.tours.errors import ChosenError, NotCancellableError, SoldOutError, UsedFormError
from storefront.tours.models import Booking, BookingState, DepartureState, Tour
from storefront.tours.pages import (
    BookingPage,
    BookPage,
    DateLine,
    SeenLine,
    TicketLine,
    TourCard,
    TourPage,
    ToursPage,
)
from storefront.tours.schemas import CancelFields
from storefront.tours.states import TICKETED, booking_state_at, takes_names
from storefront.tours.words import (
    BOOKING_WORDS,
    say_called_off,
    say_day,
    say_deposit,
    say_duration,
    say_free,
    say_least,
    say_needs,
    say_steps,
    say_unit,
    say_until,
    say_when,
)

router = APIRouter()
MOST_BOOKINGS = 30
SHOWN_DATES = 6
"""Dates that a tour's own page shows; the others stand on the page of its year."""
LIMIT_PER = timedelta(hours=1)
_SHOW = "storefront.tours.booking"


@router.get("/tours", name="storefront.tours.list")
async def list_all(request: Request, house: TheHouse, now: Now) -> Response:
    """Every visit that the market offers, and the houses where one may sleep."""

    async def build() -> Built:
        async with house.database.transaction() as session:
            found = await service.list_published(session)
            cards = await _cards(session, found, now)
            stays = await catalog.list_entries(session, EntryKind.STAY)
        return ToursPage(cards=cards, stays=stays), ["catalog", *(f"tour:{tour.id}" for tour in found)]

    return await cached_page(request, build)


async def _cards(session: AsyncSession, found: list[Tour], now: datetime) -> list[TourCard]:
    ids = [tour.id for tour in found]
    offers = await service.list_offers(session, ids)
    photos = await service.photo_ids(session, ids)
    said = await places.describe_many(session, {tour.commune_code for tour in found})
    soonest = {
        one.departure.tour_id: one
        for one in reversed(await departures.list_seats(session, found, now=now))
        if one.is_open and one.left
    }
    cards = []
    for tour in found:
        lowest = service.lowest_price(offers[tour.id])
        seats = soonest.get(tour.id)
        cards.append(
            TourCard(
                tour,
                said[tour.commune_code],
                lowest.price_minor if lowest else None,
                say_unit(lowest) if lowest else None,
                next(iter(photos[tour.id]), None),
                _("gần nhất: %(day)s", day=say_day(seats.departure)) if seats else None,
            )
        )
    return cards


@router.get("/tours/{slug}", name="storefront.tours.show")
async def show(request: Request, slug: str, house: TheHouse, now: Now) -> Response:
    """One visit, with its next dates."""

    async def build() -> Built:
        async with house.database.transaction() as session:
            tour = await service.get_public_tour(session, slug)
            told = await discovery_routes.invite(request, session, tour)
            seats = await availability.list_year(session, tour, now=now)
            shown = seats[:SHOWN_DATES]
            page = TourPage(
                tour=tour,
                producer=told.producer,
                place=told.place,
                photo_ids=(await service.photo_ids(session, [tour.id]))[tour.id],
                offers=views.show_offers(told.offers),
                extras=views.show_extras(await extras.list_extras(session, tour.id)),
                seasons=views.show_seasons(told.offers),
                dates=await discovery_routes.show_dates(session, tour, shown, told.offers),
                later=len(seats) - len(shown),
                duration=say_duration(tour.duration_minutes),
                cutoff=say_steps(terms.steps_of(tour)),
                deposit=say_deposit(tour),
                until=say_until(tour),
                needs=say_needs(tour),
                address=told.address,
                json_ld=embed(discovery.describe_tour(told, shown)),
            )
        return page, [f"tour:{tour.id}", f"producer:{tour.producer_id}"]

    return await cached_page(request, build)


@router.get("/tours/{slug}/book", name="storefront.tours.form")
async def form(request: Request, slug: str, *, session: DbSession, person: MaybePerson, now: Now) -> Response:
    """The booking form; what the link carries is filled in already."""
    tour = await service.get_public_tour(session, slug)
    page = await _book_page(session, tour, wishes.begin(request, person), str(uuid7()), now)
    return await render(request, page, is_for_back=True)


@router.post("/tours/{slug}/book", name="storefront.tours.book")
async def book(
    request: Request, slug: str, *, session: DbSession, house: TheHouse, visitor: VisitorKey, now: Now
) -> Response:
    """Hold the seats; the same form sent twice leads to the same booking."""
    await attempts.limit(
        house.database, kind="booking", key=visitor, most=MOST_BOOKINGS, per=LIMIT_PER, now=now
    )
    # Before the session says anything: a body that comes slowly must not hold a connection.
    wish, form = await wishes.read(request)
    login = await find_login(request, session, now)
    tour = await service.get_public_tour(session, slug)
    if wish is None:
        page = await _book_page(session, tour, form, form.values.get("id", ""), now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            made = await bookings.create_booking(
                session,
                booking=wish,
                secret=house.secret,
                person_id=login.person.id if login else None,
                language=language_of(request),
                now=now,
            )
    except AppError as error:
        page = await _book_page(
            session, tour, form.refused(error), str(wish.id), now, is_full=isinstance(error, SoldOutError)
        )
        return await render(request, page, status=status_of(error))
    token = bookings.token_of(made, house.secret)
    if made.created_at < now and not await bookings.is_wished(session, made, wish):
        # Whoever went back and changed something must not believe that it was taken.
        used = UsedFormError()
        page = await _book_page(
            session, tour, form.refused(used), str(wish.id), now, made_href=_path(request, token)
        )
        return await render(request, page, status=status_of(used))
    return to_booking(request, token)


async def _book_page(
    session: AsyncSession,
    tour: Tour,
    form: Form,
    booking_id: str,
    now: datetime,
    *,
    is_full: bool = False,
    made_href: str = "",
) -> BookPage:
    seats = await departures.list_seats(session, [tour], now=now)
    offers = (await service.list_offers(session, [tour.id]))[tour.id]
    crews = await resources.list_assigned(session, [one.departure.id for one in seats])
    lines = [
        (
            one,
            views.show_date(
                tour, one, languages=resources.say_languages(crews[one.departure.id]), offers=offers
            ),
        )
        for one in seats
    ]
    chosen = [
        one.departure.local_on for one in seats if str(one.departure.id) == form.values.get("departure_id")
    ]
    return BookPage(
        form=form,
        tour=tour,
        booking_id=booking_id or str(uuid7()),
        dates=[
            (str(line.departure_id), say_when(tour, one.departure), _say_state(line))
            for one, line in lines
            if line.is_bookable
        ],
        offers=views.show_offers(offers, chosen[0] if chosen else None),
        is_priced=any(line.price for _one, line in lines),
        cutoff=say_steps(terms.steps_of(tour)),
        deposit=say_deposit(tour),
        extras=views.show_extras(await extras.list_extras(session, tour.id)),
        until=say_until(tour),
        can_wait=any(not line.is_bookable and takes_names(tour, one.departure, now) for one, line in lines),
        wait_query=views.carry_on(form.values) if is_full else "",
        made_href=made_href,
        again_query=views.carry_on(form.values) if made_href else "",
    )


def _say_state(line: DateLine) -> Text:
    """How many seats are left, how many guests the day needs, in which languages they are led, and its price where that is not the usual."""
    said = _("%(left)s, %(least)s", left=line.state, least=line.least) if line.least else line.state
    if line.languages is not None:
        said = _("%(left)s, hướng dẫn bằng %(languages)s", left=said, languages=line.languages)
    return _("%(said)s, %(price)s", said=said, price=line.price) if line.price else said


@router.get("/bookings/{token}", name=_SHOW)
async def show_booking(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """A party's own page: how to pay while the seats are held, then the ticket."""
    booking = await bookings.get_by_token(session, token)
    page = await show_party(request, session, booking, token, now)
    return await render(request, page)


@router.post("/bookings/{token}/cancel", name="storefront.tours.cancel")
async def cancel(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Give the seats back."""
    booking = await bookings.get_by_token(session, token)
    fields, _form = (await read_submission(request)).read(CancelFields)
    try:
        async with session.begin_nested():
            await cancelling.cancel_booking(
                session,
                booking_id=booking.id,
                now=now,
                promised_minor=fields.back_minor if fields else None,
            )
    except (NotCancellableError, ChosenError) as error:
        page = await show_party(request, session, booking, token, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)


async def show_party(
    request: Request,
    session: AsyncSession,
    booking: Booking,
    token: str,
    now: datetime,
    *,
    refusal: Text | None = None,
    form: Form | None = None,
) -> BookingPage:
    """A party's own page; `form` is that of the invoice as it was typed, where it was refused."""
    party = await bookings.get_party(session, booking)
    state = booking_state_at(booking, now)
    words, kind = BOOKING_WORDS[state]
    is_off = state is BookingState.CONFIRMED and party.departure.state is DepartureState.CANCELLED
    choice = await choices.find_open(session, booking, now=now) if is_off else None
    if is_off:
        words, kind = _("Chờ bạn chọn"), "wait"
    asked = (await invoices.list_buyers(session, SoldKind.BOOKING, [booking.id])).get(booking.id)
    feed = await feeds.find_of_party(session, booking.id)
    said = sights.say((await sights.list_sights(session, [party.departure.id]))[party.departure.id])
    crew = (await resources.list_assigned(session, [party.departure.id]))[party.departure.id]
    return BookingPage(
        token=token,
        party=party,
        producer=await cooperatives.get_producer(session, party.tour.producer_id),
        place=await places.describe(session, party.tour.commune_code),
        state=state,
        state_words=words,
        state_kind=kind,
        when=say_when(party.tour, party.departure),
        lines=[
            (_("%(number)s × %(unit)s", number=number, unit=say_unit(unit)), amount)
            for unit, number, amount in views.count_units(party.items)
        ]
        + [(extras.say(one), one.number * one.price_minor) for one in party.extras],
        tickets=[
            TicketLine(say_unit(unit), item.ticket_code, item.redeemed_at is not None)
            for item, unit in party.items
            if item.ticket_code
        ],
        held_until=booking.expires_at if state is BookingState.ON_HOLD else None,
        extensions_left=holding.count_extensions_left(booking, party.tour, party.departure, now=now),
        sights=said,
        languages=resources.say_languages(crew),
        seen=await _seen(session, party),
        transfer=await _transfer(request, session, booking, state),
        balance=await balance_routes.show_balance(request, session, booking, state, now),
        qr_svg=ticket_routes.draw_whole(request, party) if state in TICKETED else Markup(),
        again_href=_again(request, party),
        why_not=cancelling.why_not(booking, party.tour, party.departure, now=now),
        why_fixed=party_people.why_not(party, now=now),
        along=[
            (
                _path(request, bookings.token_of(one, request.app.state.house.secret)),
                _("%(heads)s người, mã %(code)s", heads=one.heads, code=one.code),
                BOOKING_WORDS[booking_state_at(one, now)][0],
            )
            for one in await booking_repository.list_along(session, booking)
        ],
        can_move=moving.why_not(booking, party.tour, party.departure, now=now) is None,
        extras=extras.say_all(party.extras),
        can_change_extras=cancelling.why_bound(booking, party.tour, party.departure, now=now) is None
        and (
            bool(party.extras)
            or (state is BookingState.ON_HOLD and bool(await extras.list_extras(session, party.tour.id)))
        ),
        called_off=say_called_off(party.departure) if is_off else None,
        choose_until=calling_off.say_until(choice.expires_at) if choice else None,
        cutoff=say_free(terms.steps_kept(booking), party.tour, party.departure),
        back_minor=cancelling.back_minor(booking, party.tour, party.departure, now=now),
        returned_minor=booking.refundable_minor - booking.kept_minor,
        least=say_least(party.tour, party.departure),
        refusal=refusal,
        invoice=(await invoices.list_invoices(session, SoldKind.BOOKING, [booking.id])).get(booking.id),
        can_ask_invoice=invoicing.is_sold(booking),
        is_invoice_asked=asked is not None,
        form=form or Form(asked_values(asked)),
        feed_href=feed_routes.address_of(request, feed) if feed else None,
    )


async def _seen(session: AsyncSession, party: Party) -> list[SeenLine]:
    """What the party has seen, once one of it came in."""
    if not any(item.redeemed_at for item, _unit in party.items):
        return []
    return [
        SeenLine(
            _("Lô %(code)s, %(title)s", code=one.lot.code, title=one.listing.title),
            f"/01/{one.lot.gtin}/10/{one.lot.code}",
            one.listing.slug if one.is_on_sale else None,
            one.variant.price_minor if one.is_on_sale else None,
        )
        for one in await sights.list_seen(session, party.departure)
    ]


async def _transfer(
    request: Request, session: AsyncSession, booking: Booking, state: BookingState
) -> payments.TransferView | None:
    """How to pay, or what became of money that came too late; None when nothing is to be said of it."""
    if state not in {BookingState.ON_HOLD, BookingState.EXPIRED, BookingState.CANCELLED}:
        return None
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    if payment is None or (state is not BookingState.ON_HOLD and not payment.received_minor):
        return None
    if payment.state is PaymentState.PAID:
        return None
    return payments.describe_transfer(payment, request.app.state.house.port(payments.CollectingAccount))


def _again(request: Request, party: Party) -> str:
    """The booking form with what was typed the first time."""
    values = {
        "departure_id": party.departure.id,
        **{f"unit_{unit.id}": number for unit, number, _amount in views.count_units(party.items)},
        **{f"extra_{one.extra_id}": one.number for one in party.extras},
        "contact_name": party.booking.contact_name,
        "contact_phone": format_phone(party.booking.contact_phone),
        "note": party.booking.note,
    }
    path = request.app.url_path_for("storefront.tours.form", slug=party.tour.slug)
    return f"{path}?{urlencode(values)}"


def _path(request: Request, token: str) -> str:
    return str(request.app.url_path_for(_SHOW, token=token))


def to_booking(request: Request, token: str) -> RedirectResponse:
    """Back to the party's own page."""
    return RedirectResponse(_path(request, token), HTTPStatus.SEE_OTHER)
