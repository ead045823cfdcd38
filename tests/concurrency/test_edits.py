"""Edits of unpaid orders against money, the sweep, each other and other buyers; each guard with a control without it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from app.core.errors import BusyError, ConflictError
from app.core.ids import uuid7
from producers.listings.models import Variant
from storefront.cart.models import Cart
from storefront.checkout import service as checkout
from storefront.orders import cancelling, editing
from storefront.orders import repository as orders_repository
from storefront.orders.errors import NotEditableError
from storefront.orders.models import CancelReason, Order, OrderState
from storefront.payments import receipts
from storefront.payments.models import Payment, PaymentState
from storefront.preorders import service as preorders
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from storefront.stock.models import StockItem
from storefront.vouchers import service as vouchers
from storefront.vouchers.models import Voucher, VoucherPhone, VoucherUse
from tests.books import list_breaches
from tests.factories.edits import make_edit, submit
from tests.factories.orders import BANK, SECRET, counters, get_payment, make_order, make_recipient
from tests.factories.preorders import EXPECTED, make_offer, order_ahead
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant
from tests.factories.vouchers import make_gift
from tests.instants import until_stopped

UNTIL = NOW + timedelta(minutes=15)
LATER = UNTIL + timedelta(minutes=1)
TOTAL = 380_000
TIMES = 12
DEADLOCK = "40P01"
REPLACED = (OrderState.CANCELLED, CancelReason.REPLACED)


@dataclass
class Edit:
    """An unpaid order of one box, and a basket that edits it into `boxes`."""

    order: Order
    payment: Payment
    variant: Variant
    item: StockItem
    cart_id: Any
    boxes: int

    @property
    def total_minor(self) -> int:
        """What the checkout showed."""
        return 350_000 * self.boxes + 30_000


async def make_edits(db, count=1, *, boxes=2, on_hand=3):
    """So many edits that were begun, each of a pack of its own."""
    made = []
    async with db.transaction() as session:
        for _number in range(count):
            variant = await make_variant(session)
            item = await make_stock(session, variant, on_hand=on_hand)
            order = await make_order(session, variant)
            cart, _token = await make_edit(session, order, {variant: boxes})
            made.append(Edit(order, await get_payment(session, order), variant, item, cart.id, boxes))
    return made


async def insist(db, act):
    """Do it in a transaction of its own, again while a machine under load is busy; a deadlock is answered."""
    for _time in range(10):
        try:
            async with db.transaction() as session:
                return await act(session)
        except BusyError as error:
            if error.__cause__.orig.sqlstate == DEADLOCK:
                return error
    raise AssertionError("always busy")


async def press(db, edit, *, now=NOW, cart_id=None):
    """Order the basket: the new order's id, or the refusal."""

    async def act(session):
        return (await submit(session, cart_id or edit.cart_id, edit.total_minor, now=now)).id

    try:
        return await insist(db, act)
    except ConflictError as refusal:
        return refusal


async def arrive(db, edit, *, now=NOW):
    """The old order's whole price arrives."""
    arrival = receipts.Arrival(
        provider="sepay",
        external_id=str(uuid7()),
        account=BANK,
        amount_minor=TOTAL,
        memo="",
        payment_id=edit.payment.id,
        arrived_at=now,
    )
    await insist(db, lambda session: receipts.record_arrival(session, arrival, now=now))


async def expire(db, edit):
    """The sweep of the old order, by a clock that is ahead."""
    return await insist(
        db, lambda session: cancelling.expire_order(session, order_id=edit.order.id, now=UNTIL)
    )


async def see(db, edit):
    """(state and reason of the old order, its payment, how many took its place, counters of the shelf) as committed."""
    async with db.transaction() as session:
        order = await session.get_one(Order, edit.order.id)
        payment = await session.get_one(Payment, edit.payment.id)
        count = select(func.count()).select_from(Order).where(Order.replaces_id == edit.order.id)
        return (
            (order.state, order.cancel_reason),
            payment.state,
            await session.scalar(count),
            await counters(session, edit.item),
        )


async def whole(db):
    """Nothing of orders, shelves and books is broken."""
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


def crossed(pairs):
    """The acts of some pairs, the first of each pair first every other time."""
    return [act for number, pair in enumerate(pairs) for act in (pair if number % 2 else pair[::-1])]


async def test_the_edit_against_money(db):
    """E6: an order is paid and stands, or it is replaced and its money waits for a human; never both."""
    made = await make_edits(db, TIMES)
    await asyncio.gather(*crossed([(press(db, one), arrive(db, one)) for one in made]))
    for one in made:
        (state, reason), payment, new, shelf = await see(db, one)
        if state is OrderState.AWAITING_CONFIRMATION:
            assert (payment, new, shelf) == (PaymentState.PAID, 0, (3, 0, 1))
        else:
            assert (state, reason) == REPLACED
            assert (payment, new, shelf) == (PaymentState.PAID_LATE, 1, (3, 2, 0))
    await whole(db)


@pytest.fixture
def stale(db, monkeypatch):
    """Presses "order" by one who reads the old order without its lock, and goes on after `meanwhile` is done."""

    async def run(edit, meanwhile):
        has_read, may_write = asyncio.Event(), asyncio.Event()
        lock = editing.lock

        async def look(session, order_id, *, now):
            order = await session.get(Order, order_id)
            consignments = await orders_repository.list_consignments(session, [order_id])
            has_read.set()
            await may_write.wait()
            return order, consignments

        monkeypatch.setattr(editing, "lock", look)
        pressing = asyncio.create_task(press(db, edit))
        await has_read.wait()
        monkeypatch.setattr(editing, "lock", lock)
        await meanwhile()
        may_write.set()
        return await pressing

    return run


async def test_without_the_orders_lock_a_paid_order_is_replaced(db, stale):
    """Negative control: who judged the order before its money came replaces it, and its goods are another order's."""
    [edit] = await make_edits(db)
    await stale(edit, lambda: arrive(db, edit))
    assert await see(db, edit) == (REPLACED, PaymentState.PAID, 1, (3, 2, 0))


async def test_the_edit_against_the_sweep(db):
    """E7: an order is swept and the edit told, or replaced and not swept; goods are held for one of them at most."""
    made = await make_edits(db, TIMES)
    told = {}

    async def note(name, one, act):
        told[name, one.order.id] = await act

    pairs = [(note("pressed", one, press(db, one)), note("swept", one, expire(db, one))) for one in made]
    await asyncio.gather(*crossed(pairs))
    for one in made:
        pressed, swept = told["pressed", one.order.id], told["swept", one.order.id]
        found = await see(db, one)
        if swept:
            assert isinstance(pressed, NotEditableError)
            assert found == ((OrderState.CANCELLED, CancelReason.EXPIRED), PaymentState.EXPIRED, 0, (3, 0, 0))
        else:
            assert found == (REPLACED, PaymentState.EXPIRED, 1, (3, 2, 0))
    await whole(db)


async def test_without_the_orders_lock_an_order_that_was_swept_is_replaced(db, stale):
    """Negative control: who judged the order before the sweep writes another reason over the one that was told."""
    [edit] = await make_edits(db)
    await stale(edit, lambda: expire(db, edit))
    assert (await see(db, edit))[::2] == (REPLACED, 1)


async def test_edit_against_edit(db):
    """E8: ten phones edit one order at once: one order takes its place, nine are told."""
    [edit] = await make_edits(db, on_hand=20)
    async with db.transaction() as session:
        order = await session.get_one(Order, edit.order.id)
        begun = [(await make_edit(session, order, {edit.variant: 2}))[0].id for _phone in range(10)]
    answers = await asyncio.gather(*(press(db, edit, cart_id=cart_id) for cart_id in begun))
    assert sum(isinstance(answer, NotEditableError) for answer in answers) == 9
    assert await see(db, edit) == (REPLACED, PaymentState.EXPIRED, 1, (20, 2, 0))
    await whole(db)


async def test_without_the_orders_lock_the_table_refuses_a_second_one(db, stale):
    """Negative control: who judged the order before another edit took its place is stopped by the table alone."""
    [edit] = await make_edits(db, on_hand=20)
    async with db.transaction() as session:
        order = await session.get_one(Order, edit.order.id)
        other_id = (await make_edit(session, order))[0].id
    with pytest.raises(IntegrityError, match="uq_orders_replaces_id"):
        await stale(edit, lambda: press(db, replace(edit, boxes=1), cart_id=other_id))


async def test_a_double_click(db):
    """E8, O3: one basket pressed ten times at once is one order, and all are led to it."""
    [edit] = await make_edits(db, on_hand=20)
    answers = await asyncio.gather(*(press(db, edit) for _press in range(10)))
    assert len(set(answers)) == 1
    assert await see(db, edit) == (REPLACED, PaymentState.EXPIRED, 1, (20, 2, 0))


async def snatch(db, variant, boxes=1):
    """Somebody else wants boxes: the order's id, or the refusal."""

    async def act(session):
        cart, _token = await make_cart(session, lines={variant.id: boxes})
        order = await checkout.place_order(
            session,
            secret=SECRET,
            cart_id=cart.id,
            recipient=make_recipient(phone="+84900000001"),
            seen_total_minor=350_000 * boxes + 30_000,
            now=NOW,
        )
        return order.id

    try:
        return await insist(db, act)
    except SoldOutError as refusal:
        return refusal


async def test_the_edit_against_another_buyer_of_the_last_box(db):
    """E3: two on the shelf, one held: either the edit has both, or another has one and the old order still has its own."""
    made = await make_edits(db, TIMES, on_hand=2)
    await asyncio.gather(*crossed([(press(db, one), snatch(db, one.variant)) for one in made]))
    for one in made:
        (state, reason), _payment, new, shelf = await see(db, one)
        assert shelf == (2, 2, 0)
        assert ((state, reason) == REPLACED) == bool(new)
        assert new or state is OrderState.AWAITING_PAYMENT
    await whole(db)


async def test_what_is_given_back_for_the_edit_is_nobody_elses(db, monkeypatch):
    """E3: all is held by oneself: another who comes between giving back and taking waits, and gets nothing."""
    [edit] = await make_edits(db, boxes=1, on_hand=1)
    given, rivals = cancelling.make_way, []

    async def give_and_pause(session, *facts, **more):
        done = await given(session, *facts, **more)
        rivals.append(asyncio.create_task(snatch(db, edit.variant)))
        await until_stopped(db, *rivals)
        return done

    monkeypatch.setattr(cancelling, "make_way", give_and_pause)
    assert not isinstance(await press(db, edit), ConflictError)
    assert isinstance(await rivals[0], SoldOutError)
    assert await see(db, edit) == (REPLACED, PaymentState.EXPIRED, 1, (1, 1, 0))


async def test_given_up_and_ordered_anew_somebody_slips_between(db):
    """Negative control: who cancels the old order and orders anew, in two transactions, loses what they had."""
    [edit] = await make_edits(db, boxes=1, on_hand=1)
    async with db.transaction() as session:
        await cancelling.cancel_order(session, order_id=edit.order.id, now=NOW)
    assert not isinstance(await snatch(db, edit.variant), ConflictError)
    async with db.transaction() as session:
        cart = await session.get_one(Cart, edit.cart_id)
        cart.edits_order_id = None
    assert isinstance(await press(db, edit), SoldOutError)


async def make_crossing(db):
    """Two packs with ten each; edits that want the pack of the other order: [(cart id, order)]."""
    async with db.transaction() as session:
        packs = [await make_variant(session) for _pack in range(2)]
        for pack in packs:
            await make_stock(session, pack, on_hand=10)
        made = []
        for mine, other in (packs, packs[::-1]):
            order = await make_order(session, mine)
            cart, _token = await make_edit(session, order, {other: 1})
            made.append((cart.id, order))
    return packs, made


async def press_basket(db, cart_id, *, total_minor=TOTAL, **how):
    """Order a basket of one box: the order's id, or the deadlock."""

    async def act(session):
        return (await submit(session, cart_id, total_minor, **how)).id

    return await insist(db, act)


async def test_edits_that_cross_wait_for_each_other_at_one_shelf(db):
    """E3: from A to B and from B to A at once: all shelves of both are locked first, ascending; nobody is refused."""
    for _time in range(TIMES):
        _packs, made = await make_crossing(db)
        answers = await asyncio.gather(*(press_basket(db, cart_id) for cart_id, _order in made))
        assert not [answer for answer in answers if isinstance(answer, BusyError)]
    await whole(db)


async def meet(db, monkeypatch, room, name, made, **how):
    """Press both baskets; each stops after `room.name` until the other is there too."""
    meeting, act = asyncio.Barrier(2), getattr(room, name)

    async def act_and_wait(*facts, **more):
        done = await act(*facts, **more)
        await meeting.wait()
        return done

    monkeypatch.setattr(room, name, act_and_wait)
    return await asyncio.gather(*(press_basket(db, cart_id, **how) for cart_id, _order in made))


async def test_without_all_shelves_first_two_edits_wait_for_each_other_for_ever(db, monkeypatch):
    """Negative control: who locks a shelf for what is given back, and another for what is taken, meets a deadlock."""

    async def look_away(*_facts, **_more):
        return

    _packs, made = await make_crossing(db)
    monkeypatch.setattr(stock, "lock", look_away)
    answers = await meet(db, monkeypatch, stock, "release", made)
    assert any(isinstance(answer, BusyError) for answer in answers)


async def make_codes_crossing(db):
    """Two orders of two packs, each with a code of the market, whose edits want the code of the other: [(cart id, order, code)]."""
    async with db.transaction() as session:
        codes, made = ["dau2027", "sau2027"], []
        for code in codes:
            await make_gift(session, code=code, uses_per_phone=2)
        for mine, other in (codes, codes[::-1]):
            variant = await make_variant(session)
            await make_stock(session, variant, on_hand=1)
            cart, _token = await make_cart(session, lines={variant.id: 1})
            order = await submit(session, cart.id, TOTAL - 20_000, voucher_code=mine)
            made.append(((await make_edit(session, order))[0].id, order, other))
        return made


async def press_codes(db, made):
    """Press both baskets, each with the other's code."""
    acts = [
        press_basket(db, cart_id, total_minor=TOTAL - 20_000, voucher_code=code)
        for cart_id, _order, code in made
    ]
    return await asyncio.gather(*acts)


async def test_codes_that_cross_wait_for_each_other_at_one_voucher(db):
    """E3: each takes the use that the other gives back: both vouchers are locked first, ascending; nobody is refused."""
    for _time in range(TIMES // 2):
        answers = await press_codes(db, await make_codes_crossing(db))
        assert not [answer for answer in answers if isinstance(answer, BusyError)]
        async with db.transaction() as session:
            assert set(await session.scalars(select(Voucher.uses_taken))) == {1}
            await session.execute(delete(VoucherUse))
            await session.execute(delete(VoucherPhone))
            await session.execute(delete(Voucher))


async def make_caps_crossing(db):
    """Two harvests of which ten may be ordered; edits that want the other's: [(cart id, order)]."""
    async with db.transaction() as session:
        packs = [await make_variant(session) for _pack in range(2)]
        for pack in packs:
            await make_offer(session, pack)
        made = []
        for mine, other in (packs, packs[::-1]):
            order = await order_ahead(session, mine)
            made.append(((await make_edit(session, order, {other: 1}))[0].id, order))
        return made


async def test_caps_that_cross_wait_for_each_other_at_one_harvest(db):
    """E3: each takes of the cap to which the other gives back: both are locked first, ascending; nobody is refused."""
    for _time in range(TIMES):
        made = await make_caps_crossing(db)
        acts = [press_basket(db, cart_id, seen_expected_on=EXPECTED) for cart_id, _order in made]
        assert not [answer for answer in await asyncio.gather(*acts) if isinstance(answer, BusyError)]
    await whole(db)


@pytest.mark.parametrize("room", [vouchers, preorders], ids=["vouchers", "caps"])
async def test_without_all_of_both_first_edits_wait_for_each_other_for_ever(db, monkeypatch, room):
    """Negative control: who locks what is given back, and then what is taken, meets a deadlock, and one is refused."""

    async def look_away(*_facts, **_more):
        return {}

    monkeypatch.setattr(room, "lock", look_away)
    meeting, release = asyncio.Barrier(2), room.release

    async def release_and_wait(*facts, **more):
        done = await release(*facts, **more)
        await meeting.wait()
        return done

    made = await (make_codes_crossing if room is vouchers else make_caps_crossing)(db)
    monkeypatch.setattr(room, "release", release_and_wait)
    if room is vouchers:
        answers = await press_codes(db, made)
    else:
        acts = [press_basket(db, cart_id, seen_expected_on=EXPECTED) for cart_id, _order in made]
        answers = await asyncio.gather(*acts)
    assert any(isinstance(answer, BusyError) for answer in answers)
