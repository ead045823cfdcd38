"""The checkout: a basket becomes one order, whatever is clicked twice. Rules O1 to O5 of orders/PRICING.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.places import service as places
from storefront.cart import service as carts
from storefront.checkout.errors import EmptyCartError, PriceChangedError, VoucherCountedError
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.pricing import service as pricing
from storefront.vouchers import service as vouchers


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets the goods, and where: `phone` in E.164; `language` of our messages; `person_id` when logged in."""

    name: str
    phone: str
    commune_code: str
    line: str
    note: str
    language: str
    person_id: UUID | None


async def place_order(
    session: AsyncSession,
    *,
    secret: bytes,
    cart_id: UUID,
    recipient: Recipient,
    seen_total_minor: int,
    now: datetime,
    voucher_code: str = "",
) -> Order:
    """Make an order of a basket, or answer the one that it became already.

    `seen_total_minor` is the total that the buyer agreed to, in đồng; `voucher_code` as it was typed. Raises
    `EmptyCartError`, `PriceChangedError`, `VoucherCountedError`, what vouchers refuse, pricing's `NotOnSaleError` and `QuantityError`, stock's `SoldOutError`, and `InvalidError` for an unknown commune;
    then nothing has changed.
    """
    cart = await carts.lock_cart(session, cart_id)
    if cart.ordered_at is not None:
        known = await orders.find_by_cart(session, cart_id)
        if known is None:
            raise EmptyCartError
        return known
    lines = await carts.list_lines(session, cart_id)
    if not lines:
        raise EmptyCartError
    items = [pricing.CartItem(line.variant_id, line.quantity) for line in lines]
    quote = whole = await pricing.quote(session, lines=items)
    discount = None
    if voucher_code:
        discount = await price_voucher(session, code=voucher_code, parts=whole.parts, now=now)
        quote = pricing.take_off(whole, discount.parts_minor)
        if whole.total_minor == seen_total_minor:
            raise VoucherCountedError(quote.total_minor)
    if quote.total_minor != seen_total_minor:
        raise PriceChangedError(quote.total_minor)
    # Whoever refuses below is asked again on the same page: what was begun must be gone by then.
    async with session.begin_nested():
        address = await places.create_address(
            session,
            recipient_name=recipient.name,
            phone=recipient.phone,
            commune_code=recipient.commune_code,
            line=recipient.line,
            person_id=recipient.person_id,
            now=now,
        )
        buyer = orders.Buyer(
            name=recipient.name,
            phone=recipient.phone,
            address_id=address.id,
            person_id=recipient.person_id,
            note=recipient.note,
            language=recipient.language,
        )
        order = await orders.create_order(
            session, secret=secret, cart_id=cart_id, quote=quote, buyer=buyer, now=now
        )
        if discount is not None:
            await vouchers.take(
                session,
                order_id=order.id,
                order_code=order.code,
                phone=recipient.phone,
                discount=discount,
                now=now,
            )
        await carts.mark_ordered(session, cart_id, now)
    return order


async def price_voucher(
    session: AsyncSession,
    *,
    code: str,
    parts: Sequence[pricing.QuotePart | carts.PricedPart],
    now: datetime,
) -> vouchers.Discount:
    """Price a code as it was typed for the lines of a basket, in their order; raises what vouchers refuse."""
    goods = [vouchers.Goods(part.producer_id, line.amount_minor) for part in parts for line in part.lines]
    return await vouchers.price_voucher(session, code=code, goods=goods, now=now)


async def take_what_is_left(session: AsyncSession, *, cart_id: UUID, now: datetime) -> None:
    """Lower every line of a basket to what can still be bought, in whole steps; what cannot be bought goes out."""
    priced = await carts.price_cart(session, cart_id, now=now)
    for line in priced.gone:
        await carts.change_line(session, cart_id=cart_id, line_id=line.line_id, quantity=0, now=now)
    for part in priced.parts:
        for line in part.lines:
            if line.is_short:
                left = line.left // line.variant.step * line.variant.step
                await carts.change_line(
                    session, cart_id=cart_id, line_id=line.line_id, quantity=left, now=now
                )
