"""Goods that the scale settles: the names W3 to W9 are those of orders/PRICING.md."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.listings.models import Listing
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment import weighing
from storefront.fulfilment.errors import NotWeighedError, PackedTwiceError, WeighedTwiceError, WeightError
from storefront.fulfilment.sales import LotSales
from storefront.fulfilment.weighing import Weighing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels, weighings
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import WeighedPiece
from storefront.payments.models import PayableKind
from storefront.pricing import service as pricing
from storefront.refunds.models import Refund, RefundReason
from tests.factories.orders import SECRET, counters, make_paid_order
from tests.factories.people import log_in, make_person, picture_bytes
from tests.factories.producers import make_membership
from tests.factories.scale import SCALE, show_scale
from tests.factories.storefront import NOW, make_fish, make_stock, make_variant


async def take_on(session, *variants, quantity=2):
    """A paid order that was taken on: (order, parcel, what every act is told)."""
    packer = await make_person(session)
    await show_scale(session)
    order = await make_paid_order(session, *variants, quantity=quantity)
    [parcel] = await parcels.list_parcels(session, order)
    act = {
        "consignment_id": parcel.consignment.id,
        "producer_id": parcel.consignment.producer_id,
        "person_id": packer.id,
        "now": NOW,
    }
    await fulfilment.confirm(session, **act)
    return order, parcel, act


def typed(parcel, *weights_g, **how):
    """What the scale said of the parcel's first line."""
    said = {"id": uuid7(), "line_id": parcel.lines[0].id, "photo_id": SCALE}
    return Weighing(weights_g=weights_g, **said | how)


async def refunds_of(session, order):
    """The refunds of an order."""
    return (await session.scalars(select(Refund).where(Refund.payable_id == order.id))).all()


async def test_the_scale_settles_and_the_rest_goes_back(session):
    """W3, W4, W5: paid = final + refunded; the rest leaves what the producer is owed; the same again changes nothing."""
    fish = await make_fish(session)
    await make_stock(session, fish, on_hand=5)
    order, parcel, act = await take_on(session, fish)
    with pytest.raises(NotWeighedError):
        await fulfilment.pack(session, **act, scanned="")
    said = typed(parcel, 1_950, 2_050)
    refund = await weighing.weigh(session, **act, weighing=said)
    assert (refund.amount_minor, refund.reason) == (128_000, RefundReason.WEIGHED)
    assert await weighing.weigh(session, **act, weighing=said) is None
    with pytest.raises(WeighedTwiceError):
        await weighing.weigh(session, **act, weighing=typed(parcel, 1_950, 2_000))
    [line] = (await parcels.list_parcels(session, order))[0].lines
    assert (line.amount_minor, line.final_minor) == (1_408_000, 1_280_000)
    assert len(await refunds_of(session, order)) == 1
    assert await ledger.balance(session, accounts.seller_payable(act["producer_id"])) == -1_280_000
    owed = accounts.refund_payable(PayableKind.ORDER, order.id)
    assert await ledger.balance(session, owed) == -128_000


async def test_lots_are_balanced_with_what_the_scale_said(session):
    """W8: the shelf counts pieces, each lot's parcel carries the real grams of its own pieces."""
    fish = await make_fish(session)
    first = await make_stock(session, fish, on_hand=1, expires_on=date(2026, 11, 14))
    second = await make_stock(session, fish, on_hand=5, expires_on=date(2026, 11, 15))
    _order, parcel, act = await take_on(session, fish)
    await weighing.weigh(session, **act, weighing=typed(parcel, 1_810, 2_200))
    await fulfilment.pack(session, **act, scanned="")
    with pytest.raises(OrderNotFoundError):
        await weighing.weigh(
            session, **act, weighing=Weighing(id=uuid7(), line_id=uuid7(), weights_g=(), photo_id=None)
        )
    await fulfilment.ship(session, **act, carrier="Xe nhà", tracking_number=None)
    left = await LotSales().list_left(session, [first.lot_id, second.lot_id])
    assert {(one.lot_id, one.quantity, one.is_weight) for one in left} == {
        (first.lot_id, 1_810, True),
        (second.lot_id, 2_200, True),
    }
    assert (await counters(session, first), await counters(session, second)) == ((0, 0, 0), (4, 0, 0))


async def test_bounds_are_kept_with_a_way_out(session):
    """W6: too light, too heavy or too few is refused; the ceiling may be taken, a light piece agreed with the buyer."""
    fish = await make_fish(session)
    await make_stock(session, fish, on_hand=9)
    _order, parcel, act = await take_on(session, fish)
    for weights in ((1_799, 2_000), (2_000, 2_201), (2_000,)):
        with pytest.raises(WeightError):
            await weighing.weigh(session, **act, weighing=typed(parcel, *weights))
    both = typed(parcel, 2_500, 2_200, takes_ceiling=True)
    assert await weighing.weigh(session, **act, weighing=both) is None
    assert (await weighings.list_weighed(session, [parcel.lines[0].id]))[0].weight_g == 2_500
    other, again, how = await take_on(session, fish, quantity=1)
    refund = await weighing.weigh(session, **how, weighing=typed(again, 1_500, is_agreed=True))
    assert refund.amount_minor == 224_000 and refund.payable_id == other.id


async def test_only_a_parcel_being_packed_is_weighed(session):
    """W3: not before it was taken on, not a line that was given back, not goods of one price."""
    fish, box = await make_fish(session), await make_variant(session)
    await make_stock(session, fish)
    await make_stock(session, box)
    order = await make_paid_order(session, fish)
    [parcel] = await parcels.list_parcels(session, order)
    person = await make_person(session)
    one = parcel.consignment
    early = {"consignment_id": one.id, "producer_id": one.producer_id, "person_id": person.id, "now": NOW}
    with pytest.raises(WrongStateError):
        await weighing.weigh(session, **early, weighing=typed(parcel, 2_000))
    _order, boxes, act = await take_on(session, box)
    with pytest.raises(OrderNotFoundError):
        await weighing.weigh(session, **act, weighing=typed(boxes, 200, 200))
    await fulfilment.confirm(session, **early)
    await fulfilment.refunding.give_back(
        session, parcel, parcel.lines, reason=RefundReason.RECALLED, person_id=person.id, now=NOW
    )
    with pytest.raises(PackedTwiceError):
        await weighing.weigh(session, **early, weighing=typed(parcel, 2_000))


async def test_a_return_gives_back_what_the_scale_said(session):
    """W5, O10: goods that come back after they were weighed give back their final price; all together what was paid."""
    fish = await make_fish(session)
    await make_stock(session, fish)
    order, parcel, act = await take_on(session, fish)
    await weighing.weigh(session, **act, weighing=typed(parcel, 1_900, 1_900))
    await fulfilment.pack(session, **act, scanned="")
    await fulfilment.ship(session, **act, carrier="Xe nhà", tracking_number=None)
    await fulfilment.deliver(session, **act)
    await fulfilment.take_back(session, **act)
    back = sorted(refund.amount_minor for refund in await refunds_of(session, order))
    assert back == [192_000, 1_216_000] and sum(back) == order.goods_minor
    assert await ledger.balance(session, accounts.seller_payable(act["producer_id"])) == 0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price=st.integers(1, 900_001), weights=st.lists(st.integers(1_800, 2_200), min_size=1, max_size=5))
async def test_paid_is_final_and_refunded(session, price, weights):
    """W4: for any pieces, weights and prices what was paid is the final price and what goes back, in whole đồng."""
    fish = await make_fish(session, price_minor=price)
    await make_stock(session, fish, on_hand=len(weights))
    order, parcel, act = await take_on(session, fish, quantity=len(weights))
    refund = await weighing.weigh(session, **act, weighing=typed(parcel, *weights))
    final = pricing.price_weight(price, sum(weights))
    assert order.goods_minor == final + (refund.amount_minor if refund else 0)
    assert await ledger.balance(session, accounts.seller_payable(act["producer_id"])) == -final


async def test_the_scale_on_the_packers_phone(db, client):
    """W3, W7, W9: bounds and photo on the pack page, a refusal that keeps all, and the buyer sees weights, photo and money."""
    async with db.transaction() as session:
        fish = await make_fish(session)
        await make_stock(session, fish)
        producer_id = (await session.get_one(Listing, fish.listing_id)).producer_id
        packer = await make_membership(session, producer_id=producer_id, role=Role.PACKER)
        order, parcel, _act = await take_on(session, fish)
        await log_in(session, client, packer.person_id)
    work = f"/producer/orders/{parcel.consignment.id}"
    page = (await client.get(work)).text
    assert (
        "Mỗi con cân được" in page and "1,8\u00a0kg đến 2,2\u00a0kg" in page and "Đóng gói xong" not in page
    )
    assert (await client.post(f"{work}/pack")).status_code == 409
    form = {"id": re.search(r'name="id" value="([^"]+)"', page)[1], "line_id": str(parcel.lines[0].id)}
    missing = await client.post(f"{work}/weigh", data=form)
    assert missing.status_code == 422 and 'id="e-weights"' in missing.text
    unread = await client.post(f"{work}/weigh", data={**form, "weights": "nặng"})
    assert unread.status_code == 422 and "chưa đọc được" in unread.text
    photo = {"photo": ("scale.png", picture_bytes(), "image/png")}
    unseen = await client.post(f"{work}/weigh", data={**form, "weights": "1,95 kg\n2,05"})
    assert unseen.status_code == 422 and "chụp mặt cân" in unseen.text and "2,05" in unseen.text
    light = await client.post(f"{work}/weigh", data={**form, "weights": "1,95 kg\n1,7"}, files=photo)
    assert light.status_code == 422 and "bắt con khác" in light.text and "1,95 kg" in light.text
    kept = re.search(r'name="kept_photo" value="([^"]+)"', light.text)[1]
    for _again in range(2):
        done = await client.post(
            f"{work}/weigh", data={**form, "weights": "1,95 kg\n2050 g", "kept_photo": kept}
        )
        assert done.status_code == 303
    page = (await client.get(work)).text
    assert "Cân được: 1,95\u00a0kg, 2,05\u00a0kg" in page and "1.280.000" in page and "Đóng gói xong" in page
    async with db.transaction() as session:
        assert len((await session.scalars(select(WeighedPiece))).all()) == 2
    shown = (await client.get(f"/orders/{orders.make_token(SECRET, order.id)}")).text
    for words in (
        "1,95\u00a0kg, 2,05\u00a0kg",
        "1.280.000",
        "128.000",
        "data:image/webp",
        "đang chuyển trả bạn",
    ):
        assert words in shown, words
