"""Paper tickets under many hands at once, with negative controls that show the races (BOOKINGS.md, 58, 59, 120 to 125)."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from storefront.ledger.models import Journal
from storefront.tours import batch_repository, batch_seats, calling_off, entries
from storefront.tours import batches as batches_service
from storefront.tours.batch_models import BatchSettlement, BatchTicket, TicketState
from storefront.tours.entries import NewScan
from storefront.tours.errors import (
    BatchTicketError,
    MovingError,
    NotBookableError,
    SoldOutError,
    TransitionError,
    VisitorsHereError,
)
from storefront.tours.gate_models import ScanMeans, ScanTrouble
from storefront.tours.models import CallOffReason, Departure, DepartureState, UnitItem
from tests.books import list_breaches
from tests.concurrency.test_octo import insist, make_caller, reserve
from tests.concurrency.test_three_doors import enter
from tests.concurrency.test_tours import book, counters, open_visit
from tests.factories import batches
from tests.factories.batches import any_day, codes, paper
from tests.factories.visits import NOW, SITE, make_departure, make_visit

START = NOW + timedelta(days=2)


async def make(db, visit, fields):
    """A batch in a transaction of its own, or None when it does not fit."""
    try:
        async with db.transaction() as session:
            return await batches.make_batch(session, visit, fields)
    except SoldOutError:
        return None


async def seat(db, visit, code, to=None):
    """A guest telephones: the booking of the ticket, or None when there are no seats for it."""
    try:
        async with db.transaction() as session:
            return await batch_seats.seat(
                session,
                code=code,
                producer_id=visit.producer.id,
                departure_id=(to or visit.departure).id,
                now=NOW,
            )
    except (SoldOutError, BatchTicketError, NotBookableError):
        return None


async def settle(db, visit, batch, **fields):
    """Host and sales point settle; False when the ticket is not to be had any more."""
    try:
        async with db.transaction() as session:
            await batches.settle(session, visit, batch, **fields)
    except BatchTicketError:
        return False
    return True


async def let_in(db, visit, booking_id, code):
    """A gate lets a ticket in, whatever the books say."""
    scan = NewScan(id=uuid7(), means=ScanMeans.SYMBOL, person_id=visit.host.id, scanned_at=START)
    async with db.transaction() as session:
        await entries.record(session, booking_id, code, scan=scan, now=START)


async def lines(db, batch):
    """The tickets of a batch as committed."""
    async with db.transaction() as session:
        return (await batches.sheet(session, batch)).lines


async def assert_whole(db):
    """Seats and books fit."""
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


async def test_paper_and_all_other_doors_for_twenty_seats(db):
    """Batches of four, tickets for any day, visitors, the host's phone and an operator at once: nothing is sold twice, all twenty seats go."""
    visit = await open_visit(db)
    caller = await make_caller(db)
    free = await make(db, visit, any_day(visit, 10))
    async with db.transaction() as session:
        own = await codes(session, free)
    doors = []
    for number in range(10):
        doors += [
            partial(make, db, visit, paper(visit, 4)),
            partial(seat, db, visit, own[number]),
            partial(book, db, visit, 2),
            partial(enter, db, visit, 1),
            partial(reserve, db, caller, visit, 2),
        ]
    made = await asyncio.gather(*(insist(door) for door in doors))
    assert any(one is not None for one in made)
    taken, heads = await counters(db, visit)
    assert taken == heads == 20


async def test_batches_that_count_first_oversell(db, monkeypatch):
    """Negative control: two batches that count what is left, and do not ask the counter, give more tickets out than there are seats."""
    visit = await open_visit(db, capacity=6)
    both = asyncio.Barrier(2)

    async def count(session, departure_id, heads, **_more):
        own = Departure.id == departure_id
        left = await session.scalar(select(Departure.capacity - Departure.taken).where(own))
        await both.wait()
        return left >= heads

    monkeypatch.setattr(batches_service.bookings, "take_seats", count)
    made = await asyncio.gather(*(make(db, visit, paper(visit, 4)) for _ in range(2)))
    assert all(made)
    _taken, heads = await counters(db, visit)
    assert heads == 8


async def test_one_form_sent_twenty_times_is_one_batch(db):
    """The same form twenty times at once takes its seats once."""
    visit = await open_visit(db)
    fields = paper(visit, 5)
    made = await asyncio.gather(*(make(db, visit, fields) for _ in range(20)))
    assert {one.id for one in made} == {fields.id}
    assert await counters(db, visit) == (5, 5)
    await assert_whole(db)


async def test_one_ticket_is_seated_once(db):
    """Two hosts give one ticket to two days at once: one of them has it, and one day its seats."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        later = await _later(session, visit)
    batch = await make(db, visit, any_day(visit, 1))
    async with db.transaction() as session:
        [code] = await codes(session, batch)
    await asyncio.gather(*(seat(db, visit, code, to) for to in (visit.departure, later) * 5))
    async with db.transaction() as session:
        taken = list(await session.scalars(select(Departure.taken)))
    assert sorted(taken) == [0, 1]
    await assert_whole(db)


async def _later(session, visit):

    return await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=1))


async def test_without_the_batchs_lock_a_ticket_goes_twice(db, monkeypatch):
    """Negative control: who does not lock the batch reads the ticket as free for two days at once, and only the code's own index refuses the second."""

    async def forget(*_args):
        return None

    monkeypatch.setattr(batch_repository, "lock_batch", forget)
    both = asyncio.Barrier(2)
    lead = batches_service.lead

    async def together(*args, **more):
        await both.wait()
        return await lead(*args, **more)

    monkeypatch.setattr(batches_service, "lead", together)
    async with db.transaction() as session:
        visit = await make_visit(session)
        later = await _later(session, visit)
    batch = await make(db, visit, any_day(visit, 1))
    async with db.transaction() as session:
        [code] = await codes(session, batch)
    results = await asyncio.gather(
        *(seat(db, visit, code, to) for to in (visit.departure, later)), return_exceptions=True
    )
    assert sum(isinstance(one, IntegrityError) for one in results) == 1


async def test_sold_and_back_at_once(db):
    """Sold and handed back by two hosts at once: one of them, once, and the books have what was sold."""
    visit = await open_visit(db)
    batch = await make(db, visit, paper(visit, 5))
    done = await asyncio.gather(
        *(settle(db, visit, batch, **{field: "1-5"}) for field in ("sold", "back") * 6)
    )
    assert sum(done) == 1
    async with db.transaction() as session:
        [settlement] = await session.scalars(select(BatchSettlement))
        sales = await session.scalar(select(func.count()).where(Journal.kind == "sale"))
    assert sales == (settlement.sold > 0)
    assert await counters(db, visit) == ((5, 5) if settlement.sold else (0, 0))
    await assert_whole(db)


async def test_one_settlement_sent_ten_times(db):
    """The same form ten times at once is one settlement."""
    visit = await open_visit(db)
    batch = await make(db, visit, paper(visit, 5))
    wanted = {"id": uuid7(), "sold": "1-3", "back": "4-5"}
    assert all(await asyncio.gather(*(settle(db, visit, batch, **wanted) for _ in range(10))))
    assert await counters(db, visit) == (3, 3)
    await assert_whole(db)


async def test_who_comes_in_while_tickets_go_back(db):
    """A gate lets in what is handed back at that moment: it is sold and stays, or it is void and the scan is marked; its seat is counted once."""
    visit = await open_visit(db)
    batch = await make(db, visit, paper(visit, 12))
    found = await lines(db, batch)
    acts = []
    for line in found:
        acts.append(let_in(db, visit, line.booking.id, line.ticket.code))
        acts.append(settle(db, visit, batch, back=str(line.ticket.number)))
    await asyncio.gather(*acts)
    seen = Counter()
    for line in await lines(db, batch):
        came = line.came_at is not None
        assert came == (line.ticket.state is TicketState.OUT)
        seen[came] += 1
    assert await counters(db, visit) == (seen[True], seen[True])
    async with db.transaction() as session:
        marked = await session.scalar(
            select(func.count()).where(entries.GateScan.trouble == ScanTrouble.CANCELLED)
        )
    assert marked == seen[False] == 12 - seen[True]
    await assert_whole(db)


async def test_who_does_not_read_again_lets_a_guests_ticket_go(db, monkeypatch):
    """Negative control: a host who looked before the gate let somebody in, and not again behind the lock, goes on to void a ticket that is inside; only the states refuse it."""
    visit = await open_visit(db)
    batch = await make(db, visit, paper(visit, 1))
    [line] = await lines(db, batch)
    old = [line]

    async def stale(*_args):
        return old

    await let_in(db, visit, line.booking.id, line.ticket.code)
    monkeypatch.setattr(batch_repository, "list_lines", stale)
    with pytest.raises(TransitionError):
        async with db.transaction() as session:
            await batches.settle(session, visit, batch, back="1")


async def test_a_day_called_off_while_its_tickets_are_settled(db):
    """Called off at the moment of settling: every ticket is void, or sold with money to give back; no seat is left taken."""
    visit = await open_visit(db)
    made = [await make(db, visit, paper(visit, 3)) for _ in range(4)]

    async def rain():
        try:
            async with db.transaction() as session:
                await calling_off.call_off(
                    session, departure_id=visit.departure.id, reason=CallOffReason.WEATHER, now=NOW, **SITE
                )
        except (MovingError, VisitorsHereError):
            return False
        return True

    done = await asyncio.gather(
        rain(), *(settle(db, visit, batch, sold="1", back="2") for batch in made), rain()
    )
    assert any(done)
    async with db.transaction() as session:
        departure = await session.get_one(Departure, visit.departure.id)
        assert (departure.state, departure.taken) == (DepartureState.CANCELLED, 0)
        out = await session.scalar(select(func.count()).where(BatchTicket.state == TicketState.OUT))
        assert out == 0
        assert await session.scalar(select(func.count()).where(UnitItem.redeemed_at.is_not(None))) == 0
    await assert_whole(db)
