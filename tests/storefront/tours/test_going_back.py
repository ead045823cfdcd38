"""Going back to a form that booked already: the same again, something else, and who may find the page as it was (BOOKINGS.md, 5)."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import func, select

from storefront.tours import bookings, extras
from storefront.tours.extra_models import ExtraPer
from storefront.tours.models import Booking, UnitType
from storefront.tours.schemas import ExtraFields
from tests.factories.people import log_in, make_person
from tests.factories.visits import NOW, SECRET, make_departure, make_visit, wish

WHO = {"contact_name": "Chị Lan", "contact_phone": "0912 345 678", "note": ""}
HELD = re.compile(r'href="(/bookings/[^"]+)"')


async def count(db):
    """How many bookings there are."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Booking))


async def open_form(db, client):
    """A visit with lunch for everybody, its address, and the form filled in for two."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        how = {"price_minor": 50_000, "is_active": True}
        lunch, fish = [
            await extras.save_extra(
                session,
                tour_id=visit.tour.id,
                extra_id=None,
                fields=ExtraFields(name=name, per=per, **how),
                now=NOW,
            )
            for name, per in (("Cơm trưa", ExtraPer.HEAD), ("Cá mang về", ExtraPer.PIECE))
        ]
    path = f"/tours/{visit.tour.slug}/book"
    page = (await client.get(path)).text
    [form_id] = re.findall(r'name="id" value="([^"]+)"', page)
    body = WHO | {
        "id": form_id,
        "departure_id": str(visit.departure.id),
        f"unit_{visit.units[UnitType.ADULT].id}": "2",
        f"extra_{lunch.id}": "1",
        f"extra_{fish.id}": "3",
    }
    return visit, path, body, (lunch, fish)


async def test_the_same_form_again_finds_the_first_hold(db, house, client):
    """Back, and pressed again minutes later: the first hold's own page, no seat more."""
    _visit, path, body, _extras = await open_form(db, client)
    first = await client.post(path, data=body)
    house.clock.advance(minutes=3)
    again = await client.post(path, data=body)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    assert await count(db) == 1


async def test_a_changed_form_says_that_it_booked_already(db, house, client):
    """Another number, another day, another add-on: nothing is taken, and both ways on are shown."""
    visit, path, body, (lunch, fish) = await open_form(db, client)
    adult = f"unit_{visit.units[UnitType.ADULT].id}"
    held = (await client.post(path, data=body)).headers["location"]
    house.clock.advance(minutes=3)
    changes = [{adult: "3"}, {f"extra_{lunch.id}": "0"}, {f"extra_{fish.id}": "1"}]
    for changed in changes:
        answer = await client.post(path, data=body | changed)
        assert answer.status_code == 409 and "Trang này đã đặt một lần rồi" in answer.text
        assert held in HELD.findall(answer.text)
    anew = re.search(r'href="([^"]*/book\?[^"]*)"', answer.text)[1].replace("&amp;", "&")
    page = (await client.get(anew)).text
    assert f'value="{WHO["contact_name"]}"' in page and body["id"] not in page
    assert await count(db) == 1


async def test_whoever_corrects_a_number_is_not_told_that_the_day_is_closed(db, house, client):
    """The form booked with another number: that is said, and neither that the day takes nobody nor where the booking is."""
    _visit, path, body, _extras = await open_form(db, client)
    await client.post(path, data=body)
    house.clock.advance(minutes=3)
    answer = await client.post(path, data=body | {"contact_phone": "0987 654 321"})
    assert answer.status_code == 409 and "Lần đặt này đã gửi rồi" in answer.text
    assert "Ngày này không nhận khách nữa" not in answer.text and not HELD.findall(answer.text)
    assert await count(db) == 1


async def test_only_a_visitor_finds_the_form_as_it_was(db, client):
    """The browser may show it again to whoever is nobody here; what it says of a person is gone with them."""
    visit, path, _body, _extras = await open_form(db, client)
    assert (await client.get(path)).headers["cache-control"] == "private, no-cache"
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session)).id)
    assert (await client.get(path)).headers["cache-control"] == "private, no-store"
    own = f"/tours/{visit.tour.slug}/wait"
    assert (await client.get(own)).headers["cache-control"] == "private, no-store"


async def test_another_day_is_another_wish(session):
    """What a booking holds is told from what a form asks for by its day too."""
    visit = await make_visit(session)
    first = wish(visit)
    made = await bookings.create_booking(
        session, booking=first, secret=SECRET, person_id=None, language="vi", now=NOW
    )
    other = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=9))
    assert await bookings.is_wished(session, made, first)
    assert not await bookings.is_wished(session, made, wish(visit, id=made.id, departure_id=other.id))
