"""A household that sells to a cooperative, what it got ahead, and its settlements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.intake import service as intake
from producers.intake.models import IntakeSlip
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.settlements import advances, service
from storefront.settlements.models import Advance, AdvanceKind, Settlement
from storefront.settlements.schemas import NewAdvance
from tests.factories import producers

NOW = producers.NOW
DAY = today(NOW)
MONTH = Period(since=DAY - timedelta(days=30), until=DAY)


@dataclass(frozen=True)
class House:
    """The ids of a household: who pays it, its person, its plot, and the manager who settles."""

    producer_id: UUID
    person_id: UUID
    site_id: UUID
    manager_id: UUID


async def make_house(
    session: AsyncSession, *, producer_id: UUID | None = None, name: str = "Nguyễn Thị Mận", **producer: Any
) -> House:
    """A member household with a plot, of a new cooperative with a manager unless `producer_id` is given."""
    if producer_id is None:
        producer_id = (await producers.make_producer(session, **producer)).id
    manager = await producers.make_membership(session, producer_id=producer_id)
    person = await producers.make_person(session, name=name)
    await producers.make_membership(session, producer_id=producer_id, person_id=person.id, role=Role.MEMBER)
    farm = await producers.make_farm(session, producer_id=producer_id, owner_id=person.id)
    site = await producers.make_site(session, farm_id=farm.id)
    return House(producer_id, person.id, site.id, manager.person_id)


async def weigh(
    session: AsyncSession, house: House, grams: int = 10_000, price: int = 35_000, **overrides: Any
) -> IntakeSlip:
    """A slip of the household: ten kilos at 35,000 đồng unless told otherwise."""
    values: dict[str, Any] = {
        "site_id": house.site_id,
        "recorded_by_id": house.manager_id,
        "weight_g": grams,
        "price_per_kg_minor": price,
        "amount_minor": intake.amount_of(grams, price),
    }
    return await producers.make_slip(session, **values | overrides)


async def make_advance(
    session: AsyncSession,
    house: House,
    amount: int = 100_000,
    *,
    given_on: date = DAY,
    kind: AdvanceKind = AdvanceKind.INPUT,
    **overrides: Any,
) -> Advance:
    """Two sacks of fertiliser on credit."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "person_id": house.person_id,
        "kind": kind,
        "amount_minor": amount,
        "given_on": given_on,
        "what_for": "phân NPK",
    }
    if kind is AdvanceKind.INPUT:
        values |= {"quantity_milli": 2_000, "unit": "bao"}
    return await advances.give_advance(
        session,
        advance=NewAdvance(**values | overrides),
        producer_id=house.producer_id,
        by_id=house.manager_id,
        now=NOW,
    )


async def make_settlement(
    session: AsyncSession,
    house: House,
    *,
    period: Period = MONTH,
    settlement_id: UUID | None = None,
    now: datetime = NOW,
) -> Settlement:
    """Settle what the household weighed in on these days."""
    return await service.settle(
        session,
        settlement_id=settlement_id or uuid7(),
        producer_id=house.producer_id,
        person_id=house.person_id,
        period=period,
        by_id=house.manager_id,
        now=now,
    )


async def owed_to(session: AsyncSession, house: House) -> int:
    """What the books owe the household for leaf (đồng)."""
    return -await ledger.balance(session, accounts.member_payable(house.producer_id, house.person_id))


async def ahead_of(session: AsyncSession, house: House) -> int:
    """What the household still has ahead by the books (đồng)."""
    return await ledger.balance(session, accounts.member_advance(house.producer_id, house.person_id))
