"""What an attacker tries from outside and from the next stall: each try finds nothing."""

from __future__ import annotations

import httpx
import pytest

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from storefront.tours import settlement
from storefront.tours.models import Booking
from tests.app.doors import Role
from tests.factories.people import log_in
from tests.factories.world import World, make_world
from traceability.resolver.digital_link import Link


@pytest.fixture
async def world(db: Database, house: House) -> World:
    """Producer A with one of everything."""
    async with db.transaction() as session:
        return await make_world(session, house)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PACKER, Role.GUIDE, Role.MANAGER])
async def test_guests_phones_are_for_their_hosts(
    db: Database, client: httpx.AsyncClient, world: World, role: Role
) -> None:
    """Who receives guests sees their phone and note; a member household sees that somebody comes."""
    sees = role in {Role.GUIDE, Role.MANAGER}
    async with db.transaction() as session:
        booking = await settlement.lock_booking(session, world.booking_id)
        booking.note = "Dị ứng đậu phộng"
        await settlement._confirm(session, booking, now=booking.created_at)
        on = (await settlement.booking_repository.get_departure(session, booking))[0].local_on
        await log_in(session, client, world.people[role])
    page = (await client.get("/producer/tours/day", params={"on": str(on)})).text
    assert "Chị Mai" in page
    assert ("0912 345 678" in page, "Dị ứng" in page) == (sees, sees)


async def test_a_shared_calendar_opens_no_booking(
    db: Database, client: httpx.AsyncClient, world: World
) -> None:
    """A visit passed on as a calendar file does not carry the id that opens its booking; its own is stable."""
    path = f"/bookings/{world.names['bookings.token']}/visit.ics"
    first, again = (await client.get(path)).text, (await client.get(path)).text
    async with db.transaction() as session:
        booking = await session.get_one(Booking, world.booking_id)
    assert str(booking.id) not in first and booking.id.hex not in first
    uid = next(line for line in first.splitlines() if line.startswith("UID:"))
    assert uid in again


SCRIPT = "\"'><script>alert(1)</script>"


async def test_what_people_type_is_never_markup(
    db: Database, client: httpx.AsyncClient, world: World
) -> None:
    """Names with markup in them are shown as letters: in the shop, on the scan page, in the linkset and symbols."""
    from producers.cooperatives.models import Producer
    from producers.farms.models import Farm
    from producers.listings.models import Listing, Variant
    from traceability.lots.models import Lot

    async with db.transaction() as session:
        lot = await session.get_one(Lot, world.names["lot_id"])
        variant = await session.get_one(Variant, lot.variant_id)
        listing = await session.get_one(Listing, variant.listing_id)
        farm = await session.get_one(Farm, world.names["farm_id"])
        producer = await session.get_one(Producer, lot.producer_id)
        variant.name = listing.title = listing.description = listing.storage = SCRIPT
        farm.name = producer.name = SCRIPT
        await log_in(session, client, world.people[Role.MANAGER])
    story = Link(world.names["gtin"], world.names["lot"], world.names["serial"]).path
    for path in (
        story,
        f"/p/{world.names['p.slug']}",
        f"/producers/{world.names['producers.slug']}",
        "/producer/",
        "/producer/lots",
        f"/producer/lots/{world.names['lot_id']}",
        "/producer/farms",
        "/producer/stock",
        f"/producer/labels/serials/{world.names['serial']}.svg",
        f"/orders/{world.names['orders.token']}",
        "/search",
        f"/search?q={SCRIPT}",
        f"/check?code={SCRIPT}",
        f"/verify?code={SCRIPT}",
    ):
        answer = await client.get(path)
        assert answer.status_code < 500, path
        assert "<script>alert" not in answer.text, path
    sheet = await client.get(f"/producer/labels/{world.names['sheet_id']}/sheet.pdf")
    assert sheet.status_code == 200 and sheet.content.startswith(b"%PDF")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_ends_of_the_calendar_break_nothing(
    db: Database, client: httpx.AsyncClient, world: World, day: str
) -> None:
    """A day that nobody means is passed over in an address and refused beside its field in a form."""
    async with db.transaction() as session:
        await log_in(session, client, world.people[Role.MANAGER])
    for path in ("/producer/intake", "/producer/tours/day"):
        assert (await client.get(path, params={"on": day})).status_code == 200
    entry = {"id": str(uuid7()), "site_id": world.names["site_id"], "quantity_g": "12 kg"}
    picked = entry | {"standard": "one_leaf", "performed_on": day, "recorded_at": f"{day}T00:00:00+07:00"}
    refused = await client.post("/producer/diary/new/pick", data=picked)
    assert refused.status_code == 422 and "Ngày này chưa đúng" in refused.text
    assert (
        await client.post("/producer/diary/new/pick", data=picked | {"performed_on": "2026-11-10"})
    ).status_code == 422
    weighed = {**entry, "weight_g": "12 kg", "grade": "one_leaf", "price_per_kg_minor": "35k"}
    assert (await client.post("/producer/intake/new", data=weighed | {"weighed_on": day})).status_code == 422


async def test_control_characters_come_to_nothing(
    db: Database, client: httpx.AsyncClient, world: World
) -> None:
    """A NUL in an address finds nothing, and one in a form is dropped: neither is a fault of ours."""
    for path in ("/p/a%00b", "/tours/%00", "/payments/%00/state", "/orders/a%00", "/01/%00"):
        assert (await client.get(path)).status_code == 404, path
    async with db.transaction() as session:
        await log_in(session, client, world.people[Role.MANAGER])
    assert (await client.post("/me/name", data={"name": "Chị\x00 Mận\x1b"})).status_code == 303
    assert 'value="Chị Mận"' in (await client.get("/me")).text
