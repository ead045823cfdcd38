"""Orders: placed, paid, given up, late. Line numbers are those of PRICING.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core import ids
from app.core.ids import uuid7
from producers.listings.models import SoldBy
from storefront.delivery.ways import NOT_PLANNED
from storefront.ledger import service as ledger
from storefront.ledger.models import Journal
from storefront.orders import cancelling, settlement
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.jobs import expire_due
from storefront.orders.models import CancelReason, OrderState
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid
from storefront.payments.models import PayableKind, PaymentState
from storefront.pricing import service as pricing
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from tests.factories.orders import (
    BANK,
    PHONE,
    SECRET,
    counters,
    get_payment,
    make_order,
    make_paid_order,
    pay,
    place,
)
from tests.factories.people import make_address, make_person
from tests.factories.storefront import NOW, make_cart, make_listing, make_stock, make_variant

UNTIL = NOW + timedelta(minutes=15)
LATER = NOW + timedelta(minutes=16)
S = OrderState


@pytest.fixture
async def shelf(session):
    """A pack with ten on the shelf."""
    variant = await make_variant(session)
    return variant, await make_stock(session, variant, on_hand=10)


async def states(session, order):
    """The order's state, then its parcels'."""
    parcels = await order_parcels.list_parcels(session, order)
    return order.state, [parcel.consignment.state for parcel in parcels]


async def test_who_still_runs_after_a_migration_places_orders(session, shelf):
    """A column that a newer release adds has its default in orders of a process that does not know it."""
    variant, _item = shelf
    await make_order(session, variant)  # and the statement is planned
    for table in ("orders", "consignments", "order_lines", "order_steps"):
        await session.execute(text(f"ALTER TABLE {table} ADD COLUMN newer bigint NOT NULL DEFAULT 7"))
    order = await make_order(session, variant)
    assert await session.scalar(text("SELECT newer FROM orders WHERE id = :id"), {"id": order.id}) == 7


async def test_an_order_keeps_the_words_and_prices_of_its_moment(session):
    """O1: lines, parcels and total are those of the quote, and a later price does not touch them."""
    listing = await make_listing(session, title="Chè Đinh")
    box = await make_variant(session, listing_id=listing.id)
    fish = await make_variant(
        session, name="Cá tầm", sold_by=SoldBy.GRAM, step=500, price_minor=250_000, net_weight_g=1000
    )
    await make_stock(session, box)
    await make_stock(session, fish, on_hand=5_000)
    cart, _token = await make_cart(session, lines={box.id: 2, fish.id: 1_500})
    order = await place(session, cart.id)
    box.price_minor = 1
    assert (order.goods_minor, order.delivery_minor, order.total_minor) == (1_075_000, 60_000, 1_135_000)
    parcels = await order_parcels.list_parcels(session, order)
    assert [(p.consignment.goods_minor, p.consignment.delivery_minor) for p in parcels] == [
        (700_000, 30_000),
        (375_000, 30_000),
    ]
    [line] = parcels[0].lines
    assert (line.title, line.variant_name, line.quantity, line.amount_minor) == (
        "Chè Đinh", "Hộp 200 g", 2, 700_000,
    )  # fmt: skip
    assert await states(session, order) == (S.AWAITING_PAYMENT, [S.AWAITING_PAYMENT] * 2)
    assert order.expires_at == UNTIL
    payment = await get_payment(session, order)
    assert (payment.amount_minor, payment.expires_at, payment.payable_code) == (1_135_000, UNTIL, order.code)


async def test_a_code_is_never_given_twice(session, shelf):
    """The short code is eight checked characters, and one that is taken is passed over."""
    variant, _item = shelf
    first = await make_order(session, variant)
    assert len(first.code) == 8 and ids.is_valid_code(first.code)
    codes = iter([first.code, "ABCDEFGH"])
    address = await make_address(session, commune_code="05488")
    buyer = orders.Buyer(
        name="Lan", phone=PHONE, address_id=address.id, person_id=None, note="", language="vi"
    )
    quote = await pricing.quote(session, lines=[pricing.CartItem(variant.id, 1)], now=NOW)
    [part] = quote.parts
    second = await orders.create_order(
        session,
        secret=SECRET,
        cart_id=None,
        quote=replace(quote, parts=(replace(part, sending=NOT_PLANNED),)),
        buyer=buyer,
        now=NOW,
        make_code=lambda: next(codes),
    )
    assert second.code == "ABCDEFGH"
    [parcel] = await order_parcels.list_consignments(session, [second.id])
    assert (parcel.method_name, parcel.deliver_on) == ("", None)  # nobody planned how it travels


async def test_the_long_token_opens_and_nothing_else(session, shelf):
    """An order is behind its own link; the code, another token or nothing does not open it."""
    order = await make_order(session, shelf[0])
    token = orders.make_token(SECRET, order.id)
    assert await orders.get_by_token(session, token) is order
    for wrong in (order.code, ids.new_token(), ""):
        with pytest.raises(OrderNotFoundError):
            await orders.get_by_token(session, wrong)
    with pytest.raises(OrderNotFoundError):
        await orders.get_order(session, uuid7())


async def test_a_code_is_found_in_any_spelling(session, shelf):
    """People say the order's code or the bank memo's, small or with blanks; a booking's is not an order's."""
    order = await make_order(session, shelf[0])
    payment = await get_payment(session, order)
    booking = await payments.open_payment(
        session,
        payable_kind=PayableKind.BOOKING,
        payable_id=uuid7(),
        payable_code="B",
        amount_minor=1,
        expires_at=UNTIL,
        now=NOW,
    )
    spelled = f" {order.code[:4].lower()}-{order.code[4:]} "
    assert await orders.find_by_code(session, spelled) is order
    assert await orders.find_by_code(session, payment.code.lower()) is order
    for unknown in (booking.code, orders.new_order_code(), "xyz", ""):
        assert await orders.find_by_code(session, unknown) is None


async def test_my_orders_are_those_of_my_phone_and_of_my_log_in(session, shelf):
    """Orders placed as a guest with my number are mine too; the newest stands first."""
    me = await make_person(session, phone=PHONE)
    guest = await make_order(session, shelf[0])
    for_mother = await make_order(session, shelf[0], phone="+84911111111", person_id=me.id, line="Nhà mẹ")
    await make_order(session, shelf[0], phone="+84922222222")
    assert await orders.list_orders_of(session, person_id=me.id, phone=me.phone) == [for_mother, guest]
    found = await orders.find_last_address(session, me.id)
    assert found is not None and found.line == "Nhà mẹ"
    assert await orders.find_last_address(session, uuid7()) is None


async def test_payment_allocates_and_books_the_sale_once(session, shelf):
    """O6: paid goods are the buyer's, the sale is booked producer by producer, a second hearing changes nothing."""
    variant, item = shelf
    other = await make_variant(session)
    await make_stock(session, other)
    order = await make_order(session, variant, other)
    await pay(session, order)
    payment = await get_payment(session, order)
    paid = PaymentPaid(
        payment_id=payment.id,
        payable_kind=PayableKind.ORDER,
        payable_id=order.id,
        amount_minor=order.total_minor,
        paid_at=LATER,
    )
    await settlement.on_payment_paid(session, paid)
    assert await states(session, order) == (S.AWAITING_CONFIRMATION, [S.AWAITING_CONFIRMATION] * 2)
    assert order.paid_at == NOW
    assert await counters(session, item) == (10, 0, 1)
    assert await ledger.balances(session, "") == {
        BANK: 760_000,
        f"buyer_receivable:order:{order.id}": 0,
        **{
            f"{kind}:{parcel.consignment.producer_id}": amount
            for parcel in await order_parcels.list_parcels(session, order)
            for kind, amount in (("seller_payable", -350_000), ("delivery_payable", -30_000))
        },
    }
    steps = await orders.list_steps(session, order.id)
    assert [step.state for step in steps] == [S.AWAITING_PAYMENT, S.AWAITING_CONFIRMATION]


async def test_the_buyer_gives_an_unpaid_order_up(session, shelf):
    """O4: a cancelled order gives its goods back and asks for no money; doing it twice is harmless."""
    variant, item = shelf
    order = await make_order(session, variant, quantity=3)
    for _ in range(2):
        await cancelling.cancel_order(session, order_id=order.id, now=NOW)
    assert await states(session, order) == (S.CANCELLED, [S.CANCELLED])
    assert (order.cancel_reason, order.cancelled_at) == (CancelReason.BUYER, NOW)
    assert await counters(session, item) == (10, 0, 0)
    assert (await get_payment(session, order)).state is PaymentState.EXPIRED


async def test_a_paid_order_cannot_be_given_up(session, shelf):
    """What is paid is not cancelled by a button."""
    order = await make_paid_order(session, shelf[0])
    with pytest.raises(WrongStateError):
        await cancelling.cancel_order(session, order_id=order.id, now=NOW)


async def test_an_order_expires_when_nobody_paid(session, shelf):
    """O4: not before its time, then once; what is paid does not expire."""
    variant, item = shelf
    order, paid = await make_order(session, variant), await make_paid_order(session, variant)
    assert not await cancelling.expire_order(session, order_id=order.id, now=NOW)
    assert await cancelling.list_due(session, now=UNTIL) == [order.id]
    assert await cancelling.expire_order(session, order_id=order.id, now=UNTIL)
    assert not await cancelling.expire_order(session, order_id=order.id, now=UNTIL)
    assert not await cancelling.expire_order(session, order_id=paid.id, now=UNTIL)
    assert (order.state, order.cancel_reason) == (S.CANCELLED, CancelReason.EXPIRED)
    assert await counters(session, item) == (10, 0, 1)


async def test_the_sweep_passes_over_an_order_that_somebody_works_on(db):
    """O4: the job cancels what is due; an order that is locked waits for the next minute."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        item = await make_stock(session, variant)
        held, free = await make_order(session, variant), await make_order(session, variant)
    async with db.transaction() as other:
        await settlement.on_payment_named(
            other, PaymentNamed(payment_id=uuid7(), payable_kind=PayableKind.ORDER, payable_id=held.id)
        )
        await expire_due(db, now=UNTIL)
    async with db.transaction() as session:
        assert (await orders.get_order(session, held.id)).state is S.AWAITING_PAYMENT
        assert (await orders.get_order(session, free.id)).state is S.CANCELLED
        assert await counters(session, item) == (20, 1, 0)
    await expire_due(db, now=UNTIL)
    async with db.transaction() as session:
        assert (await orders.get_order(session, held.id)).state is S.CANCELLED


@pytest.mark.parametrize("is_swept", [True, False])
async def test_late_money_wakes_the_order_when_the_goods_are_there(session, shelf, is_swept):
    """O7: goods that nobody took meanwhile are taken again, and the order is paid after all."""
    variant, item = shelf
    order = await make_order(session, variant)
    if is_swept:
        await cancelling.expire_order(session, order_id=order.id, now=UNTIL)
    await pay(session, order, now=LATER)
    assert await states(session, order) == (S.AWAITING_CONFIRMATION, [S.AWAITING_CONFIRMATION])
    assert (order.paid_at, order.cancelled_at, order.cancel_reason) == (LATER, None, None)
    assert await counters(session, item) == (10, 0, 1)
    assert (await get_payment(session, order)).state is PaymentState.PAID
    assert await ledger.balance(session, f"buyer_receivable:order:{order.id}") == 0


async def test_late_money_waits_when_the_goods_are_gone(session):
    """O7: somebody else has the goods: the money is kept in its queue, the order stays cancelled, nothing is sold."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=1)
    order = await make_order(session, variant)
    await cancelling.expire_order(session, order_id=order.id, now=UNTIL)
    await make_order(session, variant, now=UNTIL)
    await pay(session, order, now=LATER)
    assert (order.state, order.paid_at) == (S.CANCELLED, None)
    assert await counters(session, item) == (1, 1, 0)
    payment = await get_payment(session, order)
    assert payment.state is PaymentState.PAID_LATE
    [waiting] = await receipts.list_queue(session, now=LATER)
    assert waiting.payment is payment
    with pytest.raises(SoldOutError):
        await payments.accept_late(session, payment_id=payment.id, now=LATER)


async def test_late_money_for_an_order_given_up_waits_for_a_human(session, shelf):
    """O8: the buyer cancelled and then paid: nothing happens by itself; accepted by hand, the order is on again."""
    variant, item = shelf
    order = await make_order(session, variant)
    await cancelling.cancel_order(session, order_id=order.id, now=NOW)
    await pay(session, order, now=NOW)
    assert (order.state, order.paid_at) == (S.CANCELLED, None)
    payment = await get_payment(session, order)
    assert payment.state is PaymentState.PAID_LATE
    await payments.accept_late(session, payment_id=payment.id, now=LATER)
    assert await states(session, order) == (S.AWAITING_CONFIRMATION, [S.AWAITING_CONFIRMATION])
    assert await counters(session, item) == (10, 0, 1)


async def test_the_card_page_moves_the_end(session, shelf):
    """O4: while the payer is on the card page the goods stay held."""
    variant, item = shelf
    order = await make_order(session, variant)
    until = NOW + timedelta(minutes=31)
    payment = await get_payment(session, order)
    await settlement.on_payment_extended(
        session,
        PaymentExtended(
            payment_id=payment.id, payable_kind=PayableKind.ORDER, payable_id=order.id, expires_at=until
        ),
    )
    await stock.expire_reservations(session, now=LATER)
    assert not await cancelling.expire_order(session, order_id=order.id, now=LATER)
    assert await counters(session, item) == (10, 1, 0)
    assert (await stock.available(session, [variant.id], now=LATER))[variant.id] == 9
    assert await cancelling.expire_order(session, order_id=order.id, now=until)


async def test_bookings_are_none_of_our_business(session):
    """Facts about a booking's payment touch no order."""
    of = {"payment_id": uuid7(), "payable_kind": PayableKind.BOOKING, "payable_id": uuid7()}
    await settlement.on_payment_named(session, PaymentNamed(**of))
    await settlement.on_payment_paid(session, PaymentPaid(**of, amount_minor=1, paid_at=NOW))
    await settlement.on_payment_arrived_late(
        session, PaymentArrivedLate(**of, amount_minor=1, arrived_at=NOW)
    )
    await settlement.on_payment_extended(session, PaymentExtended(**of, expires_at=NOW))
    assert (await session.scalars(select(Journal))).all() == []


async def test_the_buyer_says_that_a_parcel_is_here(session, shelf):
    """Only a delivered parcel of this very order is completed; saying so twice is harmless."""
    order, stranger = await make_paid_order(session, shelf[0]), await make_paid_order(session, shelf[0])
    [parcel] = await order_parcels.list_parcels(session, order)
    one = parcel.consignment
    with pytest.raises(WrongStateError):
        await order_parcels.complete_parcel(session, order_id=order.id, consignment_id=one.id, now=NOW)
    for state in (S.PACKING, S.SHIPPING, S.DELIVERED):
        locked = await order_parcels.lock_parcel(session, one.id)
        await order_parcels.move_parcel(session, locked, state, person_id=None, now=NOW)
    with pytest.raises(OrderNotFoundError):
        await order_parcels.complete_parcel(session, order_id=stranger.id, consignment_id=one.id, now=NOW)
    for _ in range(2):
        await order_parcels.complete_parcel(session, order_id=order.id, consignment_id=one.id, now=NOW)
    assert await states(session, order) == (S.COMPLETED, [S.COMPLETED])
    with pytest.raises(OrderNotFoundError):
        await order_parcels.lock_parcel(session, uuid7())


async def test_a_producer_sees_the_own_parcels(session, shelf):
    """Parcels are listed and counted per producer; another's does not exist."""
    variant, _item = shelf
    other = await make_variant(session)
    await make_stock(session, other)
    order = await make_paid_order(session, variant, other)
    mine, theirs = await order_parcels.list_parcels(session, order)
    producer_id = mine.consignment.producer_id
    assert await order_parcels.count_parcels(session, producer_id) == {S.AWAITING_CONFIRMATION: 1}
    listed = await order_parcels.list_parcels_of(
        session, producer_id=producer_id, states={S.AWAITING_CONFIRMATION}, limit=9
    )
    assert listed == [mine]
    locked = await order_parcels.lock_parcel(session, mine.consignment.id)
    await order_parcels.move_parcel(session, locked, S.PACKING, person_id=None, now=NOW)
    assert await states(session, order) == (S.AWAITING_CONFIRMATION, [S.PACKING, S.AWAITING_CONFIRMATION])
    for wrong in (theirs.consignment.id, uuid7()):
        with pytest.raises(OrderNotFoundError):
            await order_parcels.get_parcel(session, consignment_id=wrong, producer_id=producer_id)


async def test_an_order_that_is_not_there_is_not_locked(session):
    """Nobody's id locks nothing, and says so."""
    with pytest.raises(OrderNotFoundError):
        await orders.lock_order(session, uuid7())
