"""Selects and locks of listings."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import BundleContent, Listing, ListingPhoto, Variant

# Built once: building a statement anew costs a third of asking it, and these are asked for every basket.
_LISTINGS = select(Listing).where(Listing.id.in_(bindparam("ids", expanding=True)))
_VARIANTS = select(Variant).where(Variant.id.in_(bindparam("ids", expanding=True)))
_PACKS = (
    select(Variant, Listing)
    .join(Listing, Listing.id == Variant.listing_id)
    .where(Variant.id.in_(bindparam("ids", expanding=True)))
)


async def insert_listing(session: AsyncSession, listing: dict[str, object]) -> UUID | None:
    """Insert a row; None when its slug or its id is taken."""
    statement = insert(Listing).values(**listing).on_conflict_do_nothing()
    return await session.scalar(statement.returning(Listing.id))


async def find_listing(session: AsyncSession, listing_id: UUID) -> Listing | None:
    """Select by id."""
    return await session.get(Listing, listing_id)


async def lock_listing(session: AsyncSession, listing_id: UUID) -> Listing | None:
    """Select by id for update, as it stands now."""
    statement = select(Listing).where(Listing.id == listing_id).with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def find_listing_by_slug(session: AsyncSession, slug: str) -> Listing | None:
    """Select by the word in the address."""
    return await session.scalar(select(Listing).where(Listing.slug == slug))


async def list_listings_by_id(session: AsyncSession, ids: Collection[UUID]) -> list[Listing]:
    """Select several."""
    return list(await session.scalars(_LISTINGS, {"ids": list(ids)}))


async def list_listings(session: AsyncSession, producer_id: UUID) -> list[Listing]:
    """Select a producer's, newest change first."""
    statement = select(Listing).where(Listing.producer_id == producer_id)
    return list(await session.scalars(statement.order_by(Listing.updated_at.desc(), Listing.id.desc())))


async def list_variants_by_id(session: AsyncSession, ids: Collection[UUID]) -> list[Variant]:
    """Select several packs."""
    return list(await session.scalars(_VARIANTS, {"ids": list(ids)}))


async def list_packs(session: AsyncSession, ids: Collection[UUID]) -> list[tuple[Variant, Listing]]:
    """Select several packs with their listings."""
    return [(variant, listing) for variant, listing in await session.execute(_PACKS, {"ids": list(ids)})]


async def find_variant_by_gtin(session: AsyncSession, gtin14: str) -> Variant | None:
    """Select by GTIN-14."""
    return await session.scalar(select(Variant).where(Variant.gtin == gtin14))


async def list_variants_by_gtin(session: AsyncSession, gtins: Collection[str]) -> list[Variant]:
    """Select several by GTIN-14."""
    return list(await session.scalars(select(Variant).where(Variant.gtin.in_(gtins))))


async def list_variants(session: AsyncSession, listing_ids: Collection[UUID]) -> list[Variant]:
    """Select all packs of the listings, in their order."""
    statement = select(Variant).where(Variant.listing_id.in_(listing_ids))
    return list(await session.scalars(statement.order_by(Variant.position, Variant.id)))


async def list_contents(
    session: AsyncSession, bundle_ids: Collection[UUID]
) -> list[tuple[UUID, Variant, Listing, int]]:
    """Select (bundle, pack in it, that pack's listing, how many), in the order of each bundle."""
    statement = (
        select(BundleContent.bundle_variant_id, Variant, Listing, BundleContent.quantity)
        .join(Variant, Variant.id == BundleContent.variant_id)
        .join(Listing, Listing.id == Variant.listing_id)
        .where(BundleContent.bundle_variant_id.in_(bundle_ids))
        .order_by(BundleContent.bundle_variant_id, BundleContent.position)
    )
    return [
        (bundle_id, variant, listing, quantity)
        for bundle_id, variant, listing, quantity in await session.execute(statement)
    ]


async def list_bundles_with(session: AsyncSession, listing_id: UUID) -> list[UUID]:
    """Select the listings whose bundles hold a pack of this listing."""
    held = (
        select(BundleContent.bundle_variant_id)
        .join(Variant, Variant.id == BundleContent.variant_id)
        .where(Variant.listing_id == listing_id)
    )
    statement = select(Variant.listing_id).where(Variant.id.in_(held)).distinct()
    return list(await session.scalars(statement.order_by(Variant.listing_id)))


async def list_photos(session: AsyncSession, listing_ids: Collection[UUID]) -> list[ListingPhoto]:
    """Select the photos of the listings, in their order."""
    statement = select(ListingPhoto).where(ListingPhoto.listing_id.in_(listing_ids))
    return list(await session.scalars(statement.order_by(ListingPhoto.position, ListingPhoto.id)))


async def remove_photos(session: AsyncSession, listing_id: UUID, photo_ids: Collection[UUID]) -> None:
    """Take photos off a listing; the pictures themselves stay."""
    await session.execute(
        delete(ListingPhoto).where(
            ListingPhoto.listing_id == listing_id, ListingPhoto.photo_id.in_(photo_ids)
        )
    )


async def next_photo_position(session: AsyncSession, listing_id: UUID) -> int:
    """The place after the last photo."""
    statement = select(func.coalesce(func.max(ListingPhoto.position) + 1, 0))
    return int(await session.scalar(statement.where(ListingPhoto.listing_id == listing_id)) or 0)
