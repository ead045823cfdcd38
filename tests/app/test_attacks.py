"""What an attacker tries from outside and from the next stall: each try finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.cooperatives.models import Membership, Producer
from producers.diaries.models import DiaryEntry
from producers.farms.models import Farm
from producers.listings.models import Listing, ListingPhoto, Variant
from storefront.cart.cookie import COOKIE as CART_COOKIE
from storefront.orders.models import Order
from storefront.tours import bookings, settlement
from storefront.tours.models import Booking
from tests.app.doors import Role
from tests.factories.orders import FORM
from tests.factories.people import log_in
from tests.factories.producers import make_farm, make_input, make_site
from tests.factories.world import World, make_world
from traceability.links.models import ProducerLink
from traceability.lots.models import Lot
from traceability.resolver.digital_link import Link


@pytest.fixture
async def world(db: Database, house: House) -> World:
    """Producer A with one of everything."""
    async with db.transaction() as session:
        return await make_world(session, house)


async def find_membership(session: AsyncSession, person_id: UUID) -> Membership:
    """The one place where this person works."""
    return (await session.scalars(select(Membership).where(Membership.person_id == person_id))).one()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PACKER, Role.GUIDE, Role.MANAGER])
async def test_guests_phones_are_for_their_hosts(
    db: Database, client: httpx.AsyncClient, world: World, role: Role
) -> None:
    """Who receives guests sees their phone and note; a member household sees that somebody comes."""
    sees = role in {Role.GUIDE, Role.MANAGER}
    async with db.transaction() as session:
        booking = await settlement.lock_booking(session, world.booking_id)
        booking.note = "Dị ứng đậu phộng"
        party = await bookings.get_party(session, booking)
        await settlement._confirm(session, party, now=booking.created_at)
        on = party.departure.local_on
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
    async with db.transaction() as session:
        lot = await session.get_one(Lot, world.names["lot_id"])
        variant = await session.get_one(Variant, lot.variant_id)
        listing = await session.get_one(Listing, variant.listing_id)
        farm = await session.get_one(Farm, world.names["farm_id"])
        producer = await session.get_one(Producer, lot.producer_id)
        variant.name = listing.title = listing.description = listing.storage = SCRIPT
        farm.name = producer.name = SCRIPT
        link = await session.get_one(ProducerLink, world.names["link_id"])
        link.title, link.link_type = SCRIPT, "pip"
        await log_in(session, client, world.people[Role.MANAGER])
    story = Link(world.names["gtin"], world.names["lot"], world.names["serial"]).path
    for path in (
        story,
        f"/01/{world.names['gtin']}",
        f"/01/{world.names['gtin']}?linkType=gs1:pip",
        f"/passport/{world.names['gtin']}/{world.names['lot']}",
        "/producer/links",
        f"/producer/links/{world.names['link_id']}",
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
    for path in (
        "/p/a%00b",
        "/tours/%00",
        "/payments/%00/state",
        "/orders/a%00",
        "/01/%00",
        "/search?q=%00",
        "/authority?code=%00",
    ):
        assert (await client.get(path)).status_code == 404, path
    async with db.transaction() as session:
        await log_in(session, client, world.people[Role.MANAGER])
    assert (await client.post("/me/name", data={"name": "Chị\x00 Mận\x1b"})).status_code == 303
    assert 'value="Chị Mận"' in (await client.get("/me")).text


async def test_another_stalls_things_cannot_be_named_in_a_form(
    db: Database, client: httpx.AsyncClient, new_client: Callable[[], httpx.AsyncClient], world: World
) -> None:
    """Forms with ids of producer A are refused from a stranger; the same forms are A's manager's to send."""
    async with db.transaction() as session:
        entry = await session.get_one(DiaryEntry, UUID(world.names["entry_id"]))
        secret = await make_input(session, producer_id=entry.producer_id)
        lot = await session.get_one(Lot, UUID(world.names["lot_id"]))
        stall = (await find_membership(session, world.people[Role.STRANGER])).producer_id
        own_farm = await make_farm(session, producer_id=stall)
        own_site = await make_site(session, farm_id=own_farm.id)
        await log_in(session, client, world.people[Role.STRANGER])
    there, day = {"site_id": world.names["site_id"]}, "2026-11-10"
    picked = {"quantity_g": "12 kg", "standard": "one_leaf", "performed_on": day}
    spray = {
        "input_id": str(secret.id),
        "performed_on": day,
        "dose_tenths": "10",
        "dose_unit": "ml_per_litre",
    }
    spray |= {"water_l": "20", "pest": "rầy", "area_m2": "2000"}
    weighed = {"weight_g": "9 kg", "grade": "one_leaf", "price_per_kg_minor": "35k", "weighed_on": day}
    made = {"variant_id": str(lot.variant_id), "quantity_g": "1 kg", "produced_on": "2026-11-12"}
    paper = {"kind": "vietgap", "number": "1", "issuer": "x", "valid_from": "2026-01-01"}
    home = {"name": "Vườn", "hamlet": "Xóm", "commune_text": "Xã Tân Cương, Tỉnh Thái Nguyên"}
    forms: list[tuple[str, dict[str, str], dict[str, str]]] = [  # path, form, what the manager sends instead
        ("/producer/diary/new/pick", picked | there, {}),
        ("/producer/diary/new/spray", spray | {"site_id": str(own_site.id)}, there),
        ("/producer/intake/new", weighed | there, {}),
        ("/producer/lots", made | {"source": f"harvest:{entry.id}", f"take-{entry.id}": "4,8 kg"}, {}),
        (
            "/producer/certificates/new",
            paper | {"valid_until": "2027-01-01", "farm_id": world.names["farm_id"]},
            {},
        ),
        ("/producer/farms/new", home | {"owner_id": str(entry.person_id)}, {}),
        ("/producer/labels/void", {"serial": world.names["serial"]}, {}),
    ]
    for path, form, _own in forms:
        sent = {"id": str(uuid7())} | form
        assert (await client.post(path, data=sent)).status_code in {404, 422}, path
    taken = picked | {"site_id": str(own_site.id), "id": str(entry.id)}
    assert (await client.post("/producer/diary/new/pick", data=taken)).status_code == 404
    async with new_client() as manager:
        async with db.transaction() as session:
            await log_in(session, manager, world.people[Role.MANAGER])
        for path, form, own in forms:
            done = await manager.post(path, data={"id": str(uuid7())} | form | own)
            assert done.status_code == 303, (path, done.text)


async def test_another_persons_photo_stays_theirs(
    db: Database, client: httpx.AsyncClient, world: World
) -> None:
    """A private photo named in a stranger's form is left out of what they make."""
    async with db.transaction() as session:
        await log_in(session, client, world.people[Role.STRANGER])
    form = {"title": "Chè", "crop": "tea", "shelf_life_days": "365", "kept_photo": world.names["photo_id"]}
    pack = {"pack_1_name": "Gói", "pack_1_weight_g": "100 g", "pack_1_price_minor": "90k"}
    assert (await client.post("/producer/listings/new", data=form | pack)).status_code == 303
    paths = {"/producer/listings/new": form, "/producer/settings": {"kept_photo": world.names["photo_id"]}}
    for path, wrong in paths.items():
        assert world.names["photo_id"] not in (await client.post(path, data=wrong)).text
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(ListingPhoto)) == 0


@pytest.mark.parametrize("total", ["0", "1", "-1", "89999"])
async def test_the_price_is_ours(db: Database, client: httpx.AsyncClient, world: World, total: str) -> None:
    """A total that the page did not show orders nothing."""
    client.cookies.set(CART_COOKIE, world.cart_token)
    refused = await client.post("/checkout", data=FORM | {"total": total})
    assert refused.status_code in {409, 422}
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 2


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "1e3", "99999999999", "\x00", ""])
async def test_no_quantity_outside_the_shops(client: httpx.AsyncClient, world: World, quantity: str) -> None:
    """Nothing, less than nothing, parts and absurd amounts of a piece never make a basket's sum wrong."""
    client.cookies.set(CART_COOKIE, world.cart_token)
    before = (await client.get("/cart")).text
    answer = await client.post(f"/cart/lines/{world.names['line_id']}", data={"quantity": quantity})
    if quantity == "0":
        assert answer.status_code == 303
        assert world.names["line_id"] not in (await client.get("/cart")).text
    else:
        assert answer.status_code == 422
        assert (await client.get("/cart")).text == before
