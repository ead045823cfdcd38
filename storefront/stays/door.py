"""The door of the house: who comes, sleeps and leaves on a day; letting guests in by their code, and letting them go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import Text, _
from app.core.ids import is_valid_code
from storefront.stays import booking_repository, bookings, night_repository, settlement
from storefront.stays import service as stays
from storefront.stays.bookings import Party
from storefront.stays.errors import NotReceivableError, UnknownCodeError
from storefront.stays.models import SleepingPlace, Stay, StayBooking, StayState
from storefront.stays.states import move, state_at
from storefront.stays.words import say_instant, say_span

_MOST_LETTERS = 20


@dataclass(frozen=True)
class Guest:
    """One party of a day."""

    booking: StayBooking
    place: SleepingPlace
    stay: Stay


@dataclass(frozen=True)
class Evening:
    """A day of a producer's houses: who arrives, who slept here and stays, who leaves."""

    arriving: list[Guest]
    staying: list[Guest]
    leaving: list[Guest]

    @property
    def heads(self) -> int:
        """How many people sleep here tonight."""
        here = [*self.arriving, *self.staying]
        return sum(one.booking.heads for one in here if one.booking.state is not StayState.LEFT)


async def list_day(session: AsyncSession, *, producer_id: UUID, on: date) -> Evening:
    """List a day's guests that have paid; who left before their time is seen on the day of leaving alone."""
    found = [Guest(*row) for row in await booking_repository.list_around(session, producer_id, on)]
    return Evening(
        arriving=[one for one in found if one.booking.arrives_on == on],
        staying=[
            one
            for one in found
            if one.booking.arrives_on < on < one.booking.leaves_on and one.booking.state is not StayState.LEFT
        ],
        leaving=[one for one in found if one.booking.leaves_on == on],
    )


async def find(session: AsyncSession, *, text: str, producer_id: UUID) -> Party:
    """Find whom a code names, however it is spelled; raises `UnknownCodeError`."""
    code = "".join(char for char in text.upper() if char.isalnum())[:_MOST_LETTERS]
    if not is_valid_code(code):
        raise UnknownCodeError(_("Mã này đọc hay gõ sai một chữ. Bạn xem lại từng chữ nhé."))
    booking = await booking_repository.find_by_code(session, code, producer_id)
    if booking is None:
        raise UnknownCodeError(_("Nhà mình không có khách nào mang mã này."))
    return await bookings.get_party(session, booking)


def why_not(booking: StayBooking, *, now: datetime) -> Text | None:
    """Say why guests cannot be let in now; None when they can.

    Whoever comes a night late is let in: the beds were paid for.
    """
    match state_at(booking, now):
        case StayState.CONFIRMED if booking.arrives_on > today(now):
            return _("Khách này chưa đến ngày. Đặt %(span)s.", span=say_span(booking))
        case StayState.CONFIRMED if booking.leaves_on <= today(now):
            return _("Lần đặt này đã qua. Đặt %(span)s.", span=say_span(booking))
        case StayState.CONFIRMED:
            return None
        case StayState.HERE | StayState.LEFT:
            assert booking.came_at is not None  # noqa: S101 - whoever is here has come
            return _("Khách này đã nhận chỗ lúc %(when)s.", when=say_instant(booking.came_at))
        case StayState.CANCELLED:
            return _("Lần đặt này đã hủy.")
        case _:
            return _("Lần đặt này chưa trả tiền.")


async def receive(
    session: AsyncSession, *, code: str, producer_id: UUID, person_id: UUID, now: datetime
) -> Party:
    """Let the guests of a code in, once.

    Raises `UnknownCodeError`, and `NotReceivableError` with the reason.
    """
    party = await find(session, text=code, producer_id=producer_id)
    booking = await settlement.lock_booking(session, party.booking.id)
    refusal = why_not(booking, now=now)
    if refusal is not None:
        raise NotReceivableError(refusal)
    move(booking, StayState.HERE)
    booking.came_at, booking.received_by_id = now, person_id
    await session.flush()
    return party


async def let_go(
    session: AsyncSession, *, booking_id: UUID, producer_id: UUID, frees: bool, now: datetime
) -> int:
    """Note that guests have gone; with `frees` the nights that they paid for and do not use are sold again.

    Answers how many nights went back. Their price is not given back: the guests were promised a bed, and it was kept
    for them. Raises `StayBookingNotFoundError`, `TransitionError` for guests who have not come, or have gone.
    """
    await bookings.get_own(session, booking_id=booking_id, producer_id=producer_id)
    booking = await settlement.lock_booking(session, booking_id)
    move(booking, StayState.LEFT)
    booking.left_at = now
    await session.flush()
    if not frees:
        return 0
    unused = await booking_repository.sum_nights(session, [booking.id], from_on=today(now))
    await booking_repository.mark_freed(
        session, booking.id, [night_id for night_id, _units in unused], now=now
    )
    await night_repository.free(session, unused)
    await stays.refresh(session, booking.stay_id)
    return len(unused)


def count_unused(booking: StayBooking, *, now: datetime) -> int:
    """How many nights guests who are here have before them, tonight included."""
    left = booking.leaves_on - max(today(now), booking.arrives_on)
    return max(left, timedelta()).days
