"""Beds under many hands at once: real connections, and negative controls that show the races."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app.core.ids import uuid7
from storefront.stays import bookings, cancelling, door, holding, nights, service, sleeping
from storefront.stays.errors import BedsTakenError, FullNightError, HoldOverError, NotCancellableError
from storefront.stays.models import SleepingPlace, StayNight
from storefront.stays.schemas import NightFields, PlaceFields
from tests.books import list_breaches
from tests.factories import stays
from tests.factories.stays import NOW, day, make_house
from tests.instants import until_stopped

LATER = NOW + timedelta(minutes=16)


async def open_house(db, beds=20):
    """A house with beds."""
    async with db.transaction() as session:
        return await make_house(session, beds=beds)


async def book(db, house, now=NOW, **overrides):
    """One party in a transaction of its own: its booking, or None when a night is full."""
    try:
        async with db.transaction() as session:
            return await stays.book(session, house, now=now, **overrides)
    except FullNightError:
        return None


async def pay(db, booking, now):
    """The whole price arrives."""
    async with db.transaction() as session:
        await stays.pay(session, booking, now=now)


async def cancel(db, booking, now):
    """The guest changes their mind, in time or not."""
    try:
        async with db.transaction() as session:
            await cancelling.cancel_booking(session, booking_id=booking.id, now=now)
    except NotCancellableError:
        return


async def sweep(db, now):
    """The courtesy sweep."""
    async with db.transaction() as session:
        await bookings.expire_holds(session, now=now)


async def taken(db, place, first=3, last=12):
    """How many beds are taken in each night, as committed; the counters are those of the bookings."""
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []
        counted = (
            select(StayNight.taken)
            .where(StayNight.place_id == place.id, StayNight.night_on.between(day(first), day(last)))
            .order_by(StayNight.night_on)
        )
        return list(await session.scalars(counted))


async def test_fifty_parties_for_twenty_beds(db):
    """Exactly 20 of 50 parties get one of the 20 beds, both nights of it (STAYS.md, 1 and 2)."""
    house = await open_house(db)
    made = await asyncio.gather(*(book(db, house) for _ in range(50)))
    assert sum(one is not None for one in made) == 20
    assert await taken(db, house.beds, last=5) == [20, 20, 0]


async def test_stays_that_overlap_every_way(db):
    """Parties of all lengths from all days: nobody waits in a ring, no bed is sold twice, none is left behind (2)."""
    house = await open_house(db, beds=4)
    wishes = [(3 + number % 5, 1 + number % 4) for number in range(60)]
    made = await asyncio.gather(*(book(db, house, after=after, nights=length) for after, length in wishes))
    got = [wish for wish, one in zip(wishes, made, strict=True) if one is not None]
    counted = [sum(after <= night < after + length for after, length in got) for night in range(3, 13)]
    assert await taken(db, house.beds) == counted
    # Whoever was refused had a full night: nothing that was taken for them in vain stayed taken.
    for after, length in (wish for wish, one in zip(wishes, made, strict=True) if one is None):
        assert max(counted[night - 3] for night in range(after, after + length)) == 4


async def test_read_then_write_oversells(db):
    """Negative control: parties who count first and write afterwards are promised more than 20 beds."""
    house = await open_house(db)
    at_the_counter = asyncio.Barrier(50)
    night = select(StayNight).where(StayNight.place_id == house.beds.id, StayNight.night_on == day(3))

    async def book_carelessly():
        async with db.transaction() as session:
            seen = (await session.scalars(night)).one()
            await at_the_counter.wait()
            if seen.taken + 1 > seen.capacity:
                return False
            await session.execute(
                update(StayNight).where(StayNight.id == seen.id).values(taken=seen.taken + 1)
            )
            return True

    promised = await asyncio.gather(*(book_carelessly() for _ in range(50)))
    assert sum(promised) > 20


async def test_nights_in_any_order_wait_in_a_ring(db):
    """Negative control: two parties that take the same two nights the other way round wait for each other."""
    house = await open_house(db)
    first_taken = asyncio.Barrier(2)

    async def take(*order):
        async with db.transaction() as session:
            await session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
            for number, after in enumerate(order):
                if number:
                    await first_taken.wait()
                await session.execute(
                    update(StayNight)
                    .where(StayNight.place_id == house.beds.id, StayNight.night_on == day(after))
                    .values(taken=StayNight.taken + 1)
                )

    ends = await asyncio.gather(take(3, 4), take(4, 3), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["BusyError", "NoneType"]


async def test_the_same_id_twenty_times_at_once(db):
    """One id sent twenty times in parallel makes one booking and takes its beds once (STAYS.md, 5)."""
    house = await open_house(db)
    booking_id = uuid7()
    made = await asyncio.gather(*(book(db, house, id=booking_id) for _ in range(20)))
    assert {one.id for one in made} == {booking_id}
    assert len({one.code for one in made}) == 1
    assert await taken(db, house.beds, last=5) == [1, 1, 0]


async def test_money_and_cancelling_racing_the_sweep(db):
    """Money, a cancelling guest and two sweeps at once: beds taken are those of live bookings (STAYS.md, 4 and 9)."""
    house = await open_house(db)
    for _round in range(8):
        booking, other = await book(db, house), await book(db, house, units=2, heads=2)
        await asyncio.gather(
            pay(db, booking, LATER), cancel(db, other, NOW), sweep(db, LATER), sweep(db, LATER)
        )
        await taken(db, house.beds)


async def extend(db, booking, now):
    """Tap for more time; False when the hold is over."""
    try:
        async with db.transaction() as session:
            await holding.extend_hold(session, booking_id=booking.id, now=now)
    except HoldOverError:
        return False
    return True


async def test_taps_and_the_sweep(db):
    """Eight taps at once are one turn; in the last moment the hold is kept with its beds, or over, never half (13)."""
    house = await open_house(db)
    booking = await book(db, house)
    in_time = LATER - timedelta(minutes=1, microseconds=1)
    assert all(await asyncio.gather(*(extend(db, booking, in_time) for _ in range(8))))
    async with db.transaction() as session:
        assert (await bookings.get_booking(session, booking.id)).extensions == 1
    kept = 1
    for _round in range(6):
        other = await book(db, house)
        is_kept, *_swept = await asyncio.gather(
            extend(db, other, in_time), sweep(db, LATER - timedelta(minutes=1)), sweep(db, LATER)
        )
        kept += is_kept
        assert await taken(db, house.beds, last=5) == [kept, kept, 0]


async def test_new_parties_racing_the_sweep(db):
    """Many parties that need the same swept beds get each bed once, without a deadlock (STAYS.md, 4)."""
    house = await open_house(db, beds=12)
    for _party in range(12):
        await book(db, house, now=NOW - timedelta(minutes=20))
    made = await asyncio.gather(*(book(db, house) for _ in range(30)), sweep(db, NOW))
    assert sum(one is not None for one in made) == 12
    assert await taken(db, house.beds, last=5) == [12, 12, 0]


async def test_fewer_beds_racing_a_party(db):
    """A host who takes beds away while parties book: one of them is refused, and the table stays true (16)."""
    house = await open_house(db, beds=3)

    async def lend_out():
        fields = NightFields(place_id=house.beds.id, from_on=day(3), until_on=day(5), capacity=2)
        try:
            async with db.transaction() as session:
                await nights.change_beds(session, stay=house.stay, fields=fields, now=NOW)
        except BedsTakenError:
            return False
        return True

    is_lent, *made = await asyncio.gather(lend_out(), *(book(db, house) for _ in range(6)))
    assert sum(one is not None for one in made) == (2 if is_lent else 3)
    assert max(await taken(db, house.beds)) <= 3


@pytest.mark.parametrize("frees", [True, False])
async def test_two_hosts_at_one_door(db, frees):
    """Two phones let the same guests in, then let them go: each is done once (STAYS.md, 17 and 18)."""
    house = await open_house(db)
    booking = await book(db, house, after=0, nights=3)
    await pay(db, booking, NOW)
    facts = {"producer_id": house.producer.id, "now": NOW}

    async def act(call, **more):
        async with db.transaction() as session:
            await call(session, **facts, **more)

    for call, more in (
        (door.receive, {"code": booking.code, "person_id": house.host.id}),
        (door.let_go, {"booking_id": booking.id, "frees": frees}),
    ):
        ends = await asyncio.gather(*(act(call, **more) for _ in range(4)), return_exceptions=True)
        assert sum(end is None for end in ends) == 1
    assert await taken(db, house.beds, first=0, last=3) == ([0, 0, 0, 0] if frees else [1, 1, 1, 0])


@pytest.mark.parametrize("is_midnight", [False, True])
async def test_two_who_say_another_number_of_beds(db, is_midnight):
    """Two hosts give a place another number, or one does while nights are made ahead: the nights have the number that stands (STAYS.md, 14 and 16)."""
    house = await open_house(db, beds=8)
    tomorrow = NOW + timedelta(days=1)
    is_saved = asyncio.Event()

    async def save(number, *, slowly=False):
        fields = PlaceFields(
            kind="shared",
            name="Gian giữa",
            number=str(number),
            heads_each="1",
            price_minor="120k",
            is_active=True,
        )
        async with db.transaction() as session:
            # Its page has read them before.
            seen = await service.list_places(session, [house.stay.id])
            assert house.beds.id in {one.id for one in seen[house.stay.id]}
            await sleeping.save_place(
                session, stay=house.stay, place_id=house.beds.id, fields=fields, now=NOW
            )
            if slowly:
                is_saved.set()
                await until_stopped(db, second)

    async def come_second():
        await is_saved.wait()
        if not is_midnight:
            await save(4)
            return
        async with db.transaction() as session:
            await nights.keep_made(session, now=tomorrow)

    second = asyncio.create_task(come_second())
    await asyncio.gather(save(6, slowly=True), second)
    async with db.transaction() as session:
        place = await session.get_one(SleepingPlace, house.beds.id)
        found = select(StayNight.capacity).where(StayNight.place_id == place.id).distinct()
        assert list(await session.scalars(found)) == [place.number] == [6 if is_midnight else 4]
