"""Selects and locks of stock; the order is reservations, then stock items with ids ascending."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Table,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.driver import Prepared
from app.core.ids import uuid7
from producers.listings.models import SoldBy, Variant
from storefront.stock.models import Reservation, ReservationState, StockItem, StockMovement
from traceability.lots.models import Lot

_OTHER = aliased(StockItem)
# Spelled out: a plan that is kept does not know what a parameter says, and would pass over the index of what is due.
_RESERVED: ColumnElement[str] = literal_column(f"'{ReservationState.RESERVED}'")
# Built once: building a statement anew costs a third of asking it, and these are asked for every order.
_DUE = (
    select(Reservation)
    .where(Reservation.state == _RESERVED, Reservation.expires_at <= bindparam("now"))
    .order_by(Reservation.id)
    .limit(bindparam("most"))
    .with_for_update(of=Reservation, skip_locked=True)
    .execution_options(populate_existing=True)
)
_DUE_OF = _DUE.where(
    Reservation.stock_item_id.in_(
        select(StockItem.id).where(StockItem.variant_id.in_(bindparam("variant_ids", expanding=True)))
    )
)
_HELD = (
    select(Reservation)
    .where(Reservation.holder_id == bindparam("holder_id"))
    .order_by(Reservation.id)
    .with_for_update(of=Reservation)
    .execution_options(populate_existing=True)
)
_ITEMS = (
    select(
        StockItem.id,
        StockItem.variant_id,
        StockItem.expires_on,
        StockItem.on_hand - StockItem.reserved - StockItem.allocated,
        StockItem.is_blocked,
        Variant.sold_by,
    )
    .join(Variant, Variant.id == StockItem.variant_id)
    .order_by(StockItem.id)
    .with_for_update(of=StockItem)
)
_ITEMS_OF = Prepared(_ITEMS.where(StockItem.variant_id == any_(bindparam("variant_ids", type_=ARRAY(Uuid)))))
_ITEMS_WITH = Prepared(
    _ITEMS.where(
        StockItem.variant_id.in_(
            select(_OTHER.variant_id).where(_OTHER.id == any_(bindparam("item_ids", type_=ARRAY(Uuid))))
        )
    )
)
_EXPIRED = (
    select(func.coalesce(func.sum(Reservation.quantity), 0))
    .where(
        Reservation.stock_item_id == StockItem.id,
        Reservation.state == _RESERVED,
        or_(Reservation.expires_at <= bindparam("now"), Reservation.holder_id == bindparam("besides")),
    )
    .correlate(StockItem)
    .scalar_subquery()
)
_AVAILABLE = Prepared(
    select(
        StockItem.variant_id,
        func.sum(StockItem.on_hand - StockItem.reserved - StockItem.allocated + _EXPIRED),
    )
    .where(
        StockItem.variant_id == any_(bindparam("variant_ids", type_=ARRAY(Uuid))),
        ~StockItem.is_blocked,
        StockItem.expires_on >= bindparam("on"),
    )
    .group_by(StockItem.variant_id)
)
_MOVE = (
    update(StockItem)
    .where(StockItem.id == bindparam("item_id"))
    .values(
        on_hand=StockItem.on_hand + bindparam("more_on_hand"),
        reserved=StockItem.reserved + bindparam("more_reserved"),
        allocated=StockItem.allocated + bindparam("more_allocated"),
    )
    .execution_options(synchronize_session=False)
)
_SET_STATE = (
    update(Reservation)
    .where(Reservation.id.in_(bindparam("ids", expanding=True)))
    .values(state=bindparam("next_state"))
    .execution_options(synchronize_session=False)
)


def _taking() -> Prepared:
    """Build once what reserves of items and writes down for which lines; nothing is written of an item that has too little."""
    items, held = (cast("Table", one.__table__) for one in (StockItem, Reservation))
    asked = func.unnest(
        *(bindparam(name, type_=ARRAY(Uuid)) for name in ("ids", "item_ids", "line_ids")),
        bindparam("quantities", type_=ARRAY(BigInteger)),
    )
    part = asked.table_valued("id", "item_id", "line_id", "quantity").render_derived("part")
    wanted = (
        select(part.c.item_id, func.sum(part.c.quantity).label("quantity"))
        .group_by(part.c.item_id)
        .subquery()
    )
    taken = (
        update(items)
        .where(
            items.c.id == wanted.c.item_id,
            ~items.c.is_blocked,
            items.c.on_hand - items.c.reserved - items.c.allocated >= wanted.c.quantity,
        )
        .values(reserved=items.c.reserved + wanted.c.quantity)
        .returning(items.c.id)
        .cte("taken")
    )
    rows = select(
        part.c.id,
        part.c.item_id,
        part.c.line_id,
        part.c.quantity,
        bindparam("holder", type_=held.c.holder_id.type),
        literal(ReservationState.RESERVED, held.c.state.type),
        bindparam("until", type_=held.c.expires_at.type),
        bindparam("now", type_=held.c.created_at.type),
    ).join_from(part, taken, taken.c.id == part.c.item_id)
    names = ["id", "stock_item_id", "line_id", "quantity", "holder_id", "state", "expires_at", "created_at"]
    return Prepared(insert(held).from_select(names, rows).returning(held.c.id))


def _allocating() -> Prepared:
    """Build once what turns reservations, and what their items count as reserved, into goods that are paid for."""
    items, held = (cast("Table", one.__table__) for one in (StockItem, Reservation))
    ids = held.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    paid = (
        select(held.c.stock_item_id, func.sum(held.c.quantity).label("quantity"))
        .where(ids)
        .group_by(held.c.stock_item_id)
        .subquery()
    )
    moved = (
        update(items)
        .where(items.c.id == paid.c.stock_item_id)
        .values(reserved=items.c.reserved - paid.c.quantity, allocated=items.c.allocated + paid.c.quantity)
        .cte("moved")
    )
    allocated = update(held).where(ids).values(state=ReservationState.ALLOCATED).add_cte(moved)
    return Prepared(allocated.returning(held.c.id))


_TAKE = _taking()
_ALLOCATE = _allocating()


@dataclass(frozen=True)
class LockedItem:
    """A stock item as it stands under our lock."""

    id: UUID
    variant_id: UUID
    expires_on: date
    free: int
    is_blocked: bool
    sold_by: SoldBy


async def claim_expired(
    session: AsyncSession, *, now: datetime, variant_ids: Collection[UUID] | None = None, limit: int = 500
) -> list[Reservation]:
    """Lock reservations whose time is over, of these variants or of all; those that others hold are passed over."""
    if variant_ids is not None:
        asked = {"now": now, "variant_ids": list(variant_ids), "most": limit}
        return list(await session.scalars(_DUE_OF, asked))
    return list(await session.scalars(_DUE, {"now": now, "most": limit}))


async def lock_reservations(
    session: AsyncSession, holder_id: UUID, line_ids: Collection[UUID] | None = None
) -> list[Reservation]:
    """Lock all that a holder has ever held and not had taken away, or the part of some lines."""
    statement = _HELD if line_ids is None else _HELD.where(Reservation.line_id.in_(line_ids))
    return list(await session.scalars(statement, {"holder_id": holder_id}))


async def set_expiry(session: AsyncSession, holder_id: UUID, expires_at: datetime) -> None:
    """Move the end of what a holder has reserved."""
    statement = update(Reservation).where(
        Reservation.holder_id == holder_id, Reservation.state == ReservationState.RESERVED
    )
    await session.execute(
        statement.values(expires_at=expires_at).execution_options(synchronize_session="fetch")
    )


async def lock_items(session: AsyncSession, variant_ids: Collection[UUID]) -> list[LockedItem]:
    """Lock every stock item of the variants, ids ascending."""
    rows = await _ITEMS_OF.fetch(session, {"variant_ids": list(variant_ids)})
    return [LockedItem(*row) for row in rows]


async def lock_items_with(session: AsyncSession, item_ids: Collection[UUID]) -> list[LockedItem]:
    """Lock every stock item of the variants of some items, ids ascending."""
    return [LockedItem(*row) for row in await _ITEMS_WITH.fetch(session, {"item_ids": list(item_ids)})]


async def take(
    session: AsyncSession,
    parts: Sequence[tuple[UUID, UUID, int]],
    *,
    holder_id: UUID,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Reserve (item, line, quantity) of items that we have locked.

    NoResultFound when one of them is blocked or has not so much free; the caller then takes everything back.
    """
    item_ids, line_ids, quantities = zip(*parts, strict=True)
    values = {
        "ids": [uuid7() for _part in parts],
        "item_ids": list(item_ids),
        "line_ids": list(line_ids),
        "quantities": list(quantities),
        "holder": holder_id,
        "until": expires_at,
        "now": now,
    }
    if len(await _TAKE.fetch(session, values)) < len(parts):
        raise NoResultFound


async def allocate(session: AsyncSession, ids: Collection[UUID]) -> None:
    """Make what these reservations hold paid goods; we have locked them, and their items."""
    await _ALLOCATE.fetch(session, {"ids": list(ids)})


async def move(
    session: AsyncSession, item_id: UUID, *, on_hand: int = 0, reserved: int = 0, allocated: int = 0
) -> None:
    """Add to the counters of one item; the table's own checks refuse what cannot be."""
    more = {"more_on_hand": on_hand, "more_reserved": reserved, "more_allocated": allocated}
    await session.execute(_MOVE, {"item_id": item_id, **more})


async def correct(session: AsyncSession, item_id: UUID, delta: int) -> bool:
    """Add to what lies there unless it would fall below what is held; False then."""
    statement = (
        update(StockItem)
        .where(StockItem.id == item_id, StockItem.on_hand + delta >= StockItem.reserved + StockItem.allocated)
        .values(on_hand=StockItem.on_hand + delta)
        .returning(StockItem.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def find_movement(session: AsyncSession, movement_id: UUID) -> StockMovement | None:
    """Select by id."""
    return await session.get(StockMovement, movement_id)


async def delete_reservations(session: AsyncSession, ids: Collection[UUID]) -> None:
    """Forget reservations that are about to be taken anew."""
    await session.execute(
        delete(Reservation).where(Reservation.id.in_(ids)).execution_options(synchronize_session=False)
    )


async def set_state(session: AsyncSession, ids: Collection[UUID], state: ReservationState) -> None:
    """Move reservations that we have locked into a state."""
    await session.execute(_SET_STATE, {"ids": list(ids), "next_state": state})


async def sum_available(
    session: AsyncSession,
    variant_ids: Collection[UUID],
    *,
    on: date,
    now: datetime,
    besides: UUID | None = None,
) -> Mapping[UUID, int]:
    """Sum what may be sold per variant; a reservation whose time is over counts as free, and so does what `besides` reserves."""
    asked = {"variant_ids": list(variant_ids), "on": on, "now": now, "besides": besides}
    return {variant_id: int(quantity) for variant_id, quantity in await _AVAILABLE.fetch(session, asked)}


async def list_lot_codes(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, str]:
    """Select the codes of lots."""
    rows = await session.execute(select(Lot.id, Lot.code).where(Lot.id.in_(lot_ids)))
    return {row.id: row.code for row in rows}


async def find_next_lot(
    session: AsyncSession, variant_ids: Collection[UUID], *, on: date
) -> tuple[str, str] | None:
    """Select (gtin, code) of the lot that expires first among those that lie ready."""
    statement = (
        select(Lot.gtin, Lot.code)
        .join(StockItem, StockItem.lot_id == Lot.id)
        .where(
            StockItem.variant_id.in_(variant_ids),
            StockItem.on_hand > 0,
            ~StockItem.is_blocked,
            StockItem.expires_on >= on,
        )
        .order_by(StockItem.expires_on, StockItem.id)
        .limit(1)
    )
    row = (await session.execute(statement)).first()
    return (row.gtin, row.code) if row else None


async def list_held(session: AsyncSession, holder_id: UUID) -> list[tuple[UUID, UUID, int]]:
    """Select (line, lot, quantity) of what a holder has or had sent."""
    statement = (
        select(Reservation.line_id, StockItem.lot_id, func.sum(Reservation.quantity))
        .join(StockItem, StockItem.id == Reservation.stock_item_id)
        .where(Reservation.holder_id == holder_id, Reservation.state != ReservationState.RELEASED)
        .group_by(Reservation.line_id, StockItem.lot_id, StockItem.expires_on)
        .order_by(Reservation.line_id, StockItem.expires_on, StockItem.lot_id)
    )
    return [
        (line_id, lot_id, int(quantity)) for line_id, lot_id, quantity in await session.execute(statement)
    ]


async def get_released_at(session: AsyncSession, lot_id: UUID) -> datetime:
    """Select when a lot was released, or made when it says no more."""
    statement = select(func.coalesce(Lot.released_at, Lot.created_at)).where(Lot.id == lot_id)
    return (await session.scalars(statement)).one()


async def insert_item(session: AsyncSession, item: dict[str, object]) -> UUID | None:
    """Insert a stock item; None when this lot already has one for this variant."""
    statement = insert(StockItem).values(**item)
    statement = statement.on_conflict_do_nothing(index_elements=["lot_id", "variant_id"])
    return await session.scalar(statement.returning(StockItem.id))


async def find_item(session: AsyncSession, lot_id: UUID, variant_id: UUID) -> StockItem | None:
    """Select what lies there of a lot, as it stands now."""
    statement = select(StockItem).where(StockItem.lot_id == lot_id, StockItem.variant_id == variant_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def set_blocked(session: AsyncSession, lot_id: UUID, *, is_blocked: bool) -> list[UUID]:
    """Block or free a lot's stock; the variants that it concerns."""
    statement = (
        update(StockItem)
        .where(StockItem.lot_id == lot_id, StockItem.is_blocked != is_blocked)
        .values(is_blocked=is_blocked)
        .returning(StockItem.variant_id)
        .execution_options(synchronize_session=False)
    )
    return list(await session.scalars(statement))


async def list_variants_of_lot(session: AsyncSession, lot_id: UUID) -> list[UUID]:
    """Select the variants as which a lot lies on the shelf."""
    return list(await session.scalars(select(StockItem.variant_id).where(StockItem.lot_id == lot_id)))


async def list_variant_ids(session: AsyncSession, item_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Select the variant of each stock item."""
    statement = select(StockItem.id, StockItem.variant_id).where(StockItem.id.in_(item_ids))
    rows = await session.execute(statement)
    return {item.id: item.variant_id for item in rows}


async def list_items(session: AsyncSession, variant_ids: Collection[UUID]) -> list[StockItem]:
    """Select the stock of the variants, first expiry first."""
    statement = select(StockItem).where(StockItem.variant_id.in_(variant_ids))
    statement = statement.order_by(StockItem.expires_on, StockItem.id)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))
