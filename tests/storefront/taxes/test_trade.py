"""Tax in whole orders and visits of a household: from the sale to the last refund (ledger/BOOKS.md, T1 to T5)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from producers.cooperatives.models import Producer, ProducerKind
from storefront.fulfilment import refunding
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels
from storefront.pricing.models import DeliveryRate
from storefront.refunds.models import RefundReason
from storefront.taxes import service
from storefront.taxes.models import TaxEntry
from storefront.tours import cancelling
from tests.books import list_breaches
from tests.factories.orders import make_paid_order
from tests.factories.recalls import make_shop
from tests.factories.storefront import NOW
from tests.factories.visits import make_visit
from tests.storefront.tours.test_bookings import book, pay


async def sell(session, **facts):
    """A household's order of two products with a delivery of 30.000, paid; answers the shop and its parcel."""
    shop = await make_shop(session)
    producer = await session.get_one(Producer, shop.producer_id)
    producer.kind = facts.get("kind", ProducerKind.HOUSEHOLD)
    session.add(DeliveryRate(producer_id=producer.id, fee_minor=30_000, free_from_minor=700_000))
    await session.flush()
    order = await make_paid_order(session, shop.bad, shop.good)
    [parcel] = await parcels.list_parcels(session, order)
    return shop, parcel


async def give_back(session, shop, parcel, lines):
    """Give the price of some lines back."""
    await refunding.give_back(
        session, parcel, lines, reason=RefundReason.RETURNED, person_id=shop.packer_id, now=NOW
    )


async def breaches(session):
    """What is broken about money; goods that a test leaves on the shelf are no matter here."""
    found = await list_breaches(session, now=NOW)
    return [rule for rule, _whose in found if not rule.endswith("holds goods")]


async def test_an_order_goes_back_line_by_line(session):
    """T2, T5: 450.000 of goods and 30.000 of sending bear 8.100; line by line all of it goes back, the books whole throughout."""
    shop, parcel = await sell(session)
    name = accounts.tax_withheld(shop.producer_id)
    assert await ledger.balance(session, name) == -(6_750 + 1_350)
    for line, left in zip(sorted(parcel.lines, key=lambda line: -line.amount_minor), (2_850, 0), strict=True):
        await give_back(session, shop, parcel, [line])
        assert await ledger.balance(session, name) == -left
        assert await breaches(session) == []
    assert await ledger.balance(session, accounts.seller_payable(shop.producer_id)) == 0
    assert await ledger.balance(session, accounts.delivery_payable(shop.producer_id)) == 0


async def test_the_books_see_a_refund_that_kept_the_tax(session, monkeypatch):
    """The control: a refund that sets nothing off is found by the invariant."""

    async def keep(session, **facts):
        """Set nothing off."""

    shop, parcel = await sell(session)
    monkeypatch.setattr(service, "set_off", keep)
    await give_back(session, shop, parcel, parcel.lines[:1])
    assert await breaches(session) == ["a refund and what it set off disagree"]


async def test_a_cooperative_is_paid_in_full(session):
    """T1: the same order of a cooperative bears nothing."""
    shop, _parcel = await sell(session, kind=ProducerKind.COOPERATIVE)
    assert await ledger.balance(session, accounts.seller_payable(shop.producer_id)) == -450_000
    assert await breaches(session) == []


async def test_a_seller_who_becomes_a_company_gets_the_old_tax_back(session):
    """T5: what is set off follows what was withheld, whatever the seller is by then."""
    shop, parcel = await sell(session)
    (await session.get_one(Producer, shop.producer_id)).kind = ProducerKind.COMPANY
    await session.flush()
    await give_back(session, shop, parcel, parcel.lines)
    assert await ledger.balance(session, accounts.tax_withheld(shop.producer_id)) == 0


@pytest.mark.parametrize(("kind", "tax"), [(ProducerKind.HOUSEHOLD, 21_000), (ProducerKind.COMPANY, 0)])
async def test_a_visit_is_a_service(session, kind, tax):
    """T2, T5: two adults for 300.000 bear 21.000 as a service, and nothing once the visit is called off."""
    visit = await make_visit(session)
    (await session.get_one(Producer, visit.tour.producer_id)).kind = kind
    await session.flush()
    booking = await book(session, visit, 2)
    await pay(session, booking)
    name = accounts.tax_withheld(visit.tour.producer_id)
    assert await ledger.balance(session, name) == -tax
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    assert await ledger.balance(session, name) == 0
    assert await session.scalar(select(func.coalesce(func.sum(TaxEntry.base_minor), 0))) == 0
