"""Stays: the houses in which a producer lets beds, their sleeping places, and their place in the shop window."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_code, uuid7
from app.core.text import slugify
from app.places import service as places
from app.web.cache import invalidate
from producers.cooperatives import service as cooperatives
from storefront.catalog import service as catalog
from storefront.catalog.models import EntryKind
from storefront.stays import repository
from storefront.stays.errors import NotReadyError, PlaceNotFoundError, StayNotFoundError
from storefront.stays.models import SleepingPlace, Stay
from storefront.stays.schemas import StayFields

_SUFFIX_LENGTH = 4
PER = "một đêm"
"""What the price of a card is for, kept in Vietnamese; pages say it in the visitor's language."""


async def get_stay(session: AsyncSession, stay_id: UUID) -> Stay:
    """Get a stay; raises `StayNotFoundError`."""
    stay = await session.get(Stay, stay_id)
    if stay is None:
        raise StayNotFoundError
    return stay


async def get_own_stay(session: AsyncSession, *, stay_id: UUID, producer_id: UUID) -> Stay:
    """Get a producer's stay; another's raises `StayNotFoundError` too."""
    stay = await get_stay(session, stay_id)
    if stay.producer_id != producer_id:
        raise StayNotFoundError
    return stay


async def get_public_stay(session: AsyncSession, slug: str) -> Stay:
    """Get a published stay by the word in its address; raises `StayNotFoundError`."""
    stay = await repository.find_by_slug(session, slug)
    if stay is None or not stay.is_published:
        raise StayNotFoundError
    return stay


async def get_place(session: AsyncSession, place_id: UUID) -> tuple[SleepingPlace, Stay]:
    """Get a sleeping place and its house; raises `PlaceNotFoundError`."""
    found = await repository.find_place(session, place_id)
    if found is None:
        raise PlaceNotFoundError
    return found


async def get_place_of(session: AsyncSession, *, stay: Stay, place_id: UUID) -> SleepingPlace:
    """Get a sleeping place of this stay; another's raises `PlaceNotFoundError` too."""
    place, own = await get_place(session, place_id)
    if own.id != stay.id:
        raise PlaceNotFoundError
    return place


async def list_stays(session: AsyncSession, producer_id: UUID) -> list[Stay]:
    """List a producer's stays, the newest first."""
    return await repository.list_stays(session, producer_id)


async def list_published(session: AsyncSession) -> list[Stay]:
    """List every stay that the shop shows, the newest first."""
    return await repository.list_stays(session)


async def list_places(
    session: AsyncSession, stay_ids: Collection[UUID], *, with_inactive: bool = False
) -> dict[UUID, list[SleepingPlace]]:
    """List the sleeping places of stays in order; those no longer let only `with_inactive`."""
    found: dict[UUID, list[SleepingPlace]] = {stay_id: [] for stay_id in stay_ids}
    for place in await repository.list_places(session, stay_ids):
        if place.is_active or with_inactive:
            found[place.stay_id].append(place)
    return found


async def photo_ids(session: AsyncSession, stay_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """List the photos of stays, in order."""
    found: dict[UUID, list[UUID]] = {stay_id: [] for stay_id in stay_ids}
    for photo in await repository.list_photos(session, stay_ids):
        found[photo.stay_id].append(photo.photo_id)
    return found


def lowest_price(found: Sequence[SleepingPlace]) -> int | None:
    """The lowest price of a bed or room for a night in đồng; None when nothing is let."""
    return min((place.price_minor for place in found), default=None)


async def create_stay(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fields: StayFields,
    commune_code: str,
    photos: Sequence[UUID] = (),
    now: datetime,
    stay_id: UUID | None = None,
) -> Stay:
    """Make a stay that is not shown yet; its address comes from the title, one that is taken gets a random end.

    With a `stay_id` that made one before that one is answered (`StayNotFoundError` for another's).
    """
    base = slugify(fields.title) or "cho-nghi"
    wanted = stay_id or uuid7()
    values = {
        **fields.model_dump(),
        "id": wanted,
        "producer_id": producer_id,
        "commune_code": commune_code,
        "is_published": False,
        "created_at": now,
    }
    slug = base
    while await repository.insert_stay(session, {**values, "slug": slug}) is None:
        if await repository.has_stay(session, wanted):
            return await get_own_stay(session, stay_id=wanted, producer_id=producer_id)
        slug = f"{base}-{new_code(_SUFFIX_LENGTH).lower()}"
    for photo_id in photos:
        await repository.insert_photo(session, stay_id=wanted, photo_id=photo_id, now=now)
    return await get_stay(session, wanted)


async def update_stay(
    session: AsyncSession,
    *,
    stay_id: UUID,
    fields: StayFields,
    commune_code: str,
    photos: Sequence[UUID] = (),
    removed_photos: Collection[UUID] = (),
    now: datetime,
) -> Stay:
    """Change a stay; its address stays, and so do the hours of what is booked."""
    stay = await get_stay(session, stay_id)
    for name, value in fields.model_dump().items():
        setattr(stay, name, value)
    stay.commune_code = commune_code
    await session.flush()
    await repository.delete_photos(session, stay_id, removed_photos)
    for photo_id in photos:
        await repository.insert_photo(session, stay_id=stay_id, photo_id=photo_id, now=now)
    await announce(session, stay, now=now)
    return stay


async def publish_stay(session: AsyncSession, *, stay: Stay, now: datetime) -> None:
    """Put a stay into the shop window; raises `NotReadyError` while no bed is let in it, `PracticeOnlyError`."""
    await cooperatives.require_real(session, stay.producer_id)
    if not (await list_places(session, [stay.id]))[stay.id]:
        raise NotReadyError
    stay.is_published = True
    await session.flush()
    await announce(session, stay, now=now)


async def unpublish_stay(session: AsyncSession, *, stay: Stay, now: datetime) -> None:
    """Take a stay out of the shop window; what is booked stands."""
    stay.is_published = False
    await session.flush()
    await announce(session, stay, now=now)


async def announce(session: AsyncSession, stay: Stay, *, now: datetime) -> None:
    """Keep the catalogue's entry, and rebuild the pages that show the stay."""
    lowest = lowest_price((await list_places(session, [stay.id]))[stay.id])
    photos = (await photo_ids(session, [stay.id]))[stay.id]
    await catalog.upsert_entry(
        session,
        ref_id=stay.id,
        kind=EntryKind.STAY,
        slug=stay.slug,
        producer_id=stay.producer_id,
        title=stay.title,
        subtitle=await places.describe(session, stay.commune_code),
        words=f"{stay.summary} {stay.description} {stay.meeting_point} homestay nhà sàn chỗ ngủ",
        price_minor=lowest,
        price_unit=PER,
        photo_id=photos[0] if photos else None,
        is_visible=stay.is_published and lowest is not None,
        now=now,
    )
    await refresh(session, stay.id)


async def refresh(session: AsyncSession, stay_id: UUID) -> None:
    """Rebuild the pages that show a stay: its free beds are others now."""
    await invalidate(session, f"stay:{stay_id}")
