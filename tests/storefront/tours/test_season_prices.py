"""Prices by season (BOOKINGS.md, 88)."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest

from app.core.clock import today
from app.core.ids import uuid7
from storefront.operators import service as operators
from storefront.tours import bookings, calling_off, changing, choices, moving, season_prices, service, words
from storefront.tours.errors import NotMovableError, PlanError, TourNotFoundError
from storefront.tours.models import CallOffReason, SeasonPrice, UnitType
from storefront.tours.schemas import SeasonPriceFields
from tests.factories.octo import make_key
from tests.factories.people import log_in
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_option, make_unit, make_visit, wish
from tests.storefront.tours.test_bookings import book, paid_booking

SATURDAY = date(2026, 11, 14)
"""The day of the usual visit of these tests."""
USUAL = {UnitType.ADULT: 150_000, UnitType.CHILD: 80_000, UnitType.FAMILY: 400_000}


async def price(session, visit, **overrides):
    """Weekends at 180.000 for an adult, 90.000 for a child, all the season."""
    values = {
        "option_id": visit.option.id,
        "name": "Cuối tuần",
        "from_on": date(2026, 11, 1),
        "until_on": date(2027, 3, 31),
        "weekdays": [5, 6],
        "adult_minor": 180_000,
        "child_minor": 90_000,
        "created_at": NOW,
    }
    row = SeasonPrice(**values | overrides)
    session.add(row)
    await session.flush()
    return row


async def on(session, visit, day, kind=UnitType.ADULT):
    """What a ticket costs on a day."""
    [offer] = (await service.list_offers(session, [visit.tour.id]))[visit.tour.id]
    return offer.price_minor(visit.units[kind], day)


async def test_the_list_for_the_fewest_days_counts(session):
    """On its days and weekdays a list counts; the shorter season before the longer, then the weekdays, then the newer (88)."""
    visit = await make_visit(session)
    assert await on(session, visit, SATURDAY) == 150_000
    await price(session, visit)
    family = await on(session, visit, SATURDAY, UnitType.FAMILY)
    assert (await on(session, visit, SATURDAY), family) == (180_000, 400_000)
    assert await on(session, visit, SATURDAY - timedelta(days=1)) == 150_000
    assert await on(session, visit, date(2027, 4, 3)) == 150_000
    feast = {"name": "Hội chè", "from_on": SATURDAY, "until_on": SATURDAY + timedelta(days=2)}
    await price(session, visit, **feast, weekdays=[], adult_minor=220_000, child_minor=None)
    assert await on(session, visit, SATURDAY) == 220_000
    assert await on(session, visit, SATURDAY, UnitType.CHILD) == 90_000
    await price(session, visit, **feast, weekdays=[5], adult_minor=230_000)
    assert await on(session, visit, SATURDAY) == 230_000
    await price(session, visit, **feast, weekdays=[5], adult_minor=240_000)
    assert await on(session, visit, SATURDAY) == 240_000


async def test_booked_at_the_price_of_its_day(session):
    """A party pays what its day costs, and keeps it when the list goes (6, 88)."""
    visit = await make_visit(session)
    row = await price(session, visit)
    booking = await book(session, visit, 2)
    assert booking.total_minor == 360_000
    await season_prices.remove(session, option_ids={uuid7()}, price_id=row.id)
    assert await on(session, visit, SATURDAY) == 180_000
    for _twice in range(2):
        await season_prices.remove(session, option_ids={visit.option.id}, price_id=row.id)
    party = await bookings.get_party(session, booking)
    assert [item.price_minor for item, _unit in party.items] == [180_000] * 2
    assert (await book(session, visit, 2)).total_minor == 300_000


async def test_nobody_moves_to_a_dearer_day(session):
    """Another day at the same price or less, at the price that was paid; one called off may go wherever there is room (14, 88)."""
    visit = await make_visit(session)
    await price(session, visit)
    monday = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=4))
    sunday = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=3))
    booking = await paid_booking(session, visit)
    await moving.move(session, booking_id=booking.id, departure_id=monday.id, now=NOW)
    assert booking.total_minor == 180_000
    assert await moving.list_days(session, booking, visit.tour, now=NOW) == []
    with pytest.raises(NotMovableError, match="giá cao hơn"):
        await moving.move(session, booking_id=booking.id, departure_id=sunday.id, now=NOW)
    await calling_off.call_off(session, departure_id=monday.id, reason=CallOffReason.ROAD, **SITE, now=NOW)
    assert len(await moving.list_days(session, booking, visit.tour, now=NOW)) == 2
    await choices.choose_day(session, booking_id=booking.id, departure_id=sunday.id, now=NOW)
    assert booking.departure_id == sunday.id


async def test_an_operator_pays_the_new_day(session):
    """Tickets that stay cost what the new day costs, less the operator's discount; on days alike they keep their price (23, 88)."""
    visit = await make_visit(session)
    await price(session, visit)
    monday = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=4))
    tuesday = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5))
    other = await make_visit(session)
    operator = await operators.get_or_create_operator(
        session, name="Sông Cầu", discount_basis_points=1_000, now=NOW
    )
    terms = operators.terms_of(operator)
    booking = await bookings.create_booking(
        session,
        booking=wish(visit, 2),
        secret=SECRET,
        person_id=None,
        language="vi",
        now=NOW,
        terms=terms,
    )
    assert booking.total_minor == 324_000
    adult = visit.units[UnitType.ADULT]
    for day, total in ((monday, 270_000), (tuesday, 270_000), (visit.departure, 324_000)):
        kept = [item.id for item, _unit in (await bookings.get_party(session, booking)).items]
        await changing.change_party(
            session,
            booking_id=booking.id,
            departure_id=day.id,
            units={adult.id: 2},
            kept=kept,
            terms=terms,
            now=NOW,
        )
        assert booking.total_minor == total
    await changing.change_party(
        session,
        booking_id=booking.id,
        departure_id=other.departure.id,
        units={other.units[UnitType.ADULT].id: 2},
        kept=[],
        terms=terms,
        now=NOW,
    )
    assert booking.total_minor == 270_000


async def test_every_place_says_the_price_of_the_day(db, client):
    """Tour page, year, form, JSON-LD, OCTO's availability and calendar say one price for one day (88)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await price(session, visit)
        await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=4))
    slug, adult = visit.tour.slug, str(visit.units[UnitType.ADULT].id)
    page = (await client.get(f"/tours/{slug}")).text
    assert "Cuối tuần: thứ Bảy, Chủ nhật, từ 1/11/2026 đến 31/3/2027" in page
    assert page.count("Người lớn 180.000") == 1
    assert (await client.get(f"/tours/{slug}/days")).text.count("Người lớn 180.000") == 1
    [told] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    graph = json.loads(told)["@graph"]
    first = {one["startDate"][:10]: one["offers"][0]["price"] for one in graph[1:]}
    assert first == {"2026-11-14": 180_000, "2026-11-16": 150_000}
    assert graph[0]["offers"][0]["price"] == 150_000
    form = (await client.get(f"/tours/{slug}/book")).text
    assert form.count("còn 20 chỗ, Người lớn 180.000") == 1 and "150.000" in form
    chosen = await client.get(f"/tours/{slug}/book?departure_id={visit.departure.id}")
    assert "150.000" not in chosen.text
    key = await make_key(db)
    asked = {
        "productId": str(visit.tour.id),
        "optionId": str(visit.option.id),
        "localDateStart": "2026-11-13",
        "localDateEnd": "2026-11-16",
    }
    party = {"units": [{"id": adult, "quantity": 2}]}
    dates = (await client.post("/octo/availability", json=asked | party, headers=key)).json()
    assert [one["unitPricing"][0]["retail"] for one in dates] == [180_000, 150_000]
    assert [(one["pricing"]["retail"], one["pricing"]["net"]) for one in dates] == [
        (360_000, 324_000),
        (300_000, 270_000),
    ]
    days = (await client.post("/octo/availability/calendar", json=asked, headers=key)).json()
    assert [one["unitPricingFrom"][0]["retail"] for one in days] == [150_000, 180_000, 180_000, 150_000]
    [product] = (await client.get("/octo/products", headers=key)).json()
    [option] = product["options"]
    assert (option["units"][0]["pricing"][0]["retail"], option["pricingFrom"][0]["retail"]) == (
        150_000,
        80_000,
    )
    hold = {"productId": asked["productId"], "optionId": asked["optionId"]}
    hold |= {"availabilityId": "2026-11-14T09:00:00+07:00", "unitItems": [{"unitId": adult}] * 2}
    held = (await client.post("/octo/bookings", json=hold, headers=key)).json()
    assert held["pricing"]["retail"] == 360_000 and held["pricing"]["net"] == 324_000
    address = f"/octo/bookings/{held['uuid']}"
    for day, net in (("16", 270_000), ("14", 324_000)):
        there = {"availabilityId": f"2026-11-{day}T09:00:00+07:00"}
        moved = (await client.patch(address, json=there, headers=key)).json()
        assert (moved["availabilityId"], moved["pricing"]["net"]) == (there["availabilityId"], net)


async def test_the_host_says_the_prices(db, client):
    """One form for the days and the prices; another's option, no price or an end before the beginning is refused (88)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        stranger = await make_visit(session)
        await log_in(session, client, visit.host.id)
    path = f"/producer/tours/{visit.tour.id}/season-prices"
    assert "theo giá thường" in (await client.get(path)).text
    values = {
        "option_id": str(visit.option.id),
        "name": "Tết",
        "from_on": "2027-02-01",
        "until_on": "2027-02-10",
        "adult_minor": "200k",
    }
    for wrong, words_ in (
        ({"until_on": "2027-01-31"}, "Ngày cuối phải sau ngày đầu"),
        ({"adult_minor": ""}, "ít nhất một giá"),
        ({"name": ""}, "chưa điền"),
    ):
        refused = await client.post(path, data=values | wrong)
        assert refused.status_code == 422 and words_ in refused.text
    other = await client.post(path, data=values | {"option_id": str(stranger.option.id)})
    assert other.status_code == 404
    assert (await client.post(path, data=values)).status_code == 303
    page = (await client.get(path)).text
    assert "từ 1/2/2027 đến 10/2/2027" in page and "200.000" in page
    [remove] = re.findall(rf"{path}/[0-9a-f-]+/remove", page)
    assert (await client.post(remove)).status_code == 303
    assert "200.000" not in (await client.get(path)).text
    async with db.transaction() as session:
        second = await make_option(session, visit.tour.id, name="Không ăn trưa", position=1)
        await make_unit(session, second.id)
    two = (await client.get(path)).text
    assert '<option value="' in two and "Không ăn trưa" in two


async def test_what_a_list_cannot_be(session):
    """A list needs a price, and days in their order; it is for one's own options (88)."""
    visit = await make_visit(session)
    fields = SeasonPriceFields(
        option_id=visit.option.id, name="Tết", from_on=today(NOW), until_on=today(NOW), family_minor="300k"
    )
    with pytest.raises(TourNotFoundError):
        await season_prices.add(session, option_ids=set(), fields=fields, now=NOW)
    with pytest.raises(PlanError):
        empty = fields.model_copy(update={"family_minor": None})
        await season_prices.add(session, option_ids={visit.option.id}, fields=empty, now=NOW)
    made = await season_prices.add(session, option_ids={visit.option.id}, fields=fields, now=NOW)
    assert made.price_minor(UnitType.FAMILY) == 300_000
    assert str(words.say_price_days(made)) == "từ 12/11/2026 đến 12/11/2026"
