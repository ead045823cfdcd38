"""What a date shows, and what became of it (CALENDARS.md, 67 to 69)."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from producers.farms.models import Crop, SiteKind
from producers.listings.models import Listing, ListingState
from storefront.tours import sights, tickets
from storefront.tours.errors import SightNotFoundError
from storefront.tours.models import DepartureSight
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.visits import NOW, Visit, make_departure, make_option, make_tour, make_unit
from tests.storefront.tours.test_bookings import paid_booking
from traceability.chronicle import service as chronicle
from traceability.chronicle.models import ChronicleItem, Fact
from traceability.events.models import StoredEvent
from traceability.lots.models import LotState

DAY = timedelta(days=1)


async def make_farm_visit(session):
    """A visit of a workshop with a plot: (visit, workshop)."""
    shop = await made.make_workshop(session)
    tour = await make_tour(session, producer_id=shop.producer.id)
    option = await make_option(session, tour.id)
    unit = await make_unit(session, option.id)
    departure = await make_departure(session, tour.id)
    host = await make_person(session)
    await make_membership(session, producer_id=shop.producer.id, person_id=host.id, role="manager")
    return Visit(shop.producer, host, tour, option, {unit.kind: unit}, departure), shop


async def choose(session, visit, *, sites=(), lots=()):
    """The host says what the date shows."""
    await sights.choose(
        session,
        departure=visit.departure,
        producer_id=visit.producer.id,
        site_ids=[site.id for site in sites],
        lot_ids=[lot.id for lot in lots],
        now=NOW,
    )


async def shown(session, visit):
    """What the date shows, in words."""
    return sights.say((await sights.list_sights(session, [visit.departure.id]))[visit.departure.id])


async def seen(session, visit):
    """The codes of the lots that its guests saw."""
    return [one.lot.code for one in await sights.list_seen(session, visit.departure)]


async def tell_all(session):
    """Tell what waits, and read all events in order."""
    await chronicle.tell(session, now=NOW)
    rows = await session.scalars(select(StoredEvent).order_by(StoredEvent.sequence))
    return [json.loads(row.document) for row in rows]


async def test_a_host_shows_what_is_theirs(session):
    """Plots, waters and lots of the same producer are said in one line; another's are not found; less takes off (67)."""
    visit, shop = await make_farm_visit(session)
    pond = await grown.make_site(
        session,
        farm_id=shop.farm.id,
        name="Ao Đá",
        kind=SiteKind.POND,
        crop=Crop.STURGEON,
        area_m2=None,
        volume_m3=90,
    )
    lot = await made.make_lot(session, shop, code="TC1")
    _other, stranger = await make_farm_visit(session)
    alien = await made.make_lot(session, stranger)
    assert await shown(session, visit) is None
    await choose(session, visit, sites=[shop.site, pond], lots=[lot])
    assert str(await shown(session, visit)) == (
        f"hái chè ở {shop.site.name}, cho cá ăn ở Ao Đá, xem lô TC1 ({shop.listing.title})"
    )
    for wrong in ({"sites": [stranger.site]}, {"lots": [alien]}, {"lots": [lot, alien]}):
        with pytest.raises(SightNotFoundError):
            await choose(session, visit, **wrong)
    await choose(session, visit, lots=[lot])
    assert str(await shown(session, visit)) == f"xem lô TC1 ({shop.listing.title})"
    await choose(session, visit)
    assert await shown(session, visit) is None
    offered = await sights.list_choices(session, visit.producer.id)
    assert {site.id for site in offered.sites} == {shop.site.id, pond.id}
    assert [one.lot.id for one in offered.lots] == [lot.id]


async def test_the_leaf_of_that_day_is_what_was_seen(session):
    """A lot of leaf picked or weighed on the plot that day, and what became of it; other days and plots are others (68)."""
    visit, shop = await make_farm_visit(session)
    await choose(session, visit, sites=[shop.site])
    there = visit.departure.starts_at
    assert await seen(session, visit) == []

    async def picked(code, at, **of_lot):
        entry = await made.make_harvest(session, shop, performed_at=at, **of_lot.pop("harvest", {}))
        return await made.make_lot(session, shop, code=code, entry_id=entry.id, **of_lot)

    first = await picked("THAT-DAY", there)
    await picked("DAY-BEFORE", there - DAY)
    await picked("DAY-AFTER", there + DAY)
    elsewhere = await grown.make_site(session, farm_id=shop.farm.id)
    await picked("OTHER-PLOT", there, harvest={"site_id": elsewhere.id})
    await picked("HELD", there, state=LotState.HELD)
    await picked("RECALLED", there, state=LotState.RECALLED)
    slip = await grown.make_slip(
        session, site_id=shop.site.id, farm_id=shop.farm.id, producer_id=shop.producer.id, weighed_at=there
    )
    weighed = await picked("WEIGHED", there + 9 * DAY)
    session.add(made.LotSource(lot_id=weighed.id, intake_slip_id=slip.id, quantity_g=1_000, created_at=NOW))
    blend = await picked("BLEND", there + 9 * DAY)
    session.add(made.LotSource(lot_id=blend.id, from_lot_id=first.id, quantity_g=1_000, created_at=NOW))
    await session.flush()
    assert await seen(session, visit) == ["THAT-DAY", "RECALLED", "WEIGHED", "BLEND"]


async def test_the_fish_of_a_pond_stay_the_same_fish(session):
    """Fish of a pond that was seen are those caught that day or later, not those caught before (68)."""
    visit, shop = await make_farm_visit(session)
    pond = await grown.make_site(
        session, farm_id=shop.farm.id, kind=SiteKind.POND, crop=Crop.STURGEON, area_m2=None, volume_m3=90
    )
    await choose(session, visit, sites=[pond])
    for code, at in (("BEFORE", -DAY), ("AFTER", 60 * DAY), ("NEXT-YEAR", 500 * DAY)):
        entry = await made.make_harvest(
            session, shop, site_id=pond.id, performed_at=visit.departure.starts_at + at
        )
        await made.make_lot(session, shop, code=code, entry_id=entry.id)
    assert await seen(session, visit) == ["AFTER"]


async def test_a_check_in_is_an_event_at_the_place(session):
    """Guests who came in are told at each plot that the date shows, by their tickets and heads, without a name (69)."""
    visit, shop = await make_farm_visit(session)
    await choose(session, visit, sites=[shop.site])
    booking = await paid_booking(session, visit, 2)
    [first, second] = [item for item, _unit in (await tickets.bookings.get_party(session, booking)).items]
    at = visit.departure.starts_at

    async def come(code):
        await tickets.check_in(
            session, code=code, producer_id=visit.producer.id, person_id=visit.host.id, now=at
        )

    await come(first.ticket_code)
    await come(booking.code)
    told = [event for event in await tell_all(session) if event.get("bizStep") == "entering_exiting"]
    assert [event["epcList"] for event in told] == [[f"urn:uuid:{first.id}"], [f"urn:uuid:{second.id}"]]
    assert [event["cpf:heads"] for event in told] == [1, 1]
    for event in told:
        assert event["readPoint"] == event["bizLocation"] == {"id": f"urn:uuid:{shop.site.id}"}
        assert event["bizTransactionList"] == [{"bizTransaction": f"urn:uuid:{visit.departure.id}"}]
        assert str(booking.id) not in str(event) and "Mai" not in str(event)


async def test_where_nothing_is_named_guests_are_at_the_producers(session):
    """A date that names no plot tells its guests at the producer; two plots are two events (69)."""
    visit, shop = await make_farm_visit(session)
    second = await grown.make_site(session, farm_id=shop.farm.id)
    facts = {
        "producer_id": visit.producer.id,
        "tickets": [uuid7()],
        "heads": 4,
        "visited_at": NOW,
        "now": NOW,
    }
    await sights.note_visit(session, visit.departure, **facts)
    await choose(session, visit, sites=[shop.site, second])
    await sights.note_visit(session, visit.departure, **facts)
    waiting = await session.scalars(select(ChronicleItem).where(ChronicleItem.fact == Fact.VISITED))
    assert [one.details["heads"] for one in waiting] == [4, 4]
    told = await tell_all(session)
    assert [event["readPoint"]["id"] for event in told] == [
        f"urn:uuid:{place}" for place in (visit.producer.id, shop.site.id, second.id)
    ]
    assert await chronicle.tell(session, now=NOW) == 0


async def test_from_the_hosts_tick_to_the_guests_basket(db, house, client, new_client):
    """Ticked by the host, read before booking, and after the visit the ticket leads to the lot and to the shop (67, 68)."""
    async with db.transaction() as session:
        visit, shop = await make_farm_visit(session)
        named = await made.make_lot(session, shop, code="TCNAMED")
        empty, _shop = await make_farm_visit(session)
        await log_in(session, client, visit.host.id)
    path = f"/producer/tours/departures/{visit.departure.id}/sights"
    form = (await client.get(path)).text
    assert f"Lô TCNAMED: {shop.listing.title}, {shop.variant.name}" in form
    assert shop.site.name in form and "checked" not in form.split("<main")[1]
    assert (await client.post(path, data={"sites": "x"})).status_code == 422
    alien = f"/producer/tours/departures/{empty.departure.id}/sights"
    assert (await client.get(alien)).status_code == 404
    chosen = {"sites": str(shop.site.id), "lots": str(named.id)}
    assert (await client.post(path, data=chosen)).status_code == 303
    assert (await client.get(path)).text.count(" checked") == 2
    words = f"hái chè ở {shop.site.name}, xem lô TCNAMED ({shop.listing.title})"
    for page in (
        f"/producer/tours/{visit.tour.id}/dates",
        f"/tours/{visit.tour.slug}",
        f"/tours/{visit.tour.slug}/days",
    ):
        assert words in (await client.get(page)).text, page
    async with new_client() as guest:
        link = await _book_and_pay(guest, db, house, visit)
        before = (await guest.get(link)).text
        assert f"Hôm đó bạn được: {words}." in before and "Hàng bạn đã thấy tận nơi" not in before
        async with db.transaction() as session:
            entry = await made.make_harvest(session, shop, performed_at=visit.departure.starts_at)
            await made.make_lot(session, shop, code="TCTHATDAY", entry_id=entry.id)
        code = re.search(r'<p class="code">([A-Z2-9]{7})</p>', before)[1]
        house.clock.advance(days=2, minutes=-30)
        async with db.transaction() as session:
            await log_in(session, client, visit.host.id, now=house.clock.now())
        assert (await client.post("/producer/tours/gate", data={"code": code})).status_code == 200
        after = (await guest.get(link)).text
        assert "Hàng bạn đã thấy tận nơi" in after and "TCTHATDAY" in after and "90.000" in after
        story = re.search(r'href="(/01/\d+/10/TCTHATDAY)"', after)[1]
        assert "TCTHATDAY" in (await guest.get(story)).text
        assert (await guest.get(f"/p/{shop.listing.slug}")).status_code == 200
        assert after.count(f'href="/p/{shop.listing.slug}"') == 2
        async with db.transaction() as session:
            (await session.get_one(Listing, shop.listing.id)).state = ListingState.PAUSED
        paused = (await guest.get(link)).text
        assert (
            "TCTHATDAY" in paused
            and f'href="/p/{shop.listing.slug}"' not in paused
            and "90.000" not in paused
        )


async def test_without_plots_a_host_is_told_what_to_do(db, client):
    """A producer without plots and lots is led to where plots are written down (67)."""
    async with db.transaction() as session:
        tour = await make_tour(session)
        departure = await make_departure(session, tour.id)
        host = await make_person(session)
        await make_membership(session, producer_id=tour.producer_id, person_id=host.id, role="guide")
        await log_in(session, client, host.id)
    page = (await client.get(f"/producer/tours/departures/{departure.id}/sights")).text
    assert "Nhà mình chưa ghi nương, ao nào" in page and "/producer/farms" in page


async def test_the_table_holds_one_thing_in_a_row(session):
    """A sight is a place or a lot, and each once, whoever presses twice at once (67)."""
    visit, shop = await make_farm_visit(session)
    twice = {"site_ids": [shop.site.id, shop.site.id], "lot_ids": [], "now": NOW}
    await sights.sight_repository.replace(session, visit.departure.id, **twice)
    rows = await session.scalars(
        select(DepartureSight).where(DepartureSight.departure_id == visit.departure.id)
    )
    assert [(row.site_id, row.lot_id) for row in rows] == [(shop.site.id, None)]


async def _book_and_pay(guest, db, house, visit):
    """A guest with a ticket: the path of their page."""
    async with db.transaction() as session:
        booking = await paid_booking(session, visit, 2)
        token = tickets.bookings.token_of(booking, house.secret)
        booking.token_hash = tickets.bookings.hash_token(token)
    link = f"/bookings/{token}"
    assert (await guest.get(link)).status_code == 200
    return link
