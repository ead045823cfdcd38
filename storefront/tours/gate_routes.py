"""The day's manifest and the gate, over HTTP."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import find_day, in_vietnam, today
from app.core.errors import AppError
from app.core.i18n import WEEKDAYS, Text, _
from app.core.phone import format_phone, mask_phone
from app.web.dependencies import DbSession, DoneAt, Now, TheHouse
from app.web.envelope import Envelope, envelope_of
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from producers.cooperatives import privacy
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.invoices import service as invoices
from storefront.invoices.models import SoldKind
from storefront.tours import (
    batch_seats,
    batches,
    by_hand,
    entries,
    extras,
    invoicing,
    manifest,
    resources,
    symbols,
    tickets,
    views,
    waiting,
)
from storefront.tours.batch_models import TicketBatch
from storefront.tours.entries import NewScan, OddScan
from storefront.tours.gate_models import ScanMeans, ScanTrouble
from storefront.tours.gate_pages import (
    DayPage,
    GatePage,
    HeldLine,
    ManifestCard,
    PaperLine,
    VisitorLine,
    WaitingLine,
)
from storefront.tours.models import Booking, BookingState, DepartureState
from storefront.tours.pages import KeptLine
from storefront.tours.schemas import read_places
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.states import decide_at, is_unsure
from storefront.tours.tickets import Found, Gate
from storefront.tours.words import BOOKING_WORDS, say_instant, say_when

router = APIRouter(prefix="/producer/tours")


@router.get("/day", name="storefront.tours.day")
async def show_day(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now, on: str = ""
) -> Response:
    """Who comes on a day, to read on the phone or to print; phones and notes are for those who receive the guests."""
    is_host, reads_paid = member.has(*HOST_ROLES), _reads_paid(member)
    day = find_day(on) or today(now)
    path = request.url.path
    cards = []
    lines = await tickets.list_day(session, producer_id=member.producer.id, on=day, now=now)
    coming = [booking.id for line in lines for booking, _items in line.parties]
    taken = await extras.list_taken(session, coming)
    may_invoice = member.has(Role.ACCOUNTANT)
    ids = [line.seats.departure.id for line in lines]
    kept = await invoicing.list_kept(session, ids) if may_invoice else {}
    sold = [*coming, *(booking.id for found in kept.values() for booking in found)]
    asked = await invoices.list_waiting(session, SoldKind.BOOKING, sold) if may_invoice else set()
    queues = await waiting.list_waiting(session, ids)
    crews = await resources.list_assigned(session, ids)
    held = await by_hand.list_held(session, ids, now=now)
    rows = [booking for line in lines for booking, _items in line.parties]
    found = await batches.get_batches(session, {row.batch_id for row in rows if row.batch_id})
    papers = sorted(found.values(), key=lambda one: one.id)
    for line in lines:
        parties = [
            VisitorLine(
                name=booking.party_name,
                phone=_phone(booking, member, is_host=is_host),
                heads=booking.heads,
                who=views.say_party(items, lambda text: _speak(request, text)),
                extras=extras.say_all(taken[booking.id]),
                code=booking.code,
                can_come_in=is_host
                # Tomorrow's page is kept by the phone, and read on its day.
                and timedelta() <= day - today(now) <= timedelta(days=1)
                and booking.state is BookingState.CONFIRMED
                and line.seats.departure.state is not DepartureState.CANCELLED,
                note=booking.note if is_host else "",
                paid_minor=booking.refundable_minor if reads_paid else None,
                owed_minor=booking.owed_minor if is_host else 0,
                booking_id=booking.id,
                state=BOOKING_WORDS[booking.state][0],
                kind=BOOKING_WORDS[booking.state][1],
                invoice_id=booking.id if may_invoice else None,
                is_invoice_asked=booking.id in asked,
            )
            for booking, items in line.parties
            if booking.batch_id is None
        ]
        departure = line.seats.departure
        unsold = await batches.count_unsold(session, [booking for booking, _items in line.parties])
        odd = await entries.list_odd(session, [departure.id])
        cards.append(
            ManifestCard(
                line.tour.title,
                say_when(line.tour, departure),
                line.heads,
                line.heads_in,
                departure.capacity,
                parties,
                departure.state is DepartureState.CANCELLED,
                [
                    WaitingLine(
                        name=one.contact_name,
                        phone=(format_phone if is_host else mask_phone)(one.contact_phone),
                        heads=one.heads,
                        note=one.note if is_host else "",
                    )
                    for one in queues[departure.id]
                ],
                _say_missing(line, line.heads - unsold),
                str(request.app.url_path_for("storefront.tours.move", departure_id=departure.id, state="go"))
                if is_host and is_unsure(line.tour, departure)
                else None,
                [await _say_odd(session, one) for one in odd],
                [
                    HeldLine(
                        booking_id=one.booking.id,
                        name=one.booking.contact_name,
                        phone=_phone(one.booking, member, is_host=True),
                        who=views.say_party(one.items, lambda text: _speak(request, text)),
                        until=say_instant(one.booking.expires_at),
                    )
                    for one in held[departure.id]
                    if is_host
                ],
                str(request.app.url_path_for("storefront.tours.hand_form", departure_id=departure.id))
                if is_host and line.seats.is_open
                else None,
                resources.say_crew(crews[departure.id]),
                extras.say_all([one for booking, _items in line.parties for one in taken[booking.id]]),
                [
                    KeptLine(one.id, one.party_name, one.kept_minor, one.id in asked)
                    for one in kept.get(departure.id, ())
                ],
                [_show_paper(line, batch, is_host=is_host) for batch in papers if _is_on(line, batch)],
                unsold,
            )
        )
    page = DayPage(
        on=day,
        day=_(
            "%(weekday)s %(date)s",
            weekday=WEEKDAYS[day.weekday()],
            date=f"{day.day}/{day.month}/{day.year}",
        ),
        cards=cards,
        previous_href=f"{path}?on={day - timedelta(days=1)}",
        next_href=f"{path}?on={day + timedelta(days=1)}",
    )
    return await render(request, page)


def _is_on(line: tickets.DayLine, batch: TicketBatch) -> bool:
    return any(booking.batch_id == batch.id for booking, _items in line.parties)


def _show_paper(line: tickets.DayLine, batch: TicketBatch, *, is_host: bool) -> PaperLine:
    """A batch in one line: who comes with its tickets is not known."""
    own = [(booking, items) for booking, items in line.parties if booking.batch_id == batch.id]
    inside = sum(item.heads for _booking, items in own for item, _unit in items if item.redeemed_at)
    return PaperLine(
        batch_id=batch.id if is_host else None,
        name=batch.point_name,
        phone=(format_phone if is_host else mask_phone)(batch.point_phone),
        tickets=len(own),
        heads=sum(booking.heads for booking, _items in own),
        inside=inside,
    )


def _phone(booking: Booking, member: Member, *, is_host: bool) -> str:
    """The guest's number; empty where the host's own phone holds the ticket, as the guest gave none (110)."""
    if not is_host:
        return mask_phone(booking.contact_phone)
    return "" if booking.contact_phone == member.person.phone else format_phone(booking.contact_phone)


def _say_missing(line: tickets.DayLine, paid: int) -> Text | None:
    tour, departure = line.tour, line.seats.departure
    if not is_unsure(tour, departure):
        return None
    if paid >= tour.minimum_heads:
        return _(
            "Đã có %(heads)s người, đủ để đi. Chốt lúc %(by)s.",
            heads=paid,
            by=say_instant(decide_at(tour, departure)),
        )
    return _(
        "Mới có %(heads)s trên %(least)s người, chốt lúc %(by)s.",
        heads=paid,
        least=tour.minimum_heads,
        by=say_instant(decide_at(tour, departure)),
    )


async def _say_odd(session: AsyncSession, odd: OddScan) -> Text:
    by = (await accounts.get_person(session, odd.scan.person_id)).name
    about = {"name": odd.booking.contact_name, "code": odd.booking.code, "heads": odd.heads, "by": by}
    at = _clock(odd.scan.scanned_at)
    if odd.first is not None:
        who = (await accounts.get_person(session, odd.first.person_id)).name
        return _(
            "Một vé vào hai lần: %(name)s, mã %(code)s, %(heads)s người. Lần đầu %(before)s, %(who)s soát; lần sau %(at)s, %(by)s soát. Bạn hỏi lại người soát vé.",
            before=_clock(odd.first.scanned_at),
            who=who,
            at=at,
            **about,
        )
    if odd.scan.trouble is ScanTrouble.WRONG_DAY:
        return _(
            "Vào nhầm ngày: %(name)s, mã %(code)s, %(heads)s người, %(by)s cho vào %(at)s.", at=at, **about
        )
    if odd.scan.trouble is ScanTrouble.CANCELLED:
        return _(
            "Đã hủy mà vẫn vào: %(name)s, mã %(code)s, %(heads)s người, %(by)s cho vào %(at)s lúc máy chưa có sóng.",
            at=at,
            **about,
        )
    if odd.scan.trouble is ScanTrouble.FULL:
        return _(
            "Hết chỗ mà vẫn vào: vé giấy của %(name)s, %(heads)s người, %(by)s cho vào %(at)s. Bạn xếp thêm chỗ cho khách.",
            at=at,
            **about,
        )
    return _(
        "Chưa trả tiền mà vẫn vào: %(name)s, mã %(code)s, %(heads)s người, %(by)s cho vào %(at)s.",
        at=at,
        **about,
    )


def _clock(at: datetime) -> str:
    there = in_vietnam(at)
    return f"{there:%H:%M} {there.day}/{there.month}"


@router.get("/gate", name="storefront.tours.gate")
async def show_gate(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now, code: str = ""
) -> Response:
    """Type a code, or arrive with one from the ticket's QR."""
    if not code.strip():
        return await render(request, _page(request, member, Form()))
    form = Form({"code": code.strip() if symbols.find_letters(code) else tickets.normalise(code)})
    keys = symbols.signers(request.app.state.house.secret)
    paper = await batch_seats.find_open(session, text=code, producer_id=member.producer.id, keys=keys)
    if paper is not None and paper.is_open and member.has(*HOST_ROLES):
        # Its day is still to be chosen; whoever stands at the gate comes in from there.
        path = request.app.url_path_for("storefront.tours.paper", code=paper.ticket.code)
        return RedirectResponse(str(path), HTTPStatus.SEE_OTHER)
    try:
        gate = await _look_up(request, session, code, member, now)
    except AppError as error:
        page = _page(request, member, form, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return await render(request, _page(request, member, form, gate=gate, refusal=gate.refusal))


@router.get("/gate/manifest", name="storefront.tours.manifest")
async def show_manifest(
    request: Request, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now, on: str = ""
) -> Response:
    """The day's list for the phone at the gate; 304 when nothing of it changed."""
    member.require(*HOST_ROLES)
    day = find_day(on) or today(now)
    keys = symbols.signers(house.secret)
    made = await manifest.make_manifest(session, producer_id=member.producer.id, on=day, keys=keys, now=now)
    body = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match", "").removeprefix("W/") == etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.post("/gate", name="storefront.tours.check_in")
async def check_in(
    request: Request, *, session: DbSession, house: TheHouse, member: CurrentMember, done_at: DoneAt
) -> Response:
    """Let the party in, once, judged by the hour at which it stood at the gate.

    What a phone wrote down without signal has happened already: it is kept, and the day's page says what is odd of it.
    """
    member.require(*HOST_ROLES)
    form = (await read_submission(request)).form
    code = form.values.get("code", "")
    envelope = envelope_of(request)
    if envelope is not None:
        on = await _record(request, session, member, envelope, form)
        # Never the gate with a word of welcome in its address: anybody could print that on a ticket.
        path = request.app.url_path_for("storefront.tours.day")
        return RedirectResponse(f"{path}?on={on}", HTTPStatus.SEE_OTHER)
    try:
        async with session.begin_nested():
            keys = symbols.signers(house.secret)
            await batch_seats.walk_in(
                session, text=code, producer_id=member.producer.id, keys=keys, now=done_at
            )
            gate = await tickets.check_in(
                session,
                code=code,
                producer_id=member.producer.id,
                person_id=member.person.id,
                now=done_at,
                keys=keys,
            )
    except AppError as error:
        seen = await _find(request, session, code, member, done_at)
        page = _page(request, member, form.refused(error), gate=seen, refusal=error.message)
        return await render(request, page, status=status_of(error))
    welcome = _("Mời vào: %(name)s, %(heads)s người.", name=gate.party.booking.party_name, heads=gate.heads)
    return await render(
        request, _page(request, member, Form(), gate=gate, welcome=welcome), status=HTTPStatus.OK
    )


async def _record(
    request: Request, session: AsyncSession, member: Member, envelope: Envelope, form: Form
) -> date:
    """Keep a scan that came by the outbox; answers the day on whose page it stands."""
    keys = symbols.signers(request.app.state.house.secret)
    code = form.values.get("code", "")
    kept = await batch_seats.keep_walk_in(
        session, text=code, producer_id=member.producer.id, keys=keys, at=envelope.captured_at
    )
    if kept is not None:
        means = ScanMeans.SYMBOL if symbols.find_letters(code) else ScanMeans.CODE
        found = Found(kept.booking, kept.booking.code, means)
    else:
        found = await tickets.find(session, text=code, producer_id=member.producer.id, keys=keys)
    scan = NewScan(
        id=envelope.id,
        means=found.means,
        person_id=member.person.id,
        device_id=envelope.device_id,
        scanned_at=envelope.captured_at,
        places=None if kept else read_places(form.values.get("places", "")),
    )
    return await entries.record(
        session,
        found.booking.id,
        found.code,
        scan=scan,
        now=envelope.received_at,
        trouble=kept.trouble if kept else None,
    )


async def _look_up(request: Request, session: AsyncSession, code: str, member: Member, now: datetime) -> Gate:
    keys = symbols.signers(request.app.state.house.secret)
    return await tickets.look_up(session, code=code, producer_id=member.producer.id, now=now, keys=keys)


async def _find(
    request: Request, session: AsyncSession, code: str, member: Member, now: datetime
) -> Gate | None:
    try:
        return await _look_up(request, session, code, member, now)
    except AppError:
        return None


def _page(
    request: Request,
    member: Member,
    form: Form,
    *,
    gate: Gate | None = None,
    refusal: Text | None = None,
    welcome: Text | None = None,
) -> GatePage:
    return GatePage(
        form=form,
        gate=gate,
        who=views.say_party(gate.items, lambda text: _speak(request, text)) if gate else "",
        extras=extras.say_all(gate.party.extras) if gate else None,
        when=say_when(gate.party.tour, gate.party.departure) if gate else None,
        refusal=refusal,
        welcome=welcome,
        can_check_in=member.has(*HOST_ROLES),
        reads_paid=_reads_paid(member),
    )


def _reads_paid(member: Member) -> bool:
    """Whether what a visitor paid is this member's to know: who receives guests, and who reads the producer's money."""
    return member.has(*HOST_ROLES) or privacy.reads_all(member, Role.MEMBER, Role.PACKER)


def _speak(request: Request, text: Text) -> str:
    spoken: str = request.app.state.house.catalogue.translate(text, language_of(request))
    return spoken
