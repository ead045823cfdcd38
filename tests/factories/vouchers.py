"""Vouchers for tests, and orders that use them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import Listing, Variant
from storefront.checkout import service as checkout
from storefront.orders.models import Order
from storefront.pricing import service as pricing
from storefront.vouchers.models import Voucher, VoucherProducer
from tests.factories.orders import SECRET, make_recipient
from tests.factories.people import make_person
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_cart

CODE = "TẾT 2027"


async def make_voucher(session: AsyncSession, **overrides: Any) -> Voucher:
    """CODE, for 20.000 đồng off a new producer's goods unless `producer_id` is given: ten uses, one per phone number."""
    if "producer_id" not in overrides:
        overrides["producer_id"] = (await make_producer(session)).id
    given = {
        "code": "tet2027",
        "amount_minor": 20_000,
        "percent": None,
        "most_minor": None,
        "minimum_minor": 0,
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=1),
        "uses_most": 10,
        "uses_taken": 0,
        "uses_per_phone": 1,
        "made_by_id": (await make_person(session)).id,
        "created_at": NOW,
    }
    voucher = Voucher(**given | overrides)
    session.add(voucher)
    await session.flush()
    return voucher


async def make_voucher_for(session: AsyncSession, variant: Variant, **overrides: Any) -> Voucher:
    """The same of the producer who sells this variant."""
    listing = await session.get_one(Listing, variant.listing_id)
    return await make_voucher(session, producer_id=listing.producer_id, **overrides)


async def make_gift(session: AsyncSession, *producer_ids: UUID, **overrides: Any) -> Voucher:
    """CODE of the market: 20.000 đồng off a budget of 200.000, for the goods of these producers, or (none) of all."""
    given = {"producer_id": None, "budget_minor": 200_000, "uses_most": 100}
    voucher = await make_voucher(session, **given | overrides)
    session.add_all(VoucherProducer(voucher_id=voucher.id, producer_id=one) for one in producer_ids)
    await session.flush()
    return voucher


async def order_with(
    session: AsyncSession, *variants: Variant, quantity: int = 1, now: datetime = NOW, **of_recipient: Any
) -> Order:
    """An order with CODE, not paid, at the total that the checkout shows with it."""
    cart, _token = await make_cart(session, lines={variant.id: quantity for variant in variants})
    items = [pricing.CartItem(variant.id, quantity) for variant in variants]
    quote = await pricing.quote(session, lines=items, now=now)
    discount = await checkout.price_voucher(session, code=CODE, parts=quote.parts, now=now)
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(**of_recipient),
        seen_total_minor=quote.total_minor - discount.total_minor,
        now=now,
        voucher_code=CODE,
    )
