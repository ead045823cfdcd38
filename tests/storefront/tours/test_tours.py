"""Tours, their prices, dates and words."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from app.core.clock import today
from app.core.events import Handlers
from app.core.ids import uuid7
from storefront.catalog.models import CatalogEntry
from storefront.tours import departures, jobs, service, views, words
from storefront.tours.errors import (
    CapacityError,
    DepartureNotFoundError,
    NotReadyError,
    PlanError,
    TourNotFoundError,
    TransitionError,
    TypeFixedError,
)
from storefront.tours.events import TourChanged
from storefront.tours.models import (
    AvailabilityType,
    DepartureState,
    TourUnit,
    UnitType,
)
from storefront.tours.schemas import DepartureFields, OptionFields, TourFields, read_units
from tests.factories.people import log_in, make_person, make_photo
from tests.factories.visits import NOW, make_departure, make_option, make_visit

TODAY = today(NOW)


def tour_fields(**overrides):
    """A tour's form."""
    values = {
        "title": "Thăm ao cá",
        "summary": "Xem cá.",
        "meeting_point": "Cổng trại",
        "duration_minutes": "180",
        "availability_type": "start_time",
        "cancellation_cutoff_hours": "24",
    }
    return TourFields.model_validate(values | overrides)


def date_fields(**overrides):
    """A form that adds dates."""
    values = {"from_on": TODAY + timedelta(days=1), "starts": time(8, 0), "capacity": "20"}
    return DepartureFields.model_validate(values | overrides)


async def entry_of(session, tour):
    """What the shop window shows of a tour."""
    statement = select(CatalogEntry).where(CatalogEntry.ref_id == tour.id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def test_a_tour_gets_an_address_of_its_own(session):
    """The address comes from the title; taken, or spelled in signs alone, it is made different."""
    visit = await make_visit(session)
    titles = ["Thăm ao cá", "Thăm ao cá", "???"]
    made = [
        await service.create_tour(
            session,
            producer_id=visit.producer.id,
            fields=tour_fields(title=title),
            commune_code=visit.tour.commune_code,
            now=NOW,
        )
        for title in titles
    ]
    assert made[0].slug == "tham-ao-ca"
    assert made[1].slug.startswith("tham-ao-ca-")
    assert made[2].slug == "chuyen-tham"
    assert len(await service.list_tours(session, visit.producer.id)) == 4
    assert [tour.id for tour in await service.list_published(session)] == [visit.tour.id]


async def test_a_tour_without_prices_is_not_shown(session):
    """Prices first, then the shop window; without prices, or put away, it is gone from there, and others are told."""
    visit = await make_visit(session)
    heard = []
    handlers = Handlers()

    async def hear(_session, event):
        heard.append(event.tour_id)

    handlers.on(TourChanged, hear)
    session.info["handlers"] = handlers
    tour = await service.create_tour(
        session,
        producer_id=visit.producer.id,
        fields=tour_fields(),
        commune_code=visit.tour.commune_code,
        now=NOW,
    )
    with pytest.raises(NotReadyError):
        await service.publish_tour(session, tour_id=tour.id, now=NOW)
    fields = OptionFields(name="Vé", max_units=10, child_minor=30_000)
    option = await service.save_option(session, tour_id=tour.id, option_id=None, fields=fields, now=NOW)
    assert option.is_default
    await service.publish_tour(session, tour_id=tour.id, now=NOW)
    entry = await entry_of(session, tour)
    assert (entry.is_visible, entry.price_minor, entry.price_unit) == (True, 30_000, "trẻ em")
    assert (await service.get_public_tour(session, tour.slug)).id == tour.id
    await service.unpublish_tour(session, tour_id=tour.id, now=NOW)
    assert not (await entry_of(session, tour)).is_visible
    for slug in (tour.slug, "khong-co"):
        with pytest.raises(TourNotFoundError):
            await service.get_public_tour(session, slug)
    assert heard == [tour.id] * 3


async def test_prices_change_and_end(session):
    """A price can change, end and come back; an option without a price is sold no more."""
    visit = await make_visit(session)

    async def save(option_id, **prices):
        fields = OptionFields.model_validate({"name": "Vé", "max_units": 10} | prices)
        return await service.save_option(
            session, tour_id=visit.tour.id, option_id=option_id, fields=fields, now=NOW
        )

    async def sold(*, with_inactive=False):
        offers = await service.list_offers(session, [visit.tour.id], with_inactive=with_inactive)
        return [{unit.kind: unit.price_minor for unit in offer.units} for offer in offers[visit.tour.id]]

    await save(visit.option.id, adult_minor="200k", family_minor="500k", family_heads="5")
    assert await sold() == [{UnitType.ADULT: 200_000, UnitType.FAMILY: 500_000}]
    assert visit.units[UnitType.FAMILY].pax_count == 5
    second = await save(None, adult_minor="150k")
    assert not second.is_default
    lowest = service.lowest_price((await service.list_offers(session, [visit.tour.id]))[visit.tour.id])
    assert lowest.price_minor == 150_000
    await save(second.id)
    assert len(await sold()) == 1
    assert len(await sold(with_inactive=True)) == 2
    with pytest.raises(TourNotFoundError):
        await save(uuid7(), adult_minor="1k")
    assert service.lowest_price([]) is None
    await make_option(session, visit.tour.id, name="Chưa ghi giá")
    assert len(await sold(with_inactive=True)) == 2


async def test_a_tour_is_edited_by_its_own_host_alone(session):
    """Photos come and go in order; the kind of time is fixed once dates stand; a stranger finds nothing."""
    visit = await make_visit(session)
    photos = [(await make_photo(session)).id for _number in range(2)]

    async def save(fields, **more):
        return await service.update_tour(
            session,
            tour_id=visit.tour.id,
            fields=fields,
            commune_code=visit.tour.commune_code,
            now=NOW,
            **more,
        )

    await save(tour_fields(title="Hái chè"), photos=[*photos, photos[0]])
    assert (await service.photo_ids(session, [visit.tour.id]))[visit.tour.id] == photos
    assert (await entry_of(session, visit.tour)).photo_id == photos[0]
    await save(tour_fields(), removed_photos=photos[:1])
    assert (await service.photo_ids(session, [visit.tour.id]))[visit.tour.id] == photos[1:]
    with pytest.raises(TypeFixedError):
        await save(tour_fields(availability_type="opening_hours"))
    fresh = await service.create_tour(
        session,
        producer_id=visit.producer.id,
        fields=tour_fields(),
        commune_code=visit.tour.commune_code,
        photos=photos,
        now=NOW,
    )
    await service.update_tour(
        session,
        tour_id=fresh.id,
        fields=tour_fields(availability_type="opening_hours"),
        commune_code=visit.tour.commune_code,
        now=NOW,
    )
    assert fresh.availability_type is AvailabilityType.OPENING_HOURS
    assert (await service.get_own_tour(session, tour_id=fresh.id, producer_id=visit.producer.id)) is fresh
    for tour_id in (fresh.id, uuid7()):
        with pytest.raises(TourNotFoundError):
            await service.get_own_tour(session, tour_id=tour_id, producer_id=uuid7())
    own = await departures.get_own_departure(
        session, departure_id=visit.departure.id, producer_id=visit.producer.id
    )
    assert own is visit.departure
    for departure_id in (visit.departure.id, uuid7()):
        with pytest.raises(DepartureNotFoundError):
            await departures.get_own_departure(session, departure_id=departure_id, producer_id=uuid7())
    assert set(await service.get_tours(session, [fresh.id, uuid7()])) == {fresh.id}


async def test_dates_are_added_once(session):
    """Chosen weekdays until a day; a start that stands already is left as it is; the time is Vietnam's."""
    visit = await make_visit(session)
    fields = date_fields(until_on=TODAY + timedelta(days=14), weekdays=[5, 6])
    assert await departures.create_departures(session, tour_id=visit.tour.id, fields=fields, now=NOW) == 4
    assert await departures.create_departures(session, tour_id=visit.tour.id, fields=fields, now=NOW) == 0
    seats = await departures.list_seats(session, [visit.tour], now=NOW, on=date(2026, 11, 15))
    assert [words.say_when(visit.tour, one.departure).params["hours"].params["starts"] for one in seats] == [
        "08:00"
    ]
    assert len(departures.plan_days(date_fields(until_on=TODAY + timedelta(days=3)), now=NOW)) == 3


@pytest.mark.parametrize(
    ("field", "overrides"),
    [
        ("from_on", {"from_on": TODAY - timedelta(days=1)}),
        ("from_on", {"from_on": TODAY + timedelta(days=400)}),
        ("until_on", {"until_on": TODAY}),
        ("until_on", {"until_on": TODAY + timedelta(days=400)}),
        ("until_on", {"until_on": TODAY + timedelta(days=200)}),
        ("weekdays", {"until_on": TODAY + timedelta(days=2), "weekdays": [3]}),
    ],
)
def test_dates_that_cannot_be(field, overrides):
    """Days gone by, too far, backwards, too many or none at all are refused beside their field."""
    with pytest.raises(PlanError) as refused:
        departures.plan_days(date_fields(**overrides), now=NOW)
    assert list(refused.value.fields) == [field]


async def test_capacity_and_states_of_a_day(session):
    """Capacity never falls below what is taken (rule 13); states move by the table only."""
    visit = await make_visit(session)
    full = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=3), taken=4)
    with pytest.raises(CapacityError):
        await departures.change_capacity(session, departure_id=full.id, capacity=3, now=NOW)
    await departures.change_capacity(session, departure_id=full.id, capacity=4, now=NOW)
    assert await departures.count_left(session, full.id, now=NOW) == 0
    for state in (DepartureState.GO, DepartureState.CLOSED, DepartureState.OPEN):
        await departures.move_departure(session, departure_id=full.id, state=state)
    for state in (DepartureState.CANCELLED, DepartureState.PROVISIONAL):
        with pytest.raises(TransitionError):
            await departures.move_departure(session, departure_id=full.id, state=state)


async def test_days_that_began_close_by_themselves(session):
    """A timed visit closes at its start, a day pass at the end of its day."""
    visit = await make_visit(session)
    lake = await make_visit(session, availability_type=AvailabilityType.OPENING_HOURS)
    assert str(words.say_hours(lake.tour, lake.departure)) == "cả ngày, mở cổng 09:00 đến 12:00"
    await jobs.close_begun(session, now=visit.departure.starts_at)
    assert (await departures.get_departure(session, visit.departure.id)).state is DepartureState.CLOSED
    assert (await departures.get_departure(session, lake.departure.id)).state is DepartureState.OPEN
    await jobs.close_begun(session, now=lake.departure.ends_at)
    assert (await departures.get_departure(session, lake.departure.id)).state is DepartureState.CLOSED


async def test_what_visitors_read_of_a_day(session):
    """Free seats are said in words; a called-off day is shown as such, a closed one not at all."""
    visit = await make_visit(session, capacity=3)

    async def read():
        [seats] = await departures.list_seats(session, [visit.tour], now=NOW)
        line = views.show_date(visit.tour, seats)
        return str(line.state), line.is_bookable, views.is_public(seats)

    assert await read() == ("còn 3 chỗ", True, True)
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    assert await read() == ("Ngừng nhận khách", False, False)


def test_words_of_visits():
    """Durations, cut-offs and seats are said as people say them."""
    assert [str(words.say_duration(minutes)) for minutes in (30, 120, 150)] == [
        "30 phút",
        "2 giờ",
        "2 giờ 30 phút",
    ]
    said = [str(words.say_cutoff(hours)) for hours in (0, 6, 48)]
    assert "cho đến giờ đi." in said[0]
    assert "6 giờ" in said[1]
    assert "2 ngày" in said[2]
    assert str(words.say_left(0)) == "hết chỗ"
    kinds = [TourUnit(kind=kind, pax_count=4) for kind in UnitType]
    assert [str(words.say_unit(unit)) for unit in kinds] == ["Người lớn", "Trẻ em", "Gia đình 4 người"]


def test_units_of_a_form():
    """Empty and zero are nobody; what is no number, too many or no ticket is said beside its field."""
    unit = uuid7()
    read, errors = read_units({f"unit_{unit}": "2", f"unit_{uuid7()}": "0", "unit_x": "1", "note": "3"})
    assert read == {unit: 2}
    assert list(errors) == ["unit_x"]
    assert read_units({f"unit_{unit}": "51"})[1]
    assert read_units({f"unit_{unit}": "-1"})[1]


async def test_the_form_begins_with_one_grown_up(db, client):
    """Whoever is logged in too; a link that says who comes is followed."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await log_in(session, client, (await make_person(session)).id)
    path = f"/tours/{visit.tour.slug}/book"
    counts = re.compile(r'name="unit_[^"]+" type="number" inputmode="numeric" value="(\d*)"')
    assert counts.findall((await client.get(path)).text) == ["1", "0", "0"]
    child = f"unit_{visit.units[UnitType.CHILD].id}"
    assert counts.findall((await client.get(f"{path}?{child}=2")).text) == ["0", "2", "0"]
