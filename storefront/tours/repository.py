"""Queries about tours: what they are, their options, price types and photos."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    bindparam,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.models import (
    SeasonPrice,
    Tour,
    TourOption,
    TourPhoto,
    TourUnit,
)


async def insert_tour(session: AsyncSession, values: dict[str, Any]) -> UUID | None:
    """Insert a tour; None when its id is there or the slug is taken."""
    statement = insert(Tour).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(Tour.id))


async def has_tour(session: AsyncSession, tour_id: UUID) -> bool:
    """Whether there is a tour of this id."""
    return await session.scalar(select(Tour.id).where(Tour.id == tour_id)) is not None


async def find_tour_by_slug(session: AsyncSession, slug: str) -> Tour | None:
    """Select a tour by the word in its address."""
    return await session.scalar(select(Tour).where(Tour.slug == slug))


async def list_tours(session: AsyncSession, producer_id: UUID | None = None) -> list[Tour]:
    """Select a producer's tours, or all that are published; the newest first."""
    which = Tour.is_published if producer_id is None else Tour.producer_id == producer_id
    return list(await session.scalars(select(Tour).where(which).order_by(Tour.id.desc())))


async def get_tours(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Tour]:
    """Select tours by id."""
    return {tour.id: tour for tour in await session.scalars(select(Tour).where(Tour.id.in_(ids)))}


async def lock_tours(session: AsyncSession, ids: Collection[UUID]) -> list[Tour]:
    """Lock tours, ids ascending: whoever makes, opens or closes days of theirs comes one after the other.

    Bookings, which only refer to a tour, pass.
    """
    statement = select(Tour).where(Tour.id.in_(ids)).order_by(Tour.id)
    statement = statement.with_for_update(of=Tour, key_share=True).execution_options(populate_existing=True)
    return list(await session.scalars(statement))


_OFFERED = (
    select(TourOption, TourUnit, exists().where(SeasonPrice.option_id == TourOption.id))
    .join(TourUnit, TourUnit.option_id == TourOption.id)
    .where(TourOption.tour_id.in_(bindparam("tour_ids", expanding=True)))
    .order_by(TourOption.position, TourOption.id, TourUnit.position, TourUnit.id)
)


async def list_offered(
    session: AsyncSession, tour_ids: Collection[UUID]
) -> list[tuple[TourOption, TourUnit, bool]]:
    """Select the options of tours with their price types in their order, and whether an option has prices by season."""
    rows = await session.execute(_OFFERED, {"tour_ids": list(tour_ids)})
    return [(option, unit, has_seasons) for option, unit, has_seasons in rows]


async def list_options(session: AsyncSession, tour_ids: Collection[UUID]) -> list[TourOption]:
    """Select the options of tours in their order."""
    statement = select(TourOption).where(TourOption.tour_id.in_(tour_ids))
    return list(await session.scalars(statement.order_by(TourOption.position, TourOption.id)))


async def insert_option(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert an option; False when its id is there."""
    statement = insert(TourOption).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(TourOption.id)) is not None


async def get_option(session: AsyncSession, option_id: UUID) -> TourOption:
    """Select by id one that is there."""
    return await session.get_one(TourOption, option_id)


async def list_units(session: AsyncSession, option_ids: Collection[UUID]) -> list[TourUnit]:
    """Select the price types of options in their order."""
    statement = select(TourUnit).where(TourUnit.option_id.in_(option_ids))
    return list(await session.scalars(statement.order_by(TourUnit.position, TourUnit.id)))


async def list_photos(session: AsyncSession, tour_ids: Collection[UUID]) -> list[TourPhoto]:
    """Select the photos of tours in their order."""
    statement = select(TourPhoto).where(TourPhoto.tour_id.in_(tour_ids))
    return list(await session.scalars(statement.order_by(TourPhoto.position, TourPhoto.id)))


async def insert_photo(session: AsyncSession, *, tour_id: UUID, photo_id: UUID, now: datetime) -> None:
    """Put a photo behind the others; one that is there already stays."""
    behind = select(func.coalesce(func.max(TourPhoto.position) + 1, 0)).where(TourPhoto.tour_id == tour_id)
    position = await session.scalar(behind)
    values = {"tour_id": tour_id, "photo_id": photo_id, "position": position, "created_at": now}
    await session.execute(
        insert(TourPhoto).values(**values).on_conflict_do_nothing(index_elements=["tour_id", "photo_id"])
    )


async def delete_photos(session: AsyncSession, tour_id: UUID, photo_ids: Collection[UUID]) -> None:
    """Take photos off a tour."""
    await session.execute(
        delete(TourPhoto).where(TourPhoto.tour_id == tour_id, TourPhoto.photo_id.in_(photo_ids))
    )
