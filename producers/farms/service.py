"""Farms and their sites: where the work is done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.cooperatives import service as cooperatives
from producers.farms import repository
from producers.farms.errors import FarmNotFoundError, NotAMembersFarmError, SiteNotFoundError
from producers.farms.models import Farm, Site
from producers.farms.schemas import NewFarm, NewSite


async def list_farms(session: AsyncSession, producer_id: UUID) -> list[Farm]:
    """List the farms of a producer, the oldest first."""
    return list(await repository.list_farms(session, producer_id))


async def list_sites(session: AsyncSession, producer_id: UUID) -> list[Site]:
    """List the sites of a producer, farm by farm."""
    return list(await repository.list_sites(session, producer_id))


async def get_farm(session: AsyncSession, farm_id: UUID) -> Farm:
    """Get a farm; raises `FarmNotFoundError`."""
    farm = await session.get(Farm, farm_id)
    if farm is None:
        raise FarmNotFoundError
    return farm


async def get_farms(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Farm]:
    """Get several farms by id in one query; ids that are unknown are left out."""
    return {farm.id: farm for farm in await repository.list_farms_by_id(session, ids)}


async def get_own_farm(session: AsyncSession, *, farm_id: UUID, producer_id: UUID) -> Farm:
    """Get a farm of this producer; another producer's does not exist for them (`FarmNotFoundError`)."""
    farm = await get_farm(session, farm_id)
    if farm.producer_id != producer_id:
        raise FarmNotFoundError
    return farm


async def get_site(session: AsyncSession, site_id: UUID) -> Site:
    """Get a site; raises `SiteNotFoundError`."""
    site = await session.get(Site, site_id)
    if site is None:
        raise SiteNotFoundError
    return site


async def get_sites(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Site]:
    """Get several sites by id in one query; ids that are unknown are left out."""
    return {site.id: site for site in await repository.list_sites_by_id(session, ids)}


async def get_own_site(session: AsyncSession, *, site_id: UUID, producer_id: UUID) -> Site:
    """Get a site of this producer; another producer's does not exist for them (`SiteNotFoundError`)."""
    site = await get_site(session, site_id)
    if (await get_farm(session, site.farm_id)).producer_id != producer_id:
        raise SiteNotFoundError
    return site


async def create_farm(
    session: AsyncSession,
    *,
    producer_id: UUID,
    farm: NewFarm,
    now: datetime,
    farm_id: UUID | None = None,
) -> Farm:
    """Make a farm, or answer the one that this `farm_id` made before; its household, if named, must be a member.

    Raises `NotAMembersFarmError`, `FarmNotFoundError` (another's id).
    """
    await _check_owner(session, producer_id, farm.owner_id)
    wanted = farm_id or uuid7()
    values = {"id": wanted, "producer_id": producer_id, "created_at": now, **farm.model_dump()}
    await repository.insert_farm(session, values)
    return await get_own_farm(session, farm_id=wanted, producer_id=producer_id)


async def update_farm(session: AsyncSession, *, farm_id: UUID, producer_id: UUID, farm: NewFarm) -> Farm:
    """Change a farm of this producer; raises `FarmNotFoundError`, `NotAMembersFarmError`."""
    kept = await get_own_farm(session, farm_id=farm_id, producer_id=producer_id)
    await _check_owner(session, producer_id, farm.owner_id)
    for name, value in farm.model_dump().items():
        setattr(kept, name, value)
    await session.flush()
    return kept


async def create_site(
    session: AsyncSession, *, farm_id: UUID, site: NewSite, now: datetime, site_id: UUID | None = None
) -> Site:
    """Make a site of a farm, or answer the one that this `site_id` made before.

    Raises `FarmNotFoundError`, `SiteNotFoundError` (an id of another farm).
    """
    await get_farm(session, farm_id)
    wanted = site_id or uuid7()
    await repository.insert_site(
        session, {"id": wanted, "farm_id": farm_id, "created_at": now, **site.model_dump()}
    )
    made = await get_site(session, wanted)
    if made.farm_id != farm_id:
        raise SiteNotFoundError
    return made


async def update_site(session: AsyncSession, *, site_id: UUID, producer_id: UUID, site: NewSite) -> Site:
    """Change a site of this producer; raises `SiteNotFoundError`."""
    kept = await get_own_site(session, site_id=site_id, producer_id=producer_id)
    for name, value in site.model_dump().items():
        setattr(kept, name, value)
    await session.flush()
    return kept


async def _check_owner(session: AsyncSession, producer_id: UUID, owner_id: UUID | None) -> None:
    if owner_id is not None and not await cooperatives.list_roles(
        session, producer_id=producer_id, person_id=owner_id
    ):
        raise NotAMembersFarmError
