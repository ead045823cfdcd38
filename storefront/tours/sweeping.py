"""Sweeping: holds whose time is over end, and their seats come back once (BOOKINGS.md, 3 and 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours import booking_repository, departure_repository, seats
from storefront.tours import service as tours


async def expire_holds(
    session: AsyncSession, *, now: datetime, departure_id: UUID | None = None, skip_locked: bool = True
) -> int:
    """End holds whose time is over, of one departure or of all, and give their seats back; answers how many."""
    due = await booking_repository.lock_expired(
        session, now=now, departure_id=departure_id, skip_locked=skip_locked
    )
    return await _expire(session, due, now=now)


async def expire_on(session: AsyncSession, departure_ids: Collection[UUID], *, now: datetime) -> int:
    """The same of several departures, for whoever holds a counter already: nobody is waited for."""
    due = await booking_repository.lock_expired_on(session, departure_ids, now=now)
    return await _expire(session, due, now=now)


async def _expire(session: AsyncSession, due: Sequence[UUID], *, now: datetime) -> int:
    ended = await booking_repository.expire(session, due, now=now)
    freed = Counter[UUID]()
    for of_departure, _tour, heads in ended:
        freed[of_departure] += heads
    # All counters before the first pond-house is looked at, in one order.
    await departure_repository.lock_counters(session, freed.keys())
    for of_departure, heads in sorted(freed.items()):
        await seats.give_back(session, of_departure, heads)
    for tour_id in sorted({tour_id for _departure, tour_id, _heads in ended}):
        await tours.refresh(session, tour_id)
    return len(ended)
