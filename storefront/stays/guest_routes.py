"""Stays over HTTP, as guests meet them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.dependencies import MaybePerson, find_login
from app.core import qr
from app.core.clock import find_day, today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.money import format_dong
from app.core.phone import format_phone
from app.places import service as places
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import house_of
from app.web.pages import language_of, render
from app.web.public import Built, cached_page
from app.web.structured import embed
from producers.cooperatives import service as cooperatives
from storefront.invoices import service as invoices
from storefront.invoices.models import SoldKind
from storefront.invoices.schemas import asked_values
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState
from storefront.stays import bookings, cancelling, discovery, holding, nights, service
from storefront.stays.discovery import Invitation
from storefront.stays.errors import UsedFormError
from storefront.stays.models import SleepingPlace, Stay, StayBooking, StayState
from storefront.stays.nights import AHEAD, Night
from storefront.stays.pages import BookingPage, BookPage, Cell, NightRow, PlaceLine, StayPage
from storefront.stays.schemas import NewStay, StayBookingFields
from storefront.stays.states import PAID, state_at
from storefront.stays.words import (
    STATE_WORDS,
    say_cutoff,
    say_date,
    say_free,
    say_hours,
    say_instant,
    say_night,
    say_off,
    say_span,
    say_unit,
    say_what,
)

router = APIRouter()
MOST_BOOKINGS = 30
LIMIT_PER = timedelta(hours=1)
SHOWN = timedelta(days=14)
_PHOTO_WIDTH = 1280
_BOOKING = "storefront.stays.booking"
_KEPT = ("place_id", "arrives_on", "leaves_on", "heads", "units", "contact_name", "contact_phone", "note")


@router.get("/stays/{slug}", name="storefront.stays.show")
async def show(request: Request, slug: str, house: TheHouse, now: Now, start: str = "") -> Response:
    """One house with two weeks of its nights; an address that names no night of ours shows the first ones."""
    first = find_first(start, now=now)

    async def build() -> Built:
        async with house.database.transaction() as session:
            stay = await service.get_public_stay(session, slug)
            found = (await service.list_places(session, [stay.id]))[stay.id]
            last = first + SHOWN - timedelta(days=1)
            shown = await nights.list_nights(session, found, first, last, now=now)
            photo_ids = (await service.photo_ids(session, [stay.id]))[stay.id]
            told = await _invite(request, session, stay, found, [str(one) for one in photo_ids])
            page = StayPage(
                stay=stay,
                producer=told.producer,
                place=told.place,
                photo_ids=photo_ids,
                places=[PlaceLine(one, say_unit(one), one.price_minor, one.weekend_minor) for one in found],
                heads=say_heads(found),
                rows=_rows(request, stay, found, shown),
                span=say_shown(first),
                earlier_href=leaf(request.url.path, first - SHOWN, now=now),
                later_href=leaf(request.url.path, first + SHOWN, now=now),
                hours=say_hours(stay),
                cutoff=say_cutoff(stay.cancellation_hours),
                address=told.address,
                json_ld=embed(discovery.describe(told, shown)),
            )
        return page, ["catalog", f"stay:{stay.id}", f"producer:{stay.producer_id}"]

    return await cached_page(request, build, asked={"start": first})


def say_heads(found: Sequence[SleepingPlace]) -> list[tuple[Text | str, bool]]:
    """The columns of a table of nights: the night, and each place by its own name."""
    return [(_("Đêm"), False), *((place.name, True) for place in found)]


def find_first(start: str, *, now: datetime) -> date:
    """The first night of a table: the one that is asked for, as far as nights are made; else tonight."""
    asked = find_day(start)
    return asked if asked and today(now) < asked < today(now) + AHEAD else today(now)


def leaf(path: str, first: date, *, now: datetime) -> str | None:
    """The address of the table's two weeks before or after; None where there are none."""
    if first <= today(now) - SHOWN or first >= today(now) + AHEAD:
        return None
    return f"{path}?start={first}" if first > today(now) else path


def say_shown(first: date) -> Text:
    """Say which nights a table shows."""
    last = first + SHOWN - timedelta(days=1)
    return _(
        "Từ %(first)s đến %(last)s",
        first=f"{first.day}/{first.month}",
        last=f"{last.day}/{last.month}/{last.year}",
    )


def _rows(
    request: Request, stay: Stay, found: Sequence[SleepingPlace], shown: Sequence[Night]
) -> list[NightRow]:
    form = request.app.url_path_for("storefront.stays.form", slug=stay.slug)
    rows = []
    for night_on, of_night in groupby(shown, key=lambda one: one.night.night_on):
        these = {one.place.id: one for one in of_night}
        query = {"arrives_on": night_on, "leaves_on": night_on + timedelta(days=1)}
        rows.append(
            NightRow(
                say_night(night_on),
                [_cell(these.get(place.id)) for place in found],
                f"{form}?{urlencode(query)}" if any(one.free > 0 for one in these.values()) else None,
            )
        )
    return rows


def _cell(one: Night | None) -> Cell:
    if one is None or one.night.is_closed:
        return Cell(_("nghỉ"), "plain", None)
    kind = "bad" if one.free <= 0 else "wait" if one.free <= discovery.FEW else "good"
    return Cell(say_free(one.place, one.free), kind, one.price_minor)


async def _invite(
    request: Request, session: AsyncSession, stay: Stay, found: Sequence[SleepingPlace], photos: list[str]
) -> Invitation:
    base = house_of(request).settings.public_url.rstrip("/")
    url = request.app.url_path_for
    return Invitation(
        stay=stay,
        producer=await cooperatives.get_producer(session, stay.producer_id),
        place=await places.describe(session, stay.commune_code),
        places=found,
        photos=[f"{base}{url('app.media.show', photo_id=one, width=_PHOTO_WIDTH)}" for one in photos],
        address=f"{base}{url('storefront.stays.show', slug=stay.slug)}",
        form_address=f"{base}{url('storefront.stays.form', slug=stay.slug)}",
    )


@router.get("/stays/{slug}/book", name="storefront.stays.form")
async def form(request: Request, slug: str, *, session: DbSession, person: MaybePerson, now: Now) -> Response:
    """The booking form; what the link carries is filled in already."""
    stay = await service.get_public_stay(session, slug)
    known = {"contact_name": person.name, "contact_phone": format_phone(person.phone or "")} if person else {}
    typed = {name: value for name, value in request.query_params.items() if name != "lang"}
    return await render(
        request, await _book_page(session, stay, Form(known | typed), str(uuid7()), now), is_for_back=True
    )


@router.post("/stays/{slug}/book", name="storefront.stays.book")
async def book(
    request: Request, slug: str, *, session: DbSession, house: TheHouse, visitor: VisitorKey, now: Now
) -> Response:
    """Hold the beds; the same form sent twice leads to the same booking."""
    await attempts.limit(
        house.database, kind="booking", key=visitor, most=MOST_BOOKINGS, per=LIMIT_PER, now=now
    )
    # Before the session says anything: a body that comes slowly must not hold a connection.
    fields, typed = (await read_submission(request)).read(StayBookingFields)
    login = await find_login(request, session, now)
    stay = await service.get_public_stay(session, slug)
    if fields is None:
        page = await _book_page(session, stay, typed, typed.values.get("id", ""), now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            place = await service.get_place_of(session, stay=stay, place_id=fields.place_id)
            units = fields.units or bookings.fewest_units(place, fields.heads)
            wish = NewStay(**fields.model_dump() | {"units": units})
            made = await bookings.create_booking(
                session,
                wish=wish,
                secret=house.secret,
                person_id=login.person.id if login else None,
                language=language_of(request),
                now=now,
            )
    except AppError as error:
        page = await _book_page(session, stay, typed.refused(error), str(fields.id), now)
        return await render(request, page, status=status_of(error))
    token = bookings.token_of(made, house.secret)
    if not bookings.is_wished(made, wish):
        # Whoever went back and changed something must not believe that it was taken.
        used = UsedFormError()
        href = str(request.app.url_path_for(_BOOKING, token=token))
        page = await _book_page(session, stay, typed.refused(used), str(fields.id), now, made_href=href)
        return await render(request, page, status=status_of(used))
    return to_booking(request, token)


async def _book_page(
    session: AsyncSession, stay: Stay, form: Form, booking_id: str, now: datetime, *, made_href: str = ""
) -> BookPage:
    found = (await service.list_places(session, [stay.id]))[stay.id]
    return BookPage(
        form=form,
        stay=stay,
        booking_id=booking_id or str(uuid7()),
        places=[(str(one.id), one.name, _say_offer(one)) for one in found],
        cutoff=say_cutoff(stay.cancellation_hours),
        hours=say_hours(stay),
        first_on=today(now),
        last_on=today(now) + AHEAD,
        made_href=made_href,
        again_query=urlencode({name: form.values.get(name, "") for name in _KEPT}) if made_href else "",
    )


def _say_offer(place: SleepingPlace) -> Text:
    said = _("%(unit)s, %(price)s một đêm", unit=say_unit(place), price=format_dong(place.price_minor))
    if place.weekend_minor is None:
        return said
    return _("%(said)s, tối thứ Sáu, thứ Bảy %(price)s", said=said, price=format_dong(place.weekend_minor))


@router.get("/staying/{token}", name=_BOOKING)
async def show_booking(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """A party's own page: how to pay while the beds are held, then the code for the door."""
    booking = await bookings.get_by_token(session, token)
    return await render(request, await show_party(request, session, booking, token, now))


@router.post("/staying/{token}/cancel", name="storefront.stays.cancel")
async def cancel(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Give the beds back."""
    booking = await bookings.get_by_token(session, token)
    try:
        async with session.begin_nested():
            await cancelling.cancel_booking(session, booking_id=booking.id, now=now)
    except AppError as error:
        page = await show_party(request, session, booking, token, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)


@router.post("/staying/{token}/extend", name="storefront.stays.extend")
async def extend(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Keep the beds longer; a second tap of the same button changes nothing."""
    booking = await bookings.get_by_token(session, token)
    try:
        async with session.begin_nested():
            await holding.extend_hold(session, booking_id=booking.id, now=now)
    except AppError as error:
        page = await show_party(request, session, booking, token, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)


async def show_party(
    request: Request,
    session: AsyncSession,
    booking: StayBooking,
    token: str,
    now: datetime,
    *,
    refusal: Text | None = None,
    form: Form | None = None,
) -> BookingPage:
    """A party's own page; `form` is that of the invoice as it was typed, where it was refused."""
    party = await bookings.get_party(session, booking)
    state = state_at(booking, now)
    words, kind = STATE_WORDS[state]
    asked = (await invoices.list_buyers(session, SoldKind.STAY, [booking.id])).get(booking.id)
    return BookingPage(
        token=token,
        party=party,
        producer=await cooperatives.get_producer(session, party.stay.producer_id),
        place=await places.describe(session, party.stay.commune_code),
        state=state,
        state_words=words,
        state_kind=kind,
        what=say_what(party.place, booking.units),
        span=say_span(booking),
        hours=say_hours(party.stay),
        lines=[
            (_("Đêm %(night)s", night=say_date(day)), price * booking.units) for day, price in party.nights
        ],
        held_until=booking.expires_at if state is StayState.ON_HOLD else None,
        extensions_left=holding.count_left(booking, now=now),
        transfer=await _transfer(request, session, booking, state),
        qr_svg=_draw(request, booking) if state in {StayState.CONFIRMED, StayState.HERE} else Markup(),
        again_href=_again(request, party.stay, booking),
        why_not=cancelling.why_not(booking, now=now),
        free_until=say_instant(booking.free_until),
        off=say_off(booking),
        refusal=refusal,
        invoice=(await invoices.list_invoices(session, SoldKind.STAY, [booking.id])).get(booking.id),
        can_ask_invoice=state in PAID,
        is_invoice_asked=asked is not None,
        form=form or Form(asked_values(asked)),
    )


def _draw(request: Request, booking: StayBooking) -> Markup:
    """What the host's own camera opens: the door, with this code typed in."""
    house = house_of(request)
    door = request.app.url_path_for("storefront.stays.door")
    address = f"{house.settings.public_url.rstrip('/')}{door}?{urlencode({'code': booking.code})}"
    words = _("Mã nhận chỗ %(code)s", code=booking.code)
    return Markup(qr.svg(address, label=house.catalogue.translate(words, language_of(request))))  # noqa: S704 - our own SVG, label escaped


async def _transfer(
    request: Request, session: AsyncSession, booking: StayBooking, state: StayState
) -> payments.TransferView | None:
    """How to pay, or what became of money that came too late; None when nothing is to be said of it."""
    if state not in {StayState.ON_HOLD, StayState.EXPIRED, StayState.CANCELLED}:
        return None
    payment = await payments.find_payment(session, payable_kind=PayableKind.STAY, payable_id=booking.id)
    if payment is None or (state is not StayState.ON_HOLD and not payment.received_minor):
        return None
    if payment.state is PaymentState.PAID:
        return None
    return payments.describe_transfer(payment, house_of(request).port(payments.CollectingAccount))


def _again(request: Request, stay: Stay, booking: StayBooking) -> str:
    """The booking form with what was typed the first time."""
    values = {
        "place_id": booking.place_id,
        "arrives_on": booking.arrives_on,
        "leaves_on": booking.leaves_on,
        "units": booking.units,
        "heads": booking.heads,
        "contact_name": booking.contact_name,
        "contact_phone": format_phone(booking.contact_phone),
        "note": booking.note,
    }
    path = request.app.url_path_for("storefront.stays.form", slug=stay.slug)
    return f"{path}?{urlencode(values)}"


def to_booking(request: Request, token: str) -> RedirectResponse:
    """Back to the party's own page."""
    return RedirectResponse(request.app.url_path_for(_BOOKING, token=token), HTTPStatus.SEE_OTHER)
