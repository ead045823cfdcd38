"""Pricing: what a basket costs, producer by producer. The rules stand in PRICING.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.quantity import GRAMS_PER_KILOGRAM
from app.web.cache import invalidate
from producers.listings import service as listings
from producers.listings.models import SoldBy, Variant
from storefront.pricing import repository
from storefront.pricing.errors import NotOnSaleError, QuantityError

DEFAULT_DELIVERY_MINOR = 30_000


@dataclass(frozen=True)
class CartItem:
    """What is asked for: pieces, or grams, of a pack."""

    variant_id: UUID
    quantity: int


@dataclass(frozen=True)
class QuoteLine:
    """One pack with its price: `price_minor` per piece or per kilo, `amount_minor` for the whole quantity.

    Where the scale settles the price, `bounds_g` are (least, most) grams of one piece and the amount is the ceiling.
    """

    variant_id: UUID
    title: str
    variant_name: str
    sold_by: SoldBy
    quantity: int
    price_minor: int
    amount_minor: int
    bounds_g: tuple[int, int] | None = None
    discount_minor: int = 0
    """What a voucher took off; the amount is what remains."""


@dataclass(frozen=True)
class QuotePart:
    """One producer's parcel."""

    producer_id: UUID
    lines: tuple[QuoteLine, ...]
    goods_minor: int
    delivery_minor: int
    discount_minor: int = 0


@dataclass(frozen=True)
class Quote:
    """The whole basket; `total_minor` is goods and delivery, in đồng."""

    parts: tuple[QuotePart, ...]
    goods_minor: int
    delivery_minor: int
    total_minor: int
    discount_minor: int = 0


@dataclass(frozen=True)
class Rate:
    """What a producer takes for one parcel; `free_from_minor` of goods on it is nothing (None: never)."""

    fee_minor: int
    free_from_minor: int | None


def price_amount(variant: Variant, quantity: int) -> int:
    """Price a quantity in đồng: pieces times the price, or grams of the kilo's price.

    Pieces that the scale settles are priced as if each were the heaviest that it may be: the ceiling.
    """
    if variant.bounds_g is not None:
        return price_weight(variant.price_minor, quantity * variant.bounds_g[1])
    if variant.sold_by is SoldBy.PIECE:
        return variant.price_minor * quantity
    return price_weight(variant.price_minor, quantity)


def price_weight(price_minor: int, grams: int) -> int:
    """Price grams at so many đồng a kilo, half up to the đồng."""
    return (2 * price_minor * grams + GRAMS_PER_KILOGRAM) // (2 * GRAMS_PER_KILOGRAM)


def settle_weights(price_minor: int, weights_g: Collection[int], most_g: int) -> int:
    """Price weighed pieces at so many đồng a kilo: all together, rounded once; what a piece weighs above `most_g` is free.

    Never more than the ceiling that `price_amount` asked for so many pieces.
    """
    return price_weight(price_minor, sum(min(weight, most_g) for weight in weights_g))


def price_delivery(rate: Rate, goods_minor: int) -> int:
    """Price one parcel with goods of this worth, in đồng."""
    is_free = rate.free_from_minor is not None and goods_minor >= rate.free_from_minor
    return 0 if is_free else rate.fee_minor


def take_off(whole: Quote, off_minor: Sequence[int]) -> Quote:
    """Lower the lines of a quote by a voucher's parts in đồng, one for each line in their order; delivery stays."""
    left = list(off_minor)
    parts = []
    for part in whole.parts:
        off, left = left[: len(part.lines)], left[len(part.lines) :]
        lines = tuple(
            replace(line, amount_minor=line.amount_minor - minor, discount_minor=minor)
            for line, minor in zip(part.lines, off, strict=True)
        )
        goods = part.goods_minor - sum(off)
        parts.append(replace(part, lines=lines, goods_minor=goods, discount_minor=sum(off)))
    total_off = sum(off_minor)
    return replace(
        whole,
        parts=tuple(parts),
        goods_minor=whole.goods_minor - total_off,
        total_minor=whole.total_minor - total_off,
        discount_minor=total_off,
    )


async def quote(session: AsyncSession, *, lines: Sequence[CartItem]) -> Quote:
    """Price a basket at the prices of this moment; parts and lines keep the order in which they were put in.

    Raises `NotOnSaleError` for a pack that is not offered now and `QuantityError` for one that is not sold so.
    """
    variants = await listings.get_variants(session, {line.variant_id for line in lines})
    offered = await listings.get_listings(session, {variant.listing_id for variant in variants.values()})
    priced: dict[UUID, list[QuoteLine]] = defaultdict(list)
    for line in lines:
        variant = variants.get(line.variant_id)
        if variant is None or not listings.is_on_sale(variant, offered[variant.listing_id]):
            raise NotOnSaleError(line.variant_id)
        if line.quantity <= 0 or line.quantity % variant.step:
            raise QuantityError(line.variant_id)
        listing = offered[variant.listing_id]
        priced[listing.producer_id].append(
            QuoteLine(
                variant_id=variant.id,
                title=listing.title,
                variant_name=variant.name,
                sold_by=variant.sold_by,
                quantity=line.quantity,
                price_minor=variant.price_minor,
                amount_minor=price_amount(variant, line.quantity),
                bounds_g=variant.bounds_g,
            )
        )
    rates = await get_rates(session, priced)
    parts = []
    for producer_id, of_producer in priced.items():
        goods = sum(line.amount_minor for line in of_producer)
        delivery = price_delivery(rates[producer_id], goods)
        parts.append(QuotePart(producer_id, tuple(of_producer), goods, delivery))
    goods = sum(part.goods_minor for part in parts)
    delivery = sum(part.delivery_minor for part in parts)
    return Quote(tuple(parts), goods, delivery, goods + delivery)


async def get_rates(session: AsyncSession, producer_ids: Collection[UUID]) -> dict[UUID, Rate]:
    """Get what each producer takes for a parcel; one who never said takes `DEFAULT_DELIVERY_MINOR`."""
    said = await repository.list_rates(session, list(producer_ids))
    rates = dict.fromkeys(producer_ids, Rate(DEFAULT_DELIVERY_MINOR, None))
    return rates | {rate.producer_id: Rate(rate.fee_minor, rate.free_from_minor) for rate in said}


async def set_rate(
    session: AsyncSession, *, producer_id: UUID, fee_minor: int, free_from_minor: int | None
) -> None:
    """Keep what a producer takes for a parcel, in đồng; orders already placed keep theirs."""
    await repository.save_rate(
        session, producer_id=producer_id, fee_minor=fee_minor, free_from_minor=free_from_minor
    )
    await invalidate(session, f"producer:{producer_id}")
