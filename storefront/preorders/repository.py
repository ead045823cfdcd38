"""Selects, locks and the conditional writes of pre-orders; offers are locked before their orders, ids ascending."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storefront.preorders.models import Preorder, PreorderOffer, PreorderState

_COUNTED = (PreorderState.TAKEN, PreorderState.PAID, PreorderState.FILLED)
_OTHER = aliased(PreorderOffer)
# Built once: building a statement anew costs a third of asking it, and these are asked for every basket or order.
_OPEN = (
    select(PreorderOffer)
    .where(
        PreorderOffer.variant_id.in_(bindparam("variant_ids", expanding=True)),
        PreorderOffer.ended_at.is_(None),
        PreorderOffer.expected_on >= bindparam("on"),
    )
    .execution_options(populate_existing=True)
)
_OFFERS = (
    select(PreorderOffer)
    .order_by(PreorderOffer.id)
    .with_for_update(of=PreorderOffer)
    .execution_options(populate_existing=True)
)
_OF_VARIANTS = PreorderOffer.variant_id.in_(bindparam("variant_ids", expanding=True))
_LOCK = _OFFERS.where(_OF_VARIANTS)
_LOCK_WITH_ORDER = _OFFERS.where(
    or_(
        _OF_VARIANTS,
        PreorderOffer.variant_id.in_(
            select(_OTHER.variant_id)
            .join(Preorder, Preorder.offer_id == _OTHER.id)
            .where(Preorder.order_id == bindparam("order_id"))
        ),
    )
)


async def list_open(session: AsyncSession, variant_ids: Collection[UUID], *, on: date) -> list[PreorderOffer]:
    """Select the offers of some variants from which may be taken on a day, as they stand now."""
    return list(await session.scalars(_OPEN, {"variant_ids": list(variant_ids), "on": on}))


async def sum_free(
    session: AsyncSession, offer_ids: Collection[UUID], *, now: datetime, besides: UUID | None = None
) -> dict[UUID, int]:
    """Sum what is still counted of each offer though its time is over, or though it is of the order `besides`."""
    statement = (
        select(Preorder.offer_id, func.sum(Preorder.quantity).label("quantity"))
        .where(
            Preorder.offer_id.in_(offer_ids),
            or_(
                and_(Preorder.state == PreorderState.TAKEN, Preorder.expires_at <= now),
                and_(Preorder.state.in_(_COUNTED), Preorder.order_id == besides),
            ),
        )
        .group_by(Preorder.offer_id)
    )
    return {row.offer_id: int(row.quantity) for row in await session.execute(statement)}


async def lock_offers(
    session: AsyncSession,
    *,
    variant_ids: Collection[UUID] = (),
    order_id: UUID | None = None,
) -> list[PreorderOffer]:
    """Lock all offers of some variants, and of those that an order takes, ids ascending, as they stand now."""
    asked: dict[str, object] = {"variant_ids": list(variant_ids)}
    if order_id is None:
        return list(await session.scalars(_LOCK, asked))
    return list(await session.scalars(_LOCK_WITH_ORDER, {**asked, "order_id": order_id}))


async def list_of_order(session: AsyncSession, order_id: UUID) -> list[Preorder]:
    """Select what an order takes, as it stands now."""
    statement = select(Preorder).where(Preorder.order_id == order_id).order_by(Preorder.line_id)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_kept(session: AsyncSession, order_ids: Collection[UUID]) -> set[UUID]:
    """Select the lines of some orders whose part of a cap was not given back."""
    statement = select(Preorder.line_id).where(
        Preorder.order_id.in_(order_ids), Preorder.state != PreorderState.RELEASED
    )
    return set(await session.scalars(statement))


async def list_waiting(session: AsyncSession, offer_ids: Collection[UUID]) -> list[Preorder]:
    """Select what waits for a harvest, the oldest first."""
    statement = select(Preorder).where(
        Preorder.offer_id.in_(offer_ids),
        Preorder.state.in_([PreorderState.TAKEN, PreorderState.PAID]),
    )
    statement = statement.order_by(Preorder.created_at, Preorder.line_id)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def take(session: AsyncSession, offer_id: UUID, quantity: int, *, on: date) -> bool:
    """Take from an open offer; False, and nothing taken, when it is over or has not so much left."""
    statement = (
        update(PreorderOffer)
        .where(
            PreorderOffer.id == offer_id,
            PreorderOffer.ended_at.is_(None),
            PreorderOffer.expected_on >= on,
            PreorderOffer.taken + quantity <= PreorderOffer.cap,
        )
        .values(taken=PreorderOffer.taken + quantity)
        .returning(PreorderOffer.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def take_again(session: AsyncSession, offer_id: UUID, quantity: int) -> bool:
    """Take anew what was given back, whatever the day; False when the cap has not so much left."""
    statement = (
        update(PreorderOffer)
        .where(PreorderOffer.id == offer_id, PreorderOffer.taken + quantity <= PreorderOffer.cap)
        .values(taken=PreorderOffer.taken + quantity)
        .returning(PreorderOffer.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def give_back(session: AsyncSession, offer_id: UUID, quantity: int) -> None:
    """Give back to an offer's cap; the table's own check refuses more than was taken."""
    await session.execute(
        update(PreorderOffer)
        .where(PreorderOffer.id == offer_id)
        .values(taken=PreorderOffer.taken - quantity)
        .execution_options(synchronize_session=False)
    )


async def set_expiry(session: AsyncSession, order_id: UUID, expires_at: datetime) -> None:
    """Move the end of what an order has taken and not paid."""
    await session.execute(
        update(Preorder)
        .where(Preorder.order_id == order_id, Preorder.state == PreorderState.TAKEN)
        .values(expires_at=expires_at)
        .execution_options(synchronize_session=False)
    )


async def insert_offer(session: AsyncSession, values: Mapping[str, object]) -> PreorderOffer | None:
    """Insert an offer; None when its id is there, or the variant has an open one."""
    statement = insert(PreorderOffer).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(PreorderOffer))


async def find_offer(session: AsyncSession, offer_id: UUID) -> PreorderOffer | None:
    """Select by id, as it stands now."""
    return await session.get(PreorderOffer, offer_id, populate_existing=True)


async def list_offers(
    session: AsyncSession, variant_ids: Collection[UUID], *, limit: int
) -> list[PreorderOffer]:
    """Select the offers of some variants, the newest first, as they stand now."""
    statement = select(PreorderOffer).where(PreorderOffer.variant_id.in_(variant_ids))
    statement = statement.order_by(PreorderOffer.id.desc()).limit(limit)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def sum_states(
    session: AsyncSession, offer_ids: Collection[UUID]
) -> dict[tuple[UUID, PreorderState], int]:
    """Sum what each offer's orders take, by state."""
    statement = (
        select(Preorder.offer_id, Preorder.state, func.sum(Preorder.quantity).label("quantity"))
        .where(Preorder.offer_id.in_(offer_ids), Preorder.state.in_(_COUNTED))
        .group_by(Preorder.offer_id, Preorder.state)
    )
    return {(row.offer_id, row.state): int(row.quantity) for row in await session.execute(statement)}
