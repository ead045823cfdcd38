"""The door of the house over HTTP: tonight's guests, the code that lets them in, and one party's own page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.core.clock import find_day, today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.phone import format_phone, mask_phone
from app.web.dependencies import DbSession, DoneAt, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import privacy
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.stays import bookings, cancelling, door
from storefront.stays.bookings import Party
from storefront.stays.models import StayState
from storefront.stays.pages import DoorPage, GuestLine, GuestPage, TonightPage
from storefront.stays.schemas import OffFields
from storefront.stays.settlement import HOST_ROLES
from storefront.stays.states import PAID
from storefront.stays.words import OFF_WORDS, STATE_WORDS, say_date, say_off, say_span, say_what

router = APIRouter(prefix="/producer/stays")
_ONE = timedelta(days=1)


@router.get("/tonight", name="storefront.stays.tonight")
async def show_day(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now, on: str = ""
) -> Response:
    """Who arrives, stays and leaves; phones and notes are for those who receive the guests."""
    day = find_day(on) or today(now)
    evening = await door.list_day(session, producer_id=member.producer.id, on=day)
    path = request.url.path
    groups = (
        (_("Đến hôm nay") if day == today(now) else _("Đến ngày này"), evening.arriving),
        (_("Đang ở"), evening.staying),
        (_("Về hôm nay") if day == today(now) else _("Về ngày này"), evening.leaving),
    )
    page = TonightPage(
        day=say_date(day),
        is_today=day == today(now),
        heads=evening.heads,
        groups=[
            (
                words,
                [
                    # Tomorrow's page is kept by the phone, and read on its day.
                    _line(Party(one.booking, one.place, one.stay, []), member, max(now, _noon(day, now)))
                    for one in found
                ],
            )
            for words, found in groups
        ],
        previous_href=f"{path}?on={day - _ONE}",
        next_href=f"{path}?on={day + _ONE}",
        is_host=member.has(*HOST_ROLES),
    )
    return await render(request, page)


def _noon(day: date, now: datetime) -> datetime:
    """The same hour of tomorrow on tomorrow's page; on any other page the hour that it is."""
    return now + _ONE if day == today(now) + _ONE else now


@router.get("/door", name="storefront.stays.door")
async def show_door(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now, code: str = ""
) -> Response:
    """A code, typed or opened by the camera, and whom it lets in; without one an empty form."""
    form = Form({"code": code})
    if not code:
        return await render(request, _door(member, form))
    try:
        party = await door.find(session, text=code, producer_id=member.producer.id)
    except AppError as error:
        return await render(request, _door(member, form, refusal=error.message), status=status_of(error))
    refusal = door.why_not(party.booking, now=now)
    return await render(
        request, _door(member, form, guest=_line(party, member, now), party=party, refusal=refusal)
    )


@router.post("/door", name="storefront.stays.receive")
async def receive(
    request: Request, *, session: DbSession, member: CurrentMember, done_at: DoneAt
) -> Response:
    """Let the guests in, once, judged by the hour at which they stood at the door."""
    member.require(*HOST_ROLES)
    form = (await read_submission(request)).form
    try:
        async with session.begin_nested():
            party = await door.receive(
                session,
                code=form.values.get("code", ""),
                producer_id=member.producer.id,
                person_id=member.person.id,
                now=done_at,
            )
    except AppError as error:
        return await render(
            request, _door(member, form.refused(error), refusal=error.message), status=status_of(error)
        )
    welcome = _(
        "Mời vào: %(name)s, %(heads)s người.", name=party.booking.contact_name, heads=party.booking.heads
    )
    page = _door(member, Form(), guest=_line(party, member, done_at), party=party, welcome=welcome)
    return await render(request, page)


@router.get("/bookings/{party_id}", name="storefront.stays.guest")
async def show_guest(
    request: Request, party_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """One party: what it booked, letting it go, telling it off."""
    party = await bookings.get_own(session, booking_id=party_id, producer_id=member.producer.id)
    return await render(request, _guest_page(request, party, member, now))


@router.post("/bookings/{party_id}/gone", name="storefront.stays.let_go")
async def let_go(
    request: Request, party_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The guests have left; with `frees` their unused nights are sold again."""
    member.require(*HOST_ROLES)
    form = (await read_submission(request)).form
    await door.let_go(
        session,
        booking_id=party_id,
        producer_id=member.producer.id,
        frees=form.values.get("frees") == "1",
        now=now,
    )
    return _to_guest(request, party_id)


@router.post("/bookings/{party_id}/off", name="storefront.stays.tell_off")
async def tell_off(
    request: Request, party_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Tell the guests that they cannot come; all of their money goes back."""
    member.require(*HOST_ROLES)
    party = await bookings.get_own(session, booking_id=party_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(OffFields)
    if fields is None:
        page = _guest_page(request, party, member, now, form=form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await cancelling.tell_off(
        session, booking_id=party_id, producer_id=member.producer.id, fields=fields, now=now
    )
    return _to_guest(request, party_id)


def _to_guest(request: Request, party_id: UUID) -> Response:
    address = request.app.url_path_for("storefront.stays.guest", party_id=party_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _line(party: Party, member: Member, now: datetime) -> GuestLine:
    booking, is_host = party.booking, member.has(*HOST_ROLES)
    words, kind = STATE_WORDS[booking.state]
    return GuestLine(
        booking_id=booking.id,
        name=booking.contact_name,
        phone=(format_phone if is_host else mask_phone)(booking.contact_phone),
        heads=booking.heads,
        what=say_what(party.place, booking.units),
        span=say_span(booking),
        code=booking.code,
        note=booking.note if is_host else "",
        state=words,
        kind=kind,
        can_come_in=is_host and door.why_not(booking, now=now) is None,
    )


def _door(
    member: Member,
    form: Form,
    *,
    guest: GuestLine | None = None,
    party: Party | None = None,
    refusal: Text | None = None,
    welcome: Text | None = None,
) -> DoorPage:
    return DoorPage(
        form=form,
        guest=guest,
        stay_title=party.stay.title if party else "",
        refusal=refusal,
        welcome=welcome,
        is_host=member.has(*HOST_ROLES),
    )


def _guest_page(
    request: Request, party: Party, member: Member, now: datetime, *, form: Form | None = None
) -> GuestPage:
    booking, is_host = party.booking, member.has(*HOST_ROLES)
    url = request.app.url_path_for
    reads_paid = is_host or privacy.reads_all(member, Role.MEMBER, Role.PACKER)
    may_invoice = member.has(Role.ACCOUNTANT) and booking.state in PAID
    return GuestPage(
        guest=_line(party, member, now),
        stay_title=party.stay.title,
        total_minor=booking.total_minor if reads_paid else None,
        can_tell_off=is_host and booking.state is StayState.CONFIRMED and booking.ends_at > now,
        can_let_go=is_host and booking.state is StayState.HERE,
        unused=door.count_unused(booking, now=now),
        reasons=list(OFF_WORDS.items()),
        form=form or Form(),
        back_href=f"{url('storefront.stays.tonight')}?on={booking.arrives_on}",
        invoice_href=str(url("storefront.stays.invoice", party_id=booking.id)) if may_invoice else None,
        off=say_off(booking),
        is_host=is_host,
    )
