"""Another day: a party goes with the same people at the price that it paid (BOOKINGS.md, 14 and 15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.notices import service as notices
from storefront.tours import (
    booking_repository,
    bookings,
    choice_repository,
    departure_repository,
    departures,
    deposits,
    gate_repository,
    seats,
    settlement,
    terms,
)
from storefront.tours import service as tours
from storefront.tours.departures import Seats
from storefront.tours.errors import (
    ChosenError,
    DepartureNotFoundError,
    NotBookableError,
    NotMovableError,
)
from storefront.tours.models import Booking, BookingState, ChoiceAnswer, Departure, DepartureState, Tour
from storefront.tours.states import booking_state_at, is_bookable, is_unsure, last_booking_at
from storefront.tours.words import say_when

MOVABLE = frozenset({BookingState.ON_HOLD, BookingState.CONFIRMED})


def why_not(booking: Booking, tour: Tour, departure: Departure, *, now: datetime) -> Text | None:
    """Say why a visitor cannot go on another day now; None when they can."""
    state = booking_state_at(booking, now)
    if state not in MOVABLE:
        return _("Lần đặt này không đổi ngày được nữa.")
    # Whoever was told not to come is never too late, and while the day itself is not sure, nobody is bound.
    is_free = departure.state is DepartureState.CANCELLED or is_unsure(tour, departure)
    steps = terms.steps_kept(booking)
    if state is BookingState.CONFIRMED and not is_free and now >= terms.free_until(steps, departure):
        return _(
            "Đã quá hạn đổi ngày (trước giờ đi %(hours)s giờ), vì nhà vườn đã chuẩn bị đón bạn. "
            "Có việc gấp, bạn gọi cho nhà vườn nhé.",
            hours=steps[0].hours,
        )
    return None


async def list_days(session: AsyncSession, booking: Booking, tour: Tour, *, now: datetime) -> list[Seats]:
    """List the other days of the tour on which the whole party still fits, none dearer than its own; the next first."""
    before, _tour = await booking_repository.get_departure(session, booking)
    is_off = before.state is DepartureState.CANCELLED
    prices = await _price_days(session, booking, tour)
    return [
        one
        for one in await departures.list_seats(session, [tour], now=now, operator_id=booking.operator_id)
        if one.is_open
        and one.left >= booking.heads
        and one.departure.id != booking.departure_id
        and (is_off or prices(one.departure.local_on) <= prices(before.local_on))
    ]


async def _price_days(session: AsyncSession, booking: Booking, tour: Tour) -> Callable[[date], int]:
    """What tickets like a party's cost on a day by the price lists of today, in đồng."""
    items = await booking_repository.list_items(session, [booking.id])
    offers = (await tours.list_offers(session, [tour.id], with_inactive=True))[tour.id]
    [offer] = [one for one in offers if one.option.id == booking.option_id]

    def price(day: date) -> int:
        return sum(offer.price_minor(unit, day) for _item, unit in items)

    return price


async def _require_no_dearer(
    session: AsyncSession, booking: Booking, tour: Tour, before: Departure, after: Departure
) -> None:
    """Refuse a day that costs more: whoever booked a quiet day does not get the feast for it."""
    if before.state is DepartureState.CANCELLED:
        return
    prices = await _price_days(session, booking, tour)
    if prices(after.local_on) > prices(before.local_on):
        raise NotMovableError(_("Ngày này giá cao hơn. Bạn hủy rồi đặt lại ngày này nhé."))


def outlives(booking: Booking, tour: Tour, departure: Departure) -> bool:
    """Whether a hold lasts longer than a departure may be booked: its payment has the same time, so none is shortened."""
    return booking.state is BookingState.ON_HOLD and booking.expires_at > last_booking_at(tour, departure)


async def move(session: AsyncSession, *, booking_id: UUID, departure_id: UUID, now: datetime) -> Booking:
    """Move a whole party to another day of its tour, or nobody; asked for the day that it has, nothing changes.

    A hold keeps its time and its payment, a paid party its tickets. Raises `NotMovableError` with the reason,
    `DepartureNotFoundError` for another tour's day, `NotBookableError`, `SoldOutError` (with the seats left), `ExtraGoneError`; after one
    of them the caller rolls back. From a day that was called off this is the party's choice (37): raises `ChosenError`
    once it has made another, or its time is over.
    """
    booking = await settlement.lock_booking(session, booking_id)
    if booking.departure_id == departure_id:
        return booking
    before, tour = await booking_repository.get_departure(session, booking)
    reason = why_not(booking, tour, before, now=now)
    if reason is not None:
        raise NotMovableError(reason)
    if any(item.redeemed_at for item, _unit in await booking_repository.list_items(session, [booking.id])):
        raise NotMovableError(_("Đã có người vào cổng, nên lần đặt này không đổi ngày được nữa."))
    if before.state is DepartureState.CANCELLED and not await choice_repository.answer(
        session, booking.id, ChoiceAnswer.MOVED, now=now
    ):
        raise ChosenError
    # Both counters in one order, whichever way somebody else goes meanwhile.
    await departure_repository.lock_departures(session, {before.id, departure_id})
    after = await departures.get_departure(session, departure_id)
    if after.tour_id != tour.id:
        raise DepartureNotFoundError
    if not is_bookable(tour, after, now) or outlives(booking, tour, after):
        raise NotBookableError
    await _require_no_dearer(session, booking, tour, before, after)
    if not await bookings.take_seats(
        session,
        after.id,
        booking.heads,
        booking_id=booking.id,
        now=now,
        operator_id=booking.operator_id,
        is_late=True,
    ):
        raise await bookings.refuse(session, after.id, booking=booking, now=now)
    await seats.give_back(session, before.id, booking.heads)
    booking.departure_id = after.id
    if booking.state is BookingState.CONFIRMED:
        await gate_repository.leave_departure(session, departure_id=before.id, booking_id=booking.id, now=now)
    await session.flush()
    await deposits.follow(session, booking, after, now=now)
    await tours.refresh(session, tour.id)
    if booking.state is BookingState.CONFIRMED:
        await _tell(session, booking, tour, before, after, now=now)
    return booking


async def _tell(
    session: AsyncSession, booking: Booking, tour: Tour, before: Departure, after: Departure, *, now: datetime
) -> None:
    if booking.operator_id is None:
        await notices.send_message(
            session,
            phone=booking.contact_phone,
            text=_(
                "Chợ Phiên: %(tour)s đã đổi sang %(when)s, %(heads)s chỗ. Mã vào cổng vẫn là %(code)s.",
                tour=tour.title,
                when=say_when(tour, after),
                heads=booking.heads,
                code=booking.code,
            ),
            lang=booking.language,
        )
    text = _(
        "Khách đổi ngày: %(name)s, %(heads)s người, %(tour)s, từ %(before)s sang %(after)s.",
        name=booking.contact_name,
        heads=booking.heads,
        tour=tour.title,
        before=say_when(tour, before),
        after=say_when(tour, after),
    )
    await settlement.tell_hosts(session, tour, after, kind="booking_moved", text=text, now=now)
