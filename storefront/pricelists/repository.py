"""Selects and writes of price lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.pricelists.models import BuyerGroup, GroupPhone, PriceList, PriceStep

# Built once: building a statement anew costs a third of asking it, and this one is asked for every basket.
_OFFERS = (
    select(PriceStep.variant_id, PriceList.name, PriceStep.from_quantity, PriceStep.price_minor)
    .join(PriceList, PriceList.id == PriceStep.price_list_id)
    .where(
        PriceStep.variant_id.in_(bindparam("variant_ids", expanding=True)),
        PriceList.valid_from <= bindparam("now"),
        or_(PriceList.valid_until.is_(None), PriceList.valid_until > bindparam("now")),
        or_(
            PriceList.group_id.is_(None),
            PriceList.group_id.in_(select(GroupPhone.group_id).where(GroupPhone.phone == bindparam("phone"))),
        ),
    )
    .order_by(PriceStep.variant_id, PriceStep.from_quantity, PriceStep.price_minor, PriceList.id)
)


async def list_offers(
    session: AsyncSession, variant_ids: Collection[UUID], *, phone: str | None, now: datetime
) -> Sequence[tuple[UUID, str, int, int]]:
    """Select the steps that hold for a phone number now: (variant, list's name, from which quantity, price)."""
    asked = {"variant_ids": list(variant_ids), "phone": phone, "now": now}
    return [
        (variant_id, name, quantity, price)
        for variant_id, name, quantity, price in await session.execute(_OFFERS, asked)
    ]


async def insert_list(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a list; False when its id is there."""
    statement = insert(PriceList).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(PriceList.id)) is not None


async def find_list(session: AsyncSession, list_id: UUID) -> PriceList | None:
    """Select by id, as it stands now."""
    return await session.get(PriceList, list_id, populate_existing=True)


async def list_lists(session: AsyncSession, producer_id: UUID, *, limit: int) -> list[PriceList]:
    """Select a producer's lists, the newest first, as they stand now."""
    statement = select(PriceList).where(PriceList.producer_id == producer_id).order_by(PriceList.id.desc())
    return list(await session.scalars(statement.limit(limit).execution_options(populate_existing=True)))


async def list_steps(session: AsyncSession, list_ids: Collection[UUID]) -> list[PriceStep]:
    """Select the steps of some lists, variant by variant from the smallest quantity on."""
    statement = select(PriceStep).where(PriceStep.price_list_id.in_(list_ids))
    statement = statement.order_by(PriceStep.variant_id, PriceStep.from_quantity)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def end_list(session: AsyncSession, *, list_id: UUID, now: datetime) -> None:
    """Let a list that is not over end now."""
    ends_at = func.least(PriceList.valid_until, func.greatest(PriceList.valid_from, now))
    await session.execute(update(PriceList).where(PriceList.id == list_id).values(valid_until=ends_at))


async def save_step(session: AsyncSession, values: Mapping[str, object]) -> None:
    """Insert a step, or give the one from this quantity on another price."""
    statement = insert(PriceStep).values(**values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["price_list_id", "variant_id", "from_quantity"],
            set_={"price_minor": values["price_minor"]},
        )
    )


async def remove_step(session: AsyncSession, *, list_id: UUID, variant_id: UUID, from_quantity: int) -> None:
    """Take a step out; one that is gone stays gone."""
    await session.execute(
        delete(PriceStep).where(
            PriceStep.price_list_id == list_id,
            PriceStep.variant_id == variant_id,
            PriceStep.from_quantity == from_quantity,
        )
    )


async def insert_group(session: AsyncSession, values: Mapping[str, object]) -> BuyerGroup | None:
    """Insert a group; None when its id is there, or the producer has one of this name."""
    statement = insert(BuyerGroup).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(BuyerGroup))


async def find_group(session: AsyncSession, group_id: UUID) -> BuyerGroup | None:
    """Select by id."""
    return await session.get(BuyerGroup, group_id)


async def lock_group(session: AsyncSession, group_id: UUID) -> BuyerGroup | None:
    """Select by id for update: its numbers are replaced as a whole."""
    return await session.scalar(select(BuyerGroup).where(BuyerGroup.id == group_id).with_for_update())


async def list_groups(session: AsyncSession, producer_id: UUID, *, limit: int) -> list[BuyerGroup]:
    """Select a producer's groups by name."""
    statement = select(BuyerGroup).where(BuyerGroup.producer_id == producer_id).order_by(BuyerGroup.name)
    return list(await session.scalars(statement.limit(limit)))


async def list_phones(session: AsyncSession, group_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Select the numbers of some groups: (group, phone)."""
    statement = select(GroupPhone.group_id, GroupPhone.phone).where(GroupPhone.group_id.in_(group_ids))
    rows = await session.execute(statement.order_by(GroupPhone.phone))
    return [(group_id, phone) for group_id, phone in rows]


async def replace_phones(session: AsyncSession, group_id: UUID, phones: Collection[str]) -> None:
    """Write a group's numbers anew."""
    await session.execute(delete(GroupPhone).where(GroupPhone.group_id == group_id))
    if phones:
        rows = [{"group_id": group_id, "phone": phone} for phone in sorted(phones)]
        await session.execute(insert(GroupPhone).values(rows))
