"""A migration is not taken back over facts that the older tables cannot hold; without such facts it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import delete

from app.core import migrations
from app.core.db import Database
from app.core.postgres import EmbeddedPostgres
from app.web.house import House
from producers.cooperatives.models import Producer, ProducerKind
from producers.listings.models import Listing, TaxKind
from storefront.fulfilment import recalled
from storefront.invoices import service as invoices
from storefront.invoices.models import SoldKind
from storefront.operators import members
from storefront.operators import service as operators
from storefront.orders import cancelling as orders_cancelling
from storefront.orders import parcels
from storefront.refunds import service as refunds
from storefront.settlements import advances
from storefront.stays import service as stays_service
from storefront.tours import allotments, cancelling, departures, feeds, sights, tickets
from storefront.tours.allotments import Promise
from storefront.tours.extra_models import BookingExtra
from storefront.tours.models import Booking
from tests.factories import stays
from tests.factories import traceability as made
from tests.factories.batches import make_batch, paper
from tests.factories.bundles import make_gift
from tests.factories.cash import allow, make_cash_order, make_cash_variant
from tests.factories.credits import make_credit
from tests.factories.delivery import add_way
from tests.factories.joining import act_on, add_order, parcel_of
from tests.factories.orders import BANK, make_order, make_paid_order
from tests.factories.people import make_person
from tests.factories.preorders import make_offer, order_ahead
from tests.factories.pricelists import make_list_for
from tests.factories.producers import make_farm, make_site
from tests.factories.recalls import LATER, make_shop, open_recall, send
from tests.factories.scale import make_work
from tests.factories.settlements import make_advance, make_house, make_settlement, owed_to, weigh
from tests.factories.storefront import make_stock, make_variant
from tests.factories.visits import NOW, SECRET, make_visit
from tests.factories.vouchers import make_voucher_for, order_with
from tests.storefront.invoices.test_invoices import ISSUED
from tests.storefront.tours.test_bookings import book, paid_booking, pay
from tests.storefront.tours.test_extras import make_fish
from tests.storefront.tours.test_houses import enter
from tests.storefront.tours.test_resources import make_guide
from traceability.lots import moving
from traceability.lots.moving import Hand


@pytest.fixture
async def own(house: House, server: EmbeddedPostgres, template: str) -> AsyncIterator[Database]:
    """A database whose shape a test may change."""
    server.create_database("takenback", template=template)
    async with Database(server.url("takenback"), handlers=house.database.handlers) as database:
        yield database
    server.drop_database("takenback")


async def take_back(database: Database, revision: str) -> None:
    """Migrate down to a revision, and up again, also where the way down was refused half-way."""
    await database.close()
    try:
        await asyncio.to_thread(migrations.downgrade, database.url, revision)
    finally:
        await asyncio.to_thread(migrations.upgrade, database.url)


async def test_money_that_went_back_is_not_forgotten(own: Database) -> None:
    """A visit's open refund survives the way down and up; once it is paid, or for recalled goods, the way is refused."""
    async with own.transaction() as session:
        visit = await make_visit(session)
        booking = await book(session, visit, 2)
        await pay(session, booking)
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    await take_back(own, "0025")
    async with own.transaction() as session:
        [again] = await refunds.list_refunds(session)
        assert (again.payable_id, again.amount_minor, again.paid_at) == (booking.id, 300_000, None)
        await refunds.record_paid(
            session,
            refund_id=again.id,
            bank_account=BANK,
            reference="FT1",
            person_id=visit.host.id,
            now=NOW,
        )
    with pytest.raises(RuntimeError, match="paid again"):
        await take_back(own, "0025")


async def test_money_for_recalled_goods_is_not_forgotten(own: Database) -> None:
    """With money owed for recalled goods the way down is refused."""
    async with own.transaction() as session:
        shop = await make_shop(session)
        parcel = await send(session, shop, await make_paid_order(session, shop.bad), until="deliver")
        await recalled.give_back(
            session,
            recall=await open_recall(session, shop),
            consignment_id=parcel.id,
            is_whole=False,
            person_id=shop.manager_id,
            now=LATER,
        )
    with pytest.raises(RuntimeError, match="paid again"):
        await take_back(own, "0025")


async def test_tickets_at_a_sales_point_are_not_forgotten(own: Database) -> None:
    """With paper tickets the way down is refused, for they would open no gate; without any it is open."""
    async with own.transaction() as session:
        visit = await make_visit(session)
    await take_back(own, "0055")
    async with own.transaction() as session:
        await make_batch(session, visit, paper(visit, 1))
    with pytest.raises(RuntimeError, match="sales points"):
        await take_back(own, "0055")


async def test_parts_keep_what_they_came_from(own: Database) -> None:
    """With lots that were split the way down is refused; with other lots it is open."""
    async with own.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
    await take_back(own, "0024")
    async with own.transaction() as session:
        hand = Hand(shop.producer.id, shop.person_id, made.NOW)
        await moving.split_lot(session, lot_id=lot.id, parts=[4_000], hand=hand)
    with pytest.raises(RuntimeError, match="split or merged"):
        await take_back(own, "0024")


async def test_what_a_voucher_took_off_is_not_forgotten(own: Database) -> None:
    """With an order that used a voucher the way down is refused; with vouchers that nobody used it is open."""
    async with own.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        await make_voucher_for(session, variant)
    await take_back(own, "0030")
    async with own.transaction() as session:
        await make_voucher_for(session, variant)
        await order_with(session, variant)
    with pytest.raises(RuntimeError, match="discounts of orders"):
        await take_back(own, "0030")


async def test_what_is_paid_on_delivery_is_not_asked_for_again(own: Database) -> None:
    """With an order on delivery the way down is refused; with what producers allow it is open."""
    async with own.transaction() as session:
        variant = await make_cash_variant(session)
    await take_back(own, "0036")
    async with own.transaction() as session:
        await allow(session, variant)
        await make_cash_order(session, variant)
    with pytest.raises(RuntimeError, match="asked for their money again"):
        await take_back(own, "0036")


async def test_credit_of_buyers_is_not_forgotten(own: Database) -> None:
    """With a refund that its buyer keeps as credit the way down is refused."""
    async with own.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        await make_credit(session, await make_person(session), variant, 50_000)
    with pytest.raises(RuntimeError, match="store credit"):
        await take_back(own, "0036")


async def test_prices_and_places_of_orders_are_not_forgotten(own: Database) -> None:
    """With lists and offers that nobody used the way down is open; with an order at one or waiting for one it is refused."""
    async with own.transaction() as session:
        listed, ahead = await make_variant(session), await make_variant(session)
        await make_stock(session, listed)
        await make_list_for(session, listed, {1: 300_000})
        await make_offer(session, ahead)
    await take_back(own, "0034")
    async with own.transaction() as session:
        await make_offer(session, ahead)
        waiting = await order_ahead(session, ahead)
    with pytest.raises(RuntimeError, match="wait for their harvest"):
        await take_back(own, "0034")
    await asyncio.to_thread(migrations.upgrade, own.url)
    async with own.transaction() as session:
        await orders_cancelling.cancel_order(session, order_id=waiting.id, now=NOW)
        await make_list_for(session, listed, {1: 300_000})
        await make_order(session, listed)
    with pytest.raises(RuntimeError, match="price lists of orders"):
        await take_back(own, "0034")


async def test_how_parcels_travel_is_not_forgotten(own: Database) -> None:
    """With an order that chose a way the way down is refused; with ways that nobody chose it is open."""
    async with own.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        listing = await session.get_one(Listing, variant.listing_id)
        await make_order(session, variant)
        await add_way(session, listing.producer_id)
    await take_back(own, "0033")
    async with own.transaction() as session:
        await add_way(session, listing.producer_id)
        await make_order(session, variant)
    with pytest.raises(RuntimeError, match="how parcels travel"):
        await take_back(own, "0033")


async def test_what_was_settled_is_not_paid_again(own: Database) -> None:
    """With slips that are settled the way down is refused; without, the slips survive it and are settled after."""
    async with own.transaction() as session:
        house = await make_house(session)
        await weigh(session, house)
    await take_back(own, "0030")
    async with own.transaction() as session:
        await make_settlement(session, house)
        assert await owed_to(session, house) == 350_000
    with pytest.raises(RuntimeError, match="paid again"):
        await take_back(own, "0030")


async def test_what_lines_are_to_the_tax_office_is_not_forgotten(own: Database) -> None:
    """With a service that was sold the way down is refused; with goods it is open."""
    async with own.transaction() as session:
        shop = await make_shop(session)
        await make_paid_order(session, shop.bad)
    await take_back(own, "0037")
    async with own.transaction() as session:
        (await session.get_one(Listing, shop.bad.listing_id)).tax_kind = TaxKind.SERVICES
        await session.flush()
        await make_paid_order(session, shop.bad)
    with pytest.raises(RuntimeError, match="services were sold"):
        await take_back(own, "0037")


async def test_invoices_keep_what_they_are_of(own: Database) -> None:
    """A parcel's invoice survives the way down and up; with an invoice of a visit the way down is refused."""
    async with own.transaction() as session:
        visit = await make_visit(session)
        booking = await book(session, visit, 2)
        await pay(session, booking)
        shop = await make_shop(session)
        [parcel] = await parcels.list_parcels(session, await make_paid_order(session, shop.bad))
        facts = {"issued": ISSUED, "person_id": shop.manager_id, "now": NOW}
        await invoices.record_invoice(session, kind=SoldKind.PARCEL, sold_id=parcel.consignment.id, **facts)
    await take_back(own, "0037")
    async with own.transaction() as session:
        found = await invoices.list_invoices(session, SoldKind.PARCEL, [parcel.consignment.id])
        assert found[parcel.consignment.id].number == ISSUED.number
        await invoices.record_invoice(session, kind=SoldKind.BOOKING, sold_id=booking.id, **facts)
    with pytest.raises(RuntimeError, match="visits were invoiced"):
        await take_back(own, "0037")


async def test_tax_that_was_withheld_is_not_forgotten(own: Database) -> None:
    """With tax of a household the way down is refused; with sales of others it is open."""
    async with own.transaction() as session:
        shop = await make_shop(session)
        await make_paid_order(session, shop.bad)
    await take_back(own, "0035")
    async with own.transaction() as session:
        (await session.get_one(Producer, shop.producer_id)).kind = ProducerKind.HOUSEHOLD
        await session.flush()
        await make_paid_order(session, shop.bad)
    with pytest.raises(RuntimeError, match="tax was withheld"):
        await take_back(own, "0035")


async def test_what_phones_follow_is_not_counted_anew(own: Database) -> None:
    """Changed dates alone go down and up; with a calendar that somebody follows, or a sight, the way down is refused."""
    async with own.transaction() as session:
        visit = await make_visit(session)
        await departures.change_capacity(session, departure_id=visit.departure.id, capacity=7, now=NOW)
    await take_back(own, "0044")
    async with own.transaction() as session:
        site = await make_site(session, farm_id=(await make_farm(session, producer_id=visit.producer.id)).id)
        departure = await departures.get_departure(session, visit.departure.id)
        facts = {"departure": departure, "producer_id": visit.producer.id, "lot_ids": [], "now": NOW}
        await sights.choose(session, site_ids=[site.id], **facts)
    with pytest.raises(RuntimeError, match="what dates show"):
        await take_back(own, "0044")
    await asyncio.to_thread(migrations.upgrade, own.url)
    async with own.transaction() as session:
        await sights.choose(session, site_ids=[], **facts)
        await feeds.open_for_member(
            session,
            producer_id=visit.producer.id,
            person_id=visit.host.id,
            secret=SECRET,
            language="vi",
            now=NOW,
        )
    with pytest.raises(RuntimeError, match="phones follow"):
        await take_back(own, "0044")


async def test_what_guests_ate_and_where_they_went_is_not_forgotten(own: Database) -> None:
    """With add-ons that a party took, or with who entered a pond-house, the way down is refused; guides alone go (93, 109)."""
    async with own.transaction() as session:
        visit = await make_visit(session)
        await make_guide(session, visit.producer.id)
        fish = await make_fish(session, visit)
    await take_back(own, "0049")
    async with own.transaction() as session:
        fish = await make_fish(session, visit)
        booking = await paid_booking(session, visit, extras={fish.id: 1})
    with pytest.raises(RuntimeError, match="guests have paid for"):
        await take_back(own, "0053")
    async with own.transaction() as session:
        await session.execute(delete(BookingExtra))
        farm = await make_farm(session, producer_id=visit.producer.id)
        await enter(session, visit, await make_site(session, farm_id=farm.id))
        await tickets.check_in(
            session,
            code=booking.code,
            producer_id=visit.producer.id,
            person_id=visit.host.id,
            now=visit.departure.starts_at,
        )
    with pytest.raises(RuntimeError, match="entered which pond-house"):
        await take_back(own, "0049")


async def test_who_sleeps_where_is_not_forgotten(own: Database) -> None:
    """Houses that nobody booked go down and up; with a booked stay the way down is refused."""
    async with own.transaction() as session:
        house = await stays.make_house(session)
        await stays_service.announce(session, house.stay, now=NOW)
    await take_back(own, "0049")
    async with own.transaction() as session:
        await stays.book(session, await stays.make_house(session))
    with pytest.raises(RuntimeError, match="booked stays"):
        await take_back(own, "0049")


async def test_a_quantity_of_inputs_goes_on_as_words(own: Database) -> None:
    """What was handed over on credit is told by the older tables in one breath, and as before by the newer ones."""
    async with own.transaction() as session:
        house = await make_house(session)
        given = await make_advance(session, house, quantity_milli=1_500)
        assert given.what == "1,5 bao phân NPK"
    await take_back(own, "0037")
    async with own.transaction() as session:
        again = await advances.get_advance(session, advance_id=given.id, producer_id=house.producer_id)
        assert (again.what, again.what_for, again.unit) == ("1,5 bao phân NPK", "1,5 bao phân NPK", None)


async def test_what_lies_in_boxes_is_not_forgotten(own: Database) -> None:
    """With a box of several packs the way down is refused: nobody else knows what lies in it."""
    await take_back(own, "0037")
    async with own.transaction() as session:
        await make_gift(session)
    with pytest.raises(RuntimeError, match="lies in boxes"):
        await take_back(own, "0037")


async def test_what_travels_along_is_not_sent_alone(own: Database) -> None:
    """With goods that wait in another order's parcel the way down is refused; sent, parcels find their method again."""
    async with own.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        way = await add_way(session, (await session.get_one(Listing, variant.listing_id)).producer_id)
        first = await make_paid_order(session, variant)
        added = await add_order(session, first, variant)
    with pytest.raises(RuntimeError, match="another order's parcel"):
        await take_back(own, "0037")
    await asyncio.to_thread(migrations.upgrade, own.url)
    async with own.transaction() as session:
        await act_on(session, first, "confirm")
        await act_on(session, added, "confirm", "pack")
        await act_on(session, first, "pack", "ship")
    await take_back(own, "0037")
    async with own.transaction() as session:
        parcel = await parcel_of(session, added)
        assert (parcel.method_id, parcel.travels_with_id) == (way, None)


async def test_goods_that_were_weighed_again_keep_both_weighings(own: Database) -> None:
    """Goods that were weighed once go down and up; weighed again, one of the two would be lost."""
    async with own.transaction() as session:
        work = await make_work(session, 1_950, 2_050)
    await take_back(own, "0042")
    async with own.transaction() as session:
        assert await work.waiting(session) == [128_000]
        await work.again(session, 1_850, 2_050)
    with pytest.raises(RuntimeError, match="restore a backup"):
        await take_back(own, "0042")


async def test_what_is_held_for_operators_is_not_sold_to_others(own: Database) -> None:
    """An operator alone goes down and up; with people at work, or seats held for it, the way down is refused."""
    async with own.transaction() as session:
        visit = await make_visit(session, starts_at=NOW + timedelta(days=9))
        operator = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
        person = await make_person(session)
    await take_back(own, "0049")
    async with own.transaction() as session:
        await members.link(session, operator_id=operator.id, phone=person.phone, name="x", now=NOW)
    with pytest.raises(RuntimeError, match="people of operators"):
        await take_back(own, "0049")
    async with own.transaction() as session:
        await members.unlink(session, operator_id=operator.id, person_id=person.id, now=NOW)
        promise = Promise(operator_id=operator.id, heads=2, release_days=3)
        await allotments.grant(session, departure_id=visit.departure.id, promise=promise, now=NOW)
    with pytest.raises(RuntimeError, match="held for operators"):
        await take_back(own, "0049")
    async with own.transaction() as session:
        await allotments.end(session, departure_id=visit.departure.id, operator_id=operator.id)
        rule = await allotments.create_rule(
            session,
            tour_id=visit.tour.id,
            promise=promise,
            weekdays=[],
            until_on=visit.departure.local_on,
            now=NOW,
        )
    with pytest.raises(RuntimeError, match="promised to operators"):
        await take_back(own, "0049")
    async with own.transaction() as session:
        await allotments.end_rule(session, rule_id=rule.id, tour_id=visit.tour.id, now=NOW)
    await take_back(own, "0049")


async def test_terms_of_visits_are_kept(own: Database) -> None:
    """A visit of one step goes down and up, whatever became of it; once a part was kept of one, the way down is refused."""
    async with own.transaction() as session:
        visit = await make_visit(session)
        booking = await book(session, visit, 2)
        await pay(session, booking)
    await take_back(own, "0049")
    async with own.transaction() as session:
        found = await session.get_one(Booking, booking.id)
        assert found.cancellation_steps == [[24, 100]]
        found.cancellation_steps = [[72, 100], [0, 50]]
        await session.flush()
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    with pytest.raises(RuntimeError, match="guests were promised"):
        await take_back(own, "0049")
