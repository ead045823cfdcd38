"""Selects of delivery rates, and the look at what else a basket's price is made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives.models import Producer
from storefront.delivery.models import DeliveryMethod
from storefront.preorders.models import PreorderOffer
from storefront.pricelists.models import PriceStep
from storefront.pricing.models import DeliveryRate

# Built once: building a statement anew costs a third of asking it, and these are asked for every basket.
_TERMS = (
    select(
        Producer.id,
        Producer.name,
        DeliveryRate.fee_minor,
        DeliveryRate.free_from_minor,
        DeliveryRate.minimum_minor,
        exists().where(DeliveryMethod.producer_id == Producer.id, DeliveryMethod.is_active),
        exists().where(PriceStep.variant_id.in_(bindparam("variant_ids", expanding=True))),
        exists().where(
            PreorderOffer.variant_id.in_(bindparam("variant_ids", expanding=True)),
            PreorderOffer.ended_at.is_(None),
        ),
    )
    .outerjoin(DeliveryRate, DeliveryRate.producer_id == Producer.id)
    .where(Producer.id.in_(bindparam("producer_ids", expanding=True)))
)
_RATES = (
    select(DeliveryRate)
    .where(DeliveryRate.producer_id.in_(bindparam("producer_ids", expanding=True)))
    .execution_options(populate_existing=True)
)


class Terms(NamedTuple):
    """What a producer takes for a parcel (None where nothing was said), and what else is to be asked for.

    Whether the producer set up ways of delivery; whether any of the packs has a price in a list, or may be ordered ahead.
    """

    producer_id: UUID
    producer_name: str
    fee_minor: int | None
    free_from_minor: int | None
    minimum_minor: int | None
    has_ways: bool
    has_steps: bool
    is_coming: bool


async def list_terms(
    session: AsyncSession, producer_ids: Collection[UUID], variant_ids: Collection[UUID]
) -> list[Terms]:
    """Select the rates of several producers, and look whether there is more to a price of these packs."""
    asked = {"producer_ids": list(producer_ids), "variant_ids": list(variant_ids)}
    return [Terms(*row) for row in await session.execute(_TERMS, asked)]


async def list_rates(session: AsyncSession, producer_ids: Collection[UUID]) -> list[DeliveryRate]:
    """Select the rates of several producers."""
    return list(await session.scalars(_RATES, {"producer_ids": list(producer_ids)}))


async def save_rate(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fee_minor: int,
    free_from_minor: int | None,
    minimum_minor: int,
) -> None:
    """Insert or replace a producer's rate."""
    values = {"fee_minor": fee_minor, "free_from_minor": free_from_minor, "minimum_minor": minimum_minor}
    statement = insert(DeliveryRate).values(producer_id=producer_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["producer_id"], set_=values))
