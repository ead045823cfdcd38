"""What stands in a new practice farm: a tea plot, a pond, two products that ask to wait, and a draft to sell."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.farms import service as farms
from producers.farms.models import Crop, SiteKind
from producers.farms.schemas import NewFarm, NewSite
from producers.inputs import service as inputs
from producers.inputs.models import InputKind
from producers.inputs.schemas import NewInput
from producers.listings import service as listings
from producers.listings.schemas import ListingFields, NewPack

COMMUNE = "05503"  # Xã Tân Cương, Tỉnh Thái Nguyên: a place that tea growers know
SITES = (
    NewSite(name="Đồi chè tập", kind=SiteKind.PLOT, crop=Crop.TEA, area_m2=1_000),
    NewSite(name="Ao cá tập", kind=SiteKind.POND, crop=Crop.STURGEON, volume_m3=200),
)
INPUTS = (
    NewInput(kind=InputKind.PESTICIDE, name="Thuốc sâu tập", crop=Crop.TEA, days=10),
    NewInput(kind=InputKind.DRUG, name="Thuốc cá tập", crop=Crop.STURGEON, days=30),
)
GOODS = ListingFields(title="Chè tập", crop=Crop.TEA, shelf_life_days=365)
PACK = NewPack(name="Gói 100 g", weight_g=100, price_minor=50_000)


async def furnish(session: AsyncSession, *, producer_id: UUID, person_id: UUID, now: datetime) -> None:
    """Put it all in."""
    home = NewFarm(name="Vườn tập", commune_code=COMMUNE, hamlet="Xóm Tập", owner_id=person_id)
    farm = await farms.create_farm(session, producer_id=producer_id, farm=home, now=now)
    for site in SITES:
        await farms.create_site(session, farm_id=farm.id, site=site, now=now)
    for product in INPUTS:
        await inputs.create_input(session, producer_id=producer_id, product=product, now=now)
    await listings.create_listing(session, producer_id=producer_id, fields=GOODS, packs=[PACK], now=now)
