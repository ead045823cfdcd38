"""Where visits are found: the table of the year, what search engines read, Google's file (CALENDARS.md, 64 to 66)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.core.clock import VN, today
from storefront.tours import availability, departures, discovery, service
from storefront.tours.models import AvailabilityType, Departure, DepartureState, TourUnit, UnitType
from storefront.tours.states import BOOKABLE
from tests.factories.octo import make_key
from tests.factories.people import make_photo
from tests.factories.visits import NOW, make_departure, make_option, make_tour, make_unit, make_visit
from tests.queries import count_queries
from tests.storefront.tours.test_bookings import book

SCHEMA = "https://schema.org/"


def read_graph(page):
    """The trip and the events that a page tells search engines."""
    text = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)[1]
    document = json.loads(text)
    assert document["@context"] == "https://schema.org"
    trip, *events = document["@graph"]
    assert trip["@type"] == "TouristTrip"
    return trip, {event["@id"].partition("#")[2]: event for event in events}


async def fill_year(session, visit):
    """Dates of every kind within the next weeks; answers them."""
    made = [visit.departure]
    for number, (state, capacity, taken) in enumerate(
        [
            (DepartureState.OPEN, 12, 9),
            (DepartureState.GO, 8, 8),
            (DepartureState.CANCELLED, 9, 0),
            (DepartureState.CLOSED, 9, 2),
            (DepartureState.PROVISIONAL, 9, 0),
            (DepartureState.GO, 30, 1),
        ]
    ):
        starts_at = NOW + timedelta(days=7 * number + 9, hours=number)
        made.append(
            await make_departure(
                session, visit.tour.id, starts_at=starts_at, state=state, capacity=capacity, taken=taken
            )
        )
    return made


async def test_search_engines_read_the_table(db, client):
    """Each shown date is an event: start with its offset, state, seats and prices are those of the tables (65)."""
    async with db.transaction() as session:
        visit = await make_visit(session, title="Hái chè </script>")
        photo = await make_photo(session)
        await service.repository.insert_photo(session, tour_id=visit.tour.id, photo_id=photo.id, now=NOW)
        await fill_year(session, visit)
        await book(session, visit, 4)
    address = f"/tours/{visit.tour.slug}"
    trip, events = read_graph(await client.get(address))
    async with db.transaction() as session:
        rows = list(await session.scalars(select(Departure).where(Departure.tour_id == visit.tour.id)))
        prices = list(
            await session.scalars(
                select(TourUnit.price_minor)
                .where(TourUnit.option_id == visit.option.id)
                .order_by(TourUnit.position)
            )
        )
    seen = {str(row.id): row for row in rows if row.state in {*BOOKABLE, DepartureState.CANCELLED}}
    assert events.keys() == seen.keys()
    assert (trip["name"], trip["provider"]["name"]) == ("Hái chè </script>", visit.producer.name)
    assert [offer["price"] for offer in trip["offers"]] == prices
    assert trip["image"] == [f"http://127.0.0.1:8000/media/{photo.id}/1280.webp"]
    for key, row in seen.items():
        event = events[key]
        is_off = row.state is DepartureState.CANCELLED
        left = 0 if is_off else row.capacity - row.taken
        words = "SoldOut" if not left else "LimitedAvailability" if left <= 5 else "InStock"
        assert event["startDate"].endswith("+07:00") and event["endDate"].endswith("+07:00")
        assert datetime.fromisoformat(event["startDate"]) == row.starts_at
        assert datetime.fromisoformat(event["endDate"]) == row.ends_at
        assert event["eventStatus"] == SCHEMA + ("EventCancelled" if is_off else "EventScheduled")
        assert (event["maximumAttendeeCapacity"], event["remainingAttendeeCapacity"]) == (row.capacity, left)
        assert [(one["price"], one["priceCurrency"]) for one in event["offers"]] == [
            (price, "VND") for price in prices
        ]
        assert {one["availability"] for one in event["offers"]} == {SCHEMA + words}
        assert all(f"departure_id={row.id}" in one["url"] for one in event["offers"])
    assert events[str(visit.departure.id)]["remainingAttendeeCapacity"] == 16


async def test_a_date_that_is_not_sure_is_no_event(session):
    """What may yet not take place is told to people in words, never to search engines as a date (65)."""
    visit = await make_visit(session)
    maybe = await make_departure(
        session, visit.tour.id, starts_at=NOW + timedelta(days=3), state=DepartureState.PROVISIONAL
    )
    found = await departures.list_seats(session, [visit.tour], now=NOW)
    assert [one.departure.id for one in found] == [visit.departure.id, maybe.id]
    told = discovery.Invitation(
        tour=visit.tour,
        producer=visit.producer,
        place="Tân Cương",
        offers=[],
        photos=[],
        address="a",
        form_address="b",
        producer_address="c",
    )
    _trip, *events = discovery.describe_tour(told, found)["@graph"]
    assert [event["@id"] for event in events] == [f"a#{visit.departure.id}"]


async def test_a_date_that_moved_says_where_it_was(db, client):
    """A changed start is told with the one before; called off it is called off, and nothing else (65)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        before = visit.departure.starts_at
        await make_option(session, visit.tour.id, name="Tiếng Anh", is_default=False, position=1)
        option = await make_option(session, visit.tour.id, name="Không ăn", is_default=False, position=2)
        await make_unit(session, option.id, price_minor=90_000)
        moved = update(Departure).where(Departure.id == visit.departure.id)
        await session.execute(moved.values(starts_at=before + timedelta(hours=1)))
    _trip, events = read_graph(await client.get(f"/tours/{visit.tour.slug}"))
    [event] = events.values()
    assert event["eventStatus"] == SCHEMA + "EventRescheduled"
    assert datetime.fromisoformat(event["previousStartDate"]) == before
    assert event["offers"][-1]["name"] == "Không ăn: Người lớn"
    async with db.transaction() as session:
        await session.execute(moved.values(state=DepartureState.CANCELLED))
        await service.refresh(session, visit.tour.id)
    async with db.transaction() as session:
        tour = await service.get_tour(session, visit.tour.id)
        [seats] = await availability.list_year(session, tour, now=NOW)
    assert seats.departure.state is DepartureState.CANCELLED
    trip_page = await client.get(f"/tours/{visit.tour.slug}/days")
    [event] = read_graph(trip_page)[1].values()
    assert event["eventStatus"] == SCHEMA + "EventCancelled" and "previousStartDate" not in event
    assert "Đã báo nghỉ" in trip_page.text


def rows_of(page):
    """The table's rows as they are read aloud: day and hours, then seats and whether one can book."""
    body = re.search(r"<tbody>(.*?)</tbody>", page.text, re.DOTALL)[1]
    return [
        tuple(
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        )
        for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    ]


async def test_the_year_is_a_table(db, client):
    """A month at a time, in words; another month by a link; an address that is no month shows the first (64)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await fill_year(session, visit)
        await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=370))
    path = f"/tours/{visit.tour.slug}/days"
    first = await client.get(path)
    assert rows_of(first) == [
        ("thứ Bảy 14/11 lúc 09:00", "còn 20 chỗ Đặt thứ Bảy 14/11/2026, lúc 09:00"),
        ("thứ Bảy 21/11 lúc 09:00", "còn 3 chỗ Đặt thứ Bảy 21/11/2026, lúc 09:00"),
        ("thứ Bảy 28/11 lúc 10:00", "hết chỗ Ghi tên chờ thứ Bảy 28/11/2026, lúc 10:00"),
    ]
    assert '<th scope="row">' in first.text and '<th scope="col">' in first.text
    assert "?month=2026-12" in first.text and "1 ngày còn chỗ" in first.text and "2027-11" not in first.text
    assert "<caption>Tháng 11/2026</caption>" in first.text
    later = await client.get(path, params={"month": "2026-12"})
    assert rows_of(later) == [
        ("thứ Bảy 5/12 lúc 11:00", "Đã báo nghỉ"),
        ("thứ Bảy 19/12 lúc 13:00", "Chưa chốt ngày Ghi tên chờ thứ Bảy 19/12/2026, lúc 13:00"),
        ("thứ Bảy 26/12 lúc 14:00", "còn 29 chỗ Đặt thứ Bảy 26/12/2026, lúc 14:00"),
    ]
    for wrong in ("2025-01", "2029-01", "x", "2026-13"):
        assert rows_of(await client.get(path, params={"month": wrong})) == rows_of(first)
    assert (await client.get(path, params={"lang": "en"})).text.count("sold out") >= 1
    assert (await client.get("/tours/khong-co/days")).status_code == 404


async def test_the_tours_page_shows_the_next_dates(db, client):
    """Six dates stand on the tour's own page, and a button says how many more there are (64)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        for number in range(8):
            await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=number + 3))
    page = await client.get(f"/tours/{visit.tour.slug}")
    assert len(read_graph(page)[1]) == 6
    assert "Xem 3 ngày nữa" in page.text and f"/tours/{visit.tour.slug}/days" in page.text


async def test_without_dates_the_year_says_so(db, client):
    """A tour without dates has a page that says what to do instead of an empty table (64)."""
    async with db.transaction() as session:
        tour = await make_tour(session)
        await make_unit(session, (await make_option(session, tour.id)).id)
    page = await client.get(f"/tours/{tour.slug}/days")
    assert "Chưa có ngày nào mở" in page.text and "<table" not in page.text


async def test_a_year_is_one_select(db):
    """However many dates a year has: one select; a hold whose time is over counts as free, a day pass as open (64)."""
    async with db.transaction() as session:
        visit = await make_visit(session, availability_type=AvailabilityType.OPENING_HOURS)
        for number in range(300):
            await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=number + 3))
        await make_departure(session, visit.tour.id, starts_at=NOW - timedelta(hours=1))
        await make_departure(session, visit.tour.id, starts_at=NOW - timedelta(hours=5))
        await book(session, visit, 4)
    statements = count_queries(db.engine)
    async with db.transaction() as session:
        later = NOW + timedelta(minutes=16)
        found = await availability.list_year(session, visit.tour, now=later)
    assert len([one for one in statements if one.startswith("SELECT")]) == 1
    assert len(found) == 302 and all(one.left == 20 for one in found)
    assert [month.first for month in availability.by_month(found)][:2] == [
        today(NOW).replace(day=1),
        today(NOW).replace(month=12, day=1),
    ]
    async with db.transaction() as session:
        [one] = [
            seats
            for seats in await departures.list_seats(session, [visit.tour], now=later)
            if seats.departure.id == visit.departure.id
        ]
    assert one.left == 20


TEXTS = {"localized_texts": [{"language_code": str, "text": str}]}
FEED = {
    "feed_metadata": {
        "shard_id": int,
        "total_shards_count": int,
        "processing_instruction": str,
        "nonce": int,
    },
    "products": [
        {
            "id": str,
            "title": TEXTS,
            "description": TEXTS,
            "related_media": [{"url": str, "type": str}],
            "operator": {"google_business_profile_name": TEXTS},
            "inventory_type": str,
            "confirmation_type": str,
            "fulfillment_type": {"mobile": bool, "print_at_home": bool, "pickup": bool},
            "options": [
                {
                    "id": str,
                    "title": TEXTS,
                    "landing_page": {"url": str},
                    "duration_sec": int,
                    "cancellation_policy": {
                        "refund_conditions": [
                            {"min_duration_before_start_time_sec": int, "refund_percent": int}
                        ]
                    },
                    "price_options": [
                        {"id": str, "title": str, "price": {"currency_code": str, "units": int}}
                    ],
                }
            ],
        }
    ],
}
"""The fields of the feed that we fill, by their names and types in Google's specification of the product feed."""
MAY_BE_EMPTY = {"related_media"}


def assert_shape(value, shape, path="feed"):
    """A document has exactly these fields of these types; a list has one member at least unless it may be empty."""
    if isinstance(shape, dict):
        assert isinstance(value, dict) and value.keys() == shape.keys(), path
        for name, inner in shape.items():
            assert_shape(value[name], inner, f"{path}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list) and (value or path.rpartition(".")[2] in MAY_BE_EMPTY), path
        for one in value:
            assert_shape(one, shape[0], path)
    else:
        assert type(value) is shape and value != "", path


async def test_googles_file_holds_what_can_be_bought(db, client):
    """Fields and types of the specification, ids of its letters, the adult's price alone or a group's whole (66)."""
    async with db.transaction() as session:
        visit = await make_visit(session, description="")
        groups = await make_option(session, visit.tour.id, name="Cả nhóm", is_default=False, position=1)
        await make_unit(
            session, groups.id, kind=UnitType.FAMILY, name="Gia đình", pax_count=4, price_minor=500_000
        )
        await make_tour(session)
        hidden = await make_visit(session, is_published=False)
        second = await make_visit(session)
    answer = await client.get("/feeds/things-to-do.json")
    assert answer.headers["content-type"] == "application/json"
    feed = answer.json()
    assert_shape(feed, FEED)
    assert feed["feed_metadata"] == {
        "shard_id": 0,
        "total_shards_count": 1,
        "processing_instruction": "PROCESS_AS_SNAPSHOT",
        "nonce": int(NOW.astimezone(VN).strftime("%Y%m%d%H%M")),
    }
    products = {product["id"]: product for product in feed["products"]}
    assert (
        products.keys() == {str(visit.tour.id), str(second.tour.id)} and str(hidden.tour.id) not in products
    )
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", key) for key in products)
    alone, together = products[str(visit.tour.id)]["options"]
    assert [one["price"] for one in alone["price_options"]] == [{"currency_code": "VND", "units": 150_000}]
    assert [one["price"]["units"] for one in together["price_options"]] == [500_000]
    assert alone["duration_sec"] == 10_800
    assert (
        alone["cancellation_policy"]["refund_conditions"][0]["min_duration_before_start_time_sec"] == 86_400
    )
    for option in (alone, together):
        path = option["landing_page"]["url"].removeprefix("http://127.0.0.1:8000")
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("wrong", [{"feed_metadata": {}}, {"products": [{"id": 1}]}, {"products": []}])
async def test_the_shape_can_fail(db, client, wrong):
    """Negative control: a file with another field, another type or nothing to buy is not taken for a right one."""
    async with db.transaction() as session:
        await make_visit(session)
    feed = (await client.get("/feeds/things-to-do.json")).json()
    with pytest.raises(AssertionError):
        assert_shape(feed | wrong, FEED)


async def test_search_engines_and_operators_read_the_same(db, client):
    """Of each date that both tell, start, seats left and a visitor's price are one and the same (65; OCTO.md, 4 and 5)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await fill_year(session, visit)
        await book(session, visit, 4)
    _trip, events = read_graph(await client.get(f"/tours/{visit.tour.slug}"))
    key = await make_key(db)
    asked = {"productId": str(visit.tour.id), "optionId": str(visit.option.id)}
    days = {"localDateStart": str(today(NOW)), "localDateEnd": str(today(NOW) + timedelta(days=90))}
    answer = await client.post("/octo/availability", json=asked | days, headers=key)
    told = {one["localDateTimeStart"]: one for one in answer.json()}
    shown = {event["startDate"]: event for event in events.values()}
    sold = {start for start, one in told.items() if one["status"] != "CLOSED"}
    assert len(sold) >= 4 and sold <= shown.keys()
    for start in sold:
        event, one = shown[start], told[start]
        assert one["vacancies"] == event["remainingAttendeeCapacity"]
        assert one["capacity"] == event["maximumAttendeeCapacity"]
        assert one["available"] is not event["offers"][0]["availability"].endswith("SoldOut")
        prices = {unit["unitId"]: unit["retail"] for unit in one["unitPricing"]}
        assert sorted(prices.values()) == sorted(offer["price"] for offer in event["offers"])
