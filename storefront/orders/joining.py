"""More for an order that has not left: which of its parcels take more along, and what is in them (PRICING.md, J1 to J5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.places.models import Address
from producers.listings import service as listings
from storefront.cart.ports import Joined
from storefront.delivery.ways import Along, Load
from storefront.orders import company, repository
from storefront.orders import service as orders
from storefront.orders.company import Company, Fellow
from storefront.orders.models import Order, OrderLine
from storefront.preorders import service as preorders
from storefront.pricing import service as pricing
from storefront.stock import service as stock


@dataclass(frozen=True)
class OpenOrder:
    """An order that a buyer adds to, where it goes, and its parcels that take more along; none (any more) is no error."""

    order: Order
    address: Address
    joined: Joined


class OpenOrders:
    """Answers the basket, which knows no orders."""

    async def find(self, session: AsyncSession, order_id: UUID, *, now: datetime) -> Joined:
        """What an order's parcels take along."""
        return (await find(session, order_id, now=now)).joined

    async def find_code(self, session: AsyncSession, order_id: UUID, *, now: datetime) -> str | None:
        """The code of an order while one of its parcels takes more; four queries."""
        order = await orders.get_order(session, order_id)
        companies = await company.find_companies(
            session, await repository.list_consignments(session, [order_id])
        )
        return order.code if any(one.is_open(now) for one in companies.values()) else None


async def find(session: AsyncSession, order_id: UUID, *, now: datetime) -> OpenOrder:
    """Find what an order's parcels take along at this moment; `OrderNotFoundError`."""
    order = await orders.get_order(session, order_id)
    own = await repository.list_consignments(session, [order.id])
    companies = await company.find_companies(session, own)
    along = {
        one.producer_id: await _describe(session, companies[one.id], order, now=now)
        for one in own
        if companies[one.id].is_open(now)
    }
    address = await orders.get_address(session, order)
    return OpenOrder(order, address, Joined(order.code, address.commune_code, along))


async def lock(session: AsyncSession, order_id: UUID, *, now: datetime) -> OpenOrder:
    """The same under the lock of the orders whose parcels they are: nothing of them is packed before this is placed (J5)."""
    await orders.lock_order(session, order_id)
    return await find(session, order_id, now=now)


async def _describe(session: AsyncSession, found: Company, order: Order, *, now: datetime) -> Along:
    first = found.fellows[0].consignment
    lead = found.lead
    taken = [one for one in found.fellows if one.is_taken]
    lines = await _list_sent(session, taken)
    variants = await listings.get_variants(session, {line.variant_id for line in lines})
    offered = await listings.get_listings(session, {one.listing_id for one in variants.values()})
    awaited = found.find_awaited(now)
    refusal = None
    if awaited is not None:
        refusal = _(
            "Đơn %(code)s gửi chung gói này còn chờ trả tiền. Bạn trả tiền hoặc hủy đơn đó rồi mua thêm nhé.",
            code=awaited.order.code,
        )
    day = lead.consignment.deliver_on if lead else None
    return Along(
        into_id=first.id,
        code=order.code,
        method_id=first.method_id,
        day=day,
        load=Load(
            sum(line.amount_minor + line.discount_minor + line.gift_minor for line in lines),
            sum(pricing.weigh(variants[line.variant_id], line.quantity) for line in lines),
            frozenset(offered[variants[line.variant_id].listing_id].temperature for line in lines),
            _latest([day, *(line.expected_on for line in lines)]),
        ),
        paid_minor=sum(
            one.consignment.delivery_minor
            for one in found.fellows
            if one.is_taken or one.consignment.is_fee_kept
        ),
        refusal=refusal,
    )


async def _list_sent(session: AsyncSession, fellows: list[Fellow]) -> list[OrderLine]:
    """The lines of these that are going to be sent: what was given back is on the shelf again, or in its cap."""
    order_ids = [one.order.id for one in fellows]
    kept = await preorders.list_kept(session, order_ids)
    for order_id in order_ids:
        kept |= {one.line_id for one in await stock.list_held(session, order_id=order_id)}
    lines = await repository.list_lines(session, [one.consignment.id for one in fellows])
    return [line for line in lines if line.id in kept]


def _latest(days: list[date | None]) -> date | None:
    return max((day for day in days if day is not None), default=None)
