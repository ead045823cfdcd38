"""Selects and locks of orders: orders with ids ascending, each before its consignments, those with ids ascending too."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    DefaultClause,
    Select,
    Table,
    TableValuedAlias,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.orm import Base
from app.places.models import Address
from producers.cooperatives.models import Producer
from storefront.cart.models import Cart
from storefront.invoices.models import InvoiceBuyer, SoldKind
from storefront.orders.models import (
    Consignment,
    DeliveryProof,
    Order,
    OrderLine,
    OrderState,
    OrderStep,
    WeighedPiece,
)
from storefront.payments.models import PayableKind, Payment


def _locking(order_ids: Collection[ColumnElement[UUID]]) -> Select[Order]:
    """Orders by id for update, as they stand now, with those in whose parcels their goods travel; ids ascending."""
    first = aliased(Consignment)
    firsts = (
        select(first.order_id)
        .join(Consignment, Consignment.travels_with_id == first.id)
        .where(Consignment.order_id.in_(order_ids))
    )
    asked = union_all(*(select(order_id) for order_id in order_ids), firsts)
    statement = select(Order).where(Order.id.in_(asked)).order_by(Order.id).with_for_update()
    return statement.execution_options(populate_existing=True)


def _travelling_of() -> Select[Consignment, Order, Producer]:
    """An order's consignments and all that travels with them, each with its order and producer.

    The first ones are found beforehand.
    """
    own = aliased(Consignment)
    firsts = select(func.coalesce(own.travels_with_id, own.id)).where(
        own.order_id == bindparam("order_id", type_=Uuid)
    )
    any_first = any_(func.array(firsts.scalar_subquery(), type_=ARRAY(Uuid)))
    return (
        select(Consignment, Order, Producer)
        .join(Order, Order.id == Consignment.order_id)
        .join(Producer, Producer.id == Consignment.producer_id)
        .where(or_(Consignment.id == any_first, Consignment.travels_with_id == any_first))
        .order_by(Consignment.id)
        .execution_options(populate_existing=True)
    )


def _placing() -> Select[Order]:
    """What writes an order with its parcels, their lines and its first step, and nothing where its code is another's.

    Columns are named: of those that a newer release adds the table's default is written, by whoever still runs.
    """
    orders, *others = (cast("Table", one.__table__) for one in (Order, Consignment, OrderLine, OrderStep))
    adding = insert(orders).from_select(orders.c.keys(), select(*_rows(orders, "placed").c))
    placed = adding.on_conflict_do_nothing(index_elements=["code"]).returning(*orders.c).cte("placed")
    more = []
    for table, name in zip(others, ("parcels", "lines", "step"), strict=True):
        rows = _rows(table, name)
        told = select(*rows.c).join_from(rows, placed, true())
        more.append(insert(table).from_select(table.c.keys(), told).cte(f"new_{name}"))
    return select(aliased(Order, placed)).add_cte(*more)


def _rows(table: Table, name: str) -> TableValuedAlias:
    """The rows of a table that are given as a list of JSON."""
    kind: ColumnElement[Any] = literal_column(f"CAST(NULL AS {table.name})")
    given = func.jsonb_populate_recordset(kind, sql_cast(bindparam(name, type_=Text), JSONB))
    return given.table_valued(*(column(one.name, one.type) for one in table.c)).alias(f"given_{name}")


# Built once: building a statement anew costs a third of asking it, and these are asked for every order.
_LOCK_ONE = _locking([bindparam("order_id", type_=Uuid)])
_LOCK_CONSIGNMENTS = (
    select(Consignment)
    .where(Consignment.order_id == bindparam("order_id"))
    .order_by(Consignment.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_PLACE = _placing()
_BY_TOKEN = select(Order).where(Order.token_hash == bindparam("token_hash"))
_BEHIND_LINK = (
    select(
        Order,
        Payment,
        Cart.token_hash,
        exists()
        .where(
            Consignment.order_id == Order.id,
            InvoiceBuyer.sold_kind == SoldKind.PARCEL,
            InvoiceBuyer.sold_id == Consignment.id,
        )
        .correlate(Order),
    )
    .outerjoin(Payment, and_(Payment.payable_kind == PayableKind.ORDER, Payment.payable_id == Order.id))
    .outerjoin(Cart, Cart.id == Order.cart_id)
    .where(Order.token_hash == bindparam("token_hash"))
)
_TRAVELLING = (
    select(Consignment, Order)
    .join(Order, Order.id == Consignment.order_id)
    .where(
        or_(
            Consignment.id.in_(bindparam("first_ids", expanding=True)),
            Consignment.travels_with_id.in_(bindparam("first_ids", expanding=True)),
        )
    )
    .order_by(Consignment.id)
    .execution_options(populate_existing=True)
)
_TRAVELLING_OF = _travelling_of()
_CONSIGNMENTS = (
    select(Consignment)
    .where(Consignment.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(Consignment.id)
)
_LINES = (
    select(OrderLine)
    .where(OrderLine.consignment_id.in_(bindparam("consignment_ids", expanding=True)))
    .order_by(OrderLine.id)
)
_STEPS = select(OrderStep).where(OrderStep.order_id == bindparam("order_id")).order_by(OrderStep.id)


async def lock_order(session: AsyncSession, order_id: UUID) -> tuple[Order, list[Consignment]] | None:
    """Select by id for update, as `lock_orders` does, and then its consignments, all as they stand now.

    Two statements: in one, a consignment that was changed while the order was waited for could be missing.
    """
    locked = (await session.scalars(_LOCK_ONE, {"order_id": order_id})).all()
    order = next((one for one in locked if one.id == order_id), None)
    if order is None:
        return None
    return order, list(await session.scalars(_LOCK_CONSIGNMENTS, {"order_id": order_id}))


async def lock_orders(session: AsyncSession, order_ids: Collection[UUID]) -> None:
    """Lock several by id, with the orders in whose parcels their goods travel; ids ascending."""
    await session.scalars(_locking([literal(order_id, Uuid) for order_id in order_ids]))


async def list_travelling(
    session: AsyncSession, first_ids: Collection[UUID]
) -> list[tuple[Consignment, Order]]:
    """Select some parcels and those that travel in them with their orders, the oldest first, as they stand now."""
    found = await session.execute(_TRAVELLING, {"first_ids": list(first_ids)})
    return [(consignment, order) for consignment, order in found]


async def list_travelling_of(
    session: AsyncSession, order_id: UUID
) -> list[tuple[Consignment, Order, Producer]]:
    """Select an order's parcels and all that travels in them, as `list_travelling` does, each with its producer."""
    found = await session.execute(_TRAVELLING_OF, {"order_id": order_id})
    return [(consignment, order, producer) for consignment, order, producer in found]


async def list_underway(session: AsyncSession, producer_id: UUID | None) -> list[tuple[UUID, UUID]]:
    """Select (order, producer) of parcels that were taken on and have not arrived; of one producer when asked."""
    statement = select(Consignment.order_id, Consignment.producer_id).where(
        Consignment.state.in_((OrderState.AWAITING_CONFIRMATION, OrderState.PACKING, OrderState.SHIPPING))
    )
    if producer_id is not None:
        statement = statement.where(Consignment.producer_id == producer_id)
    return [(order_id, seller_id) for order_id, seller_id in await session.execute(statement)]


async def get_order(session: AsyncSession, order_id: UUID) -> Order | None:
    """Select by id."""
    return await session.get(Order, order_id)


async def find_by_token(session: AsyncSession, token_hash: bytes) -> Order | None:
    """Select by the hash of the private link."""
    return await session.scalar(_BY_TOKEN, {"token_hash": token_hash})


async def find_behind_link(
    session: AsyncSession, token_hash: bytes
) -> tuple[Order, Payment | None, bytes | None, bool] | None:
    """Select by the hash of the private link.

    With the payment that is asked for, the hash of the cookie of the basket that it was made of, and whether somebody is
    named for an invoice.
    """
    row = (await session.execute(_BEHIND_LINK, {"token_hash": token_hash})).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


async def find_order(session: AsyncSession, condition: ColumnElement[bool]) -> Order | None:
    """Select the one order of a unique condition."""
    return await session.scalar(select(Order).where(condition))


WITH_COURIER = (OrderState.SHIPPING, OrderState.DELIVERED, OrderState.COMPLETED)
"""The states of a parcel for which somebody may have taken the buyer's money."""


async def count_open_cash(session: AsyncSession, phone: str) -> int:
    """Count a phone's orders on delivery that are not paid nor over, and hold the number until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"cash {phone}", 0))))
    over = (OrderState.CANCELLED, OrderState.RETURNED)
    statement = select(func.count()).where(
        Order.buyer_phone == phone, Order.is_cash, Order.paid_at.is_(None), Order.state.not_in(over)
    )
    return int((await session.execute(statement)).scalar_one())


async def list_waiting_for_cash(
    session: AsyncSession, *, producer_id: UUID | None, limit: int
) -> list[Consignment]:
    """Select parcels that left to be paid on delivery and are not paid, the first that left first."""
    statement = (
        select(Consignment)
        .join(Order, Order.id == Consignment.order_id)
        .where(Order.is_cash, Order.paid_at.is_(None), Consignment.state.in_(WITH_COURIER))
        .order_by(Consignment.shipped_at, Consignment.id)
        .limit(limit)
    )
    if producer_id is not None:
        statement = statement.where(Consignment.producer_id == producer_id)
    return list(await session.scalars(statement))


async def list_under_way(session: AsyncSession, *, before: datetime, without_note: str) -> list[UUID]:
    """Select the ids of parcels on their way that left by then and have no such note, the first that left first."""
    noted = select(OrderStep.id).where(
        OrderStep.consignment_id == Consignment.id,
        OrderStep.order_id == Consignment.order_id,
        OrderStep.note == without_note,
    )
    statement = (
        select(Consignment.id)
        .where(Consignment.state == OrderState.SHIPPING, Consignment.shipped_at <= before, ~noted.exists())
        .order_by(Consignment.shipped_at, Consignment.id)
    )
    return list(await session.scalars(statement))


async def list_weighed(session: AsyncSession, line_ids: Collection[UUID]) -> list[WeighedPiece]:
    """Select what the pieces of some lines weighed, line by line, turn by turn, in their order."""
    statement = select(WeighedPiece).where(WeighedPiece.order_line_id.in_(line_ids))
    ordered = statement.order_by(WeighedPiece.order_line_id, WeighedPiece.turn, WeighedPiece.position)
    return list(await session.scalars(ordered))


async def insert_order(
    session: AsyncSession,
    order: Order,
    consignments: Collection[Consignment],
    lines: Collection[OrderLine],
    step: OrderStep,
) -> Order | None:
    """Insert an order with its parcels, their lines and its first step; None when another has its code.

    One statement. What is given stays outside of the session, the answer is in it.
    """
    made = {
        "placed": [_row(order)],
        "parcels": [_row(one) for one in consignments],
        "lines": [_row(one) for one in lines],
        "step": [_row(step)],
    }
    values = {name: json.dumps(rows, default=_spell) for name, rows in made.items()}
    return await session.scalar(_PLACE, values)


def _row(made: Base) -> dict[str, object]:
    """All columns of a new object; those that nobody set have the table's default."""
    return {column.name: _value(made, column) for column in cast("Table", made.__table__).columns}


def _value(made: Base, column: Column[Any]) -> object:
    value = getattr(made, column.key)
    if value is None and isinstance(column.server_default, DefaultClause):
        return column.server_default.arg
    return value


def _spell(value: object) -> str:
    """What JSON has no word for, as PostgreSQL reads it."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


async def list_buyers(session: AsyncSession, order_ids: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    """List who bought: (order id, name, phone)."""
    statement = select(Order.id, Order.buyer_name, Order.buyer_phone).where(Order.id.in_(order_ids))
    return [(id_, name, phone) for id_, name, phone in await session.execute(statement)]


async def find_consignment(session: AsyncSession, consignment_id: UUID) -> Consignment | None:
    """Select by id."""
    return await session.get(Consignment, consignment_id)


async def get_consignment(session: AsyncSession, consignment_id: UUID) -> Consignment:
    """Select by id one that there is; whoever holds it in this session spares the query."""
    return await session.get_one(Consignment, consignment_id)


async def list_orders(session: AsyncSession, order_ids: Collection[UUID]) -> list[Order]:
    """Select several by id."""
    return list(await session.scalars(select(Order).where(Order.id.in_(order_ids))))


async def list_orders_of(
    session: AsyncSession, *, person_id: UUID, phone: str | None, limit: int
) -> list[Order]:
    """Select the newest orders that a person placed logged in, or that name their phone."""
    own = or_(Order.person_id == person_id, Order.buyer_phone == phone)
    return list(await session.scalars(select(Order).where(own).order_by(Order.id.desc()).limit(limit)))


async def find_last_address(session: AsyncSession, person_id: UUID) -> Address | None:
    """Select the address of the newest order that a person placed logged in."""
    statement = select(Address).join(Order, Order.address_id == Address.id)
    statement = statement.where(Order.person_id == person_id).order_by(Order.id.desc()).limit(1)
    return await session.scalar(statement)


async def find_last_invoice_buyer(session: AsyncSession, person_id: UUID) -> InvoiceBuyer | None:
    """Select whom a person named last for the invoice of an order that they placed logged in."""
    statement = (
        select(InvoiceBuyer)
        .join(Consignment, Consignment.id == InvoiceBuyer.sold_id)
        .join(Order, Order.id == Consignment.order_id)
        .where(InvoiceBuyer.sold_kind == SoldKind.PARCEL, Order.person_id == person_id)
        .order_by(InvoiceBuyer.asked_at.desc(), InvoiceBuyer.sold_id.desc())
        .limit(1)
    )
    return await session.scalar(statement)


async def get_address(session: AsyncSession, address_id: UUID) -> Address:
    """Select an order's address."""
    return await session.get_one(Address, address_id)


async def list_proofs(session: AsyncSession, consignment_ids: Collection[UUID]) -> list[DeliveryProof]:
    """Select who took some consignments, as it stands now."""
    statement = select(DeliveryProof).where(DeliveryProof.consignment_id.in_(consignment_ids))
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_addresses(session: AsyncSession, address_ids: Collection[UUID]) -> list[Address]:
    """Select several by id."""
    return list(await session.scalars(select(Address).where(Address.id.in_(address_ids))))


async def list_due(session: AsyncSession, *, now: datetime, limit: int) -> list[UUID]:
    """Select unpaid orders whose time is over, the oldest first; locks nothing."""
    statement = select(Order.id).where(Order.state == OrderState.AWAITING_PAYMENT, Order.expires_at <= now)
    return list(await session.scalars(statement.order_by(Order.expires_at).limit(limit)))


async def list_consignments(session: AsyncSession, order_ids: Collection[UUID]) -> list[Consignment]:
    """Select the consignments of some orders."""
    return list(await session.scalars(_CONSIGNMENTS, {"order_ids": list(order_ids)}))


async def list_parcels_with(
    session: AsyncSession, *, producer_id: UUID, line_ids: Collection[UUID]
) -> list[Consignment]:
    """Select a producer's consignments that hold any of these lines."""
    held = select(OrderLine.consignment_id).where(OrderLine.id.in_(line_ids))
    statement = select(Consignment).where(Consignment.producer_id == producer_id, Consignment.id.in_(held))
    return list(await session.scalars(statement.order_by(Consignment.id)))


async def list_lines(session: AsyncSession, consignment_ids: Collection[UUID]) -> list[OrderLine]:
    """Select the lines of some consignments, in the order in which they were ordered."""
    return list(await session.scalars(_LINES, {"consignment_ids": list(consignment_ids)}))


async def list_steps(session: AsyncSession, order_id: UUID) -> list[OrderStep]:
    """Select an order's history, oldest first."""
    return list(await session.scalars(_STEPS, {"order_id": order_id}))


async def list_parcels(
    session: AsyncSession,
    *,
    producer_id: UUID,
    states: Collection[OrderState],
    limit: int,
    only_unpacked: bool = False,
) -> list[Consignment]:
    """Select a producer's consignments in some states, those that wait longest first."""
    statement = select(Consignment).where(
        Consignment.producer_id == producer_id, Consignment.state.in_(states)
    )
    if only_unpacked:
        statement = statement.where(Consignment.packed_at.is_(None))
    return list(await session.scalars(statement.order_by(Consignment.id).limit(limit)))


async def count_parcels(session: AsyncSession, producer_id: UUID) -> dict[OrderState, int]:
    """Count a producer's consignments by state."""
    statement = (
        select(Consignment.state, func.count().label("parcels"))
        .where(Consignment.producer_id == producer_id)
        .group_by(Consignment.state)
    )
    rows = await session.execute(statement)
    return {row.state: row.parcels for row in rows}
