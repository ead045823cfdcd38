"""Pre-orders: a cap that is taken like stock, and a harvest that is shared out to the oldest first. Rules of PREORDERS.md."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from app.web.cache import invalidate
from producers.listings import service as listings
from storefront.preorders import repository
from storefront.preorders.errors import (
    BundleOfferError,
    CapError,
    ExpectedDayError,
    InStockError,
    OfferNotFoundError,
    OfferOpenError,
)
from storefront.preorders.models import Preorder, PreorderOffer, PreorderState
from storefront.stock import service as stock
from storefront.stock.errors import HoldOverError, SoldOutError

if TYPE_CHECKING:
    from traceability.lots.events import LotReleased

MOST_SHOWN = 100


@dataclass(frozen=True)
class Coming:
    """A harvest that may be ordered now: `left` of its cap (pieces or grams), and the day on which it is expected."""

    offer_id: UUID
    expected_on: date
    left: int


@dataclass(frozen=True)
class WantedLine:
    """So much (pieces or grams) of an offer for one line of an order."""

    line_id: UUID
    variant_id: UUID
    offer_id: UUID
    quantity: int
    since: datetime | None = None
    """Since when it waits, if it takes the place of one that waited."""


@dataclass(frozen=True)
class Place:
    """Where an order stands in the row for a variant: since when, and with how much of it."""

    since: datetime
    quantity: int


@dataclass(frozen=True)
class Counts:
    """What became of an offer's cap: nobody paid yet, paid and waiting, already given stock."""

    unpaid: int
    waiting: int
    filled: int


async def list_coming(
    session: AsyncSession, variant_ids: Collection[UUID], *, now: datetime, besides: UUID | None = None
) -> dict[UUID, Coming]:
    """List by variant the harvests that may be ordered now; what is not on offer is left out.

    A taking whose time is over counts as free, and so does that of the unpaid order `besides`.
    """
    found = await repository.list_open(session, variant_ids, on=today(now))
    if not found:
        return {}
    free = await repository.sum_free(session, [one.id for one in found], now=now, besides=besides)
    return {
        one.variant_id: Coming(one.id, one.expected_on, one.cap - one.taken + free.get(one.id, 0))
        for one in found
    }


async def take(
    session: AsyncSession,
    *,
    order_id: UUID,
    lines: Sequence[WantedLine],
    expires_at: datetime,
    now: datetime,
) -> None:
    """Take the lines of an order from their caps until `expires_at`; what lies on the shelf unpromised is held at once.

    Raises stock's `SoldOutError` for the first variant whose cap falls short or whose offer is over; the caller then
    takes everything back.
    """
    variant_ids = {line.variant_id for line in lines}
    offers = await repository.lock_offers(session, variant_ids=variant_ids)
    await _sweep(session, offers, now=now)
    for line in sorted(lines, key=lambda line: (line.offer_id, line.line_id)):
        if not await repository.take(session, line.offer_id, line.quantity, on=today(now)):
            coming = (await list_coming(session, [line.variant_id], now=now)).get(line.variant_id)
            raise SoldOutError(line.variant_id, coming.left if coming else 0)
        session.add(
            Preorder(
                line_id=line.line_id,
                offer_id=line.offer_id,
                order_id=order_id,
                quantity=line.quantity,
                state=PreorderState.TAKEN,
                expires_at=expires_at,
                created_at=line.since or now,
            )
        )
    await session.flush()
    await _fill(session, offers, now=now)
    await _announce(session, variant_ids)


async def lock(session: AsyncSession, *, order_id: UUID, variant_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Lock the caps that an order takes of and those of some variants, all at once; says its places in the rows."""
    offers = await repository.lock_offers(session, variant_ids=variant_ids, order_id=order_id)
    variant_of = {one.id: one.variant_id for one in offers}
    return {
        variant_of[one.offer_id]: Place(one.created_at, one.quantity)
        for one in await repository.list_of_order(session, order_id)
        if one.state is not PreorderState.RELEASED
    }


async def extend(session: AsyncSession, *, order_id: UUID, expires_at: datetime) -> None:
    """Hold what an unpaid order takes until `expires_at` (UTC); `HoldOverError` when some was given back already."""
    if not await repository.lock_offers(session, order_id=order_id):
        return
    if any(one.state is PreorderState.RELEASED for one in await repository.list_of_order(session, order_id)):
        raise HoldOverError
    await repository.set_expiry(session, order_id, expires_at)


async def release(
    session: AsyncSession, *, order_id: UUID, line_ids: Collection[UUID] | None = None
) -> set[UUID]:
    """Give back to the caps what an order took, or the part of some lines, once; says which variants it was of.

    What stock holds for them is stock's to release, after this (the one order of locks); then `share_out`.
    """
    offers = {one.id: one for one in await repository.lock_offers(session, order_id=order_id)}
    given = [
        one
        for one in (await repository.list_of_order(session, order_id) if offers else [])
        if one.state is not PreorderState.RELEASED and (line_ids is None or one.line_id in line_ids)
    ]
    await _give_back(session, given)
    variant_ids = {offers[one.offer_id].variant_id for one in given}
    await _announce(session, variant_ids)
    return variant_ids


async def settle(session: AsyncSession, *, order_id: UUID, now: datetime) -> set[UUID]:
    """Note that an order is paid; says which of its lines wait for their harvest: stock has nothing to allocate for them.

    What was given back is taken anew if the cap has it, whatever the day; else `SoldOutError`, and the caller takes
    everything back. Doing it again is harmless.
    """
    offers = {one.id: one for one in await repository.lock_offers(session, order_id=order_id)}
    if not offers:
        return set()
    own = await repository.list_of_order(session, order_id)
    for one in own:
        if one.state is PreorderState.RELEASED:
            if not await repository.take_again(session, one.offer_id, one.quantity):
                offer = offers[one.offer_id]
                raise SoldOutError(offer.variant_id, offer.cap - offer.taken)
            one.state = PreorderState.FILLED if one.filled_at else PreorderState.TAKEN
        if one.state is PreorderState.TAKEN:
            one.state = PreorderState.PAID
    await session.flush()
    await _fill(session, list(offers.values()), now=now)
    return {one.line_id for one in own if one.state is PreorderState.PAID}


async def list_kept(session: AsyncSession, order_ids: Collection[UUID]) -> set[UUID]:
    """Those of the lines of some orders that were ordered ahead and not given back; one query."""
    return await repository.list_kept(session, order_ids)


async def share_out(session: AsyncSession, variant_ids: Collection[UUID], *, now: datetime) -> None:
    """Give what lies on the shelf unpromised to those who wait for it, the oldest first; each whole line or not yet."""
    if variant_ids:
        offers = await repository.lock_offers(session, variant_ids=variant_ids)
        await _sweep(session, offers, now=now)
        await _fill(session, offers, now=now)


async def on_lot_releasing(session: AsyncSession, event: LotReleased) -> None:
    """Lock the offers of a variant before stock locks its shelf: whoever takes locks in this order too."""
    await repository.lock_offers(session, variant_ids=[event.variant_id])


async def on_lot_released(session: AsyncSession, event: LotReleased) -> None:
    """Share a harvest out once it lies on the shelf; when nobody waits any more and some is left, the offer ends."""
    offers = await repository.lock_offers(session, variant_ids=[event.variant_id])
    if not offers:
        return
    now = await stock.get_released_at(session, event.lot_id)
    await _sweep(session, offers, now=now)
    await _fill(session, offers, now=now)
    waiting = await repository.list_waiting(session, [one.id for one in offers])
    left = (await stock.available(session, [event.variant_id], now=now))[event.variant_id]
    variant = await listings.get_variant(session, event.variant_id)
    if not waiting and left >= variant.step:
        for one in offers:
            one.ended_at = one.ended_at or now
        await session.flush()
    await _announce(session, {event.variant_id})


async def open_offer(
    session: AsyncSession,
    *,
    producer_id: UUID,
    variant_id: UUID,
    cap: int,
    expected_on: date,
    person_id: UUID,
    now: datetime,
    offer_id: UUID | None = None,
) -> PreorderOffer:
    """Offer so much (pieces or grams) of a harvest that is expected on a day.

    With an `offer_id` that made one of this pack before that one is answered. Raises `BundleOfferError`, `CapError`, `ExpectedDayError`, `InStockError` while the pack lies on the shelf, `OfferOpenError`, and the
    listings' errors for a pack of somebody else.
    """
    variant = await listings.get_variant(session, variant_id)
    await listings.get_own_listing(session, listing_id=variant.listing_id, producer_id=producer_id)
    if variant.is_bundle:
        raise BundleOfferError
    if cap <= 0 or cap % variant.step:
        raise CapError
    if expected_on < today(now):
        raise ExpectedDayError
    if (await stock.available(session, [variant_id], now=now))[variant_id] >= variant.step:
        raise InStockError
    wanted = offer_id or uuid7()
    values = {"id": wanted, "variant_id": variant_id, "cap": cap, "expected_on": expected_on}
    offer = await repository.insert_offer(session, {**values, "made_by_id": person_id, "created_at": now})
    if offer is None:
        known = await repository.find_offer(session, wanted)
        if known is None or known.variant_id != variant_id:
            raise OfferOpenError
        return known
    await _announce(session, {variant_id})
    return offer


async def end_offer(session: AsyncSession, *, offer_id: UUID, producer_id: UUID, now: datetime) -> None:
    """Take no more orders on a harvest; who ordered keeps their place. Doing it again is harmless.

    Raises `OfferNotFoundError`.
    """
    offer = await repository.find_offer(session, offer_id)
    if offer is None:
        raise OfferNotFoundError
    variant = await listings.get_variant(session, offer.variant_id)
    if (await listings.get_listing(session, variant.listing_id)).producer_id != producer_id:
        raise OfferNotFoundError
    await repository.lock_offers(session, variant_ids=[offer.variant_id])
    offer.ended_at = offer.ended_at or now
    await session.flush()
    await _announce(session, {offer.variant_id})


async def list_offers(session: AsyncSession, variant_ids: Collection[UUID]) -> list[PreorderOffer]:
    """List the offers of some variants, those that are over too, the newest first."""
    return await repository.list_offers(session, variant_ids, limit=MOST_SHOWN)


async def count(session: AsyncSession, offer_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """Say what became of the caps of some offers; one query."""
    sums = await repository.sum_states(session, offer_ids)
    return {
        offer_id: Counts(
            sums.get((offer_id, PreorderState.TAKEN), 0),
            sums.get((offer_id, PreorderState.PAID), 0),
            sums.get((offer_id, PreorderState.FILLED), 0),
        )
        for offer_id in offer_ids
    }


async def _sweep(session: AsyncSession, offers: Sequence[PreorderOffer], *, now: datetime) -> None:
    """Give back what was taken of locked offers and not paid in time."""
    waiting = await repository.list_waiting(session, [one.id for one in offers])
    over = [one for one in waiting if one.state is PreorderState.TAKEN and one.expires_at <= now]
    await _give_back(session, over)


async def _give_back(session: AsyncSession, given: Sequence[Preorder]) -> None:
    for one in sorted(given, key=lambda one: (one.offer_id, one.line_id)):
        one.state = PreorderState.RELEASED
        await repository.give_back(session, one.offer_id, one.quantity)
    await session.flush()


async def _fill(session: AsyncSession, offers: Sequence[PreorderOffer], *, now: datetime) -> None:
    """Hold stock for those who wait for locked offers, the oldest first; the first who cannot be served stops the row."""
    variant_of = {one.id: one.variant_id for one in offers}
    waiting = await repository.list_waiting(session, list(variant_of))
    if not waiting:
        return
    left = await stock.available(session, set(variant_of.values()), now=now)
    stopped: set[UUID] = set()
    for one in waiting:
        variant_id = variant_of[one.offer_id]
        if variant_id in stopped or left[variant_id] < one.quantity:
            stopped.add(variant_id)
            continue
        is_paid = one.state is PreorderState.PAID
        line = stock.StockLine(one.line_id, variant_id, one.quantity)
        until = now if is_paid else one.expires_at
        await stock.reserve(session, order_id=one.order_id, lines=[line], expires_at=until, now=now)
        if is_paid:
            await stock.allocate(session, order_id=one.order_id, now=now, line_ids=[one.line_id])
        one.state, one.filled_at = PreorderState.FILLED, now
        left[variant_id] -= one.quantity
    await session.flush()


async def _announce(session: AsyncSession, variant_ids: Collection[UUID]) -> None:
    """Rebuild the pages that say how much may be ordered."""
    for variant_id in sorted(variant_ids):
        await invalidate(session, f"stock:{variant_id}")
