"""Selects and locks of baskets."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import BigInteger, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.driver import Prepared
from app.core.ids import uuid7
from producers.listings.models import Listing, Variant
from storefront.cart.models import Cart, CartLine

# Built once, here as wherever every order asks: building a statement anew costs a third of asking it.
_FIND = select(Cart).where(Cart.token_hash == bindparam("token_hash"))
_LOCK = (
    select(Cart)
    .where(Cart.id == bindparam("cart_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_MARK_ORDERED = Prepared(
    update(Cart)
    .where(Cart.id == bindparam("cart_id"), Cart.ordered_at.is_(None))
    .values(ordered_at=bindparam("now"))
    .returning(Cart.joins_order_id, Cart.edits_order_id)
)
_LINES = (
    select(CartLine)
    .where(CartLine.cart_id == bindparam("cart_id"))
    .order_by(CartLine.created_at, CartLine.id)
    .execution_options(populate_existing=True)
)
_PACKS = (
    select(CartLine, Variant, Listing)
    .join(Variant, Variant.id == CartLine.variant_id)
    .join(Listing, Listing.id == Variant.listing_id)
    .where(CartLine.cart_id == bindparam("cart_id"))
    .order_by(CartLine.created_at, CartLine.id)
    .execution_options(populate_existing=True)
)
_FIND_OPEN = Prepared(
    select(func.count(CartLine.id), Cart.joins_order_id)
    .outerjoin(CartLine, Cart.id == CartLine.cart_id)
    .where(Cart.token_hash == bindparam("token_hash"), Cart.ordered_at.is_(None))
    .group_by(Cart.id)
)


def _putting() -> Prepared:
    """Build once what adds to a line or makes it, never above `most`."""
    lines = cast("Table", CartLine.__table__)
    names = ("id", "cart_id", "variant_id", "quantity", "created_at")
    made = insert(lines).values({name: bindparam(name) for name in names})
    more = lines.c.quantity + made.excluded.quantity
    put = made.on_conflict_do_update(
        index_elements=["cart_id", "variant_id"],
        set_={"quantity": func.least(more, bindparam("most", type_=BigInteger))},
    )
    return Prepared(put.returning(lines.c.id))


def _beginning() -> Prepared:
    """Build once what makes a basket with one line in it."""
    carts, lines = (cast("Table", one.__table__) for one in (Cart, CartLine))
    now = bindparam("now", type_=carts.c.created_at.type)
    values = {
        "id": bindparam("begun_id"),
        "token_hash": bindparam("hash"),
        "touched_at": now,
        "created_at": now,
    }
    begun = insert(carts).values(values).returning(carts.c.id).cte("begun")
    line = select(
        bindparam("line_id", type_=lines.c.id.type),
        begun.c.id,
        bindparam("pack_id", type_=lines.c.variant_id.type),
        bindparam("amount", type_=lines.c.quantity.type),
        now,
    )
    names = ["id", "cart_id", "variant_id", "quantity", "created_at"]
    return Prepared(insert(lines).from_select(names, line).returning(lines.c.id))


_PUT = _putting()
_BEGIN = _beginning()


class OrderedCart(NamedTuple):
    """What a basket says to whoever makes an order of it: which order it is added to, and whose place that takes."""

    joins_order_id: UUID | None
    edits_order_id: UUID | None


async def find_cart(session: AsyncSession, token_hash: bytes) -> Cart | None:
    """Select by the hash of the cookie."""
    return await session.scalar(_FIND, {"token_hash": token_hash})


async def begin_cart(
    session: AsyncSession, token_hash: bytes, *, variant_id: UUID, quantity: int, now: datetime
) -> None:
    """Make a basket with one line in it; one statement."""
    values = {
        "begun_id": uuid7(),
        "hash": token_hash,
        "line_id": uuid7(),
        "pack_id": variant_id,
        "amount": quantity,
        "now": now,
    }
    await _BEGIN.fetch(session, values)


async def lock_cart(session: AsyncSession, cart_id: UUID) -> Cart:
    """Select by id for update, as it stands now."""
    return (await session.scalars(_LOCK, {"cart_id": cart_id})).one()


async def mark_ordered(session: AsyncSession, cart_id: UUID, now: datetime) -> OrderedCart | None:
    """Lock a basket and note that it becomes an order, in one statement; None when it is one already."""
    rows = await _MARK_ORDERED.fetch(session, {"cart_id": cart_id, "now": now})
    return OrderedCart(*rows[0]) if rows else None


async def list_packs(session: AsyncSession, cart_id: UUID) -> list[tuple[CartLine, Variant, Listing]]:
    """Select a basket's lines as `list_lines` does, each with its pack and that pack's listing."""
    found = await session.execute(_PACKS, {"cart_id": cart_id})
    return [(line, variant, listing) for line, variant, listing in found]


async def list_lines(session: AsyncSession, cart_id: UUID) -> list[CartLine]:
    """Select a basket's lines in the order in which they were put in."""
    return list(await session.scalars(_LINES, {"cart_id": cart_id}))


async def find_line(session: AsyncSession, *, cart_id: UUID, line_id: UUID) -> CartLine | None:
    """Select a line of this basket."""
    return await session.scalar(select(CartLine).where(CartLine.id == line_id, CartLine.cart_id == cart_id))


async def find_open(session: AsyncSession, token_hash: bytes) -> tuple[int, UUID | None] | None:
    """Count the lines of a basket that is not ordered yet, and select the order that it is added to."""
    rows = await _FIND_OPEN.fetch(session, {"token_hash": token_hash})
    return (rows[0][0], rows[0][1]) if rows else None


async def put_line(
    session: AsyncSession, *, cart_id: UUID, variant_id: UUID, quantity: int, most: int, now: datetime
) -> None:
    """Add to a line, or make it; never above `most`."""
    values = {
        "id": uuid7(),
        "cart_id": cart_id,
        "variant_id": variant_id,
        "quantity": min(quantity, most),
        "created_at": now,
        "most": most,
    }
    await _PUT.fetch(session, values)


async def remove_line(session: AsyncSession, line_id: UUID) -> None:
    """Take a line out."""
    await session.execute(delete(CartLine).where(CartLine.id == line_id))


async def delete_untouched(session: AsyncSession, before: datetime) -> None:
    """Delete baskets left alone since then that became no order."""
    await session.execute(delete(Cart).where(Cart.touched_at < before, Cart.ordered_at.is_(None)))
