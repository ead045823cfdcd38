"""Store credit for tests, and orders that use it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.ids import uuid7
from producers.listings.models import Listing, Variant
from storefront.checkout import service as checkout
from storefront.orders.models import Order
from storefront.payments.models import PayableKind
from storefront.pricing import service as pricing
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim
from tests.factories.orders import SECRET, make_paid_order, make_recipient
from tests.factories.storefront import NOW, make_cart


async def make_credit(session: AsyncSession, person: Person, variant: Variant, amount_minor: int) -> None:
    """Somebody kept so much of a refund; it was paid for boxes of this variant, which must be on the shelf."""
    boxes = -(-amount_minor // variant.price_minor)
    order = await make_paid_order(session, variant, quantity=boxes, person_id=person.id)
    listing = await session.get_one(Listing, variant.listing_id)
    refund = await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.ORDER,
            payable_id=order.id,
            code=order.code,
            producer_id=listing.producer_id,
            payee_name=order.buyer_name,
            payee_phone=order.buyer_phone,
            reason=RefundReason.WEIGHED,
            source=f"tests:{uuid7()}",
            paid_minor=order.total_minor,
            goods_minor=amount_minor,
        ),
        person_id=None,
        now=NOW,
    )
    assert refund is not None
    await refunds.give_credit(session, refund_id=refund.id, person_id=person.id, now=NOW)


async def order_with_credit(
    session: AsyncSession, variant: Variant, person: Person | None, amount_minor: int, **how: Any
) -> Order:
    """An order of one box that uses so much credit."""
    cart, _token = await make_cart(session, lines={variant.id: 1})
    quote = await pricing.quote(session, lines=[pricing.CartItem(variant.id, 1)], now=NOW)
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(person_id=person.id if person else None),
        seen_total_minor=quote.total_minor,
        now=NOW,
        credit_minor=amount_minor,
        **how,
    )
