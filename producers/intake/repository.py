"""Selects of weigh slips; a slip is effective when nothing corrects it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from producers.farms.models import Farm
from producers.intake.models import DayPrice, Grade, IntakeSlip, SlipPhoto


async def insert_slip(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a row; False when its id is known or what it corrects is corrected already."""
    statement = insert(IntakeSlip).values(**values).on_conflict_do_nothing().returning(IntakeSlip.id)
    return (await session.scalar(statement)) is not None


async def find_slip(session: AsyncSession, slip_id: UUID) -> IntakeSlip | None:
    """Select by id."""
    return await session.get(IntakeSlip, slip_id)


async def find_correction(session: AsyncSession, slip_id: UUID) -> IntakeSlip | None:
    """Select the slip that corrects this one."""
    return await session.scalar(select(IntakeSlip).where(IntakeSlip.corrects_id == slip_id))


async def insert_late_photo(session: AsyncSession, *, slip_id: UUID, photo_id: UUID, now: datetime) -> None:
    """Insert the photo that followed its slip; the first stays."""
    values = {"slip_id": slip_id, "photo_id": photo_id, "received_at": now}
    await session.execute(insert(SlipPhoto).values(**values).on_conflict_do_nothing())


async def find_late_photo(session: AsyncSession, slip_id: UUID) -> UUID | None:
    """Select the photo that followed a slip."""
    return await session.scalar(select(SlipPhoto.photo_id).where(SlipPhoto.slip_id == slip_id))


async def list_slips_by_id(session: AsyncSession, ids: Collection[UUID]) -> Sequence[IntakeSlip]:
    """Select several, corrected or not."""
    return (await session.scalars(select(IntakeSlip).where(IntakeSlip.id.in_(ids)))).all()


async def list_effective(
    session: AsyncSession,
    *,
    producer_id: UUID,
    limit: int,
    owner_id: UUID | None,
    written_by_id: UUID | None,
    since: datetime | None,
    before: datetime | None,
) -> Sequence[IntakeSlip]:
    """Select what holds for a producer (of one household or one hand, if named), weighed since and before, newest first."""
    later = aliased(IntakeSlip)
    statement = select(IntakeSlip).where(
        IntakeSlip.producer_id == producer_id, ~exists().where(later.corrects_id == IntakeSlip.id)
    )
    if owner_id is not None:
        statement = statement.join(Farm, Farm.id == IntakeSlip.farm_id).where(Farm.owner_id == owner_id)
    if written_by_id is not None:
        statement = statement.where(IntakeSlip.recorded_by_id == written_by_id)
    if since is not None:
        statement = statement.where(IntakeSlip.weighed_at >= since)
    if before is not None:
        statement = statement.where(IntakeSlip.weighed_at < before)
    statement = statement.order_by(IntakeSlip.weighed_at.desc(), IntakeSlip.id.desc()).limit(limit)
    return (await session.scalars(statement)).all()


async def list_helped(
    session: AsyncSession, *, person_id: UUID, helper_id: UUID | None, since: datetime | None, limit: int
) -> Sequence[IntakeSlip]:
    """Select what helpers wrote for a person, the latest to arrive first."""
    statement = select(IntakeSlip).where(
        IntakeSlip.recorded_by_id == person_id, IntakeSlip.helper_id.is_not(None)
    )
    if helper_id is not None:
        statement = statement.where(IntakeSlip.helper_id == helper_id)
    if since is not None:
        statement = statement.where(IntakeSlip.received_at > since)
    statement = statement.order_by(IntakeSlip.received_at.desc(), IntakeSlip.id.desc()).limit(limit)
    return (await session.scalars(statement)).all()


async def list_effective_of_sites(
    session: AsyncSession, site_ids: Collection[UUID]
) -> Sequence[tuple[UUID, datetime, int]]:
    """Select (site, weighed at, grams) of what holds for these sites."""
    later = aliased(IntakeSlip)
    statement = select(IntakeSlip.site_id, IntakeSlip.weighed_at, IntakeSlip.weight_g).where(
        IntakeSlip.site_id.in_(site_ids), ~exists().where(later.corrects_id == IntakeSlip.id)
    )
    return [(row.site_id, row.weighed_at, row.weight_g) for row in await session.execute(statement)]


async def save_price(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert a price, or put it in the place of one of the same day."""
    changed = {name: values[name] for name in ("price_per_kg_minor", "set_by_id", "created_at")}
    statement = (
        insert(DayPrice)
        .values(**values)
        .on_conflict_do_update(index_elements=["producer_id", "grade", "valid_from"], set_=changed)
    )
    await session.execute(statement)


async def list_prices_until(session: AsyncSession, producer_id: UUID, until: date) -> Sequence[DayPrice]:
    """Select every price that was set for a day or an earlier one, by grade, the oldest first."""
    statement = (
        select(DayPrice)
        .where(DayPrice.producer_id == producer_id, DayPrice.valid_from <= until)
        .order_by(DayPrice.grade, DayPrice.valid_from)
    )
    return (await session.scalars(statement)).all()


async def list_prices(session: AsyncSession, producer_id: UUID, on: date) -> dict[Grade, int]:
    """Select the price of each grade that holds on a day."""
    statement = (
        select(DayPrice.grade, DayPrice.price_per_kg_minor)
        .where(DayPrice.producer_id == producer_id, DayPrice.valid_from <= on)
        .order_by(DayPrice.grade, DayPrice.valid_from.desc())
        .ext(distinct_on(DayPrice.grade))
    )
    return {row.grade: row.price_per_kg_minor for row in await session.execute(statement)}
