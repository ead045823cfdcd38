"""Selects and locks of baskets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from storefront.cart.models import Cart, CartLine


async def find_cart(session: AsyncSession, token_hash: bytes) -> Cart | None:
    """Select by the hash of the cookie."""
    return await session.scalar(select(Cart).where(Cart.token_hash == token_hash))


async def lock_cart(session: AsyncSession, cart_id: UUID) -> Cart:
    """Select by id for update, as it stands now."""
    statement = select(Cart).where(Cart.id == cart_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()


async def list_lines(session: AsyncSession, cart_id: UUID) -> list[CartLine]:
    """Select a basket's lines in the order in which they were put in."""
    statement = select(CartLine).where(CartLine.cart_id == cart_id)
    statement = statement.order_by(CartLine.created_at, CartLine.id)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def find_line(session: AsyncSession, *, cart_id: UUID, line_id: UUID) -> CartLine | None:
    """Select a line of this basket."""
    return await session.scalar(select(CartLine).where(CartLine.id == line_id, CartLine.cart_id == cart_id))


async def find_open(session: AsyncSession, token_hash: bytes) -> tuple[int, UUID | None] | None:
    """Count the lines of a basket that is not ordered yet, and select the order that it is added to."""
    statement = (
        select(func.count(CartLine.id), Cart.joins_order_id)
        .outerjoin(CartLine, Cart.id == CartLine.cart_id)
        .where(Cart.token_hash == token_hash, Cart.ordered_at.is_(None))
        .group_by(Cart.id)
    )
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def put_line(
    session: AsyncSession, *, cart_id: UUID, variant_id: UUID, quantity: int, most: int, now: datetime
) -> None:
    """Add to a line, or make it; never above `most`."""
    statement = insert(CartLine).values(
        id=uuid7(), cart_id=cart_id, variant_id=variant_id, quantity=min(quantity, most), created_at=now
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["cart_id", "variant_id"],
            set_={"quantity": func.least(CartLine.quantity + quantity, most)},
        )
    )


async def remove_line(session: AsyncSession, line_id: UUID) -> None:
    """Take a line out."""
    await session.execute(delete(CartLine).where(CartLine.id == line_id))


async def touch(session: AsyncSession, cart_id: UUID, now: datetime) -> None:
    """Keep the basket for another while."""
    await session.execute(
        update(Cart)
        .where(Cart.id == cart_id)
        .values(touched_at=now)
        .execution_options(synchronize_session=False)
    )


async def delete_untouched(session: AsyncSession, before: datetime) -> None:
    """Delete baskets left alone since then that became no order."""
    await session.execute(delete(Cart).where(Cart.touched_at < before, Cart.ordered_at.is_(None)))
