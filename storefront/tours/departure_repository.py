"""Queries about departures and their seats. `seats` moves the counters; nobody else does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Integer,
    Interval,
    ScalarSelect,
    Select,
    Time,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.core.clock import VN
from app.core.driver import Prepared
from storefront.tours import allotment_repository
from storefront.tours.house_repository import room_left
from storefront.tours.models import (
    LOCAL_AT,
    AvailabilityType,
    Booking,
    BookingState,
    CallOffReason,
    Departure,
    DepartureState,
    Tour,
)
from storefront.tours.states import BOOKABLE, RECEIVING, UNSURE


def _left(now: BindParameter[datetime], asker: BindParameter[UUID]) -> ColumnElement[int]:
    """What "free" means for whoever asks (an operator, or None: anybody): seats that nobody has and nobody is promised, and no more than the fullest pond-house of the departure still takes.

    Holds whose time is over count as free in both. One statement sees counter and holds at one instant: with two, a sweep that commits between them hides the seats
    that it gave back from both.
    """
    expired = select(func.coalesce(func.sum(Booking.heads), 0)).where(
        Booking.departure_id == Departure.id,
        Booking.state == BookingState.ON_HOLD,
        Booking.expires_at <= now,
    )
    free = Departure.capacity - Departure.taken + expired.correlate(Departure).scalar_subquery()
    # What is not there cannot be held: fewer seats than promised are still none below none.
    seats = free - allotment_repository.withheld(now, asker, by_clock=True)
    # LEAST passes over NULL: where no pond-house has a limit the seats alone count.
    return func.greatest(func.least(seats, room_left(now)), 0, type_=Integer())


# Building such a statement costs more than asking it: it is built once, and its values are given with each call.
_NOW: BindParameter[datetime] = bindparam("now", type_=DateTime(timezone=True))
_ASKER: BindParameter[UUID] = bindparam("asker", type_=Uuid())
_LEFT = _left(_NOW, _ASKER)
_SEATS = select(Departure, _LEFT).execution_options(populate_existing=True)
_SEATS_BY_ID = (
    select(Departure, Tour, _LEFT)
    .join(Tour, Tour.id == Departure.tour_id)
    .where(Departure.id.in_(bindparam("ids", expanding=True)))
    .execution_options(populate_existing=True)
)
_SEATS_STARTING = _SEATS.where(
    Departure.tour_id == bindparam("tour_id"),
    Departure.starts_at.in_(bindparam("starts", expanding=True)),
).order_by(Departure.starts_at)
_SEATS_AT = (
    select(Departure, Tour, _LEFT)
    .join(Tour, Tour.id == Departure.tour_id)
    .where(Departure.tour_id == bindparam("tour_id"), Departure.starts_at == bindparam("starts_at"))
    .execution_options(populate_existing=True)
)
_SEATS_BETWEEN = _SEATS.where(
    Departure.tour_id == bindparam("tour_id"),
    Departure.local_on.between(bindparam("first"), bindparam("last")),
    Departure.dropped_at.is_(None),
).order_by(Departure.starts_at, Departure.id)
_COUNT_LEFT = Prepared(select(_LEFT).where(Departure.id == bindparam("departure_id")))


async def has_departures(session: AsyncSession, tour_id: UUID) -> bool:
    """Whether the tour ever had a date."""
    return await session.scalar(select(Departure.id).where(Departure.tour_id == tour_id).limit(1)) is not None


async def insert_departures(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    """Insert departures; those whose start the tour has already are left as they are. Answers how many are new.

    One that its rule dropped comes back as what is asked for now. The caller has locked the tour.
    """
    statement = insert(Departure).values(rows)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["tour_id", "starts_at"],
        set_={
            "ends_at": new.ends_at,
            "capacity": new.capacity,
            "state": new.state,
            "rule_id": new.rule_id,
            "slot_at": new.slot_at,
            "dropped_at": None,
            "asked_at": None,
            "car_seats": None,
            "sure_at": new.sure_at,
        },
        where=and_(Departure.dropped_at.is_not(None), Departure.taken == 0),
    )
    return len((await session.scalars(statement.returning(Departure.id))).all())


async def find_departure(session: AsyncSession, departure_id: UUID) -> Departure | None:
    """Select a departure as it is committed now."""
    return await session.get(Departure, departure_id, populate_existing=True)


async def list_departures(
    session: AsyncSession,
    tour_ids: Collection[UUID],
    *,
    now: datetime,
    ending_after: datetime | None = None,
    on: date | None = None,
    operator_id: UUID | None = None,
    limit: int = 200,
) -> list[tuple[Departure, int]]:
    """Select departures of tours that end after an instant, or on one day, with the heads left; the next first."""
    statement = _SEATS.where(Departure.tour_id.in_(tour_ids), Departure.dropped_at.is_(None))
    if ending_after is not None:
        statement = statement.where(Departure.ends_at > ending_after)
    if on is not None:
        statement = statement.where(Departure.local_on == on)
    statement = statement.order_by(Departure.starts_at, Departure.id).limit(limit)
    rows = await session.execute(statement, {"now": now, "asker": operator_id})
    return [(departure, int(left)) for departure, left in rows]


async def list_between(
    session: AsyncSession,
    tour_id: UUID,
    first: date,
    last: date,
    *,
    now: datetime,
    operator_id: UUID | None = None,
) -> list[tuple[Departure, int]]:
    """Select the departures of a tour on some days, the ends included, with the heads left; the next first."""
    asked = {"tour_id": tour_id, "first": first, "last": last, "now": now, "asker": operator_id}
    rows = await session.execute(_SEATS_BETWEEN, asked)
    return [(departure, int(left)) for departure, left in rows]


async def list_starting(
    session: AsyncSession,
    tour_id: UUID,
    starts: Collection[datetime],
    *,
    now: datetime,
    operator_id: UUID | None = None,
) -> list[tuple[Departure, int]]:
    """Select the departures of a tour that start at some instants, with the heads left; the next first."""
    asked = {"tour_id": tour_id, "starts": list(starts), "now": now, "asker": operator_id}
    rows = await session.execute(_SEATS_STARTING, asked)
    return [(departure, int(left)) for departure, left in rows]


async def find_starting(
    session: AsyncSession,
    tour_id: UUID,
    starts_at: datetime,
    *,
    now: datetime,
    operator_id: UUID | None = None,
) -> tuple[Departure, Tour, int] | None:
    """Select the departure of a tour that starts at an instant, with its tour and the heads left."""
    asked = {"tour_id": tour_id, "starts_at": starts_at, "now": now, "asker": operator_id}
    row = (await session.execute(_SEATS_AT, asked)).one_or_none()
    return None if row is None else (row[0], row[1], int(row[2]))


async def list_by_id(
    session: AsyncSession, ids: Collection[UUID], *, now: datetime, operator_id: UUID | None = None
) -> list[tuple[Departure, Tour, int]]:
    """Select departures with their tours and the heads left."""
    rows = await session.execute(_SEATS_BY_ID, {"ids": list(ids), "now": now, "asker": operator_id})
    return [(departure, tour, int(left)) for departure, tour, left in rows]


def _next_time(tour_id: ColumnElement[UUID], *later: ColumnElement[bool]) -> ScalarSelect[time]:
    return (
        select(func.min(_LOCAL_AT))
        .where(Departure.tour_id == tour_id, Departure.ends_at > bindparam("ending_after"), *later)
        .scalar_subquery()
    )


def _times() -> Select[UUID, time]:
    """Steps from each time of the day to the next one in the index: a year of dates has two or three."""
    first = (
        select(Tour.id.label("tour_id"), _next_time(Tour.id.expression).label("at"))
        .where(Tour.id == any_(bindparam("tour_ids", type_=ARRAY(Uuid))))
        .cte("times", recursive=True)
    )
    following = select(first.c.tour_id, _next_time(first.c.tour_id, first.c.at < _LOCAL_AT)).where(
        first.c.at.is_not(None)
    )
    times = first.union_all(following)
    found = select(times.c.tour_id, times.c.at).where(times.c.at.is_not(None))
    return found.order_by(times.c.tour_id, times.c.at)


_LOCAL_AT = literal_column(LOCAL_AT, Time())
_TIMES = Prepared(_times())


async def list_start_times(
    session: AsyncSession, tour_ids: Collection[UUID], *, ending_after: datetime
) -> list[tuple[UUID, time]]:
    """Select at which times of the day in Viet Nam tours start on dates that end after an instant: (tour, time), the earliest first."""
    rows = await _TIMES.fetch(session, {"tour_ids": list(tour_ids), "ending_after": ending_after})
    return [(tour_id, at) for tour_id, at in rows]


async def count_left(
    session: AsyncSession, departure_id: UUID, *, now: datetime, operator_id: UUID | None = None
) -> int | None:
    """Count the heads that still fit; None when there is no such departure."""
    asked = {"departure_id": departure_id, "now": now, "asker": operator_id}
    left = await _COUNT_LEFT.scalar(session, asked)
    return None if left is None else int(left)


async def lock_departures(session: AsyncSession, ids: Collection[UUID]) -> None:
    """Lock the counters of several departures, ids ascending."""
    statement = select(Departure.id).where(Departure.id.in_(ids)).order_by(Departure.id)
    await session.execute(statement.with_for_update(of=Departure))


async def lock_counters(session: AsyncSession, ids: Collection[UUID]) -> None:
    """Lock the counters of several departures, ids ascending; bookings that only point to them pass."""
    statement = select(Departure.id).where(Departure.id.in_(ids)).order_by(Departure.id)
    await session.execute(statement.with_for_update(of=Departure, key_share=True))


def sells_until() -> ColumnElement[datetime]:
    """Until when a departure is sold, joined with its tour: what `states.last_booking_at` says, told to the database."""
    is_whole_day = and_(
        Tour.availability_type == AvailabilityType.OPENING_HOURS, Tour.booking_lead_hours == 0
    )
    lead = func.make_interval(0, 0, 0, 0, cast(Tour.booking_lead_hours, Integer), type_=Interval())
    start = case((is_whole_day, Departure.ends_at), else_=Departure.starts_at - lead)
    eve = (Departure.local_on - 1) + Tour.booking_until
    # LEAST passes over NULL: without an hour of the eve the start alone counts.
    return func.least(start, func.timezone(VN.key, eve), type_=DateTime(timezone=True))


def _take(fits: ColumnElement[bool]) -> dict[bool, Prepared]:
    """The update that takes seats where they fit: while a departure is on sale, or for what was sold before as long as it lasts."""
    on_sale = and_(Departure.state.in_(BOOKABLE), sells_until() > _NOW)
    lasts = and_(Departure.state.in_(RECEIVING), Departure.ends_at > _NOW, Departure.dropped_at.is_(None))
    return {
        is_sold: Prepared(
            update(Departure)
            .where(
                Departure.id == bindparam("departure_id"),
                Departure.tour_id == Tour.id,
                fits,
                door,
            )
            .values(taken=Departure.taken + _HEADS)
            .returning(Departure.id)
        )
        for is_sold, door in ((False, on_sale), (True, lasts))
    }


_HEADS: BindParameter[int] = bindparam("heads", type_=BigInteger())
_TAKE_FREE = _take(and_(Departure.taken + _HEADS <= Departure.capacity, Departure.has_allotments.is_(False)))
_TAKE_BESIDE_HELD = _take(
    Departure.taken + _HEADS + allotment_repository.withheld(_NOW, _ASKER, by_clock=False)
    <= Departure.capacity
)


async def take_seats(
    session: AsyncSession,
    departure_id: UUID,
    heads: int,
    *,
    now: datetime,
    operator_id: UUID | None = None,
    is_sold: bool = False,
) -> bool:
    """Take all seats of a party in one conditional update, or none; nobody once the time for booking is over.

    `operator_id`: who brings them, and so may take what is held for it. `is_sold`: the ticket was sold before, and its
    host lets it in as long as the day lasts, on sale or not.
    """
    asked = {"departure_id": departure_id, "heads": heads, "now": now}
    if await _TAKE_FREE[is_sold].fetch(session, asked):
        return True
    # What is held for operators is counted from their bookings, and only behind the counter's lock all of those are
    # seen: the update that follows is a statement of its own.
    if not await allotment_repository.has_allotments(session, departure_id):
        return False
    async with session.begin_nested() as attempt:
        await allotment_repository.lock_counter(session, departure_id)
        is_taken = bool(await _TAKE_BESIDE_HELD[is_sold].fetch(session, {**asked, "asker": operator_id}))
        if not is_taken:
            # The lock goes with it: who is refused sweeps holds next, and those come before the counter.
            await attempt.rollback()
    return is_taken


async def release_seats(session: AsyncSession, departure_id: UUID, heads: int) -> int | None:
    """Give seats back; answers how many the cars have, where these limit the departure."""
    statement = (
        update(Departure)
        .where(Departure.id == departure_id)
        .values(taken=Departure.taken - heads)
        .returning(Departure.car_seats)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement)


async def set_capacity(session: AsyncSession, departure_id: UUID, capacity: int) -> bool:
    """Change how many heads fit, unless more are taken already."""
    statement = (
        update(Departure)
        .where(Departure.id == departure_id, Departure.taken <= capacity)
        .values(capacity=capacity)
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


def _back_to(after: DepartureState) -> ColumnElement[str] | DepartureState:
    """A day that is sure opens as one that goes."""
    if after is not DepartureState.OPEN:
        return after
    return case((Departure.sure_at.is_not(None), DepartureState.GO.value), else_=after.value)


def _sure_since(after: DepartureState) -> ColumnElement[datetime] | InstrumentedAttribute[datetime | None]:
    return func.coalesce(Departure.sure_at, func.now()) if after is DepartureState.GO else Departure.sure_at


async def set_departure_state(
    session: AsyncSession, departure_id: UUID, *, before: DepartureState, after: DepartureState
) -> bool:
    """Move a departure that is still in the state that was seen."""
    statement = (
        update(Departure)
        .where(Departure.id == departure_id, Departure.state == before)
        .values(state=_back_to(after), dropped_at=None, closed_for_id=None, sure_at=_sure_since(after))
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def list_undecided(session: AsyncSession, *, now: datetime) -> list[UUID]:
    """Select departures that need enough guests and whose hour of decision has come, on sale or not."""
    hours = func.make_interval(0, 0, 0, 0, cast(Tour.decide_hours, Integer))
    statement = (
        select(Departure.id)
        .join(Tour, Tour.id == Departure.tour_id)
        .where(
            Tour.minimum_heads > 0,
            Departure.state.in_(UNSURE),
            Departure.sure_at.is_(None),
            Departure.dropped_at.is_(None),
            Departure.starts_at > now,
            Departure.starts_at - hours <= now,
        )
        .order_by(Departure.id)
    )
    return list(await session.scalars(statement))


async def mark_sure(session: AsyncSession, departure_id: UUID, *, now: datetime) -> bool:
    """Note that a day goes; False when it was sure before, or is off."""
    statement = (
        update(Departure)
        .where(Departure.id == departure_id, Departure.sure_at.is_(None), Departure.state.in_(UNSURE))
        .values(
            sure_at=now,
            state=case(
                (Departure.state == DepartureState.OPEN, DepartureState.GO.value), else_=Departure.state
            ),
        )
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def mark_late_sure(session: AsyncSession, tour: Tour, *, now: datetime) -> None:
    """A day whose hour of decision was past before its tour asked for so many guests is sure."""
    await session.execute(
        update(Departure)
        .where(
            Departure.tour_id == tour.id,
            Departure.sure_at.is_(None),
            Departure.asked_at.is_(None),
            Departure.starts_at <= now + timedelta(hours=tour.decide_hours),
        )
        .values(sure_at=now)
        .execution_options(synchronize_session=False)
    )


async def mark_asked(session: AsyncSession, departure_id: UUID, *, now: datetime) -> bool:
    """Note that the host was asked; False when they were before."""
    statement = (
        update(Departure)
        .where(Departure.id == departure_id, Departure.asked_at.is_(None))
        .values(asked_at=now)
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def call_off(
    session: AsyncSession, departure_id: UUID, *, heads: int, kept: int, reason: CallOffReason, note: str
) -> bool:
    """Cancel a departure on which exactly `heads` are taken, of which the `kept` choose what they want instead.

    False when others were taken meanwhile, or it is cancelled already.
    """
    statement = (
        update(Departure)
        .where(
            Departure.id == departure_id,
            Departure.taken == heads,
            Departure.state != DepartureState.CANCELLED,
        )
        .values(state=DepartureState.CANCELLED, taken=kept, cancel_reason=reason, cancel_note=note)
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def close_begun(session: AsyncSession, *, now: datetime) -> set[UUID]:
    """Close departures that can take nobody any more; the tours that they belong to."""
    day_pass = select(Tour.id).where(Tour.availability_type == AvailabilityType.OPENING_HOURS)
    statement = (
        update(Departure)
        .where(
            Departure.state.in_([DepartureState.PROVISIONAL, *BOOKABLE]),
            Departure.starts_at <= now,
            or_(Departure.tour_id.not_in(day_pass), Departure.ends_at <= now),
        )
        .values(state=DepartureState.CLOSED, sure_at=func.coalesce(Departure.sure_at, now))
        .returning(Departure.tour_id)
        .execution_options(synchronize_session=False)
    )
    return set(await session.scalars(statement))
