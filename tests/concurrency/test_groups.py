"""A group's offer under many hands: one booking, whole or none (BOOKINGS.md, 89)."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from app.core.errors import AppError
from storefront.tours import group_repository, groups
from storefront.tours.group_models import GroupRequest, GroupState
from storefront.tours.models import Booking
from tests.concurrency.test_tours import book, counters
from tests.factories.visits import SECRET, make_visit
from tests.instants import until_stopped
from tests.storefront.tours.test_deposits import sent
from tests.storefront.tours.test_groups import NOW, ask, offer


async def offered(db, capacity=40):
    """A class of fifteen that was offered a price."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=capacity)
        asked = await ask(session, visit)
        await offer(session, visit, asked)
    return visit, asked


async def accept(db, asked):
    """One tap: its booking, or None when it is refused."""
    try:
        async with db.transaction() as session:
            return await groups.accept(session, request_id=asked.id, secret=SECRET, now=NOW)
    except AppError:
        return None


async def count(db, visit):
    """How many bookings there are."""
    async with db.transaction() as session:
        return await session.scalar(
            select(func.count()).select_from(Booking).where(Booking.departure_id == visit.departure.id)
        )


async def test_ten_taps_are_one_booking(db):
    """The request's row is locked first: whoever comes second finds the booking of the first."""
    visit, asked = await offered(db)
    made = await asyncio.gather(*(accept(db, asked) for _tap in range(10)))
    assert len({one.id for one in made}) == 1
    assert await counters(db, visit) == (15, 15)


async def test_a_group_and_visitors_at_the_counter(db):
    """Twenty seats, a group of fifteen and ten visitors: all of the group or none of it, and never oversold."""
    visit, asked = await offered(db, capacity=20)
    done = await asyncio.gather(accept(db, asked), *(book(db, visit) for _visitor in range(10)))
    taken, heads = await counters(db, visit)
    assert taken == heads <= 20
    assert taken == (15 if done[0] else 0) + sum(one is not None for one in done[1:])


@pytest.mark.parametrize("by", ["host", "group"])
async def test_two_taps_that_end_it_are_one(db, by):
    """Who says no, or no longer wants it, at the same instant as the first tap is not told that it is closed (89)."""
    visit, asked = await offered(db)

    async def end(session):
        if by == "host":
            await groups.decline(session, request_id=asked.id, producer_id=visit.producer.id)
        else:
            await groups.withdraw(session, request_id=asked.id)

    async def again():
        async with db.transaction() as session:
            await end(session)

    async with db.transaction() as session:
        await end(session)
        second = asyncio.create_task(again())
        await until_stopped(db, second)
    await second
    async with db.transaction() as session:
        said = await sent(session, "không đón được")
        assert (await session.get_one(GroupRequest, asked.id)).state in {
            GroupState.DECLINED,
            GroupState.WITHDRAWN,
        }
    assert said == (1 if by == "host" else 0)


async def test_without_the_lock_a_group_holds_twice(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: two taps that look without locking hold the seats of the group twice."""
    both = asyncio.Barrier(2)

    async def look(session, request_id):
        found = await session.scalar(select(GroupRequest).where(GroupRequest.id == request_id))
        await both.wait()
        return found

    visit, asked = await offered(db)
    monkeypatch.setattr(group_repository, "lock_request", look)
    await asyncio.gather(*(accept(db, asked) for _tap in range(2)))
    assert await count(db, visit) == 2
