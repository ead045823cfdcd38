"""Orders that are paid on delivery, and the way of their parcels."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.listings.models import Listing, Variant
from storefront.cash import service as cash
from storefront.checkout import service as checkout
from storefront.fulfilment import service as fulfilment
from storefront.orders import parcels
from storefront.orders.models import Consignment, Order
from storefront.payments import receipts
from storefront.payments.models import Receipt
from storefront.pricing import service as pricing
from tests.factories.orders import BANK, SECRET, make_recipient
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant

MOST = 2_000_000


async def make_cash_variant(session: AsyncSession, *, on_hand: int = 20, **overrides: Any) -> Variant:
    """Boxes at 350.000 on the shelf, of a producer whose parcels may be paid on delivery up to MOST."""
    variant = await make_variant(session, **overrides)
    await make_stock(session, variant, on_hand=on_hand)
    await allow(session, variant)
    return variant


async def allow(session: AsyncSession, variant: Variant, most_minor: int | None = MOST) -> Any:
    """Let the parcels of a variant's producer be paid on delivery; answers the producer's id."""
    listing = await session.get_one(Listing, variant.listing_id)
    person = await make_person(session)
    await cash.set_most(
        session, producer_id=listing.producer_id, most_minor=most_minor, person_id=person.id, now=NOW
    )
    return listing.producer_id


async def make_cash_order(
    session: AsyncSession, *variants: Variant, quantity: int = 1, **of_recipient: Any
) -> Order:
    """An order that is to be paid on delivery."""
    cart, _token = await make_cart(session, lines={variant.id: quantity for variant in variants})
    quote = await pricing.quote(
        session, lines=[pricing.CartItem(one.id, quantity) for one in variants], now=NOW
    )
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(**of_recipient),
        seen_total_minor=quote.total_minor,
        seen_expected_on=quote.expected_on,
        now=NOW,
        is_cash=True,
    )


async def send(session: AsyncSession, order: Order, *, until: str = "deliver") -> Consignment:
    """Let an order's one parcel go on: `confirm`, `pack`, `ship` or `deliver` is the last step."""
    [parcel] = await parcels.list_consignments(session, [order.id])
    person = await make_person(session)
    act: dict[str, Any] = {
        "consignment_id": parcel.id,
        "producer_id": parcel.producer_id,
        "person_id": person.id,
        "now": NOW,
    }
    steps: dict[str, dict[str, Any]] = {
        "confirm": {},
        "pack": {"scanned": ""},
        "ship": {"carrier": "Viettel Post", "tracking_number": "VTP1"},
        "deliver": {},
    }
    for step, more in steps.items():
        await getattr(fulfilment, step)(session, **act, **more)
        if step == until:
            break
    return parcel


async def make_delivered(session: AsyncSession, variant: Variant, **how: Any) -> tuple[Order, Consignment]:
    """An order on delivery whose parcel arrived: the courier has the money."""
    order = await make_cash_order(session, variant, **how)
    parcel = await send(session, order)
    return order, parcel


async def make_transfer(session: AsyncSession, amount_minor: int) -> Receipt:
    """A courier's transfer as the bank told of it: nobody's yet."""
    receipt = await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider="sepay",
            external_id=str(uuid7()),
            account=BANK,
            amount_minor=amount_minor,
            memo="VIETTELPOST THU HO",
            payment_id=None,
            arrived_at=NOW,
        ),
        now=NOW,
    )
    assert receipt is not None
    return receipt
