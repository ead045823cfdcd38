"""Money back under several hands: two managers, the scale and a recall, two accountants; each beside its control."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import func, select

from app.accounts.models import StaffRole
from app.core.errors import ConflictError
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.fulfilment import recalled, weighing
from storefront.fulfilment.weighing import Weighing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels
from storefront.orders import repository as orders_repository
from storefront.orders.models import Order
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.refunds import repository as refunds_repository
from storefront.refunds.models import Refund
from storefront.tours import booking_repository, bookings, calling_off, cancelling
from storefront.tours.models import Booking, CallOffReason, Departure
from tests.books import list_breaches
from tests.factories import sales, visits
from tests.factories.orders import BANK, make_paid_order, make_refund
from tests.factories.people import log_in, make_staff
from tests.factories.producers import make_membership
from tests.factories.recalls import LATER, make_shop, open_recall, send
from tests.factories.scale import show_scale
from tests.factories.storefront import NOW, make_fish, make_stock, make_variant
from tests.factories.visits import SECRET, SITE, make_visit, wish

TIMES = 8
FISH = 704_000
"""A fish of 2,2 kg at most, at 320.000 đồng a kilo, as it is paid."""
WEIGHED = 624_000
"""The same fish when the scale says 1,95 kg."""
TEA = 350_000


async def owed(db, order):
    """What the books owe the buyer, and what all refunds of the order say."""
    async with db.transaction() as session:
        back = await session.scalar(
            select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(Refund.payable_id == order.id)
        )
        return -await ledger.balance(session, accounts.refund_payable(PayableKind.ORDER, order.id)), int(back)


async def test_two_managers_take_one_parcel_back(db, new_client):
    """O10: two managers press "it came back" eight times at once: one is led on, seven are told, its goods are owed once."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        parcel = await send(session, shop, order, until="deliver")
        browsers = []
        for _manager in range(2):
            manager = await make_membership(session, producer_id=shop.producer_id)
            await make_membership(
                session, producer_id=shop.producer_id, person_id=manager.person_id, role=Role.PACKER
            )
            browser = new_client()
            await log_in(session, browser, manager.person_id)
            browsers.append(browser)
    address = f"/producer/orders/{parcel.id}/return"
    presses = [sales.insist(partial(browsers[one % 2].post, address)) for one in range(TIMES)]
    said = [answer.status_code for answer in await asyncio.gather(*presses)]
    assert sorted(said) == [303, *[409] * (TIMES - 1)]
    assert await owed(db, order) == (450_000, 450_000)
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []


async def test_two_accountants_send_one_refund(db, new_client):
    """Two accountants mark one refund as sent eight times at once: it leaves the bank once, the others are told so."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        order = await make_paid_order(session, variant)
        refund = await make_refund(session, order)
        browsers = []
        for _accountant in range(2):
            staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
            browser = new_client()
            await log_in(session, browser, staff.person_id)
            browsers.append(browser)
        before = await ledger.balance(session, BANK)
    presses = [
        sales.insist(
            partial(browsers[one % 2].post, f"/admin/refunds/{refund.id}", data={"reference": f"FT{one}"})
        )
        for one in range(TIMES)
    ]
    answers = await asyncio.gather(*presses)
    assert sorted(answer.status_code for answer in answers) == [303, *[409] * (TIMES - 1)]
    async with db.transaction() as session:
        assert await ledger.balance(session, BANK) == before - TEA
    assert await owed(db, order) == (0, TEA)


async def test_read_then_send_sends_each_time(db):
    """Negative control: who reads that a refund is open, and books the transfer afterwards, sends it as often as it was read."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        order = await make_paid_order(session, variant)
        refund = await make_refund(session, order)
        before = await ledger.balance(session, BANK)
    at_the_desk = asyncio.Barrier(TIMES)

    async def send_carelessly(number):
        async with db.transaction() as session:
            is_open = (await session.get_one(Refund, refund.id)).paid_at is None
            await at_the_desk.wait()
            if is_open:
                await ledger.record(
                    session,
                    kind="refund_paid",
                    source=f"careless:{number}",
                    memo=refund.code,
                    entries=[
                        (accounts.refund_payable(PayableKind.ORDER, order.id), TEA),
                        (BANK, -TEA),
                    ],
                    occurred_at=NOW,
                    now=NOW,
                )

    await asyncio.gather(*(send_carelessly(number) for number in range(TIMES)))
    async with db.transaction() as session:
        assert await ledger.balance(session, BANK) == before - TIMES * TEA


async def fish_and_tea(db):
    """A paid fish, to be weighed, with a box of tea, taken on; the fish's lot is recalled: (order, parcel, acts)."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        listing_id = (await session.get_one(type(shop.bad), shop.bad.id)).listing_id
        fish = await make_fish(session, listing_id=listing_id)
        shop.bad_item = await make_stock(session, fish, on_hand=3)
        order = await make_paid_order(session, fish, shop.good)
        consignment = await send(session, shop, order, until="confirm")
        [parcel] = await parcels.list_parcels(session, order)
        line = next(line for line in parcel.lines if line.variant_id == fish.id)
        recall = await open_recall(session, shop)
        photo_id = await show_scale(session)

    async def weigh():
        try:
            async with db.transaction() as session:
                return await weighing.weigh(
                    session,
                    consignment_id=consignment.id,
                    producer_id=shop.producer_id,
                    weighing=Weighing(id=uuid7(), line_id=line.id, weights_g=(1_950,), photo_id=photo_id),
                    person_id=shop.packer_id,
                    now=LATER,
                )
        except ConflictError:
            return None

    async def give_back():
        async with db.transaction() as session:
            return await recalled.give_back(
                session,
                recall=recall,
                consignment_id=consignment.id,
                is_whole=False,
                person_id=shop.manager_id,
                now=LATER,
            )

    return order, weigh, give_back


@pytest.mark.parametrize("is_scale_first", [True, False])
async def test_the_scale_against_a_recall(db, is_scale_first):
    """O12, W4: the fish is weighed while its recall gives it back: its price goes back once, by whichever way it was split."""
    for _time in range(3):
        order, weigh, give_back = await fish_and_tea(db)
        acts = [weigh(), weigh(), give_back(), give_back()]
        await asyncio.gather(*(acts if is_scale_first else acts[::-1]))
        assert await owed(db, order) == (FISH, FISH)
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []


async def test_without_the_orders_lock_more_goes_back_than_the_fish_cost(db, monkeypatch):
    """Negative control: scale and recall that lock nothing give back the rest, and the whole price on top of it."""
    order, weigh, give_back = await fish_and_tea(db)
    sum_refunds, both = refunds_repository.sum_refunds, asyncio.Barrier(2)

    async def look(session, order_id):
        order = await session.get(Order, order_id)
        return order, await orders_repository.list_consignments(session, [order_id])

    async def sum_together(session, payable_kind, payable_id):
        found = await sum_refunds(session, payable_kind, payable_id)
        await both.wait()
        return found

    monkeypatch.setattr(orders_repository, "lock_order", look)
    monkeypatch.setattr(refunds_repository, "sum_refunds", sum_together)
    await asyncio.gather(weigh(), give_back())
    assert await owed(db, order) == (FISH + FISH - WEIGHED,) * 2


async def paid_visit(db):
    """Two parties of two on one departure, one of them paid: (visit, that booking)."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=20)
        made = [
            await bookings.create_booking(
                session, booking=wish(visit, 2), secret=SECRET, person_id=None, language="vi", now=visits.NOW
            )
            for _party in range(2)
        ]
        booking = made[0]
        payment = await payments.find_payment(
            session, payable_kind=PayableKind.BOOKING, payable_id=booking.id
        )
        arrival = receipts.Arrival(
            provider="test",
            external_id=str(uuid7()),
            account=BANK,
            amount_minor=payment.amount_minor,
            memo=payment.code,
            payment_id=payment.id,
            arrived_at=visits.NOW,
        )
        await receipts.record_arrival(session, arrival, now=visits.NOW)
    return visit, booking


async def change_mind(db, booking):
    """The visitor cancels."""
    async with db.transaction() as session:
        await cancelling.cancel_booking(session, booking_id=booking.id, now=visits.NOW)


async def refunded(db, booking):
    """What the books owe the visitor."""
    async with db.transaction() as session:
        return -await ledger.balance(session, accounts.refund_payable(PayableKind.BOOKING, booking.id))


async def test_a_visitor_cancels_while_the_host_calls_off(db):
    """The visitor taps three times while the host calls the day off, twice: the price is owed once, every seat is free."""
    visit, booking = await paid_visit(db)

    async def call_off():
        async with db.transaction() as session:
            done = await calling_off.call_off(
                session, departure_id=visit.departure.id, reason=CallOffReason.WEATHER, **SITE, now=visits.NOW
            )
        return done.departures == 1

    taps = [change_mind(db, booking) for _tap in range(3)]
    said = await asyncio.gather(taps[0], call_off(), taps[1], call_off(), taps[2])
    assert said.count(True) == 1
    assert await refunded(db, booking) == booking.total_minor
    async with db.transaction() as session:
        assert (await session.get_one(Departure, visit.departure.id)).taken == 0
        assert await list_breaches(session, now=visits.NOW) == []


async def test_without_the_bookings_lock_seats_are_freed_twice(db, monkeypatch):
    """Negative control: two taps that lock nothing free the other party's seats too; the refund's name still pays once."""
    visit, booking = await paid_visit(db)
    both = asyncio.Barrier(2)

    async def look(session, booking_id):
        found = await session.get(Booking, booking_id)
        await both.wait()
        return found

    monkeypatch.setattr(booking_repository, "lock_booking", look)
    await asyncio.gather(change_mind(db, booking), change_mind(db, booking))
    assert await refunded(db, booking) == booking.total_minor
    async with db.transaction() as session:
        assert (await session.get_one(Departure, visit.departure.id)).taken == 0
        breaches = await list_breaches(session, now=visits.NOW)
    assert [rule for rule, _whose in breaches] == ["seats are not those of the bookings"]
