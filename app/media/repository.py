"""Selects of photos and recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.media.models import Photo, Recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


async def find_photo(session: AsyncSession, photo_id: UUID) -> Photo | None:
    """The photo, or None."""
    return await session.get(Photo, photo_id)


async def list_photos(session: AsyncSession, ids: Iterable[UUID]) -> Sequence[Photo]:
    """The photos among `ids` that there are."""
    return (await session.scalars(select(Photo).where(Photo.id.in_(set(ids))))).all()


async def find_same(session: AsyncSession, *, owner_id: UUID | None, sha256: bytes) -> Photo | None:
    """The oldest photo of this owner made from the same bytes, or None."""
    statement = (
        select(Photo)
        .where(Photo.owner_id.is_not_distinct_from(owner_id), Photo.sha256 == sha256)
        .order_by(Photo.id)
        .limit(1)
    )
    return (await session.scalars(statement)).one_or_none()


async def find_recording(session: AsyncSession, recording_id: UUID) -> Recording | None:
    """The recording, or None."""
    return await session.get(Recording, recording_id)


async def list_recordings(session: AsyncSession, ids: Iterable[UUID]) -> Sequence[Recording]:
    """The recordings among `ids` that there are."""
    return (await session.scalars(select(Recording).where(Recording.id.in_(set(ids))))).all()


async def find_same_recording(
    session: AsyncSession, *, owner_id: UUID | None, sha256: bytes
) -> Recording | None:
    """The oldest recording of this owner made of the same bytes, or None."""
    statement = (
        select(Recording)
        .where(Recording.owner_id.is_not_distinct_from(owner_id), Recording.sha256 == sha256)
        .order_by(Recording.id)
        .limit(1)
    )
    return (await session.scalars(statement)).one_or_none()
