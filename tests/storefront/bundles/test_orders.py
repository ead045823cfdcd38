"""A box that was ordered: its lines, its money, its way through the house. Rule numbers are those of both PRICING.md."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from app.core.clock import today
from producers.cooperatives.models import Role
from producers.listings import service as listings
from producers.listings.models import BundleContent, Listing, TaxKind, Variant
from storefront.fulfilment import picking, recalled
from storefront.fulfilment import service as fulfilment
from storefront.ledger.periods import Period
from storefront.orders import cancelling, parcels
from storefront.orders import service as orders
from storefront.orders.lines import group
from storefront.orders.words import say_bundle, say_goods
from storefront.payouts import statements
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from tests.books import list_breaches
from tests.factories.bundles import make_bundle, make_gift
from tests.factories.orders import counters, make_order, make_paid_order, pay
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.recalls import LATER, Shop, open_recall
from tests.factories.storefront import NOW
from tests.factories.vouchers import make_gift as make_market_gift
from tests.factories.vouchers import make_voucher_for, order_with


async def lines_of(session, order):
    """The lines of the order's one parcel."""
    [parcel] = await parcels.list_parcels(session, order)
    return parcel.lines


async def take_on(session, order):
    """Take a paid order on: what every act is told."""
    [parcel] = await parcels.list_parcels(session, order)
    act = {
        "consignment_id": parcel.consignment.id,
        "producer_id": parcel.consignment.producer_id,
        "person_id": (await make_person(session)).id,
        "now": NOW,
    }
    await fulfilment.confirm(session, **act)
    return parcel, act


async def test_a_box_becomes_its_contents(session):
    """H5: two boxes are four packs of tea and two jars, and what is paid is divided as they cost alone."""
    gift = await make_gift(session)
    order = await make_order(session, gift.box, quantity=2)
    tea, honey = await lines_of(session, order)
    assert (tea.variant_id, tea.quantity, tea.amount_minor, tea.title) == (
        gift.tea.id,
        4,
        480_000,
        "Chè nõn tôm",
    )
    assert (honey.variant_id, honey.quantity, honey.amount_minor) == (gift.honey.id, 2, 320_000)
    assert tea.bundle_id == honey.bundle_id is not None
    assert {(line.bundle_name, line.bundle_quantity) for line in (tea, honey)} == {("Hộp quà Tết", 2)}
    assert order.goods_minor == 800_000
    assert await counters(session, gift.tea_stock) == (20, 4, 0)
    assert await counters(session, gift.honey_stock) == (20, 2, 0)
    await pay(session, order)
    assert await counters(session, gift.honey_stock) == (20, 0, 2)
    assert await list_breaches(session, now=NOW) == []


async def test_the_odd_dong_of_a_voucher_is_divided_too(session):
    """H5, H7: what is paid and what was taken off add up to the đồng, whatever is odd in them."""
    gift = await make_gift(session, price_minor=399_999)
    await make_voucher_for(session, gift.box, amount_minor=None, percent=7)
    order = await order_with(session, gift.box)
    lines = await lines_of(session, order)
    assert sum(line.amount_minor for line in lines) == order.goods_minor == 399_999 - 27_999
    assert sum(line.discount_minor for line in lines) == order.discount_minor == 27_999
    assert await list_breaches(session, now=NOW) == []


async def test_the_gift_of_the_market_and_the_kinds_are_of_the_contents(session):
    """H5, V13, T11: what the market pays of a box is divided over its contents, and each is taxed as what it is."""
    gift = await make_gift(session, price_minor=399_999)
    await session.execute(
        update(Listing).where(Listing.id == gift.honey.listing_id).values(tax_kind=TaxKind.OTHER)
    )
    await make_market_gift(session, amount_minor=20_001)
    order = await order_with(session, gift.box)
    tea, honey = await lines_of(session, order)
    assert tea.gift_minor + honey.gift_minor == order.gift_minor == 20_001
    assert tea.amount_minor + honey.amount_minor == order.goods_minor == 399_999 - 20_001
    assert (tea.tax_kind, honey.tax_kind) == (TaxKind.GOODS, TaxKind.OTHER)
    await pay(session, order)
    assert await list_breaches(session, now=NOW) == []


async def test_a_later_change_does_not_touch_the_order(session):
    """O1, H5: price, name and even contents of the box may become others; the order keeps its own."""
    gift = await make_gift(session)
    order = await make_order(session, gift.box)
    order_id = order.id
    said = [str(words) for words in say_goods(await lines_of(session, order))]
    await session.execute(update(Variant).values(price_minor=1))
    await session.execute(update(Listing).values(title="Khác"))
    await session.execute(update(BundleContent).values(quantity=9))
    session.expire_all()
    lines = await lines_of(session, await orders.get_order(session, order_id))
    assert [str(words) for words in say_goods(lines)] == said
    assert [line.amount_minor for line in lines] == [240_000, 160_000]


async def test_a_box_is_held_whole_or_not_at_all(session):
    """O5, H6: with too little honey nothing of the box is held, and the refusal names the honey."""
    gift = await make_gift(session, honey=1)
    with pytest.raises(SoldOutError) as refused:
        async with session.begin_nested():
            await make_order(session, gift.box, quantity=2)
    assert (refused.value.variant_id, refused.value.available) == (gift.honey.id, 1)
    assert await counters(session, gift.tea_stock) == (20, 0, 0)


async def test_a_box_and_its_content_side_by_side(session):
    """H6, H9: tea of the box and tea beside it are two lines that hold together; people see which is which."""
    gift = await make_gift(session, tea=5)
    other = await make_bundle(session, {gift.honey: 2}, name="Túi mật")
    order = await make_order(session, gift.tea, gift.box, other)
    found = group(await lines_of(session, order))
    assert [len(lines) for lines in found] == [1, 2, 1]
    assert [str(words) for words in say_goods(await lines_of(session, order))] == [
        "Chè nõn tôm: 1 × Gói 200 g",
        "Hộp quà Tết × 1: Chè nõn tôm: 2 × Gói 200 g; Mật ong: 1 × Hũ 500 g",
        "Hộp quà Tết × 1: Mật ong: 2 × Hũ 500 g",
    ]
    assert say_bundle(found[0][0]) is None
    assert await counters(session, gift.tea_stock) == (5, 3, 0)


async def test_an_order_given_up_gives_all_of_it_back(session):
    """H6: what lay in the boxes is free again."""
    gift = await make_gift(session)
    order = await make_order(session, gift.box, quantity=3)
    await cancelling.cancel_order(session, order_id=order.id, now=NOW)
    left = await stock.available(session, [gift.tea.id, gift.honey.id], now=NOW)
    assert set(left.values()) == {20}


async def test_packers_fetch_and_pack_real_lots(session):
    """H6, H9: the pick list sums tea of boxes and tea alone by lot; packing and sending take both off the shelf."""
    gift = await make_gift(session)
    order = await make_paid_order(session, gift.tea, gift.box, quantity=2)
    parcel, act = await take_on(session, order)
    found = await picking.make_pick_list(session, producer_id=act["producer_id"], now=NOW)
    assert [(one.line.title, one.quantity) for one in found.shelf] == [("Chè nõn tôm", 6), ("Mật ong", 2)]
    weights = await picking.weigh_parcels(session, [parcel])
    assert weights[parcel.consignment.id] == 6 * 200 + 2 * 500
    await fulfilment.pack(session, scanned="", **act)
    await fulfilment.ship(session, carrier="Xe khách", tracking_number=None, **act)
    assert await counters(session, gift.tea_stock) == (14, 0, 0)
    assert await list_breaches(session, now=NOW) == []


async def test_a_recall_finds_the_boxes_of_its_lot(session):
    """H6, O12: a recalled lot of honey is followed into the boxes, and its share goes back; the tea may go on."""
    gift = await make_gift(session)
    producer_id = (await session.get_one(Listing, gift.box.listing_id)).producer_id
    manager = await make_membership(session, producer_id=producer_id, role=Role.MANAGER)
    packer = await make_membership(session, producer_id=producer_id, role=Role.PACKER)
    shop = Shop(
        producer_id,
        gift.honey,
        gift.tea,
        gift.honey_stock,
        gift.tea_stock,
        manager.person_id,
        packer.person_id,
    )
    order = await make_paid_order(session, gift.box, quantity=2)
    recall = await open_recall(session, shop)
    [parcel] = await parcels.list_parcels(session, order)
    refund = await recalled.give_back(
        session,
        recall=recall,
        consignment_id=parcel.consignment.id,
        is_whole=False,
        person_id=shop.manager_id,
        now=LATER,
    )
    assert refund.amount_minor == 320_000
    assert await counters(session, gift.tea_stock) == (20, 0, 4)
    assert await list_breaches(session, now=LATER) == []


async def test_the_books_say_what_was_in_the_box(session):
    """H9: the producer's statement of a sale names box and contents."""
    gift = await make_gift(session)
    order = await make_paid_order(session, gift.box)
    producer_id = (await session.get_one(Listing, gift.box.listing_id)).producer_id
    day = today(NOW)
    told = await statements.make_statement(
        session, producer_id=producer_id, period=Period(since=day, until=day)
    )
    words = [str(line.words) for line in told.lines]
    assert any("Hộp quà Tết × 1: Chè nõn tôm: 2 × Gói 200 g; Mật ong" in one for one in words), words
    assert order.code in "".join(words)


async def test_people_see_the_box(db, client, house):
    """H9: the buyer sees one box with its price and contents; packers see in which box each line goes."""
    async with db.transaction() as session:
        gift = await make_gift(session)
        order = await make_paid_order(session, gift.box, quantity=2)
        order.token_hash = orders.ids.hash_token(orders.make_token(house.secret, order.id))
        _parcel, act = await take_on(session, order)
        packer = await make_membership(session, producer_id=act["producer_id"], role=Role.PACKER)
    page = (await client.get(f"/orders/{orders.make_token(house.secret, order.id)}")).text
    [line] = re.findall(r"<li>(?:(?!</li>).)*Hộp quà Tết.*?</li>", page, re.DOTALL)
    assert "Số lượng: 2" in line and "800.000" in line and "Chè nõn tôm: 4 × Gói 200 g" in line
    assert "480.000" not in page
    async with db.transaction() as session:
        await log_in(session, client, packer.person_id)
    for path in (
        "/producer/orders?tab=packing",
        f"/producer/orders/{act['consignment_id']}",
        "/producer/orders/picking",
    ):
        told = (await client.get(path)).text
        assert told.count("Hộp quà Tết × 2") == 1 and "4 × Gói 200 g" in told, path


async def test_a_box_asks_no_question_of_other_baskets(session):
    """H2: what lies in boxes is asked for only where there is one."""
    gift = await make_gift(session)
    assert await listings.list_contents(session, [gift.tea, gift.honey]) == {}
    found = await listings.list_contents(session, [gift.tea, gift.box])
    assert [one.quantity for one in found[gift.box.id]] == [2, 1]
