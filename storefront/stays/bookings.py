"""Booked stays: a party holds its beds of every night for a quarter of an hour, pays, and then has them (STAYS.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN, today
from app.core.i18n import _
from app.core.ids import derive_token, hash_token, new_code, with_check
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.stays import booking_repository, night_repository, nights
from storefront.stays import service as stays
from storefront.stays.errors import (
    ClosedNightError,
    FullNightError,
    StayBookingNotFoundError,
    TakenIdError,
    WishError,
)
from storefront.stays.models import SleepingPlace, Stay, StayBooking, StayState
from storefront.stays.schemas import NewStay

HOLD = timedelta(minutes=15)
CODE_BODY = 6
MOST_NIGHTS = 14
_TOKEN_PURPOSE = "stay"  # noqa: S105 - names what the token opens, is no secret


@dataclass(frozen=True)
class Party:
    """A booking with where it leads to, and its nights: (evening, price of one bed)."""

    booking: StayBooking
    place: SleepingPlace
    stay: Stay
    nights: list[tuple[date, int]]


def token_of(booking: StayBooking, secret: bytes) -> str:
    """The token of a booking's private link."""
    return derive_token(secret, _TOKEN_PURPOSE, booking.id)


def at(day: date, hour: time) -> datetime:
    """An hour of a day on Vietnam's clock, as an instant."""
    return datetime.combine(day, hour, VN)


async def get_booking(session: AsyncSession, booking_id: UUID) -> StayBooking:
    """Get a booking as it is now; raises `StayBookingNotFoundError`."""
    booking = await booking_repository.find_booking(session, booking_id)
    if booking is None:
        raise StayBookingNotFoundError
    return booking


async def get_by_token(session: AsyncSession, token: str) -> StayBooking:
    """Get the booking that a private link opens; raises `StayBookingNotFoundError`."""
    booking = await booking_repository.find_by_token_hash(session, hash_token(token))
    if booking is None:
        raise StayBookingNotFoundError
    return booking


async def get_party(session: AsyncSession, booking: StayBooking) -> Party:
    """Get all that a booking's page shows."""
    place, stay = await booking_repository.get_where(session, booking)
    return Party(booking, place, stay, await booking_repository.list_prices(session, booking.id))


async def list_paid(session: AsyncSession, producer_id: UUID, *, ending_after: datetime) -> list[Party]:
    """List every booking of a producer that was ever paid, cancelled ones too, without its nights; the next first."""
    rows = await booking_repository.list_paid(session, producer_id, ending_after=ending_after)
    return [Party(booking, place, stay, []) for booking, place, stay in rows]


async def get_own(session: AsyncSession, *, booking_id: UUID, producer_id: UUID) -> Party:
    """Get a booking at this producer's houses; another's does not exist for them (`StayBookingNotFoundError`)."""
    party = await get_party(session, await get_booking(session, booking_id))
    if party.stay.producer_id != producer_id:
        raise StayBookingNotFoundError
    return party


async def create_booking(
    session: AsyncSession,
    *,
    wish: NewStay,
    secret: bytes,
    person_id: UUID | None,
    language: str,
    now: datetime,
    make_code: Callable[[], str] = lambda: with_check(new_code(CODE_BODY)),
) -> StayBooking:
    """Hold the beds of every night until HOLD is over, and ask for the payment.

    The same id again from the same phone answers the first booking, whatever else it says. Raises `WishError`,
    `ClosedNightError`, `FullNightError` (with the night and its beds left), `PlaceNotFoundError`, `TakenIdError`; after
    one of them the caller rolls back.
    """
    known = await booking_repository.find_booking(session, wish.id)
    if known is not None:
        return _answer(known, wish)
    place, stay = await stays.get_place(session, wish.place_id)
    days = plan_nights(place, wish, now=now)
    try:
        await _look(session, place, days, wish.units, now=now)
    except FullNightError:
        # By its own first sending, perhaps, which came in since we looked for it.
        known = await booking_repository.find_booking(session, wish.id)
        if known is None:
            raise
        return _answer(known, wish)
    prices = [(day, nights.price_of(place, day)) for day in days]
    starts_at = at(wish.arrives_on, stay.check_in)
    values = {
        "id": wish.id,
        "token_hash": hash_token(derive_token(secret, _TOKEN_PURPOSE, wish.id)),
        "stay_id": stay.id,
        "place_id": place.id,
        "person_id": person_id,
        "state": StayState.ON_HOLD,
        "arrives_on": wish.arrives_on,
        "leaves_on": wish.leaves_on,
        "starts_at": starts_at,
        "ends_at": at(wish.leaves_on, stay.check_out),
        "free_until": starts_at - timedelta(hours=stay.cancellation_hours),
        "units": wish.units,
        "heads": wish.heads,
        "total_minor": wish.units * sum(price for _day, price in prices),
        "contact_name": wish.contact_name,
        "contact_phone": wish.contact_phone,
        "note": wish.note,
        "language": language,
        "expires_at": now + HOLD,
        "created_at": now,
    }
    if not await _insert(session, values, make_code):
        return _answer(await get_booking(session, wish.id), wish)
    made = await get_booking(session, wish.id)
    await payments.open_payment(
        session,
        payable_kind=PayableKind.STAY,
        payable_id=made.id,
        payable_code=made.code,
        amount_minor=made.total_minor,
        expires_at=made.expires_at,
        now=now,
    )
    # The counters come last: their rows are what everybody waits for.
    taken = await take_nights(session, place.id, days, wish.units, now=now)
    if taken is None:
        await _look(session, place, days, wish.units, now=now)
        # Beds enough and none given: the house was taken out of the shop window meanwhile.
        raise ClosedNightError(wish.arrives_on)
    await booking_repository.insert_nights(
        session, made.id, [(night_id, price) for night_id, (_day, price) in zip(taken, prices, strict=True)]
    )
    await stays.refresh(session, stay.id)
    return made


def is_wished(booking: StayBooking, wish: NewStay) -> bool:
    """Whether a booking is what a form asks for: the place, its nights, and for how many."""
    made = (booking.place_id, booking.arrives_on, booking.leaves_on, booking.units, booking.heads)
    return made == (wish.place_id, wish.arrives_on, wish.leaves_on, wish.units, wish.heads)


def _answer(known: StayBooking, wish: NewStay) -> StayBooking:
    """Answer with a booking that is there to whoever made it: an id is no key to somebody else's page."""
    if known.contact_phone != wish.contact_phone:
        raise TakenIdError
    return known


def fewest_units(place: SleepingPlace, heads: int) -> int:
    """How many beds or rooms of a place a party needs at least."""
    return -(-heads // place.heads_each)


def plan_nights(place: SleepingPlace, wish: NewStay, *, now: datetime) -> list[date]:
    """List the evenings of a wish; raises `WishError`, and `ClosedNightError` for a place not let."""
    count = (wish.leaves_on - wish.arrives_on).days
    if count < 1:
        raise WishError("leaves_on", _("Ngày về phải sau ngày đến."))
    if count > MOST_NIGHTS:
        raise WishError("leaves_on", _("Mỗi lần đặt được nhiều nhất %(most)s đêm.", most=MOST_NIGHTS))
    if wish.arrives_on < today(now):
        raise WishError("arrives_on", _("Ngày này qua rồi. Bạn chọn ngày khác nhé."))
    if not place.is_active:
        raise ClosedNightError(wish.arrives_on)
    if wish.heads < wish.units:
        raise WishError("units", _("Bạn đặt nhiều chỗ hơn số người."))
    if wish.heads > wish.units * place.heads_each:
        most = wish.units * place.heads_each
        raise WishError("heads", _("Bấy nhiêu chỗ ngủ được %(most)s người. Bạn đặt thêm chỗ nhé.", most=most))
    return nights.list_days(wish.arrives_on, wish.leaves_on - timedelta(days=1))


async def _look(
    session: AsyncSession, place: SleepingPlace, days: Sequence[date], units: int, *, now: datetime
) -> None:
    """Say which night is the first that cannot be had; raises `ClosedNightError`, `FullNightError`."""
    free = await nights.count_free(session, place.id, days[0], days[-1], now=now)
    for day in days:
        left, is_closed = free.get(day, (0, True))
        if is_closed:
            raise ClosedNightError(day)
        if left < units:
            raise FullNightError(day, max(left, 0))


async def _insert(session: AsyncSession, values: dict[str, object], make_code: Callable[[], str]) -> bool:
    """Insert the booking with a code of its own; False when another request made it meanwhile."""
    booking_id = cast("UUID", values["id"])
    while not await booking_repository.insert_booking(session, {**values, "code": make_code()}):
        if await booking_repository.find_booking(session, booking_id) is not None:
            return False
    return True


async def take_nights(
    session: AsyncSession,
    place_id: UUID,
    days: Sequence[date],
    units: int,
    *,
    now: datetime,
    is_late: bool = False,
) -> list[UUID] | None:
    """Take beds of every night, or none of any; answers the nights, None when one of them has too few.

    Holds whose time is over are swept before anybody is refused. `is_late`: the caller holds a payment already, so
    holds that others work on are passed over.
    """
    taken = await _take_all(session, place_id, days, units)
    if taken is None:
        await expire_holds(session, now=now, place_id=place_id, skip_locked=is_late)
        taken = await _take_all(session, place_id, days, units)
    return taken


async def _take_all(
    session: AsyncSession, place_id: UUID, days: Sequence[date], units: int
) -> list[UUID] | None:
    """From the first night to the last, so that no two parties wait for each other; what was taken goes with a failure."""
    taken: list[UUID] = []
    whole = await session.begin_nested()
    for day in days:
        night_id = await night_repository.take(session, place_id, day, units)
        if night_id is None:
            await whole.rollback()
            return None
        taken.append(night_id)
    await whole.commit()
    return taken


async def expire_holds(
    session: AsyncSession, *, now: datetime, place_id: UUID | None = None, skip_locked: bool = True
) -> int:
    """End holds whose time is over, of one place or of all, and give their beds back; answers how many."""
    due = await booking_repository.lock_expired(session, now=now, place_id=place_id, skip_locked=skip_locked)
    ended = await booking_repository.expire(session, due, now=now)
    await night_repository.free(session, await booking_repository.sum_nights(session, list(ended)))
    for stay_id in sorted(set(ended.values())):
        await stays.refresh(session, stay_id)
    return len(ended)


async def list_to_come(
    session: AsyncSession, producer_id: UUID | None = None, *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """List (booking, producer) of every paid stay that is not over."""
    return await booking_repository.list_to_come(session, producer_id, now=now)
