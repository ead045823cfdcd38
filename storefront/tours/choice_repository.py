"""Selects and the one conditional update of what guests choose instead of a day that was called off."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from storefront.tours.models import ChoiceAnswer, VisitChoice

CHOICE_TIME = timedelta(days=3)
"""How long guests may choose; then their money goes back by itself."""


async def insert_choice(
    session: AsyncSession, *, booking_id: UUID, departure_id: UUID, now: datetime
) -> VisitChoice | None:
    """Let a party choose; None when it was asked already."""
    values = {
        "id": uuid7(),
        "booking_id": booking_id,
        "departure_id": departure_id,
        "expires_at": now + CHOICE_TIME,
        "created_at": now,
    }
    statement = insert(VisitChoice).values(**values).on_conflict_do_nothing().returning(VisitChoice)
    return await session.scalar(statement)


async def find_open(session: AsyncSession, booking_id: UUID) -> VisitChoice | None:
    """Select what a party has not answered yet."""
    statement = select(VisitChoice).where(VisitChoice.booking_id == booking_id, VisitChoice.answer.is_(None))
    return await session.scalar(statement.execution_options(populate_existing=True))


async def answer(session: AsyncSession, booking_id: UUID, given: ChoiceAnswer, *, now: datetime) -> bool:
    """Write down what becomes of a party, once; another day only in time, money by itself only afterwards.

    The caller has locked the booking.
    """
    statement = update(VisitChoice).where(VisitChoice.booking_id == booking_id, VisitChoice.answer.is_(None))
    if given is ChoiceAnswer.MOVED:
        statement = statement.where(VisitChoice.expires_at > now)
    if given is ChoiceAnswer.LAPSED:
        statement = statement.where(VisitChoice.expires_at <= now)
    statement = statement.values(answer=given, answered_at=now)
    done = await session.scalar(
        statement.returning(VisitChoice.id).execution_options(synchronize_session=False)
    )
    return done is not None


async def list_due(session: AsyncSession, *, now: datetime, limit: int = 200) -> list[UUID]:
    """Select the bookings of parties that did not answer in time, the longest overdue first."""
    statement = select(VisitChoice.booking_id).where(
        VisitChoice.answer.is_(None), VisitChoice.expires_at <= now
    )
    return list(await session.scalars(statement.order_by(VisitChoice.expires_at).limit(limit)))


async def count_answers(
    session: AsyncSession, departure_ids: Collection[UUID]
) -> dict[UUID, dict[ChoiceAnswer | None, int]]:
    """Count how many parties of each departure answered what; None is not yet."""
    statement = (
        select(VisitChoice.departure_id, VisitChoice.answer, func.count())
        .where(VisitChoice.departure_id.in_(departure_ids))
        .group_by(VisitChoice.departure_id, VisitChoice.answer)
    )
    counted: dict[UUID, dict[ChoiceAnswer | None, int]] = {one: {} for one in departure_ids}
    for departure_id, given, number in await session.execute(statement):
        counted[departure_id][given] = number
    return counted
