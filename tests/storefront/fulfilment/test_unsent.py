"""Paid goods that are not sent after all: rules O16 and O17 of orders/PRICING.md, rule 14 of stock/STOCK.md."""

from __future__ import annotations

import pytest

from app.core.ids import uuid7
from storefront.fulfilment import unsent
from storefront.fulfilment.errors import NoGoodsChosenError, PackedWholeError
from storefront.orders import money_back, parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import OrderState
from storefront.orders.words import say_back
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from tests.books import list_breaches
from tests.factories.orders import PHONE, SECRET, make_order, make_paid_order, pay, walk
from tests.factories.people import log_in
from tests.factories.preorders import make_offer, order_ahead, places, taken
from tests.factories.recalls import Shop, make_shop, send
from tests.factories.storefront import NOW, make_stock, make_variant


def keeps_back(shop: Shop, parcel, *lines, is_good=True):
    """How the shop's manager keeps these lines back."""
    return {
        "consignment_id": parcel.id,
        "producer_id": shop.producer_id,
        "line_ids": {line.id for line in lines},
        "is_good": is_good,
        "person_id": shop.manager_id,
        "now": NOW,
    }


async def split(session, order):
    """The parcel of an order and its lines, the dearest first."""
    [parcel] = await parcels.list_parcels(session, order)
    return parcel.consignment, sorted(parcel.lines, key=lambda line: -line.earned_minor)


async def owed(session, order):
    """What goes back of an order."""
    return [one.amount_minor for one in await refunds.list_of(session, PayableKind.ORDER, [order.id])]


async def counters(session, *items):
    """On hand, reserved and allocated of each."""
    for item in items:
        await session.refresh(item)
    return [(item.on_hand, item.reserved, item.allocated) for item in items]


@pytest.mark.parametrize(("is_good", "left"), [(True, 20), (False, 19)])
async def test_one_thing_is_kept_back_and_the_rest_is_sent(db, house, *, run_jobs, is_good, left):
    """O16, rule 14: its price goes back once; good goods are on the shelf again, lost ones left it; the buyer is told."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        parcel, [box, _bag] = await split(session, order)
        for _time in range(2):
            await unsent.hold_back(session, **keeps_back(shop, parcel, box, is_good=is_good))
        assert await owed(session, order) == [350_000]
        assert await counters(session, shop.bad_item, shop.good_item) == [(left, 0, 0), (20, 0, 1)]
        await send(session, shop, order, until="ship")
        assert (await orders.get_order(session, order.id)).state is OrderState.SHIPPING
        assert await list_breaches(session, now=NOW) == []
    await run_jobs()
    [told] = [body for phone, body in house.sms.sent if phone == PHONE and "không gửi được" in body]
    assert order.code in told and box.title in told


async def test_a_parcel_of_which_nothing_remains_ends(session):
    """O16: also when it was packed, then all of it or nothing; its delivery goes back too, and doing it again is harmless."""
    shop = await make_shop(session)
    order = await make_paid_order(session, shop.bad, shop.good)
    parcel, [box, bag] = await split(session, order)
    await walk(session, parcel, person_id=shop.packer_id, until="pack")
    with pytest.raises(PackedWholeError):
        await unsent.hold_back(session, **keeps_back(shop, parcel, box))
    for _time in range(2):
        await unsent.hold_back(session, **keeps_back(shop, parcel, box, bag))
    assert await owed(session, order) == [order.total_minor]
    assert (await orders.get_order(session, order.id)).state is OrderState.CANCELLED
    assert await counters(session, shop.bad_item, shop.good_item) == [(20, 0, 0), (20, 0, 0)]
    assert await list_breaches(session, now=NOW) == []


async def test_what_is_not_paid_or_has_left_is_not_kept_back(session):
    """O16: nor something of another parcel, nor by another producer."""
    shop = await make_shop(session)
    unpaid = await make_order(session, shop.bad)
    parcel, [box] = await split(session, unpaid)
    with pytest.raises(WrongStateError):
        await unsent.hold_back(session, **keeps_back(shop, parcel, box))
    with pytest.raises(WrongStateError):
        await unsent.call_off(session, order_id=unpaid.id, consignment_id=parcel.id, now=NOW)
    order = await make_paid_order(session, shop.bad)
    parcel, [own] = await split(session, order)
    with pytest.raises(NoGoodsChosenError):
        await unsent.hold_back(session, **keeps_back(shop, parcel, box))
    with pytest.raises(OrderNotFoundError):
        await unsent.hold_back(session, **keeps_back(shop, parcel, own) | {"producer_id": uuid7()})
    with pytest.raises(OrderNotFoundError):
        await unsent.call_off(session, order_id=unpaid.id, consignment_id=parcel.id, now=NOW)
    await send(session, shop, order, until="ship")
    with pytest.raises(WrongStateError):
        await unsent.hold_back(session, **keeps_back(shop, parcel, own))
    assert await owed(session, order) == []


@pytest.mark.parametrize("by_buyer", [True, False])
async def test_places_of_a_harvest_are_free_again(session, *, by_buyer):
    """O16, O17: what waits for a harvest gives its part of the cap back."""
    shop = await make_shop(session)
    ready = await make_variant(session, listing_id=shop.bad.listing_id)
    ahead = await make_variant(session, listing_id=shop.bad.listing_id)
    await make_stock(session, ready)
    offer = await make_offer(session, ahead)
    order = await order_ahead(session, ready, ahead, quantity=2)
    await pay(session, order)
    parcel, lines = await split(session, order)
    if by_buyer:
        await unsent.call_off(session, order_id=order.id, consignment_id=parcel.id, now=NOW)
    else:
        await unsent.hold_back(session, **keeps_back(shop, parcel, *lines, is_good=False))
    assert (await places(session, order), await taken(session, offer)) == ([("released", 2)], 0)
    assert await owed(session, order) == [order.total_minor]
    assert await list_breaches(session, now=NOW) == []


async def test_a_buyer_calls_off_what_nobody_took_on(db, house, client, run_jobs):
    """O17: from the order's page, as often as they press; all goes back and the producer is told. Then it is too late."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        late = await make_paid_order(session, shop.bad)
        parcel, _lines = await split(session, order)
        later, _lines = await split(session, late)
    page = f"/orders/{orders.make_token(SECRET, order.id)}"
    assert "Không mua nữa?" in (await client.get(page)).text
    for _time in range(2):
        assert (await client.post(f"{page}/called-off/{parcel.id}")).status_code == 303
    shown = (await client.get(page)).text
    assert "Không mua nữa?" not in shown and "đang chuyển trả bạn" in shown
    async with db.transaction() as session:
        assert await owed(session, order) == [order.total_minor]
        assert await counters(session, await session.merge(shop.bad_item)) == [(20, 0, 1)]
        await walk(session, later, person_id=shop.packer_id, until="confirm")
        assert await list_breaches(session, now=NOW) == []
    await run_jobs()
    assert any(f"Khách hủy đơn {order.code}" in body for _phone, body in house.sms.sent)
    page = f"/orders/{orders.make_token(SECRET, late.id)}"
    assert "Không mua nữa?" not in (await client.get(page)).text
    assert (await client.post(f"{page}/called-off/{later.id}")).status_code == 409


async def test_a_manager_keeps_back_on_the_parcels_page(db, client):
    """O16: nothing chosen is told beside the boxes, nothing said about the goods too; a packer has no such form."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        parcel, [box, _bag] = await split(session, order)
        await log_in(session, client, shop.packer_id)
    door = f"/producer/orders/{parcel.id}"
    assert "Có món không gửi được?" not in (await client.get(door)).text
    assert (
        await client.post(f"{door}/unsent", data={"lines": str(box.id), "goods": "bad"})
    ).status_code == 403
    async with db.transaction() as session:
        await log_in(session, client, shop.manager_id)
    assert "Có món không gửi được?" in (await client.get(door)).text
    unsaid = await client.post(f"{door}/unsent", data={"lines": str(box.id)})
    assert unsaid.status_code == 422 and f'value="{box.id}" checked' in unsaid.text
    nothing = await client.post(f"{door}/unsent", data={"goods": "bad"})
    assert nothing.status_code == 422 and "Bạn chọn món không gửi được giúp nhé." in nothing.text
    assert (
        await client.post(f"{door}/unsent", data={"lines": str(box.id), "goods": "bad"})
    ).status_code == 303
    shown = (await client.get(door)).text
    assert "Tiền trả lại khách, đừng gửi" in shown
    await client.post(f"{door}/confirm")
    async with db.transaction() as session:
        assert await money_back.list_refunded(session, {box.id}) == {box.id}


async def test_the_buyer_sees_what_is_not_sent(db, client):
    """O16: beside the line, or in a box beside what of it."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        parcel, [box, _bag] = await split(session, order)
    page = f"/orders/{orders.make_token(SECRET, order.id)}"
    assert "Tiền món này trả lại bạn" not in (await client.get(page)).text
    async with db.transaction() as session:
        await unsent.hold_back(session, **keeps_back(shop, parcel, box))
        boxed = [*(await split(session, order))[1]]
    assert (await client.get(page)).text.count("Tiền món này trả lại bạn") == 1
    assert str(say_back(boxed, {box.id})) == f"Trả lại bạn tiền: {box.title}: 1 × {box.variant_name}"
