"""Departures: the dates of a tour, and how many heads still fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN, today
from app.core.i18n import _
from app.core.ids import uuid7
from storefront.tours import (
    allotment_repository,
    allotments,
    departure_repository,
    house_repository,
    repository,
    season_repository,
    seats,
)
from storefront.tours import service as tours
from storefront.tours.errors import (
    BlackoutError,
    CapacityError,
    CarSeatsError,
    DepartureNotFoundError,
    HeldCapacityError,
    HouseFullError,
    PlanError,
    SoldOutError,
    TransitionError,
)
from storefront.tours.models import Departure, DepartureState, Tour
from storefront.tours.schemas import DepartureFields
from storefront.tours.states import DEPARTURE_STEPS, check_step, is_bookable, sure_from

MAX_AHEAD = timedelta(days=366)
MAX_AT_ONCE = 120
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Seats:
    """A departure and how many heads still fit; `is_open` when it takes bookings now."""

    departure: Departure
    left: int
    is_open: bool


async def get_departure(session: AsyncSession, departure_id: UUID) -> Departure:
    """Get a departure as it is now; raises `DepartureNotFoundError`."""
    departure = await departure_repository.find_departure(session, departure_id)
    if departure is None:
        raise DepartureNotFoundError
    return departure


async def get_own_departure(session: AsyncSession, *, departure_id: UUID, producer_id: UUID) -> Departure:
    """Get a departure of a producer's tour; another's raises `DepartureNotFoundError` too."""
    departure = await get_departure(session, departure_id)
    if (await tours.get_tour(session, departure.tour_id)).producer_id != producer_id:
        raise DepartureNotFoundError
    return departure


def plan_days(fields: DepartureFields, *, now: datetime) -> list[date]:
    """List the days that a form asks for; raises `PlanError` for days gone by, too far ahead or too many."""
    first = fields.from_on
    last = fields.until_on or first
    if first < today(now):
        raise PlanError("from_on", _("Ngày này đã qua rồi."))
    if last < first:
        raise PlanError("until_on", _("Ngày cuối phải sau ngày đầu."))
    if last > today(now) + MAX_AHEAD:
        raise PlanError(
            "until_on" if fields.until_on else "from_on", _("Chỉ thêm được trong vòng một năm tới.")
        )
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    if fields.until_on and fields.weekdays:
        days = [day for day in days if day.weekday() in fields.weekdays]
    if not days:
        raise PlanError("weekdays", _("Không có ngày nào như vậy trong khoảng này."))
    if len(days) > MAX_AT_ONCE:
        raise PlanError("until_on", _("Mỗi lần thêm được nhiều nhất %(most)s ngày.", most=MAX_AT_ONCE))
    return days


async def create_departures(
    session: AsyncSession, *, tour_id: UUID, fields: DepartureFields, now: datetime
) -> int:
    """Open dates for booking; answers how many are new, for a start that stands already is left as it is.

    Raises `PlanError`, also when nobody is received on any of them. The time is Vietnam's; a date lasts as long as the
    tour says.
    """
    days = plan_days(fields, now=now)
    await tours.get_tour(session, tour_id)
    [tour] = await repository.lock_tours(session, [tour_id])
    closed = {
        one.closed_on
        for one in await season_repository.list_blackouts(
            session, tour.producer_id, from_on=days[0], until_on=days[-1]
        )
    }
    days = [day for day in days if day not in closed]
    if not days:
        raise PlanError("from_on", _("Ngày này nhà mình đã ghi là nghỉ."))
    rows = []
    for day in days:
        starts_at = datetime.combine(day, fields.starts, tzinfo=VN)
        rows.append(
            {
                "id": uuid7(),
                "tour_id": tour_id,
                "local_on": day,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=tour.duration_minutes),
                "capacity": fields.capacity,
                "taken": 0,
                "state": DepartureState.PROVISIONAL if fields.is_provisional else DepartureState.OPEN,
                "sure_at": sure_from(tour, starts_at, now=now),
                "created_at": now,
            }
        )
    added = await departure_repository.insert_departures(session, rows)
    await allotments.keep_held(session, tour, now=now)
    await tours.announce(session, tour, now=now)
    return added


async def list_seats(
    session: AsyncSession,
    found: Collection[Tour],
    *,
    now: datetime,
    on: date | None = None,
    operator_id: UUID | None = None,
) -> list[Seats]:
    """List the departures of tours that have not ended, or those of one day, with their free seats; the next first.

    A hold whose time is over counts as free. Seats that are held for operators are free for theirs: `operator_id` says
    who asks.
    """
    by_id = {tour.id: tour for tour in found}
    after = None if on else now
    rows = await departure_repository.list_departures(
        session, by_id.keys(), now=now, ending_after=after, on=on, operator_id=operator_id
    )
    return [Seats(row, left, is_bookable(by_id[row.tour_id], row, now)) for row, left in rows]


async def list_between(
    session: AsyncSession,
    tour: Tour,
    first: date,
    last: date,
    *,
    now: datetime,
    operator_id: UUID | None = None,
) -> list[Seats]:
    """List the departures of a tour on some days, the ends included, with their free seats."""
    rows = await departure_repository.list_between(
        session, tour.id, first, last, now=now, operator_id=operator_id
    )
    return [Seats(row, left, is_bookable(tour, row, now)) for row, left in rows]


async def list_starting(
    session: AsyncSession,
    tour: Tour,
    starts: Collection[datetime],
    *,
    now: datetime,
    operator_id: UUID | None = None,
) -> list[Seats]:
    """List the departures of a tour that start at some instants, with their free seats."""
    rows = await departure_repository.list_starting(
        session, tour.id, starts, now=now, operator_id=operator_id
    )
    return [Seats(row, left, is_bookable(tour, row, now)) for row, left in rows]


async def find_starting(
    session: AsyncSession,
    tour_id: UUID,
    starts_at: datetime,
    *,
    now: datetime,
    operator_id: UUID | None = None,
) -> tuple[Tour, Seats] | None:
    """Find the departure of a tour that starts at an instant, with its tour and its free seats."""
    row = await departure_repository.find_starting(
        session, tour_id, starts_at, now=now, operator_id=operator_id
    )
    if row is None:
        return None
    departure, tour, left = row
    return tour, Seats(departure, left, is_bookable(tour, departure, now))


async def get_seats(
    session: AsyncSession, ids: Collection[UUID], *, now: datetime, operator_id: UUID | None = None
) -> dict[UUID, tuple[Tour, Seats]]:
    """Get several departures with their tours and their free seats, by id."""
    rows = await departure_repository.list_by_id(session, ids, now=now, operator_id=operator_id)
    return {row.id: (tour, Seats(row, left, is_bookable(tour, row, now))) for row, tour, left in rows}


async def get_date(
    session: AsyncSession, departure_id: UUID, *, now: datetime, operator_id: UUID | None = None
) -> tuple[Tour, Seats]:
    """Get a departure with its tour and its free seats; raises `DepartureNotFoundError`."""
    found = await get_seats(session, [departure_id], now=now, operator_id=operator_id)
    if departure_id not in found:
        raise DepartureNotFoundError
    return found[departure_id]


async def list_start_times(
    session: AsyncSession, tour_ids: Collection[UUID], *, now: datetime
) -> dict[UUID, list[str]]:
    """At which times of the day in Viet Nam tours start: those to come, or where none is, those that were."""
    times: dict[UUID, list[str]] = defaultdict(list)
    for tour_id, at in await departure_repository.list_start_times(session, tour_ids, ending_after=now):
        times[tour_id].append(f"{at:%H:%M}")
    if over := set(tour_ids) - times.keys():
        for tour_id, at in await departure_repository.list_start_times(session, over, ending_after=LONG_AGO):
            times[tour_id].append(f"{at:%H:%M}")
    return times


async def count_left(
    session: AsyncSession, departure_id: UUID, *, now: datetime, operator_id: UUID | None = None
) -> int:
    """Count the heads that still fit for whoever asks; a hold whose time is over counts as free.

    Raises `DepartureNotFoundError`.
    """
    left = await departure_repository.count_left(session, departure_id, now=now, operator_id=operator_id)
    if left is None:
        raise DepartureNotFoundError
    return left


async def sold_out(
    session: AsyncSession, departure_id: UUID, *, now: datetime, operator_id: UUID | None = None
) -> SoldOutError:
    """Why a party does not fit, with how many heads still do: a pond-house is full, or the seats are gone."""
    left = await count_left(session, departure_id, now=now, operator_id=operator_id)
    fullest = await house_repository.find_fullest(session, departure_id, now=now)
    if fullest is not None and fullest[1] <= left:
        return HouseFullError(fullest[0].name, left)
    return SoldOutError(left)


def check_cars(departure: Departure, capacity: int) -> None:
    """Raise `CarSeatsError` for more heads than the day's cars have seats for, where these limit it."""
    if departure.car_seats is not None and capacity > departure.car_seats:
        raise CarSeatsError(departure.car_seats)


async def check_held(session: AsyncSession, departure: Departure, capacity: int, *, now: datetime) -> None:
    """Raise `HeldCapacityError` for fewer heads than a locked departure has taken and holds for operators."""
    held = await allotment_repository.count_withheld(session, departure.id, now=now)
    if held and capacity < departure.taken + held:
        raise HeldCapacityError(departure.taken, held)


async def check_capacity(
    session: AsyncSession, *, departure_id: UUID, capacity: int, now: datetime
) -> Departure:
    """Lock a departure's counter, and get it as it is now; raises `CarSeatsError`, `HeldCapacityError`.

    Behind the lock: who chooses cars or holds seats meanwhile comes before or after.
    """
    await allotment_repository.lock_counter(session, departure_id)
    departure = await get_departure(session, departure_id)
    check_cars(departure, capacity)
    await check_held(session, departure, capacity, now=now)
    return departure


async def change_capacity(session: AsyncSession, *, departure_id: UUID, capacity: int, now: datetime) -> None:
    """Change how many heads fit; raises `CapacityError` or `HeldCapacityError` when more are taken or held already, `CarSeatsError`."""
    departure = await check_capacity(session, departure_id=departure_id, capacity=capacity, now=now)
    if not await departure_repository.set_capacity(session, departure_id, capacity):
        raise CapacityError((await get_departure(session, departure_id)).taken)
    await seats.wake(session, departure_id)
    await tours.refresh(session, departure.tour_id)


async def move_departure(session: AsyncSession, *, departure_id: UUID, state: DepartureState) -> None:
    """Open, confirm or close a departure (calling it off is `calling_off`); raises `TransitionError`, `BlackoutError`."""
    departure = await get_departure(session, departure_id)
    check_step(DEPARTURE_STEPS, departure.state, state)
    if state is DepartureState.OPEN:
        # Under the tour's lock: whoever writes the day down as closed meanwhile comes before or after.
        [tour] = await repository.lock_tours(session, [departure.tour_id])
        day = departure.local_on
        if await season_repository.list_blackouts(session, tour.producer_id, from_on=day, until_on=day):
            raise BlackoutError
    if state is DepartureState.CANCELLED or not await departure_repository.set_departure_state(
        session, departure_id, before=departure.state, after=state
    ):
        raise TransitionError
    await seats.wake(session, departure_id)
    await tours.refresh(session, departure.tour_id)


async def close_begun(session: AsyncSession, *, now: datetime) -> None:
    """Close departures that can take nobody any more: begun, or for a day pass over."""
    for tour_id in sorted(await departure_repository.close_begun(session, now=now)):
        await tours.refresh(session, tour_id)
