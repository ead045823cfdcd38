"""Listings: what a producer offers, in which packs, at which price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.ids import new_code, uuid7
from app.core.text import slugify
from producers.cooperatives import service as cooperatives
from producers.farms.models import Crop
from producers.listings import merging, repository
from producers.listings.errors import (
    ListingEditedError,
    ListingNotFoundError,
    NoPackError,
    VariantNotFoundError,
)
from producers.listings.events import ListingChanged
from producers.listings.models import (
    BundleContent,
    Listing,
    ListingPhoto,
    ListingState,
    PricedBy,
    SoldBy,
    TaxKind,
    Temperature,
    Variant,
)
from producers.listings.schemas import ListingFields, NewPack, PackChange

_SUFFIX_LENGTH = 4
_NO_BASE: Mapping[str, str] = MappingProxyType({})
_NO_CONTENTS: Mapping[UUID, int] = MappingProxyType({})


@dataclass(frozen=True)
class Content:
    """A pack in a bundle, with its listing: so many pieces of it lie in each box."""

    variant: Variant
    listing: Listing
    quantity: int


async def get_variant(session: AsyncSession, variant_id: UUID) -> Variant:
    """Get a pack; raises `VariantNotFoundError`."""
    variant = await session.get(Variant, variant_id)
    if variant is None:
        raise VariantNotFoundError
    return variant


async def get_variants(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Variant]:
    """Get several packs by id in one query; ids that are unknown are left out."""
    return {variant.id: variant for variant in await repository.list_variants_by_id(session, ids)}


async def get_pack(session: AsyncSession, variant_id: UUID) -> tuple[Variant, Listing]:
    """Get a pack and its listing in one query; raises `VariantNotFoundError`."""
    found = await repository.list_packs(session, [variant_id])
    if not found:
        raise VariantNotFoundError
    return found[0]


async def get_packs(
    session: AsyncSession, ids: Collection[UUID]
) -> tuple[dict[UUID, Variant], dict[UUID, Listing]]:
    """Get several packs and their listings, each by its own id, in one query; ids that are unknown are left out."""
    found = await repository.list_packs(session, ids)
    return {variant.id: variant for variant, _ in found}, {listing.id: listing for _, listing in found}


async def get_listing(session: AsyncSession, listing_id: UUID) -> Listing:
    """Get a listing; raises `ListingNotFoundError`."""
    listing = await repository.find_listing(session, listing_id)
    if listing is None:
        raise ListingNotFoundError
    return listing


async def get_own_listing(session: AsyncSession, *, listing_id: UUID, producer_id: UUID) -> Listing:
    """Get a listing of this producer; another producer's does not exist for them (`ListingNotFoundError`)."""
    listing = await get_listing(session, listing_id)
    if listing.producer_id != producer_id:
        raise ListingNotFoundError
    return listing


async def get_listings(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Listing]:
    """Get several listings by id in one query; ids that are unknown are left out."""
    return {listing.id: listing for listing in await repository.list_listings_by_id(session, ids)}


async def find_listing_by_slug(session: AsyncSession, slug: str) -> Listing | None:
    """Find a listing by the word in its address, whatever its state."""
    return await repository.find_listing_by_slug(session, slug)


async def find_variant_by_gtin(session: AsyncSession, gtin14: str) -> Variant | None:
    """Find a pack by its GTIN-14, sold today or not."""
    return await repository.find_variant_by_gtin(session, gtin14)


async def find_variants_by_gtins(session: AsyncSession, gtins: Collection[str]) -> dict[str, Variant]:
    """Find several packs by GTIN-14 in one query; codes that are unknown are left out."""
    return {variant.gtin: variant for variant in await repository.list_variants_by_gtin(session, gtins)}


async def list_listings(session: AsyncSession, producer_id: UUID) -> list[Listing]:
    """List all listings of a producer, the latest change first."""
    return await repository.list_listings(session, producer_id)


async def list_variants(
    session: AsyncSession, listing_ids: Collection[UUID], *, with_inactive: bool = False
) -> dict[UUID, list[Variant]]:
    """List the packs on sale of each listing, in their order; one query. Packs taken off only on request."""
    found: dict[UUID, list[Variant]] = defaultdict(list)
    for variant in await repository.list_variants(session, listing_ids):
        if variant.is_active or with_inactive:
            found[variant.listing_id].append(variant)
    return found


async def list_contents(
    session: AsyncSession, variants: Iterable[Variant]
) -> dict[UUID, tuple[Content, ...]]:
    """List what lies in each bundle among these packs, in its order; one query, and none when no bundle is among them."""
    bundle_ids = {variant.id for variant in variants if variant.is_bundle}
    if not bundle_ids:
        return {}
    found: dict[UUID, list[Content]] = defaultdict(list)
    for bundle_id, variant, listing, quantity in await repository.list_contents(session, bundle_ids):
        found[bundle_id].append(Content(variant, listing, quantity))
    return {bundle_id: tuple(contents) for bundle_id, contents in found.items()}


async def list_bundles_with(session: AsyncSession, listing_id: UUID) -> list[UUID]:
    """List the listings whose bundles hold a pack of this listing."""
    return await repository.list_bundles_with(session, listing_id)


async def photo_ids(session: AsyncSession, listing_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """List the photos of each listing, the first is the cover; one query."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for photo in await repository.list_photos(session, listing_ids):
        found[photo.listing_id].append(photo.photo_id)
    return found


def is_on_sale(variant: Variant, listing: Listing) -> bool:
    """Whether the shop may sell this pack: it is active and its listing is published."""
    return variant.is_active and listing.state is ListingState.PUBLISHED


def is_in_season(listing: Listing, *, on: date) -> bool:
    """Whether this day in Vietnam lies in the listing's season, its first and last day with it."""
    has_begun = listing.sold_from is None or listing.sold_from <= on
    return has_begun and (listing.sold_until is None or on <= listing.sold_until)


async def create_listing(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fields: ListingFields,
    packs: Sequence[NewPack],
    photos: Sequence[UUID] = (),
    now: datetime,
    listing_id: UUID | None = None,
    contents: Mapping[UUID, int] = _NO_CONTENTS,
) -> Listing:
    """Make a draft with its packs (each takes the producer's next GTIN) and photos, the cover first.

    The address comes from the title; a title that is taken gets a short random end. With a `listing_id` that made a
    listing before (even at this very instant) that one is answered. With `contents` (pieces by variant) its packs are
    bundles of them, as `bundling.create_bundle` has looked them over. Raises `NoPackError`.
    """
    if not packs:
        raise NoPackError
    base = slugify(fields.title) or "mon"
    slug = base
    row = {
        **fields.model_dump(),
        "temperature": fields.temperature or _usual_temperature(fields.crop),
        "tax_kind": fields.tax_kind or TaxKind.GOODS,
        "id": listing_id or uuid7(),
        "producer_id": producer_id,
        "state": ListingState.DRAFT,
        "created_at": now,
        "updated_at": now,
    }
    while (made := await repository.insert_listing(session, {**row, "slug": slug})) is None:
        if listing_id is not None and await repository.find_listing(session, listing_id) is not None:
            return await get_own_listing(session, listing_id=listing_id, producer_id=producer_id)
        slug = f"{base}-{new_code(_SUFFIX_LENGTH).lower()}"
    listing = await get_listing(session, made)
    await _add_packs(session, listing, packs, first=0, now=now, contents=contents)
    await _add_photos(session, listing, photos, now=now)
    await emit(session, ListingChanged(listing_id=listing.id))
    return listing


async def update_listing(
    session: AsyncSession,
    *,
    listing_id: UUID,
    version: int,
    base: Mapping[str, str] = _NO_BASE,
    fields: ListingFields,
    changes: Sequence[PackChange] = (),
    packs: Sequence[NewPack] = (),
    photos: Sequence[UUID] = (),
    removed_photos: Collection[UUID] = (),
    now: datetime,
    pack_id: UUID | None = None,
) -> Listing:
    """Save an edit that was begun at `version` from the values of `base`: words, prices of packs, new packs, photos.

    With a `pack_id` the new pack (the form has one) is made once, however often the form is sent. What only somebody else changed in between stays. Raises `ListingEditedError` when both changed the same field to
    different values (a field without a base counts as changed), `ListingNotFoundError`, `VariantNotFoundError` for a
    pack of another listing, and `NoPackError` when a published listing would be left without a pack.
    """
    listing = await _lock(session, listing_id)
    own = {variant.id: variant for variant in await repository.list_variants(session, [listing_id])}
    if any(change.variant_id not in own for change in changes):
        raise VariantNotFoundError
    packs = await _leave_out_made(session, packs, own, pack_id)
    typed, conflicts = merging.merge(
        merging.say_edit(fields, changes),
        base,
        merging.say_listing(listing, own.values()),
        is_current=listing.version == version,
    )
    if conflicts:
        raise ListingEditedError(listing.version, conflicts, typed)
    for name, value in fields.model_dump().items():
        if name in typed:
            setattr(listing, name, value)
    for change in changes:
        for name, value in change.model_dump(exclude={"variant_id"}).items():
            if f"pack_{change.variant_id}_{name}" in typed:
                setattr(own[change.variant_id], name, value)
    await _add_packs(session, listing, packs, first=len(own), now=now, pack_id=pack_id)
    has_pack = bool(packs) or any(variant.is_active for variant in own.values())
    if listing.state is ListingState.PUBLISHED and not has_pack:
        raise NoPackError
    await repository.remove_photos(session, listing_id, removed_photos)
    await _add_photos(session, listing, photos, now=now)
    await _touch(session, listing, now)
    return listing


async def _leave_out_made(
    session: AsyncSession, packs: Sequence[NewPack], own: Collection[UUID], pack_id: UUID | None
) -> Sequence[NewPack]:
    """The new packs of a form, none when it was sent before; an id of another listing's pack is not theirs to use."""
    if pack_id in own:
        return ()
    if pack_id is not None and packs and await get_variants(session, [pack_id]):
        raise VariantNotFoundError
    return packs


async def attach_photo(
    session: AsyncSession, *, listing_id: UUID, person_id: UUID, photo_id: UUID, now: datetime
) -> None:
    """Add a photo that arrived after the listing's words; a repeat changes nothing.

    The version stays: whoever edits the words meanwhile loses nothing. Raises `ListingNotFoundError` for whoever does
    not work for its producer (any more).
    """
    listing = await _lock(session, listing_id)
    if not await cooperatives.list_roles(session, producer_id=listing.producer_id, person_id=person_id):
        raise ListingNotFoundError
    await _add_photos(session, listing, [photo_id], now=now)
    await emit(session, ListingChanged(listing_id=listing_id))


async def publish_listing(session: AsyncSession, *, listing_id: UUID, now: datetime) -> Listing:
    """Put a listing into the shop window; raises `NoPackError`, `ListingNotFoundError`, `PracticeOnlyError`."""
    listing = await _lock(session, listing_id)
    await cooperatives.require_real(session, listing.producer_id)
    if not (await list_variants(session, [listing_id]))[listing_id]:
        raise NoPackError
    listing.state = ListingState.PUBLISHED
    await _touch(session, listing, now)
    return listing


async def pause_listing(session: AsyncSession, *, listing_id: UUID, now: datetime) -> Listing:
    """Take a listing out of the shop window; its address and labels keep working.

    Raises `ListingNotFoundError`, `PracticeOnlyError` (what never stood there cannot be taken out).
    """
    listing = await _lock(session, listing_id)
    await cooperatives.require_real(session, listing.producer_id)
    listing.state = ListingState.PAUSED
    await _touch(session, listing, now)
    return listing


def _usual_temperature(crop: Crop) -> Temperature:
    return Temperature.AMBIENT if crop is Crop.TEA else Temperature.CHILLED


async def _lock(session: AsyncSession, listing_id: UUID) -> Listing:
    listing = await repository.lock_listing(session, listing_id)
    if listing is None:
        raise ListingNotFoundError
    return listing


async def _touch(session: AsyncSession, listing: Listing, now: datetime) -> None:
    listing.version += 1
    listing.updated_at = now
    await session.flush()
    await emit(session, ListingChanged(listing_id=listing.id))


async def _add_packs(
    session: AsyncSession,
    listing: Listing,
    packs: Sequence[NewPack],
    *,
    first: int,
    now: datetime,
    contents: Mapping[UUID, int] = _NO_CONTENTS,
    pack_id: UUID | None = None,
) -> None:
    for position, pack in enumerate(packs, start=first):
        variant = Variant(
            id=(pack_id if position == first else None) or uuid7(),
            listing_id=listing.id,
            name=pack.name,
            gtin=await cooperatives.take_gtin(session, listing.producer_id),
            sold_by=pack.sold_by,
            step=pack.weight_g if pack.sold_by is SoldBy.GRAM else 1,
            net_weight_g=pack.weight_g,
            price_minor=pack.price_minor,
            priced_by=pack.priced_by or PricedBy(pack.sold_by),
            least_g=pack.least_g,
            most_g=pack.weight_g if pack.least_g is not None else None,
            position=position,
            is_active=True,
            is_bundle=bool(contents),
            created_at=now,
        )
        session.add(variant)
        await session.flush()
        session.add_all(
            BundleContent(
                bundle_variant_id=variant.id, variant_id=variant_id, quantity=quantity, position=place
            )
            for place, (variant_id, quantity) in enumerate(contents.items())
        )
    await session.flush()


async def _add_photos(
    session: AsyncSession, listing: Listing, photos: Sequence[UUID], *, now: datetime
) -> None:
    first = await repository.next_photo_position(session, listing.id)
    there = (await photo_ids(session, [listing.id]))[listing.id]
    new = [photo_id for photo_id in dict.fromkeys(photos) if photo_id not in there]
    for position, photo_id in enumerate(new, start=first):
        session.add(ListingPhoto(listing_id=listing.id, photo_id=photo_id, position=position, created_at=now))
    await session.flush()
