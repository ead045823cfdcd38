"""Go or no go: a day that needs enough guests is sure, or called off, at an hour that all of them know (BOOKINGS.md, 47, 48)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.notices import service as notices
from storefront.tours import (
    batches,
    booking_repository,
    calling_off,
    departure_repository,
    departures,
    settlement,
)
from storefront.tours import service as tours
from storefront.tours.models import (
    BelowRule,
    Booking,
    BookingState,
    CallOffReason,
    Departure,
    DepartureState,
    Tour,
)
from storefront.tours.states import LIVE, decide_at, is_unsure
from storefront.tours.words import say_instant, say_when

ANSWER = timedelta(hours=12)
PAID = frozenset({BookingState.CONFIRMED, BookingState.REDEEMED})


def answer_by(departure: Departure, asked_at: datetime) -> datetime:
    """Until when a host who was asked may say "go": half of the time that is left, twelve hours at most."""
    return asked_at + min(ANSWER, (departure.starts_at - asked_at) / 2)


async def list_undecided(session: AsyncSession, *, now: datetime) -> list[UUID]:
    """List the departures whose hour of decision has come, and that are not sure yet."""
    return await departure_repository.list_undecided(session, now=now)


async def decide(
    session: AsyncSession, *, departure_id: UUID, secret: bytes, address: str, now: datetime
) -> None:
    """Make a day sure for which enough have paid; else ask its host, or call it off, as the tour's rule says.

    A host who was asked and is silent until `answer_by` has said no: guests never stand before a closed gate. Before
    its hour, or decided already, nothing happens. `address` is the site's own, without a slash at its end. Raises
    `MovingError` when bookings keep coming in.
    """
    departure = await departures.get_departure(session, departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    if not decide_at(tour, departure) <= now < departure.starts_at:
        return
    # Locked before they are counted: who is just paying or cancelling counts as it ends.
    live = await booking_repository.lock_live(session, [departure_id], LIVE)
    # Read again behind the locks: another of these jobs, or the host, may have decided while we waited.
    departure = await departures.get_departure(session, departure_id)
    if not is_unsure(tour, departure):
        return
    paid = [booking for booking in live if booking.state in PAID]
    heads = sum(booking.heads for booking in paid) - await batches.count_unsold(session, paid)
    if heads >= tour.minimum_heads:
        if await departure_repository.mark_sure(session, departure_id, now=now):
            await tours.refresh(session, tour.id)
            await _tell_sure(session, paid, tour, departure)
    elif tour.below is BelowRule.ASK and await departure_repository.mark_asked(
        session, departure_id, now=now
    ):
        await _ask(session, tour, departure, heads, now=now)
    elif tour.below is BelowRule.CALL_OFF or now >= answer_by(departure, departure.asked_at or now):
        await calling_off.call_off(
            session,
            departure_id=departure_id,
            reason=CallOffReason.TOO_FEW,
            secret=secret,
            address=address,
            now=now,
        )


async def open_day(session: AsyncSession, *, departure_id: UUID, now: datetime) -> None:
    """Open a day, or open it again; past its hour of decision it is sure. Raises `TransitionError`, `BlackoutError`."""
    await departures.move_departure(session, departure_id=departure_id, state=DepartureState.OPEN)
    departure = await departures.get_departure(session, departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    if is_unsure(tour, departure) and decide_at(tour, departure) <= now:
        await departure_repository.mark_sure(session, departure_id, now=now)


async def go(session: AsyncSession, *, departure_id: UUID, now: datetime) -> None:
    """Make a day sure, however few have paid; guests who did not know yet are told. Raises `TransitionError`."""
    departure = await departures.get_departure(session, departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    was_unsure = is_unsure(tour, departure)
    if was_unsure and departure.state is DepartureState.CLOSED:
        await departure_repository.mark_sure(session, departure_id, now=now)
        await tours.refresh(session, tour.id)
    else:
        await departures.move_departure(session, departure_id=departure_id, state=DepartureState.GO)
    if was_unsure:
        paid = await booking_repository.list_visitors(session, [departure_id], PAID)
        await _tell_sure(session, paid, tour, departure)


def _facts(tour: Tour, departure: Departure, heads: int) -> dict[str, object]:
    return {
        "tour": tour.title,
        "when": say_when(tour, departure),
        "heads": heads,
        "least": tour.minimum_heads,
    }


async def _ask(session: AsyncSession, tour: Tour, departure: Departure, heads: int, *, now: datetime) -> None:
    text: Text = _(
        "Mới có %(heads)s trên %(least)s người trả tiền: %(tour)s, %(when)s. Vẫn đón thì bạn mở trang khách đến, bấm Vẫn đón. "
        "Không bấm trước %(by)s thì chợ báo nghỉ, khách chọn ngày khác hoặc lấy lại đủ tiền.",
        by=say_instant(answer_by(departure, now)),
        **_facts(tour, departure, heads),
    )
    await settlement.tell_hosts(session, tour, departure, kind="too_few", text=text, now=now)


async def _tell_sure(session: AsyncSession, paid: list[Booking], tour: Tour, departure: Departure) -> None:
    for booking in paid:
        if booking.operator_id is not None or booking.batch_id is not None:
            continue
        text = _(
            "Chợ Phiên: chắc chắn đi rồi! %(tour)s, %(when)s. Mã vào cổng %(code)s.",
            tour=tour.title,
            when=say_when(tour, departure),
            code=booking.code,
        )
        await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
