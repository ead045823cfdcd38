"""The fence of the practice farm: what is written there reaches no list, no shop, no buyer and no book."""

import json

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from producers.cooperatives import service as cooperatives
from producers.cooperatives.events import ProducerChanged
from producers.cooperatives.models import Producer
from producers.farms.models import Farm, Site
from producers.listings import service as listings
from producers.listings.models import Listing, Variant
from producers.practice import service
from storefront.catalog import service as catalog
from storefront.catalog.models import CatalogEntry
from storefront.catalog.models import EntryKind as CatalogKind
from storefront.tours import service as tours
from tests.factories import traceability, visits
from tests.factories.people import log_in, make_person
from tests.factories.producers import NOW
from traceability.labels import service as labels
from traceability.labels.press import open_press
from traceability.labels.schemas import Layout


@pytest.fixture
async def shop(db, client):
    """A practice farm at work, its person logged in as `client` and inside."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
        producer = await service.enter(session, person_id=person.id, now=NOW)
        farm = (await session.scalars(select(Farm).where(Farm.producer_id == producer.id))).one()
        site = (await session.scalars(select(Site).where(Site.farm_id == farm.id).order_by(Site.id))).first()
        listing = (await session.scalars(select(Listing).where(Listing.producer_id == producer.id))).one()
        variant = (await session.scalars(select(Variant).where(Variant.listing_id == listing.id))).one()
    client.cookies.set("producer", str(producer.id))
    return traceability.Workshop(producer, farm, site, listing, variant, person.id)


async def test_goods_stay_in_their_draft(client, db, shop):
    """Neither put into the shop window nor taken out of it; their page does not exist."""
    for act in ("publish", "pause"):
        answer = await client.post(f"/producer/listings/{shop.listing.id}/{act}")
        assert answer.status_code == 409 and "Đây là vườn tập" in answer.text
    assert (await client.get(f"/p/{shop.listing.slug}")).status_code == 404
    added = await client.post("/cart/lines", data={"variant_id": str(shop.variant.id), "quantity": "1"})
    assert added.status_code in {404, 409, 422}
    async with db.transaction() as session:
        assert not listings.is_on_sale(shop.variant, await listings.get_listing(session, shop.listing.id))


async def test_the_shop_lists_nothing_of_it(client, db, shop):
    """Home, search, sitemap, the producer's page: a change of its name and goods is seen nowhere."""
    async with db.transaction() as session:
        producer = await session.get_one(Producer, shop.producer.id)
        producer.name = "Tênkhôngđâucó"
        await catalog.on_producer_changed(session, ProducerChanged(producer_id=producer.id))
        tour = await visits.make_tour(session, producer_id=producer.id, is_published=False)
        await tours.announce(session, tour, now=NOW)
        assert await session.scalar(select(func.count()).select_from(CatalogEntry)) == 0
        assert await catalog.list_entries(session, CatalogKind.PRODUCER) == []
    for path in ("/", "/search", "/search?q=tenkhongdauco", "/sitemap.xml", "/tours"):
        page = (await client.get(path)).text
        assert "Tênkhôngđâucó" not in page.replace('value="tenkhongdauco"', ""), path
        assert shop.producer.slug not in page and shop.listing.slug not in page, path
    assert (await client.get(f"/producers/{shop.producer.slug}")).status_code == 404
    async with db.transaction() as session:
        assert await cooperatives.find_producer_by_slug(session, shop.producer.slug) is None


async def test_a_visit_is_not_offered(client, db, shop):
    """A tour of a practice farm is written and priced, and stays unpublished; its page does not exist."""
    async with db.transaction() as session:
        tour = await visits.make_tour(session, producer_id=shop.producer.id, is_published=False)
        option = await visits.make_option(session, tour.id)
        await visits.make_unit(session, option.id)
    assert (await client.post(f"/producer/tours/{tour.id}/publish")).status_code == 409
    for path in (f"/tours/{tour.slug}", f"/tours/{tour.slug}/book"):
        assert (await client.get(path)).status_code == 404


async def test_a_practice_label_says_what_it_is(client, new_client, db, house, shop):
    """By lot, by serial, by product, typed in: "Nhãn tập" and no story; machines learn nothing."""
    async with db.transaction() as session:
        lot = await traceability.make_lot(session, shop)
        serial = await traceability.make_serial(session, lot)
    async with new_client() as visitor:
        for path in ("", f"/10/{lot.code}", f"/10/{lot.code}/21/{serial.serial}"):
            for root in ("/01/", "/trace/"):
                address = (
                    root
                    + lot.gtin
                    + (path if root == "/01/" else path.replace("/10/", "/").replace("/21/", "/"))
                )
                answer = await visitor.get(address)
                assert answer.status_code == 404, address
                assert "<h1>Nhãn tập</h1>" in answer.text and "Không có hàng thật" in answer.text
                assert shop.producer.name not in answer.text and "Những việc đã làm" not in answer.text
        machine = {"Accept": "application/linkset+json"}
        answer = await visitor.get(f"/01/{lot.gtin}?linkType=linkset", headers=machine)
        assert answer.status_code == 404
        assert json.loads(answer.text)["code" if "code" in json.loads(answer.text) else "type"].endswith(
            "practice_label"
        )
        typed = await visitor.get(f"/verify?code={serial.serial}", follow_redirects=True)
        assert "<h1>Nhãn tập</h1>" in typed.text


async def test_a_printed_sheet_is_marked(db, shop):
    """What stands on the paper begins with "NHÃN TẬP"; that of a real producer does not."""
    async with db.transaction() as session:
        lot = await traceability.make_lot(session, shop)
        face = await labels.describe_face(session, lot)
        assert face.product == "NHÃN TẬP · Chè tập"
        press = open_press("http://x", b"secret")
        assert (
            press.signer is not None and labels.press_for(face, press).signer is None
        )  # and is never signed
        sheet = await labels.print_labels(
            session, lot_id=lot.id, count=2, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
        assert sheet.count == 2
        real = await traceability.make_workshop(session)
        lot = await traceability.make_lot(session, real)
        face = await labels.describe_face(session, lot)
        assert face.product == "Chè đinh" and labels.press_for(face, press) is press


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE listings SET state = 'published' WHERE producer_id = :id",
        "UPDATE listings SET state = 'paused' WHERE producer_id = :id",
        "INSERT INTO tours (id, producer_id, is_published) VALUES (gen_random_uuid(), :id, true)",
        "INSERT INTO catalog_entries (ref_id, producer_id, is_visible) VALUES (:id, :id, false)",
        "INSERT INTO consignments (id, producer_id) VALUES (gen_random_uuid(), :id)",
    ],
)
async def test_the_database_keeps_the_fence(db, shop, statement):
    """Whatever a program forgets, the row is refused: no published goods or visits, no list, no parcel."""
    with pytest.raises(DBAPIError, match="leaves a practice farm"):
        async with db.transaction() as session:
            await session.execute(text(statement), {"id": shop.producer.id})


async def test_a_practice_farm_never_becomes_real(db, shop):
    """Neither does a real producer become one."""
    for statement in (
        "UPDATE producers SET is_practice = false WHERE id = :id",
        "UPDATE producers SET is_practice = true WHERE id <> :id",
    ):
        async with db.transaction() as session:
            await traceability.make_workshop(session)
        with pytest.raises(DBAPIError, match="insert-only"):
            async with db.transaction() as session:
                await session.execute(text(statement), {"id": shop.producer.id})


async def test_nobody_is_told_and_nobody_is_enrolled(client, house, run_jobs, shop, db):
    """Adding a member makes no person and sends no message."""
    form = {"name": "Người lạ", "phone": "0987654321", "role": "member"}
    assert (await client.post("/producer/members", data=form)).status_code == 409
    await run_jobs()
    assert house.sms.sent == []
    async with db.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM people WHERE phone = '+84987654321'")) == 0
