"""The basket: what a visitor means to buy, known by a cookie, without an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import hash_token, new_token
from producers.listings import service as listings
from producers.listings.models import Listing, SoldBy, Variant
from storefront.cart import repository
from storefront.cart.errors import CartLineNotFoundError, FullCartError, NotOfferedError, StepError
from storefront.cart.models import Cart, CartLine
from storefront.pricing import service as pricing
from storefront.stock import service as stock

KEPT_FOR = timedelta(days=30)
MOST_LINES = 50
MOST = {SoldBy.PIECE: 999, SoldBy.GRAM: 999_000}
"""Of one pack in one basket: pieces, or grams."""


@dataclass(frozen=True)
class PricedLine:
    """A line that can be bought; `left` is what may be sold in all, less than `quantity` when it falls short."""

    line_id: UUID
    variant: Variant
    listing: Listing
    quantity: int
    amount_minor: int
    left: int

    @property
    def is_short(self) -> bool:
        """Whether less is left than is wanted."""
        return self.left < self.quantity


@dataclass(frozen=True)
class PricedPart:
    """What one producer sends."""

    producer_id: UUID
    lines: tuple[PricedLine, ...]
    goods_minor: int
    delivery_minor: int


@dataclass(frozen=True)
class PricedCart:
    """A basket as its page shows it; `gone` are lines that are no longer offered."""

    parts: tuple[PricedPart, ...]
    gone: tuple[PricedLine, ...]
    goods_minor: int
    delivery_minor: int
    total_minor: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies in it."""
        return not self.parts and not self.gone

    @property
    def can_be_ordered(self) -> bool:
        """Whether everything in it can be bought as it stands."""
        return (
            bool(self.parts)
            and not self.gone
            and not any(line.is_short for part in self.parts for line in part.lines)
        )


EMPTY = PricedCart((), (), 0, 0, 0)


async def find_cart(session: AsyncSession, token: str | None) -> Cart | None:
    """Find the basket of a cookie, ordered or not (a second submit finds its order by it)."""
    return await repository.find_cart(session, hash_token(token)) if token else None


async def lock_cart(session: AsyncSession, cart_id: UUID) -> Cart:
    """Lock a basket and read it as it stands now."""
    return await repository.lock_cart(session, cart_id)


async def list_lines(session: AsyncSession, cart_id: UUID) -> list[CartLine]:
    """List what lies in a basket, in the order in which it was put in."""
    return await repository.list_lines(session, cart_id)


async def count_lines(session: AsyncSession, token: str) -> int:
    """Count the packs in the basket of a cookie; 0 once it is ordered."""
    return await repository.count_lines(session, hash_token(token))


async def open_cart(session: AsyncSession, token: str | None, *, now: datetime) -> tuple[Cart, str]:
    """Get the basket of a cookie and the cookie's value; a basket that was ordered starts anew."""
    cart = await find_cart(session, token)
    if cart is not None and token is not None and cart.ordered_at is None:
        return cart, token
    token = new_token()
    cart = Cart(token_hash=hash_token(token), touched_at=now, created_at=now)
    session.add(cart)
    await session.flush()
    return cart, token


async def add_line(
    session: AsyncSession, *, cart_id: UUID, variant_id: UUID, quantity: int, now: datetime
) -> None:
    """Put more of a pack (pieces or grams) into a basket, up to MOST.

    Raises `NotOfferedError`, `StepError`, `FullCartError`, or `CartLineNotFoundError` when the basket became an order.
    """
    variant = (await listings.get_variants(session, [variant_id])).get(variant_id)
    if variant is None or not listings.is_on_sale(
        variant, await listings.get_listing(session, variant.listing_id)
    ):
        raise NotOfferedError
    _check(variant, quantity)
    await _lock_open(session, cart_id)
    others = [line for line in await list_lines(session, cart_id) if line.variant_id != variant_id]
    if len(others) >= MOST_LINES:
        raise FullCartError
    await repository.put_line(
        session,
        cart_id=cart_id,
        variant_id=variant_id,
        quantity=quantity,
        most=_most(variant),
        now=now,
    )
    await repository.touch(session, cart_id, now)


async def change_line(
    session: AsyncSession, *, cart_id: UUID, line_id: UUID, quantity: int, now: datetime
) -> None:
    """Set how much of a pack lies in a basket; nothing takes it out.

    Raises `CartLineNotFoundError`, also when the basket became an order, and `StepError`.
    """
    await _lock_open(session, cart_id)
    line = await repository.find_line(session, cart_id=cart_id, line_id=line_id)
    if line is None:
        raise CartLineNotFoundError
    if quantity <= 0:
        await repository.remove_line(session, line_id)
    else:
        variant = await listings.get_variant(session, line.variant_id)
        _check(variant, quantity)
        line.quantity = min(quantity, _most(variant))
    await repository.touch(session, cart_id, now)
    await session.flush()


async def mark_ordered(session: AsyncSession, cart_id: UUID, now: datetime) -> None:
    """Note that a basket became an order; its cookie then opens a new one."""
    cart = await repository.lock_cart(session, cart_id)
    cart.ordered_at = now
    await session.flush()


async def price_cart(session: AsyncSession, cart_id: UUID, *, now: datetime) -> PricedCart:
    """Price a basket and say what falls short; seven queries, however much lies in it."""
    lines = await list_lines(session, cart_id)
    variants = await listings.get_variants(session, [line.variant_id for line in lines])
    offered = await listings.get_listings(session, {variant.listing_id for variant in variants.values()})
    left = await stock.available(session, list(variants), now=now)
    here: dict[UUID, PricedLine] = {}
    gone: list[PricedLine] = []
    for line in lines:
        variant = variants[line.variant_id]
        listing = offered[variant.listing_id]
        amount = pricing.price_amount(variant, line.quantity)
        one = PricedLine(line.id, variant, listing, line.quantity, amount, left[variant.id])
        if listings.is_on_sale(variant, listing):
            here[variant.id] = one
        else:
            gone.append(one)
    items = [pricing.CartItem(variant_id, one.quantity) for variant_id, one in here.items()]
    quote = await pricing.quote(session, lines=items)
    parts = tuple(
        PricedPart(
            part.producer_id,
            tuple(here[line.variant_id] for line in part.lines),
            part.goods_minor,
            part.delivery_minor,
        )
        for part in quote.parts
    )
    return PricedCart(parts, tuple(gone), quote.goods_minor, quote.delivery_minor, quote.total_minor)


async def forget_carts(session: AsyncSession, *, now: datetime) -> None:
    """Delete baskets that nobody touched for KEPT_FOR and that became no order."""
    await repository.delete_untouched(session, now - KEPT_FOR)


async def _lock_open(session: AsyncSession, cart_id: UUID) -> None:
    """Lock a basket that is being filled: what is in it must not change while it becomes an order."""
    cart = await repository.lock_cart(session, cart_id)
    if cart.ordered_at is not None:
        raise CartLineNotFoundError


def _check(variant: Variant, quantity: int) -> None:
    if quantity <= 0 or quantity % variant.step:
        raise StepError


def _most(variant: Variant) -> int:
    """The most of a pack, in whole steps."""
    return max(MOST[variant.sold_by] // variant.step * variant.step, variant.step)
