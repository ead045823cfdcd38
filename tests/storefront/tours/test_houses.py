"""Pond-houses that take so many visitors a day, and who went in (BOOKINGS.md, 105 to 109)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from producers.cooperatives.models import Role
from producers.farms.models import Crop
from storefront.operators import service as operators
from storefront.tours import (
    bookings,
    calling_off,
    cancelling,
    changing,
    departures,
    houses,
    moving,
    offering,
    sights,
    sweeping,
    tickets,
    waiting,
)
from storefront.tours.errors import HouseFullError, SightNotFoundError, SoldOutError
from storefront.tours.gate_models import ScanTrouble
from storefront.tours.models import Booking, BookingState, CallOffReason, UnitType
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_farm, make_membership, make_site
from tests.factories.visits import (
    NOW,
    SECRET,
    SITE,
    Visit,
    make_departure,
    make_option,
    make_tour,
    make_unit,
    make_visit,
    wish,
)
from tests.storefront.tours.test_bookings import book, paid_booking, pay

DAY = timedelta(days=1)


async def make_house(session, visit, name="Nhà ao 1"):
    """A raceway of the visit's producer."""
    farm = await make_farm(session, producer_id=visit.producer.id)
    return await make_site(session, farm_id=farm.id, name=name, crop=Crop.STURGEON)


async def make_other(session, visit, **departure):
    """Another tour of the same producer on the same day, an hour later."""
    starts = {"starts_at": visit.departure.starts_at + timedelta(hours=1)} | departure
    tour = await make_tour(session, producer_id=visit.producer.id, title="Cho cá ăn")
    option = await make_option(session, tour.id)
    unit = await make_unit(session, option.id)
    made = await make_departure(session, tour.id, **starts)
    return Visit(visit.producer, visit.host, tour, option, {UnitType.ADULT: unit}, made)


async def enter(session, visit, *sites):
    """The host says which places a date shows."""
    await sights.choose(
        session,
        departure=visit.departure,
        producer_id=visit.producer.id,
        site_ids=[site.id for site in sites],
        lot_ids=[],
        now=NOW,
    )


async def limit(session, visit, site, visitors):
    """The host says how many visitors a day a place takes."""
    return await houses.set_limit(
        session, site_id=site.id, producer_id=visit.producer.id, visitors=visitors, now=NOW
    )


async def left(session, visit, now=NOW):
    """How many heads still fit on a date."""
    return await departures.count_left(session, visit.departure.id, now=now)


async def open_shared(session, visitors=6):
    """Two tours of one day through one pond-house: (first, second, house)."""
    first = await make_visit(session)
    second = await make_other(session, first)
    house = await make_house(session, first)
    await enter(session, first, house)
    await enter(session, second, house)
    await limit(session, first, house, visitors)
    return first, second, house


async def test_all_departures_of_a_day_share_a_pond_house(session):
    """Parties of every tour of the day count, holds too; the refusal names the house and says how many still fit (105)."""
    first, second, _house = await open_shared(session)
    tomorrow = await make_other(session, first, starts_at=first.departure.starts_at + DAY)
    assert (await left(session, first), await left(session, second)) == (6, 6)
    await book(session, first, 4)
    assert (await left(session, first), await left(session, second)) == (2, 2)
    with pytest.raises(HouseFullError) as refused:
        await book(session, second, 3)
    assert refused.value.left == 2
    assert str(refused.value.message) == "Nhà ao 1 hôm đó chỉ nhận thêm 2 khách để giữ sạch cho cá."
    await book(session, second, 2)
    with pytest.raises(HouseFullError, match="nhận đủ khách rồi"):
        await book(session, first, 1)
    assert (await left(session, first), await left(session, tomorrow)) == (0, 20)


async def test_the_seats_may_be_fewer_than_the_house_takes(session):
    """Free is the smaller of the two: the seats, and what every one of its pond-houses still takes (105)."""
    visit, _second, _house = await open_shared(session, visitors=50)
    assert await left(session, visit) == 20
    with pytest.raises(SoldOutError) as refused:
        await book(session, visit, 10, units={visit.units[UnitType.FAMILY].id: 6})
    assert not isinstance(refused.value, HouseFullError)
    small = await make_house(session, visit, "Nhà ươm")
    await limit(session, visit, small, 3)
    await enter(session, visit, _house, small)
    assert await left(session, visit) == 3


async def test_what_ends_or_goes_makes_room_by_itself(session):
    """A hold whose time is over, a party that cancels, moves or is called off gives its places back, once (106)."""
    first, second, house = await open_shared(session)
    over = NOW + timedelta(minutes=16)
    await book(session, first, 6)
    assert await left(session, second, NOW) == 0
    assert await left(session, second, over) == 6
    taken = await book(session, second, 6, now=over)
    assert (await left(session, first, over), await left(session, second, over)) == (0, 0)
    await cancelling.cancel_booking(session, booking_id=taken.id, now=over)
    assert await left(session, first, over) == 6
    paid = await book(session, first, 5, now=over)
    await pay(session, paid, now=over)
    tomorrow = await make_departure(session, first.tour.id, starts_at=first.departure.starts_at + DAY)
    await moving.move(session, booking_id=paid.id, departure_id=tomorrow.id, now=over)
    assert await left(session, second, over) == 6
    # Back again: its own heads do not stand in its way.
    await moving.move(session, booking_id=paid.id, departure_id=first.departure.id, now=over)
    beside = await make_departure(
        session, first.tour.id, starts_at=first.departure.starts_at + timedelta(hours=5)
    )
    await enter(session, Visit(*_with(first, beside)), house)
    await moving.move(session, booking_id=paid.id, departure_id=beside.id, now=over)
    assert await left(session, second, over) == 1
    await calling_off.call_off(
        session, departure_id=beside.id, reason=CallOffReason.WEATHER, now=over, **SITE
    )
    assert await left(session, second, over) == 6


def _with(visit, departure):
    return (visit.producer, visit.host, visit.tour, visit.option, visit.units, departure)


async def test_money_that_comes_late_asks_the_house_again(session):
    """A hold that was swept finds its places only if nobody else has them by now (106)."""
    first, second, _house = await open_shared(session)
    late = await book(session, first, 4)
    over = NOW + timedelta(minutes=16)
    await sweeping.expire_holds(session, now=over)
    await book(session, second, 4, now=over)
    await pay(session, late, now=over)
    assert (await bookings.get_booking(session, late.id)).state is BookingState.EXPIRED


async def test_an_operators_party_grows_within_the_house(session):
    """Another party is judged as a whole: what it has already stands not in its way (107)."""
    first, second, _house = await open_shared(session)
    operator = await operators.get_or_create_operator(session, name="Đi Xa", now=NOW)
    terms = operators.Terms(operator_id=operator.id, discount_basis_points=1_000)
    made = await bookings.create_booking(
        session,
        booking=wish(first, 3),
        secret=SECRET,
        person_id=None,
        language="vi",
        now=NOW,
        terms=terms,
    )

    adult, on, made_id = first.units[UnitType.ADULT].id, first.departure.id, made.id

    async def change(adults):
        async with session.begin_nested():
            return await changing.change_party(
                session,
                booking_id=made_id,
                departure_id=on,
                units={adult: adults},
                kept=[],
                terms=terms,
                now=NOW,
            )

    await book(session, second, 1)
    assert (await change(5)).heads == 5
    with pytest.raises(HouseFullError):
        await change(6)
    assert (await change(2)).heads == 2
    await session.refresh(second.departure)
    assert await left(session, second) == 3


async def test_a_limit_puts_nobody_out(session):
    """A lower limit keeps who has booked; a date with guests does not lead into a house that is too small (108)."""
    first, second, house = await open_shared(session)
    await book(session, first, 4)
    assert await limit(session, first, house, 2) == sorted([first.departure.id, second.departure.id])
    assert await left(session, first) == 0
    with pytest.raises(HouseFullError):
        await book(session, second, 1)
    small = await make_house(session, first, "Nhà ươm")
    await limit(session, first, small, 3)
    with pytest.raises(HouseFullError) as refused:
        await enter(session, first, house, small)
    assert refused.value.left == 3
    await session.rollback()


async def test_without_a_limit_as_many_come_as_there_are_seats(session):
    """Taken off, the limit binds nobody; another producer's place or a plot of tea cannot be bound (108)."""
    first, _second, house = await open_shared(session, visitors=1)
    stranger = await make_visit(session)
    with pytest.raises(SightNotFoundError):
        await limit(session, stranger, house, 5)
    plot = await make_site(session, farm_id=house.farm_id)
    with pytest.raises(SightNotFoundError):
        await limit(session, first, plot, 5)
    await limit(session, first, house, None)
    assert await left(session, first) == 20


async def test_who_waits_for_the_other_tour_is_asked(session):
    """Places that come back on one tour are offered to who waits for another through the same house (106)."""
    first, second, _house = await open_shared(session)
    had = await book(session, first, 6)
    party = await waiting.join(
        session,
        wish=wish(second, 4, contact_phone="+84912000111"),
        secret=SECRET,
        person_id=None,
        language="vi",
        now=NOW,
    )
    offers = {"departure_id": second.departure.id, "now": NOW, **SITE}
    assert await offering.offer_seats(session, **offers) == []
    await cancelling.cancel_booking(session, booking_id=had.id, now=NOW)
    made = await offering.offer_seats(session, **offers)
    assert [one.heads for one in made] == [4]
    await session.refresh(party)
    assert party.booking_id == made[0].id


async def test_who_went_in_is_kept_with_the_hour(session):
    """The log of a house has each scan of the day at its hour, as the date showed it then (109)."""
    first, _second, house = await open_shared(session)
    booking = await paid_booking(session, first, 3)
    at = first.departure.starts_at
    await tickets.check_in(
        session, code=booking.code, producer_id=first.producer.id, person_id=first.host.id, now=at
    )
    await enter(session, first)
    on = first.departure.local_on
    site, [line] = await houses.list_log(session, site_id=house.id, producer_id=first.producer.id, on=on)
    assert (site.id, line.heads, line.booking.id, line.by) == (house.id, 3, booking.id, "Anh Tuấn")
    assert line.scan.scanned_at == at
    line.scan.trouble = ScanTrouble.WRONG_DAY
    await session.flush()
    _site, [odd] = await houses.list_log(session, site_id=house.id, producer_id=first.producer.id, on=on)
    assert odd.heads == 3
    _site, none = await houses.list_log(session, site_id=house.id, producer_id=first.producer.id, on=on - DAY)
    assert none == []
    with pytest.raises(SightNotFoundError):
        await houses.list_log(session, site_id=house.id, producer_id=uuid4(), on=on)


async def test_hosts_keep_limits_and_managers_read_the_log(db, house, client, new_client):
    """Limits and what is to come are a page; the log is the manager's alone, and prints names and numbers (108, 109)."""
    async with db.transaction() as session:
        first, _second, pond = await open_shared(session)
        empty = await make_visit(session)
        await paid_booking(session, first, 3)
        guide = await make_person(session)
        await make_membership(session, producer_id=first.producer.id, person_id=guide.id, role=Role.GUIDE)
        await log_in(session, client, first.host.id)
    page = "/producer/tours/houses"
    shown = (await client.get(page)).text
    assert "3 trên 6 người" in shown
    assert "Sổ khách vào" in shown
    wrong = await client.post(page, data={"site_id": str(pond.id), "visitors": "0"})
    assert wrong.status_code == 422
    assert (await client.post(page, data={"site_id": "x"})).status_code == 422
    assert (await client.post(page, data={"site_id": str(pond.id), "visitors": "3"})).status_code == 303
    assert "3 trên 3 người" in (await client.get(page)).text
    assert (await client.post(page, data={"site_id": str(pond.id), "visitors": "2"})).status_code == 303
    assert "3 trên 2 người" in (await client.get(page)).text
    assert "hết chỗ" in (await client.get(f"/tours/{first.tour.slug}")).text
    sight = f"/producer/tours/departures/{first.departure.id}/sights"
    async with db.transaction() as session:
        small = await make_house(session, first, "Nhà ươm")
        await limit(session, first, small, 1)
    refused = await client.post(sight, data={"sites": [str(pond.id), str(small.id)]})
    assert (refused.status_code, "Nhà ươm hôm đó chỉ nhận thêm 1 khách" in refused.text) == (409, True)
    assert (await client.post(page, data={"site_id": str(pond.id), "visitors": ""})).status_code == 303
    assert "3 người" in (await client.get(page)).text
    log = f"{page}/{pond.id}/log"
    assert "Ngày này không có khách vào" in (await client.get(log)).text
    house.clock.advance(days=2, minutes=-30)
    async with db.transaction() as session:
        await log_in(session, client, first.host.id, now=house.clock.now())
        await session.execute(update(Booking).values(contact_name="Chị Mai"))
        [booking] = await bookings.booking_repository.list_visitors(
            session, [first.departure.id], [BookingState.CONFIRMED]
        )
    assert (await client.post("/producer/tours/gate", data={"code": booking.code})).status_code == 200
    told = (await client.get(f"{log}?on={first.departure.local_on}")).text
    assert "Chị Mai" in told
    assert "0912 345 678" in told
    assert "Cả ngày 3 người vào." in told
    async with new_client() as other:
        async with db.transaction() as session:
            await log_in(session, other, guide.id, now=house.clock.now())
        assert (await other.get(page)).status_code == 200
        assert (await other.get(log)).status_code == 403
        async with db.transaction() as session:
            await log_in(session, other, empty.host.id, now=house.clock.now())
        assert "Nhà mình chưa ghi ao nào" in (await other.get(page)).text
        assert (await other.get(log)).status_code == 404
