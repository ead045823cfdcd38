"""Calling off: weather or road, and nobody can come; who has paid chooses what they want instead (BOOKINGS.md, 36-38)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import in_vietnam, today
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.notices import service as notices
from storefront.tours import (
    batch_settling,
    batches,
    booking_repository,
    bookings,
    cancelling,
    choice_repository,
    departure_repository,
    departures,
    season_repository,
    seats,
    settlement,
)
from storefront.tours import service as tours
from storefront.tours.errors import MovingError, PlanError, TransitionError, VisitorsHereError
from storefront.tours.models import (
    Booking,
    BookingState,
    CallOffReason,
    ChoiceAnswer,
    Departure,
    DepartureState,
    Tour,
)
from storefront.tours.states import LIVE, booking_state_at
from storefront.tours.words import REASON_WORDS, say_when

_TRIES = 5


@dataclass(frozen=True)
class CalledOff:
    """What a tap did: departures called off, parties asked what they want, departures that stand as visitors are there."""

    departures: int
    parties: int
    standing: frozenset[UUID]


@dataclass(frozen=True)
class OffDay:
    """A departure of a day, with who has paid for it, or what they chose since it was called off."""

    tour: Tour
    departure: Departure
    parties: int
    heads: int
    has_visitors: bool
    answers: dict[ChoiceAnswer | None, int]
    papers: int
    """Paper tickets, of which sales points are told."""


async def call_off(
    session: AsyncSession,
    *,
    departure_id: UUID,
    reason: CallOffReason,
    note: str = "",
    secret: bytes,
    address: str,
    now: datetime,
) -> CalledOff:
    """Call one departure off; called off already, nothing changes. `address` is the site's own, without a slash at its end.

    Raises `VisitorsHereError`, `MovingError`, `TransitionError` for one that is over: what it earned may be paid out.
    """
    departure = await departures.get_departure(session, departure_id)
    if departure.state is not DepartureState.CANCELLED and departure.ends_at <= now:
        raise TransitionError
    done = await _call_off(
        session, [departure], reason=reason, note=note, secret=secret, address=address, now=now
    )
    if done.standing:
        raise VisitorsHereError
    return done


async def call_off_day(
    session: AsyncSession,
    *,
    producer_id: UUID,
    on: date,
    reason: CallOffReason,
    note: str = "",
    secret: bytes,
    address: str,
    now: datetime,
) -> CalledOff:
    """Call off all that a producer has on a day and is not over; one with visitors inside stands.

    Again, it does what is left. Raises `PlanError` for a day gone by, `MovingError` when bookings keep coming in.
    """
    if on < today(now):
        raise PlanError("on", _("Ngày này đã qua rồi."))
    found = [
        one
        for one in await season_repository.list_on(session, producer_id, [on])
        if one.ends_at > now and (one.state is not DepartureState.CLOSED or one.taken)
    ]
    return await _call_off(session, found, reason=reason, note=note, secret=secret, address=address, now=now)


async def list_day(session: AsyncSession, *, producer_id: UUID, on: date) -> list[OffDay]:
    """List a day's departures with who has paid, and what guests of those called off chose."""
    return await describe(session, await season_repository.list_on(session, producer_id, [on]))


async def describe(session: AsyncSession, found: Sequence[Departure]) -> list[OffDay]:
    """Tell of departures who has paid, whether somebody is there, and what was chosen since they were called off."""
    ids = [one.id for one in found]
    by_id = await tours.get_tours(session, {one.tour_id for one in found})
    paid = await booking_repository.list_visitors(
        session, ids, [BookingState.CONFIRMED, BookingState.REDEEMED]
    )
    come = await booking_repository.list_entered(session, [one.id for one in paid])
    answers = await choice_repository.count_answers(session, ids)
    lines = []
    for one in found:
        here = [booking for booking in paid if booking.departure_id == one.id]
        parties = [booking for booking in here if booking.batch_id is None]
        lines.append(
            OffDay(
                by_id[one.tour_id],
                one,
                len(parties),
                sum(booking.heads for booking in parties),
                any(booking.id in come for booking in here),
                answers[one.id],
                len(here) - len(parties),
            )
        )
    return lines


async def _call_off(
    session: AsyncSession,
    found: Sequence[Departure],
    *,
    reason: CallOffReason,
    note: str,
    secret: bytes,
    address: str,
    now: datetime,
) -> CalledOff:
    """Call departures off together: all their bookings are locked first, ids ascending, then the counters in turn."""
    left = {one.id: one for one in found if one.state is not DepartureState.CANCELLED}
    by_id = await tours.get_tours(session, {one.tour_id for one in left.values()})
    standing: set[UUID] = set()
    freed = Counter[UUID]()
    called = asked = 0
    for number in range(_TRIES):
        live = await booking_repository.lock_live(session, left.keys(), LIVE)
        come = await booking_repository.list_entered(session, [booking.id for booking in live])
        inside = {booking.departure_id for booking in live if booking.id in come}
        if inside and number:
            raise MovingError
        standing |= inside
        left = {id_: one for id_, one in left.items() if id_ not in inside}
        ours = [(booking, left[booking.departure_id]) for booking in live if booking.departure_id in left]
        kept = await _end_unpaid(session, ours, by_id, freed, reason=reason, now=now)
        for booking, departure in ours:
            if booking.state is BookingState.CONFIRMED:
                tour = by_id[departure.tour_id]
                link = f"{address}/bookings/{bookings.token_of(booking, secret)}"
                asked += await _ask(session, booking, tour, departure, reason=reason, link=link, now=now)
        for id_ in sorted(left):
            heads = kept[id_] + freed[id_]
            # A booking that slipped in between fails the count, and is fetched next.
            done = await departure_repository.call_off(
                session, id_, heads=heads, kept=kept[id_], reason=reason, note=note
            )
            if done:
                called += 1
                await seats.wake_beside(session, id_)
                await _tell_hosts(session, by_id[left[id_].tour_id], left[id_], heads, reason=reason, now=now)
            if done or (await departures.get_departure(session, id_)).state is DepartureState.CANCELLED:
                left.pop(id_)
        if not left:
            break
    else:
        raise MovingError
    for tour_id in sorted(by_id):
        await tours.refresh(session, tour_id)
    return CalledOff(called, asked, frozenset(standing))


async def _end_unpaid(
    session: AsyncSession,
    found: Sequence[tuple[Booking, Departure]],
    by_id: Mapping[UUID, Tour],
    freed: Counter[UUID],
    *,
    reason: CallOffReason,
    now: datetime,
) -> Counter[UUID]:
    """End what nobody has paid for, an operator holds or lies at a sales point, adding its heads to `freed`; answers the heads of paid parties.

    They stay counted where they are until they have chosen. Whoever was about to pay is told not to.
    """
    kept = Counter[UUID]()
    papers = [booking for booking, _departure in found if booking.batch_id is not None]
    await batches.end_locked(session, papers, now=now)
    for departure in {departure.id: departure for _booking, departure in found}.values():
        own = [booking for booking in papers if booking.departure_id == departure.id]
        freed[departure.id] += sum(booking.heads for booking in own)
        tour, why = by_id[departure.tour_id], REASON_WORDS[reason]
        await batch_settling.tell_called_off(session, own, tour, departure, why=why)
    for booking, departure in found:
        if booking.batch_id is not None:
            continue
        if booking.state is BookingState.CONFIRMED and booking.operator_id is None:
            kept[departure.id] += booking.heads
            continue
        tour = by_id[departure.tour_id]
        # What an operator sold is its own to sell anew, and its guests hear of it from there.
        was_about_to_pay = (
            booking.operator_id is None and booking_state_at(booking, now) is not BookingState.EXPIRED
        )
        await cancelling.cancel_locked(session, booking, tour, now=now)
        freed[departure.id] += booking.heads
        if was_about_to_pay:
            text = _(
                "Chợ Phiên: nhà vườn báo nghỉ %(tour)s, %(when)s: %(why)s. Lần đặt %(code)s đã hủy, bạn đừng chuyển tiền nữa.",
                tour=tour.title,
                when=say_when(tour, departure),
                why=REASON_WORDS[reason],
                code=booking.code,
            )
            await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
    return kept


async def _tell_hosts(
    session: AsyncSession,
    tour: Tour,
    departure: Departure,
    heads: int,
    *,
    reason: CallOffReason,
    now: datetime,
) -> None:
    """Tell whoever receives guests that nobody comes; a departure that nobody had booked is no news."""
    if not heads:
        return
    text = _(
        "Đã báo nghỉ %(tour)s, %(when)s, vì %(why)s. Khách đã được nhắn tin.",
        tour=tour.title,
        when=say_when(tour, departure),
        why=REASON_WORDS[reason],
    )
    await settlement.tell_hosts(session, tour, departure, kind="departure_cancelled", text=text, now=now)


async def _ask(
    session: AsyncSession,
    booking: Booking,
    tour: Tour,
    departure: Departure,
    *,
    reason: CallOffReason,
    link: str,
    now: datetime,
) -> int:
    """Let a paid party choose and tell it so, once, with the link of its own page; answers how many were asked now."""
    choice = await choice_repository.insert_choice(
        session, booking_id=booking.id, departure_id=departure.id, now=now
    )
    if choice is None:
        return 0
    text = _(
        "Chợ Phiên: nhà vườn báo nghỉ %(tour)s, %(when)s: %(why)s. Trước %(until)s, bạn chọn ngày khác hoặc lấy lại đủ "
        "%(amount)s: %(link)s. Không chọn thì tiền tự về.",
        tour=tour.title,
        when=say_when(tour, departure),
        why=REASON_WORDS[reason],
        amount=format_dong(booking.refundable_minor),
        until=say_until(choice.expires_at),
        link=link,
    )
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
    return 1


def say_until(expires_at: datetime) -> Text:
    """Say until when guests may choose."""
    there = in_vietnam(expires_at)
    return _("%(time)s ngày %(date)s", time=f"{there:%H:%M}", date=f"{there.day}/{there.month}")
