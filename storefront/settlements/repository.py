"""Selects, inserts and the lock of settlements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from producers.farms.models import Farm
from producers.intake.models import IntakeSlip
from storefront.settlements.models import Advance, HouseholdBook, SetOff, Settlement, SettlementLine


async def lock_book(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID, now: datetime
) -> HouseholdBook:
    """Lock a household's book until the transaction ends, and open it if it is new."""
    key = {"producer_id": producer_id, "person_id": person_id}
    new = pg_insert(HouseholdBook).values(**key, created_at=now).on_conflict_do_nothing()
    await session.execute(new)
    statement = (
        select(HouseholdBook).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one()


async def find_book(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> HouseholdBook | None:
    """Find a household's book."""
    return await session.get(HouseholdBook, (producer_id, person_id))


async def list_households(session: AsyncSession, producer_id: UUID) -> list[UUID]:
    """Select the people whose farms the producer buys from, and those who have a book with it."""
    owners = select(Farm.owner_id).where(Farm.producer_id == producer_id, Farm.owner_id.is_not(None))
    booked = select(HouseholdBook.person_id).where(HouseholdBook.producer_id == producer_id)
    return list(await session.scalars(union(owners, booked)))


async def list_unsettled(
    session: AsyncSession, producer_id: UUID, person_id: UUID | None
) -> list[tuple[IntakeSlip, UUID]]:
    """Select (slip, household) of what holds and is in no settlement, the oldest first; of one household if named."""
    later = aliased(IntakeSlip)
    statement = (
        select(IntakeSlip, Farm.owner_id)
        .join(Farm, Farm.id == IntakeSlip.farm_id)
        .where(
            IntakeSlip.producer_id == producer_id,
            Farm.owner_id.is_not(None) if person_id is None else Farm.owner_id == person_id,
            ~exists().where(later.corrects_id == IntakeSlip.id),
            ~exists().where(SettlementLine.slip_id == IntakeSlip.id, ~SettlementLine.takes_back),
        )
        .order_by(IntakeSlip.weighed_at, IntakeSlip.id)
    )
    rows = await session.execute(statement)
    return [(slip, owner_id) for slip, owner_id in rows if owner_id is not None]


async def list_overtaken(
    session: AsyncSession, producer_id: UUID, person_id: UUID | None
) -> list[tuple[IntakeSlip, UUID | None, UUID, int]]:
    """Select (the slip that holds now, its household, who got money for what it corrects, how much), if not zero.

    Only chains of which something was settled before the newest correction; of one receiver if named.
    """
    later = aliased(IntakeSlip)
    settled = (
        select(
            SettlementLine.slip_id.label("slip_id"),
            SettlementLine.person_id.label("person_id"),
            SettlementLine.amount_minor.label("amount_minor"),
            SettlementLine.id.label("line_id"),
        )
        .join(IntakeSlip, IntakeSlip.id == SettlementLine.slip_id)
        .where(
            IntakeSlip.producer_id == producer_id,
            or_(SettlementLine.takes_back, exists().where(later.corrects_id == SettlementLine.slip_id)),
        )
    )
    if person_id is not None:
        settled = settled.where(SettlementLine.person_id == person_id)
    chain = settled.cte("chain", recursive=True)
    newer = aliased(IntakeSlip)
    chain = chain.union_all(
        select(newer.id, chain.c.person_id, chain.c.amount_minor, chain.c.line_id).join(
            chain, newer.corrects_id == chain.c.slip_id
        )
    )
    last, own = aliased(IntakeSlip), aliased(SettlementLine)
    total = func.sum(chain.c.amount_minor)
    sums = (
        select(chain.c.slip_id, chain.c.person_id, total.label("amount_minor"))
        .where(
            ~exists().where(last.corrects_id == chain.c.slip_id),
            ~exists().where(
                own.slip_id == chain.c.slip_id, own.person_id == chain.c.person_id, ~own.takes_back
            ),
        )
        .group_by(chain.c.slip_id, chain.c.person_id)
        .having(total != 0)
        .subquery()
    )
    statement = (
        select(IntakeSlip, Farm.owner_id, sums.c.person_id, sums.c.amount_minor)
        .join(sums, sums.c.slip_id == IntakeSlip.id)
        .join(Farm, Farm.id == IntakeSlip.farm_id)
        .order_by(IntakeSlip.weighed_at, IntakeSlip.id)
    )
    rows = await session.execute(statement)
    return [(slip, owner_id, receiver_id, int(amount)) for slip, owner_id, receiver_id, amount in rows]


async def insert_settlement(
    session: AsyncSession, settlement: dict[str, Any], lines: Sequence[dict[str, Any]]
) -> Settlement:
    """Insert a settlement with its lines."""
    await session.execute(insert(Settlement).values(**settlement))
    await session.execute(insert(SettlementLine), list(lines))
    return await session.get_one(Settlement, settlement["id"])


async def find_settlement(session: AsyncSession, settlement_id: UUID) -> Settlement | None:
    """Find a settlement, as it stands now."""
    return await session.get(Settlement, settlement_id, populate_existing=True)


async def list_settlements(
    session: AsyncSession, producer_id: UUID, person_id: UUID, *, limit: int
) -> Sequence[Settlement]:
    """Select a household's settlements, the newest first."""
    statement = (
        select(Settlement)
        .where(Settlement.producer_id == producer_id, Settlement.person_id == person_id)
        .order_by(Settlement.id.desc())
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def list_due(session: AsyncSession, producer_id: UUID) -> Sequence[Settlement]:
    """Select what is settled and still to be paid, the oldest first."""
    statement = (
        select(Settlement)
        .where(
            Settlement.producer_id == producer_id,
            Settlement.paid_at.is_(None),
            Settlement.set_off_minor < Settlement.goods_minor,
        )
        .order_by(Settlement.id)
    )
    return (await session.scalars(statement)).all()


async def list_lines(session: AsyncSession, settlement_id: UUID) -> list[tuple[SettlementLine, IntakeSlip]]:
    """Select (line, slip) of a settlement, the oldest slip first."""
    statement = (
        select(SettlementLine, IntakeSlip)
        .join(IntakeSlip, IntakeSlip.id == SettlementLine.slip_id)
        .where(SettlementLine.settlement_id == settlement_id)
        .order_by(IntakeSlip.weighed_at, IntakeSlip.id)
    )
    return [(line, slip) for line, slip in await session.execute(statement)]


async def take_unpaid(session: AsyncSession, settlement_id: UUID, values: dict[str, Any]) -> bool:
    """Write the payment down unless there is one already, or nothing to pay; tells whether it did."""
    statement = (
        update(Settlement)
        .where(
            Settlement.id == settlement_id,
            Settlement.paid_at.is_(None),
            Settlement.set_off_minor < Settlement.goods_minor,
        )
        .values(**values)
        .returning(Settlement.id)
    )
    return (await session.scalar(statement)) is not None


async def give_back(session: AsyncSession, settlement_id: UUID, *, reason: str) -> bool:
    """Take the payment's word back if there is one; tells whether it did."""
    statement = (
        update(Settlement)
        .where(Settlement.id == settlement_id, Settlement.paid_at.is_not(None))
        .values(
            paid_at=None,
            paid_by_id=None,
            reference=None,
            paid_to=None,
            return_reason=reason,
            attempt=Settlement.attempt + 1,
        )
        .returning(Settlement.id)
    )
    return (await session.scalar(statement)) is not None


async def insert_advance(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert an advance; False when its id is known."""
    statement = pg_insert(Advance).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return (await session.scalar(statement.returning(Advance.id))) is not None


async def find_advance(session: AsyncSession, advance_id: UUID) -> Advance | None:
    """Find an advance, as it stands now."""
    return await session.get(Advance, advance_id, populate_existing=True)


async def list_advances(session: AsyncSession, producer_id: UUID, person_id: UUID) -> Sequence[Advance]:
    """Select a household's advances that hold, the oldest first."""
    statement = (
        select(Advance)
        .where(
            Advance.producer_id == producer_id, Advance.person_id == person_id, Advance.voided_at.is_(None)
        )
        .order_by(Advance.given_on, Advance.id)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def sum_advances(session: AsyncSession, producer_id: UUID) -> dict[UUID, int]:
    """Sum what is still to be set off, by household."""
    statement = (
        select(Advance.person_id, func.sum(Advance.amount_minor - Advance.set_off_minor))
        .where(Advance.producer_id == producer_id, Advance.voided_at.is_(None))
        .group_by(Advance.person_id)
    )
    return {person_id: int(total) for person_id, total in await session.execute(statement)}


async def set_off(session: AsyncSession, *, settlement_id: UUID, advance_id: UUID, amount_minor: int) -> None:
    """Take so much of an advance off; the table refuses more than is left, or one that was voided."""
    await session.execute(
        update(Advance)
        .where(Advance.id == advance_id)
        .values(set_off_minor=Advance.set_off_minor + amount_minor)
    )
    values = {"settlement_id": settlement_id, "advance_id": advance_id, "amount_minor": amount_minor}
    await session.execute(insert(SetOff).values(**values))


async def list_set_offs(session: AsyncSession, settlement_id: UUID) -> list[tuple[SetOff, Advance]]:
    """Select (set-off, advance) of a settlement, the oldest advance first."""
    statement = (
        select(SetOff, Advance)
        .join(Advance, Advance.id == SetOff.advance_id)
        .where(SetOff.settlement_id == settlement_id)
        .order_by(Advance.given_on, Advance.id)
    )
    return [(one, advance) for one, advance in await session.execute(statement)]


async def void_advance(session: AsyncSession, advance_id: UUID, *, person_id: UUID, now: datetime) -> bool:
    """Void an advance of which nothing was set off; tells whether it did."""
    statement = (
        update(Advance)
        .where(Advance.id == advance_id, Advance.voided_at.is_(None), Advance.set_off_minor == 0)
        .values(voided_at=now, voided_by_id=person_id)
        .returning(Advance.id)
    )
    return (await session.scalar(statement)) is not None
