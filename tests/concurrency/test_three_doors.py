"""Seats through three doors at once: visitors on the web, operators by OCTO, and the host's own phone (BOOKINGS.md, 114)."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from itertools import cycle

import pytest
from sqlalchemy import func, select

from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.octo import service
from storefront.octo.errors import OctoError
from storefront.octo.reading import ItemWish
from storefront.octo.service import Change
from storefront.octo.spelling import spell_local
from storefront.tours import booking_repository, bookings, by_hand, departure_repository
from storefront.tours.errors import HoldOverError, SoldOutError, TransitionError
from storefront.tours.models import Booking, Departure, UnitType
from storefront.tours.schemas import HowPaid
from tests.concurrency.test_moving import LATER, assert_whole, move, open_two
from tests.concurrency.test_octo import insist, make_caller, own, reserve
from tests.concurrency.test_tours import book, cancel, counters, open_visit, pay, sweep
from tests.factories.visits import NOW, SITE, wish

CLIENTS, TRIES = 50, 10


async def enter(db, visit, adults=1, how=HowPaid.CASH, now=NOW):
    """One party that the host writes down in a transaction of its own: its booking, or None when sold out."""
    try:
        async with db.transaction() as session:
            return await by_hand.enter(
                session,
                wish=wish(visit, adults),
                producer_id=visit.producer.id,
                how=how,
                now=now,
                **SITE,
            )
    except SoldOutError:
        return None


async def take_cash(db, visit, booking, now):
    """The host has the money of a held party in hand; False when nothing is held any more."""
    try:
        async with db.transaction() as session:
            await by_hand.take_cash(session, booking_id=booking.id, producer_id=visit.producer.id, now=now)
    except HoldOverError:
        return False
    return True


async def confirm(db, caller, booking, now):
    """An operator confirms what it holds; False when the hold is over."""
    try:
        async with db.transaction() as session:
            await service.confirm(
                session, caller, await own(session, caller, booking), Change(contact={}), now=now
            )
    except (OctoError, TransitionError):
        return False
    return True


async def carry(db, caller, booking, to):
    """An operator takes its party to another day; refused in words, nothing moves."""
    change = Change(
        availability_id=spell_local(to.departure.starts_at),
        items=[ItemWish(unit_id=str(to.units[UnitType.ADULT].id)) for _ in range(booking.heads)],
    )
    try:
        async with db.transaction() as session:
            await service.update(session, caller, await own(session, caller, booking), change, now=NOW)
    except (OctoError, SoldOutError):
        return False
    return True


async def crowd(db, visit, caller, heads):
    """Fifty clients by three doors, ten tries each, all at once: how many parties each door got in."""
    doors = {
        "web": partial(book, db, visit, heads),
        "octo": partial(reserve, db, caller, visit, heads),
        "hand": partial(enter, db, visit, heads),
    }

    async def insist_on(door):
        return door, sum([await insist(doors[door]) is not None for _try in range(TRIES)])

    got = Counter()
    for door, made in await asyncio.gather(
        *(insist_on(door) for door, _n in zip(cycle(doors), range(CLIENTS)))
    ):
        got[door] += made
    return got


@pytest.mark.parametrize(("heads", "parties"), [(1, 20), (3, 6)])
async def test_fifty_by_three_doors_ten_tries_each(db, heads, parties):
    """Of 500 tries for 20 seats exactly 20 single guests get in, and of parties of three exactly six: 18 heads (114)."""
    visit, caller = await open_visit(db), await make_caller(db)
    got = await crowd(db, visit, caller, heads)
    assert got.total() == parties
    assert await counters(db, visit) == (parties * heads, parties * heads)
    async with db.transaction() as session:
        made = select(func.count()).select_from(Booking).where(Booking.departure_id == visit.departure.id)
        assert await session.scalar(made) == parties


async def test_who_counts_first_and_writes_afterwards_oversells(db, monkeypatch):
    """Negative control: with a counter that is read and then written, three doors promise more than there is."""
    visit, caller = await open_visit(db, capacity=3), await make_caller(db)
    at_the_counter = asyncio.Barrier(3)

    async def careless(session, departure_id, heads, **_more):
        departure = await session.get_one(Departure, departure_id)
        seen = departure.taken
        await at_the_counter.wait()
        if seen + heads > departure.capacity:
            return False
        await session.execute(
            Departure.__table__.update().where(Departure.id == departure_id).values(taken=seen + heads)
        )
        return True

    monkeypatch.setattr(departure_repository, "take_seats", careless)
    made = await asyncio.gather(
        book(db, visit, 2), reserve(db, caller, visit, 2), enter(db, visit, 2, HowPaid.TRANSFER)
    )
    taken, heads = await counters(db, visit)
    assert (sum(one is not None for one in made), taken, heads) == (3, 2, 6)


async def test_holds_that_run_out_under_every_hand(db):
    """Paid, taken in cash, confirmed, cancelled and swept in the moment in which holds end: sold once or free, none leaks (114)."""
    visit, caller = await open_visit(db, capacity=60), await make_caller(db)
    sold = 0

    async def sweep_after(milliseconds, hands):
        await asyncio.gather(*hands)
        await asyncio.sleep(milliseconds / 1000)
        await sweep(db, LATER)

    for turn in range(6):
        hands = []
        web, hand, own = await asyncio.gather(
            book(db, visit, 2),
            enter(db, visit, 2, HowPaid.TRANSFER),
            reserve(db, caller, visit, 2),
        )
        gone = await book(db, visit, 3)
        # In time by one clock, over by the other: the rows decide.
        acts = [
            take_cash(db, visit, hand, NOW),
            confirm(db, caller, own, NOW),
            pay(db, web, LATER),
            cancel(db, gone, NOW),
            sweep_after(turn * 5, hands),
            sweep_after(turn * 10, hands),
            book(db, visit, 1, now=LATER),
        ]
        tasks = [asyncio.create_task(act) for act in (acts if turn % 2 else acts[::-1])]
        if turn == 5:  # the last sweep comes behind both, however slow they are
            hands += tasks[:2]
        done = await asyncio.gather(*tasks)
        cash, account = (done[0], done[1]) if turn % 2 else (done[-1], done[-2])
        sold += cash + account
        await assert_whole(db, visit)
        # Whatever is held still ends here, and what was sold stays.
        await sweep(db, LATER + bookings.HOLD)
        async with db.transaction() as session:
            standing = await booking_repository.list_visitors(session, [visit.departure.id], ["confirmed"])
            assert sum(one.id in {hand.id, own.id} for one in standing) == cash + account
    async with db.transaction() as session:
        owed = await ledger.balance(session, accounts.operator_receivable(caller.operator.id))
        kept = await ledger.balance(session, accounts.producer_cash(visit.producer.id))
        standing = await booking_repository.list_visitors(session, [visit.departure.id], ["confirmed"])
    assert sold >= 2
    assert (owed, kept) == (270_000 * sum(one.operator_id is not None for one in standing), 0)
    await assert_whole(db, visit)


async def test_a_sweep_that_does_not_ask_again_gives_seats_back_twice(db, monkeypatch):
    """Negative control: a sweep that trusts what it read gives back the seats of a party that just paid in cash."""
    visit = await open_visit(db)
    await enter(db, visit, 5)
    hand = await enter(db, visit, 2, HowPaid.TRANSFER)
    has_read, is_paid = asyncio.Event(), asyncio.Event()

    async def careless_lock(session, *, now, departure_id=None, skip_locked, limit=500):
        found = list(
            await session.scalars(
                select(Booking.id).where(Booking.state == "on_hold", Booking.expires_at <= now)
            )
        )
        has_read.set()
        await is_paid.wait()
        return found

    async def careless_expire(_session, ids, *, now):
        return [(visit.departure.id, visit.tour.id, 2) for _id in ids]

    async def pay_in_time():
        await has_read.wait()
        assert await take_cash(db, visit, hand, NOW)
        is_paid.set()

    monkeypatch.setattr(booking_repository, "lock_expired", careless_lock)
    monkeypatch.setattr(booking_repository, "expire", careless_expire)
    await asyncio.gather(sweep(db, LATER), pay_in_time())
    assert await counters(db, visit) == (5, 7)


async def test_parties_of_every_door_change_days_both_ways(db):
    """Parties of all three doors go both ways between two full days, while others cancel and come: all whole, none waits for ever (114)."""
    here, there = await open_two(db, capacity=20)
    caller = await make_caller(db)

    async def fill(visit):
        web, hand, own = await asyncio.gather(
            book(db, visit, 3), enter(db, visit, 3), reserve(db, caller, visit, 3)
        )
        return web, hand, own

    for turn in range(4):
        of_here, of_there = await fill(here), await fill(there)
        acts = [
            *(insist(partial(move, db, one, there)) for one in of_here[:2]),
            *(insist(partial(move, db, one, here)) for one in of_there[:2]),
            insist(partial(carry, db, caller, of_here[2], there)),
            insist(partial(carry, db, caller, of_there[2], here)),
            insist(partial(book, db, here if turn % 2 else there, 2)),
            insist(partial(enter, db, there if turn % 2 else here, 2)),
            insist(partial(cancel, db, of_here[0], NOW)),
            sweep(db, LATER),
        ]
        moved = await asyncio.gather(*acts, return_exceptions=True)
        assert sum(one is True for one in moved[:6]) >= 2
        assert not [one for one in moved if isinstance(one, Exception)]
        await assert_whole(db, here, there)
        async with db.transaction() as session:
            standing = await booking_repository.list_visitors(
                session, [here.departure.id, there.departure.id], ["on_hold", "confirmed"]
            )
        for one in standing:
            await cancel(db, one, NOW)
        assert [await counters(db, visit) for visit in (here, there)] == [(0, 0), (0, 0)]
