"""Orders: one payment, one parcel per producer. The rules of money stand in PRICING.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core import ids
from app.core.events import emit
from app.places.models import Address
from storefront.orders import repository
from storefront.orders.ahead import take_coming
from storefront.orders.errors import NotBuyerError, OrderNotFoundError
from storefront.orders.events import OrderPlaced
from storefront.orders.lines import make_lines
from storefront.orders.models import (
    Consignment,
    Order,
    OrderState,
    OrderStep,
)
from storefront.orders.steps import make_step, write_step
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, Payment
from storefront.preorders import service as preorders
from storefront.preorders.service import Place
from storefront.pricing.service import Quote, QuotePart
from storefront.refunds import service as refunds
from storefront.stock import service as stock

HOLD = timedelta(minutes=15)
CASH_WAIT = timedelta(days=60)
"""So long money on delivery is waited for; what comes later is late money (M4)."""
_CODE_BODY = 7
_MOST_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who orders: `phone` in E.164; `person_id` when logged in; `language` of our messages."""

    name: str
    phone: str
    address_id: UUID
    person_id: UUID | None
    note: str
    language: str
    gift_note: str = ""


@dataclass(frozen=True)
class BehindLink:
    """An order behind its private link, with what its page tells."""

    order: Order
    payment: Payment | None
    basket_hash: bytes | None
    """Of the cookie of the basket that it was made of."""
    is_billed: bool
    """Whether somebody is named for the invoice of one of its parcels."""


@dataclass(frozen=True)
class Replaced:
    """An unpaid order that made way for another: its places in the rows for harvests, and of which variants its caps were."""

    order: Order
    places: Mapping[UUID, Place]
    promised: Collection[UUID]


def make_token(secret: bytes, order_id: UUID) -> str:
    """The long token of an order's private page."""
    return ids.derive_token(secret, "order", order_id)


def new_order_code() -> str:
    """Make an order's short code: seven random characters and their checksum."""
    return ids.with_check(ids.new_code(_CODE_BODY))


async def create_order(
    session: AsyncSession,
    *,
    secret: bytes,
    cart_id: UUID | None,
    quote: Quote,
    buyer: Buyer,
    now: datetime,
    make_code: Callable[[], str] = new_order_code,
    is_cash: bool = False,
    credit_minor: int = 0,
    replaced: Replaced | None = None,
) -> Order:
    """Make an order of a quote: hold its goods for HOLD and ask for its price (CASH_WAIT for money on delivery).

    `credit_minor` of it is paid with store credit, which the caller takes; when it is all, no money is asked for. It takes
    the place of `replaced`. Raises `SoldOutError` when something is short; the caller then takes everything back.
    """
    order_id = ids.uuid7()
    made = Order(
        id=order_id,
        token_hash=ids.hash_token(make_token(secret, order_id)),
        cart_id=cart_id,
        person_id=buyer.person_id,
        state=OrderState.AWAITING_PAYMENT,
        buyer_name=buyer.name,
        buyer_phone=buyer.phone,
        address_id=buyer.address_id,
        note=buyer.note,
        gift_note=buyer.gift_note,
        language=buyer.language,
        goods_minor=quote.goods_minor,
        discount_minor=quote.discount_minor,
        gift_minor=quote.gift_minor,
        delivery_minor=quote.delivery_minor,
        total_minor=quote.total_minor,
        expires_at=now + (CASH_WAIT if is_cash else HOLD),
        is_cash=is_cash,
        credit_minor=credit_minor,
        replaces_id=replaced.order.id if replaced else None,
        created_at=now,
    )
    parcels = [(_make_consignment(made, part, now=now), part) for part in quote.parts]
    lines = [line for parcel, part in parcels for line in make_lines(parcel, part.lines, now=now)]
    step = make_step(made, None, person_id=buyer.person_id, now=now)
    order = None
    while order is None:
        made.code = make_code()
        order = await repository.insert_order(
            session, made, [parcel for parcel, _part in parcels], lines, step
        )
    if order.due_minor:
        await payments.open_payment(
            session,
            payable_kind=PayableKind.ORDER,
            payable_id=order.id,
            payable_code=order.code,
            amount_minor=order.due_minor,
            expires_at=order.expires_at,
            now=now,
        )
    # Caps before shelves: the one order of locks.
    coming = {line.variant_id: line.coming for part in quote.parts for line in part.lines if line.coming}
    ahead = [line for line in lines if line.variant_id in coming]
    await take_coming(session, order, ahead, coming, replaced.places if replaced else {}, now=now)
    wanted = [
        stock.StockLine(line.id, line.variant_id, line.quantity)
        for line in lines
        if line.variant_id not in coming
    ]
    await stock.reserve(session, order_id=order.id, lines=wanted, expires_at=order.expires_at, now=now)
    await emit(session, OrderPlaced(order_id=order.id))
    return order


async def get_order(session: AsyncSession, order_id: UUID) -> Order:
    """Get an order; raises `OrderNotFoundError`."""
    return _found(await repository.get_order(session, order_id))


async def get_by_token(session: AsyncSession, token: str) -> Order:
    """Get the order behind a private link; raises `OrderNotFoundError`."""
    return _found(await repository.find_by_token(session, ids.hash_token(token)))


async def get_behind_link(session: AsyncSession, token: str) -> BehindLink:
    """Get the order behind a private link with what its page tells; raises `OrderNotFoundError`."""
    found = await repository.find_behind_link(session, ids.hash_token(token))
    if found is None:
        raise OrderNotFoundError
    return BehindLink(*found)


async def find_by_cart(session: AsyncSession, cart_id: UUID) -> Order | None:
    """Find the order that a basket became."""
    return await repository.find_order(session, Order.cart_id == cart_id)


async def find_replacement(session: AsyncSession, order_id: UUID) -> Order | None:
    """Find the order that took an unpaid order's place."""
    return await repository.find_order(session, Order.replaces_id == order_id)


async def list_codes(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, str]:
    """The short codes of some orders by their ids; one query."""
    return {order.id: order.code for order in await repository.list_orders(session, order_ids)}


async def find_by_code(session: AsyncSession, text: str) -> Order | None:
    """Find the order whose code, or whose payment's code, somebody types in any spelling; None when there is none."""
    code = re.sub(r"[^0-9A-Z]", "", text.upper())
    if ids.is_valid_code(code):
        order = await repository.find_order(session, Order.code == code)
        if order is not None:
            return order
    payment = await payments.find_by_code(session, text)
    if payment is None or payment.payable_kind is not PayableKind.ORDER:
        return None
    return await get_order(session, payment.payable_id)


async def count_open_cash(session: AsyncSession, phone: str) -> int:
    """Count the orders of a phone number (E.164) that are to be paid on delivery and are not; one counts at a time."""
    return await repository.count_open_cash(session, phone)


async def list_orders_of(session: AsyncSession, *, person_id: UUID, phone: str | None) -> list[Order]:
    """List a person's newest orders (50 at most): placed while logged in, or with their proven phone number."""
    return await repository.list_orders_of(session, person_id=person_id, phone=phone, limit=_MOST_SHOWN)


async def find_last_address(session: AsyncSession, person_id: UUID) -> Address | None:
    """Find where this person's last parcel went, to spare them typing it again."""
    return await repository.find_last_address(session, person_id)


async def get_address(session: AsyncSession, order: Order) -> Address:
    """Get where an order's parcels go."""
    return await repository.get_address(session, order.address_id)


async def list_addresses(session: AsyncSession, found: Collection[Order]) -> dict[UUID, Address]:
    """List where the parcels of some orders go, by the address's id; one query."""
    addresses = await repository.list_addresses(session, {order.address_id for order in found})
    return {address.id: address for address in addresses}


async def list_steps(session: AsyncSession, order_id: UUID) -> list[OrderStep]:
    """List an order's history, oldest first; steps without a consignment are the order's own."""
    return await repository.list_steps(session, order_id)


async def finish_replacing(
    session: AsyncSession, replaced: Replaced | None, order: Order, *, now: datetime
) -> None:
    """Write into the history of an order, if one made way, which took its place, and share out what that left of harvests."""
    if replaced is None:
        return
    note = f"replaced_by:{order.code}"
    write_step(session, replaced.order, None, person_id=order.person_id, now=now, note=note)
    await session.flush()
    await preorders.share_out(session, replaced.promised, now=now)


def is_buyer(order: Order, person: Person | None) -> bool:
    """Whether somebody who is logged in ordered it: then, or with the phone number that they proved."""
    return person is not None and (
        order.person_id == person.id or (person.phone is not None and order.buyer_phone == person.phone)
    )


async def keep_credit(
    session: AsyncSession, *, order_id: UUID, refund_id: UUID, person: Person, now: datetime
) -> None:
    """The buyer keeps an open refund of their order as store credit; pressed again it changes nothing.

    Raises `NotBuyerError` for anybody else, `OrderNotFoundError`, and `RefundedError` when the money went back.
    """
    order = await get_order(session, order_id)
    if not is_buyer(order, person):
        raise NotBuyerError
    found = await refunds.list_of(session, PayableKind.ORDER, [order.id])
    refund = next((one for one in found if one.id == refund_id), None)
    if refund is None:
        raise OrderNotFoundError
    if refund.credited_to_id != person.id:
        await refunds.give_credit(session, refund_id=refund_id, person_id=person.id, now=now)


def _found(order: Order | None) -> Order:
    if order is None:
        raise OrderNotFoundError
    return order


async def lock_order(session: AsyncSession, order_id: UUID) -> tuple[Order, list[Consignment]]:
    """Lock an order and then its consignments (the one order of locks); `OrderNotFoundError`.

    Orders in whose parcels its goods travel are locked too, all ids ascending: whoever holds one of these holds what
    travels in it.
    """
    found = await repository.lock_order(session, order_id)
    if found is None:
        raise OrderNotFoundError
    return found


async def lock_orders(session: AsyncSession, order_ids: Collection[UUID]) -> None:
    """Lock several orders as `lock_order` does, before each of them is looked at."""
    await repository.lock_orders(session, order_ids)


def _make_consignment(order: Order, part: QuotePart, *, now: datetime) -> Consignment:
    return Consignment(
        id=ids.uuid7(),
        order_id=order.id,
        producer_id=part.producer_id,
        state=order.state,
        goods_minor=part.goods_minor,
        discount_minor=part.discount_minor,
        gift_minor=part.gift_minor,
        delivery_minor=part.delivery_minor,
        **_copy_way(part),
        created_at=now,
    )


def _copy_way(part: QuotePart) -> dict[str, Any]:
    """How a parcel travels, in the words of this moment (D9)."""
    if part.sending.way is None:
        return {}
    method = part.sending.way.method
    return {
        "method_name": method.name,
        "is_fetched": method.is_fetched,
        "fetched_at_place": method.place,
        "deliver_on": part.sending.day,
        "method_id": method.id,
        "travels_with_id": part.sending.along.into_id if part.sending.along else None,
    }
