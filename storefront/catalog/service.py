"""The catalogue: one row for each thing that the shop shows, written when the thing itself changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.driver import Fetch
from app.places import service as places
from app.web.cache import EVERYTHING, invalidate
from producers.cooperatives import service as cooperatives
from producers.listings import service as listings
from producers.listings.models import ListingState, PricedBy, Variant
from storefront.catalog import repository
from storefront.catalog import words as spelling
from storefront.catalog.models import Card, EntryKind

if TYPE_CHECKING:
    from producers.cooperatives.events import ProducerChanged
    from producers.listings.events import ListingChanged

PAGE_SIZE = 20
MAX_ADDRESSES = 50_000
"""The most that one sitemap may hold (sitemaps.org protocol)."""


@dataclass(frozen=True)
class Found:
    """One page of what a search found."""

    entries: list[Card]
    has_more: bool


async def upsert_entry(
    session: AsyncSession,
    *,
    ref_id: UUID,
    kind: EntryKind,
    slug: str,
    producer_id: UUID,
    title: str,
    subtitle: str,
    words: str,
    price_minor: int | None,
    price_unit: str,
    photo_id: UUID | None,
    is_visible: bool,
    now: datetime,
) -> None:
    """Write what cards and the search show of one thing; `words` are found too but not shown.

    `price_minor` is the lowest price in đồng, per `price_unit`. The newest `now` stands first.
    Nothing of a practice farm is written: this is the one way into the shop's lists, its search and its sitemap.
    """
    if (await cooperatives.get_producer(session, producer_id)).is_practice:
        return
    await repository.save_entry(
        session,
        {
            "ref_id": ref_id,
            "kind": kind,
            "slug": slug,
            "producer_id": producer_id,
            "title": title,
            "subtitle": subtitle,
            "price_minor": price_minor,
            "price_unit": price_unit,
            "photo_id": photo_id,
            "is_visible": is_visible,
            "ranked_at": now,
            "exact_text": spelling.index_exact(title, subtitle, words),
            "folded_text": spelling.index_folded(title, subtitle, words),
        },
    )
    await invalidate(session, "catalog")


async def list_entries(
    session: AsyncSession, *kinds: EntryKind, producer_id: UUID | None = None, limit: int = PAGE_SIZE
) -> list[Card]:
    """List what the shop shows of some kinds, of one producer or of all, newest first."""
    return await repository.list_entries(session, kinds=kinds, producer_id=producer_id, limit=limit)


async def list_addresses(session: AsyncSession) -> list[tuple[EntryKind, str]]:
    """List kind and slug of everything that the shop shows, at most MAX_ADDRESSES."""
    return list(await repository.list_addresses(session, MAX_ADDRESSES))


async def search(fetch: Fetch, *, text: str, kind: EntryKind | None = None, page: int = 1) -> Found:
    """Search as people type: without marks or with, half words, chè for trà, HTX for hợp tác xã; one statement.

    Hits with the marks as typed come first, then hits in the title, then the others. Without a word it lists all.
    """
    query = spelling.read_query(text)
    offset = (page - 1) * PAGE_SIZE
    entries = await repository.search(fetch, query, kind=kind, offset=offset, limit=PAGE_SIZE + 1)
    return Found(entries[:PAGE_SIZE], len(entries) > PAGE_SIZE)


async def on_listing_changed(session: AsyncSession, event: ListingChanged) -> None:
    """Keep the entry of a listing, and of those whose boxes hold a pack of it; rebuild the pages that show it."""
    for listing_id in [event.listing_id, *await listings.list_bundles_with(session, event.listing_id)]:
        await _write_listing(session, listing_id)
    await invalidate(session, f"listing:{event.listing_id}")


async def on_producer_changed(session: AsyncSession, event: ProducerChanged) -> None:
    """Keep the entries of a producer and of its listings, and rebuild the pages that show them."""
    producer = await cooperatives.get_producer(session, event.producer_id)
    place = await places.describe(session, producer.commune_code)
    await upsert_entry(
        session,
        ref_id=producer.id,
        kind=EntryKind.PRODUCER,
        slug=producer.slug,
        producer_id=producer.id,
        title=producer.name,
        subtitle=place,
        words=producer.about,
        price_minor=None,
        price_unit="",
        photo_id=producer.photo_id,
        is_visible=True,
        now=producer.created_at,
    )
    for listing in await listings.list_listings(session, producer.id):
        await _write_listing(session, listing.id)
    await invalidate(session, f"producer:{producer.id}")


async def turn_day(session: AsyncSession) -> None:
    """Rebuild every page: papers and goods that ended with the day are shown no longer."""
    await invalidate(session, EVERYTHING)


async def _write_listing(session: AsyncSession, listing_id: UUID) -> None:
    listing = await listings.get_listing(session, listing_id)
    packs = (await listings.list_variants(session, [listing_id]))[listing_id]
    photos = (await listings.photo_ids(session, [listing_id]))[listing_id]
    producer = await cooperatives.get_producer(session, listing.producer_id)
    place = await places.describe(session, producer.commune_code)
    contents = await listings.list_contents(session, packs)
    inside = {one.listing.id: one.listing.title for of_bundle in contents.values() for one in of_bundle}
    lowest = min(packs, key=lambda pack: pack.price_minor, default=None)
    await upsert_entry(
        session,
        ref_id=listing.id,
        kind=EntryKind.LISTING,
        slug=listing.slug,
        producer_id=listing.producer_id,
        title=listing.title,
        subtitle=producer.name,
        words=" ".join([spelling.CROP_WORDS[listing.crop], place, *inside.values(), listing.description]),
        price_minor=lowest.price_minor if lowest else None,
        price_unit=unit_of(lowest) if lowest else "",
        photo_id=photos[0] if photos else None,
        is_visible=listing.state is ListingState.PUBLISHED and lowest is not None,
        now=listing.updated_at,
    )


def unit_of(variant: Variant) -> str:
    """What the price is for: the pack's own name, or a kilo."""
    return variant.name if variant.priced_by is PricedBy.PIECE else "kg"
