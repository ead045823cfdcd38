"""The door of the house, as STAYS.md has it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.ids import new_code, uuid7, with_check
from storefront.payouts import holding
from storefront.stays import bookings, cancelling, door
from storefront.stays.errors import (
    NotReceivableError,
    StayBookingNotFoundError,
    TransitionError,
    UnknownCodeError,
)
from storefront.stays.models import BookedNight, OffReason, StayState
from storefront.stays.schemas import OffFields
from storefront.tours import bookings as visits
from storefront.tours.errors import SoldOutError
from tests.factories.stays import NOW, book, day, make_house, pay
from tests.factories.visits import SECRET, Visit, make_departure, make_option, make_tour, make_unit
from tests.factories.visits import wish as visit_wish
from tests.storefront.stays.test_bookings import taken


async def paid(session, house, **overrides):
    """A party that has paid."""
    made = await book(session, house, **overrides)
    await pay(session, made)
    return made


async def receive(session, house, booking, now):
    """The host lets the party in."""
    facts = {"producer_id": house.producer.id, "person_id": house.host.id, "now": now}
    return await door.receive(session, code=booking.code, **facts)


def names(guests):
    """Who they are, by their booking."""
    return [guest.booking.id for guest in guests]


async def test_who_arrives_stays_and_leaves(session):
    """Each paid party is on its page of the day, and who is unpaid or of another house is not."""
    house, other = await make_house(session), await make_house(session)
    made = await paid(session, house, after=3, nights=3, units=2, heads=2)
    await book(session, house, after=3)
    await paid(session, other, after=3)
    pages = [
        await door.list_day(session, producer_id=house.producer.id, on=day(after)) for after in range(2, 8)
    ]
    arriving, staying, leaving = (
        [names(getattr(page, name)) for page in pages] for name in ("arriving", "staying", "leaving")
    )
    assert arriving == [[], [made.id], [], [], [], []]
    assert staying == [[], [], [made.id], [made.id], [], []]
    assert leaving == [[], [], [], [], [made.id], []]
    assert [page.heads for page in pages] == [0, 2, 2, 2, 0, 0]


async def test_let_in_once(session):
    """A code lets its guests in once, also a night late; the second time it says when they came (17)."""
    house = await make_house(session)
    made = await paid(session, house, after=3, nights=2)
    with pytest.raises(NotReceivableError, match="chưa đến ngày"):
        await receive(session, house, made, NOW)
    late = NOW + timedelta(days=4)
    party = await receive(session, house, made, late)
    assert (party.booking.state, party.booking.came_at, party.booking.received_by_id) == (
        StayState.HERE,
        late,
        house.host.id,
    )
    with pytest.raises(NotReceivableError, match="đã nhận chỗ lúc 09:00 ngày 16/11"):
        await receive(session, house, made, late)


async def test_who_is_not_let_in(session):
    """Unpaid, cancelled, or past its days: each is refused in words; a slip and a stranger's code are unknown (17)."""
    house, other = await make_house(session), await make_house(session)
    held, gone, past = (
        await book(session, house, after=0),
        await paid(session, house, after=3),
        await paid(session, house, after=0),
    )
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)
    for booking, words, now in (
        (held, "chưa trả tiền", NOW),
        (gone, "đã hủy", NOW + timedelta(days=3)),
        (past, "đã qua", NOW + timedelta(days=2)),
    ):
        with pytest.raises(NotReceivableError, match=words):
            await receive(session, house, booking, now)
    with pytest.raises(UnknownCodeError, match="sai một chữ"):
        await door.find(session, text="ABCDEFG", producer_id=house.producer.id)
    with pytest.raises(UnknownCodeError, match="không có khách"):
        await door.find(session, text=past.code, producer_id=other.producer.id)
    with pytest.raises(UnknownCodeError, match="không có khách"):
        await door.find(session, text=with_check(new_code(6)), producer_id=house.producer.id)
    spelled = f"{past.code[:3].lower()}-{past.code[3:]}"
    assert (await door.find(session, text=spelled, producer_id=house.producer.id)).booking.id == past.id


async def test_leaving_early(session):
    """The host may put unused nights back on sale, once; the sale stands, and the money waits as it was to (18, 19)."""
    house = await make_house(session, beds=1)
    made = await paid(session, house, after=3, nights=3)
    here = NOW + timedelta(days=3)
    own = {"booking_id": made.id, "producer_id": house.producer.id}
    with pytest.raises(TransitionError):
        await door.let_go(session, **own, frees=True, now=here)
    await receive(session, house, made, here)
    morning = NOW + timedelta(days=4)
    assert door.count_unused(made, now=morning) == 2
    with pytest.raises(StayBookingNotFoundError):
        await door.let_go(session, **own | {"producer_id": uuid7()}, frees=True, now=morning)
    assert await door.let_go(session, **own, frees=True, now=morning) == 2
    assert await taken(session, house.beds, 3, 4, 5) == [1, 0, 0]
    with pytest.raises(TransitionError):
        await door.let_go(session, **own, frees=True, now=morning)
    freed = await session.scalars(select(BookedNight.freed_at).where(BookedNight.booking_id == made.id))
    assert sorted(instant is not None for instant in freed) == [False, True, True]
    again = await paid(session, house, after=4, nights=2, now=morning)
    assert again.state is StayState.CONFIRMED
    assert made.total_minor == 360_000
    page = await door.list_day(session, producer_id=house.producer.id, on=day(4))
    assert (names(page.staying), names(page.arriving), page.heads) == ([], [again.id], 1)
    held = await holding.sum_held(session, now=morning, producer_id=house.producer.id)
    assert held == {house.producer.id: {"seller_payable": 360_000 + again.total_minor}}
    assert await holding.sum_held(session, now=again.ends_at, producer_id=house.producer.id) == {}


async def test_leaving_and_keeping_the_bed(session):
    """Without the host's word nothing is sold again; on the last morning nothing is left to sell (18)."""
    house = await make_house(session)
    made = await paid(session, house, after=3, nights=2)
    await receive(session, house, made, NOW + timedelta(days=3))
    own = {"booking_id": made.id, "producer_id": house.producer.id, "now": NOW + timedelta(days=4)}
    assert await door.let_go(session, **own, frees=False) == 0
    assert await taken(session, house.beds, 3, 4) == [1, 1]
    assert door.count_unused(made, now=NOW + timedelta(days=9)) == 0
    with pytest.raises(TransitionError):
        await cancelling.tell_off(
            session,
            booking_id=made.id,
            producer_id=house.producer.id,
            fields=OffFields(reason=OffReason.OTHER),
            now=NOW,
        )


async def test_beds_are_counted_apart_from_visits(session):
    """A full tour takes sleepers and a full house takes visitors, on the same day of the same producer (23)."""
    house = await make_house(session, beds=1)
    tour = await make_tour(session, producer_id=house.producer.id)
    unit = await make_unit(session, (option := await make_option(session, tour.id)).id)
    departure = await make_departure(session, tour.id, starts_at=NOW + timedelta(days=3), capacity=1)
    visit = Visit(house.producer, house.host, tour, option, {unit.kind: unit}, departure)

    async def come():
        facts = {"secret": SECRET, "person_id": None, "language": "vi", "now": NOW}
        return await visits.create_booking(session, booking=visit_wish(visit), **facts)

    await come()
    with pytest.raises(SoldOutError):
        await come()
    assert (await book(session, house)).heads == 1
    assert await taken(session, house.beds, 3, 4) == [1, 1]
    assert await bookings.list_to_come(session, now=NOW) == []
