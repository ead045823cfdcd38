"""Who leads a day and what it goes in (BOOKINGS.md, 100 to 104)."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.operators import service as operators
from storefront.tours import allotments, bookings, calling_off, cancelling, departures, resources, seasons
from storefront.tours.allotments import Promise
from storefront.tours.errors import (
    CapacityError,
    CarSeatsError,
    DepartureNotFoundError,
    PlanError,
    ResourceBusyError,
    ResourceNotFoundError,
    TransitionError,
)
from storefront.tours.models import BookingState, CallOffReason, Departure
from storefront.tours.resource_models import DepartureResource, ResourceKind
from storefront.tours.schemas import DayFields, DepartureFields, ResourceFields
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.visits import NOW, SITE, make_departure, make_tour, make_visit
from tests.storefront.tours.test_bookings import book

HOUR = timedelta(hours=1)


async def make_guide(session, producer_id, name="Chị Lan", **fields):
    """A guide who leads in Vietnamese and English."""
    wanted = {"kind": ResourceKind.GUIDE, "name": name, "languages": ["en", "vi"], "is_active": True}
    return await resources.save_resource(
        session,
        producer_id=producer_id,
        resource_id=None,
        fields=ResourceFields(**wanted | fields),
        now=NOW,
    )


async def make_car(session, producer_id, seats=7, **fields):
    """A car with seven guests' seats."""
    return await make_guide(
        session, producer_id, **{"name": "Xe 20B", "kind": "car", "seats": seats} | fields
    )


async def assign(session, visit, *crew, departure=None, limits=False):
    """The host says who leads a date."""
    await resources.assign(
        session,
        departure_id=(departure or visit.departure).id,
        producer_id=visit.producer.id,
        resource_ids=[one.id for one in crew],
        limits_seats=limits,
        now=NOW,
    )


async def crew_of(session, departure):
    """Who leads a date, as its host reads it."""
    said = resources.say_crew((await resources.list_assigned(session, [departure.id]))[departure.id])
    return None if said is None else str(said)


async def test_a_guide_has_languages_and_a_car_has_seats(session):
    """Guides have languages and may be members, cars and boats have guests' seats; another producer's are not found (100)."""
    visit, other = await make_visit(session), await make_visit(session)
    guide = await make_guide(
        session, visit.producer.id, person_id=visit.host.id, languages=["tyz", "xx", "vi"]
    )
    assert (guide.languages, guide.seats) == (["vi", "tyz"], None)
    car = await make_car(session, visit.producer.id, languages=["en"], person_id=visit.host.id)
    assert (car.languages, car.seats, car.person_id) == ([], 7, None)
    with pytest.raises(PlanError):
        await make_guide(session, visit.producer.id, person_id=visit.host.id)
    with pytest.raises(PlanError):
        await make_car(session, visit.producer.id, seats=None)
    with pytest.raises(ResourceNotFoundError):
        await make_guide(session, visit.producer.id, person_id=other.host.id)
    with pytest.raises(ResourceNotFoundError):
        await resources.save_resource(
            session,
            producer_id=other.producer.id,
            resource_id=guide.id,
            fields=ResourceFields(name="Trộm"),
            now=NOW,
        )
    silent = await make_guide(session, visit.producer.id, name="Anh Páo", languages=[])
    await assign(session, visit, guide, silent, car)
    said = "Chị Lan dẫn (tiếng Việt, tiếng Tày), Anh Páo dẫn, Xe 20B (7 chỗ)"
    assert await crew_of(session, visit.departure) == said
    with pytest.raises(ResourceNotFoundError):
        await assign(session, other, guide)
    with pytest.raises(DepartureNotFoundError):
        await assign(session, visit, departure=other.departure)
    await assign(session, visit)
    assert await crew_of(session, visit.departure) is None


async def test_nobody_is_in_two_places_at_once(session):
    """A guide or car is on no two departures that overlap in time; one after the other is fine (101)."""
    visit = await make_visit(session)
    guide, car = await make_guide(session, visit.producer.id), await make_car(session, visit.producer.id)
    tour = await make_tour(session, producer_id=visit.producer.id, title="Chợ đêm")
    starts = visit.departure.starts_at
    beside = await make_departure(session, tour.id, starts_at=starts + 2 * HOUR)
    after = await make_departure(session, tour.id, starts_at=starts + 3 * HOUR)
    await assign(session, visit, guide, car)
    await assign(session, visit, guide, departure=after)
    for busy in (guide, car):
        with pytest.raises(ResourceBusyError) as refused:
            await assign(session, visit, busy, departure=beside)
        assert str(refused.value.message).startswith(f"{busy.name} đã có chuyến")
    assert await crew_of(session, beside) is None
    await assign(session, visit, car)
    await assign(session, visit, departure=after)
    await assign(session, visit, guide, departure=beside)
    assert await crew_of(session, beside) == "Chị Lan dẫn (tiếng Việt, tiếng Anh)"


async def test_they_go_along_with_the_hours_of_the_day(session):
    """A day that gets other hours takes its guide along, or is refused; called off or dropped, the guide is free (102)."""
    visit = await make_visit(session)
    guide = await make_guide(session, visit.producer.id)
    tour = await make_tour(session, producer_id=visit.producer.id)
    other = await make_departure(session, tour.id, starts_at=visit.departure.starts_at + 4 * HOUR)
    await assign(session, visit, guide)
    await assign(session, visit, guide, departure=other)
    starts = (visit.departure.starts_at + 9 * HOUR).time()  # Vietnam is seven hours ahead: two hours later
    fields = DayFields(starts=starts, capacity=20)
    with pytest.raises(ResourceBusyError):
        await seasons.change_day(session, departure_id=visit.departure.id, fields=fields, now=NOW)
    await session.execute(update(Departure).where(Departure.id == other.id).values(dropped_at=NOW))
    assert await crew_of(session, other) is None
    await seasons.change_day(session, departure_id=visit.departure.id, fields=fields, now=NOW)
    kept = await session.scalar(select(DepartureResource.period))
    assert kept.lower == visit.departure.starts_at + 2 * HOUR
    await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, now=NOW, **SITE
    )
    assert await crew_of(session, visit.departure) is None
    with pytest.raises(TransitionError):
        await assign(session, visit, guide)


async def test_what_else_is_wrong_is_not_called_a_clash(session):
    """Only the refusal of two places at once is put into those words (101)."""
    visit = await make_visit(session)
    wrong = insert(DepartureResource).values(
        departure_id=visit.departure.id, resource_id=uuid7(), period=func.tstzrange(NOW, NOW + HOUR)
    )
    for guard in (
        resources._refuse_clashes(session, visit.departure, []),
        resources.keep_apart(session, visit.departure.id),
    ):
        with pytest.raises(IntegrityError, match="foreign key"):
            async with guard:
                await session.execute(wrong)


async def test_the_seats_of_the_cars_limit_a_day_that_says_so(session):
    """With the host's word no more guests come than the cars have seats, and none is put out by it (103)."""
    visit = await make_visit(session)
    car, boat = (
        await make_car(session, visit.producer.id),
        await make_car(session, visit.producer.id, kind="boat", seats=5, name="Thuyền"),
    )
    guide = await make_guide(session, visit.producer.id)
    with pytest.raises(PlanError):
        await assign(session, visit, guide, limits=True)
    await assign(session, visit, car, limits=True)
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 7
    await book(session, visit, 6)
    for capacity in (8, 20):
        with pytest.raises(CarSeatsError):
            await departures.change_capacity(
                session, departure_id=visit.departure.id, capacity=capacity, now=NOW
            )
    await assign(session, visit, car, boat, limits=True)
    await departures.change_capacity(session, departure_id=visit.departure.id, capacity=12, now=NOW)
    with pytest.raises(CapacityError):
        await assign(session, visit, boat, limits=True)
    await session.refresh(visit.departure)
    assert visit.departure.car_seats == 12
    await assign(session, visit, car)
    await departures.change_capacity(session, departure_id=visit.departure.id, capacity=20, now=NOW)
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 14


async def save_seats(session, car, seats, now=NOW):
    """The host writes down other seats of a car."""
    fields = ResourceFields(kind="car", name=car.name, seats=seats, is_active=True)
    producer_id, resource_id = car.producer_id, car.id
    await resources.save_resource(
        session, producer_id=producer_id, resource_id=resource_id, fields=fields, now=now
    )


async def test_dates_follow_the_seats_of_their_cars(session):
    """A car that gets other seats takes along the dates to come that it limits, and no others (103)."""
    visit = await make_visit(session)
    car = await make_car(session, visit.producer.id)
    boat = await make_car(session, visit.producer.id, name="Thuyền", kind="boat", seats=5)
    free, past, open_to_all = [
        await make_departure(
            session, visit.tour.id, starts_at=visit.departure.starts_at + timedelta(days=days)
        )
        for days in (1, -5, 3)
    ]
    await assign(session, visit, car, limits=True)
    await assign(session, visit, car, boat, departure=free, limits=True)
    await assign(session, visit, boat, departure=past, limits=True)
    await assign(session, visit, car, departure=open_to_all)

    async def limits():
        rows = [
            await departures.get_departure(session, one.id)
            for one in (visit.departure, free, past, open_to_all)
        ]
        return [(one.car_seats, one.capacity) for one in rows]

    assert await limits() == [(7, 7), (12, 12), (5, 5), (None, 20)]
    await save_seats(session, car, 4)
    assert await limits() == [(4, 4), (9, 9), (5, 5), (None, 20)]
    await save_seats(session, boat, 3)
    assert await limits() == [(4, 4), (7, 7), (5, 5), (None, 20)]  # what is over stays as it was
    # More seats let the host receive more, and open nothing by themselves.
    await save_seats(session, car, 16)
    assert await limits() == [(16, 4), (19, 7), (5, 5), (None, 20)]
    await departures.change_capacity(session, departure_id=visit.departure.id, capacity=16, now=NOW)


async def test_a_date_follows_no_further_than_its_guests(session):
    """A date with more guests than the car has seats keeps theirs, and is named to its host until it has another car (103)."""
    visit = await make_visit(session)
    car = await make_car(session, visit.producer.id)
    held = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    beside = await make_departure(
        session, visit.tour.id, starts_at=visit.departure.starts_at + timedelta(days=1)
    )
    await assign(session, visit, car, limits=True)
    await assign(session, visit, car, departure=beside, limits=True)
    await book(session, visit, 4)
    lapsed = await book(session, visit, 2, now=NOW - timedelta(minutes=20))
    promise = Promise(operator_id=held.id, heads=6, release_days=0)
    await allotments.grant(session, departure_id=beside.id, promise=promise, now=NOW)
    assert await resources.list_short(session, visit.producer.id, now=NOW) == []
    await save_seats(session, car, 3)
    assert (await bookings.get_booking(session, lapsed.id)).state is BookingState.EXPIRED
    found = await resources.list_short(session, visit.producer.id, now=NOW)
    assert [(one.departure.id, one.departure.capacity, one.seats) for one in found] == [
        (visit.departure.id, 4, 3),
        (beside.id, 6, 3),
    ]
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 0
    van = await make_car(session, visit.producer.id, name="Xe to", seats=9)
    await assign(session, visit, car, van, limits=True)
    await assign(session, visit, car, departure=beside)
    assert await resources.list_short(session, visit.producer.id, now=NOW) == []


async def test_a_guide_reads_their_own_days(session):
    """A guide reads the days that they lead in the next thirty, and nobody else's (104)."""
    visit = await make_visit(session)
    guide = await make_guide(session, visit.producer.id, person_id=visit.host.id)
    other = await make_guide(session, visit.producer.id, name="Anh Páo")
    far = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=31))
    not_mine = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=3))
    await assign(session, visit, guide)
    await assign(session, visit, guide, departure=far)
    await assign(session, visit, other, departure=not_mine)
    found = await resources.list_led(session, producer_id=visit.producer.id, person_id=visit.host.id, now=NOW)
    assert [one.departure.id for one in found] == [visit.departure.id]
    assert [one.name for one in found[0].crew] == ["Chị Lan"]


async def test_dates_that_do_not_follow_are_named_on_the_page(db, client):
    """The page of cars names the dates with more guests than seats, and leads to where another car is chosen (103)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        car = await make_car(session, visit.producer.id)
        await assign(session, visit, car, limits=True)
        await book(session, visit, 6)
        reader = await make_person(session)
        await make_membership(session, producer_id=visit.producer.id, person_id=reader.id, role=Role.MEMBER)
        await log_in(session, client, visit.host.id)
    page = "/producer/tours/resources"
    words = "đã đặt và giữ 6 chỗ, xe chở được 5 khách"
    assert words not in (await client.get(page)).text
    fewer = {"kind": "car", "name": "Xe 20B", "seats": "5", "is_active": "1", "resource_id": str(car.id)}
    assert (await client.post(page, data=fewer)).status_code == 303
    shown = (await client.get(page)).text
    assert words in shown
    assert f"/producer/tours/departures/{visit.departure.id}/crew" in shown
    async with db.transaction() as session:
        await log_in(session, client, reader.id)
    assert words not in (await client.get(page)).text


async def test_hosts_keep_guides_and_cars_on_pages(db, client):
    """The list, a date's crew and a guide's own days are pages; guests read the languages (100 to 104)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await log_in(session, client, visit.host.id)
    page = "/producer/tours/resources"
    said = {"kind": "guide", "name": "Chị Lan", "languages": ["en"], "is_active": "1"}
    refused = await client.post(page, data=said | {"name": ""})
    assert refused.status_code == 422
    assert (await client.post(page, data=said | {"person_id": str(visit.host.id)})).status_code == 303
    assert (await client.post(page, data=said | {"person_id": str(visit.host.id)})).status_code == 422
    car = {"kind": "car", "name": "Xe 20B", "seats": "7", "is_active": "1"}
    assert (await client.post(page, data=car)).status_code == 303
    async with db.transaction() as session:
        guide, auto = await resources.list_resources(session, visit.producer.id)
    changed = {"kind": "car", "name": "Xe 20B-123", "seats": "9", "resource_id": str(auto.id)}
    assert (await client.post(page, data=changed | {"seats": ""})).status_code == 422
    assert (await client.post(page, data=changed)).status_code == 303
    shown = (await client.get(page)).text
    assert "Xe 20B-123 (9 chỗ)" in shown
    assert "Không dùng nữa" in shown
    crew = f"/producer/tours/departures/{visit.departure.id}/crew"
    assert "Chị Lan dẫn (tiếng Anh)" in (await client.get(crew)).text
    assert "Xe 20B-123" not in (await client.get(crew)).text
    none = await client.post(crew, data={"limits_seats": "1"})
    assert (none.status_code, "Bạn chọn xe hay thuyền trước đã" in none.text) == (422, True)
    assert (await client.post(crew, data={"resources": "x"})).status_code == 422
    done = await client.post(crew, data={"resources": [str(guide.id), str(auto.id)], "limits_seats": "1"})
    assert done.status_code == 303
    assert "checked" in (await client.get(crew)).text
    mine = (await client.get("/producer/tours/led")).text
    assert "Cổng nhà văn hóa xóm" in mine
    day = await client.get(f"/producer/tours/day?on={visit.departure.local_on}")
    assert "Chị Lan dẫn (tiếng Anh), Xe 20B-123 (9 chỗ)" in day.text
    dates = await client.get(f"/producer/tours/{visit.tour.id}/dates")
    assert "Chị Lan dẫn (tiếng Anh)" in dates.text
    tour = await client.get(f"/tours/{visit.tour.slug}")
    assert "Hướng dẫn bằng tiếng Anh" in tour.text
    assert "Hướng dẫn bằng tiếng Anh" in (await client.get(f"/tours/{visit.tour.slug}/days")).text
    assert "hướng dẫn bằng tiếng Anh" in (await client.get(f"/tours/{visit.tour.slug}/book")).text


async def test_members_without_the_role_only_read(db, client):
    """Whoever does not receive guests reads the list and changes nothing (100)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await make_guide(session, visit.producer.id)
        reader = await make_person(session)
        await make_membership(session, producer_id=visit.producer.id, person_id=reader.id, role=Role.MEMBER)
        await log_in(session, client, reader.id)
    shown = (await client.get("/producer/tours/resources")).text
    assert "Chị Lan dẫn" in shown
    assert "<form" not in shown.split("<main", 1)[1].split("</main", 1)[0]
    assert "Chưa có chuyến nào của bạn" in (await client.get("/producer/tours/led")).text


async def test_a_dropped_day_that_comes_back_is_bound_by_no_car(session):
    """A day that its rule makes anew has neither crew nor cars' limit (102, 103)."""
    visit = await make_visit(session)
    car = await make_car(session, visit.producer.id)
    await assign(session, visit, car, limits=True)
    await session.execute(update(Departure).where(Departure.id == visit.departure.id).values(dropped_at=NOW))
    there = visit.departure.starts_at + 7 * HOUR
    await departures.create_departures(
        session,
        tour_id=visit.tour.id,
        fields=DepartureFields(from_on=there.date(), starts=time(there.hour), capacity=20),
        now=NOW,
    )
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 20


async def test_seats_that_come_back_are_not_sold_beyond_the_cars(session):
    """A date with more guests than its cars have seats comes nearer to these as guests go, and takes nobody above them (103)."""
    visit = await make_visit(session)
    car = await make_car(session, visit.producer.id)
    await assign(session, visit, car, limits=True)
    first, second = await book(session, visit, 3), await book(session, visit, 4)
    await save_seats(session, car, 5)
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 0
    for ended, limit, left in ((first, 5, 1), (second, 5, 5)):
        await cancelling.cancel_booking(session, booking_id=ended.id, now=NOW)
        seen = await departures.get_departure(session, visit.departure.id)
        assert (seen.car_seats, seen.capacity) == (limit, limit)
        assert await departures.count_left(session, visit.departure.id, now=NOW) == left
    assert await resources.list_short(session, visit.producer.id, now=NOW) == []


async def test_what_is_held_for_an_operator_stays_though_guests_go(session):
    """Never below what is taken and held: seats that an operator gives back are held for it again (71, 103)."""
    visit = await make_visit(session)
    car = await make_car(session, visit.producer.id)
    held = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    await assign(session, visit, car, limits=True)
    promise = Promise(operator_id=held.id, heads=4, release_days=0)
    await allotments.grant(session, departure_id=visit.departure.id, promise=promise, now=NOW)
    gone = await book(session, visit, 3)
    await save_seats(session, car, 3)
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)
    seen = await departures.get_departure(session, visit.departure.id)
    assert seen.capacity >= 4
