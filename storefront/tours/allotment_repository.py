"""Selects and locks of allotments, and the one expression that says what of a departure is held for others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    and_,
    case,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.allotment_models import Allotment, AllotmentRule
from storefront.tours.models import Booking, BookingState, Departure
from storefront.tours.states import LIVE

_HOURS_OF_A_DAY = 24
_Now = datetime | BindParameter[datetime]


def released_at() -> ColumnElement[datetime]:
    """When what is left of an allotment is everybody's, joined with its departure."""
    hours = cast(Allotment.release_days * _HOURS_OF_A_DAY, Integer)
    return Departure.starts_at - func.make_interval(0, 0, 0, 0, hours)


def _booked(now: _Now, *, by_clock: bool) -> ColumnElement[int]:
    """Heads that an allotment's operator has booked on its departure; `by_clock`: without holds whose time is over."""
    statement = select(func.coalesce(func.sum(Booking.heads), 0)).where(
        Booking.departure_id == Allotment.departure_id,
        Booking.operator_id == Allotment.operator_id,
        Booking.state.in_(LIVE),
    )
    if by_clock:
        statement = statement.where(or_(Booking.state != BookingState.ON_HOLD, Booking.expires_at > now))
    return statement.correlate(Allotment).scalar_subquery()


def withheld(
    now: _Now, operator_id: UUID | BindParameter[UUID] | None, *, by_clock: bool
) -> ColumnElement[int]:
    """Heads of the enclosing statement's departure that are held at `now` for others than `operator_id` (None: for anybody).

    `by_clock` as the counter beside it: a sum that counts holds whose time is over as free must not count them here
    either.
    """
    left = func.greatest(Allotment.heads - _booked(now, by_clock=by_clock), 0)
    statement = select(func.coalesce(func.sum(left), 0)).where(
        Allotment.departure_id == Departure.id,
        released_at() > now,
        Allotment.operator_id.is_distinct_from(operator_id),
    )
    return case((Departure.has_allotments, statement.correlate(Departure).scalar_subquery()), else_=0)


async def has_allotments(session: AsyncSession, departure_id: UUID) -> bool:
    """Whether seats of a departure were ever held for an operator."""
    return bool(await session.scalar(select(Departure.has_allotments).where(Departure.id == departure_id)))


async def lock_counter(session: AsyncSession, departure_id: UUID) -> None:
    """Lock a departure's counter as an update of it does: whoever takes or gives seats waits.

    A booking's own reference to the row does not stand against it.
    """
    await session.execute(
        select(Departure.id).where(Departure.id == departure_id).with_for_update(of=Departure, key_share=True)
    )


async def count_withheld(session: AsyncSession, departure_id: UUID, *, now: datetime) -> int:
    """Count the heads of a departure that are held for operators at `now` and not booked yet."""
    statement = select(withheld(now, None, by_clock=False)).where(Departure.id == departure_id)
    return int(await session.scalar(statement) or 0)


async def count_booked(session: AsyncSession, departure_id: UUID, operator_id: UUID, *, now: datetime) -> int:
    """Count the heads that an operator holds or has on a departure."""
    statement = select(func.coalesce(func.sum(Booking.heads), 0)).where(
        Booking.departure_id == departure_id,
        Booking.operator_id == operator_id,
        Booking.state.in_(LIVE),
        or_(Booking.state != BookingState.ON_HOLD, Booking.expires_at > now),
    )
    return int(await session.scalar(statement) or 0)


async def list_overheld(session: AsyncSession, tour_id: UUID, *, now: datetime) -> list[UUID]:
    """Select the dates to come of a tour on which more is held for operators than is there, ids ascending."""
    statement = select(Departure.id).where(
        Departure.tour_id == tour_id,
        Departure.has_allotments,
        Departure.starts_at > now,
        Departure.dropped_at.is_(None),
        Departure.taken + withheld(now, None, by_clock=False) > Departure.capacity,
    )
    return list(await session.scalars(statement.order_by(Departure.id)))


async def save_allotment(session: AsyncSession, values: dict[str, Any], *, is_new_only: bool) -> None:
    """Hold seats; a promise that stands already is replaced, or with `is_new_only` left as it is."""
    statement = insert(Allotment).values(**values)
    new = statement.excluded
    if is_new_only:
        saved = statement.on_conflict_do_nothing(index_elements=["departure_id", "operator_id"])
    else:
        saved = statement.on_conflict_do_update(
            index_elements=["departure_id", "operator_id"],
            set_={"heads": new.heads, "release_days": new.release_days, "rule_id": None, "noted_at": None},
        )
    await session.execute(saved)
    await session.execute(
        update(Departure)
        .where(Departure.id == values["departure_id"], Departure.has_allotments.is_(False))
        .values(has_allotments=True)
        .execution_options(synchronize_session=False)
    )


async def end_allotment(session: AsyncSession, departure_id: UUID, operator_id: UUID) -> bool:
    """Hold nothing any more on a departure; the row stays, so that its rule does not hold anew."""
    statement = (
        update(Allotment)
        .where(
            Allotment.departure_id == departure_id, Allotment.operator_id == operator_id, Allotment.heads > 0
        )
        .values(heads=0)
        .returning(Allotment.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def list_on(
    session: AsyncSession, departure_ids: Collection[UUID], *, now: datetime, operator_id: UUID | None = None
) -> list[tuple[Allotment, int, datetime]]:
    """Select what is held on departures, of one operator when asked: (allotment, heads booked of it, free from when)."""
    statement = (
        select(Allotment, func.least(_booked(now, by_clock=True), Allotment.heads), released_at())
        .join(Departure, Departure.id == Allotment.departure_id)
        .where(Allotment.departure_id.in_(departure_ids), Allotment.heads > 0)
        .order_by(Departure.starts_at, Allotment.id)
    )
    if operator_id is not None:
        statement = statement.where(Allotment.operator_id == operator_id)
    rows = await session.execute(statement.execution_options(populate_existing=True))
    return [(one, int(booked), free_at) for one, booked, free_at in rows]


async def find_rule(session: AsyncSession, rule_id: UUID, tour_id: UUID) -> AllotmentRule | None:
    """Select a tour's rule."""
    statement = select(AllotmentRule).where(AllotmentRule.id == rule_id, AllotmentRule.tour_id == tour_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_rules(session: AsyncSession, tour_id: UUID, *, lasting_on: date) -> list[AllotmentRule]:
    """Select the rules of a tour that still hold seats, the oldest first: it was promised first."""
    statement = select(AllotmentRule).where(
        AllotmentRule.tour_id == tour_id,
        AllotmentRule.ended_at.is_(None),
        AllotmentRule.until_on >= lasting_on,
    )
    return list(await session.scalars(statement.order_by(AllotmentRule.id)))


async def list_unheld(
    session: AsyncSession, rule: AllotmentRule, *, now: datetime
) -> list[tuple[UUID, date]]:
    """Select the dates to come of a rule's tour on which nothing is written for its operator yet, ids ascending."""
    known = select(Allotment.id).where(
        Allotment.departure_id == Departure.id, Allotment.operator_id == rule.operator_id
    )
    statement = select(Departure.id, Departure.local_on).where(
        Departure.tour_id == rule.tour_id,
        Departure.starts_at > now,
        Departure.local_on <= rule.until_on,
        Departure.dropped_at.is_(None),
        ~known.exists(),
    )
    return [(id_, on) for id_, on in await session.execute(statement.order_by(Departure.id))]


async def list_of_rule(session: AsyncSession, rule_id: UUID, *, now: datetime) -> list[UUID]:
    """Select the departures to come on which a rule holds seats, ids ascending."""
    statement = (
        select(Allotment.departure_id)
        .join(Departure, Departure.id == Allotment.departure_id)
        .where(Allotment.rule_id == rule_id, Departure.starts_at > now)
        .order_by(Allotment.departure_id)
    )
    return list(await session.scalars(statement))


async def delete_of_rule(session: AsyncSession, rule_id: UUID, departure_ids: Collection[UUID]) -> None:
    """Take back what a rule holds on some departures."""
    await session.execute(
        delete(Allotment).where(Allotment.rule_id == rule_id, Allotment.departure_id.in_(departure_ids))
    )


async def note_released(session: AsyncSession, *, now: datetime) -> list[tuple[UUID, UUID]]:
    """Note what the clock has made free since the last look: (departure, tour), each once."""
    statement = (
        update(Allotment)
        .where(
            Allotment.departure_id == Departure.id,
            Allotment.noted_at.is_(None),
            and_(Allotment.heads > 0, released_at() <= now),
        )
        .values(noted_at=now)
        .returning(Allotment.departure_id, Departure.tour_id)
        .execution_options(synchronize_session=False)
    )
    return sorted({(departure_id, tour_id) for departure_id, tour_id in await session.execute(statement)})
