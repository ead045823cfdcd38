"""Seats through two doors at once: operators by OCTO and visitors by the web share one counter."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from app.accounts.models import ApiKey, KeyKind
from app.core.errors import BusyError
from app.core.ids import uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.octo import service
from storefront.octo.caller import Caller
from storefront.octo.errors import OctoError
from storefront.octo.reading import ItemWish
from storefront.octo.service import Change, Reservation
from storefront.octo.spelling import spell_local
from storefront.operators import service as operators
from storefront.operators.models import OperatorSale
from storefront.tours import calling_off, settlement
from storefront.tours.errors import NotCancellableError, SoldOutError, TransitionError
from storefront.tours.models import Booking, CallOffReason, Departure, UnitType
from tests.concurrency.test_tours import book, counters, open_visit, sweep
from tests.factories.octo import items, make_key, reservation
from tests.factories.visits import NOW, SECRET, SITE
from tests.instants import until_stopped


async def make_caller(db, name="Du lịch Sông Cầu"):
    """An operator with 10 % off, and its key."""
    async with db.transaction() as session:
        operator = await operators.get_or_create_operator(
            session, name=name, discount_basis_points=1_000, now=NOW
        )
        key = ApiKey(
            id=uuid7(),
            kind=KeyKind.OCTO,
            name=name,
            secret_hash=uuid4().bytes,
            subject_id=operator.id,
            created_at=NOW,
        )
        session.add(key)
        await session.flush()
        return Caller(key_id=key.id, operator=operator)


def make_wish(visit, heads=1, uuid=None):
    """A party of adults."""
    return Reservation(
        product_id=str(visit.tour.id),
        option_id=str(visit.option.id),
        availability_id=spell_local(visit.departure.starts_at),
        items=[ItemWish(unit_id=str(visit.units[UnitType.ADULT].id)) for _ in range(heads)],
        uuid=uuid or uuid4(),
        minutes=None,
        reference=None,
        notes=None,
        contact={},
    )


async def reserve(db, caller, visit, heads=1, uuid=None):
    """One party by OCTO in a transaction of its own: its booking, or None when sold out."""
    wish = make_wish(visit, heads, uuid)
    try:
        async with db.transaction() as session:
            return (await service.reserve(session, caller, wish, secret=SECRET, now=NOW)).booking
    except SoldOutError:
        return None


async def own(session, caller, booking):
    """A booking of an operator, locked."""
    return await service.lock_own(session, caller, str(booking.id))


async def insist(act):
    """What a client does that is told to come again: it comes again."""
    while True:
        try:
            return await act()
        except BusyError:
            continue


async def receivable(db, caller):
    """What the books say that the operator owes."""
    async with db.transaction() as session:
        return await ledger.balance(session, accounts.operator_receivable(caller.operator.id))


async def test_fifty_by_both_doors_for_twenty_seats(db):
    """Exactly 20 of 50 single guests, half by OCTO and half by the web, get one of the 20 seats (OCTO.md, 7)."""
    visit, caller = await open_visit(db), await make_caller(db)
    doors = (partial(reserve, db, caller, visit), partial(book, db, visit))
    made = await asyncio.gather(*(insist(doors[number % 2]) for number in range(50)))
    assert sum(one is not None for one in made) == 20
    assert await counters(db, visit) == (20, 20)


async def test_parties_of_three_by_both_doors(db):
    """Parties of three by both doors fill 18 of 20 seats: no party is split (OCTO.md, 7)."""
    visit, caller = await open_visit(db), await make_caller(db)
    doors = (partial(reserve, db, caller, visit, 3), partial(book, db, visit, 3))
    made = await asyncio.gather(*(insist(doors[number % 2]) for number in range(50)))
    assert sum(one is not None for one in made) == 6
    assert await counters(db, visit) == (18, 18)


async def test_read_then_write_oversells(db):
    """Negative control: operators who count first and write afterwards are promised more than 20 seats."""
    visit = await open_visit(db)
    at_the_counter = asyncio.Barrier(50)

    async def reserve_carelessly():
        async with db.transaction() as session:
            taken = await session.scalar(select(Departure.taken).where(Departure.id == visit.departure.id))
            await at_the_counter.wait()
            if taken + 1 > 20:
                return False
            await session.execute(
                update(Departure).where(Departure.id == visit.departure.id).values(taken=taken + 1)
            )
            return True

    assert sum(await asyncio.gather(*(reserve_carelessly() for _ in range(50)))) > 20


async def test_one_uuid_twenty_times_at_once(client, db, house):
    """One uuid sent twenty times in parallel over HTTP: one booking, equal bodies, its seats taken once (OCTO.md, 6)."""
    visit, key = await open_visit(db), await make_key(db)
    body = reservation(visit, adults=2)
    answers = await asyncio.gather(
        *(client.post("/octo/bookings", json=body, headers=key) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["uuid"] == body["uuid"]
    assert await counters(db, visit) == (2, 2)


async def test_two_operators_with_one_uuid(db):
    """Of two operators that send the same uuid at once, one has the booking and the other is refused (OCTO.md, 6)."""
    visit = await open_visit(db, capacity=40)
    callers = [await make_caller(db, name) for name in ("Sông Cầu", "Người khác")]
    for _round in range(8):
        uuid = uuid4()
        tries = [reserve(db, caller, visit, 2, uuid) for caller in callers]
        made = await asyncio.gather(*tries, return_exceptions=True)
        refused = [one for one in made if isinstance(one, OctoError)]
        assert [one.error for one in refused] == ["UNPROCESSABLE_ENTITY"]
    assert await counters(db, visit) == (16, 16)
    # And in the one order that matters: the second comes while the first is not committed yet.
    uuid = uuid4()
    wish = make_wish(visit, 2, uuid)
    async with db.transaction() as session:
        await service.reserve(session, callers[0], wish, secret=SECRET, now=NOW)
        second = asyncio.create_task(reserve(db, callers[1], visit, 2, uuid))
        await until_stopped(db, second)
    with pytest.raises(OctoError, match="taken"):
        await second


async def test_confirming_twenty_times_at_once_sells_once(db):
    """A hold that is confirmed twenty times in parallel is sold once (OCTO.md, 9)."""
    visit, caller = await open_visit(db), await make_caller(db)
    booking = await reserve(db, caller, visit, 2)

    async def confirm():
        async with db.transaction() as session:
            return await service.confirm(
                session, caller, await own(session, caller, booking), Change(contact={}), now=NOW
            )

    assert {one.booking.state for one in await asyncio.gather(*(confirm() for _ in range(20)))} == {
        "confirmed"
    }
    assert await receivable(db, caller) == 270_000


async def test_confirming_racing_the_sweep(db):
    """A hold that is confirmed while it is swept is sold or gone, never both; no seat leaks (OCTO.md, 8)."""
    visit, caller = await open_visit(db, capacity=40), await make_caller(db)
    sold = 0
    for _round in range(10):
        booking = await reserve(db, caller, visit, 2)
        late = booking.expires_at

        async def confirm(booking=booking):
            try:
                async with db.transaction() as session:
                    await service.confirm(
                        session, caller, await own(session, caller, booking), Change(contact={}), now=NOW
                    )
            except (OctoError, TransitionError):
                return 0
            return 1

        done, *_rest = await asyncio.gather(confirm(), sweep(db, late), sweep(db, late))
        sold += done
        taken, heads = await counters(db, visit)
        assert taken == heads == 2 * sold
    assert await receivable(db, caller) == sold * 270_000


async def test_changing_and_cancelling_at_once(db):
    """A confirmed booking that grows while it is cancelled ends whole: seats, sale and account agree (OCTO.md, 10 and 11)."""
    visit, caller = await open_visit(db, capacity=40), await make_caller(db)
    for _round in range(10):
        booking = await reserve(db, caller, visit, 2)
        async with db.transaction() as session:
            await service.confirm(
                session, caller, await own(session, caller, booking), Change(contact={}), now=NOW
            )
        more = Change(items=[ItemWish(unit_id=one["unitId"]) for one in items(visit, adult=5)])

        async def change(booking=booking, more=more):
            try:
                async with db.transaction() as session:
                    await service.update(session, caller, await own(session, caller, booking), more, now=NOW)
            except (OctoError, BusyError):
                return

        async def cancel(booking=booking):
            async with db.transaction() as session:
                await service.cancel(session, await own(session, caller, booking), None, now=NOW)

        await asyncio.gather(change(), cancel())
        assert await counters(db, visit) == (0, 0)
        assert await receivable(db, caller) == 0


async def test_two_holds_that_grow_at_once(db):
    """Two holds that grow into the last seats do not both get them (OCTO.md, 7 and 10)."""
    visit, caller = await open_visit(db, capacity=10), await make_caller(db)
    held = [await reserve(db, caller, visit, 3) for _ in range(2)]
    more = Change(items=[ItemWish(unit_id=one["unitId"]) for one in items(visit, adult=6)])

    async def grow(booking):
        try:
            async with db.transaction() as session:
                await service.update(session, caller, await own(session, caller, booking), more, now=NOW)
        except SoldOutError:
            return 0
        return 1

    assert sum(await asyncio.gather(*(grow(one) for one in held))) == 1
    assert await counters(db, visit) == (9, 9)


async def test_calling_a_day_off_while_it_is_confirmed(db):
    """A host calls a day off while operators confirm: nobody stays, nothing stays owed (OCTO.md, 11)."""
    visit, caller = await open_visit(db, capacity=40), await make_caller(db)
    held = [await reserve(db, caller, visit, 2) for _ in range(6)]

    async def confirm(booking):
        try:
            async with db.transaction() as session:
                await service.confirm(
                    session, caller, await own(session, caller, booking), Change(contact={}), now=NOW
                )
        except (OctoError, TransitionError):
            return

    async def call_off():
        async with db.transaction() as session:
            await calling_off.call_off(
                session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOW
            )

    await asyncio.gather(*(confirm(one) for one in held[:3]), call_off(), *(confirm(one) for one in held[3:]))
    assert await counters(db, visit) == (0, 0)
    assert await receivable(db, caller) == 0
    async with db.transaction() as session:
        standing = select(func.count()).where(OperatorSale.reversed_at.is_(None))
        assert await session.scalar(standing) == 0
        assert {row.state for row in await session.scalars(select(Booking))} == {"cancelled"}


async def test_cancelling_twice_at_once(db):
    """A confirmed booking that is cancelled ten times at once is taken back once (OCTO.md, 11)."""
    visit, caller = await open_visit(db), await make_caller(db)
    booking = await reserve(db, caller, visit, 2)
    async with db.transaction() as session:
        await service.confirm(
            session, caller, await own(session, caller, booking), Change(contact={}), now=NOW
        )

    async def cancel():
        try:
            async with db.transaction() as session:
                await service.cancel(session, await own(session, caller, booking), "Mưa", now=NOW)
        except NotCancellableError:
            return

    await asyncio.gather(*(cancel() for _ in range(10)))
    assert await counters(db, visit) == (0, 0)
    assert await receivable(db, caller) == 0


async def test_a_larger_party_is_confirmed_while_another_changes(db, monkeypatch):
    """An operator with a limit confirms a hold with more people while another booking of it changes: its account comes before the counter for both (BOOKS.md, BX6)."""
    visit, caller = await open_visit(db), await make_caller(db)
    async with db.transaction() as session:
        await operators.set_limit(session, operator_id=caller.operator.id, limit_minor=100_000_000)
    held, sold = [await reserve(db, caller, visit) for _ in range(2)]
    async with db.transaction() as session:
        await service.confirm(session, caller, await own(session, caller, sold), Change(), now=NOW)
    larger = Change(items=make_wish(visit, 2).items)
    has_changed = asyncio.Event()
    confirm_held = settlement.confirm_held

    async def confirm_slowly(session, party, **facts):
        has_changed.set()
        await until_stopped(db, changing)
        await confirm_held(session, party, **facts)

    monkeypatch.setattr(settlement, "confirm_held", confirm_slowly)

    async def confirm_larger():
        async with db.transaction() as session:
            await service.confirm(session, caller, await own(session, caller, held), larger, now=NOW)

    async def change_sold():
        await has_changed.wait()
        async with db.transaction() as session:
            await service.update(session, caller, await own(session, caller, sold), larger, now=NOW)

    changing = asyncio.create_task(change_sold())
    await asyncio.gather(confirm_larger(), changing)
    assert await counters(db, visit) == (4, 4)


async def test_who_waited_for_a_booking_finds_it_with_what_was_said_last(db):
    """Eight who change one booking at once, again and again: each finds it, and what the one before it said of it."""
    visit = await open_visit(db, capacity=20)
    caller, wish = await make_caller(db), make_wish(visit)
    async with db.transaction() as session:
        await service.reserve(session, caller, wish, secret=SECRET, now=NOW)

    async def say(number):
        async with db.transaction() as session:
            own = await service.lock_own(session, caller, str(wish.uuid))
            assert (own.said.notes or "") == own.booking.note
            heard = int(own.said.reference or 0)
            own.said.reference, own.said.notes = str(heard + 1), f"{number}"
            own.booking.note = f"{number}"

    for _round in range(20):
        await asyncio.gather(*(say(number) for number in range(8)))
    async with db.transaction() as session:
        own = await service.lock_own(session, caller, str(wish.uuid))
        assert own.said.reference == "160"
