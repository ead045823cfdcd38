"""Selects of stays, their photos and sleeping places."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.stays.models import SleepingPlace, Stay, StayPhoto


async def insert_stay(session: AsyncSession, values: dict[str, Any]) -> UUID | None:
    """Insert a stay; None when its id is there or the slug is taken."""
    statement = insert(Stay).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(Stay.id))


async def has_stay(session: AsyncSession, stay_id: UUID) -> bool:
    """Whether there is a stay of this id."""
    return await session.scalar(select(Stay.id).where(Stay.id == stay_id)) is not None


async def find_by_slug(session: AsyncSession, slug: str) -> Stay | None:
    """Select a stay by the word in its address."""
    return await session.scalar(select(Stay).where(Stay.slug == slug))


async def list_stays(session: AsyncSession, producer_id: UUID | None = None) -> list[Stay]:
    """Select a producer's stays, or all that are published; the newest first."""
    which = Stay.is_published if producer_id is None else Stay.producer_id == producer_id
    return list(await session.scalars(select(Stay).where(which).order_by(Stay.id.desc())))


async def list_photos(session: AsyncSession, stay_ids: Collection[UUID]) -> list[StayPhoto]:
    """Select the photos of stays in their order."""
    statement = select(StayPhoto).where(StayPhoto.stay_id.in_(stay_ids))
    return list(await session.scalars(statement.order_by(StayPhoto.position, StayPhoto.id)))


async def insert_photo(session: AsyncSession, *, stay_id: UUID, photo_id: UUID, now: datetime) -> None:
    """Put a photo behind the others; one that is there already stays."""
    behind = select(func.coalesce(func.max(StayPhoto.position) + 1, 0)).where(StayPhoto.stay_id == stay_id)
    position = await session.scalar(behind)
    values = {"stay_id": stay_id, "photo_id": photo_id, "position": position, "created_at": now}
    await session.execute(
        insert(StayPhoto).values(**values).on_conflict_do_nothing(index_elements=["stay_id", "photo_id"])
    )


async def delete_photos(session: AsyncSession, stay_id: UUID, photo_ids: Collection[UUID]) -> None:
    """Take photos off a stay."""
    await session.execute(
        delete(StayPhoto).where(StayPhoto.stay_id == stay_id, StayPhoto.photo_id.in_(photo_ids))
    )


async def find_place(session: AsyncSession, place_id: UUID) -> tuple[SleepingPlace, Stay] | None:
    """Select a sleeping place with its house."""
    statement = select(SleepingPlace, Stay).join(Stay, Stay.id == SleepingPlace.stay_id)
    row = (await session.execute(statement.where(SleepingPlace.id == place_id))).one_or_none()
    return None if row is None else (row[0], row[1])


async def lock_places(session: AsyncSession, stay_id: UUID) -> None:
    """Lock a stay, so that nobody adds a place to it, and its sleeping places, ids ascending, beside what only points to them."""
    await session.execute(select(Stay.id).where(Stay.id == stay_id).with_for_update(key_share=True))
    statement = select(SleepingPlace).where(SleepingPlace.stay_id == stay_id).order_by(SleepingPlace.id)
    statement = statement.with_for_update(of=SleepingPlace, key_share=True)
    # Read to the end: what a page has read before is made new.
    (await session.scalars(statement.execution_options(populate_existing=True))).all()


async def list_places(session: AsyncSession, stay_ids: Collection[UUID]) -> list[SleepingPlace]:
    """Select the sleeping places of stays in their order."""
    statement = select(SleepingPlace).where(SleepingPlace.stay_id.in_(stay_ids))
    return list(await session.scalars(statement.order_by(SleepingPlace.position, SleepingPlace.id)))
