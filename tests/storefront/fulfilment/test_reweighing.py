"""A weight that was typed wrong is put right: the names W10 to W14 are those of orders/PRICING.md, BW1 to BW3 of ledger/BOOKS.md."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.ids import uuid7
from producers.cooperatives.models import Producer, ProducerKind, Role
from producers.listings.models import Listing
from storefront.credits import service as credits_
from storefront.fees import service as fees
from storefront.fees.models import FeeKind, FeeTaken
from storefront.fees.service import Terms
from storefront.fulfilment import refunding
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import (
    GivenBackError,
    NotWeighedError,
    OtherTurnError,
    PaidOutError,
    PhotoMissingError,
    WeighedTwiceError,
    WeightError,
)
from storefront.fulfilment.reweighing import Correction
from storefront.fulfilment.sales import LotSales
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels, weighings
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import WeighedPiece
from storefront.payments.models import PayableKind
from storefront.pricing import service as pricing
from storefront.refunds import service as refunds
from storefront.refunds.errors import WithdrawnError
from storefront.refunds.models import Refund, RefundReason
from tests.books import list_breaches
from tests.factories.credits import make_credit, order_with_credit
from tests.factories.orders import BANK, SECRET, counters, get_payment, make_paid_order, pay
from tests.factories.people import log_in, make_person, make_staff, picture_bytes
from tests.factories.producers import make_membership
from tests.factories.scale import PAID, make_work, start
from tests.factories.storefront import NOW, make_fish, make_stock, make_variant
from tests.factories.vouchers import make_gift, make_voucher_for, order_with


async def test_what_is_still_owed_gives_way_to_what_is_right(session):
    """W10, W11, BW1: either way, paid = final + what goes back; one sum waits, all weighings stay, the ceiling holds."""
    work = await make_work(session, 1_950, 2_050)
    assert await work.waiting(session) == [128_000]
    for weights, back in (((1_850, 2_050), 160_000), ((2_000, 2_050), 112_000), ((2_200, 2_200), None)):
        await work.again(session, *weights)
        assert await work.waiting(session) == ([back] if back else [])
        assert work.line.final_minor == PAID - (back or 0) == await work.earned(session)
        owed = accounts.refund_payable(PayableKind.ORDER, work.order.id)
        assert await ledger.balance(session, owed) == -(back or 0)
        assert await list_breaches(session, now=NOW) == []
    await work.again(session, 2_000, 2_500, takes_ceiling=True)
    assert await work.waiting(session) == [64_000]
    turns = (await weighings.list_turns(session, [work.line.id]))[work.line.id]
    assert [[piece.weight_g for piece in turn] for turn in turns] == [
        [1_950, 2_050],
        [1_850, 2_050],
        [2_000, 2_050],
        [2_200, 2_200],
        [2_000, 2_500],
    ]
    assert [bool(turn[0].reason) for turn in turns] == [False, True, True, True, True]
    assert await list_breaches(session, now=NOW) == []


async def test_what_was_sent_counts_and_only_the_rest_follows(session):
    """W11, W12, BW3: after the transfer only what is above it is owed; less than was sent is refused and nothing changes."""
    work = await make_work(session, 1_950, 2_050)
    await work.pay_back(session)
    await work.again(session, 1_850, 2_050)
    assert await work.waiting(session) == [32_000]
    await work.again(session, 1_900, 2_050)
    assert await work.waiting(session) == [16_000]
    with pytest.raises(PaidOutError) as refused:
        await work.again(session, 2_000, 2_050)
    assert "128.000" in str(refused.value.message)
    await session.refresh(work.line)
    assert (work.line.final_minor, await work.waiting(session)) == (1_264_000, [16_000])
    await work.again(session, 1_950, 2_050)
    assert (work.line.final_minor, await work.waiting(session)) == (1_280_000, [])
    assert await work.earned(session) == 1_280_000
    assert await list_breaches(session, now=NOW) == []


async def test_weights_that_cost_the_same_move_nothing(session):
    """W11: two fish whose weights were swapped are put right without any journal."""
    work = await make_work(session, 1_950, 2_050)
    before = await refunds.list_of(session, PayableKind.ORDER, [work.order.id])
    await work.again(session, 2_050, 1_950)
    assert await refunds.list_of(session, PayableKind.ORDER, [work.order.id]) == before
    assert await work.earned(session) == 1_280_000


async def test_a_sum_that_changed_is_not_marked_as_sent(session):
    """BW2: who marks the old sum as sent is told that there is a new one; nothing is booked."""
    work = await make_work(session, 1_950, 2_050)
    [old] = await refunds.list_of(session, PayableKind.ORDER, [work.order.id])
    await work.again(session, 1_850, 2_050)
    with pytest.raises(WithdrawnError):
        await refunds.record_paid(
            session, refund_id=old.id, bank_account=BANK, reference="FT", person_id=work.packer.id, now=NOW
        )
    assert await work.waiting(session) == [160_000]
    assert old.id not in {one.id for one in await refunds.list_refunds(session)}
    assert await list_breaches(session, now=NOW) == []


async def test_one_correction_of_one_weighing(session):
    """W13: the same form again changes nothing; what puts another weighing right than the last is a conflict."""
    work = await make_work(session, 1_950, 2_050)
    first = (await weighings.list_weighed(session, [work.line.id]))[0].record_id
    said = await work.again(session, 1_850, 2_050)
    await work.press(session, said)
    with pytest.raises(OtherTurnError):
        await work.again(session, 1_900, 2_050, of=first)
    with pytest.raises(WeighedTwiceError):
        await work.weigh(session, 1_950, 2_050)
    assert await work.waiting(session) == [160_000]
    assert len((await session.scalars(select(WeighedPiece))).all()) == 4


async def test_what_is_refused(session):
    """W10, W6: what was never weighed, the same weights, no photo, a weight nobody agreed to, goods of one price."""
    work = await make_work(session)
    correction = Correction(weighing=work.typed(2_000, 2_000), of=uuid7(), reason="Gõ nhầm")
    with pytest.raises(NotWeighedError):
        await work.press(session, correction)
    await work.weigh(session, 1_950, 2_050)
    with pytest.raises(WeightError):
        await work.again(session, 1_950, 2_050)
    with pytest.raises(WeightError):
        await work.again(session, 1_500, 2_050)
    with pytest.raises(PhotoMissingError):
        await work.again(session, 1_850, 2_050, photo_id=None)
    with pytest.raises(OrderNotFoundError):
        await work.again(session, 1_850, 2_050, line_id=uuid7())
    await work.again(session, 1_500, 2_050, is_agreed=True)
    assert await work.waiting(session) == [272_000]


async def test_a_line_that_goes_back_whole_is_not_weighed_again(session):
    """W10: its price is the buyer's already."""
    work = await make_work(session, 1_950, 2_050)
    [parcel] = await parcels.list_parcels(session, work.order)
    await refunding.give_back(
        session, parcel, parcel.lines, reason=RefundReason.RECALLED, person_id=work.packer.id, now=NOW
    )
    with pytest.raises(GivenBackError):
        await work.again(session, 1_850, 2_050)


async def test_packed_grams_follow_until_the_hand_over(session):
    """W10, W14: of a packed parcel each lot gives what the scale says now, the shelf counts pieces; what left stands."""
    fish = await make_fish(session)
    listing = await session.get_one(Listing, fish.listing_id)
    tea = await make_variant(session, listing_id=listing.id)
    lots = [await make_stock(session, fish, on_hand=1), await make_stock(session, fish, on_hand=5)]
    await make_stock(session, tea)
    order = await make_paid_order(session, fish, tea, quantity=2)
    work = await start(session, order)
    await work.weigh(session, 1_810, 2_200)
    await fulfilment.pack(session, **work.act, scanned="")
    await work.again(session, 1_900, 2_100)
    await fulfilment.ship(session, **work.act, carrier="Xe nhà", tracking_number=None)
    left = await LotSales().list_left(session, [one.lot_id for one in lots])
    assert sorted(one.quantity for one in left) == [1_900, 2_100]
    assert [await counters(session, one) for one in lots] == [(0, 0, 0), (4, 0, 0)]
    with pytest.raises(WrongStateError):
        await work.again(session, 1_850, 2_100)
    assert await list_breaches(session, now=NOW) == []


async def test_a_return_after_it_was_weighed_again(session):
    """W5, W11, O10: goods that come back give back the price of the last weighing; all together what was paid."""
    work = await make_work(session, 1_950, 2_050)
    await work.again(session, 1_850, 2_050)
    await fulfilment.pack(session, **work.act, scanned="")
    await fulfilment.ship(session, **work.act, carrier="Xe nhà", tracking_number=None)
    await fulfilment.deliver(session, **work.act)
    await fulfilment.take_back(session, **work.act)
    assert sum(await work.waiting(session)) == PAID and await work.earned(session) == 0
    assert await list_breaches(session, now=NOW) == []


async def take_parts(session, variant):
    """Let the market take 5 % of this variant's producer, who becomes a household: fee and tax stand beside the sale."""
    producer_id = (await session.get_one(Listing, variant.listing_id)).producer_id
    (await session.get_one(Producer, producer_id)).kind = ProducerKind.HOUSEHOLD
    await fees.set_fee(
        session,
        producer_id=producer_id,
        kind=FeeKind.MARKET,
        terms=Terms(basis_points=500),
        valid_from=today(NOW),
        person_id=(await make_person(session)).id,
        now=NOW,
    )
    return producer_id


@pytest.mark.parametrize("is_gift", [True, False])
async def test_fee_tax_and_voucher_follow(session, is_gift):
    """BW1, BF6, T12: fee, tax and the market's part stand as if only the last weighing had been, to the last đồng."""
    fish = await make_fish(session)
    await make_stock(session, fish)
    producer_id = await take_parts(session, fish)
    if is_gift:
        await make_gift(session, amount_minor=33_333)
    else:
        await make_voucher_for(session, fish, amount_minor=33_333)
    order = await order_with(session, fish)
    await pay(session, order)
    work = await start(session, order, 1_950)
    for weight in (1_853, 2_013, 2_200, 1_801, 1_999):
        await work.again(session, weight)
        final = pricing.price_weight(320_000, weight)
        kept = work.line.final_minor + work.line.final_gift_minor
        assert kept == final - (0 if is_gift else 33_333)
        taken = await session.scalar(select(FeeTaken).where(FeeTaken.producer_id == producer_id))
        assert taken.base_minor - taken.given_base_minor == kept
        assert (
            -await ledger.balance(session, accounts.platform_fee()) == taken.amount_minor - taken.given_minor
        )
        assert await list_breaches(session, now=NOW) == []


async def test_money_first_also_when_it_is_weighed_again(session):
    """C5, W12: of a fish paid both ways money goes back first; what went to credit at once is gone and counts."""
    fish = await make_fish(session)
    await make_stock(session, fish, on_hand=9)
    buyer = await make_person(session)
    await make_credit(session, buyer, fish, 700_000)
    order = await order_with_credit(session, fish, buyer, 700_000)
    payment = await get_payment(session, order)
    await pay(session, order, amount_minor=payment.amount_minor)
    work = await start(session, order, 1_950)
    money = payment.amount_minor  # 34.000 were paid in money, so that is what goes back as money
    assert (money, await work.waiting(session), await credits_.balance(session, buyer.id)) == (
        34_000,
        [34_000],
        46_000,
    )
    await work.again(session, 1_850)
    assert (await work.waiting(session), await credits_.balance(session, buyer.id)) == ([34_000], 78_000)
    await work.again(session, 1_950)
    assert (await work.waiting(session), await credits_.balance(session, buyer.id)) == ([2_000], 78_000)
    with pytest.raises(PaidOutError):
        await work.again(session, 2_000)
    await work.again(session, 1_800)
    assert (await work.waiting(session), await credits_.balance(session, buyer.id)) == ([34_000], 94_000)
    assert await list_breaches(session, now=NOW) == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=st.integers(1, 900_001),
    weights=st.lists(st.integers(1_800, 2_200), min_size=2, max_size=6, unique=True),
    sent=st.sets(st.integers(0, 5)),
)
async def test_paid_is_final_and_what_goes_back(session, price, weights, sent):
    """W11, W12: whatever is weighed and sent in between, paid = final + what goes back, and nobody is asked for money."""
    work = await make_work(session, weights[0], quantity=1, price_minor=price)
    for turn, weight in enumerate(weights[1:]):
        if turn in sent:
            await work.pay_back(session)
        try:
            async with session.begin_nested():
                await work.again(session, weight)
        except PaidOutError:
            await session.refresh(work.line)
        found = await refunds.list_of(session, PayableKind.ORDER, [work.order.id])
        back = sum(one.amount_minor for one in found)
        assert work.line.final_minor + back == work.order.goods_minor
        assert await work.earned(session) == work.line.final_minor
    last = await weighings.list_weighed(session, [work.line.id])
    assert work.line.final_minor == pricing.price_weight(price, last[0].weight_g)
    assert await list_breaches(session, now=NOW) == []


async def test_the_way_of_a_packer_a_buyer_and_the_desk(db, client, new_client):
    """W10 to W13 on the pages: a wrong weight is put right with photo and reason, the buyer reads both, one sum waits."""
    async with db.transaction() as session:
        fish = await make_fish(session)
        await make_stock(session, fish)
        producer_id = (await session.get_one(Listing, fish.listing_id)).producer_id
        packer = await make_membership(session, producer_id=producer_id, role=Role.PACKER)
        work = await start(session, await make_paid_order(session, fish, quantity=2))
        await log_in(session, client, packer.person_id)
        desk = new_client()
        await log_in(session, desk, (await make_staff(session, role=StaffRole.ACCOUNTANT)).person_id)
    parcel = f"/producer/orders/{work.act['consignment_id']}"
    assert "không có món nào đã cân" in (await client.get(f"{parcel}/reweigh")).text
    assert (await client.get(f"{parcel}/reweigh?line={uuid7()}")).status_code == 404
    assert "Cân lại" not in (await client.get(parcel)).text
    async with db.transaction() as session:
        await work.weigh(session, 1_950, 2_050)
    page = (await client.get(parcel)).text
    link = re.search(r'href="([^"]+/reweigh\?line=[^"]+)"', page)[1]
    page = (await client.get(link)).text
    assert "1,95 kg\n2,05 kg" in page and "1.280.000" in page
    form = {
        name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("id", "line_id", "of")
    } | {"weights": "1,85 kg\n2,05 kg"}
    silent = await client.post(f"{parcel}/reweigh", data=form)
    assert silent.status_code == 422 and 'id="e-reason"' in silent.text
    nobody = await client.post(f"{parcel}/reweigh", data=form | {"line_id": "?"})
    assert nobody.status_code == 422
    form["reason"] = "Gõ nhầm số"
    unseen = await client.post(f"{parcel}/reweigh", data=form)
    assert unseen.status_code == 422 and "chụp lại mặt cân" in unseen.text and "Gõ nhầm số" in unseen.text
    photo = {"photo": ("scale.png", picture_bytes(), "image/png")}
    light = await client.post(f"{parcel}/reweigh", data=form | {"weights": "1 kg\n2,05 kg"}, files=photo)
    kept = re.search(r'name="kept_photo" value="([^"]+)"', light.text)[1]
    assert light.status_code == 422 and "bắt con khác" in light.text
    for _press in range(2):
        done = await client.post(f"{parcel}/reweigh", data=form | {"kept_photo": kept})
        assert (done.status_code, done.headers["location"]) == (303, parcel)
    other = await client.post(f"{parcel}/reweigh", data=form | {"id": str(uuid7()), "kept_photo": kept})
    assert other.status_code == 409 and "vừa cân lại" in other.text
    assert "Cân được: 1,85\u00a0kg, 2,05\u00a0kg" in (await client.get(parcel)).text
    shown = (await client.get(f"/orders/{orders.make_token(SECRET, work.order.id)}")).text
    for words in (
        "Cân được: 1,85\u00a0kg, 2,05\u00a0kg",
        "Cân lại ",
        "Gõ nhầm số",
        "Cân lần 1, không tính nữa: 1,95\u00a0kg, 2,05\u00a0kg",
        "Ảnh mặt cân lần 2",
        "1.248.000",
        "đang chuyển trả bạn 160.000",
    ):
        assert words in shown, words
    assert "128.000" not in shown
    waiting = (await desk.get("/admin/refunds")).text
    assert "160.000" in waiting and "128.000" not in waiting
    async with db.transaction() as session:
        old = await session.scalar(select(Refund).where(Refund.withdrawn_at.is_not(None)))
        await fulfilment.pack(session, **work.act, scanned="")
        await fulfilment.ship(session, **work.act, carrier="Xe nhà", tracking_number=None)
    late = await desk.post(f"/admin/refunds/{old.id}", data={"reference": "FT1"})
    assert late.status_code == 409 and "số tiền mới" in late.text
    gone = (await client.get(link)).text
    assert "đã giao cho bên vận chuyển" in gone and "Vì sao cân lại" not in gone
    gone = await client.post(f"{parcel}/reweigh", data=form | {"id": str(uuid7())})
    assert gone.status_code == 409 and "đã giao cho bên vận chuyển" in gone.text
    assert "/reweigh" not in (await client.get(parcel)).text
