"""The checkout: a basket becomes one order, whatever is clicked twice. Rules O1 to O5 of orders/PRICING.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.places import service as places
from producers.listings import service as listings
from storefront.cart import service as carts
from storefront.cash import service as cash
from storefront.checkout.errors import (
    EmptyCartError,
    JoinChangedError,
    NoStreetError,
    NotOnDeliveryError,
    OpenCashError,
    PriceChangedError,
    StreetMissingError,
    VoucherCountedError,
    WaitChangedError,
)
from storefront.credits import service as credits_
from storefront.credits.errors import CreditGoneError
from storefront.delivery.ways import Choice, Destination
from storefront.invoices.schemas import BuyerFields
from storefront.orders import cancelling, editing, invoicing, joining, settlement
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.pricing import service as pricing
from storefront.vouchers import service as vouchers

NO_CHOICES: Mapping[UUID, Choice] = MappingProxyType({})
MOST_OPEN_CASH = 3
"""So many orders on delivery may one phone number have at a time: their goods are held, and nothing is paid."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets the goods, and where (`line` may be empty where all is fetched): `phone` in E.164; `language` of our messages; `person_id` when logged in."""

    name: str
    phone: str
    commune_code: str
    line: str
    note: str
    language: str
    person_id: UUID | None
    gift_note: str = ""


async def place_order(
    session: AsyncSession,
    *,
    secret: bytes,
    cart_id: UUID,
    recipient: Recipient,
    seen_total_minor: int,
    now: datetime,
    voucher_code: str = "",
    choices: Mapping[UUID, Choice] = NO_CHOICES,
    proven_phone: str | None = None,
    seen_expected_on: date | None = None,
    is_cash: bool = False,
    credit_minor: int = 0,
    seen_along: str = "",
    invoice_to: BuyerFields | None = None,
) -> Order:
    """Make an order of a basket, or answer the one that it became already.

    A basket that is added to an order goes where that goes, whatever `recipient` says of that, and in its parcels as far as
    they take more; `seen_along` says which of them the page told, as `say_along` does (J1 to J5).

    A basket that edits an unpaid order takes its place: what that holds counts as free for it, and for nobody else, and
    whoever refuses leaves it as it was (E1 to E7).

    `seen_total_minor` is the total that the buyer agreed to, in đồng; `voucher_code` as it was typed; `choices` say how
    each producer's parcel travels; `proven_phone` (E.164) is the number that the buyer logged in with, never one that was
    typed here; `seen_expected_on` is the latest day on which the page expected pre-ordered goods; `is_cash` to pay on
    delivery; `credit_minor` of the buyer's store credit are used; `invoice_to` is whom its invoices are made out to.
    Raises `NotEditableError`, `NotSendableError`, `StreetMissingError`, `NoStreetError`, `JoinChangedError`, `EmptyCartError`, `PriceChangedError`, `VoucherCountedError`,
    `WaitChangedError`, `NotOnDeliveryError`, `OpenCashError`, `CreditGoneError`, what vouchers refuse, pricing's
    `NotOnSaleError`, `OutOfSeasonError` and `QuantityError`, the bundles' `ContentMissingError`, stock's `SoldOutError`, and `InvalidError` for an unknown
    commune;
    then nothing has changed.
    """
    # Whoever refuses below is asked again on the same page: what was begun must be gone by then.
    async with session.begin_nested():
        cart = await carts.mark_ordered(session, cart_id, now)
        if cart is None:
            known = await orders.find_by_cart(session, cart_id)
            if known is None:
                raise EmptyCartError
            return known
        # A statement of its own, begun behind the basket's lock: nobody changes what lies in it any more.
        lines, packs = await carts.list_packs(session, cart_id)
        if not lines:
            raise EmptyCartError
        items = [pricing.CartItem(line.variant_id, line.quantity) for line in lines]
        first = await joining.lock(session, cart.joins_order_id, now=now) if cart.joins_order_id else None
        to = Destination(commune_code=recipient.commune_code, choices=choices, now=now)
        if first is not None:
            recipient, to = _same(recipient, first), first.joined.to(now, choices)
        way = _MakeWay(items, voucher_code, recipient.phone if is_cash else None)
        replaced = await _make_way(session, cart.edits_order_id, way, now=now)
        whole = await pricing.quote(session, lines=items, now=now, phone=proven_phone, to=to, known=packs)
        _require_place(whole, recipient, first)
        quote, discount = await _take_off(session, whole, voucher_code, now=now)
        _require_seen(whole, quote, (seen_total_minor, seen_along, seen_expected_on))
        if credit_minor:
            await _check_credit(session, recipient.person_id, credit_minor, quote.total_minor)
        is_cash = is_cash and credit_minor < quote.total_minor
        if is_cash:
            await _check_cash(session, quote, recipient.phone, quote.total_minor - credit_minor)
        buyer = await _write_buyer(session, _own(recipient, replaced), first, now=now)
        order = await orders.create_order(
            session,
            secret=secret,
            cart_id=cart_id,
            quote=quote,
            buyer=buyer,
            now=now,
            is_cash=is_cash,
            credit_minor=credit_minor,
            replaced=replaced,
        )
        if invoice_to is not None:
            await invoicing.ask(session, order_id=order.id, buyer=invoice_to, now=now)
        await _take(session, order, discount, phone=recipient.phone, now=now)
        await orders.finish_replacing(session, replaced, order, now=now)
        if not order.due_minor:
            await settlement.pay_with_credit(session, order_id=order.id, now=now)
        elif is_cash:
            await settlement.take_on_cash(session, order_id=order.id, now=now)
    return order


@dataclass(frozen=True)
class _MakeWay:
    """For what an edited order makes way: packs, the code as it was typed, and the number that pays on delivery."""

    items: Sequence[pricing.CartItem]
    voucher_code: str
    cash_phone: str | None


async def _make_way(
    session: AsyncSession, order_id: UUID | None, way: _MakeWay, *, now: datetime
) -> orders.Replaced | None:
    """End the unpaid order that a basket edits, if it does: order, number, caps, shelves, vouchers, as everywhere."""
    if order_id is None:
        return None
    order, consignments = await editing.lock(session, order_id, now=now)
    if way.cash_phone is not None:
        await orders.count_open_cash(session, way.cash_phone)
    variants = await listings.get_variants(session, {item.variant_id for item in way.items})
    contents = await listings.list_contents(session, variants.values())
    return await cancelling.make_way(
        session,
        order,
        consignments,
        variant_ids={*variants, *(one.variant.id for of_box in contents.values() for one in of_box)},
        voucher_code=way.voucher_code,
        now=now,
    )


def _own(recipient: Recipient, replaced: orders.Replaced | None) -> Recipient:
    """Whose an edited order was it stays, also when somebody who has the link alone edits it."""
    if replaced is None or recipient.person_id is not None:
        return recipient
    return replace(recipient, person_id=replaced.order.person_id)


def say_along(parts: Sequence[pricing.QuotePart | carts.PricedPart]) -> str:
    """Say which parcels of an earlier order take parts of a basket along, for a page to send back; "" for none."""
    return ",".join(sorted(part.sending.along.into_id.hex for part in parts if part.sending.along))


def _same(recipient: Recipient, first: joining.OpenOrder) -> Recipient:
    """Who gets what is added to an order: whoever gets that, in the same place."""
    return replace(
        recipient,
        name=first.order.buyer_name,
        phone=first.order.buyer_phone,
        commune_code=first.address.commune_code,
        line=first.address.line,
    )


async def _take_off(
    session: AsyncSession, whole: pricing.Quote, code: str, *, now: datetime
) -> tuple[pricing.Quote, vouchers.Discount | None]:
    """The quote with what a code takes off."""
    if not code:
        return whole, None
    discount = await price_voucher(session, code=code, parts=whole.parts, now=now)
    return pricing.take_off(whole, discount.parts_minor, is_gift=discount.is_gift), discount


def _require_place(whole: pricing.Quote, recipient: Recipient, first: joining.OpenOrder | None) -> None:
    """Refuse what cannot travel as it was chosen, or of which nobody said to which house."""
    pricing.require_sendable(whole)
    if not recipient.line.strip() and not all(part.sending.is_fetched for part in whole.parts):
        raise NoStreetError if first else StreetMissingError


def _require_seen(whole: pricing.Quote, quote: pricing.Quote, seen: tuple[int, str, date | None]) -> None:
    """Refuse what the buyer has not seen: (total, which parcels take it along, day of goods that are ordered ahead)."""
    total_minor, along, expected_on = seen
    if say_along(whole.parts) != along:
        raise JoinChangedError(quote.total_minor)
    if quote is not whole and whole.total_minor == total_minor:
        raise VoucherCountedError(quote.total_minor)
    if quote.total_minor != total_minor:
        raise PriceChangedError(quote.total_minor)
    if quote.expected_on != expected_on:
        raise WaitChangedError(quote.expected_on)


async def _write_buyer(
    session: AsyncSession, recipient: Recipient, first: joining.OpenOrder | None, *, now: datetime
) -> orders.Buyer:
    """Write down where it goes, if no order did so before."""
    address = first.address if first else None
    if address is None:
        address = await places.create_address(
            session,
            recipient_name=recipient.name,
            phone=recipient.phone,
            commune_code=recipient.commune_code,
            line=recipient.line,
            person_id=recipient.person_id,
            now=now,
        )
    return orders.Buyer(
        name=recipient.name,
        phone=recipient.phone,
        address_id=address.id,
        person_id=recipient.person_id,
        note=recipient.note,
        language=recipient.language,
        gift_note=recipient.gift_note,
    )


async def _take(
    session: AsyncSession, order: Order, discount: vouchers.Discount | None, *, phone: str, now: datetime
) -> None:
    """Take what lowers the money of a new order: the use of its voucher, and its buyer's credit, in this order."""
    if discount is not None:
        await vouchers.take(
            session, order_id=order.id, order_code=order.code, phone=phone, discount=discount, now=now
        )
    if order.credit_minor and order.person_id is not None:
        await credits_.take(
            session,
            order_id=order.id,
            order_code=order.code,
            person_id=order.person_id,
            amount_minor=order.credit_minor,
            now=now,
        )


async def may_be_cash(
    session: AsyncSession, parts: Sequence[pricing.QuotePart | carts.PricedPart], total_minor: int
) -> bool:
    """Whether a basket at this total may be paid on delivery (M1)."""
    lines = [line for part in parts for line in part.lines]
    weighed = [
        line.bounds_g if isinstance(line, pricing.QuoteLine) else line.variant.bounds_g for line in lines
    ]
    return await cash.may_be_cash(
        session,
        producer_ids={part.producer_id for part in parts},
        is_open=any(weighed) or any(line.coming for line in lines),
        total_minor=total_minor,
    )


async def find_credit(session: AsyncSession, person_id: UUID | None, total_minor: int) -> int:
    """How much of a total a buyer's store credit pays, in đồng; 0 for somebody who is not logged in."""
    return 0 if person_id is None else min(await credits_.balance(session, person_id), total_minor)


async def _check_credit(
    session: AsyncSession, person_id: UUID | None, credit_minor: int, total_minor: int
) -> None:
    """Refuse what is not there, or is more than is to be paid; `credits.take` looks again under its lock."""
    found = await find_credit(session, person_id, total_minor)
    if not 0 < credit_minor <= found:
        raise CreditGoneError(found)


async def _check_cash(session: AsyncSession, quote: pricing.Quote, phone: str, collect_minor: int) -> None:
    if not await may_be_cash(session, quote.parts, collect_minor):
        raise NotOnDeliveryError
    if await orders.count_open_cash(session, phone) >= MOST_OPEN_CASH:
        raise OpenCashError


async def price_voucher(
    session: AsyncSession,
    *,
    code: str,
    parts: Sequence[pricing.QuotePart | carts.PricedPart],
    now: datetime,
    besides: UUID | None = None,
) -> vouchers.Discount:
    """Price a code as it was typed for the lines of a basket, in their order; raises what vouchers refuse.

    What the unpaid order `besides` uses counts as free.
    """
    goods = [vouchers.Goods(part.producer_id, line.amount_minor) for part in parts for line in part.lines]
    return await vouchers.price_voucher(session, code=code, goods=goods, now=now, besides=besides)


async def take_what_is_left(
    session: AsyncSession, *, cart_id: UUID, now: datetime, besides: UUID | None = None
) -> None:
    """Lower every line of a basket to what can still be bought, in whole steps; what cannot be bought goes out.

    What the unpaid order `besides` holds counts as free.
    """
    priced = await carts.price_cart(session, cart_id, now=now, besides=besides)
    for line in priced.gone:
        await carts.change_line(session, cart_id=cart_id, line_id=line.line_id, quantity=0, now=now)
    for part in priced.parts:
        for line in part.lines:
            if line.is_short:
                left = line.left // line.variant.step * line.variant.step
                await carts.change_line(
                    session, cart_id=cart_id, line_id=line.line_id, quantity=left, now=now
                )
