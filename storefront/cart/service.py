"""The basket: what a visitor means to buy, known by a cookie, without an account."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import hash_token, new_token
from producers.listings import service as listings
from producers.listings.errors import VariantNotFoundError
from producers.listings.models import Listing, SoldBy, Variant
from producers.listings.service import Content
from storefront.bundles import service as bundles
from storefront.bundles.errors import ContentMissingError
from storefront.bundles.obstacles import Obstacle, find_obstacle
from storefront.cart import repository
from storefront.cart.errors import CartLineNotFoundError, FullCartError, NotOfferedError, StepError
from storefront.cart.models import Cart, CartLine
from storefront.cart.repository import OrderedCart
from storefront.delivery.ways import Destination, Sending
from storefront.preorders import service as preorders
from storefront.preorders.service import Coming
from storefront.pricelists.service import Offer
from storefront.pricing import service as pricing
from storefront.pricing.errors import OutOfSeasonError
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
    offer: Offer | None = None
    """The price list's step that it is priced at; None: the listing's own price."""
    coming: Coming | None = None
    """The harvest that it is ordered from before it is there; `left` is of its cap then."""
    contents: tuple[Content, ...] = ()
    """What lies in each box of a bundle."""
    scarce: Content | None = None
    """And which of it runs short first."""
    obstacle: Obstacle | None = None
    """And which of it is not sold now."""

    @property
    def is_short(self) -> bool:
        """Whether less is left than is wanted."""
        return self.left < self.quantity


@dataclass(frozen=True)
class PricedPart:
    """What one producer sends."""

    producer_id: UUID
    producer_name: str
    lines: tuple[PricedLine, ...]
    goods_minor: int
    delivery_minor: int
    sending: Sending
    """How it travels, and whether it can."""


@dataclass(frozen=True)
class PricedCart:
    """A basket as its page shows it; `gone` are lines that are no longer offered."""

    parts: tuple[PricedPart, ...]
    gone: tuple[PricedLine, ...]
    goods_minor: int
    delivery_minor: int
    total_minor: int

    @property
    def expected_on(self) -> date | None:
        """The latest day on which a pre-ordered line is expected; None: all of it is here."""
        return max(
            (line.coming.expected_on for part in self.parts for line in part.lines if line.coming),
            default=None,
        )

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


async def mark_ordered(session: AsyncSession, cart_id: UUID, now: datetime) -> OrderedCart | None:
    """Lock a basket that becomes an order, and note it: its cookie then opens a new one. None when it is one already."""
    return await repository.mark_ordered(session, cart_id, now)


async def list_lines(session: AsyncSession, cart_id: UUID) -> list[CartLine]:
    """List what lies in a basket, in the order in which it was put in."""
    return await repository.list_lines(session, cart_id)


async def list_packs(session: AsyncSession, cart_id: UUID) -> tuple[list[CartLine], pricing.Known]:
    """List what lies in a basket as `list_lines` does, with its packs; one query."""
    found = await repository.list_packs(session, cart_id)
    variants = {variant.id: variant for _line, variant, _listing in found}
    offered = {listing.id: listing for _line, _variant, listing in found}
    return [line for line, _variant, _listing in found], pricing.Known(variants, offered)


async def look_into(session: AsyncSession, token: str) -> tuple[int, UUID | None]:
    """Count the packs in the basket of a cookie, and say to which order it is added; 0 and None once it is ordered."""
    return await repository.find_open(session, hash_token(token)) or (0, None)


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


async def begin_cart(session: AsyncSession, *, variant_id: UUID, quantity: int, now: datetime) -> str:
    """Begin a basket with so much of a pack (pieces or grams, up to MOST) in it; answers the cookie's value.

    Raises as `add_line` does for the pack.
    """
    variant = await _get_offered(session, variant_id, quantity, now=now)
    token = new_token()
    await repository.begin_cart(
        session,
        hash_token(token),
        variant_id=variant_id,
        quantity=min(quantity, _most(variant)),
        now=now,
    )
    return token


async def add_line(
    session: AsyncSession, *, cart_id: UUID, variant_id: UUID, quantity: int, now: datetime
) -> None:
    """Put more of a pack (pieces or grams) into a basket, up to MOST.

    Raises `NotOfferedError`, pricing's `OutOfSeasonError`, the bundles' `ContentMissingError`, `StepError`,
    `FullCartError`, or `CartLineNotFoundError` when the basket became an order.
    """
    variant = await _get_offered(session, variant_id, quantity, now=now)
    await _touch_with_room(session, cart_id, variant_id, now=now)
    await repository.put_line(
        session,
        cart_id=cart_id,
        variant_id=variant_id,
        quantity=quantity,
        most=_most(variant),
        now=now,
    )


async def _get_offered(session: AsyncSession, variant_id: UUID, quantity: int, *, now: datetime) -> Variant:
    """Get a pack of which so much may be put into a basket now."""
    try:
        variant = await listings.get_variant(session, variant_id)
    except VariantNotFoundError as error:
        raise NotOfferedError from error
    listing = await listings.get_listing(session, variant.listing_id)
    if not listings.is_on_sale(variant, listing):
        raise NotOfferedError
    if not listings.is_in_season(listing, on=today(now)):
        raise OutOfSeasonError(variant_id, listing, on=today(now))
    contents = (await listings.list_contents(session, [variant])).get(variant_id, ())
    if obstacle := await _find_obstacle(session, contents, now=now):
        raise ContentMissingError(variant_id, listing.title, obstacle)
    _check(variant, quantity)
    return variant


async def _touch_with_room(session: AsyncSession, cart_id: UUID, variant_id: UUID, *, now: datetime) -> None:
    """Lock a basket that is being filled, and note when; `FullCartError` when it has no room for this pack."""
    cart = await _lock_open(session, cart_id)
    others = [line for line in await list_lines(session, cart_id) if line.variant_id != variant_id]
    if len(others) >= MOST_LINES:
        raise FullCartError
    cart.touched_at = now
    await session.flush()


async def change_line(
    session: AsyncSession, *, cart_id: UUID, line_id: UUID, quantity: int, now: datetime
) -> None:
    """Set how much of a pack lies in a basket; nothing takes it out.

    Raises `CartLineNotFoundError`, also when the basket became an order, and `StepError`.
    """
    cart = await _lock_open(session, cart_id)
    line = await repository.find_line(session, cart_id=cart_id, line_id=line_id)
    if line is None:
        raise CartLineNotFoundError
    if quantity <= 0:
        await repository.remove_line(session, line_id)
    else:
        variant = await listings.get_variant(session, line.variant_id)
        _check(variant, quantity)
        line.quantity = min(quantity, _most(variant))
    cart.touched_at = now
    await session.flush()


async def join_order(session: AsyncSession, cart_id: UUID, order_id: UUID | None, *, now: datetime) -> None:
    """Let what lies in a basket go along with an order's parcels, or by itself (None)."""
    cart = await repository.lock_cart(session, cart_id)
    cart.joins_order_id = order_id
    cart.touched_at = now
    await session.flush()


async def edit_order(
    session: AsyncSession, cart_id: UUID, order_id: UUID, *, from_cart_id: UUID, now: datetime
) -> None:
    """Let a basket take an unpaid order's place: what that was made of is put in, besides what lies there.

    Pressed again it changes nothing. Raises `FullCartError`, and `CartLineNotFoundError` when the basket became an order.
    """
    cart = await _lock_open(session, cart_id)
    if cart.edits_order_id == order_id:
        return
    lines = await list_lines(session, from_cart_id)
    all_ids = {line.variant_id for line in [*lines, *await list_lines(session, cart_id)]}
    if len(all_ids) > MOST_LINES:
        raise FullCartError
    variants = await listings.get_variants(session, all_ids)
    for line in lines:
        await repository.put_line(
            session,
            cart_id=cart_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
            most=_most(variants[line.variant_id]),
            now=now,
        )
    cart.edits_order_id, cart.joins_order_id = order_id, None
    cart.touched_at = now
    await session.flush()


async def leave_order(
    session: AsyncSession, cart_id: UUID, *, without_cart_id: UUID | None, now: datetime
) -> None:
    """Let a basket take no order's place after all; packs that lie in the other basket too go out of it."""
    cart = await _lock_open(session, cart_id)
    if without_cart_id is not None:
        old_ids = {line.variant_id for line in await list_lines(session, without_cart_id)}
        for line in await list_lines(session, cart_id):
            if line.variant_id in old_ids:
                await repository.remove_line(session, line.id)
    cart.edits_order_id = None
    cart.touched_at = now
    await session.flush()


async def price_cart(
    session: AsyncSession,
    cart_id: UUID,
    *,
    now: datetime,
    phone: str | None = None,
    to: Destination | None = None,
    besides: UUID | None = None,
) -> PricedCart:
    """Price a basket and say what falls short; three queries, however much lies in it, and a few more with boxes in it.

    Where two lines want the same goods the one that was put in first has them (H3). What the unpaid order `besides` holds
    counts as free (E1). `phone` (E.164) is the number that the buyer proved by logging in. A few queries more where packs
    are in price lists or ordered ahead, and where producers set up ways of delivery: their prices, and with a commune in
    `to` where they lie.
    """
    lines, known = await list_packs(session, cart_id)
    variants, offered = known.variants, known.listings
    contents = await listings.list_contents(session, variants.values())
    inside = [one for of_bundle in contents.values() for one in of_bundle]
    wanted_ids = [*variants, *(one.variant.id for one in inside)]
    left = await stock.available(session, wanted_ids, now=now, besides=besides)
    coming = await _list_coming(session, inside, now=now)
    here: dict[UUID, PricedLine] = {}
    gone: list[PricedLine] = []
    for line in lines:
        variant = variants[line.variant_id]
        listing, of_bundle = offered[variant.listing_id], contents.get(variant.id, ())
        one = PricedLine(
            line.id,
            variant,
            listing,
            line.quantity,
            pricing.price_amount(variant, line.quantity),
            left[variant.id],
            contents=of_bundle,
            obstacle=find_obstacle(of_bundle, coming=coming, on=today(now)),
        )
        is_sold = listings.is_on_sale(variant, listing) and listings.is_in_season(listing, on=today(now))
        if is_sold and one.obstacle is None:
            here[variant.id] = one
        else:
            gone.append(one)
    wanted = [bundles.Wanted(one.variant.id, one.quantity, one.contents) for one in here.values()]
    for share, one in zip(bundles.share_out(wanted, left), list(here.values()), strict=True):
        here[one.variant.id] = replace(one, left=share.left, scarce=share.scarce)
    items = [pricing.CartItem(variant_id, one.quantity) for variant_id, one in here.items()]
    quote = await pricing.quote(
        session, lines=items, now=now, phone=phone, to=to, known=known, besides=besides
    )
    parts = tuple(
        PricedPart(
            part.producer_id,
            part.producer_name,
            tuple(_as_quoted(here[line.variant_id], line) for line in part.lines),
            part.goods_minor,
            part.delivery_minor,
            part.sending,
        )
        for part in quote.parts
    )
    return PricedCart(parts, tuple(gone), quote.goods_minor, quote.delivery_minor, quote.total_minor)


async def _list_coming(
    session: AsyncSession, contents: Collection[Content], *, now: datetime
) -> Mapping[UUID, Coming]:
    """Which of what lies in boxes is ordered ahead now; nothing is asked without a box."""
    ids = [one.variant.id for one in contents]
    return await preorders.list_coming(session, ids, now=now) if ids else {}


async def _find_obstacle(
    session: AsyncSession, contents: Sequence[Content], *, now: datetime
) -> Obstacle | None:
    coming = await _list_coming(session, contents, now=now)
    return find_obstacle(contents, coming=coming, on=today(now))


async def forget_carts(session: AsyncSession, *, now: datetime) -> None:
    """Delete baskets that nobody touched for KEPT_FOR and that became no order."""
    await repository.delete_untouched(session, now - KEPT_FOR)


async def _lock_open(session: AsyncSession, cart_id: UUID) -> Cart:
    """Lock a basket that is being filled: what is in it must not change while it becomes an order."""
    cart = await repository.lock_cart(session, cart_id)
    if cart.ordered_at is not None:
        raise CartLineNotFoundError
    return cart


def _as_quoted(line: PricedLine, quoted: pricing.QuoteLine) -> PricedLine:
    left = quoted.coming.left if quoted.coming else line.left
    return replace(
        line, amount_minor=quoted.amount_minor, offer=quoted.offer, coming=quoted.coming, left=left
    )


def _check(variant: Variant, quantity: int) -> None:
    if quantity <= 0 or quantity % variant.step:
        raise StepError


def _most(variant: Variant) -> int:
    """The most of a pack, in whole steps."""
    return max(MOST[variant.sold_by] // variant.step * variant.step, variant.step)
