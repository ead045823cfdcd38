"""Pricing: what a basket costs, producer by producer. The rules stand in PRICING.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.quantity import GRAMS_PER_KILOGRAM
from app.web.cache import invalidate
from producers.listings import service as listings
from producers.listings.models import Listing, SoldBy, TaxKind, Variant
from producers.listings.service import Content
from storefront.bundles.errors import ContentMissingError
from storefront.bundles.obstacles import find_obstacle
from storefront.delivery import service as delivery
from storefront.delivery.ways import NOT_PLANNED, Destination, Load, Sending, flat
from storefront.preorders import service as preorders
from storefront.preorders.service import Coming
from storefront.pricelists import service as pricelists
from storefront.pricelists.service import Offer
from storefront.pricing import repository
from storefront.pricing.errors import (
    NotOnSaleError,
    NotSendableError,
    OutOfSeasonError,
    QuantityError,
    say_minimum,
)

DEFAULT_DELIVERY_MINOR = 30_000


@dataclass(frozen=True)
class CartItem:
    """What is asked for: pieces, or grams, of a pack."""

    variant_id: UUID
    quantity: int


@dataclass(frozen=True)
class Known:
    """Packs and their listings by id, where the caller has them at hand in the same transaction."""

    variants: Mapping[UUID, Variant]
    listings: Mapping[UUID, Listing]


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
    """What a producer's voucher took off; the amount is what remains."""
    gift_minor: int = 0
    """What the market pays of it; the amount is what remains for the buyer."""
    offer: Offer | None = None
    """The price list's step that the price is of; None: the listing's own price."""
    coming: Coming | None = None
    """The harvest that it is ordered from before it is there; None: from the shelf."""
    contents: tuple[Content, ...] = ()
    """What lies in each box of a bundle."""
    tax_kind: TaxKind = TaxKind.GOODS


@dataclass(frozen=True)
class QuotePart:
    """One producer's parcel."""

    producer_id: UUID
    lines: tuple[QuoteLine, ...]
    goods_minor: int
    delivery_minor: int
    discount_minor: int = 0
    gift_minor: int = 0
    sending: Sending = NOT_PLANNED
    """How it travels, and whether it can."""
    producer_name: str = ""


@dataclass(frozen=True)
class Quote:
    """The whole basket; `total_minor` is goods and delivery, in đồng."""

    parts: tuple[QuotePart, ...]
    goods_minor: int
    delivery_minor: int
    total_minor: int
    discount_minor: int = 0
    gift_minor: int = 0

    @property
    def expected_on(self) -> date | None:
        """The latest day on which a pre-ordered line is expected; None: all of it is here."""
        return max(
            (line.coming.expected_on for part in self.parts for line in part.lines if line.coming),
            default=None,
        )


@dataclass(frozen=True)
class Rate:
    """What a producer takes for one parcel; `free_from_minor` of goods on it is nothing (None: never).

    Less than `minimum_minor` of goods is not sent.
    """

    fee_minor: int
    free_from_minor: int | None
    minimum_minor: int = 0


NOTHING_SAID = Rate(DEFAULT_DELIVERY_MINOR, None)
"""Of a producer who never said anything."""


def price_amount(variant: Variant, quantity: int, offer: Offer | None = None) -> int:
    """Price a quantity in đồng: pieces times the price, or grams of the kilo's price; at the listing's without an offer.

    Pieces that the scale settles are priced as if each were the heaviest that it may be: the ceiling.
    """
    price_minor = variant.price_minor if offer is None else offer.price_minor
    if variant.bounds_g is not None:
        return price_weight(price_minor, quantity * variant.bounds_g[1])
    if variant.sold_by is SoldBy.PIECE:
        return price_minor * quantity
    return price_weight(price_minor, quantity)


def price_weight(price_minor: int, grams: int) -> int:
    """Price grams at so many đồng a kilo, half up to the đồng."""
    return (2 * price_minor * grams + GRAMS_PER_KILOGRAM) // (2 * GRAMS_PER_KILOGRAM)


def settle_weights(price_minor: int, weights_g: Collection[int], most_g: int) -> int:
    """Price weighed pieces at so many đồng a kilo: all together, rounded once; what a piece weighs above `most_g` is free.

    Never more than the ceiling that `price_amount` asked for so many pieces.
    """
    return price_weight(price_minor, sum(min(weight, most_g) for weight in weights_g))


def take_off(whole: Quote, off_minor: Sequence[int], *, is_gift: bool = False) -> Quote:
    """Lower the lines of a quote by a voucher's parts in đồng, one for each line in their order; delivery stays.

    With `is_gift` the market pays them instead of the producers.
    """
    left = list(off_minor)
    parts = []
    for part in whole.parts:
        off, left = left[: len(part.lines)], left[len(part.lines) :]
        lines = tuple(_lower(line, minor, is_gift) for line, minor in zip(part.lines, off, strict=True))
        discount, gift = _sides(sum(off), is_gift)
        parts.append(
            replace(
                part,
                lines=lines,
                goods_minor=part.goods_minor - sum(off),
                discount_minor=discount,
                gift_minor=gift,
            )
        )
    total_off = sum(off_minor)
    discount, gift = _sides(total_off, is_gift)
    return replace(
        whole,
        parts=tuple(parts),
        goods_minor=whole.goods_minor - total_off,
        total_minor=whole.total_minor - total_off,
        discount_minor=discount,
        gift_minor=gift,
    )


def _lower(line: QuoteLine, minor: int, is_gift: bool) -> QuoteLine:  # noqa: FBT001 - which side bears it
    discount, gift = _sides(minor, is_gift)
    return replace(line, amount_minor=line.amount_minor - minor, discount_minor=discount, gift_minor=gift)


def _sides(minor: int, is_gift: bool) -> tuple[int, int]:  # noqa: FBT001 - which side bears it
    """(what the producers bear, what the market pays) of what comes off."""
    return (0, minor) if is_gift else (minor, 0)


def weigh(variant: Variant, quantity: int) -> int:
    """Say what a quantity weighs without any packing, in grams; pieces that the scale settles at their heaviest."""
    return quantity * variant.net_weight_g if variant.sold_by is SoldBy.PIECE else quantity


def require_sendable(whole: Quote) -> None:
    """Refuse a basket of which a parcel cannot travel as it was chosen; `NotSendableError`."""
    for part in whole.parts:
        if part.sending.refusal is not None:
            raise NotSendableError(part.producer_id, part.sending.refusal)


async def quote(
    session: AsyncSession,
    *,
    lines: Sequence[CartItem],
    now: datetime,
    phone: str | None = None,
    to: Destination | None = None,
    known: Known | None = None,
    besides: UUID | None = None,
) -> Quote:
    """Price a basket at the prices of this moment; parts and lines keep the order in which they were put in.

    `phone` (E.164) is the number that the buyer proved by logging in: it opens the price lists of its groups. Delivery is
    priced here and nowhere else: into the commune of `to`, by the ways chosen there (D1 to D8). A parcel that cannot
    travel so is told in its `sending`; `require_sendable` refuses it. What the unpaid order `besides` takes of a harvest
    counts as free.
    Raises `NotOnSaleError` for a pack that is not offered now, `OutOfSeasonError` for one between two seasons,
    `QuantityError` for one that is not sold so and `ContentMissingError` for a box with something that is not sold now.
    """
    known = known or await _read(session, lines)
    variants, offered = known.variants, known.listings
    contents = await listings.list_contents(session, variants.values())
    inside = [one.variant.id for of_bundle in contents.values() for one in of_bundle]
    wanted = [*variants, *inside]
    # One look tells which of the rest has to be asked: of most baskets there is nothing more.
    terms = await repository.list_terms(session, {one.producer_id for one in offered.values()}, wanted)
    offers: Mapping[UUID, Sequence[Offer]] = {}
    if any(one.has_steps for one in terms):
        offers = await pricelists.list_offers(session, list(variants), phone=phone, now=now)
    coming: Mapping[UUID, Coming] = {}
    if any(one.is_coming for one in terms):
        coming = await preorders.list_coming(session, wanted, now=now, besides=besides)
    priced: dict[UUID, list[QuoteLine]] = defaultdict(list)
    for line in lines:
        variant = variants.get(line.variant_id)
        if variant is None or not listings.is_on_sale(variant, offered[variant.listing_id]):
            raise NotOnSaleError(line.variant_id)
        if line.quantity <= 0 or line.quantity % variant.step:
            raise QuantityError(line.variant_id)
        listing = offered[variant.listing_id]
        if not listings.is_in_season(listing, on=today(now)):
            raise OutOfSeasonError(line.variant_id, listing, on=today(now))
        of_bundle = contents.get(variant.id, ())
        if obstacle := find_obstacle(of_bundle, coming=coming, on=today(now)):
            raise ContentMissingError(variant.id, listing.title, obstacle)
        offer = pricelists.find_best(
            offers.get(variant.id, ()), quantity=line.quantity, retail_minor=variant.price_minor
        )
        priced[listing.producer_id].append(
            QuoteLine(
                variant_id=variant.id,
                title=listing.title,
                variant_name=variant.name,
                sold_by=variant.sold_by,
                quantity=line.quantity,
                price_minor=variant.price_minor if offer is None else offer.price_minor,
                amount_minor=price_amount(variant, line.quantity, offer),
                bounds_g=variant.bounds_g,
                offer=offer,
                coming=coming.get(variant.id),
                contents=of_bundle,
                tax_kind=listing.tax_kind,
            )
        )
    rates = {one.producer_id: _read_rate(one) for one in terms}
    names = {one.producer_id: one.producer_name for one in terms}
    loads = {
        producer_id: Load(
            sum(line.amount_minor for line in of_producer),
            sum(weigh(variants[line.variant_id], line.quantity) for line in of_producer),
            frozenset(
                listing.temperature
                for line in of_producer
                for listing in (
                    [one.listing for one in line.contents] or [offered[variants[line.variant_id].listing_id]]
                )
            ),
            max((line.coming.expected_on for line in of_producer if line.coming), default=None),
        )
        for producer_id, of_producer in priced.items()
    }
    flats = {one: flat(rate.fee_minor, rate.free_from_minor) for one, rate in rates.items()}
    with_ways = [one.producer_id for one in terms if one.has_ways and one.producer_id in loads]
    own = await delivery.list_methods(session, with_ways)
    sent = await delivery.plan(session, loads=loads, flat=flats, own=own, to=to or Destination(now=now))
    parts = []
    for producer_id, of_producer in priced.items():
        goods, sending = loads[producer_id].goods_minor, sent[producer_id]
        before = sending.along.load.goods_minor if sending.along else 0
        missing = rates[producer_id].minimum_minor - goods - before
        if missing > 0:
            sending = replace(sending, refusal=say_minimum(rates[producer_id].minimum_minor, missing))
        parts.append(
            QuotePart(
                producer_id,
                tuple(of_producer),
                goods,
                sending.fee_minor,
                sending=sending,
                producer_name=names[producer_id],
            )
        )
    goods = sum(part.goods_minor for part in parts)
    fees = sum(part.delivery_minor for part in parts)
    return Quote(tuple(parts), goods, fees, goods + fees)


async def _read(session: AsyncSession, lines: Sequence[CartItem]) -> Known:
    return Known(*await listings.get_packs(session, {line.variant_id for line in lines}))


def _read_rate(terms: repository.Terms) -> Rate:
    if terms.fee_minor is None:
        return NOTHING_SAID
    return Rate(terms.fee_minor, terms.free_from_minor, terms.minimum_minor or 0)


async def get_rates(session: AsyncSession, producer_ids: Collection[UUID]) -> dict[UUID, Rate]:
    """Get what each producer takes for a parcel; one who never said takes `DEFAULT_DELIVERY_MINOR`."""
    said = await repository.list_rates(session, list(producer_ids))
    rates = dict.fromkeys(producer_ids, NOTHING_SAID)
    return rates | {
        rate.producer_id: Rate(rate.fee_minor, rate.free_from_minor, rate.minimum_minor) for rate in said
    }


async def set_rate(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fee_minor: int,
    free_from_minor: int | None,
    minimum_minor: int = 0,
) -> None:
    """Keep what a producer takes for a parcel and from what worth on they send, in đồng; orders placed keep theirs."""
    await repository.save_rate(
        session,
        producer_id=producer_id,
        fee_minor=fee_minor,
        free_from_minor=free_from_minor,
        minimum_minor=minimum_minor,
    )
    await invalidate(session, f"producer:{producer_id}")
