"""Orders that go in one parcel, as packers send them: rules J6 to J9 of orders/PRICING.md."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.notices.models import Notice
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Role
from producers.listings.models import Listing
from storefront.fulfilment import cash, parcel_labels, picking, recalled, together
from storefront.fulfilment.errors import NotLeadError
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import cancelling, company
from storefront.orders import service as orders
from storefront.orders.models import OrderState
from storefront.payments.models import PayableKind
from tests.books import list_breaches
from tests.factories.cash import allow, make_cash_order
from tests.factories.delivery import add_way
from tests.factories.joining import act_on, add_order, make_added_cart, parcel_of, see, submit, whole_of
from tests.factories.orders import make_paid_order, pay
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.recalls import LATER, make_shop, open_recall
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.vouchers import CODE, make_gift
from traceability.lots.models import Lot, LotState

OVER = NOW + timedelta(minutes=16)


@pytest.fixture
async def box(session):
    """Boxes of 200 g at 350.000 đồng, fifty on the shelf, sent for 30.000."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=50)
    return variant


async def states(session, *some):
    """The state of the one parcel of each order."""
    return [(await parcel_of(session, one)).state for one in some]


async def owed(session, order):
    """What the books owe the buyer of an order."""
    return -await ledger.balance(session, accounts.refund_payable(PayableKind.ORDER, order.id))


async def test_what_is_packed_leaves_and_arrives_with_the_first(session, box):
    """J6: by the same carrier and number, in one step; it is not sent by itself before."""
    first = await make_paid_order(session, box)
    added = await add_order(session, first, box)
    await act_on(session, first, "confirm", "pack")
    await act_on(session, added, "confirm", "pack")
    with pytest.raises(NotLeadError) as refused:
        await act_on(session, added, "ship")
    assert first.code in str(refused.value.message)
    await act_on(session, first, "ship")
    assert await states(session, first, added) == [OrderState.SHIPPING] * 2
    parcel = await parcel_of(session, added)
    assert (parcel.carrier, parcel.tracking_number) == ("Xe khách Hà Giang", "HG12")
    await act_on(session, added, "deliver")
    assert await states(session, first, added) == [OrderState.DELIVERED] * 2
    assert await list_breaches(session, now=NOW) == []


async def test_packers_hear_what_the_goods_earn_whoever_pays(session, box):
    """J6, V13: the notice of what was added tells the full price, as that of every order does."""
    producer = (await session.get_one(Listing, box.listing_id)).producer_id
    await make_membership(session, producer_id=producer, role=Role.PACKER)
    await make_gift(session)
    first = await make_paid_order(session, box)
    cart, _token = await make_added_cart(session, first, box)
    added = await submit(
        session, cart.id, (330_000, (await see(session, cart.id, first))[1]), voucher_code=CODE
    )
    await pay(session, added)
    notices = (await session.scalars(select(Notice).order_by(Notice.id))).all()
    assert [one.params["amount"] for one in notices] == ["350.000\u00a0₫"] * 2
    assert notices[1].params["with_code"] == first.code


@pytest.mark.parametrize("is_packed_late", [True, False])
async def test_what_is_not_packed_or_not_paid_goes_alone(session, box, is_packed_late):
    """J7: when the first has left it is sent by itself, and its buyer pays nothing more."""
    first = await make_paid_order(session, box)
    added = await add_order(session, first, box, is_paid=is_packed_late)
    await act_on(session, first, "confirm", "pack", "ship")
    assert (await parcel_of(session, added)).travels_with_id is None
    if not is_packed_late:
        assert await cancelling.expire_order(session, order_id=added.id, now=OVER)
        await pay(session, added, now=OVER)
    alone = await act_on(session, added, "confirm", "pack", "ship", now=OVER)
    assert (alone.state, alone.delivery_minor) == (OrderState.SHIPPING, 0)
    assert (await orders.get_order(session, added.id)).paid_at is not None
    assert await list_breaches(session, now=OVER) == []


async def test_late_money_in_time_for_the_parcel_goes_along(session, box):
    """J7: over but paid before the first has left, it travels as it was ordered."""
    first = await make_paid_order(session, box)
    added = await add_order(session, first, box, is_paid=False)
    await cancelling.expire_order(session, order_id=added.id, now=OVER)
    await pay(session, added, now=OVER)
    await act_on(session, added, "confirm", "pack", now=OVER)
    await act_on(session, first, "confirm", "pack", "ship", now=OVER)
    assert await states(session, first, added) == [OrderState.SHIPPING] * 2


async def test_a_lot_that_is_held_does_not_hold_the_first(session, box):
    """J7: what may not leave stays here and goes alone later; the first leaves."""
    first = await make_paid_order(session, box)
    other = await make_variant(session, listing_id=box.listing_id)
    item = await make_stock(session, other)
    added = await add_order(session, first, other)
    await act_on(session, first, "confirm", "pack")
    await act_on(session, added, "confirm", "pack")
    (await session.get_one(Lot, item.lot_id)).state = LotState.HELD
    await act_on(session, first, "ship")
    assert await states(session, first, added) == [OrderState.SHIPPING, OrderState.PACKING]
    assert (await parcel_of(session, added)).travels_with_id is None


async def give_back(session, shop, recall, order):
    """Give the price of all that an order has of a recalled lot back."""
    return await recalled.give_back(
        session,
        recall=recall,
        consignment_id=(await parcel_of(session, order)).id,
        is_whole=True,
        person_id=shop.manager_id,
        now=LATER,
    )


async def test_the_delivery_stays_paid_while_something_travels_by_it(session):
    """J8: the first is given back without its delivery, what was added takes its place, and more may be added to that."""
    shop = await make_shop(session)
    first = await make_paid_order(session, shop.bad)
    added = await add_order(session, first, shop.good)
    recall = await open_recall(session, shop)
    [one] = [one for one in await recalled.list_affected(session, recall) if one.parcel.order.id == first.id]
    assert one.due_whole.total_minor == 350_000
    await give_back(session, shop, recall, first)
    assert await owed(session, first) == 350_000
    assert await states(session, first) == [OrderState.CANCELLED]
    found = await company.find_company(session, await parcel_of(session, first))
    assert found.lead is not None and found.lead.order.id == added.id
    third = await add_order(session, added, shop.good, now=LATER)
    assert third.delivery_minor == 0
    await act_on(session, third, "confirm", "pack", now=LATER)
    await act_on(session, added, "confirm", "pack", "ship", now=LATER)
    assert await states(session, added, third) == [OrderState.SHIPPING] * 2
    assert await owed(session, first) == 350_000
    assert await list_breaches(session, now=LATER) == []


async def test_the_delivery_goes_back_when_nothing_travels_any_more(session):
    """J8: what was added ends too, unpaid or given back: then the first one's delivery is owed as well, once."""
    shop = await make_shop(session)
    first = await make_paid_order(session, shop.bad)
    added = await add_order(session, first, shop.bad)
    waits = await add_order(session, first, shop.good, now=LATER, is_paid=False)
    recall = await open_recall(session, shop)
    await give_back(session, shop, recall, added)
    await give_back(session, shop, recall, first)
    assert (await owed(session, added), await owed(session, first)) == (350_000, 350_000)
    await cancelling.cancel_order(session, order_id=waits.id, now=LATER)
    assert (await owed(session, added), await owed(session, first)) == (350_000, 380_000)
    # Money that comes for it after all makes it an order of its own.
    assert (await parcel_of(session, waits)).travels_with_id is None
    assert await list_breaches(session, now=LATER) == []


async def test_what_is_not_paid_in_time_keeps_no_delivery(session):
    """J8: an added order whose time is over, swept or not, travels by nothing."""
    shop = await make_shop(session)
    first = await make_paid_order(session, shop.bad)
    await add_order(session, first, shop.good, is_paid=False)
    recall = await open_recall(session, shop)
    await give_back(session, shop, recall, first)
    assert await owed(session, first) == 380_000


async def test_a_producer_who_does_not_send_the_first_sends_the_others(session, box):
    """J9: an order on delivery is declined; what was added and paid takes its place, for nothing more."""
    await allow(session, box)
    first = await make_cash_order(session, box)
    added = await add_order(session, first, box)
    one = await parcel_of(session, first)
    await cash.decline(session, consignment_id=one.id, producer_id=one.producer_id, now=NOW)
    await act_on(session, added, "confirm", "pack", "ship")
    assert await states(session, first, added) == [OrderState.CANCELLED, OrderState.SHIPPING]
    assert await list_breaches(session, now=NOW) == []


async def test_the_courier_collects_for_all_of_it(session, box):
    """J6: one label with all that is packed, its weight and its sum, and nothing that may stay behind."""
    await allow(session, box)
    first = await make_cash_order(session, box)
    added = await add_order(session, first, box, quantity=2, is_cash=True)
    producer = (await session.get_one(Listing, box.listing_id)).producer_id
    await act_on(session, first, "confirm")
    await act_on(session, added, "confirm")
    person = await make_person(session)
    who = {"person_id": person.id, "now": NOW}
    seller = (await cooperatives.get_producers(session, [producer]))[producer]

    async def label_of(only: UUID | None) -> parcel_labels.ParcelLabel:
        await parcel_labels.show_addresses(session, producer_id=producer, consignment_id=only, **who)
        [label] = await parcel_labels.make_labels(session, producer=seller, consignment_id=only, **who)
        return label

    either = (None, (await parcel_of(session, added)).id)
    for only in either:
        label = await label_of(only)
        assert (label.code, label.weight_g, label.collect_minor) == (first.code, 200, 380_000)
        assert added.code not in label.way
    await act_on(session, added, "pack")
    for only in either:
        label = await label_of(only)
        assert (label.code, label.weight_g, label.collect_minor) == (first.code, 600, 380_000 + 700_000)
        assert added.code in label.way and not label.is_paid
    await act_on(session, first, "pack", "ship", "deliver")
    assert await ledger.balance(session, accounts.courier_receivable(producer)) == 1_080_000


async def test_the_buyer_is_told_one_sum_for_all_of_it(session, box):
    """J6: one message names all that left and what is paid at the door for it, also where one of them is paid already."""
    await allow(session, box)
    first = await make_cash_order(session, box)
    paid = await add_order(session, first, box)
    added = await add_order(session, first, box, is_cash=True)
    stays = await add_order(session, first, box)
    for one in (paid, added):
        await act_on(session, one, "confirm", "pack")
    await act_on(session, first, "confirm", "pack", "ship")
    sent = "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'notices.send_sms' AND args->>'msgid' LIKE '%đã gửi qua%'"
    [told] = await session.scalars(text(sent))
    assert told["params"]["code"] == f"{first.code}, {paid.code}, {added.code}"
    assert told["params"]["amount"] == "730.000\u00a0₫" and told["phone"] == first.buyer_phone
    assert await states(session, stays) == [OrderState.AWAITING_CONFIRMATION]


async def test_each_has_its_label_while_the_first_is_not_taken_on(session, box):
    """J6: a label that stands for all of it is that of the first, once that is taken on."""
    first = await make_paid_order(session, box)
    added = await add_order(session, first, box)
    await act_on(session, added, "confirm")
    producer = (await session.get_one(Listing, box.listing_id)).producer_id
    one = await parcel_of(session, added)
    for only in (None, one.id):
        [found] = await parcel_labels.list_to_label(session, producer_id=producer, consignment_id=only)
        assert found.consignment.id == one.id


async def test_the_pick_list_keeps_together_what_goes_together(session, box):
    """J6: what was added stands behind its first, before an order that came in between, and names it."""
    first = await make_paid_order(session, box)
    other = await make_paid_order(session, box)
    added = await add_order(session, first, box)
    for one in (first, other, added):
        await act_on(session, one, "confirm")
    producer = (await session.get_one(Listing, box.listing_id)).producer_id
    [stop] = (await picking.make_pick_list(session, producer_id=producer, now=NOW)).stops
    assert [(one.parcel.order.id, list(one.together)) for one in stop.parcels] == [
        (first.id, [added.code]),
        (added.id, [first.code]),
        (other.id, []),
    ]


async def test_an_order_alone_is_alone(session, box):
    """J6: most parcels are one order's."""
    first = await make_paid_order(session, box)
    parcel = await whole_of(session, first)
    assert await together.find_all(session, [parcel], now=NOW) == {parcel.consignment.id: together.ALONE}


async def test_the_packers_pages_tell_what_goes_together(db, client):
    """J6: the list, the first one's page with what is still to be paid, and the other's page without a way to send it."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        producer = (await session.get_one(Listing, variant.listing_id)).producer_id
        packer = await make_membership(session, producer_id=producer, role=Role.PACKER)
        await add_way(session, producer)
        await allow(session, variant)
        first = await make_cash_order(session, variant)
        paid = await add_order(session, first, variant)
        waits = await add_order(session, first, variant, is_paid=False)
        one, other = await parcel_of(session, first), await parcel_of(session, paid)
        for order in (first, paid):
            await act_on(session, order, "confirm")
        await log_in(session, client, packer.person_id)
    listed = (await client.get("/producer/orders?tab=packing")).text
    assert f"Gửi chung gói với đơn {paid.code}, {waits.code}" in listed
    page = (await client.get(f"/producer/orders/{one.id}")).text
    assert "Khách chưa trả tiền" in page and waits.code in page and "Chưa đóng gói" in page
    assert "thì phải gửi riêng" in page and "Đã giao cho bên vận chuyển" in page
    page = (await client.get(f"/producer/orders/{other.id}")).text
    assert "Bạn giao đơn đó là đơn này đi luôn" in page and "Đã giao cho bên vận chuyển" not in page
    picked = (await client.get("/producer/orders/picking")).text
    assert f"Gửi chung gói với đơn {paid.code}" in picked
    answer = await client.post(f"/producer/orders/{other.id}/pack", data={})
    assert answer.status_code == 303
    page = (await client.get(f"/producer/orders/{other.id}")).text
    assert f"Mở đơn {first.code}" in page
    answer = await client.post(f"/producer/orders/{other.id}/ship", data={"carrier": "Xe nhà"})
    assert answer.status_code == 409 and first.code in answer.text
