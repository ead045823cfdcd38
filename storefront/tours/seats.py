"""Seats that come back: the counter first, then whoever waits for them is thought of in the same transaction."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import jobs
from storefront.tours import departure_repository, houses, resource_repository, waiting_repository

OFFER_JOB = "tours.offer_seats"


async def give_back(session: AsyncSession, departure_id: UUID, heads: int) -> None:
    """Give seats back, and have them offered to whoever waits once this is committed."""
    if await departure_repository.release_seats(session, departure_id, heads) is not None:
        await resource_repository.follow_cars(session, departure_id)
    await wake(session, departure_id)
    await wake_beside(session, departure_id)


async def wake_beside(session: AsyncSession, departure_id: UUID) -> None:
    """Think of those who wait for another date of that day: a pond-house that both enter has room again.

    Their departures are not locked here, for that would be against the order of locks; who joins their list this very
    moment is found by the look every ten minutes.
    """
    for other in await houses.refresh_beside(session, departure_id):
        await wake(session, other)


async def put_back(session: AsyncSession, departure_id: UUID, heads: int) -> None:
    """Put seats back that were taken a moment ago behind the same lock: nobody has seen them gone."""
    await departure_repository.release_seats(session, departure_id, heads)


async def wake(session: AsyncSession, departure_id: UUID) -> None:
    """Have the free seats of a departure offered after commit, if anybody waits.

    The caller has changed the departure's row, so it holds its lock: a party that joins without being seen here has its
    own job, which waits for that lock and then sees the seats. No job is saved by a queueing lock, for one that runs
    already might have looked too early.
    """
    if await waiting_repository.is_waited_for(session, departure_id):
        await jobs.defer(session, OFFER_JOB, departure_id=str(departure_id))
