"""The packers' lists of a day: what to take from the shelf, and what goes into which parcel along the way."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from app.core.ids import uuid7
from app.core.quantity import format_grams
from producers.cooperatives.models import Role
from producers.listings.models import Listing, SoldBy
from storefront.fulfilment import picking, weighing
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.refunding import give_back
from storefront.fulfilment.weighing import Weighing
from storefront.orders import parcels
from storefront.refunds.models import RefundReason
from storefront.stock import service as stock
from tests.factories.orders import make_paid_order
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.scale import show_scale
from tests.factories.storefront import NOW, make_fish, make_listing, make_stock, make_variant
from tests.queries import count_queries

BA_DINH, LA_BANG = "00004", "05818"
PAGE = "/producer/orders/picking"


async def take_on(session, *variants, person_id=None, **how):
    """A paid order that was taken on: (order, its only parcel, what every act is told)."""
    order = await make_paid_order(session, *variants, **how)
    [parcel] = await parcels.list_parcels(session, order)
    act = {
        "consignment_id": parcel.consignment.id,
        "producer_id": parcel.consignment.producer_id,
        "person_id": person_id or (await make_person(session)).id,
        "now": how.get("now", NOW),
    }
    await fulfilment.confirm(session, **act)
    return order, parcel, act


async def enter(session, client, producer_id, role):
    """Log the client in as somebody with one role for the producer (a new one when None)."""
    given = {"producer_id": producer_id} if producer_id else {}
    membership = await make_membership(session, role=role, **given)
    await log_in(session, client, membership.person_id)


async def test_the_shelf_is_summed_nearest_expiry_first(session):
    """Two orders of three boxes: two of the lot that ends first and four of the next, with grams and for whom."""
    box = await make_variant(session, name="Hộp 200 g")
    later = await make_stock(session, box, on_hand=9, expires_on=date(2027, 6, 1))
    sooner = await make_stock(session, box, on_hand=2, expires_on=date(2026, 12, 1))
    first, _parcel, act = await take_on(session, box, quantity=3)
    second, _other, _how = await take_on(session, box, quantity=3, now=NOW + timedelta(seconds=1))
    found = await picking.make_pick_list(session, producer_id=act["producer_id"], now=NOW)
    [shelf] = found.shelf
    assert [(one.lot.id, one.quantity, one.weight_g) for one in shelf.lots] == [
        (sooner.lot_id, 2, 400),
        (later.lot_id, 4, 800),
    ]
    assert (shelf.quantity, shelf.weight_g, shelf.is_most, found.parcel_count) == (6, 1_200, False, 2)
    assert [(one.code, one.quantity) for one in shelf.lots[0].shares] == [(first.code, 2)]
    assert [(one.code, one.quantity) for one in shelf.lots[1].shares] == [(first.code, 1), (second.code, 3)]


async def test_goods_stand_as_in_a_dictionary(session):
    """Packs are listed by title and then by name, as Vietnamese dictionaries order them; grams are grams."""
    shop = await make_listing(session, title="Ổi")
    guava = await make_variant(session, listing_id=shop.id, name="Ký", sold_by=SoldBy.GRAM, step=500)
    tea = await make_listing(session, title="Chè", producer_id=shop.producer_id)
    big = await make_variant(session, listing_id=tea.id, name="Hộp to", net_weight_g=500)
    small = await make_variant(session, listing_id=tea.id, name="Hộp nhỏ")
    for variant in (guava, big, small):
        await make_stock(session, variant, on_hand=5_000)
    _order, _parcel, act = await take_on(session, guava, big, small, quantity=1_500)
    found = await picking.make_pick_list(session, producer_id=act["producer_id"], now=NOW)
    assert [(one.line.title, one.line.variant_name, one.quantity, one.weight_g) for one in found.shelf] == [
        ("Chè", "Hộp nhỏ", 1_500, 300_000),
        ("Chè", "Hộp to", 1_500, 750_000),
        ("Ổi", "Ký", 1_500, 1_500),
    ]


async def test_goods_of_the_scale_weigh_at_most_until_they_are_weighed(session):
    """A fish counts with its heaviest weight, marked so; once weighed with what the scale said."""
    fish = await make_fish(session)
    await make_stock(session, fish, on_hand=5)
    _order, parcel, act = await take_on(session, fish, quantity=2)
    [before] = (await picking.make_pick_list(session, producer_id=act["producer_id"], now=NOW)).shelf
    assert (before.weight_g, before.is_most) == (4_400, True)
    assert await picking.weigh_parcels(session, [parcel]) == {parcel.consignment.id: 4_400}
    said = Weighing(
        id=uuid7(),
        line_id=parcel.lines[0].id,
        weights_g=(1_950, 2_050),
        photo_id=await show_scale(session),
    )
    await weighing.weigh(session, **act, weighing=said)
    [after] = (await picking.make_pick_list(session, producer_id=act["producer_id"], now=NOW)).shelf
    assert (after.weight_g, after.is_most) == (4_000, False)
    assert await picking.weigh_parcels(session, [parcel]) == {parcel.consignment.id: 4_000}


async def test_what_is_packed_or_given_back_is_not_fetched(session):
    """A packed parcel leaves both lists; a line whose price went back is not taken, nor weighed with its parcel."""
    box = await make_variant(session)
    await make_stock(session, box)
    bag = await make_variant(session, listing_id=box.listing_id, name="Túi 500 g", net_weight_g=500)
    await make_stock(session, bag)
    _order, parcel, act = await take_on(session, box, bag)
    [packed, _parcel, how] = await take_on(session, box)
    await fulfilment.pack(session, **how, scanned="")
    back = next(line for line in parcel.lines if line.variant_id == bag.id)
    await give_back(
        session, parcel, [back], reason=RefundReason.RECALLED, person_id=act["person_id"], now=NOW
    )
    await stock.release(session, order_id=parcel.order.id, line_ids=[back.id], now=NOW)
    found = await picking.make_pick_list(session, producer_id=act["producer_id"], now=NOW)
    assert [one.line.variant_id for one in found.shelf] == [box.id]
    [stop] = found.stops
    [to_pack] = stop.parcels
    assert [one.line.variant_id for one in to_pack.lines] == [box.id]
    assert to_pack.parcel.order.code != packed.code
    assert await picking.weigh_parcels(session, [parcel]) == {parcel.consignment.id: 200}


async def test_parcels_follow_the_way(session):
    """Grouped by province and commune, both as in a dictionary; within a commune those that wait longest first."""
    box = await make_variant(session)
    await make_stock(session, box)
    codes = {}
    for name, commune in (("a", LA_BANG), ("b", BA_DINH), ("c", "05488"), ("d", LA_BANG)):
        order, _parcel, act = await take_on(session, box, commune_code=commune)
        codes[order.code] = name
    found = await picking.make_pick_list(session, producer_id=act["producer_id"], now=NOW)
    assert [
        (stop.province, stop.commune, [codes[one.parcel.order.code] for one in stop.parcels])
        for stop in found.stops
    ] == [
        ("Thành phố Hà Nội", "Phường Ba Đình", ["b"]),
        ("Tỉnh Thái Nguyên", "Xã Đại Phúc", ["c"]),
        ("Tỉnh Thái Nguyên", "Xã La Bằng", ["a", "d"]),
    ]


async def test_a_long_list_is_cut_and_says_so(db, client, monkeypatch):
    """What waits longest stands on the list; that more waits is said, and follows once these are packed."""
    monkeypatch.setattr(picking, "MOST_PARCELS", 1)
    async with db.transaction() as session:
        box = await make_variant(session)
        await make_stock(session, box)
        first, _parcel, act = await take_on(session, box)
        second, _other, _how = await take_on(session, box)
        await enter(session, client, act["producer_id"], Role.PACKER)
    page = (await client.get(PAGE)).text
    assert first.code in page and second.code not in page and "Còn đơn khác" in page
    async with db.transaction() as session:
        await fulfilment.pack(session, **act, scanned="")
    page = (await client.get(PAGE)).text
    assert second.code in page and first.code not in page and "Còn đơn khác" not in page


async def test_the_page_says_all_a_packer_needs(db, client):
    """Sums with grams, lot and day, for whom; then by province and commune the parcels, how goods are kept, the note."""
    async with db.transaction() as session:
        fish = await make_fish(session)
        await make_stock(session, fish, on_hand=9)
        trout = await make_variant(
            session, listing_id=fish.listing_id, name="Phi lê", sold_by=SoldBy.GRAM, step=1
        )
        item = await make_stock(session, trout, on_hand=9_000, expires_on=date(2026, 11, 20))
        order, parcel, act = await take_on(session, fish, trout, quantity=2, note="Gọi trước khi giao")
        listing = await session.get_one(Listing, fish.listing_id)
        listing.storage = "Giữ lạnh dưới 4 độ"
        lot_code = (await fulfilment.list_lots_to_pick(session, [line.id for line in parcel.lines]))[
            0
        ].lot.code
        assert item.lot_id
        await enter(session, client, act["producer_id"], Role.PACKER)
    page = (await client.get(PAGE)).text
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert f"2 × Con 1,8-2,2 kg · nhiều nhất {format_grams(4_400)}".replace("\xa0", " ") in text
    assert "2 g · Phi lê" in text and f"Lô {lot_code} 2 g" in text
    assert f"cho đơn {order.code} 2 g" in text and f"cho đơn {order.code} × 2" in text
    assert "Đi Tỉnh Thái Nguyên: 1 đơn" in text and "Xã Đại Phúc" in text and "Trần Thị Lan" in text
    assert "Giữ lạnh dưới 4 độ" in text and "Lời nhắn: Gọi trước khi giao" in text
    assert f"/producer/orders/{parcel.consignment.id}" in page and "/producer/orders/labels" in page
    assert "Xóm Gò Pháo" not in page and "0987" not in page and "style=" not in page


async def test_who_reads_the_lists(db, client):
    """Accountants read them and print no labels, guides stay out; another producer's list holds nothing of ours."""
    async with db.transaction() as session:
        box = await make_variant(session)
        await make_stock(session, box)
        order, _parcel, act = await take_on(session, box)
        await enter(session, client, act["producer_id"], Role.ACCOUNTANT)
    page = (await client.get(PAGE)).text
    assert order.code in page and "/producer/orders/labels" not in page
    async with db.transaction() as session:
        await enter(session, client, act["producer_id"], Role.GUIDE)
    assert (await client.get(PAGE)).status_code == 403
    async with db.transaction() as session:
        await enter(session, client, None, Role.MANAGER)
    page = (await client.get(PAGE)).text
    assert order.code not in page and "Không có đơn nào cần lấy" in page


@pytest.mark.parametrize("path", [PAGE, "/producer/orders/labels"])
async def test_fifty_parcels_cost_as_many_queries_as_one(db, client, path):
    """The lists and the labels' page ask the same few questions for one parcel and for fifty."""
    async with db.transaction() as session:
        box = await make_variant(session)
        await make_stock(session, box, on_hand=60)
        _order, _parcel, act = await take_on(session, box)
        await enter(session, client, act["producer_id"], Role.PACKER)
    await client.get(path)
    statements = count_queries(db.engine)
    assert (await client.get(path)).status_code == 200
    one = len(statements)
    async with db.transaction() as session:
        for number in range(49):
            await take_on(
                session,
                box,
                person_id=act["person_id"],
                commune_code=(LA_BANG, BA_DINH)[number % 2],
            )
    statements.clear()
    page = await client.get(path)
    assert "50 đơn" in page.text and len(statements) == one
