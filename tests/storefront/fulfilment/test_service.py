"""The producers' side of orders: taken on, packed, shipped, delivered, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts.models import Person
from app.core.ids import uuid7
from app.notices.models import Notice
from producers.cooperatives.models import Role
from producers.listings.models import Listing, Variant
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import (
    AddressHiddenError,
    LotStoppedError,
    NotPackedError,
    PackedTwiceError,
    WrongLabelError,
)
from storefront.ledger import service as ledger
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import Consignment, Order, OrderState
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.stock.models import StockItem
from tests.factories.orders import counters, make_order, make_paid_order, pay
from tests.factories.people import make_person
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.traceability import make_serial
from traceability.chronicle.models import ChronicleItem, Fact
from traceability.labels.models import SerialState
from traceability.lots.models import Lot, LotState

LATER = NOW + timedelta(minutes=16)


@dataclass
class Work:
    """A paid order of three boxes, two of them of the lot that ends first, and who packs it."""

    order: Order
    parcel: Consignment
    variant: Variant
    first: StockItem
    second: StockItem
    packer: Person

    @property
    def act(self):
        """What every act is told."""
        return {
            "consignment_id": self.parcel.id,
            "producer_id": self.parcel.producer_id,
            "person_id": self.packer.id,
            "now": NOW,
        }


@pytest.fixture
async def work(session):
    """See `Work`."""
    variant = await make_variant(session)
    second = await make_stock(session, variant, on_hand=5, expires_on=date(2027, 6, 1))
    first = await make_stock(session, variant, on_hand=2, expires_on=date(2026, 12, 1))
    packer = await make_person(session)
    order = await make_paid_order(session, variant, quantity=3)
    [parcel] = await parcels.list_parcels(session, order)
    return Work(order, parcel.consignment, variant, first, second, packer)


async def make_label(session, lot_id):
    """A printed label of a lot."""
    return await make_serial(session, await session.get_one(Lot, lot_id))


async def bring_to(session, work, state):
    """Walk the parcel to a state."""
    await fulfilment.confirm(session, **work.act)
    if state is OrderState.PACKING:
        return
    await fulfilment.pack(session, **work.act, scanned="")
    await fulfilment.ship(session, **work.act, carrier="Xe nhà", tracking_number=None)
    if state is OrderState.DELIVERED:
        await fulfilment.deliver(session, **work.act)


async def test_managers_and_packers_hear_of_money_at_once(session, run_jobs):
    """A paid order is told to each producer's managers and packers, once each, with their own part of it."""
    one, other = await make_variant(session), await make_variant(session, price_minor=500_000)
    told: dict[UUID, str] = {}
    for variant, words in ((one, "350.000"), (other, "500.000")):
        await make_stock(session, variant)
        producer_id = (await session.get_one(Listing, variant.listing_id)).producer_id
        boss = await make_membership(session, producer_id=producer_id)
        await make_membership(session, producer_id=producer_id, person_id=boss.person_id, role=Role.PACKER)
        packer = await make_membership(session, producer_id=producer_id, role=Role.PACKER)
        await make_membership(session, producer_id=producer_id, role=Role.GUIDE)
        told |= {boss.person_id: words, packer.person_id: words}
    order = await make_order(session, one, other)
    assert (await session.scalars(select(Notice))).all() == []
    await pay(session, order)
    notices = (await session.scalars(select(Notice))).all()
    assert {notice.person_id for notice in notices} == told.keys() and len(notices) == 4
    for notice in notices:
        assert notice.kind == "order_paid" and notice.params["code"] == order.code
        assert told[notice.person_id] in notice.params["amount"]


async def test_the_lot_that_ends_first_is_taken_first(session, work):
    """The packer is told lot by lot what to take, nearest expiry first, alone and in the day's list."""
    parcel = await parcels.get_parcel(
        session, consignment_id=work.parcel.id, producer_id=work.parcel.producer_id
    )
    expected = [(work.first.lot_id, 2), (work.second.lot_id, 1)]
    taken = await fulfilment.list_lots_to_take(session, work.order, parcel.lines)
    assert [(one.lot.id, one.quantity) for one in taken] == expected
    picked = await fulfilment.list_lots_to_pick(session, [line.id for line in parcel.lines])
    assert [(one.lot.id, one.quantity) for one in picked] == expected


async def test_packing_writes_which_lots_went_in(session, work):
    """One step back from the parcel: each lot with its quantity and the packer; twice is refused."""
    with pytest.raises(WrongStateError):
        await fulfilment.pack(session, **work.act, scanned="")
    await fulfilment.confirm(session, **work.act)
    await fulfilment.pack(session, **work.act, scanned=" \n")
    packed = await fulfilment.list_packed(session, work.parcel.id)
    assert [(item.lot_id, item.quantity, item.packed_by_id) for item in packed] == [
        (work.first.lot_id, 2, work.packer.id),
        (work.second.lot_id, 1, work.packer.id),
    ]
    with pytest.raises(PackedTwiceError):
        await fulfilment.pack(session, **work.act, scanned="")


async def test_scanned_labels_are_sold(session, work):
    """Labels scanned as links or typed as codes are marked as sold; one of another lot stops the packing."""
    await fulfilment.confirm(session, **work.act)
    one = await make_label(session, work.first.lot_id)
    two = await make_label(session, work.second.lot_id)
    elsewhere = await make_stock(session, work.variant, on_hand=5)
    stranger = await make_label(session, elsewhere.lot_id)
    for wrong in (stranger.serial, "ABC", f"{one.serial}, {stranger.serial}"):
        with pytest.raises(WrongLabelError):
            await fulfilment.pack(session, **work.act, scanned=wrong)
    scanned = (
        f"https://cho.example/01/{one.gtin}/10/L1/21/{one.serial}?a=b\n{two.serial.lower()};{two.serial}"
    )
    await fulfilment.pack(session, **work.act, scanned=scanned)
    for label, state in ((one, SerialState.SOLD), (two, SerialState.SOLD), (stranger, SerialState.ISSUED)):
        await session.refresh(label)
        assert label.state is state
    await fulfilment.ship(session, **work.act, carrier="Viettel Post", tracking_number=None)
    waiting = await session.scalars(select(ChronicleItem).where(ChronicleItem.fact == Fact.SHIPPED))
    units = waiting.one().details["units"]
    assert [unit[2] for unit in units] == [one.serial, two.serial]


async def test_a_held_lot_does_not_leave(session, work):
    """A lot that is recalled or held after it was sold is neither packed nor shipped."""
    await fulfilment.confirm(session, **work.act)
    lot = await session.get_one(Lot, work.second.lot_id)
    lot.state = LotState.RECALLED
    with pytest.raises(LotStoppedError) as refused:
        await fulfilment.pack(session, **work.act, scanned="")
    assert lot.code in str(refused.value.message)
    lot.state = LotState.RELEASED
    await fulfilment.pack(session, **work.act, scanned="")
    lot.state = LotState.HELD
    with pytest.raises(LotStoppedError):
        await fulfilment.ship(session, **work.act, carrier="Xe nhà", tracking_number=None)


async def test_only_a_packed_parcel_leaves(session, work):
    """What is not written down as packed does not leave the shelf."""
    await fulfilment.confirm(session, **work.act)
    with pytest.raises(NotPackedError):
        await fulfilment.ship(session, **work.act, carrier="Xe nhà", tracking_number=None)
    assert await counters(session, work.first) == (2, 0, 2)


@pytest.mark.parametrize("number", [None, "VTP1"])
async def test_shipping_lowers_the_shelf_and_tells_the_buyer(db, house, run_jobs, number):
    """Goods leave the shelf, and the buyer's message names code and carrier, and holds no link."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        item = await make_stock(session, variant, on_hand=5)
        order = await make_paid_order(session, variant, quantity=3)
        [parcel] = await parcels.list_parcels(session, order)
        packer = await make_person(session)
        work = Work(order, parcel.consignment, variant, item, item, packer)
        await fulfilment.confirm(session, **work.act)
        await fulfilment.pack(session, **work.act, scanned="")
        await fulfilment.ship(session, **work.act, carrier="Viettel Post", tracking_number=number)
        assert await counters(session, item) == (2, 0, 0)
        assert (work.parcel.carrier, work.parcel.tracking_number) == ("Viettel Post", number)
    await run_jobs()
    message = house.sms.last_to(order.buyer_phone)
    assert order.code in message and "Viettel Post" in message and "http" not in message
    assert ("VTP1" in message) == (number is not None)


async def test_goods_that_come_back_are_owed_to_the_buyer(session, work):
    """O10: the price of the goods moves to the buyer, delivery stays paid, the shelf stays as it is."""
    await bring_to(session, work, OrderState.SHIPPING)
    with pytest.raises(WrongStateError):
        await fulfilment.take_back(session, **work.act)
    await fulfilment.deliver(session, **work.act)
    before = await counters(session, work.first)
    await fulfilment.take_back(session, **work.act)
    assert work.order.state is OrderState.RETURNED
    assert await ledger.balance(session, f"refund_payable:order:{work.order.id}") == -1_050_000
    assert await ledger.balance(session, f"seller_payable:{work.parcel.producer_id}") == 0
    assert await ledger.balance(session, f"delivery_payable:{work.parcel.producer_id}") == -30_000
    assert await counters(session, work.first) == before
    [refund] = await refunds.list_refunds(session)
    assert (refund.code, refund.amount_minor, refund.reason) == (
        work.order.code,
        1_050_000,
        RefundReason.RETURNED,
    )


async def test_an_address_is_shown_to_who_asked_and_for_a_while(session, work):
    """Not before the order is taken on; then to the one who asked, for 15 minutes, and the look is kept."""
    seen = {"order_id": work.order.id, "consignment_id": work.parcel.id, "person_id": work.packer.id}
    with pytest.raises(AddressHiddenError):
        await fulfilment.reveal_address(session, **work.act)
    await fulfilment.confirm(session, **work.act)
    assert not await fulfilment.is_address_shown(session, **seen, now=NOW)
    await fulfilment.reveal_address(session, **work.act)
    assert await fulfilment.is_address_shown(session, **seen, now=NOW)
    assert not await fulfilment.is_address_shown(session, **seen, now=LATER)
    assert not await fulfilment.is_address_shown(session, **seen | {"person_id": uuid7()}, now=NOW)
    steps = await orders.list_steps(session, work.order.id)
    assert [step.person_id for step in steps if step.note == fulfilment.ADDRESS_SHOWN] == [work.packer.id]


async def test_another_producers_parcel_does_not_exist(session, work):
    """Nobody acts on a parcel of somebody else."""
    for act in (fulfilment.confirm, fulfilment.deliver, fulfilment.take_back, fulfilment.reveal_address):
        with pytest.raises(OrderNotFoundError):
            await act(session, **work.act | {"producer_id": uuid7()})
