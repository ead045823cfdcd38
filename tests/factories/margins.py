"""A cooperative that buys leaf or fish, makes goods of it and sells them: from the slip to the money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives.models import Role
from producers.farms.models import Crop
from producers.intake.models import Grade, IntakeSlip
from producers.listings.models import Variant
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.fees.service import Terms
from storefront.ledger.periods import Period
from storefront.margins import service
from storefront.margins.service import Margin
from tests.factories import producers, storefront
from tests.factories.settlements import DAY, NOW, House, make_house, weigh
from traceability.lots import service as lots
from traceability.lots.models import Lot
from traceability.lots.schemas import SourceKind, SourcePart

THIS = Period(since=DAY - timedelta(days=9), until=DAY)
BEFORE = Period(since=DAY - timedelta(days=60), until=DAY - timedelta(days=10))
BOTH = Period(since=BEFORE.since, until=THIS.until)
EARLIER = NOW - timedelta(days=40)
"""An instant of BEFORE."""


@dataclass(frozen=True)
class Press:
    """A household, who buys of it, and the boxes of 200 g at 350.000 that are made."""

    house: House
    variant: Variant

    @property
    def producer_id(self) -> UUID:
        """The cooperative."""
        return self.house.producer_id


async def make_press(session: AsyncSession) -> Press:
    """A cooperative with one household and one pack of tea."""
    house = await make_house(session)
    listing = await storefront.make_listing(session, producer_id=house.producer_id)
    return Press(house, await storefront.make_variant(session, listing_id=listing.id))


async def make_pond(session: AsyncSession) -> Press:
    """The same with fish, sold by the scale."""
    producer_id = (await producers.make_producer(session)).id
    manager = await producers.make_membership(session, producer_id=producer_id)
    person = await producers.make_person(session)
    await producers.make_membership(session, producer_id=producer_id, person_id=person.id, role=Role.MEMBER)
    farm = await producers.make_farm(session, producer_id=producer_id, owner_id=person.id)
    site = await producers.make_site(session, farm_id=farm.id, crop=Crop.STURGEON)
    listing = await storefront.make_listing(
        session, producer_id=producer_id, title="Cá tầm sống", crop=Crop.STURGEON, shelf_life_days=3
    )
    fish = await storefront.make_fish(session, listing_id=listing.id)
    return Press(House(producer_id, person.id, site.id, manager.person_id), fish)


async def make_goods(
    session: AsyncSession, press: Press, quantity_g: int, taken: dict[IntakeSlip, int], **more: Any
) -> Lot:
    """A lot of so many grams out of so much of each slip; `entry` names a picking of the diary and its grams."""
    parts = [SourcePart(SourceKind.INTAKE, slip.id, grams) for slip, grams in taken.items()]
    if "entry" in more:
        entry_id, grams = more["entry"]
        parts.append(SourcePart(SourceKind.HARVEST, entry_id, grams))
    return await lots.create_lot(
        session,
        producer_id=press.producer_id,
        variant_id=more.get("variant_id", press.variant.id),
        sources=parts,
        quantity_g=quantity_g,
        produced_on=DAY,
        person_id=press.house.manager_id,
        now=NOW,
    )


async def make_tea(session: AsyncSession, press: Press, boxes: int, **of_slip: Any) -> Lot:
    """So many boxes of a slip of their own: five kilos of leaf (or `grams`) for a kilo of tea."""
    grams = of_slip.pop("grams", boxes * 1_000)
    slip = await weigh(session, press.house, grams, **{"grade": Grade.ONE_LEAF} | of_slip)
    return await make_goods(session, press, boxes * 200, {slip: grams})


async def take_fee(session: AsyncSession, press: Press, kind: FeeKind, basis_points: int) -> None:
    """Let the market take a part of the press's sales from today on."""
    await fees.set_fee(
        session,
        producer_id=press.producer_id,
        kind=kind,
        terms=Terms(basis_points=basis_points),
        valid_from=DAY,
        person_id=press.house.manager_id,
        now=NOW,
    )


async def read(session: AsyncSession, press: Press, period: Period = THIS) -> Margin:
    """The one margin of a period, as the manager reads it."""
    found = await service.read_margins(
        session,
        producer_id=press.producer_id,
        person_id=press.house.manager_id,
        reads_all=True,
        period=period,
    )
    [margin] = found.margins
    return margin
