"""What waits until goods have arrived and visits are over (BO6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.models import StaffRole
from app.core.clock import today
from producers.cooperatives.models import Producer, Role
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.fees.service import Terms
from storefront.orders import parcels
from storefront.orders.models import OrderState
from storefront.payouts import holding
from storefront.payouts import service as payouts
from storefront.payouts.errors import NothingOwedError
from storefront.payouts.service import Hindrance
from storefront.tours import calling_off, cancelling, choices
from storefront.tours.models import CallOffReason
from tests.factories.orders import make_paid_order, make_refund
from tests.factories.payouts import MINIMUM, PAYEE, owe, owed_to
from tests.factories.people import log_in, make_person, make_staff
from tests.factories.producers import make_membership
from tests.factories.recalls import make_shop, send
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.visits import SITE, make_visit
from tests.storefront.tours.test_bookings import paid_booking


async def make_payee_of(session, producer_id):
    """This producer can be paid."""
    producer = await session.get_one(Producer, producer_id)
    for name, value in PAYEE.items():
        setattr(producer, name, value)
    return producer


async def pay_out(session):
    """{producer: đồng} of the next batch."""
    person = await make_person(session)
    batch = await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person.id, now=NOW)
    return {one.producer_id: one.amount_minor for one in await payouts.list_payouts(session, batch.id)}


async def sum_held(session, producer_id, *, now=NOW):
    """What waits of one producer, in đồng."""
    return sum(
        (await holding.sum_held(session, now=now, producer_id=producer_id)).get(producer_id, {}).values()
    )


@pytest.mark.parametrize("until", ["confirm", "pack", "ship"])
async def test_goods_that_are_on_their_way_are_paid_once_they_arrived(session, until):
    """BO6: a box that is taken on, packed or sent pays nothing; another that arrived pays its producer, and no more."""
    shop = await make_shop(session)
    await make_payee_of(session, shop.producer_id)
    waiting = await make_paid_order(session, shop.bad)
    await send(session, shop, waiting, until=until)
    assert await sum_held(session, shop.producer_id) == waiting.total_minor
    [one] = await payouts.list_owed(session, minimum_minor=MINIMUM, now=NOW)
    assert (one.amount_minor, one.held_minor, one.hindrance) == (
        0,
        waiting.total_minor,
        Hindrance.NOT_ARRIVED,
    )
    with pytest.raises(NothingOwedError):
        await pay_out(session)
    arrived = await make_paid_order(session, shop.good, quantity=2)
    await send(session, shop, arrived, until="deliver")
    assert await pay_out(session) == {shop.producer_id: arrived.total_minor}
    assert await owed_to(session, shop.producer_id) == waiting.total_minor


async def test_each_parcel_of_an_order_waits_by_itself(session):
    """BO6: of an order of two producers, the one whose parcel arrived is paid while the other's still waits."""
    shop = await make_shop(session)
    fish = await make_variant(session, name="Cá tầm", price_minor=300_000)
    await make_stock(session, fish, on_hand=5)
    order = await make_paid_order(session, shop.bad, fish)
    mine, other = await _parcels_of(session, order, shop.producer_id)
    await make_payee_of(session, shop.producer_id)
    await make_payee_of(session, other.producer_id)
    mine.state = OrderState.DELIVERED
    await session.flush()
    assert await pay_out(session) == {shop.producer_id: mine.goods_minor + mine.delivery_minor}
    assert await sum_held(session, shop.producer_id) == 0
    assert await sum_held(session, other.producer_id) == other.goods_minor + other.delivery_minor


async def _parcels_of(session, order, producer_id):
    found = await parcels.list_consignments(session, [order.id])
    [mine] = [one for one in found if one.producer_id == producer_id]
    [other] = [one for one in found if one.producer_id != producer_id]
    return mine, other


async def test_fees_and_what_went_back_wait_with_the_sale(session):
    """BO6: what waits is what the books hold of the sale: less both fees, and nothing once all of its goods went back."""
    shop = await make_shop(session)
    producer = await make_payee_of(session, shop.producer_id)
    person = await make_person(session)
    for kind, points in ((FeeKind.MARKET, 500), (FeeKind.PAYMENT, 125)):
        await fees.set_fee(
            session,
            producer_id=producer.id,
            kind=kind,
            terms=Terms(basis_points=points),
            valid_from=today(NOW),
            person_id=person.id,
            now=NOW,
        )
    order = await make_paid_order(session, shop.bad)
    assert await sum_held(session, producer.id) == await owed_to(session, producer.id)
    assert await sum_held(session, producer.id) == order.total_minor - 17_500 - 4_375
    await make_refund(session, order)
    assert await sum_held(session, producer.id) == await owed_to(session, producer.id) == order.delivery_minor


async def test_a_debt_is_told_beside_what_waits(session):
    """BO6: who was paid, had to give back, and has sold since owes us, until the new goods arrive."""
    shop = await make_shop(session)
    await make_payee_of(session, shop.producer_id)
    await owe(session, shop.producer_id, -100_000)
    order = await make_paid_order(session, shop.bad)
    [one] = await payouts.list_owed(session, minimum_minor=MINIMUM, now=NOW)
    assert (one.amount_minor, one.held_minor, one.hindrance) == (
        -100_000,
        order.total_minor,
        Hindrance.OWES_US,
    )
    await send(session, shop, order, until="deliver")
    assert await pay_out(session) == {shop.producer_id: order.total_minor - 100_000}


async def test_a_visit_waits_until_it_is_over(session):
    """BO6: a paid visit pays its host after its last minute, not before; one that is called off pays nothing."""
    visit = await make_visit(session)
    producer = await make_payee_of(session, visit.producer.id)
    booking = await paid_booking(session, visit, adults=2)
    later = await paid_booking(session, visit, adults=1)
    total, end = booking.total_minor + later.total_minor, visit.departure.ends_at
    assert await sum_held(session, producer.id) == total
    assert await sum_held(session, producer.id, now=end - timedelta(minutes=1)) == total
    assert await sum_held(session, producer.id, now=end) == 0
    await cancelling.cancel_booking(session, booking_id=later.id, now=NOW)
    assert await sum_held(session, producer.id) == booking.total_minor == await owed_to(session, producer.id)
    with pytest.raises(NothingOwedError):
        await pay_out(session)


async def test_a_visit_that_was_called_off_waits_until_its_guests_have_chosen(session):
    """BO6: its hour being past, a day called off pays nobody: the guests may take the money (BOOKINGS.md, 39)."""
    visit = await make_visit(session)
    producer = await make_payee_of(session, visit.producer.id)
    booking = await paid_booking(session, visit, adults=2)
    await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.WEATHER, **SITE, now=NOW
    )
    over = visit.departure.ends_at + timedelta(hours=1)
    assert await sum_held(session, producer.id, now=over) == booking.total_minor
    await choices.choose_money(session, booking_id=booking.id, now=over)
    assert await sum_held(session, producer.id, now=over) == 0 == await owed_to(session, producer.id)


async def test_the_pages_say_what_waits(db, client):
    """BO6: the accountant reads what a producer gets later, the producer how much waits and what to press."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        await make_payee_of(session, shop.producer_id)
        order = await make_paid_order(session, shop.bad)
        member = await make_membership(session, producer_id=shop.producer_id, role=Role.ACCOUNTANT)
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
    desk = (await client.get("/admin/payouts")).text
    assert "Hàng chưa tới" in desk and "Còn 380.000" in desk
    async with db.transaction() as session:
        await log_in(session, client, member.person_id)
    page = (await client.get("/producer/money")).text
    assert "380.000" in page and "Khách đã nhận hàng" in page and "/producer/orders" in page
    async with db.transaction() as session:
        await send(session, shop, order, until="deliver")
    assert "Khách đã nhận hàng" not in (await client.get("/producer/money")).text
