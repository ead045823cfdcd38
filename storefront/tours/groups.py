"""Groups: a school or a company asks for a day, the host answers with a price of its own, the group takes it (BOOKINGS.md, 89)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN
from app.core.i18n import Text, _
from app.core.ids import derive_token, hash_token, uuid7
from app.core.money import format_dong
from app.core.phone import format_phone
from app.notices import service as notices
from storefront.tours import bookings, departures, group_repository, settlement
from storefront.tours import service as tours
from storefront.tours.bookings import Wish
from storefront.tours.errors import (
    GroupClosedError,
    GroupNotFoundError,
    NotBookableError,
    PartyError,
    PlanError,
)
from storefront.tours.group_models import GroupRequest, GroupState
from storefront.tours.models import Booking, BookingState, Departure, Tour
from storefront.tours.schemas import GroupFields, GroupOfferFields, NewBooking, PricePer
from storefront.tours.states import booking_state_at, is_bookable, last_booking_at
from storefront.tours.words import say_instant, say_when

HOLD = timedelta(hours=24)
"""So long a group has for its transfer once it took the offer: schools do not pay in a quarter of an hour."""
MOST_SHOWN = 100
OPEN = frozenset({GroupState.ASKED, GroupState.OFFERED})
_TOKEN_PURPOSE = "group"  # noqa: S105 - names what the token opens, is no secret


@dataclass(frozen=True)
class Asked:
    """What a group asked for, where it leads to, and the booking that came of it."""

    request: GroupRequest
    departure: Departure
    tour: Tour
    booking: Booking | None


def token_of(request: GroupRequest, secret: bytes) -> str:
    """The token of a group's private link."""
    return derive_token(secret, _TOKEN_PURPOSE, request.id)


async def get_by_token(session: AsyncSession, token: str) -> GroupRequest:
    """Get what the private link of a group opens; raises `GroupNotFoundError`."""
    request = await group_repository.find_by_token_hash(session, hash_token(token))
    if request is None:
        raise GroupNotFoundError
    return request


async def get_own(session: AsyncSession, *, request_id: UUID, producer_id: UUID) -> Asked:
    """Get what a group asked of this producer; another's does not exist for them (`GroupNotFoundError`)."""
    request = await group_repository.find_request(session, request_id)
    if request is None:
        raise GroupNotFoundError
    asked = await get_asked(session, request)
    if asked.tour.producer_id != producer_id:
        raise GroupNotFoundError
    return asked


async def get_asked(session: AsyncSession, request: GroupRequest) -> Asked:
    """Get all that a group's own page shows."""
    departure = await departures.get_departure(session, request.departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    booking = await bookings.get_booking(session, request.booking_id) if request.booking_id else None
    return Asked(request, departure, tour, booking)


async def list_of(session: AsyncSession, producer_id: UUID) -> list[tuple[GroupRequest, Departure, Tour]]:
    """List what groups asked of a producer, the newest first."""
    return await group_repository.list_of(session, producer_id, limit=MOST_SHOWN)


def can_accept(asked: Asked, now: datetime) -> bool:
    """Whether the group may take the offer at `now`: in time, and not while it holds seats or has paid for them."""
    until = asked.request.offer_until
    if until is None or until <= now:
        return False
    if asked.request.state is GroupState.ACCEPTED and asked.booking is not None:
        # Whoever did not pay in time, or gave the hold back, may take the same offer again.
        is_over = booking_state_at(asked.booking, now) in {BookingState.EXPIRED, BookingState.CANCELLED}
        return is_over and asked.booking.confirmed_at is None
    return asked.request.state is GroupState.OFFERED


async def ask(
    session: AsyncSession,
    *,
    fields: GroupFields,
    secret: bytes,
    language: str,
    now: datetime,
) -> GroupRequest:
    """Keep what a group asks for and tell the host; nobody holds anything yet. The same id again answers the first one.

    Raises `NotBookableError`, `PartyError` for more heads than the day ever takes, `DepartureNotFoundError`.
    """
    known = await group_repository.find_request(session, fields.id)
    if known is not None:
        return _answer(known, fields)
    departure = await departures.get_departure(session, fields.departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    if not is_bookable(tour, departure, now):
        raise NotBookableError
    if fields.heads > departure.capacity:
        words = _("Ngày này đón nhiều nhất %(most)s người.", most=departure.capacity)
        raise PartyError(words, field="heads")
    await _pick(session, tour, fields.heads)
    values = {
        **fields.model_dump(),
        "token_hash": hash_token(derive_token(secret, _TOKEN_PURPOSE, fields.id)),
        "state": GroupState.ASKED,
        "language": language,
        "created_at": now,
    }
    is_new = await group_repository.insert_request(session, values)
    request = await group_repository.find_request(session, fields.id)
    assert request is not None  # noqa: S101 - inserted by us or by another, and never deleted
    if not is_new:
        return _answer(request, fields)
    text = _(
        "Đoàn hỏi giá: %(group)s, %(heads)s người, %(tour)s, %(when)s. Người liên hệ %(name)s, %(phone)s.",
        group=request.group_name,
        heads=request.heads,
        tour=tour.title,
        when=say_when(tour, departure),
        name=request.contact_name,
        phone=format_phone(request.contact_phone),
    )
    await settlement.tell_hosts(session, tour, departure, kind="group_asked", text=text, now=now)
    return request


def _answer(known: GroupRequest, fields: GroupFields) -> GroupRequest:
    """Answer with a request that is there, to whoever made it: an id is no key to somebody else's page."""
    if known.contact_phone != fields.contact_phone:
        raise NotBookableError
    return known


async def offer(
    session: AsyncSession,
    *,
    request_id: UUID,
    producer_id: UUID,
    fields: GroupOfferFields,
    secret: bytes,
    address: str,
    now: datetime,
) -> GroupRequest:
    """Answer a group with a price and until when it holds; again, the newer offer counts, until the group took one.

    `address` is the site's own, without a slash at its end. Raises `GroupNotFoundError`, `GroupClosedError`, `PlanError`
    for a deadline that is over.
    """
    asked = await get_own(session, request_id=request_id, producer_id=producer_id)
    end = datetime.combine(fields.until_on + timedelta(days=1), time(), VN)
    until = min(end, last_booking_at(asked.tour, asked.departure))
    if until <= now:
        raise PlanError("until_on", _("Hạn trả lời phải còn ở phía trước."))
    total = fields.amount_minor * (asked.request.heads if fields.per is PricePer.HEAD else 1)
    values = {
        "state": GroupState.OFFERED,
        "offer_minor": total,
        "offer_deposit_percent": fields.deposit_percent,
        "offer_note": fields.note,
        "offer_until": until,
    }
    if not await group_repository.answer(session, request_id, OPEN, values):
        raise GroupClosedError
    text = _(
        "Chợ Phiên: nhà vườn báo giá cho %(group)s: %(total)s, %(heads)s người, %(tour)s, %(when)s. Xem và nhận trước %(until)s: %(link)s",
        group=asked.request.group_name,
        total=format_dong(total),
        heads=asked.request.heads,
        tour=asked.tour.title,
        when=say_when(asked.tour, asked.departure),
        until=say_instant(until),
        link=f"{address}/groups/{token_of(asked.request, secret)}",
    )
    await _tell(session, asked.request, text)
    return (await get_own(session, request_id=request_id, producer_id=producer_id)).request


async def decline(session: AsyncSession, *, request_id: UUID, producer_id: UUID) -> None:
    """Say no to a group, which is told once; raises `GroupNotFoundError`, `GroupClosedError`."""
    # Behind its lock: of two taps at one instant the second finds what the first did.
    await group_repository.lock_request(session, request_id)
    asked = await get_own(session, request_id=request_id, producer_id=producer_id)
    if asked.request.state is GroupState.DECLINED:
        return
    if not await group_repository.answer(session, request_id, OPEN, {"state": GroupState.DECLINED}):
        raise GroupClosedError
    text = _(
        "Chợ Phiên: %(tour)s, %(when)s, nhà vườn không đón được %(group)s. Bạn hỏi ngày khác nhé.",
        group=asked.request.group_name,
        tour=asked.tour.title,
        when=say_when(asked.tour, asked.departure),
    )
    await _tell(session, asked.request, text)


async def withdraw(session: AsyncSession, *, request_id: UUID) -> None:
    """The group changed its mind before it took an offer; raises `GroupClosedError` once it did."""
    request = await group_repository.lock_request(session, request_id)
    if request is not None and request.state is GroupState.WITHDRAWN:
        return
    if not await group_repository.answer(session, request_id, OPEN, {"state": GroupState.WITHDRAWN}):
        raise GroupClosedError


async def accept(session: AsyncSession, *, request_id: UUID, secret: bytes, now: datetime) -> Booking:
    """Take the offer: all seats of the group are held, or none, for a day of time to pay; tapped twice it is one booking.

    Raises `GroupClosedError` (nothing is offered, or not any more), `SoldOutError` (with the seats left),
    `NotBookableError`; after one of them the caller rolls back, and the offer stands until its time is over.
    """
    request = await group_repository.lock_request(session, request_id)
    if request is None:
        raise GroupNotFoundError
    asked = await get_asked(session, request)
    if not can_accept(asked, now):
        if asked.booking is not None and asked.booking.state is not BookingState.EXPIRED:
            return asked.booking
        raise GroupClosedError
    wish = await _pick(session, asked.tour, request.heads)
    new = NewBooking(
        id=uuid7(),
        departure_id=request.departure_id,
        units={unit.id: count for unit, count in wish.units},
        contact_name=request.contact_name,
        contact_phone=request.contact_phone,
        note=request.note,
    )
    booking = await bookings.create_booking(
        session,
        booking=new,
        secret=secret,
        person_id=None,
        language=request.language,
        now=now,
        until=min(now + HOLD, last_booking_at(asked.tour, asked.departure)),
        agreed=Wish(
            wish.option,
            wish.units,
            agreed_minor=request.offer_minor,
            deposit_percent=request.offer_deposit_percent,
            group_name=request.group_name,
        ),
    )
    request.state, request.booking_id = GroupState.ACCEPTED, booking.id
    await session.flush()
    return booking


async def _pick(session: AsyncSession, tour: Tour, heads: int) -> Wish:
    """The tickets of a group: one for each head, of the first way to take the tour that sells such; raises `PartyError`."""
    for one in (await tours.list_offers(session, [tour.id]))[tour.id]:
        for unit in one.units:
            if unit.pax_count == 1:
                return Wish(one.option, [(unit, heads)])
    raise PartyError(_("Chuyến này chưa nhận đặt theo đoàn."), field="heads")


async def _tell(session: AsyncSession, request: GroupRequest, text: Text) -> None:
    await notices.send_message(session, phone=request.contact_phone, text=text, lang=request.language)
